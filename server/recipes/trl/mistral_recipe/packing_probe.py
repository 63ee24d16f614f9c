"""Finds out whether a model's attention keeps the samples of a packed row apart, without the model's weights."""

import sys
from copy import deepcopy
from typing import Any

import torch
from transformers import PretrainedConfig, PreTrainedModel

from .base_model import model_class
from .job import Base

# Upper limits of a small model with the same architecture. The head size stays, because other settings depend on it.
SMALL = {
    "hidden_size": 64,
    "intermediate_size": 64,
    "moe_intermediate_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_hidden_layers": 2,
    "vocab_size": 1024,
    "num_local_experts": 4,
    "num_experts": 4,
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "n_group": 1,
    "topk_group": 1,
    "first_k_dense_replace": 1,
}
MAX_PARAMETERS = 200_000_000
# The maximum relative difference due to rounding, which depends on the other samples in a mixture of experts. A model
# that mixes samples has a difference of about 1.
ROUNDING = 1e-4


def can_pack(base: Base, config: PretrainedConfig) -> bool:
    """Whether samples can share a row. Returns False for an architecture that this probe does not support.

    Runs a small random model with the architecture and the attention of the base model on the CPU. So a plan, which
    loads no weights, and a training have the same result.
    """
    if (base.attn_implementation or "").startswith("flash"):
        return True
    try:
        return keeps_samples_apart(small_model(base, config))
    except Exception as error:  # each architecture has its own errors for sizes that it does not support
        print(
            f"cannot probe the attention of {type(config).__name__}: {type(error).__name__}: {error}", file=sys.stderr
        )
        return False


def small_model(base: Base, config: PretrainedConfig) -> PreTrainedModel:
    """Creates the small random model. Raises an error when the architecture does not support its sizes."""
    small = deepcopy(config)
    if getattr(small, "quantization_config", None) is not None:
        del small.quantization_config
    for part in {
        id(one): one for one in (small.get_text_config(), getattr(small, "vision_config", None)) if one
    }.values():
        _shrink(part)
    options: dict[str, Any] = {"dtype": torch.float32}
    if base.attn_implementation:
        options["attn_implementation"] = base.attn_implementation
    with torch.device("meta"):
        parameters = sum(each.numel() for each in model_class(small).from_config(small, **options).parameters())
    if parameters > MAX_PARAMETERS:
        raise ValueError(f"the small model has {parameters} parameters")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return model_class(small).from_config(small, **options)


def _shrink(config: PretrainedConfig) -> None:
    heads, width = getattr(config, "num_attention_heads", None), getattr(config, "hidden_size", None)
    head_dim = getattr(config, "head_dim", None) or (width // heads if heads and width else None)
    has_groups = getattr(config, "num_key_value_heads", heads) != heads
    for name, limit in SMALL.items():
        value = getattr(config, name, None)
        if isinstance(value, int):
            setattr(config, name, min(value, limit))
    if head_dim:
        config.hidden_size = config.num_attention_heads * head_dim
    if isinstance(getattr(config, "num_key_value_heads", None), int):
        config.num_key_value_heads = _groups(config) if has_groups else config.num_attention_heads
    if getattr(config, "pad_token_id", None) is not None and config.pad_token_id >= getattr(config, "vocab_size", 0):
        config.pad_token_id = None
    # State-space models compute their layer types.
    is_computed = isinstance(getattr(type(config), "layer_types", None), property)
    kinds = getattr(config, "layer_types", None)
    if kinds and not is_computed:
        # Keep one layer of each kind, because each kind has its own mask.
        config.layer_types = list(dict.fromkeys(kinds))
        config.num_hidden_layers = len(config.layer_types)


def _groups(config: PretrainedConfig) -> int:
    return max(size for size in (1, 2) if size <= config.num_key_value_heads and config.num_attention_heads % size == 0)


def keeps_samples_apart(model: PreTrainedModel) -> bool:
    """Whether a sample has the same outputs, except for rounding, regardless of the sample before it in a packed row.

    FlashAttention receives the boundaries of the samples. For other implementations, Transformers derives the
    boundaries from the position ids, but not for all architectures. So this function runs the model to find out.
    """
    if (model.config._attn_implementation or "").startswith("flash"):
        return True
    size = min(8, (getattr(model.config.get_text_config(), "max_position_embeddings", None) or 16) // 2)
    one, other, second = (
        torch.arange(start, start + size) % model.config.get_text_config().vocab_size for start in (1, 40, 20)
    )
    positions = torch.arange(size).repeat(2).unsqueeze(0).to(model.device)
    was_training = model.training
    model.eval()
    with torch.no_grad():
        outputs = [
            model(
                input_ids=torch.cat([first, second]).unsqueeze(0).to(model.device),
                position_ids=positions,
                use_cache=False,
            ).logits[0, size:]
            for first in (one, other)
        ]
    model.train(was_training)
    difference = (outputs[0] - outputs[1]).abs().max()
    return bool(difference <= ROUNDING * outputs[0].abs().max())
