"""The number of rows in a step, and the number of steps."""

import math
from dataclasses import dataclass

from .job import Base, Hyperparameters

DEFAULT_EPOCHS = 3.0
# Without `training_steps` and `epochs`; fewer steps than this teach a model little.
MIN_STEPS = 20
# An epoch has this many steps where there are samples enough.
MIN_STEPS_PER_EPOCH = 20
DEFAULT_ROWS = 8
CHECKPOINTS = 10
MAX_STEPS_BETWEEN_CHECKPOINTS = 500


@dataclass(frozen=True)
class Plan:
    """Each process passes `micro_batch` rows through the model at once, `accumulation` times for one optimizer step."""

    micro_batch: int
    accumulation: int
    rows_per_step: int
    total_steps: int
    checkpoint_steps: int
    epochs: float


def packed_length(lengths: list[int], seq_len: int, asked: Hyperparameters, base: Base, workers: int) -> int:
    """The tokens of a packed row: `seq_len`, or less where an epoch of full rows would have too few steps.

    `lengths` are those of the samples' rows; none is split. `packing: true` in the models file keeps `seq_len`.
    """
    if asked.training_steps or base.packing:
        return seq_len
    rows = min_steps_per_epoch(len(lengths), workers) * _rows_per_step(base, is_packed=True)
    return min(seq_len, max(math.ceil(sum(lengths) / rows), *lengths))


def too_few_rows(rows: int, samples: int, asked: Hyperparameters, base: Base, workers: int) -> bool:
    """Whether packed rows are too few for the steps of an epoch, even with one row per worker."""
    if asked.training_steps or base.packing or base.batch_size or base.gradient_accumulation_steps:
        return False
    return rows < min_steps_per_epoch(samples, workers) * workers


def min_steps_per_epoch(samples: int, workers: int) -> int:
    return max(1, min(MIN_STEPS_PER_EPOCH, samples // workers))


def make_plan(
    rows: int, asked: Hyperparameters, base: Base, workers: int, is_packed: bool, samples: int | None = None
) -> Plan:
    """Plans a training on `rows` rows, of `samples` samples (default: one sample per row).

    A step takes `batch_size` x `gradient_accumulation_steps` rows in total, however many workers share them; default:
    8 rows, fewer where an epoch would have too few steps. With `training_steps` the number of steps is given, and the
    batch stays as it is. Packed rows pass one by one, since attention that is not FlashAttention would compare every
    token of the batch with every other.
    """
    batch, accumulation = _batch(base, is_packed)
    wanted = min(batch * accumulation, rows)
    if not (asked.training_steps or base.batch_size or base.gradient_accumulation_steps):
        wanted = min(wanted, rows // min_steps_per_epoch(samples or rows, workers))
        wanted = max(1, wanted // workers) * workers
    rows_per_worker = math.ceil(wanted / workers)
    micro_batch = min(max(1, batch // workers), rows_per_worker)
    accumulation = math.ceil(rows_per_worker / micro_batch)
    rows_per_step = micro_batch * accumulation * workers
    epoch = math.ceil(rows / rows_per_step)
    total_steps = asked.training_steps or _steps(asked.epochs, epoch)
    between = min(math.ceil(total_steps / CHECKPOINTS), MAX_STEPS_BETWEEN_CHECKPOINTS)
    return Plan(
        micro_batch=micro_batch,
        accumulation=accumulation,
        rows_per_step=min(rows_per_step, rows),
        total_steps=total_steps,
        checkpoint_steps=base.checkpoint_steps or between,
        epochs=total_steps / epoch,
    )


def _steps(epochs: float | None, epoch: int) -> int:
    if epochs:
        return max(1, math.ceil(epochs * epoch))
    return max(MIN_STEPS, math.ceil(DEFAULT_EPOCHS * epoch))


def _batch(base: Base, is_packed: bool) -> tuple[int, int]:
    default_batch, default_accumulation = (1, DEFAULT_ROWS) if is_packed else (DEFAULT_ROWS, 1)
    batch = base.batch_size or default_batch
    return batch, base.gradient_accumulation_steps or (1 if base.batch_size else default_accumulation)


def _rows_per_step(base: Base, is_packed: bool) -> int:
    batch, accumulation = _batch(base, is_packed)
    return batch * accumulation
