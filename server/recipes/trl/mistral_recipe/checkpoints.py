"""Writes checkpoints atomically. A manifest contains the hash of each file of a checkpoint."""

import hashlib
import json
import math
import os
import shutil
from pathlib import Path
from typing import Any

from .progress import Progress

KEPT = 2
MANIFEST = "manifest.json"
# The trainer writes to this folder, so that a `step-*` folder is never an incomplete checkpoint.
PARTIAL = "partial"


def folder_of(job_folder: Path) -> Path:
    return job_folder / "checkpoints"


def seal(written: Path, job_folder: Path, step: int) -> Path:
    """Publishes the written files as the checkpoint of the step. Keeps the 2 newest and the best; deletes others.

    Also keeps the best before the newest, because a later attempt resumes there if the newest is damaged.
    """
    files = sorted(path for path in written.rglob("*") if path.is_file())
    manifest = {"step": step, "files": {path.relative_to(written).as_posix(): _fingerprint(path) for path in files}}
    (written / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for path in [*files, written / MANIFEST]:
        _flush(path)
    target = folder_of(job_folder) / f"step-{step}"
    shutil.rmtree(target, ignore_errors=True)
    written.rename(target)
    _flush(target.parent)
    steps = _steps(job_folder)
    bests = {_best_step(path) for _, path in steps[:KEPT]}
    for number, path in steps[KEPT:]:
        if number not in bests:
            shutil.rmtree(path, ignore_errors=True)
    return target


def newest(job_folder: Path, progress: Progress) -> Path | None:
    """Returns the newest valid checkpoint, or None. Reports each newer, invalid checkpoint in an event."""
    for step, path in _steps(job_folder):
        fault = fault_of(path)
        if fault is None:
            return path
        progress.event("checkpoint-skipped", step=step, reason=fault)
    return None


def best(job_folder: Path, history: list[dict[str, Any]], progress: Progress) -> tuple[int, Path] | None:
    """Returns step and folder of the valid checkpoint with the lowest validation loss in the trainer's log, or None.

    Of equally good checkpoints, the first. Reports each better, damaged checkpoint in an event.
    """
    losses = {entry["step"]: entry["eval_loss"] for entry in history if math.isfinite(entry.get("eval_loss", math.inf))}
    for step in sorted(losses, key=lambda step: (losses[step], step)):
        path = folder_of(job_folder) / f"step-{step}"
        fault = fault_of(path) if path.exists() else "the checkpoint is missing"
        if fault is None:
            return step, path
        progress.event("checkpoint-skipped", step=step, reason=fault)
    return None


def fault_of(checkpoint: Path) -> str | None:
    """Returns the reason why a checkpoint is invalid, or None when it is valid."""
    try:
        manifest = json.loads((checkpoint / MANIFEST).read_text(encoding="utf-8"))
        step, files = manifest["step"], manifest["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return f"{MANIFEST} is missing or damaged"
    if checkpoint.name != f"step-{step}":
        return f"{MANIFEST} belongs to step {step}"
    for name, expected in files.items():
        path = checkpoint / name
        if not path.is_file() or _fingerprint(path) != expected:
            return f"{name} differs from its hash in {MANIFEST}"
    return None


def trainer_state(checkpoint: Path) -> dict[str, Any]:
    return json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))


def _best_step(checkpoint: Path) -> int | None:
    try:
        return trainer_state(checkpoint)["best_global_step"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _steps(job_folder: Path) -> list[tuple[int, Path]]:
    found = [(path.name.removeprefix("step-"), path) for path in folder_of(job_folder).glob("step-*")]
    return sorted(((int(step), path) for step, path in found if step.isdecimal()), reverse=True)


def _fingerprint(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _flush(path: Path) -> None:
    # Without fsync, a crash after the rename could leave a checkpoint with empty files.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
