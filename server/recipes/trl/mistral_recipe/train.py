"""Trains one job: reads the job's folder and writes the adapter."""

import shutil
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from peft import load_peft_weights, set_peft_model_state_dict
from transformers import EarlyStoppingCallback, Trainer, set_seed

from . import artifact, checkpoints
from .evaluation import evaluate_base, evaluate_tuned
from .job import Job, read_job
from .plan import Plan
from .prepared import Prepared, mark_rules
from .progress import Progress
from .reporting import Reporting, metrics_at, report_flat_loss
from .repositories import fetch_all
from .shared_decision import decided_by_first


def train(folder: Path) -> None:
    """Trains the job, or resumes from the newest valid checkpoint of an earlier attempt. Raises on failure."""
    job = read_job(folder)
    state = PartialState(cpu=not torch.cuda.is_available())
    progress = Progress(folder, enabled=state.is_main_process)
    with state.main_process_first():
        fetch_all(job, progress)
    # Set the seed before the model is loaded, because the adapter and a classifier's head start with random weights.
    set_seed(job.seed)
    if job.is_classifier:
        from .classifier import prepare
    else:
        from .completion import prepare
    run(job, prepare(job, state.num_processes, progress), progress)


def run(job: Job, prepared: Prepared, progress: Progress) -> None:
    """Trains from the newest valid checkpoint, then writes the artifact and the result."""
    trainer, data = prepared.trainer, prepared.data
    plan = data.plan
    trainer.job_folder = job.folder  # type: ignore[attr-defined]
    trainer.add_callback(Reporting(job.folder, progress))
    if job.base.early_stopping and trainer.eval_dataset is not None:
        trainer.add_callback(EarlyStoppingCallback(job.base.early_stopping.get("patience", 1)))
    if trainer.is_world_process_zero():
        mark_rules(job)
    checkpoint = decided_by_first(lambda: checkpoints.newest(job.folder, progress))
    reached = checkpoints.trainer_state(checkpoint) if checkpoint else {"global_step": 0}
    progress.write(
        "start",
        total_steps=plan.total_steps,
        step=reached["global_step"],
        tokens_per_step=data.tokens_per_step,
        data_tokens=data.tokens,
        epochs=round(plan.epochs, 4),
    )
    evaluate_base(job, prepared, progress)
    if trainer.is_world_process_zero():
        shutil.rmtree(trainer.args.output_dir, ignore_errors=True)
    if checkpoint and _is_complete(reached, plan):
        # An earlier attempt was killed between its last step and its result.
        trainer.state.log_history = reached["log_history"]
        trainer.state.global_step = reached["global_step"]
        trainer.state.best_global_step = reached["best_global_step"]
        trainer.state.num_input_tokens_seen = reached["num_input_tokens_seen"]
        _load(trainer, checkpoint)
    else:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    step = trainer.state.global_step
    kept = step
    history = trainer.state.log_history
    best = decided_by_first(lambda: checkpoints.best(job.folder, history, progress)) if job.keeps_best else None
    if best and best[0] != step:
        kept, best_checkpoint = best
        _load(trainer, best_checkpoint)
    if trainer.is_world_process_zero():
        model = trainer.accelerator.unwrap_model(trainer.model)
        artifact.save(job, plan, prepared.settings, model, prepared.tokenizer)
    trainer.accelerator.wait_for_everyone()
    evaluate_tuned(job, prepared, kept, progress)
    report_flat_loss(history, progress)
    progress.write(
        "result",
        status="succeeded",
        artifact="artifact",
        trained_tokens=trainer.state.num_input_tokens_seen,
        step=step,
        kept_step=kept,
        stop_reason="steps" if step >= plan.total_steps else "early_stopping",
        metrics=metrics_at(history, kept),
    )


def _is_complete(state: dict[str, Any], plan: Plan) -> bool:
    control = state.get("stateful_callbacks", {}).get("TrainerControl", {})
    return state["global_step"] >= plan.total_steps or bool(control.get("args", {}).get("should_training_stop"))


def _load(trainer: Trainer, checkpoint: Path) -> None:
    model = trainer.accelerator.unwrap_model(trainer.model)
    # Not the device of the arguments: with several processes on CPUs that is `cpu:0`, which safetensors refuses.
    set_peft_model_state_dict(model, load_peft_weights(str(checkpoint), device=str(model.device)))
