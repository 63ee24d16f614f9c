"""`python train.py plan FOLDER [--ray-workers N]` plans the job in the folder and writes `plan.json`.

Tokenizes the data, but loads no weights and needs no GPU. A training of the folder follows the plan.
"""

import argparse
import fcntl
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import InvalidData, RecipeError, reason_of
from .job import read_job
from .progress import PlanProgress


def main(arguments: list[str]) -> int:
    """Returns 0 when plan.json exists, also for invalid data. Otherwise prints the reason and returns 1."""
    parser = argparse.ArgumentParser(prog="train.py plan", description="Plans the job in a folder.")
    parser.add_argument("folder", type=Path, help="the job's folder, with job.json and data/")
    parser.add_argument("--ray-workers", type=int, metavar="N", help="plan for N workers; default: gpus of the model")
    options = parser.parse_args(arguments)
    os.environ.setdefault("TQDM_DISABLE", "1")
    folder = options.folder.resolve()
    try:
        with _locked(folder / "plan.lock"):
            _plan(folder, options.ray_workers)
        return 0
    except Exception as error:
        if not isinstance(error, RecipeError):
            traceback.print_exc()
        print(reason_of(error), file=sys.stderr)
        return 1


def _plan(folder: Path, workers: int | None) -> None:
    # Late imports: PyTorch takes seconds, and a missing library must be reported as the reason of the failure.
    from .plan_file import content_of, read_plan, write_plan
    from .repositories import fetch_all

    if read_plan(folder) is not None:
        print("the job has a plan: plan.json exists")
        return
    job = read_job(folder)
    progress = PlanProgress(folder)
    workers = workers or job.base.gpus or 1
    if job.is_classifier:
        from .classifier_plan import plan_data
    else:
        from .completion_plan import plan_data
    fetch_all(job, progress)
    try:
        content = content_of(plan_data(job, workers, progress), workers, progress.events)
        message = f"planned {content['total_steps']} steps of {content['rows_per_step']} rows"
    except InvalidData as error:
        content = {"version": 1, "status": "invalid", "reason": str(error), "findings": error.findings}
        message = f"the data is invalid: {error}"
    write_plan(folder, content)
    print(message)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Lets a second plan command of the folder wait for the first one."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
