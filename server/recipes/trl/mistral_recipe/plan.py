"""Plans the number of rows per step and the number of steps."""

import math
from dataclasses import dataclass

from .job import Base, Hyperparameters

DEFAULT_EPOCHS = 3.0
# Applies without `training_steps` and `epochs`. With fewer steps, a model learns little.
MIN_STEPS = 20
# An epoch has at least this many steps when there are enough samples.
MIN_STEPS_PER_EPOCH = 20
DEFAULT_ROWS = 8
# GPU memory use grows with the sequence length, so longer sequences need an explicit setting.
DEFAULT_SEQ_LEN = 4096
CHECKPOINTS = 10
MAX_STEPS_BETWEEN_CHECKPOINTS = 500
# All evaluations together may take about a tenth of the training's time. To train a token takes about as long as to
# evaluate 3. 7 % instead of 10 %, because a batch of an evaluation is less full.
EVALUATED_PER_TRAINED_TOKEN = 3 * 0.07
# So few tokens are evaluated at every checkpoint: they take less than a minute on a GPU.
MIN_TOKENS_TO_SPARE = 200_000


@dataclass(frozen=True)
class Plan:
    """In one optimizer step, each process runs `accumulation` forward passes with `micro_batch` rows each."""

    micro_batch: int
    accumulation: int
    rows_per_step: int
    total_steps: int
    checkpoint_steps: int
    epochs: float


def packed_length(lengths: list[int], seq_len: int, asked: Hyperparameters, base: Base, workers: int) -> int:
    """Returns the tokens per packed row: `seq_len`, or less when an epoch of full rows would have too few steps.

    `lengths` are the lengths of the unpacked rows, which packing does not split. With `packing: true` in the models
    file, always returns `seq_len`.
    """
    if asked.training_steps or base.packing:
        return seq_len
    rows = min_steps_per_epoch(len(lengths), workers) * _rows_per_step(base, is_packed=True)
    return min(seq_len, max(math.ceil(sum(lengths) / rows), *lengths))


def too_few_rows(rows: int, samples: int, asked: Hyperparameters, base: Base, workers: int) -> bool:
    """Whether an epoch of packed rows has too few steps, even with one row per worker and step."""
    if asked.training_steps or base.packing or base.batch_size or base.gradient_accumulation_steps:
        return False
    return rows < min_steps_per_epoch(samples, workers) * workers


def min_steps_per_epoch(samples: int, workers: int) -> int:
    return max(1, min(MIN_STEPS_PER_EPOCH, samples // workers))


def make_plan(
    rows: int, asked: Hyperparameters, base: Base, workers: int, is_packed: bool, samples: int | None = None
) -> Plan:
    """Plans a training on `rows` rows, of `samples` samples (default: one sample per row).

    A step has `batch_size` x `gradient_accumulation_steps` rows in total, independent of the number of workers.
    Default: 8 rows, or fewer when an epoch would have too few steps. With `training_steps`, the default is always 8.
    The default batch for packed rows is one row, because attention other than FlashAttention compares all tokens of
    a batch with each other.
    """
    batch, accumulation = _batch(base, is_packed)
    wanted = min(batch * accumulation, rows)
    if not (asked.training_steps or base.batch_size or base.gradient_accumulation_steps):
        wanted = min(wanted, rows // min_steps_per_epoch(samples or rows, workers))
        wanted = max(1, wanted // workers) * workers
    rows_per_worker = math.ceil(wanted / workers)
    micro_batch = min(micro_batch_limit(base, is_packed, workers), rows_per_worker)
    accumulation = math.ceil(rows_per_worker / micro_batch)
    rows_per_step = micro_batch * accumulation * workers
    epoch = math.ceil(rows / rows_per_step)
    total_steps = asked.training_steps or _steps(asked.epochs, epoch)
    return Plan(
        micro_batch=micro_batch,
        accumulation=accumulation,
        rows_per_step=min(rows_per_step, rows),
        total_steps=total_steps,
        checkpoint_steps=base.checkpoint_steps or checkpoint_interval(total_steps),
        epochs=total_steps / epoch,
    )


def micro_batch_limit(base: Base, is_packed: bool, workers: int) -> int:
    """The maximum number of rows of one forward pass. `batch_size` counts the rows of all workers."""
    batch, _ = _batch(base, is_packed)
    return max(1, batch // workers)


def checkpoint_interval(total_steps: int) -> int:
    """The default number of steps between checkpoints."""
    return min(math.ceil(total_steps / CHECKPOINTS), MAX_STEPS_BETWEEN_CHECKPOINTS)


def evaluation_steps(plan: Plan, base: Base, trained_tokens: int, validation_tokens: int) -> int:
    """Returns the steps between evaluations: those between checkpoints, or a multiple if evaluating takes too long.

    The last checkpoint is always evaluated. With `checkpoint_steps` or `early_stopping` in the models file, so is
    every checkpoint.
    """
    checkpoints = math.ceil(plan.total_steps / plan.checkpoint_steps)
    few = checkpoints * validation_tokens <= MIN_TOKENS_TO_SPARE
    if base.checkpoint_steps or base.early_stopping or few:
        return plan.checkpoint_steps
    # Two more evaluations: of the base model, and of the result.
    affordable = int(EVALUATED_PER_TRAINED_TOKEN * trained_tokens / validation_tokens) - 2
    return plan.checkpoint_steps * math.ceil(checkpoints / max(1, affordable))


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
