"""The rows of a job and its plan, which need no weights of the model."""

from dataclasses import dataclass
from functools import cached_property

from datasets import Dataset

from .encoder import Encoder
from .job import Base
from .packing import lengths_of
from .plan import Plan, evaluation_steps
from .samples import Count


@dataclass(frozen=True)
class PlannedData:
    """`row_length` is the maximum number of tokens of a row: less than `seq_len` when packed rows are shortened."""

    encoder: Encoder
    seq_len: int
    rows: Dataset
    validation: Dataset | None
    count: Count
    plan: Plan
    packing: bool
    row_length: int

    @cached_property
    def tokens(self) -> int:
        """The number of tokens in one epoch."""
        return sum(lengths_of(self.rows))

    @property
    def tokens_per_step(self) -> int:
        return round(self.tokens / len(self.rows) * self.plan.rows_per_step)

    def evaluation_steps(self, base: Base) -> int | None:
        """The number of steps between evaluations, or None without validation data."""
        if self.validation is None:
            return None
        trained = self.tokens_per_step * self.plan.total_steps
        return evaluation_steps(self.plan, base, trained, sum(lengths_of(self.validation)))
