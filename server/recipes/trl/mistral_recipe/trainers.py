"""TRL's and Transformers' trainers, with checkpoints that survive a crash and with exact validation metrics."""

from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, Trainer
from transformers.trainer_utils import EvalLoopOutput
from trl import SFTTrainer

from .checkpoints import PARTIAL, folder_of, seal
from .heads import Heads
from .meters import Meter


class DurableCheckpoints:
    """Publishes a checkpoint only after all processes have written their files to `checkpoints/partial`."""

    job_folder: Path

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)  # type: ignore[misc]
        self.accelerator.wait_for_everyone()  # type: ignore[attr-defined]
        step = self.state.global_step  # type: ignore[attr-defined]
        if self.is_world_process_zero():  # type: ignore[attr-defined]
            seal(folder_of(self.job_folder) / PARTIAL / f"checkpoint-{step}", self.job_folder, step)
        self.accelerator.wait_for_everyone()  # type: ignore[attr-defined]

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """Does nothing: Transformers would write a model card into each checkpoint."""


class ExactEvaluation:
    """Evaluates with a meter, because Transformers and TRL average over batches. See `CompletionMeter`."""

    meter: Meter | None = None

    def evaluation_loop(self, *_: Any, metric_key_prefix: str = "eval", **__: Any) -> EvalLoopOutput:
        assert self.meter is not None, "a trainer with validation data needs a meter"
        measured = self.meter.measure(self.model)  # type: ignore[attr-defined]
        metrics = {
            f"{metric_key_prefix}_loss": measured.loss,
            f"{metric_key_prefix}_mean_token_accuracy": measured.accuracy,
        }
        if "accuracy" in measured.figures:
            metrics[f"{metric_key_prefix}_accuracy"] = measured.figures["accuracy"]
        return EvalLoopOutput(None, None, metrics, len(self.eval_dataset))  # type: ignore[attr-defined]


class CompletionTrainer(ExactEvaluation, DurableCheckpoints, SFTTrainer):
    pass


class ClassifierTrainer(ExactEvaluation, DurableCheckpoints, Trainer):
    """Uses the weighted sum of the targets' losses as the loss, averaged over the samples."""

    heads: Heads

    def compute_loss(
        self, model: PreTrainedModel, inputs: dict[str, Any], return_outputs: bool = False, **_: Any
    ) -> Any:
        labels = inputs.pop("labels")
        outputs = model(**inputs)
        loss = self.heads.loss(outputs.logits.float(), labels)
        return (loss, {"logits": outputs.logits}) if return_outputs else loss
