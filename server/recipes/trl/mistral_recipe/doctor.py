"""`python train.py doctor` checks the models of a models file, for `mistral-fine-tuning-server doctor`.

Reads `{"models": {name: entry}, "trains_here": bool}` as JSON from stdin. Prints one JSON object per check, as soon as
it is done: `{"level": "ok" | "note" | "failed", "subject", "text"}`. Loads configs and tokenizers, but no weights. With
`trains_here: false`, for a cluster, does not check this machine's device and memory.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from .device import gpu_problem, gpus_are_hidden, nvidia_gpus, select_device
from .errors import RecipeError, reason_of
from .hub import HubError, HubUnreachable, fetch_settings
from .job import Base, known
from .progress import Progress

SAMPLE = [
    {"role": "user", "content": "What is the capital of France?"},
    {"role": "assistant", "content": "Paris."},
]
MAX_TEXT = 160
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


class Check(NamedTuple):
    level: str
    subject: str
    text: str


def main() -> int:
    request = json.load(sys.stdin)
    # Libraries print warnings that belong to no check.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    for check in checks(request["models"], request.get("trains_here", True)):
        print(json.dumps(check._asdict()), flush=True)
    return 0


def checks(models: dict[str, dict[str, Any]], trains_here: bool) -> Iterator[Check]:
    bases = {name: known(Base, entry) for name, entry in models.items()}
    if trains_here:
        yield _gpu_check(bases.values())
    for name, base in bases.items():
        yield from _model_checks(name, base, trains_here)


def _gpu_check(bases: Any) -> Check:
    import torch

    if gpus_are_hidden():
        return Check("note", "GPU", "CUDA_VISIBLE_DEVICES hides the GPUs; trainings run on the CPU, which is slow")
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
        gpus = nvidia_gpus()
        driver = f", driver {gpus.driver}" if gpus and gpus.driver else ""
        return Check("ok", "GPU", ", ".join(names) + driver)
    problem = gpu_problem(torch)
    if problem is None:
        return Check("note", "GPU", "PyTorch finds no GPU; trainings run on the CPU, which is slow")
    all_on_cpu = all(base.device == "cpu" for base in bases)
    return Check("note" if all_on_cpu else "failed", "GPU", problem)


def _model_checks(name: str, base: Base, trains_here: bool) -> Iterator[Check]:
    try:
        source = base.path
        if _is_folder(base):
            _check_folder(Path(base.path).expanduser())
        else:
            base = replace(base, path=str(fetch_settings(base.path)))
    except HubUnreachable as error:
        yield Check("note", name, str(error))
        return
    except (HubError, RecipeError) as error:
        yield Check("failed", name, str(error))
        return
    try:
        yield from _loaded_checks(name, base, source, trains_here)
    except Exception as error:
        # The user knows the hub id, not the folder of the hub's cache.
        yield Check("failed", name, reason_of(error).replace(base.path, source))


def _is_folder(base: Base) -> bool:
    return base.path.startswith(("/", ".", "~"))


def _check_folder(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise RecipeError(
            f"{folder} does not contain a model: config.json is missing; set the model's path in the models file to a "
            "folder with config.json, weights and a tokenizer"
        )
    if not any(next(folder.glob(pattern), None) for pattern in WEIGHTS):
        raise RecipeError(
            f"{folder} contains no weights: it needs *.safetensors files; download the model again, or set its path "
            "in the models file to a complete folder"
        )


def _loaded_checks(name: str, base: Base, source: str, trains_here: bool) -> Iterator[Check]:
    from . import memory
    from .base_model import load_config

    _check_architecture(Path(base.path), source)
    config = load_config(base)
    encoder = _load_tokenizer(base, source)
    text = encoder.decode(encoder.conversation(SAMPLE, None)[-1].input_ids)
    gpu = _uses_gpu(base) if trains_here else None
    _check_quantization(base, config, gpu is not False)
    estimate = memory.estimate(base, config, gpu is not False)
    yield Check("ok", name, f"{source}, {_billions(estimate.parameters)} parameters, chat format {encoder.name}")
    yield Check("ok", name, f"sample: {shortened(text)}")
    if gpu is None:
        yield Check("ok", name, f"a training on a GPU needs {_parts(estimate)}")
    else:
        yield _memory_check(name, estimate, gpu)


def _check_quantization(base: Base, config: Any, gpu: bool) -> None:
    from .base_model import quantization_of

    # Without bitsandbytes, Transformers refuses the settings of 4-bit weights.
    with suppress(ImportError):
        quantization_of(base, config, gpu)
    if base.load_in_4bit and find_spec("bitsandbytes") is None:
        raise RecipeError(
            "load_in_4bit needs bitsandbytes: run `mistral-fine-tuning-server setup --extra 4bit`, or remove "
            "load_in_4bit from the models file"
        )


def _check_architecture(folder: Path, source: str) -> None:
    import transformers
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    try:
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
    except (OSError, ValueError, AttributeError) as error:
        raise RecipeError(
            f"config.json of {source} cannot be read: {_first_line(error)}; download the model again"
        ) from error
    if kind not in CONFIG_MAPPING:
        raise RecipeError(
            f"config.json of {source} has the model_type {kind}, which transformers {transformers.__version__} does "
            "not know: use another model, or a newer release of mistral-fine-tuning-server"
        )


def _load_tokenizer(base: Base, source: str) -> Any:
    from .base_model import load_encoder, load_tokenizer

    try:
        encoder = load_encoder(base, Progress(Path(base.path), enabled=False))
        load_tokenizer(base, encoder)
        return encoder
    except RecipeError as error:
        if isinstance(error.__cause__, Exception):
            raise _unreadable(source, error.__cause__) from error
        raise
    except Exception as error:  # the tokenizers library raises plain exceptions
        raise _unreadable(source, error) from error


def _unreadable(source: str, error: BaseException) -> RecipeError:
    return RecipeError(
        f"the tokenizer of {source} cannot be read: {_first_line(error)}; download the model's tokenizer files again"
    )


def _uses_gpu(base: Base) -> bool | None:
    """Whether a training uses a GPU. None when the GPU cannot be used; the check of the GPU reports why."""
    import torch

    if base.device == "cpu":
        return False
    try:
        select_device(base)
    except RecipeError:
        if base.device is None:
            return None
        raise
    return torch.cuda.is_available()


def _memory_check(name: str, estimate: Any, gpu: bool) -> Check:
    from . import memory

    device, capacity = memory.device_name(gpu), memory.device_memory(gpu)
    text = f"trains on {device} in {estimate.precision}; needs {_parts(estimate)}; the device has {_size(capacity)} in total"
    if estimate.total <= capacity:
        return Check("ok", name, text)
    advice = "lower seq_len or batch_size" + (", set load_in_4bit" if gpu else "") + ", or use a smaller model"
    if estimate.weights > capacity and gpu:
        return Check("failed", name, f"{text}; the weights do not fit: {advice}")
    return Check("note", name, f"{text}; this may not fit: {advice}")


def _parts(estimate: Any) -> str:
    return (
        f"about {_size(estimate.total)} (estimate: weights {_size(estimate.weights)}, adapter and optimizer "
        f"{_size(estimate.adapter)}, activations of {estimate.tokens} tokens {_size(estimate.activations)})"
    )


def shortened(text: str) -> str:
    printable = "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
    return printable if len(printable) <= MAX_TEXT else printable[: MAX_TEXT - 1] + "…"


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _size(size: float) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def _billions(count: int) -> str:
    return f"{count / 1e9:.1f} billion" if count >= 5e7 else f"{count / 1e6:.1f} million"
