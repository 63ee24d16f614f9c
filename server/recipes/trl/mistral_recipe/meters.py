"""Measures a model on the validation rows. The results do not depend on batches, packing or the number of processes."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from accelerate import PartialState
from accelerate.utils import gather_object
from datasets import Dataset

from . import progress as reports
from .figures import classifier_figures
from .heads import Heads
from .packing import lengths_of
from .progress import Progress
from .rows import IGNORED

Figures = dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """`loss` and `accuracy` are the metrics of a checkpoint. `figures` are those of an `evaluation` record."""

    loss: float
    accuracy: float
    figures: Figures
    # Of a classifier: the outputs for each row, in the order of the rows.
    logits: torch.Tensor | None = None


@dataclass(frozen=True)
class RunOptions:
    """How to run a model. `budget` is the number of tokens of one forward pass, with padding."""

    pad_id: int
    budget: int
    device: torch.device
    autocast: Callable[[], AbstractContextManager[Any]]
    progress: Progress


class Meter(Protocol):
    options: RunOptions

    def measure(self, model: Any) -> Measured:
        """Measures the model. All processes of the training call this method, and get the same result."""


@dataclass(frozen=True)
class CompletionMeter:
    """The model needs TRL's fused head (`add_fused_lm_head`), which does not keep the logits of all tokens in memory.

    Loss and accuracy are means over all tokens that count. Transformers and TRL average the means of the batches
    instead, which gives a token of a short batch more weight.
    """

    rows: Dataset
    options: RunOptions

    def measure(self, model: Any) -> Measured:
        loss, right, count = 0.0, 0, 0
        with evaluation_mode(model):
            for batch in batches_of_process(lengths_of(self.rows), self.options):
                rows = [self.rows[index] for index in batch]
                labels = _padded([row["labels"] for row in rows], IGNORED, self.options.device)
                with self.options.autocast():
                    out = model(**_inputs(rows, self.options), labels=labels, use_cache=False, fused_lm_head=True)
                loss -= out.log_probs.double().sum().item()
                right += int(out.is_top1.sum())
                count += int(out.label_mask.sum())
        parts = gather_object([(loss, right, count)])
        loss, right, count = (sum(part[i] for part in parts) for i in range(3))
        loss, accuracy = loss / max(1, count), right / max(1, count)
        return Measured(loss, accuracy, {"valid_loss": loss, "valid_mean_token_accuracy": accuracy})


@dataclass(frozen=True)
class ClassifierMeter:
    """Loss and accuracy are means over all samples. `majority`: each target's most frequent answer in the training."""

    rows: Dataset
    heads: Heads
    majority: dict[str, list[str]]
    options: RunOptions

    def measure(self, model: Any) -> Measured:
        found: list[tuple[int, list[float]]] = []
        with evaluation_mode(model):
            for batch in batches_of_process(lengths_of(self.rows), self.options):
                rows = [self.rows[index] for index in batch]
                with self.options.autocast():
                    logits = model(**_inputs(rows, self.options)).logits
                found += zip(batch, logits.float().tolist(), strict=True)
        ordered = sorted(gather_object(found))
        logits, labels = torch.tensor([row for _, row in ordered]), torch.tensor(self.rows["labels"][:])
        loss = self.heads.loss(logits, labels).item()
        figures = {"valid_loss": loss, **classifier_figures(self.heads, logits, labels, self.majority)}
        return Measured(loss, self.heads.accuracy(logits, labels), figures, logits)


@contextmanager
def evaluation_mode(model: Any) -> Iterator[None]:
    """Runs the model in evaluation mode, and restores the random numbers of the training afterwards.

    The model stays in evaluation mode. The trainer sets the training mode before each step.
    """
    model.eval()
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.no_grad(), torch.random.fork_rng(devices):
        yield


def batches_of(lengths: list[int], budget: int) -> list[list[int]]:
    """Divides rows into batches of similar lengths with at most `budget` tokens, or of one row. Returns indices."""
    batches: list[list[int]] = []
    # The longest first, so that too little memory shows at once.
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= budget:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def batches_of_process(lengths: list[int], options: RunOptions) -> Iterator[list[int]]:
    """Yields the batches of this process. Reports an event every 30 seconds, from completed batches only."""
    batches = batches_of(lengths, options.budget)
    state = PartialState()
    mine = batches[state.process_index :: state.num_processes]
    reported = time.monotonic()
    for done, batch in enumerate(mine):
        if time.monotonic() - reported >= reports.SECONDS_BETWEEN_REPORTS:
            reported = time.monotonic()
            options.progress.event("evaluating", percent=100 * done // len(mine))
        yield batch


def _inputs(rows: list[dict[str, Any]], options: RunOptions) -> dict[str, torch.Tensor]:
    ids = [row["input_ids"] for row in rows]
    return {
        "input_ids": _padded(ids, options.pad_id, options.device),
        "attention_mask": _padded([[1] * len(row) for row in ids], 0, options.device),
    }


def _padded(rows: list[list[int]], value: int, device: torch.device) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[value] * (longest - len(row))] for row in rows], device=device)
