"""A pytest plugin that reports the counts of passed, failed and skipped tests to `npm run test:all`."""

import json
import os
from pathlib import Path

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Writes the counts to the file that TEST_COUNTS_FILE names. An error outside a test counts as a failure."""
    file = os.environ.get("TEST_COUNTS_FILE")
    if file:
        stats = terminalreporter.stats
        of = {outcome: len(reports) for outcome, reports in stats.items()}
        counts = {
            "passed": of.get("passed", 0) + of.get("xpassed", 0),
            "failed": of.get("failed", 0) + of.get("error", 0),
            "skipped": of.get("skipped", 0) + of.get("xfailed", 0),
            "failures": [report.nodeid for outcome in ("failed", "error") for report in stats.get(outcome, [])],
        }
        Path(file).write_text(json.dumps(counts), encoding="utf-8")
