"""Trains on several GPUs of this machine, with one process per GPU and PyTorch's elastic launcher (torchrun)."""

import os
import signal
import sys
import tempfile
import uuid
from collections.abc import Iterable
from pathlib import Path

import torch
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from .errors import Cancelled, RecipeError, WorkerLost, is_lost_connection
from .guard import CANCELLED_CODE, LAUNCHED
from .progress import Progress

PROGRAM = Path(__file__).parents[1] / "train.py"


def train_with_processes(folder: Path, count: int) -> None:
    """Runs `train.py FOLDER` in `count` processes. Only the first process reports progress.

    Raises RecipeError with the reason of a process, WorkerLost when a signal killed a process, or Cancelled. When this
    process receives SIGTERM, it stops the others and raises Cancelled.
    """
    available = torch.cuda.device_count()
    if 0 < available < count:
        raise RecipeError(
            f"gpus: {count} in the models file, but this job has {available} GPUs: lower gpus, or use a larger machine"
        )
    # PyTorch starts one thread per CPU in each process, which is slow when the processes share the CPUs.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // count)))
    os.environ[LAUNCHED] = "1"
    with tempfile.TemporaryDirectory(prefix="recipe-") as logs:
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=count,
            run_id=uuid.uuid4().hex,
            rdzv_backend="c10d",
            # Port 0: the system chooses a free port.
            rdzv_endpoint="127.0.0.1:0",
            local_addr="127.0.0.1",
            # The server starts another attempt, which resumes from the last checkpoint.
            max_restarts=0,
            logs_specs=DefaultLogsSpecs(log_dir=logs),
        )
        try:
            elastic_launch(config, sys.executable)("-u", str(PROGRAM), str(folder))
        except SignalException as error:
            raise Cancelled from error
        except ChildFailedError as error:
            # A library can crash during the shutdown of a process, after the training has succeeded.
            if (Progress(folder).last() or {}).get("status") != "succeeded":
                raise _cause(error.failures.values(), (folder / "cancel").exists()) from error


def _cause(failures: Iterable[ProcessFailure], is_cancelled: bool) -> Exception:
    """Returns the first cause. The launcher stops the other processes with SIGTERM, so that code is no cause."""
    failures = sorted(failures, key=lambda failure: failure.timestamp)
    codes = [failure.exitcode for failure in failures]
    if is_cancelled or CANCELLED_CODE in codes or set(codes) == {-signal.SIGTERM}:
        return Cancelled()
    reported = [failure.message for failure in failures if Path(failure.error_file).is_file()]
    reasons = [reason for reason in reported if not is_lost_connection(reason)]
    if reasons:
        return RecipeError(reasons[0])
    killed = [code for code in codes if code < 0 and code != -signal.SIGTERM]
    if killed:
        name = signal.Signals(-killed[0]).name
        return WorkerLost(
            f"a training process was killed by {name}, for example because the machine has no memory left"
        )
    if reported:
        return WorkerLost(f"a training process was lost: {reported[0]}")
    return RecipeError(f"a training process ended with exit code {codes[0]} and no reason: see the log")
