"""What each kind of job makes ready, and what is the same for all from there on."""

from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc
from datasets import Dataset
from transformers import PreTrainedTokenizerBase, Trainer

from .plan import Plan


@dataclass(frozen=True)
class Prepared:
    """What a kind of job brings: its trainer, and what else its artifact tells."""

    trainer: Trainer
    tokenizer: PreTrainedTokenizerBase
    plan: Plan
    rows: Dataset
    settings: dict[str, Any]

    @property
    def tokens(self) -> int:
        """Those of one epoch."""
        column = self.rows.with_format("arrow")[:]["input_ids"]
        return pc.sum(pc.list_value_length(column)).as_py()
