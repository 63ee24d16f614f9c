"""Converts documents to rows. The loss uses every token of a document."""

import random

from .encoder import Encoder
from .fim import split_at_random, windows
from .rows import Row

# A window may grow by the markers of fill-in-the-middle, and by tokens that a cut splits.
SPARE_TOKENS = 16


def text_rows(encoder: Encoder, text: str, length: int) -> list[Row]:
    """Returns the document from its first token to EOS, in windows of at most `length` tokens."""
    ids = encoder.text(text)
    return [Row(ids[start : start + length], ids[start : start + length]) for start in range(0, len(ids), length)]


def code_rows(encoder: Encoder, text: str, length: int, fim_ratio: float, rng: random.Random) -> list[Row]:
    """Returns the document in windows. A random fraction `fim_ratio` of them trains fill-in-the-middle."""
    rows = []
    for window in windows(text, encoder.token_ends(text), max(1, length - SPARE_TOKENS)):
        if rng.random() < fim_ratio:
            prefix, middle, suffix = split_at_random(window, rng)
            ids = encoder.fill_in_the_middle(prefix, middle, suffix)
        else:
            ids = encoder.text(window)
        rows.append(Row(ids, ids).cut(length))
    return rows
