"""Evaluates the base model before the training, and the result after it. Stores both in the job's folder."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .checkpoints import folder_of
from .errors import reason_of
from .files import write_atomically
from .job import Job
from .prepared import Prepared
from .progress import Progress, without_missing
from .shared_decision import decided_by_first

FOLDER = "evaluation"


def evaluate_base(job: Job, prepared: Prepared, progress: Progress) -> None:
    """Evaluates the model without the adapter, unless an earlier attempt has. Reports the figures in a record."""
    if prepared.meter is None:
        return
    figures = decided_by_first(lambda: _stored(job))
    if figures is None:
        with prepared.trainer.model.disable_adapter():
            figures, samples = _measure(job, prepared)
        if progress.enabled:
            if job.sample_answers:
                _write(_base_answers(job), samples)
            _write(_base_figures(job), figures)
    progress.write("evaluation", stage="base", step=0, metrics=figures)


def evaluate_tuned(job: Job, prepared: Prepared, step: int, progress: Progress) -> None:
    """Evaluates the model, whose weights are those of the artifact and of the checkpoint of this step."""
    if prepared.meter is None:
        return
    try:
        figures, samples = _measure(job, prepared)
    except Exception as error:
        if prepared.trainer.args.world_size > 1:
            # The other processes wait for this one, so that all of them must end.
            raise
        # The artifact exists, so the training has succeeded.
        progress.event("evaluation-skipped", reason=reason_of(error))
        return
    if job.sample_answers and progress.enabled:
        _write_samples(job, samples, progress)
    progress.write("evaluation", stage="tuned", step=step, metrics=figures)


def _measure(job: Job, prepared: Prepared) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    assert prepared.meter is not None and prepared.answer is not None
    model = prepared.trainer.model
    measured = prepared.meter.measure(model)
    samples = prepared.answer(model, measured, job.sample_answers) if job.sample_answers else []
    return measured.figures, [asdict(sample) for sample in samples]


def _write_samples(job: Job, samples: list[dict[str, Any]], progress: Progress) -> None:
    try:
        base = _read(_base_answers(job)) or []
        pairs = [
            {
                "prompt": after["prompt"],
                "reference": after["reference"],
                "base": before["answer"],
                "tuned": after["answer"],
            }
            for before, after in zip(base, samples, strict=False)
            if before["answer"] is not None and after["answer"] is not None
        ]
        _write(job.folder / FOLDER / "samples.json", {"samples": pairs})
        skipped = len(samples) - len(pairs)
        reason = "the model could not generate some answers, for example because of too little memory"
    except Exception as error:
        # The message of the error may quote a sample.
        skipped, reason = len(samples), f"the file of the sample answers could not be written: {type(error).__name__}"
    if skipped:
        progress.event("samples-skipped", samples=skipped, reason=reason)


def _stored(job: Job) -> dict[str, Any] | None:
    """Returns the figures of the base model if an earlier attempt has stored everything this job needs."""
    figures = _read(_base_figures(job))
    return None if job.sample_answers and _read(_base_answers(job)) is None else figures


def _base_figures(job: Job) -> Path:
    return job.folder / FOLDER / "base.json"


def _base_answers(job: Job) -> Path:
    # The server deletes this folder at the end of a job. The answers quote the data, so they must not stay.
    return folder_of(job.folder) / "base-answers.json"


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, json.dumps(without_missing(content), allow_nan=False))
