"""Tests that jobs learn from little data, one of them with default settings."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jobs import lines, make_job

from mistral_recipe.completion import prepare
from mistral_recipe.job import read_job
from mistral_recipe.progress import Progress
from mistral_recipe.train import run

# The default of the API.
LEARNING_RATE = 1e-4


def orders(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Returns questions about orders. Each has its own order number, so the validation data has other samples."""
    rng = random.Random(seed)
    samples = []
    for _ in range(count):
        thing = rng.choice(["book", "lamp", "chair", "phone", "coat", "table"])
        day = rng.choice(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"])
        number = rng.randint(1000, 9999)
        asked = f"Where is my {thing}, order {number}? I expected it on {day}."
        told = f"Your {thing} is on its way. Order {number} arrives on {day}."
        samples.append({"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": told}]})
    return samples


def learn(folder: Path, model: Path, samples: int, **hyperparameters: Any) -> tuple[int, float, float]:
    """Trains with default settings, except for the given ones. Returns the steps, and the validation loss before and after the training."""
    folder.mkdir(exist_ok=True)
    files = {"train.jsonl": orders(samples)}, {"valid.jsonl": orders(40, seed=1)}
    settings = {"learning_rate": LEARNING_RATE, **hyperparameters}
    job = read_job(make_job(folder, model, *files, hyperparameters=settings))
    progress = Progress(folder)
    prepared = prepare(job, 1, progress)
    before = prepared.trainer.evaluate()["eval_loss"]
    run(job, prepared, progress)
    after = lines(folder, "checkpoint")[-1]["metrics"]["valid_loss"]
    return lines(folder, "start")[0]["total_steps"], before, after


# Shorter packed rows than the default, because 150 steps of full rows take minutes and learn no more. At this
# learning rate, the loss falls to a third.
SHORT_ROWS = {"training_steps": 150, "seq_len": 192, "learning_rate": 3e-4}


@pytest.mark.parametrize(("hyperparameters", "share"), [({}, 0.8), (SHORT_ROWS, 0.5)])
def test_200_samples_are_learned(
    hyperparameters: dict[str, Any], share: float, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    steps, before, after = learn(tmp_path, tiny(), 200, **hyperparameters)
    print(f"{steps} steps: validation loss {before:.3f} -> {after:.3f}")
    assert steps >= 20
    assert after <= share * before
