"""Tests that each failure writes a `result` line whose reason tells the user what to do."""

import errno
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from jobs import capitals, make_job, result

from mistral_recipe.errors import reason_of
from mistral_recipe.guard import guarded
from mistral_recipe.train import train


def reason(folder: Path, *arguments: Any, **options: Any) -> str:
    make_job(folder, *arguments, **options)
    assert guarded(folder, lambda: train(folder)) == 1
    assert result(folder)["status"] == "failed"
    return result(folder)["reason"]


def test_a_missing_base_model_is_named(tmp_path: Path) -> None:
    said = reason(tmp_path, tmp_path / "nowhere", {"a.jsonl": capitals()})
    assert said.startswith(f'cannot load the base model "{tmp_path}/nowhere": the folder does not exist')


def test_a_hub_id_that_is_not_cached_is_named_in_offline_mode(tmp_path: Path) -> None:
    said = reason(tmp_path, "nobody/nothing", {"a.jsonl": capitals()})
    assert said.startswith('cannot load the base model "nobody/nothing": ')


def test_invalid_data_is_reported_with_its_line(tiny: Callable[..., Path], tmp_path: Path) -> None:
    assert reason(tmp_path, tiny(), {"a.jsonl": ["garbage"]}).startswith("a.jsonl:1: not a JSON object")


def test_data_without_anything_to_learn_is_reported(tiny: Callable[..., Path], tmp_path: Path) -> None:
    samples = [{"messages": [{"role": "user", "content": "Peru?"}]}]
    assert reason(tmp_path, tiny(), {"a.jsonl": samples}).startswith("nothing to train on")


def test_a_missing_job_file_is_reported(tmp_path: Path) -> None:
    assert guarded(tmp_path, lambda: train(tmp_path)) == 1
    assert result(tmp_path)["reason"].startswith(f"cannot read {tmp_path / 'job.json'}: ")


def test_a_diverging_training_fails(tiny: Callable[..., Path], tmp_path: Path) -> None:
    settings = {"learning_rate": 1e30, "training_steps": 20}
    said = reason(tmp_path, tiny(), {"a.jsonl": capitals()}, hyperparameters=settings)
    assert "is not a finite number: create the job with a lower learning_rate" in said


def test_load_in_4bit_without_a_gpu_is_reported(tiny: Callable[..., Path], tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("a GPU is here")
    said = reason(tmp_path, tiny(), {"a.jsonl": capitals()}, base={"load_in_4bit": True})
    assert said.startswith("load_in_4bit needs a GPU")


def test_a_missing_wandb_is_reported_and_does_not_fail_the_training(tiny: Callable[..., Path], tmp_path: Path) -> None:
    if find_spec("wandb"):
        pytest.skip("wandb is installed")
    integrations = [{"type": "wandb", "project": "x", "api_key_env": "WANDB_KEY_0"}]
    train(
        make_job(
            tmp_path, tiny(), {"a.jsonl": capitals()}, hyperparameters={"training_steps": 1}, integrations=integrations
        )
    )
    assert result(tmp_path)["status"] == "succeeded"
    assert "wandb is not installed" in (tmp_path / "progress.jsonl").read_text()


def test_out_of_memory_is_reported_with_what_helps() -> None:
    with pytest.raises(RuntimeError) as asked_too_much:
        torch.empty(2**60)
    said = reason_of(asked_too_much.value)
    assert said.startswith("out of memory: ") and "batch_size" in said


def test_a_full_disk_is_reported() -> None:
    with pytest.raises(OSError) as full, open("/dev/full", "w") as file:
        file.write("x")
        file.flush()
    assert full.value.errno == errno.ENOSPC
    assert reason_of(full.value).startswith("no space left on the disk")


def test_every_other_error_is_one_line() -> None:
    assert reason_of(ValueError("one\ntwo")) == "ValueError: one"
    assert os.linesep not in reason_of(KeyError())
