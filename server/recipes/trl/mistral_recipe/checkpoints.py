"""Checkpoints that can be trusted: complete or not there, and each file's hash is known."""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from .progress import Progress

KEPT = 2
MANIFEST = "manifest.json"
# Where the trainer writes; outside of `step-*`, so that a half-written one is never taken for a checkpoint.
PARTIAL = "partial"


def folder_of(job_folder: Path) -> Path:
    return job_folder / "checkpoints"


def seal(written: Path, job_folder: Path, step: int, best: int | None) -> Path:
    """Makes what the trainer wrote the checkpoint of this step, and removes those that are not needed any more."""
    files = sorted(path for path in written.rglob("*") if path.is_file())
    manifest = {"step": step, "files": {path.relative_to(written).as_posix(): _fingerprint(path) for path in files}}
    (written / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for path in [*files, written / MANIFEST]:
        _flush(path)
    target = folder_of(job_folder) / f"step-{step}"
    shutil.rmtree(target, ignore_errors=True)
    written.rename(target)
    _flush(target.parent)
    for number, path in _steps(job_folder)[KEPT:]:
        if number != best:
            shutil.rmtree(path, ignore_errors=True)
    return target


def newest(job_folder: Path, progress: Progress) -> Path | None:
    """The newest checkpoint that verifies; an event tells of each that does not."""
    for step, path in _steps(job_folder):
        fault = fault_of(path)
        if fault is None:
            return path
        progress.event("checkpoint-skipped", step=step, reason=fault)
    return None


def fault_of(checkpoint: Path) -> str | None:
    """What is wrong with a checkpoint, or None."""
    try:
        manifest = json.loads((checkpoint / MANIFEST).read_text(encoding="utf-8"))
        step, files = manifest["step"], manifest["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return f"{MANIFEST} is missing or damaged"
    if checkpoint.name != f"step-{step}":
        return f"{MANIFEST} is that of step {step}"
    for name, expected in files.items():
        path = checkpoint / name
        if not path.is_file() or _fingerprint(path) != expected:
            return f"{name} is not what was written"
    return None


def trainer_state(checkpoint: Path) -> dict[str, Any]:
    return json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))


def _steps(job_folder: Path) -> list[tuple[int, Path]]:
    found = [(path.name.removeprefix("step-"), path) for path in folder_of(job_folder).glob("step-*")]
    return sorted(((int(step), path) for step, path in found if step.isdecimal()), reverse=True)


def _fingerprint(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _flush(path: Path) -> None:
    # A rename that reaches the disk before the content would leave a checkpoint of the right name and nothing in it.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
