"""Finds and reads Mistral's tokenizer file of a base model."""

import re
from pathlib import Path
from typing import Any

from mistral_common.tokens.tokenizers import instruct as instruct_tokenizers
from mistral_common.tokens.tokenizers.base import SpecialTokens, TokenizerVersion
from mistral_common.tokens.tokenizers.instruct import InstructTokenizerBase
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from mistral_common.tokens.tokenizers.sentencepiece import SentencePieceTokenizer, is_sentencepiece
from mistral_common.tokens.tokenizers.tekken import is_tekken

TEKKEN_FILE = "tekken.json"


def mistral_file(folder: Path) -> Path | None:
    """Returns `tekken.json`, else the newest `tokenizer.model.vN`, else `tokenizer.model`, else None."""
    if is_tekken(folder / TEKKEN_FILE):
        return folder / TEKKEN_FILE
    models = [path for path in folder.glob("*.model*") if is_sentencepiece(path)]
    return max(models, key=lambda path: (_file_version(path), path.name), default=None)


def _file_version(path: Path) -> int:
    match = re.search(r"\.v(\d+)(m\d+)?$", path.name)
    return int(match[1]) if match else 0


def from_file(path: Path, version: TokenizerVersion | None = None) -> InstructTokenizerBase:
    """Reads a Mistral tokenizer file. Detects the version of a plain `tokenizer.model` by its tokens."""
    if is_tekken(path) or _file_version(path):
        return MistralTokenizer.from_file(path).instruct_tokenizer
    tokenizer = SentencePieceTokenizer(path)
    version = version or version_of(tokenizer.is_special, is_tekken=False)
    return instruct_tokenizer(SentencePieceTokenizer(path, version))


def version_of(is_special: Any, is_tekken: bool) -> TokenizerVersion:
    """Returns the newest tokenizer version whose special tokens the vocabulary has.

    Prefer the version in the file name: the vocabularies of v3 and v7 of tekken, and of v2 and v3 of SentencePiece,
    are almost equal.
    """
    if is_special(SpecialTokens.begin_model_settings.value):
        return TokenizerVersion.v15
    if is_special(SpecialTokens.begin_think.value):
        return TokenizerVersion.v13
    if is_special(SpecialTokens.args.value):
        return TokenizerVersion.v11
    if is_special(SpecialTokens.begin_system.value):
        return TokenizerVersion.v7
    if is_tekken or is_special(SpecialTokens.prefix.value):
        return TokenizerVersion.v3
    return TokenizerVersion.v2 if is_special(SpecialTokens.tool_calls.value) else TokenizerVersion.v1


def instruct_tokenizer(tokenizer: Any) -> InstructTokenizerBase:
    return getattr(instruct_tokenizers, f"InstructTokenizerV{tokenizer.version.version_num}")(tokenizer)
