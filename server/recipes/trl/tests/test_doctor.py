"""`train.py doctor` checks models and the device without loading weights."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jobs import ENVIRONMENT, RECIPE
from transformers import AutoConfig, AutoModelForCausalLM, MistralConfig

from mistral_recipe import doctor, memory
from mistral_recipe.arguments import lora_config
from mistral_recipe.doctor import shortened
from mistral_recipe.job import Base


def run_doctor(models: dict[str, Any], trains_here: bool = True, **environment: str) -> list[list[str]]:
    done = subprocess.run(
        [sys.executable, "train.py", "doctor"],
        cwd=RECIPE,
        env={**ENVIRONMENT, "CUDA_VISIBLE_DEVICES": "", **environment},
        input=json.dumps({"models": models, "trains_here": trains_here}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    checks = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(set(check) == {"level", "subject", "text"} and "\n" not in check["text"] for check in checks)
    return [[check["level"], check["subject"], check["text"]] for check in checks]


def checks_of(base: Base) -> list[tuple[str, str]]:
    return [(level, text) for level, _, text in doctor._model_checks("m", base, trains_here=True)]


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


@pytest.fixture
def copied(tiny: Callable[..., Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny(), tmp_path / "model"))


def test_a_model_is_loaded_and_a_sample_is_rendered(tiny: Callable[..., Path]) -> None:
    gpu, model, sample, needs = run_doctor({"tiny": {"path": str(tiny())}})
    assert gpu[:2] == ["note", "GPU"] and "trainings run on the CPU" in gpu[2]
    count = sum(parameter.numel() for parameter in AutoModelForCausalLM.from_pretrained(tiny()).parameters())
    assert model[:2] == ["ok", "tiny"]
    assert model[2].startswith(f"{tiny()}, {count / 1e6:.1f} million parameters, chat format ")
    assert sample == ["ok", "tiny", "sample: <s>[INST] What is the capital of France?[/INST] Paris.</s>"]
    assert needs[:2] == ["ok", "tiny"] and needs[2].startswith("trains on the CPU (")
    assert re.search(r" in fp32; needs about \d+ MiB \(estimate: weights 0 MiB, adapter and opt", needs[2])
    assert re.search(r"activations of 512 tokens \d+ MiB\); the device has \d+\.\d GiB in total$", needs[2])


def test_a_model_with_only_a_mistral_tokenizer_is_rendered_in_its_format(
    copied: Path, folder_of: Callable[[str], Path]
) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        (copied / name).unlink()
    shutil.copy(folder_of("v7 tekken") / "tekken.json", copied)
    checks = checks_of(Base(str(copied)))
    assert ("ok", "sample: <s>[INST]What is the capital of France?[/INST]Paris.</s>") in checks


def test_each_broken_model_gets_one_line_that_says_what_to_do(copied: Path) -> None:
    config = copied / "config.json"
    original = config.read_text()
    config.write_text(json.dumps({**json.loads(original), "model_type": "unheard-of"}))
    ((level, text),) = checks_of(Base(str(copied)))
    assert level == "failed" and text.startswith(f"config.json of {copied} has the model_type unheard-of, which ")
    assert text.endswith(": use another model, or a newer release of mistral-fine-tuning-server")

    config.write_text("{")
    ((level, text),) = checks_of(Base(str(copied)))
    assert level == "failed" and text.startswith(f"config.json of {copied} cannot be read: ")
    assert text.endswith("; download the model again")

    config.write_text(original)
    tokenizer = (copied / "tokenizer.json").read_bytes()
    (copied / "tokenizer.json").write_text('{"version": ')
    ((level, text),) = checks_of(Base(str(copied)))
    assert level == "failed" and text.startswith(f"the tokenizer of {copied} cannot be read: ")
    assert text.endswith("; download the model's tokenizer files again")

    (copied / "tokenizer.json").unlink()
    ((level, text),) = checks_of(Base(str(copied)))
    assert level == "failed" and "tokenizer" in text

    (copied / "tokenizer.json").write_bytes(tokenizer)
    ((level, text),) = checks_of(Base(str(copied), load_in_4bit=True))
    assert level == "failed" and text.startswith("load_in_4bit needs a GPU, and this machine has none: remove ")

    config.write_text(json.dumps({**json.loads(original), "quantization_config": {"quant_method": "fp8"}}))
    ((level, text),) = checks_of(Base(str(copied), load_in_4bit=True))
    assert level == "failed" and "has FP8 weights, which load_in_4bit cannot quantize again: remove " in text
    config.write_text(original)

    ((level, text),) = checks_of(Base(str(copied), device="tpu"))
    assert (level, text) == ("failed", 'device "tpu" in the models file is not supported: set it to cpu or cuda, or remove it')

    (copied / "model.safetensors").unlink()
    ((level, text),) = checks_of(Base(str(copied)))
    assert level == "failed" and text.startswith(f"{copied} contains no weights: ")

    config.unlink()
    ((level, text),) = checks_of(Base(str(copied)))
    assert level == "failed" and text.startswith(f"{copied} does not contain a model: config.json is missing; set ")


def test_other_models_are_checked_after_a_broken_one(tiny: Callable[..., Path], tmp_path: Path) -> None:
    checks = run_doctor({"gone": {"path": str(tmp_path / "gone")}, "tiny": {"path": str(tiny())}})
    assert [check[:2] for check in checks[1:]] == [["failed", "gone"], ["ok", "tiny"], ["ok", "tiny"], ["ok", "tiny"]]


def test_an_unreachable_hub_is_a_note_and_offline_mode_without_the_model_is_an_error() -> None:
    models = {"hub": {"path": "nobody/nothing"}}
    environment = {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://127.0.0.1:9", "HTTPS_PROXY": "", "HTTP_PROXY": ""}
    _, (level, subject, text) = run_doctor(models, **environment)
    assert (level, subject) == ("note", "hub")
    assert text.startswith("nobody/nothing is fetched from the Hugging Face hub at the first training; not checked, ")
    _, (level, subject, text) = run_doctor(models, HF_HUB_OFFLINE="1")
    assert (level, subject) == ("failed", "hub") and "unset HF_HUB_OFFLINE" in text


def test_a_blocked_download_ends_at_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    from mistral_recipe import hub

    monkeypatch.setattr(hub, "TIME_LIMIT_S", 1)
    monkeypatch.setattr(hub, "DOWNLOAD", "import time; time.sleep(600)")
    ((level, text),) = checks_of(Base("some/model"))
    assert level == "note" and "no answer within 1 s" in text


def test_the_hub_id_that_does_not_exist_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from mistral_recipe import hub

    monkeypatch.setattr(hub, "DOWNLOAD", """print('{"refused": "RepositoryNotFoundError"}')""")
    ((level, text),) = checks_of(Base("some/model"))
    assert level == "failed" and text.startswith("some/model does not exist on the Hugging Face hub, or is private: ")


def test_a_cluster_gets_no_check_of_this_machine(tiny: Callable[..., Path]) -> None:
    checks = run_doctor({"tiny": {"path": str(tiny())}}, trains_here=False)
    assert [subject for _, subject, _ in checks] == ["tiny"] * 3
    assert checks[2][2].startswith("a training on a GPU needs about ")


def seven_billion() -> MistralConfig:
    return MistralConfig(
        vocab_size=32768,
        hidden_size=4096,
        intermediate_size=14336,
        num_hidden_layers=32,
        num_attention_heads=32,
        num_key_value_heads=8,
        max_position_embeddings=32768,
    )


def test_the_estimate_counts_parameters_and_the_adapter_exactly() -> None:
    base, config = Base("x"), seven_billion()
    estimate = memory.estimate(base, config, gpu=True)
    assert estimate.parameters == 7_248_023_552
    assert (estimate.precision, estimate.weights) == ("bf16", 2 * 7_248_023_552)
    # Rank 16 on the seven linear layers of each block.
    per_layer = sum(16 * (i + o) for i, o in [(4096, 4096), (4096, 1024), (4096, 1024), (4096, 4096)])
    per_layer += sum(16 * (i + o) for i, o in [(4096, 14336), (4096, 14336), (14336, 4096)])
    assert estimate.adapter == 32 * per_layer * 16
    assert memory.estimate(base, config, gpu=False).weights == 4 * 7_248_023_552
    assert lora_config(base, "CAUSAL_LM", config).r == 16


def test_the_estimate_follows_the_settings_of_the_models_file() -> None:
    config = seven_billion()
    plain = memory.estimate(Base("x"), config, gpu=True)
    four_bit = memory.estimate(Base("x", load_in_4bit=True), config, gpu=True)
    assert four_bit.precision == "4-bit" and 0.25 < four_bit.weights / plain.weights < 0.31
    assert memory.estimate(Base("x", lora={"r": 32}), config, gpu=True).adapter == 2 * plain.adapter
    longer = memory.estimate(Base("x", seq_len=8192), config, gpu=True)
    assert (plain.tokens, longer.tokens, longer.activations) == (4096, 8192, 2 * plain.activations)
    assert memory.estimate(Base("x", packing=False), config, gpu=True).tokens == 8 * 4096
    assert memory.estimate(Base("x", activation_checkpointing=False), config, gpu=True).activations > (
        2 * plain.activations
    )


def test_too_little_memory_is_reported(tiny: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    estimate = memory.estimate(Base(str(tiny())), AutoConfig.from_pretrained(tiny()), gpu=False)
    monkeypatch.setattr(memory, "device_memory", lambda gpu: estimate.total - 1)
    level, text = checks_of(Base(str(tiny())))[-1]
    assert level == "note" and "; this may not fit: lower seq_len or batch_size" in text
    monkeypatch.setattr(memory, "device_name", lambda gpu: "a GPU")
    monkeypatch.setattr(memory, "device_memory", lambda gpu: estimate.weights - 1)
    check = doctor._memory_check("m", estimate, gpu=True)
    assert check.level == "failed" and "the weights do not fit" in check.text


def test_a_long_sample_is_shortened_and_printed_without_control_characters() -> None:
    assert shortened("a\n\x1b[31mb") == "a\\n\\x1b[31mb"
    assert len(shortened("x" * 1000)) == doctor.MAX_TEXT and shortened("x" * 1000).endswith("…")


def test_the_memory_of_a_container_is_its_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory, "CGROUP_LIMIT", tmp_path / "memory.max")
    whole = memory.device_memory(gpu=False)
    (tmp_path / "memory.max").write_text("1048576\n")
    assert memory.device_memory(gpu=False) == 1048576
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.device_memory(gpu=False) == whole > 1048576
