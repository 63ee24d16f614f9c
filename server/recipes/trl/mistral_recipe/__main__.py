"""The training program of mistral-fine-tuning-server.

`python -m mistral_recipe FOLDER [--ray-workers N]` trains the job in the folder.
`python -m mistral_recipe plan FOLDER [--ray-workers N]` plans the job, for example its number of steps.
`python -m mistral_recipe evaluate FOLDER` evaluates a model for FOLDER/evaluate.json, and writes FOLDER/figures.json.
`python -m mistral_recipe capabilities` prints what this program can do.
`python -m mistral_recipe show --base DIR [--rows N] FILE.jsonl` prints a data file's tokens and labels.
`python -m mistral_recipe doctor` checks the models of the models file, for the server's `doctor`.
"""

import argparse
import os
import sys
from pathlib import Path

from .guard import guarded
from .job import read_job


def main() -> int:
    command = sys.argv[1] if len(sys.argv) > 1 else None
    # Late imports: PyTorch takes seconds, and `guarded` must report a missing library as the reason of the failure.
    if command == "capabilities":
        from .capabilities import main as capabilities

        return capabilities()
    if command == "plan":
        from .plan_command import main as plan

        return plan(sys.argv[2:])
    if command == "evaluate":
        from .evaluate_command import main as evaluate

        return evaluate(sys.argv[2:])
    if command == "show":
        from .show import main as show

        return show(sys.argv[2:])
    if command == "doctor":
        from .doctor import main as doctor

        return doctor()
    return _train()


def _train() -> int:
    parser = argparse.ArgumentParser(prog="mistral_recipe", description="Trains the job in a folder.")
    parser.add_argument("folder", type=Path, help="the job's folder, with job.json and data/")
    parser.add_argument("--ray-workers", type=int, metavar="N", help="train with N workers of a Ray cluster")
    options = parser.parse_args()
    # Progress bars make a log unreadable.
    os.environ.setdefault("TQDM_DISABLE", "1")
    folder = options.folder.resolve()
    if options.ray_workers:
        return guarded(folder, lambda: _train_with_ray(folder, options.ray_workers))
    return guarded(folder, lambda: _train_here(folder))


def _train_here(folder: Path) -> None:
    from .device import select_device_of_job

    select_device_of_job(folder)
    gpus = read_job(folder).base.gpus or 1
    # Each process of torchrun has a rank.
    if gpus > 1 and "RANK" not in os.environ:
        from .launch import train_with_processes

        train_with_processes(folder, gpus)
    else:
        from .train import train

        train(folder)


def _train_with_ray(folder: Path, workers: int) -> None:
    from .ray_train import train_with_ray

    train_with_ray(folder, workers)


if __name__ == "__main__":
    sys.exit(main())
