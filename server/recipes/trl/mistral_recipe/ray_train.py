"""Data-parallel training with Ray. Every worker needs access to the job's folder."""

import json
import os
import traceback
from pathlib import Path
from typing import Any

import ray
from ray.train import FailureConfig, RunConfig, ScalingConfig, TrainingFailedError, WorkerGroupError
from ray.train.torch import TorchTrainer

from .errors import Cancelled, RecipeError, WorkerLost, is_lost_connection, reason_of

PACKAGE = Path(__file__).parent


def train_with_ray(folder: Path, workers: int) -> None:
    """Runs the training in each worker, with one GPU per worker where the cluster has GPUs.

    Without RAY_ADDRESS and without a cluster on this machine, starts a local cluster and stops it at the end. Only the
    first worker reports progress. Raises RecipeError with the reason of a worker, WorkerLost, or Cancelled.
    """
    ray.init(runtime_env={"py_modules": [str(PACKAGE)]})
    try:
        trainer = TorchTrainer(
            _work,
            train_loop_config={"folder": str(folder), "secrets": os.environ.get("JOB_SECRETS_FILE")},
            scaling_config=_scaling(workers),
            # The recipe writes its own checkpoints, and the server starts another attempt.
            run_config=RunConfig(
                name="ray", storage_path=str(folder / "checkpoints"), failure_config=FailureConfig(max_failures=0)
            ),
        )
        _fit(trainer, folder)
    finally:
        ray.shutdown()


def _scaling(workers: int) -> ScalingConfig:
    """Resources per worker: RAY_RESOURCES_PER_WORKER (JSON: `{"CPU": 2, "GPU": 1}`), else one GPU if there are any."""
    wanted = json.loads(os.environ.get("RAY_RESOURCES_PER_WORKER") or "{}")
    if not wanted:
        return ScalingConfig(num_workers=workers, use_gpu=ray.cluster_resources().get("GPU", 0) > 0)
    return ScalingConfig(num_workers=workers, use_gpu=wanted.get("GPU", 0) > 0, resources_per_worker=wanted)


def _work(config: dict[str, Any]) -> None:
    from .device import select_device_of_job

    try:
        _read_secrets(config.get("secrets"))
        select_device_of_job(Path(config["folder"]))
        from .train import train

        train(Path(config["folder"]))
    except Cancelled:
        raise
    except Exception as error:
        traceback.print_exc()
        # Pass the error as text, because the driver may not be able to unpickle the original error.
        raise RecipeError(reason_of(error)) from None


def _read_secrets(path: str | None) -> None:
    """Adds the job's secrets to the environment of a worker, which inherits that of its node and not the driver's.

    Ray shows the config of the workers to all its users, so the config contains only the path.
    """
    if path is not None:
        os.environ.update(json.loads(Path(path).read_text(encoding="utf-8")))


def _fit(trainer: TorchTrainer, folder: Path) -> None:
    try:
        trainer.fit()
    except TrainingFailedError as error:
        if (folder / "cancel").exists():
            raise Cancelled from error
        failures = error.worker_failures if isinstance(error, WorkerGroupError) else {}
        # Ray wraps the errors of the training. Errors that are not wrapped are Ray's errors about a dead worker.
        raised = [getattr(failure, "_base_exc", failure) for failure in failures.values()]
        reasons = [str(one) for one in raised if isinstance(one, RecipeError)]
        own = [reason for reason in reasons if not is_lost_connection(reason)]
        if not own:
            raise WorkerLost(f"a Ray worker was lost: {str(error).strip().splitlines()[-1]}") from error
        raise RecipeError(own[0]) from error
