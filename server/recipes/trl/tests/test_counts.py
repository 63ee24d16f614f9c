"""The counts that pytest reports to the project's test runner."""

import json
import os
import subprocess
import sys
from pathlib import Path

TESTS = """
import pytest

@pytest.fixture
def broken(): raise ValueError

def test_passes(): pass
def test_passes_too(): pass
def test_fails(): assert False
def test_has_an_error(broken): pass
@pytest.mark.skip
def test_is_skipped(): pass
"""


def test_a_run_reports_its_passed_failed_and_skipped_tests(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(TESTS)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "TEST_COUNTS_FILE": "counts.json"}
    command = [sys.executable, "-m", "pytest", "-p", "counts", "-p", "no:cacheprovider"]
    assert subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True).returncode == 1
    assert json.loads((tmp_path / "counts.json").read_text()) == {
        "passed": 2,
        "failed": 2,
        "skipped": 1,
        "failures": ["test_sample.py::test_fails", "test_sample.py::test_has_an_error"],
    }
