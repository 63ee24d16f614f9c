"""TRL's and Transformers' trainers, with checkpoints that survive a crash."""

from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, Trainer
from trl import SFTTrainer

from .checkpoints import PARTIAL, folder_of, seal
from .heads import Heads


class DurableCheckpoints:
    """Publishes a checkpoint only after all processes have written their files to `checkpoints/partial`."""

    job_folder: Path

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)  # type: ignore[misc]
        self.accelerator.wait_for_everyone()  # type: ignore[attr-defined]
        step, best = self.state.global_step, self.state.best_global_step  # type: ignore[attr-defined]
        if self.is_world_process_zero():  # type: ignore[attr-defined]
            seal(folder_of(self.job_folder) / PARTIAL / f"checkpoint-{step}", self.job_folder, step, best)
        self.accelerator.wait_for_everyone()  # type: ignore[attr-defined]

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """Does nothing: Transformers would write a model card into each checkpoint."""


class CompletionTrainer(DurableCheckpoints, SFTTrainer):
    pass


class ClassifierTrainer(DurableCheckpoints, Trainer):
    """Uses the weighted sum of the targets' losses as the loss, averaged over the samples."""

    heads: Heads

    def compute_loss(
        self, model: PreTrainedModel, inputs: dict[str, Any], return_outputs: bool = False, **_: Any
    ) -> Any:
        labels = inputs.pop("labels")
        outputs = model(**inputs)
        loss = self.heads.loss(outputs.logits.float(), labels)
        return (loss, {"logits": outputs.logits}) if return_outputs else loss
