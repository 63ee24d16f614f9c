"""Fill-in-the-middle: a document is cut at two random places, and its middle is learned after prefix and suffix."""

import random

from transformers import PreTrainedTokenizerBase

# (prefix, suffix, middle) by the tokens that a tokenizer has. Mistral's code models put the suffix first and need no
# third marker: what follows the prefix is the middle.
KNOWN = [
    ("[PREFIX]", "[SUFFIX]", None),
    ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
]
# Plain text, for tokenizers without such tokens.
PLAIN = ("<PRE>", "<SUF>", "<MID>")


def markers_of(tokenizer: PreTrainedTokenizerBase) -> tuple[str, str, str | None]:
    vocabulary = tokenizer.get_vocab()
    return next((known for known in KNOWN if all(part is None or part in vocabulary for part in known)), PLAIN)


def with_hole(text: str, markers: tuple[str, str, str | None], rng: random.Random) -> str:
    """`[SUFFIX]suffix[PREFIX]prefix middle`, or `<pre>prefix<suf>suffix<mid>middle` where a third marker exists."""
    first, second = sorted(rng.randint(0, len(text)) for _ in range(2))
    prefix, middle, suffix = text[:first], text[first:second], text[second:]
    before, after, between = markers
    if between is None:
        return f"{after}{suffix}{before}{prefix}{middle}"
    return f"{before}{prefix}{after}{suffix}{between}{middle}"
