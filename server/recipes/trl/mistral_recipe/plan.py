"""How many rows a step takes and how many steps there are."""

import math
from dataclasses import dataclass

from .job import Base, Hyperparameters

DEFAULT_EPOCHS = 3.0
DEFAULT_ROWS = 8
CHECKPOINTS = 10
MAX_STEPS_BETWEEN_CHECKPOINTS = 500


@dataclass(frozen=True)
class Plan:
    """`micro_batch` rows pass through each process at once, `accumulation` times, for one step of the optimizer."""

    micro_batch: int
    accumulation: int
    rows_per_step: int
    total_steps: int
    checkpoint_steps: int
    epochs: float


def make_plan(rows: int, asked: Hyperparameters, base: Base, workers: int, is_packed: bool) -> Plan:
    """A step takes `batch_size` x `gradient_accumulation_steps` rows in all, however many workers share them.

    Default: 8 rows. Packed ones pass one by one, since attention that is not FlashAttention would compare every token
    of the batch with every other.
    """
    default_batch, default_accumulation = (1, DEFAULT_ROWS) if is_packed else (DEFAULT_ROWS, 1)
    batch = base.batch_size or default_batch
    accumulation = base.gradient_accumulation_steps or (1 if base.batch_size else default_accumulation)
    a_worker = math.ceil(min(batch * accumulation, rows) / workers)
    micro_batch = min(max(1, batch // workers), a_worker)
    accumulation = math.ceil(a_worker / micro_batch)
    rows_per_step = micro_batch * accumulation * workers
    epoch = math.ceil(rows / rows_per_step)
    total_steps = asked.training_steps or max(1, math.ceil((asked.epochs or DEFAULT_EPOCHS) * epoch))
    between = min(math.ceil(total_steps / CHECKPOINTS), MAX_STEPS_BETWEEN_CHECKPOINTS)
    return Plan(
        micro_batch=micro_batch,
        accumulation=accumulation,
        rows_per_step=min(rows_per_step, rows),
        total_steps=total_steps,
        checkpoint_steps=base.checkpoint_steps or between,
        epochs=total_steps / epoch,
    )
