"""The prepared trainer and data of a job, for completion and for classifier jobs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from transformers import PreTrainedTokenizerBase, Trainer

from . import checkpoints
from .answers import Sample
from .job import RULES_MARKER, Hyperparameters, Job, began_before_rules
from .meters import Measured, Meter, RunOptions
from .packing import lengths_of
from .planned_data import PlannedData
from .progress import Progress

# Receives the model, its evaluation, and the number of answers.
Answerer = Callable[[Any, Measured, int], list[Sample]]


@dataclass(frozen=True)
class Prepared:
    """A job's trainer and data. `settings` are written to the artifact's recipe.json."""

    trainer: Trainer
    tokenizer: PreTrainedTokenizerBase
    data: PlannedData
    settings: dict[str, Any]
    # Evaluates on the validation data, and answers its first prompts. None without validation data.
    meter: Meter | None = None
    answer: Answerer | None = None


def run_options_of(
    trainer: Trainer, tokenizer: PreTrainedTokenizerBase, data: PlannedData, progress: Progress
) -> RunOptions:
    """Returns how to evaluate during the training: with no more tokens at once than a training step has."""
    budget = data.plan.micro_batch * max(lengths_of(data.rows))
    return RunOptions(tokenizer.pad_token_id, budget, trainer.args.device, trainer.accelerator.autocast, progress)


def planned_hyperparameters(job: Job) -> Hyperparameters:
    """Returns the hyperparameters for the plan. A job that an earlier version started keeps its number of steps."""
    if began_before_rules(job.folder):
        newest = max(checkpoints.folder_of(job.folder).glob("step-*"), key=lambda path: path.stat().st_mtime)
        try:
            return replace(job.hyperparameters, training_steps=checkpoints.trainer_state(newest)["max_steps"])
        except (OSError, ValueError, KeyError):
            # The checkpoint is damaged. Training resumes from an older checkpoint or from the first step.
            return job.hyperparameters
    return job.hyperparameters


def mark_rules(job: Job) -> None:
    """Records that the job was planned with the current rules, so that later attempts make the same plan."""
    if not began_before_rules(job.folder):
        folder = checkpoints.folder_of(job.folder)
        folder.mkdir(exist_ok=True)
        (folder / RULES_MARKER).touch()
