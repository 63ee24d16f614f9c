"""What completion and classifier jobs prepare for the training loop."""

from dataclasses import dataclass, replace
from typing import Any

from datasets import Dataset
from transformers import PreTrainedTokenizerBase, Trainer

from . import checkpoints
from .job import RULES_MARKER, Hyperparameters, Job, began_before_rules
from .packing import lengths_of
from .plan import Plan


@dataclass(frozen=True)
class Prepared:
    """A job's trainer and data; `settings` are added to the artifact's recipe.json."""

    trainer: Trainer
    tokenizer: PreTrainedTokenizerBase
    plan: Plan
    rows: Dataset
    settings: dict[str, Any]

    @property
    def tokens(self) -> int:
        """The tokens of one epoch."""
        return sum(lengths_of(self.rows))


def planned_hyperparameters(job: Job) -> Hyperparameters:
    """The hyperparameters to plan with. A job that an earlier version began keeps the number of steps of its plan."""
    if began_before_rules(job.folder):
        newest = max(checkpoints.folder_of(job.folder).glob("step-*"), key=lambda path: path.stat().st_mtime)
        try:
            return replace(job.hyperparameters, training_steps=checkpoints.trainer_state(newest)["max_steps"])
        except (OSError, ValueError, KeyError):
            # A damaged checkpoint: an older one, or the first step, is where the training continues.
            return job.hyperparameters
    return job.hyperparameters


def mark_rules(job: Job) -> None:
    """Records that the job was planned by the present rules, so that a later attempt plans it in the same way."""
    if not began_before_rules(job.folder):
        folder = checkpoints.folder_of(job.folder)
        folder.mkdir(exist_ok=True)
        (folder / RULES_MARKER).touch()
