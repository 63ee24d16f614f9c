"""Fill-in-the-middle: a document is cut at two random places; the model learns the middle after prefix and suffix."""

import random
from itertools import pairwise

# Plain text, for tokenizers without tokens of their own: (prefix, suffix, middle).
PLAIN_MARKERS = ("<PRE>", "<SUF>", "<MID>")


def split_at_random(text: str, rng: random.Random) -> tuple[str, str, str]:
    """Prefix, middle and suffix; each may be empty."""
    first, second = sorted(rng.randint(0, len(text)) for _ in range(2))
    return text[:first], text[first:second], text[second:]


def windows(text: str, token_ends: list[int], length: int) -> list[str]:
    """Cuts a document into texts of about `length` tokens.

    `token_ends` are byte offsets. A token may end inside a character; the cut then moves to the character's start.
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
    """Byte offsets of ascending character offsets."""
    if text.isascii():
        return character_offsets
    starts = [0]
    for character in text:
        starts.append(starts[-1] + len(character.encode()))
    return [starts[min(offset, len(text))] for offset in character_offsets]
