"""Reports to the server in `progress.jsonl`: one JSON object per line, append-only."""

import json
import math
import time
from pathlib import Path
from typing import Any

# Must be less than the hang timeout of the server.
SECONDS_BETWEEN_REPORTS = 30


class Progress:
    """Appends to progress.jsonl. Only the first worker process has `enabled=True`."""

    def __init__(self, folder: Path, enabled: bool = True) -> None:
        self.path = folder / "progress.jsonl"
        self.enabled = enabled

    def write(self, type: str, /, **fields: Any) -> None:
        """Appends one line. Omits fields that are None, NaN or infinite, because JSON has no such numbers."""
        if not self.enabled:
            return
        line = {"time": round(time.time(), 3), "type": type, **without_missing(fields)}
        with self.path.open("a+b") as file:
            if file.tell() > 0:
                file.seek(-1, 2)
                # A killed attempt may have left an incomplete last line.
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n")

    def last(self) -> dict[str, Any] | None:
        """Returns the last complete record, or None."""
        lines = self.path.read_bytes().splitlines(keepends=True) if self.path.exists() else []
        return json.loads(lines[-1]) if lines and lines[-1].endswith(b"\n") else None

    def event(self, name: str, /, **data: Any) -> None:
        self.write("event", name=name, data=data or None)


class PlanProgress(Progress):
    """Collects the events of a plan command for plan.json. Prints the events about its own progress to the log."""

    TRANSIENT = ("tokenizing", "tokenized-before", "downloading")

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.events: list[dict[str, Any]] = []

    def write(self, type: str, /, **fields: Any) -> None:
        event = {"name": fields["name"], "data": without_missing(fields.get("data") or {})}
        if event["name"] in self.TRANSIENT:
            print(event["data"].get("message") or event["name"], flush=True)
        else:
            self.events.append(event)


def without_missing(value: Any) -> Any:
    """Returns the value without entries of objects that are None, NaN or infinite."""
    if isinstance(value, dict):
        return {key: without_missing(entry) for key, entry in value.items() if not _is_missing(entry)}
    return value


def _is_missing(value: Any) -> bool:
    return value is None or isinstance(value, float) and not math.isfinite(value)
