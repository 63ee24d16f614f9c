"""Converts the API's hyperparameters to arguments of Transformers' trainer."""

from typing import Any

import torch
from peft import LoraConfig, TaskType
from transformers import PretrainedConfig

from .checkpoints import PARTIAL, folder_of
from .job import Base, Job
from .plan import Plan

# The image encoder of Mistral's newer models. Text data cannot train it, so it gets no adapter.
IMAGE_PARTS = r".*(vision_tower|multi_modal_projector).*"


def lora_config(base: Base, task: TaskType, config: PretrainedConfig) -> LoraConfig:
    """Default: rank 16 on all linear layers. The article "LoRA Without Regret" says this matches full fine-tuning."""
    rank = base.lora.get("r", 16)
    return LoraConfig(
        task_type=task,
        r=rank,
        lora_alpha=base.lora.get("alpha", 2 * rank),
        lora_dropout=base.lora.get("dropout", 0.0),
        target_modules=base.lora.get("target_modules", "all-linear"),
        exclude_modules=IMAGE_PARTS if hasattr(config, "vision_config") else None,
    )


def training_arguments(job: Job, plan: Plan, eval_steps: int | None, report_to: list[str]) -> dict[str, Any]:
    evaluates = eval_steps is not None
    asked, gpu = job.hyperparameters, torch.cuda.is_available()
    return {
        "output_dir": str(folder_of(job.folder) / PARTIAL),
        "max_steps": plan.total_steps,
        "per_device_train_batch_size": plan.micro_batch,
        "per_device_eval_batch_size": plan.micro_batch,
        "gradient_accumulation_steps": plan.accumulation,
        "learning_rate": asked.learning_rate,
        "weight_decay": asked.weight_decay,
        "warmup_steps": int(asked.warmup_fraction * plan.total_steps),
        "lr_scheduler_type": "cosine",
        "logging_strategy": "steps",
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "save_strategy": "steps",
        "save_steps": plan.checkpoint_steps,
        "eval_strategy": "steps" if evaluates else "no",
        "eval_steps": eval_steps,
        "metric_for_best_model": "eval_loss" if evaluates else None,
        "greater_is_better": False if evaluates else None,
        # Early stopping continues its count of evaluations without improvement in later attempts.
        "restore_callback_states_from_checkpoint": True,
        "activation_checkpointing": gpu
        if job.base.activation_checkpointing is None
        else job.base.activation_checkpointing,
        "ddp_find_unused_parameters": False,
        "bf16": gpu,
        "use_cpu": not gpu,
        "seed": job.seed,
        "report_to": report_to or "none",
        "disable_tqdm": True,
    }
