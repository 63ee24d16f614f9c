"""Loads base models in published formats: FP8 weights, and multimodal checkpoints."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from jobs import CAPITALS, capitals, events, losses, make_job, question, result
from safetensors.torch import load_file, save_file
from test_chat import CALLING, TOOLS
from transformers import (
    AutoTokenizer,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    MistralConfig,
    MistralForCausalLM,
    PixtralVisionConfig,
)

from mistral_recipe.base_model import load_model
from mistral_recipe.errors import RecipeError
from mistral_recipe.job import Base
from mistral_recipe.train import train

FP8 = torch.finfo(torch.float8_e4m3fn)


@pytest.fixture(scope="module")
def fp8(tiny: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Makes the tiny model with FP8 weights and one scale per matrix, like the published Ministral 3."""
    folder = tmp_path_factory.mktemp("models") / "fp8"
    shutil.copytree(tiny(), folder)
    weights = load_file(folder / "model.safetensors")
    for name in [name for name in weights if name.endswith("_proj.weight")]:
        scale = weights[name].abs().max() / FP8.max
        weights[f"{name}_scale_inv"] = scale
        weights[name.replace("weight", "activation_scale")] = torch.tensor(1.0)
        weights[name] = (weights[name] / scale).to(torch.float8_e4m3fn)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {
        "quant_method": "fp8", "activation_scheme": "static", "weight_block_size": None,
        "modules_to_not_convert": ["lm_head"],
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="module")
def multimodal(tiny: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Makes a Mistral 3 model whose text model is the tiny model."""
    folder = tmp_path_factory.mktemp("models") / "multimodal"
    shutil.copytree(tiny(), folder)
    text = MistralForCausalLM.from_pretrained(folder)
    vision = PixtralVisionConfig(hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2)
    model = Mistral3ForConditionalGeneration(
        Mistral3Config(text_config=text.config.to_dict(), vision_config=vision.to_dict(), tie_word_embeddings=False)
    )
    model.model.language_model.load_state_dict(text.model.state_dict())
    model.lm_head.load_state_dict(text.lm_head.state_dict())
    model.save_pretrained(folder)
    return folder


def classified() -> list[dict[str, Any]]:
    labels = [{"half": "first" if country < "J" else "second"} for country in CAPITALS]
    return [{"messages": [question(country)], "labels": label} for country, label in zip(CAPITALS, labels, strict=True)]


TARGETS = [{"name": "half", "labels": ["first", "second"], "weight": 1, "loss_function": "single_class"}]


def test_fp8_weights_are_dequantized(fp8: Path, tiny: Callable[..., Path]) -> None:
    model, original = load_model(Base(str(fp8))), load_model(Base(str(tiny())))
    for (name, weight), expected in zip(model.named_parameters(), original.parameters(), strict=True):
        assert weight.dtype == torch.float32, name
        # FP8 has 3 bits of mantissa.
        assert torch.allclose(weight, expected, rtol=1 / 16, atol=expected.abs().max().item() / 256), name


def test_a_model_with_fp8_weights_is_trained(fp8: Path, tmp_path: Path) -> None:
    train(make_job(tmp_path, fp8, {"a.jsonl": capitals()}, hyperparameters={"training_steps": 8}))
    assert result(tmp_path)["status"] == "succeeded" and losses(tmp_path)[8] < losses(tmp_path)[1]


def test_load_in_4bit_of_fp8_weights_is_reported(fp8: Path) -> None:
    with pytest.raises(RecipeError, match="has FP8 weights, which load_in_4bit cannot quantize again"):
        load_model(Base(str(fp8), load_in_4bit=True))


def test_a_multimodal_model_is_a_classifier_with_its_text_model(multimodal: Path, tiny: Callable[..., Path]) -> None:
    model, text = load_model(Base(str(multimodal)), ["a", "b"]), MistralForCausalLM.from_pretrained(tiny())
    expected = text.model.state_dict()
    assert model.config.num_labels == 2
    assert model.model.state_dict().keys() == expected.keys()
    assert all(torch.equal(weight, expected[name]) for name, weight in model.model.state_dict().items())


def test_a_classifier_job_on_a_multimodal_model(multimodal: Path, tmp_path: Path) -> None:
    settings = {"training_steps": 40, "learning_rate": 0.005}
    more = {"job_type": "classifier", "classifier_targets": TARGETS}
    train(make_job(tmp_path, multimodal, {"a.jsonl": classified()}, hyperparameters=settings, **more))
    assert losses(tmp_path)[40] < losses(tmp_path)[1] / 2


@pytest.mark.parametrize("generation", ["v13 tekken", "v3 SentencePiece"])
def test_a_model_with_mistrals_tokenizer_file_alone_is_trained(
    generation: str, folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(folder_of(generation), model)
    size = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = MistralConfig(vocab_size=131072 if "tekken" in generation else 32768, num_key_value_heads=1, **size)
    MistralForCausalLM(config).save_pretrained(model)
    samples = [{"messages": CALLING, "tools": TOOLS}, *capitals()]
    train(make_job(tmp_path / "job", model, {"a.jsonl": samples}, hyperparameters={"training_steps": 4}))
    assert result(tmp_path / "job")["status"] == "succeeded"
    version, kind = generation.split()
    assert events(tmp_path / "job", "chat-format") == [{"format": f"Mistral {version} ({kind})"}]
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "job" / "artifact")
    rendered = tokenizer.apply_chat_template([question("Peru")], return_dict=True)["input_ids"]
    assert tokenizer.convert_ids_to_tokens(rendered)[:2] == ["<s>", "[INST]"]
