"""Writes files that are complete or absent."""

import os
from pathlib import Path


def write_atomically(path: Path, content: str) -> None:
    """Writes the text to a temporary file and renames it, so that a killed process leaves no partial file."""
    partial = path.with_suffix(f".partial-{os.getpid()}")
    with partial.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        # Without fsync, a crash of the machine after the rename could leave an empty file.
        os.fsync(file.fileno())
    partial.replace(path)
