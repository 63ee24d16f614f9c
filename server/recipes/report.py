"""Reports a training to mistral-fine-tuning-server. Copy this file beside your own training program.

It needs Transformers and nothing else. The whole program, for a job of the type `completion`:

    import sys
    from report import Report
    from transformers import Trainer, TrainingArguments

    report = Report(sys.argv[1])
    with report:
        model, rows = ..., ...  # from report.job["base"]["path"] and report.training_files
        arguments = TrainingArguments(report.trainer_folder, logging_steps=1, save_steps=50, max_steps=200)
        trainer = Trainer(model, arguments, train_dataset=rows, callbacks=[report])
        trainer.train(resume_from_checkpoint=report.newest_checkpoint())
        with report.artifact() as folder:
            trainer.save_model(folder)

The server's documentation describes the interface in docs/training-programs.md.
"""

import hashlib
import json
import math
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

# The names of a checkpoint's metrics in the API, and in the trainer's log.
METRICS = {"valid_loss": "eval_loss", "valid_mean_token_accuracy": "eval_mean_token_accuracy"}

# Between two progress records. The server restarts a program that writes none for half an hour.
QUIET_SECONDS = 30


class Report(TrainerCallback):
    """A callback that reports steps, checkpoints and evaluations; a context manager that reports a failure.

    `job` is the content of job.json. Works with several processes: only the first one writes. Raises OSError when the
    folder has no job.json.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).resolve()
        self.job: dict[str, Any] = json.loads((self.folder / "job.json").read_text(encoding="utf-8"))
        self.writes = os.environ.get("RANK", "0") == "0"
        self.written_at = 0.0
        self.state: TrainerState | None = None
        self.kept_step = 0
        self.step_began = 0.0
        self.step_seconds = 0.0
        self.tokens = 0

    @property
    def training_files(self) -> list[Path]:
        """The training data: JSONL. Never change these files."""
        return [self.folder / file["path"] for file in self.job["training_files"]]

    @property
    def validation_files(self) -> list[Path]:
        return [self.folder / file["path"] for file in self.job.get("validation_files") or []]

    @property
    def trainer_folder(self) -> str:
        """The value for the trainer's `output_dir`. The server deletes the folder when the job has ended."""
        return str(self.folder / "checkpoints" / "partial")

    def write(self, type: str, /, **fields: Any) -> None:
        """Appends a record to progress.jsonl. Omits None, NaN and infinite numbers, which JSON does not have."""
        if not self.writes:
            return
        line = json.dumps({"time": time.time(), "type": type, **_without_missing(fields)}, allow_nan=False)
        with (self.folder / "progress.jsonl").open("a+b") as file:
            if file.tell() > 0:
                file.seek(-1, os.SEEK_END)
                # A killed attempt may have left an incomplete last line.
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(line.encode() + b"\n")
        self.written_at = time.monotonic()

    def event(self, name: str, /, **data: Any) -> None:
        """Adds an event to the job."""
        self.write("event", name=name, data=data or None)

    @contextmanager
    def artifact(self) -> Iterator[str]:
        """Gives a folder for the adapter. Then publishes the folder, and reports that the training succeeded."""
        partial, target = self.folder / "artifact.partial", self.folder / "artifact"
        if self.writes:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
        yield str(partial)
        if self.writes:
            shutil.rmtree(target, ignore_errors=True)
            partial.rename(target)
        state = self.state or TrainerState()
        figures = _evaluated(state, self.kept_step)
        if any(value is not None for value in figures.values()):
            self.write("evaluation", stage="tuned", step=self.kept_step, metrics=figures)
        self.write(
            "result",
            status="succeeded",
            artifact="artifact",
            # Only known with TrainingArguments(include_num_input_tokens_seen=True).
            trained_tokens=state.num_input_tokens_seen or None,
            step=state.global_step,
            stop_reason="early_stopping" if state.global_step < state.max_steps else "steps",
        )

    def newest_checkpoint(self) -> str | None:
        """Returns the folder of the newest complete checkpoint of an earlier attempt; None without one."""
        found = [path for path in (self.folder / "checkpoints").glob("step-*") if _is_complete(path)]
        return str(max(found, key=_step)) if found else None

    def __enter__(self) -> "Report":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        # Without a result after a signal or a cancellation, so that the server decides what follows.
        if isinstance(error, Exception):
            self.write("result", status="failed", reason=f"{type(error).__name__}: {error}")

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.state = state
        self.step_seconds = 0.0
        self.tokens = int(state.num_input_tokens_seen)
        epochs = round(state.num_train_epochs, 4)
        self.write("start", total_steps=state.max_steps, step=state.global_step, epochs=epochs)

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        best = state.best_global_step if args.load_best_model_at_end else None
        self.kept_step = best or state.global_step

    def on_step_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.step_began = time.monotonic()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.step_seconds += time.monotonic() - self.step_began
        if (self.folder / "cancel").exists():
            raise SystemExit("The job is cancelled.")
        if time.monotonic() - self.written_at > QUIET_SECONDS:
            self.write("step", step=state.global_step)

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: dict[str, float], **_: Any
    ) -> None:
        if "loss" in logs:
            values = {name: logs.get(name) for name in ("loss", "learning_rate", "grad_norm")}
            self.write(
                "step",
                step=state.global_step,
                tokens=state.num_input_tokens_seen or None,
                tokens_per_second=self._tokens_per_second(state),
                gpu_memory_bytes=torch.cuda.max_memory_reserved() if torch.cuda.is_available() else None,
                **values,
            )

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if state.global_step == 0:
            # The base model, with TrainingArguments(eval_on_start=True).
            self.write("evaluation", stage="base", step=0, metrics=_evaluated(state, 0))
        # A save after the evaluation reports the same metrics.
        elif not control.should_save:
            self.write("checkpoint", step=state.global_step, metrics=_metrics(state))

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if self.writes:
            written = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            _publish(written, self.folder / "checkpoints" / f"step-{state.global_step}", state.global_step)
        self.write("checkpoint", step=state.global_step, metrics=_metrics(state))


    def _tokens_per_second(self, state: TrainerState) -> float | None:
        """Returns the rate since the last call. Only steps count, not evaluations and checkpoints."""
        tokens, seconds = int(state.num_input_tokens_seen), self.step_seconds
        read, self.tokens, self.step_seconds = tokens - self.tokens, tokens, 0.0
        return round(read / seconds, 1) if read > 0 and seconds > 0 else None


def _metrics(state: TrainerState) -> dict[str, float | None]:
    return {"train_loss": _newest(state, "loss"), **_evaluated(state, state.global_step)}


def _evaluated(state: TrainerState, step: int) -> dict[str, float | None]:
    return {name: _newest(state, key, step) for name, key in METRICS.items()}


def _newest(state: TrainerState, key: str, step: int | None = None) -> float | None:
    entries = (entry for entry in reversed(state.log_history) if step is None or entry["step"] == step)
    return next((entry[key] for entry in entries if key in entry), None)


def _publish(written: Path, target: Path, step: int) -> None:
    """Renames a checkpoint with a manifest, so that an incomplete one is never resumed. Keeps the newest two."""
    if not written.is_dir():
        return
    files = sorted(path for path in written.rglob("*") if path.is_file())
    manifest = {"step": step, "files": {path.relative_to(written).as_posix(): _fingerprint(path) for path in files}}
    (written / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    written.rename(target)
    for old in sorted(target.parent.glob("step-*"), key=_step)[:-2]:
        shutil.rmtree(old, ignore_errors=True)


def _is_complete(checkpoint: Path) -> bool:
    try:
        files = json.loads((checkpoint / "manifest.json").read_text(encoding="utf-8"))["files"]
        return all(_fingerprint(checkpoint / name) == expected for name, expected in files.items())
    except (OSError, ValueError, KeyError):
        return False


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.removeprefix("step-"))


def _fingerprint(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _without_missing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_missing(entry) for key, entry in value.items() if not _is_missing(entry)}
    return value


def _is_missing(value: Any) -> bool:
    return value is None or isinstance(value, float) and not math.isfinite(value)
