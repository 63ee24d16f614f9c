"""Reports the progress of the training in progress.jsonl."""

import math
import time
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from .errors import Cancelled, RecipeError
from .progress import Progress

# The names of a checkpoint's metrics in the API, and in the trainer's log.
METRICS = {
    "valid_loss": "eval_loss",
    "valid_mean_token_accuracy": "eval_mean_token_accuracy",
    "valid_accuracy": "eval_accuracy",
}


class Reporting(TrainerCallback):
    """Reports steps and checkpoints. Raises Cancelled when the server has created the file `cancel` in the folder."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.cancel = folder / "cancel"
        self.progress = progress
        self.began = time.monotonic()
        self.first_step = 0
        self.step_began = 0.0
        self.step_seconds = 0.0
        self.tokens = 0

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.began = time.monotonic()
        self.first_step = state.global_step
        self.step_seconds = 0.0
        self.tokens = int(state.num_input_tokens_seen)

    def on_step_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.step_began = time.monotonic()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.step_seconds += time.monotonic() - self.step_began
        if self.cancel.exists():
            raise Cancelled

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: dict[str, float], **_: Any
    ) -> None:
        if "loss" not in logs:
            return
        if not math.isfinite(logs["loss"]):
            raise RecipeError(
                f"the loss at step {state.global_step} is not a finite number: "
                "create the job with a lower learning_rate"
            )
        seconds_per_step = (time.monotonic() - self.began) / max(1, state.global_step - self.first_step)
        self.progress.write(
            "step",
            step=state.global_step,
            loss=logs["loss"],
            learning_rate=logs.get("learning_rate"),
            grad_norm=logs.get("grad_norm"),
            tokens=state.num_input_tokens_seen,
            tokens_per_second=self._tokens_per_second(state),
            gpu_memory_bytes=gpu_memory_bytes(),
            remaining_seconds=round(seconds_per_step * (state.max_steps - state.global_step), 1),
        )

    def _tokens_per_second(self, state: TrainerState) -> float | None:
        """Returns the rate since the last call, of all workers. Only steps count, not evaluations and checkpoints."""
        tokens, seconds = int(state.num_input_tokens_seen), self.step_seconds
        read, self.tokens, self.step_seconds = tokens - self.tokens, tokens, 0.0
        return round(read / seconds, 1) if read > 0 and seconds > 0 else None

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.progress.write(
            "checkpoint",
            step=state.global_step,
            metrics=metrics_at(state.log_history, state.global_step),
            path=f"checkpoints/step-{state.global_step}",
        )


def gpu_memory_bytes() -> int | None:
    """Returns the most memory that PyTorch has reserved on the GPU of this process; None without a GPU."""
    return torch.cuda.max_memory_reserved() if torch.cuda.is_available() else None


def metrics_at(history: list[dict[str, float]], step: int) -> dict[str, float]:
    """Returns the metrics of a step from the trainer's log, by their names in the API."""
    merged = {key: value for entry in history if entry["step"] == step for key, value in entry.items()}
    found = {name: merged.get(key) for name, key in {"train_loss": "loss", **METRICS}.items()}
    return {name: value for name, value in found.items() if value is not None}


def report_flat_loss(history: list[dict[str, float]], progress: Progress) -> None:
    """Reports an event when the mean loss of the last tenth of the steps is not below that of the first tenth."""
    losses = [entry["loss"] for entry in history if "loss" in entry]
    count = max(1, len(losses) // 10)
    if len(losses) < 2:
        return
    first, last = sum(losses[:count]) / count, sum(losses[-count:]) / count
    if last >= first:
        progress.event(
            "loss-did-not-fall",
            first=round(first, 4),
            last=round(last, 4),
            reason="the model may have learned nothing: check the data with `train.py show`, train more steps, or "
            "change the learning_rate",
        )
