"""Subclasses of mistral_common's tokenizers: one records the tokens of each message, one caches encoded texts."""

from functools import lru_cache
from typing import Any

from mistral_common.tokens.tokenizers.base import Tokenizer
from mistral_common.tokens.tokenizers.instruct import InstructTokenizerBase
from mistral_common.tokens.tokenizers.sentencepiece import SentencePieceTokenizer
from mistral_common.tokens.tokenizers.tekken import Tekkenizer

from . import sentencepiece_words

# Texts that repeat: tools, system prompts, and the messages of conversations with several rows.
CACHED_TEXTS = 512


def recording(instruct: InstructTokenizerBase, tokenizer: Tokenizer) -> Any:
    """Returns a copy that stores the tokens of each message of the last encoded request in `segments`.

    `encode_instruct` returns only the tokens outside of the messages, because it validates each token that it returns.
    """

    class Recording(type(instruct)):  # type: ignore[misc]
        segments: list[list[int]]

        def encode_instruct(self, request: Any) -> Any:
            self.segments = []
            return super().encode_instruct(request)

        def encode_user_message(self, *arguments: Any, **options: Any) -> Any:
            return self._record(super().encode_user_message(*arguments, **options))

        def encode_tool_message(self, *arguments: Any, **options: Any) -> Any:
            return self._record(super().encode_tool_message(*arguments, **options))

        def encode_system_message(self, *arguments: Any, **options: Any) -> Any:
            return self._record(super().encode_system_message(*arguments, **options))

        def encode_assistant_message(self, *arguments: Any, **options: Any) -> Any:
            self.segments.append(super().encode_assistant_message(*arguments, **options))
            return []

        def _record(self, encoded: Any) -> Any:
            tokens, *media = encoded
            self.segments.append(tokens)
            return [], *media

        def decode(self, tokens: list[int], special_token_policy: Any = None) -> str:
            # For debugging, the library decodes the encoded tokens. Skip this, because it takes a third of the time.
            return ""

    copy = _with_class(instruct, Recording)
    copy.tokenizer = tokenizer
    return copy


def cached(tokenizer: Tokenizer) -> Any:
    """Returns a copy that caches the tokens of the last texts."""

    class Cached(type(tokenizer)):  # type: ignore[misc]
        def encode(self, s: str, bos: bool, eos: bool) -> list[int]:
            # Copy the cached list, because callers append to it.
            ids = list(encode_once(s))
            if bos:
                ids.insert(0, self.bos_id)
            if eos:
                ids.append(self.eos_id)
            return ids

    copy = _with_class(tokenizer, Cached)
    encode_once = lru_cache(CACHED_TEXTS)(_encoding(tokenizer))
    return copy


def _encoding(tokenizer: Tokenizer) -> Any:
    if isinstance(tokenizer, SentencePieceTokenizer):
        return sentencepiece_words.encoding(tokenizer)
    if not isinstance(tokenizer, Tekkenizer):
        return lambda text: tokenizer.encode(text, bos=False, eos=False)
    # Like Tekkenizer.encode, but reads the number of special tokens once instead of for each token: twice as fast.
    encode, first = tokenizer._model.encode_ordinary, tokenizer.num_special_tokens
    return lambda text: [token + first for token in encode(text)]


def _with_class(original: Any, kind: type) -> Any:
    copy = object.__new__(kind)
    copy.__dict__.update(original.__dict__)
    return copy
