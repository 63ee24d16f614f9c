"""`python -m mistral_recipe FOLDER [--ray-workers N]`: the training program of mistral-fine-tuning-server."""

import argparse
import os
import sys
from pathlib import Path

from .guard import guarded


def main() -> int:
    parser = argparse.ArgumentParser(prog="mistral_recipe", description="Trains the job of a folder.")
    parser.add_argument("folder", type=Path, help="the job's folder, with job.json and data/")
    parser.add_argument("--ray-workers", type=int, metavar="N", help="train with N workers of a Ray cluster")
    options = parser.parse_args()
    # A log is no place for progress bars.
    os.environ.setdefault("TQDM_DISABLE", "1")
    folder = options.folder.resolve()
    if options.ray_workers:
        return guarded(folder, lambda: _through_ray(folder, options.ray_workers))
    return guarded(folder, lambda: _here(folder))


def _here(folder: Path) -> None:
    # Imported late: a missing library is a reason to tell, and PyTorch takes seconds.
    from .train import train

    train(folder)


def _through_ray(folder: Path, workers: int) -> None:
    from .ray_train import train_with_ray

    train_with_ray(folder, workers)


if __name__ == "__main__":
    sys.exit(main())
