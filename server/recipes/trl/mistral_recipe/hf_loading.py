"""Loads the tokenizer as a Transformers object. The trainer uses it for padding, and the artifact contains it."""

import json
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer as Backend
from transformers import AutoTokenizer, LlamaTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from .job import Base
from .load_encoder import tokenizer_folder

if TYPE_CHECKING:
    from .encoder import Encoder

SPECIAL_TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


def load_hf_tokenizer(base: Base) -> PreTrainedTokenizerBase:
    folder = tokenizer_folder(base)
    if (folder / "tokenizer.json").is_file() or (folder / "tokenizer.model").is_file() or not folder.is_dir():
        # With mistral-common installed, Transformers would otherwise choose a class without a chat template.
        tokenizer = AutoTokenizer.from_pretrained(folder, mistral_format=False)
    else:
        tokenizer = _convert(folder)
    _repair_pattern(tokenizer)
    if tokenizer.pad_token is None:
        vocabulary = tokenizer.get_vocab()
        tokenizer.pad_token = "<pad>" if "<pad>" in vocabulary else tokenizer.unk_token or tokenizer.eos_token
    return tokenizer


def _repair_pattern(tokenizer: PreTrainedTokenizerBase) -> None:
    if not tokenizer.is_fast or "[INST]" not in tokenizer.get_vocab() or find_spec("mistral_common") is None:
        return
    from .hf_tokenizer import is_tekken, use_mistral_pattern

    if is_tekken(tokenizer.backend_tokenizer):
        use_mistral_pattern(tokenizer.backend_tokenizer)


def with_template(tokenizer: PreTrainedTokenizerBase, encoder: "Encoder") -> PreTrainedTokenizerBase:
    """Sets the chat template of the artifact's tokenizer to the format that the training used."""
    template = getattr(encoder, "chat_template", None)
    if template is not None:
        tokenizer.chat_template = template() or tokenizer.chat_template
    return tokenizer


def _convert(folder: Path) -> PreTrainedTokenizerBase:
    """Converts the tokenizer of a folder that has only Mistral's tokenizer file."""
    from .mistral_files import TEKKEN_FILE, mistral_file

    file = mistral_file(folder)
    if file is None:
        return AutoTokenizer.from_pretrained(folder, mistral_format=False)
    if file.name == TEKKEN_FILE:
        from transformers.integrations.mistral.tokenizer import MistralConverter

        backend = MistralConverter(str(file)).converted()
        return PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="<pad>", **SPECIAL_TOKENS)
    with tempfile.TemporaryDirectory() as temporary:
        # Transformers reads a SentencePiece file only under this name.
        (Path(temporary) / "tokenizer.model").symlink_to(file.resolve())
        backend = LlamaTokenizer.from_pretrained(temporary, **SPECIAL_TOKENS).backend_tokenizer
    return PreTrainedTokenizerFast(tokenizer_object=_with_sentencepiece_merges(backend, file), **SPECIAL_TOKENS)


def _with_sentencepiece_merges(backend: Backend, file: Path) -> Backend:
    """Sorts merges by score, as SentencePiece does. Transformers' conversion puts runs of spaces first."""
    from sentencepiece import SentencePieceProcessor

    scores = SentencePieceProcessor(model_file=str(file))
    content = json.loads(backend.to_str())
    content["model"]["merges"].sort(key=lambda merge: -scores.get_score(scores.piece_to_id("".join(merge))))
    return Backend.from_str(json.dumps(content))
