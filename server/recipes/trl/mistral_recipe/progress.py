"""`progress.jsonl`: what happened, one JSON object a line, only ever appended."""

import json
import math
import time
from pathlib import Path
from typing import Any


class Progress:
    """Writes lines, unless this process is not the one that reports (`enabled=False`)."""

    def __init__(self, folder: Path, enabled: bool = True) -> None:
        self.path = folder / "progress.jsonl"
        self.enabled = enabled

    def write(self, type: str, /, **fields: Any) -> None:
        """Appends one line; fields that are None are left out, and so are losses that are not a number."""
        if not self.enabled:
            return
        line = {"time": round(time.time(), 3), "type": type, **_sayable(fields)}
        with self.path.open("a+b") as file:
            if file.tell() > 0:
                file.seek(-1, 2)
                # An attempt that was killed amid a line must not spoil the first one of the next.
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n")

    def event(self, name: str, /, **data: Any) -> None:
        self.write("event", name=name, data=data or None)


def _sayable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sayable(entry) for key, entry in value.items() if not _unsayable(entry)}
    return value


def _unsayable(value: Any) -> bool:
    return value is None or isinstance(value, float) and not math.isfinite(value)
