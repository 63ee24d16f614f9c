"""Fill-in-the-middle: cuts a document at two random places. The model predicts the middle from prefix and suffix."""

import random
from itertools import pairwise

# Plain-text markers (prefix, suffix, middle), for tokenizers without special tokens for fill-in-the-middle.
PLAIN_MARKERS = ("<PRE>", "<SUF>", "<MID>")


def split_at_random(text: str, rng: random.Random) -> tuple[str, str, str]:
    """Returns prefix, middle and suffix. Each may be empty."""
    first, second = sorted(rng.randint(0, len(text)) for _ in range(2))
    return text[:first], text[first:second], text[second:]


def windows(text: str, token_ends: list[int], length: int) -> list[str]:
    """Cuts a document into texts of about `length` tokens.

    `token_ends` are byte offsets. When a token ends inside a character, the cut moves to the start of the character.
    """
    content = text.encode()
    cuts = [_character_start(content, end) for end in token_ends[length - 1 : -1 : length]]
    borders = sorted({0, *cuts, len(content)})
    return [content[start:end].decode() for start, end in pairwise(borders)]


def _character_start(content: bytes, offset: int) -> int:
    while 0 < offset < len(content) and content[offset] & 0xC0 == 0x80:
        offset -= 1
    return offset


def byte_offsets(text: str, character_offsets: list[int]) -> list[int]:
    """Converts ascending character offsets to byte offsets."""
    if text.isascii():
        return character_offsets
    starts = [0]
    for character in text:
        starts.append(starts[-1] + len(character.encode()))
    return [starts[min(offset, len(text))] for offset in character_offsets]
