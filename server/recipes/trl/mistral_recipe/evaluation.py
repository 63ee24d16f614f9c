"""Evaluates the base model before the training, and the result after it. Stores both in the job's folder."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .checkpoints import folder_of
from .files import write_atomically
from .job import Job
from .prepared import Prepared
from .progress import Progress

FOLDER = "evaluation"


def evaluate_base(job: Job, prepared: Prepared, progress: Progress) -> None:
    """Evaluates the model without the adapter, unless an earlier attempt has. Reports the figures in a record."""
    if prepared.meter is None:
        return
    file, answers = job.folder / FOLDER / "base.json", _base_answers(job)
    figures = _read(file)
    if job.sample_answers and _read(answers) is None:
        figures = None
    # Every process must have looked before the first one writes.
    prepared.trainer.accelerator.wait_for_everyone()
    if figures is None:
        with prepared.trainer.model.disable_adapter():
            figures, samples = _measure(job, prepared)
        if progress.enabled:
            if job.sample_answers:
                _write(answers, samples)
            _write(file, figures)
    progress.write("evaluation", stage="base", step=0, metrics=figures)


def evaluate_tuned(job: Job, prepared: Prepared, step: int, progress: Progress) -> None:
    """Evaluates the model, whose weights are those of the artifact and of the checkpoint of this step."""
    if prepared.meter is None:
        return
    figures, samples = _measure(job, prepared)
    if job.sample_answers and progress.enabled:
        base = _read(_base_answers(job)) or []
        pairs = [
            {"prompt": own["prompt"], "reference": own["reference"], "base": before["answer"], "tuned": own["answer"]}
            for before, own in zip(base, samples, strict=False)
            if before["answer"] is not None and own["answer"] is not None
        ]
        if len(pairs) < len(samples):
            reason = "the model could not generate some answers, for example because of too little memory"
            progress.event("samples-skipped", samples=len(samples) - len(pairs), reason=reason)
        _write(job.folder / FOLDER / "samples.json", {"samples": pairs})
    progress.write("evaluation", stage="tuned", step=step, metrics=figures)


def _measure(job: Job, prepared: Prepared) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    assert prepared.meter is not None and prepared.answer is not None
    model = prepared.trainer.model
    measured = prepared.meter.measure(model)
    samples = prepared.answer(model, measured, job.sample_answers) if job.sample_answers else []
    return measured.figures, [asdict(sample) for sample in samples]


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
    write_atomically(path, json.dumps(content, ensure_ascii=False))
