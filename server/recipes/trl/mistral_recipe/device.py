"""Selects the device of a training. A GPU that PyTorch cannot use is an error, not a silent training on the CPU."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from .errors import RecipeError
from .job import Base, began_before_rules, read_job

# The NVIDIA driver lists its version and its GPUs here.
PROC = Path("/proc/driver/nvidia")
CONTROL_FILE = Path("/dev/nvidiactl")
NVIDIA_SMI_TIMEOUT_S = 30

# The oldest driver for all CUDA versions of a major version. Source: "Minor version compatibility" in NVIDIA's CUDA
# release notes.
MIN_DRIVERS = {11: 450, 12: 525, 13: 580}

REMEDIES = (
    "install a PyTorch build for this machine with `mistral-fine-tuning-server setup --torch-index URL`, "
    "or set `device: cpu` in the models file to train on the CPU"
)


@dataclass(frozen=True)
class NvidiaGpus:
    """The GPUs that the driver reports, whether or not PyTorch can use them."""

    names: list[str]
    driver: str | None


def select_device_of_job(folder: Path) -> None:
    """Selects the device for the job in the folder, see `select_device`."""
    try:
        select_device(read_job(folder).base)
    except RecipeError as error:
        # Earlier versions trained on the CPU in this case. Their jobs continue there, so that no step is lost.
        if not began_before_rules(folder):
            raise
        print(f"training continues on the CPU: {error}", file=sys.stderr)


def select_device(base: Base) -> None:
    """Hides the GPUs when the models file asks for the CPU. Call it before the first use of CUDA.

    Raises RecipeError when this machine has an NVIDIA GPU that PyTorch cannot use, or when the models file asks for
    a GPU and there is none. An empty CUDA_VISIBLE_DEVICES selects the CPU.
    """
    if base.device not in (None, "cpu", "cuda"):
        raise RecipeError(f'device "{base.device}" in the models file is not supported: set it to cpu or cuda, or remove it')
    if base.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        return
    if not gpus_are_hidden():
        import torch

        if torch.cuda.is_available():
            return
        problem = gpu_problem(torch)
        if problem is not None:
            raise RecipeError(problem)
    if base.device == "cuda":
        raise RecipeError(
            "the models file sets `device: cuda`, but this process has no GPU: check CUDA_VISIBLE_DEVICES, or remove "
            "`device` from the models file"
        )


def gpus_are_hidden() -> bool:
    return os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")


def gpu_problem(torch: ModuleType) -> str | None:
    """Returns why PyTorch cannot use this machine's NVIDIA GPU, and what to do. None without an NVIDIA GPU."""
    gpus = nvidia_gpus()
    if gpus is None:
        return None
    found = f"this machine has a GPU ({', '.join(gpus.names) or 'NVIDIA'})"
    cuda = torch.version.cuda
    if cuda is None:
        return f"{found}, but torch {torch.__version__} is a build without CUDA: {REMEDIES}"
    needed = MIN_DRIVERS.get(int(cuda.split(".")[0]))
    if gpus.driver is not None and needed is not None and int(gpus.driver.split(".")[0]) < needed:
        return (
            f"{found}, but its NVIDIA driver {gpus.driver} is too old for torch {torch.__version__} with CUDA {cuda}: "
            f"update the driver to {needed} or later, {REMEDIES}"
        )
    driver = f"torch {torch.__version__} with CUDA {cuda}, NVIDIA driver {gpus.driver or 'of unknown version'}"
    if not CONTROL_FILE.exists():
        return (
            f"{found}, but {CONTROL_FILE} is missing ({driver}): start the container with access to the GPU, for "
            "example `docker run --gpus all`, or set `device: cpu` in the models file to train on the CPU"
        )
    return f"{found}, but PyTorch cannot use it ({driver}): {_torch_reason(torch)}; fix the driver, {REMEDIES}"


def nvidia_gpus() -> NvidiaGpus | None:
    """Returns the GPUs from nvidia-smi, or from /proc when nvidia-smi is missing or fails. None without a GPU."""
    rows = _nvidia_smi()
    if rows:
        return NvidiaGpus([name for name, _ in rows], rows[0][1])
    cards = sorted(PROC.glob("gpus/*/information"))
    if not cards:
        return None
    models = [_field(card.read_text(errors="replace"), "Model:") for card in cards]
    return NvidiaGpus([model for model in models if model], _driver_of_proc())


def _nvidia_smi() -> list[tuple[str, str]]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    command = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=NVIDIA_SMI_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return []
    if done.returncode != 0:
        return []
    rows = [line.rsplit(",", 1) for line in done.stdout.splitlines() if "," in line]
    return [(name.strip(), driver.strip()) for name, driver in rows if driver.strip()[:1].isdigit()]


def _driver_of_proc() -> str | None:
    version = PROC / "version"
    if not version.is_file():
        return None
    # NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024
    words = version.read_text(errors="replace").split("\n")[0].split()
    return next((word for word in words if word[0].isdigit() and "." in word), None)


def _field(text: str, name: str) -> str:
    return next((line.removeprefix(name).strip() for line in text.splitlines() if line.startswith(name)), "")


def _torch_reason(torch: ModuleType) -> str:
    try:
        torch.cuda.init()
    except Exception as error:
        return (str(error).strip().splitlines() or [type(error).__name__])[0]
    return "torch.cuda.is_available() is false"
