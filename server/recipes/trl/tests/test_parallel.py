"""Tests that two workers train like one. These tests are slow, because Ray and torchrun start processes."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from jobs import ENVIRONMENT, capitals, lines, losses, make_job, result, start

from mistral_recipe.guard import LOST_CODE
from mistral_recipe.train import train


def job(folder: Path, model: Path, training_steps: int = 10) -> Path:
    folder.mkdir()
    files = {"train.jsonl": capitals()}, {"valid.jsonl": capitals()[:4]}
    base = {"packing": False, "batch_size": 4}
    return make_job(folder, model, *files, hyperparameters={"training_steps": training_steps}, base=base)


@pytest.fixture(scope="module")
def alone(tiny: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = job(tmp_path_factory.mktemp("alone") / "job", tiny())
    train(folder)
    return folder


@pytest.fixture(scope="module")
def torchrun(tiny: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = job(tmp_path_factory.mktemp("torchrun") / "job", tiny())
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    with (folder / "log.txt").open("wb") as log:
        subprocess.run(
            [*command, "-m", "mistral_recipe", str(folder)],
            env=ENVIRONMENT,
            stdout=log,
            stderr=log,
        )
    return folder


def test_two_processes_have_the_losses_of_one_with_the_same_batch(alone: Path, torchrun: Path) -> None:
    assert losses(torchrun) == pytest.approx(losses(alone), abs=1e-4)
    assert result(torchrun)["trained_tokens"] == result(alone)["trained_tokens"]


def test_only_the_first_process_writes(torchrun: Path) -> None:
    assert len(lines(torchrun, "start")) == len(lines(torchrun, "result")) == 1
    assert [line["step"] for line in lines(torchrun, "step")] == list(range(1, 11))


def test_two_ray_workers_train_like_two_processes(torchrun: Path, tiny: Callable[..., Path], tmp_path: Path) -> None:
    pytest.importorskip("ray")
    folder = job(tmp_path / "job", tiny())
    process = start(folder, "--ray-workers", "2")
    assert process.wait() == 0, (folder / "log.txt").read_text()[-3000:]
    assert losses(folder) == pytest.approx(losses(torchrun), abs=1e-4)
    assert len(lines(folder, "start")) == len(lines(folder, "result")) == 1
    assert (folder / "artifact" / "adapter_model.safetensors").exists()


def test_a_killed_ray_worker_does_not_fail_the_job(tiny: Callable[..., Path], tmp_path: Path) -> None:
    pytest.importorskip("ray")
    folder = job(tmp_path / "job", tiny(), training_steps=100_000)
    process = start(folder, "--ray-workers", "2")
    while not lines(folder, "step"):
        assert process.poll() is None, (folder / "log.txt").read_text()[-3000:]
        time.sleep(0.2)
    pid = re.findall(r"RayTrainWorker pid=(\d+)", (folder / "log.txt").read_text())[-1]
    os.kill(int(pid), signal.SIGKILL)
    assert process.wait() == LOST_CODE, (folder / "log.txt").read_text()[-3000:]
    assert lines(folder, "result") == []
    assert lines(folder)[-1]["name"] == "worker-lost"


def test_a_failure_in_ray_is_reported_once_with_its_reason(tiny: Callable[..., Path], tmp_path: Path) -> None:
    pytest.importorskip("ray")
    folder = job(tmp_path / "job", tmp_path / "nowhere")
    assert start(folder, "--ray-workers", "2").wait() == 1
    (failure,) = lines(folder, "result")
    assert "the folder does not exist" in failure["reason"]


def test_a_ray_worker_receives_the_secrets_of_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    from mistral_recipe.errors import RecipeError
    from mistral_recipe.ray_train import _work

    secrets = tmp_path / "secrets.json"
    secrets.write_text('{"REPOSITORY_TOKEN_1": "tökén"}', encoding="utf-8")
    # The driver has the token in its environment. A worker on another node has not.
    monkeypatch.setenv("REPOSITORY_TOKEN_1", "")
    monkeypatch.delenv("REPOSITORY_TOKEN_1")
    with pytest.raises(RecipeError):
        _work({"folder": str(tmp_path / "nowhere"), "secrets": str(secrets)})
    assert os.environ["REPOSITORY_TOKEN_1"] == "tökén"
