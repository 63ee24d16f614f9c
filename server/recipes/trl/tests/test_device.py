"""A GPU that PyTorch cannot use ends the training with a reason, instead of a silent training on the CPU."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from jobs import capitals, make_job, result, start

from mistral_recipe import device
from mistral_recipe.device import gpu_problem, nvidia_gpus, select_device
from mistral_recipe.errors import RecipeError
from mistral_recipe.job import Base

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a usable GPU")


def fake_nvidia_smi(folder: Path, output: str, code: int = 0) -> Path:
    """Writes an `nvidia-smi` that prints `output`. Returns its folder, for PATH."""
    program = folder / "bin" / "nvidia-smi"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\necho '{output}'\nexit {code}\n")
    program.chmod(0o755)
    return program.parent


@pytest.fixture
def smi(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def write(output: str, code: int = 0) -> None:
        folder = fake_nvidia_smi(tmp_path, output, code)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return write


def test_a_driver_that_is_too_old_is_an_error_with_the_versions(smi: Callable[..., None]) -> None:
    smi("NVIDIA A100-SXM4-80GB, 470.57.02")
    with pytest.raises(RecipeError) as error:
        select_device(Base("x"))
    text = str(error.value)
    assert text.startswith(
        "this machine has a GPU (NVIDIA A100-SXM4-80GB), but its NVIDIA driver 470.57.02 is too old for torch "
        f"{torch.__version__} with CUDA {torch.version.cuda}: update the driver to "
    )
    assert "setup --torch-index URL" in text
    assert text.endswith("set `device: cpu` in the models file to train on the CPU")


def test_the_cpu_is_used_when_it_is_asked_for(smi: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    smi("NVIDIA A100-SXM4-80GB, 470.57.02")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    select_device(Base("x"))
    with pytest.raises(RecipeError, match="this process has no GPU: check CUDA_VISIBLE_DEVICES"):
        select_device(Base("x", device="cuda"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    select_device(Base("x", device="cpu"))
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ""


def test_a_machine_without_a_gpu_trains_on_the_cpu(smi: Callable[..., None]) -> None:
    for output, code in (("No devices were found", 6), ("NVIDIA-SMI has failed, because of x", 9)):
        smi(output, code)
        assert nvidia_gpus() is None
        select_device(Base("x"))


def test_the_gpus_of_the_driver_count_without_nvidia_smi(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(device, "PROC", tmp_path)
    card = tmp_path / "gpus" / "0000:01:00.0" / "information"
    card.parent.mkdir(parents=True)
    card.write_text("Model: \t\t NVIDIA L4\nIRQ:   \t\t 5\n")
    kernel = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\nGCC version: 12"
    (tmp_path / "version").write_text(kernel)
    assert nvidia_gpus() == device.NvidiaGpus(["NVIDIA L4"], "535.183.01")
    with pytest.raises(RecipeError, match="this machine has a GPU .NVIDIA L4., but its NVIDIA driver 535.183.01 is "):
        select_device(Base("x"))


def test_other_causes_are_named(
    smi: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    smi("NVIDIA H100 80GB HBM3, 999.1.2")
    monkeypatch.setattr(device, "CONTROL_FILE", tmp_path / "nvidiactl")
    assert "docker run --gpus all" in str(gpu_problem(torch))
    (tmp_path / "nvidiactl").touch()
    assert "PyTorch cannot use it (torch " in str(gpu_problem(torch)) and "fix the driver" in str(gpu_problem(torch))
    monkeypatch.setattr(torch.version, "cuda", None)
    assert "is a build without CUDA: install a PyTorch build" in str(gpu_problem(torch))


def test_a_training_fails_with_the_reason_and_trains_with_device_cpu(
    tiny: Callable[..., Path], tmp_path: Path
) -> None:
    smi = fake_nvidia_smi(tmp_path, "NVIDIA A100-SXM4-80GB, 470.57.02")
    environment = {"PATH": f"{smi}:{os.environ['PATH']}", "CUDA_VISIBLE_DEVICES": "0"}
    steps = {"training_steps": 2}
    failing = make_job(tmp_path / "failing", tiny(), {"a.jsonl": capitals()}, hyperparameters=steps)
    assert start(failing, **environment).wait() == 1
    assert result(failing)["status"] == "failed"
    assert "its NVIDIA driver 470.57.02 is too old for torch" in result(failing)["reason"]

    on_cpu = make_job(
        tmp_path / "cpu", tiny(), {"a.jsonl": capitals()}, hyperparameters=steps, base={"device": "cpu"}
    )
    assert start(on_cpu, **environment).wait() == 0
    assert result(on_cpu)["status"] == "succeeded"

    # An earlier version trained this job on the CPU without a word. It continues there.
    continued = Path(shutil.copytree(failing, tmp_path / "continued"))
    (continued / "progress.jsonl").unlink()
    (continued / "checkpoints" / "step-1").mkdir(parents=True)
    assert start(continued, **environment).wait() == 0
    assert result(continued)["status"] == "succeeded"
    assert "training continues on the CPU: this machine has a GPU" in (continued / "log.txt").read_text()
