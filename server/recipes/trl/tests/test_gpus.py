"""Tests `gpus: N` of a model: `train.py FOLDER` starts N processes, here with gloo on the CPU. Slow."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from jobs import capitals, events, lines, losses, make_job, result, start

from mistral_recipe.guard import CANCELLED_CODE, LOST_CODE
from mistral_recipe.train import train


def job(folder: Path, model: Path, training_steps: int = 10, **base: Any) -> Path:
    folder.mkdir()
    files = {"train.jsonl": capitals()}, {"valid.jsonl": capitals()[:4]}
    settings = {"packing": False, "batch_size": 4, **base}
    return make_job(folder, model, *files, hyperparameters={"training_steps": training_steps}, base=settings)


def log_of(folder: Path) -> str:
    return (folder / "log.txt").read_text()[-3000:]


def running(folder: Path) -> tuple[subprocess.Popen[bytes], list[psutil.Process]]:
    """Starts a long training with two processes. Returns after its first step, with the two processes."""
    process = start(folder)
    while not lines(folder, "step"):
        assert process.poll() is None, log_of(folder)
        time.sleep(0.2)
    workers = [child for child in psutil.Process(process.pid).children() if "train.py" in " ".join(child.cmdline())]
    assert len(workers) == 2
    return process, workers


@pytest.mark.parametrize(
    "settings", [{"packing": False, "batch_size": 4}, {"packing": True, "batch_size": 2, "seq_len": 64}]
)
def test_two_processes_train_like_one_with_the_same_batch(
    settings: dict[str, Any], tiny: Callable[..., Path], tmp_path: Path
) -> None:
    one, two = job(tmp_path / "one", tiny(), **settings), job(tmp_path / "two", tiny(), **settings, gpus=2)
    train(one)
    assert start(two).wait() == 0, log_of(two)
    assert losses(two) == pytest.approx(losses(one), abs=1e-4)
    assert len(lines(two, "start")) == len(lines(two, "result")) == 1
    assert result(two)["trained_tokens"] == result(one)["trained_tokens"]
    assert result(two)["metrics"] == pytest.approx(result(one)["metrics"], abs=1e-4)
    for own, alone in zip(lines(two, "evaluation"), lines(one, "evaluation"), strict=True):
        assert (own["stage"], own["step"]) == (alone["stage"], alone["step"])
        assert own["metrics"] == pytest.approx(alone["metrics"], abs=1e-6 if own["stage"] == "base" else 1e-4)
    assert (two / "artifact" / "adapter_model.safetensors").exists()


def test_the_cancel_file_ends_all_processes_without_a_result(tiny: Callable[..., Path], tmp_path: Path) -> None:
    folder = job(tmp_path / "job", tiny(), training_steps=100_000, gpus=2)
    process, workers = running(folder)
    (folder / "cancel").touch()
    assert process.wait() == CANCELLED_CODE, log_of(folder)
    assert lines(folder, "result") == []
    assert not any(worker.is_running() for worker in workers)


def test_sigterm_ends_all_processes_with_143(tiny: Callable[..., Path], tmp_path: Path) -> None:
    folder = job(tmp_path / "job", tiny(), training_steps=100_000, gpus=2)
    process, workers = running(folder)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == CANCELLED_CODE, log_of(folder)
    assert lines(folder, "result") == [] and not events(folder, "worker-lost")
    assert not any(worker.is_running() for worker in workers)


def test_sigterm_to_all_processes_at_once_ends_with_143(tiny: Callable[..., Path], tmp_path: Path) -> None:
    folder = job(tmp_path / "job", tiny(), training_steps=100_000, gpus=2)
    process, workers = running(folder)
    # As the server does, which signals the process group.
    for pid in [process.pid, *(worker.pid for worker in workers)]:
        os.kill(pid, signal.SIGTERM)
    assert process.wait() == CANCELLED_CODE, log_of(folder)
    assert lines(folder, "result") == [] and not events(folder, "worker-lost")


def test_a_killed_process_asks_for_another_attempt(tiny: Callable[..., Path], tmp_path: Path) -> None:
    folder = job(tmp_path / "job", tiny(), training_steps=100_000, gpus=2)
    process, workers = running(folder)
    workers[1].kill()
    assert process.wait() == LOST_CODE, log_of(folder)
    assert lines(folder, "result") == []
    (lost,) = [line["data"] for line in lines(folder, "event") if line["name"] == "worker-lost"]
    assert "SIGKILL" in lost["reason"]
    assert not workers[0].is_running()


def test_a_failure_is_reported_once_with_its_reason(tmp_path: Path) -> None:
    folder = job(tmp_path / "job", tmp_path / "nowhere", gpus=2)
    assert start(folder).wait() == 1
    (failure,) = lines(folder, "result")
    assert "the folder does not exist" in failure["reason"]


def test_more_gpus_than_the_machine_has_are_reported(
    tiny: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mistral_recipe.errors import RecipeError
    from mistral_recipe.launch import train_with_processes

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(RecipeError, match="gpus: 4 in the models file, but this job has 2 GPUs"):
        train_with_processes(tmp_path, 4)
