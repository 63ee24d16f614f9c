"""Data-parallel training with the workers of a Ray cluster, which must all see the job's folder."""

import json
import os
import traceback
from pathlib import Path
from typing import Any

import ray
from ray.train import FailureConfig, RunConfig, ScalingConfig, TrainingFailedError, WorkerGroupError
from ray.train.torch import TorchTrainer

from .errors import Cancelled, RecipeError, WorkerLost, reason_of

PACKAGE = Path(__file__).parent
# What the others say when a worker is gone.
LOST_CONNECTION = ("Connection closed by peer", "Connection reset by peer", "NCCL error", "DistNetworkError")


def train_with_ray(folder: Path, workers: int) -> None:
    """Runs the same training in each worker, with a GPU each where the cluster has any.

    Without RAY_ADDRESS, or a cluster that runs on this machine, a local one is started and ended. While it trains the
    first worker alone reports. Raises RecipeError with a worker's reason, WorkerLost, or Cancelled after a cancel.
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

    try:
        train(Path(config["folder"]))
    except Cancelled:
        raise
    except Exception as error:
        traceback.print_exc()
        # As text, since the driver may lack what is needed to read the error itself.
        raise RecipeError(reason_of(error)) from None


def _fit(trainer: TorchTrainer, folder: Path) -> None:
    try:
        trainer.fit()
    except TrainingFailedError as error:
        if (folder / "cancel").exists():
            raise Cancelled from error
        failures = error.worker_failures if isinstance(error, WorkerGroupError) else {}
        # Ray wraps what a worker raised; anything else is Ray's own, of a worker that is gone.
        raised = [getattr(failure, "_base_exc", failure) for failure in failures.values()]
        reasons = [str(one) for one in raised if isinstance(one, RecipeError)]
        own = [reason for reason in reasons if not any(sign in reason for sign in LOST_CONNECTION)]
        if not own:
            raise WorkerLost(f"a Ray worker was lost: {str(error).strip().splitlines()[-1]}") from error
        raise RecipeError(own[0]) from error
