"""Estimates the memory of a training from the model's config, without loading weights."""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch
from peft import TaskType, get_peft_model
from transformers import PretrainedConfig, PreTrainedModel

from .arguments import lora_config
from .base_model import model_class, seq_len_of
from .job import Base
from .plan import DEFAULT_ROWS

# An adapter is trained in fp32: its value, its gradient and the two moments of AdamW.
BYTES_PER_TRAINED_PARAMETER = 16
# NF4 with double quantization: 4 bits and the scales of each block.
BYTES_PER_4BIT_PARAMETER = 0.52
# The loss keeps the logits in the model's precision and in fp32, and the gradient in fp32.
FP32_COPIES_OF_LOGITS = 2
# A layer keeps about this many values per token: of its hidden size, and of its MLP's size.
VALUES_PER_HIDDEN, VALUES_PER_INTERMEDIATE = 8, 4
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True)
class Memory:
    """Estimated bytes. `precision` describes the weights; `tokens` is the number of tokens per forward pass."""

    parameters: int
    precision: str
    tokens: int
    weights: int
    adapter: int
    activations: int

    @property
    def total(self) -> int:
        return self.weights + self.adapter + self.activations


def estimate(base: Base, config: PretrainedConfig, gpu: bool) -> Memory:
    """Estimates a completion job without `seq_len` and with the settings of the models file."""
    with torch.device("meta"):
        model = model_class(config).from_config(config)
        parameters = sum(parameter.numel() for parameter in model.parameters())
        weights, precision = _weights(base, model, parameters, gpu)
        adapted = get_peft_model(model, lora_config(base, TaskType.CAUSAL_LM, config))
    trained = sum(parameter.numel() for parameter in adapted.parameters() if parameter.requires_grad)
    tokens = seq_len_of(None, base, config) * (base.batch_size or (DEFAULT_ROWS if base.packing is False else 1))
    return Memory(
        parameters=parameters,
        precision=precision,
        tokens=tokens,
        weights=weights,
        adapter=trained * BYTES_PER_TRAINED_PARAMETER,
        activations=_activations(base, config, tokens, gpu),
    )


def _weights(base: Base, model: PreTrainedModel, parameters: int, gpu: bool) -> tuple[int, str]:
    size, precision = (2, "bf16") if gpu else (4, "fp32")
    if not (base.load_in_4bit and gpu):
        return parameters * size, precision
    # Only the linear layers are quantized, without the output layer.
    head = model.get_output_embeddings()
    linear = [each for each in model.modules() if isinstance(each, torch.nn.Linear) and each is not head]
    quantized = sum(each.weight.numel() for each in linear)
    return int(quantized * BYTES_PER_4BIT_PARAMETER) + (parameters - quantized) * size, "4-bit"


def _activations(base: Base, config: PretrainedConfig, tokens: int, gpu: bool) -> int:
    text = config.get_text_config()
    size = 2 if gpu else 4
    layer = VALUES_PER_HIDDEN * text.hidden_size + VALUES_PER_INTERMEDIATE * getattr(text, "intermediate_size", 0)
    recomputes = gpu if base.activation_checkpointing is None else base.activation_checkpointing
    # With activation checkpointing, only the inputs of the layers and one recomputed layer are in memory.
    per_token = text.num_hidden_layers * text.hidden_size + layer if recomputes else text.num_hidden_layers * layer
    logits = text.vocab_size * (size + 4 * FP32_COPIES_OF_LOGITS)
    return tokens * (per_token * size + logits)


def device_memory(gpu: bool) -> int:
    """Returns the memory of the first GPU, or of this machine or container, in bytes."""
    if gpu:
        return torch.cuda.get_device_properties(0).total_memory
    limit = CGROUP_LIMIT.read_text().strip() if CGROUP_LIMIT.is_file() else "max"
    total = psutil.virtual_memory().total
    return min(total, int(limit)) if limit.isdigit() else total


def device_name(gpu: bool) -> str:
    return torch.cuda.get_device_name(0) if gpu else f"the CPU ({os.cpu_count()} cores)"
