"""Loads the base model and its tokenizer from a folder or the hub (with `HF_HUB_OFFLINE=1`, only from its cache)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoModelForSequenceClassification,
    BitsAndBytesConfig,
    FineGrainedFP8Config,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from .encoder import Encoder
from .errors import RecipeError, is_out_of_memory
from .hf_loading import load_hf_tokenizer, with_template
from .job import Base
from .load_encoder import load_encoder as encoder_of
from .plan import DEFAULT_SEQ_LEN
from .progress import Progress


def load_config(base: Base) -> PretrainedConfig:
    with _readable(base):
        return AutoConfig.from_pretrained(base.path)


def load_encoder(base: Base, progress: Progress, strict: bool = True) -> Encoder:
    """Loads the encoder of the samples, and reports the chat format in an event."""
    with _readable(base):
        encoder = encoder_of(base, strict)
    progress.event("chat-format", format=encoder.name)
    return encoder


def load_tokenizer(base: Base, encoder: Encoder) -> PreTrainedTokenizerBase:
    """The tokenizer for the trainer and the artifact, with the chat template that the training uses."""
    with _readable(base):
        return with_template(load_hf_tokenizer(base), encoder)


def load_model(base: Base, labels: list[str] | None = None) -> PreTrainedModel:
    """Loads a language model, or with `labels` a classifier with one output per label. On a GPU in bf16, else fp32."""
    gpu = torch.cuda.is_available()
    config = load_config(base)
    options: dict[str, Any] = {"dtype": torch.bfloat16 if gpu else torch.float32}
    if gpu:
        options["device_map"] = {"": PartialState().device}
    if base.attn_implementation:
        options["attn_implementation"] = base.attn_implementation
    quantization = quantization_of(base, config, gpu)
    if quantization is not None:
        options["quantization_config"] = quantization
    with _readable(base):
        if labels is None:
            return model_class(config).from_pretrained(base.path, **options)
        names = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
        if type(config) in AutoModelForSequenceClassification._model_mapping:
            return AutoModelForSequenceClassification.from_pretrained(base.path, **names, **options)
        # A multimodal model classifies text with its text model.
        text = config.get_text_config()
        if getattr(config, "quantization_config", None) is not None:
            text.quantization_config = config.quantization_config
        text.update(names)
        return AutoModelForSequenceClassification.from_pretrained(
            base.path, config=text, key_mapping=TEXT_MODEL_KEYS, **options
        )


# The names of the text model's weights in a multimodal checkpoint. Versions of Transformers write different names.
TEXT_MODEL_KEYS = {r"^(?:model\.)?language_model\.(?:model\.)?": "model."}


def model_class(config: PretrainedConfig) -> Any:
    # Mistral's newer models also accept images. The recipe trains these models on text only.
    return AutoModelForCausalLM if type(config) in AutoModelForCausalLM._model_mapping else AutoModelForImageTextToText


def quantization_of(base: Base, config: PretrainedConfig, gpu: bool) -> Any:
    """FP8 weights are dequantized, because FP8 has no backward pass; `load_in_4bit` quantizes plain weights.

    Raises RecipeError when the weights cannot be loaded with the settings of the models file.
    """
    shipped = getattr(config, "quantization_config", None)
    if shipped is not None and not isinstance(shipped, dict):
        shipped = shipped.to_dict()
    if shipped is None or shipped.get("quant_method") != "fp8":
        return _four_bit(gpu) if base.load_in_4bit else None
    if base.load_in_4bit:
        raise RecipeError(
            f'the base model "{base.path}" has FP8 weights, which load_in_4bit cannot quantize again: remove '
            "load_in_4bit from the models file, or use the model's bf16 checkpoint"
        )
    return FineGrainedFP8Config(**{**shipped, "dequantize": True})


def seq_len_of(asked: int | None, base: Base, config: PretrainedConfig) -> int:
    """Tokens per sequence: from the job, else the models file, else 4096. Limited to the model's maximum."""
    limit = getattr(config.get_text_config(), "max_position_embeddings", None)
    wanted = asked or base.seq_len or DEFAULT_SEQ_LEN
    return min(wanted, limit) if limit else wanted


def _four_bit(gpu: bool) -> BitsAndBytesConfig:
    if not gpu:
        raise RecipeError(
            "load_in_4bit needs a GPU, and this machine has none: remove load_in_4bit from the models file"
        )
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


@contextmanager
def _readable(base: Base) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, ImportError) as error:
        if is_out_of_memory(error):
            raise
        if base.path.startswith(("/", ".", "~")) and not Path(base.path).exists():
            why = "the folder does not exist"
        else:
            why = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise RecipeError(
            f'cannot load the base model "{base.path}": {why}; '
            "set its path in the models file to a folder, or to a hub id that is cached or can be downloaded"
        ) from error
