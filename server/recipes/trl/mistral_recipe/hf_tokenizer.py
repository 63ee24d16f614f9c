"""Loads Mistral's tokenizer from a Hugging Face `tokenizer.json`, for models without Mistral's tokenizer file."""

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy, Tokenizer, TokenizerVersion
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from mistral_common.tokens.tokenizers.model_settings_builder import ModelSettingsBuilder
from mistral_common.tokens.tokenizers.tekken import SpecialTokenInfo, Tekkenizer
from tokenizers import Regex, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Backend

# A byte-level vocabulary represents each byte by a printable character, with the mapping of GPT-2.
_PRINTABLE = [*range(33, 127), *range(161, 173), *range(174, 256)]
_BYTES = {chr(byte): byte for byte in _PRINTABLE} | {
    chr(256 + i): byte for i, byte in enumerate(byte for byte in range(256) if byte not in _PRINTABLE)
}


class HfTokenizer(Tokenizer):
    """A tokenizer of the `tokenizers` library with the interface of mistral_common, for versions up to v11."""

    def __init__(self, backend: Backend, version: TokenizerVersion, bos: str, eos: str, pad: str | None) -> None:
        self._backend = backend
        # Encode text that looks like a special token as plain text, as mistral_common does.
        self._backend.encode_special_tokens = True
        self._version = version
        self._names = {"bos": bos, "eos": eos, "pad": pad or eos}
        self._special = {
            token.content: id for id, token in backend.get_added_tokens_decoder().items() if token.special
        } | {name: backend.token_to_id(name) for name in (bos, eos)}
        self.is_byte_level = "ByteLevel" in json.dumps(json.loads(backend.to_str())["decoder"])
        if not self.is_byte_level:
            split_like_sentencepiece(self._backend)

    @property
    def version(self) -> TokenizerVersion:
        return self._version

    @property
    def model_settings_builder(self) -> None:
        return None

    @property
    def n_words(self) -> int:
        return self._backend.get_vocab_size()

    @property
    def special_ids(self) -> set[int]:
        return set(self._special.values())

    @property
    def num_special_tokens(self) -> int:
        return len(self._special)

    def vocab(self) -> list[str]:
        return [self.id_to_piece(id) for id in range(self.n_words)]

    def id_to_piece(self, token_id: int) -> str:
        return self._backend.id_to_token(token_id) or ""

    def id_to_byte_piece(self, token_id: int) -> bytes:
        piece = self.id_to_piece(token_id)
        if token_id in self.special_ids:
            return b""
        if self.is_byte_level:
            return bytes(_BYTES[character] for character in piece)
        if len(piece) == 6 and piece.startswith("<0x"):
            return bytes.fromhex(piece[3:5])
        return piece.replace("▁", " ").encode()

    @property
    def bos_id(self) -> int:
        return self.get_special_token(self._names["bos"])

    @property
    def eos_id(self) -> int:
        return self.get_special_token(self._names["eos"])

    @property
    def pad_id(self) -> int:
        return self._backend.token_to_id(self._names["pad"])

    @property
    def unk_id(self) -> int:
        return self._backend.token_to_id("<unk>") or 0

    def encode(self, s: str, bos: bool, eos: bool) -> list[int]:
        ids = self._backend.encode(s, add_special_tokens=False).ids if s else []
        return [*([self.bos_id] if bos else []), *ids, *([self.eos_id] if eos else [])]

    def decode(self, tokens: list[int], special_token_policy: SpecialTokenPolicy = SpecialTokenPolicy.IGNORE) -> str:
        return self._backend.decode(tokens, skip_special_tokens=special_token_policy == SpecialTokenPolicy.IGNORE)

    def get_special_token(self, s: str) -> int:
        # Encoders before v11 request markers that only some vocabularies have.
        return self._special.get(s, self.unk_id)

    def is_special(self, token: Any) -> bool:
        return token in self._special if isinstance(token, str) else int(token) in self.special_ids

    def _to_string(self, tokens: list[int]) -> str:
        return self.decode(tokens, SpecialTokenPolicy.KEEP)

    @property
    def file_path(self) -> Path:
        raise ValueError("the tokenizer was not loaded from a file")


def tekken_of(backend: Backend, version: TokenizerVersion) -> Tekkenizer | None:
    """Returns Mistral's tekken tokenizer if the vocabulary was converted from a `tekken.json`, else None.

    Uses Mistral's split pattern, because many converted files have a wrong one (Transformers' `fix_mistral_regex`).
    """
    vocabulary = _by_id(backend)
    specials = _count_of_specials(vocabulary)
    if specials is None:
        return None
    names = [name for name, _ in vocabulary[:specials]]
    return Tekkenizer(
        vocab=_bundled_tekken()["vocab"],
        special_tokens=[SpecialTokenInfo(rank=i, token_str=name, is_control=True) for i, name in enumerate(names)],
        pattern=mistral_pattern(),
        vocab_size=len(vocabulary),
        num_special_tokens=specials,
        version=version,
        # A converted tokenizer does not contain the list of settings that the model supports.
        model_settings_builder=ModelSettingsBuilder() if version.supports_model_settings else None,
    )


def is_tekken(backend: Backend) -> bool:
    """Whether the vocabulary is the one that all tekken tokenizers of Mistral share."""
    return _count_of_specials(_by_id(backend)) is not None


def _by_id(backend: Backend) -> list[tuple[str, int]]:
    return sorted(backend.get_vocab(with_added_tokens=True).items(), key=lambda entry: entry[1])


def _count_of_specials(vocabulary: list[tuple[str, int]]) -> int | None:
    """Returns the number of tokens before Mistral's shared vocabulary, or None when the rest is another vocabulary."""
    # The shared vocabulary starts with the byte 0.
    first = next((place for place, (token, _) in enumerate(vocabulary) if token == "Ā"), None)
    bundled = _bundled_tekken()["vocab"]
    if first is None or not 256 <= len(vocabulary) - first <= len(bundled):
        return None
    if vocabulary[-1][1] != len(vocabulary) - 1:
        return None
    for (token, _), expected in zip(vocabulary[first:], bundled, strict=False):
        if any(character not in _BYTES for character in token):
            return None
        if bytes(_BYTES[character] for character in token) != base64.b64decode(expected["token_bytes"]):
            return None
    return first


def split_like_sentencepiece(backend: Backend) -> None:
    """Adds a space before every text. Files that Transformers saves skip texts that start with a space."""
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    backend.pre_tokenizer = None


def use_mistral_pattern(backend: Backend) -> None:
    """Sets Mistral's split pattern. Many published models have a converted tekken tokenizer with a wrong pattern."""
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(mistral_pattern()), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def mistral_pattern() -> str:
    """Returns the regular expression with which all tekken tokenizers of Mistral split text."""
    return _bundled_tekken()["config"]["pattern"]


@cache
def _bundled_tekken() -> dict[str, Any]:
    path = min(MistralTokenizer._data_path().glob("tekken_*.json"))
    return json.loads(path.read_text(encoding="utf-8"))
