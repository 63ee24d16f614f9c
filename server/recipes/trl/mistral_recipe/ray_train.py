"""Data-parallel training with the workers of a Ray cluster, which must all see the job's folder."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import ray
from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer

from .errors import Cancelled, RecipeError
from .guard import CANCELLED_CODE, guarded

PACKAGE = Path(__file__).parent

# What a shell says of a killed program.
KILLED_CODE = 128 + signal.SIGKILL


def train_with_ray(folder: Path, workers: int) -> None:
    """Runs the same training in each worker, with a GPU each where the cluster has any.

    Without RAY_ADDRESS, or a cluster that runs on this machine, a local one is started and ended. The first worker
    alone reports. Raises Cancelled after a cancel, and SystemExit when a worker has failed or was lost.
    """
    ray.init(runtime_env={"py_modules": [str(PACKAGE)]})
    try:
        trainer = TorchTrainer(
            _work,
            train_loop_config={"folder": str(folder)},
            scaling_config=_scaling(workers),
            # The recipe has checkpoints of its own, and the server starts a lost training again.
            run_config=RunConfig(
                name="ray", storage_path=str(folder / "checkpoints"), failure_config=FailureConfig(max_failures=0)
            ),
        )
        _fit(trainer, folder)
    finally:
        ray.shutdown()


def _scaling(workers: int) -> ScalingConfig:
    """A worker gets what RAY_RESOURCES_PER_WORKER says (JSON: `{"CPU": 2, "GPU": 1}`), else a GPU if there are any."""
    wanted = json.loads(os.environ.get("RAY_RESOURCES_PER_WORKER") or "{}")
    if not wanted:
        return ScalingConfig(num_workers=workers, use_gpu=ray.cluster_resources().get("GPU", 0) > 0)
    return ScalingConfig(num_workers=workers, use_gpu=wanted.get("GPU", 0) > 0, resources_per_worker=wanted)


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
            # As if this process had been killed: the server launches it again, and it resumes.
            print(f"a Ray worker was lost: {str(error).strip().splitlines()[-1]}", file=sys.stderr)
            raise SystemExit(KILLED_CODE) from error
        raise SystemExit(1) from error


def _has_result(folder: Path) -> bool:
    path = folder / "progress.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    try:
        return bool(lines) and json.loads(lines[-1]).get("type") == "result"
    except ValueError:
        return False
