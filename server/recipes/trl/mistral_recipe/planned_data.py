"""The rows of a job and its plan, which need no weights of the model."""

from dataclasses import dataclass
from functools import cached_property

from datasets import Dataset

from .encoder import Encoder
from .packing import lengths_of
from .plan import Plan
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
