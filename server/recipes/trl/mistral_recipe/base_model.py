"""The base model and its tokenizer, from a folder or from the hub (`HF_HUB_OFFLINE=1`: from its cache alone)."""

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
    AutoTokenizer,
    BitsAndBytesConfig,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from .errors import RecipeError, is_out_of_memory
from .job import Base
from .progress import Progress

TEMPLATE = Path(__file__).with_name("template.jinja")

# Longer sequences only on request: memory grows with them.
DEFAULT_SEQ_LEN = 4096


def load_config(base: Base) -> PretrainedConfig:
    with _readable(base):
        return AutoConfig.from_pretrained(base.path)


def load_tokenizer(base: Base, progress: Progress) -> PreTrainedTokenizerBase:
    with _readable(base):
        tokenizer = AutoTokenizer.from_pretrained(base.path)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.unk_token or tokenizer.eos_token
    if tokenizer.chat_template is None:
        tokenizer.chat_template = TEMPLATE.read_text(encoding="utf-8")
        progress.event("chat-template", note="the base model brings none: Mistral's instruct format is used")
    return tokenizer


def load_model(base: Base, labels: list[str] | None = None) -> PreTrainedModel:
    """The model for text, or with `labels` one whose head has an output for each. bf16 on a GPU, fp32 elsewhere."""
    gpu = torch.cuda.is_available()
    options: dict[str, Any] = {"dtype": torch.bfloat16 if gpu else torch.float32}
    if gpu:
        options["device_map"] = {"": PartialState().device}
    if base.attn_implementation:
        options["attn_implementation"] = base.attn_implementation
    if base.load_in_4bit:
        options["quantization_config"] = _four_bit(gpu)
    with _readable(base):
        if labels is None:
            return _kind(AutoConfig.from_pretrained(base.path)).from_pretrained(base.path, **options)
        return AutoModelForSequenceClassification.from_pretrained(
            base.path,
            id2label=dict(enumerate(labels)),
            label2id={label: i for i, label in enumerate(labels)},
            **options,
        )


def _kind(config: PretrainedConfig) -> Any:
    # Mistral's newer models see images too; they are trained on text all the same.
    return AutoModelForCausalLM if type(config) in AutoModelForCausalLM._model_mapping else AutoModelForImageTextToText


def seq_len_of(asked: int | None, base: Base, config: PretrainedConfig) -> int:
    """Tokens a sequence: the job's, else the models file's, else 4096, and never more than the model can take."""
    limit = getattr(config.get_text_config(), "max_position_embeddings", None)
    wanted = asked or base.seq_len or DEFAULT_SEQ_LEN
    return min(wanted, limit) if limit else wanted


def _four_bit(gpu: bool) -> BitsAndBytesConfig:
    if not gpu:
        raise RecipeError("load_in_4bit needs a GPU, and none is there: leave it out of the models file")
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
            why = "there is no such folder"
        else:
            why = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise RecipeError(
            f'the base model "{base.path}" cannot be loaded: {why}; '
            "its path in the models file must be a folder, or a hub id that is in the cache or can be fetched"
        ) from error
