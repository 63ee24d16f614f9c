"""Data-parallel training with the workers of a Ray cluster, which must all see the job's folder."""

import json
import os
from pathlib import Path
from typing import Any

import ray
from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer

from .errors import Cancelled, RecipeError
from .guard import CANCELLED_CODE, guarded

PACKAGE = Path(__file__).parent


def train_with_ray(folder: Path, workers: int) -> None:
    """Runs the same training in each worker, with a GPU each where the cluster has any.

    Without RAY_ADDRESS, or a cluster that runs on this machine, a local one is started and ended. The first worker
    alone reports; this process says nothing but that a worker was lost. Raises RecipeError for that, Cancelled after
    a cancel.
    """
    # A job of Ray's Jobs API has its code and environment from its submission.
    own = None if "RAY_JOB_CONFIG_JSON_ENV_VAR" in os.environ else {"py_modules": [str(PACKAGE)]}
    ray.init(runtime_env=own, log_to_driver=True)
    try:
        gpu = ray.cluster_resources().get("GPU", 0) > 0
        trainer = TorchTrainer(
            _work,
            train_loop_config={"folder": str(folder)},
            scaling_config=ScalingConfig(num_workers=workers, use_gpu=gpu),
            # The recipe has checkpoints of its own, and the server starts a lost training again.
            run_config=RunConfig(
                name="ray", storage_path=str(folder / "ray"), failure_config=FailureConfig(max_failures=0)
            ),
        )
        _fit(trainer, folder)
    finally:
        ray.shutdown()


def _work(config: dict[str, Any]) -> None:
    from .train import train

    folder = Path(config["folder"])
    code = guarded(folder, lambda: train(folder))
    if code == CANCELLED_CODE:
        raise Cancelled
    if code != 0:
        raise RecipeError("the worker has told why")


def _fit(trainer: TorchTrainer, folder: Path) -> None:
    try:
        trainer.fit()
    except Exception as error:
        if (folder / "cancel").exists():
            raise Cancelled from error
        if not _has_result(folder):
            raise RecipeError(f"a Ray worker was lost: {str(error).strip().splitlines()[-1]}") from error
        raise SystemExit(1) from error


def _has_result(folder: Path) -> bool:
    path = folder / "progress.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    try:
        return bool(lines) and json.loads(lines[-1]).get("type") == "result"
    except ValueError:
        return False
