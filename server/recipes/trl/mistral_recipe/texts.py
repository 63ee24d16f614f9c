"""Plain documents as tokens: cut into windows of the sequence length, every token counts."""

import random

from transformers import PreTrainedTokenizerBase

from .chat import Row
from .fim import markers_of, with_hole

# What markers, and tokens that a cut breaks in two, may add to a window.
SPARE_TOKENS = 16


def text_rows(tokenizer: PreTrainedTokenizerBase, text: str, length: int) -> list[Row]:
    """The document from its first token to its end mark, in windows of at most `length` tokens."""
    ids = tokenizer(text)["input_ids"]
    if not ids or ids[-1] != tokenizer.eos_token_id:
        ids = [*ids, tokenizer.eos_token_id]
    return [Row(ids[start : start + length], ids[start : start + length]) for start in range(0, len(ids), length)]


def code_rows(
    tokenizer: PreTrainedTokenizerBase, text: str, length: int, fim_ratio: float, rng: random.Random
) -> list[Row]:
    """The document in windows, of which the share `fim_ratio` has a middle to be filled in."""
    markers = markers_of(tokenizer)
    rows = []
    for window in _windows(tokenizer, text, max(1, length - SPARE_TOKENS)):
        if rng.random() < fim_ratio:
            window = with_hole(window, markers, rng)
        rows.extend(row.cut(length) for row in text_rows(tokenizer, window, length)[:1])
    return rows


def _windows(tokenizer: PreTrainedTokenizerBase, text: str, length: int) -> list[str]:
    if not tokenizer.is_fast:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        return [tokenizer.decode(ids[start : start + length]) for start in range(0, len(ids), length)]
    offsets = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    borders = [0, *(start for start, _ in offsets[length::length]), len(text)]
    return [text[start:end] for start, end in zip(borders, borders[1:], strict=False)]
