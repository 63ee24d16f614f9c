"""Tests that the probe of a small random model agrees with the loaded model."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_checkpoints import fp8, multimodal  # noqa: F401 (fixtures)
from transformers import (
    AutoConfig,
    GPT2Config,
    LlamaConfig,
    MambaConfig,
    MinistralConfig,
    MistralConfig,
    MistralForCausalLM,
    MixtralConfig,
    PretrainedConfig,
    Qwen3Config,
)

from mistral_recipe.base_model import load_model
from mistral_recipe.job import Base
from mistral_recipe.packing_probe import can_pack, keeps_samples_apart, small_model


@pytest.mark.parametrize("attention", ["sdpa", "eager", None])
@pytest.mark.parametrize("kind", ["marked", "multimodal", "fp8"])
def test_the_probe_agrees_with_the_loaded_model(
    kind: str, attention: str | None, tiny: Callable[..., Path], request: pytest.FixtureRequest
) -> None:
    folder = tiny() if kind == "marked" else request.getfixturevalue(kind)
    base = Base(str(folder), attn_implementation=attention)
    assert can_pack(base, AutoConfig.from_pretrained(folder)) == keeps_samples_apart(load_model(base)) is True


def test_the_probe_finds_a_model_that_mixes_samples(tiny: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    forward = MistralForCausalLM.forward

    def blind(self: MistralForCausalLM, *arguments: Any, position_ids: Any = None, **more: Any) -> Any:
        return forward(self, *arguments, **more)

    monkeypatch.setattr(MistralForCausalLM, "forward", blind)
    base = Base(str(tiny()))
    assert can_pack(base, AutoConfig.from_pretrained(tiny())) == keeps_samples_apart(load_model(base)) is False


# Published sizes, so that the small model really is small.
MISTRAL_7B = {"vocab_size": 32768, "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (MistralConfig(**MISTRAL_7B, head_dim=128, sliding_window=4096), True),
        (MinistralConfig(**MISTRAL_7B, head_dim=128, layer_types=["sliding_attention", "full_attention"] * 16), True),
        (MixtralConfig(**MISTRAL_7B), True),
        (LlamaConfig(**MISTRAL_7B), True),
        (Qwen3Config(**MISTRAL_7B), True),
        # A state-space model has no attention mask: the state of one sample continues in the next.
        (MambaConfig(vocab_size=50280, hidden_size=768, num_hidden_layers=24), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, PretrainedConfig) else str(value),
)
def test_the_small_model_of_a_published_architecture_is_small(config: PretrainedConfig, expected: bool) -> None:
    base = Base("x")
    assert can_pack(base, config) is expected
    assert sum(each.numel() for each in small_model(base, config).parameters()) < 20_000_000


def test_an_architecture_that_the_probe_does_not_support_is_not_packed(capsys: pytest.CaptureFixture[str]) -> None:
    class Unknown(PretrainedConfig):
        model_type = "unknown"

    assert can_pack(Base("x"), Unknown()) is False
    assert "cannot probe the attention of Unknown" in capsys.readouterr().err


def test_flash_attention_needs_no_probe() -> None:
    assert can_pack(Base("x", attn_implementation="flash_attention_2"), GPT2Config())


def test_the_probe_leaves_the_random_numbers_of_the_training_alone(tiny: Callable[..., Path], tmp_path: Path) -> None:
    import torch

    folder = tmp_path / "model"
    shutil.copytree(tiny(), folder)
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    can_pack(Base(str(folder)), AutoConfig.from_pretrained(folder))
    assert torch.equal(torch.rand(3), expected)
