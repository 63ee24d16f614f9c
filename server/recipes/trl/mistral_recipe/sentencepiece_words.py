"""Encodes a text with SentencePiece word by word, and caches the words. Gives the tokens of the whole text."""

import re
from collections.abc import Callable
from itertools import chain

from mistral_common.tokens.tokenizers.sentencepiece import SentencePieceTokenizer

Encode = Callable[[str], list[int]]

# Long words, such as URLs or Chinese sentences, seldom repeat.
LONGEST_WORD = 40
# Words stay in the cache, because the first words of a file are the frequent ones.
CACHED_WORDS = 1 << 16

# A space after another character ends a word. Further spaces belong to the next word.
_END_OF_WORD = re.compile(r"(?<=[^ ]) ")

# Some normalizers change these characters, or remove spaces.
_PROBE = "  \ufb01\u00bd\uff21\u00a8\u00a0\u3000\n\t\u200b e\u0301  "


def encoding(tokenizer: SentencePieceTokenizer) -> Encode:
    """Returns a function like `tokenizer.encode` without BOS and EOS, several times as fast for natural language.

    SentencePiece replaces spaces by `▁`, adds one before the text, and joins the characters to pieces of the
    vocabulary. If no piece has `▁` after another character, then no piece is in two words, so each word has the same
    tokens alone as in the text. The vocabularies of Mistral's models are so; for others, encodes the text at once.
    """
    model = tokenizer._model

    def whole(text: str) -> list[int]:
        return tokenizer.encode(text, bos=False, eos=False)

    keeps_characters = model.normalize(_PROBE) == "▁" + _PROBE.replace(" ", "▁")  # type: ignore[attr-defined]
    if not keeps_characters or any(" " in piece or re.search("[^▁]▁", piece) for piece in tokenizer.vocab()):
        return whole
    words = _Words(whole, space=model.piece_to_id("▁"))

    def encode(text: str) -> list[int]:
        # A `▁` in the text is the same as a space for SentencePiece, but not for the split.
        if not text or "▁" in text:
            return whole(text)
        parts = _END_OF_WORD.split(text) if "  " in text or text[0] == " " else text.split(" ")
        if words.is_full and len(set(parts).difference(words)) * 4 > len(parts):
            # Encoding many unknown words one by one takes longer.
            return whole(text)
        return list(chain.from_iterable(map(words.__getitem__, parts)))

    return encode


class _Words(dict[str, list[int]]):
    """The tokens of words. The empty word, which follows the last space of a text, is the token of a space."""

    is_full = False

    def __init__(self, encode: Encode, space: int) -> None:
        super().__init__({"": [space]})
        self._encode = encode

    def __missing__(self, word: str) -> list[int]:
        ids = self._encode(word)
        if len(word) <= LONGEST_WORD and not self.is_full:
            self[word] = ids
            self.is_full = len(self) >= CACHED_WORDS
        return ids
