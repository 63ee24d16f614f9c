"""Combines data files of different weights into one training set."""

import random
from collections.abc import Sequence

from datasets import Dataset, concatenate_datasets

# The maximum length of an epoch, as a multiple of the data. At this limit, only random samples of low-weight files
# are used.
MAX_GROWTH = 10


def mixed(parts: Sequence[tuple[Dataset, float]], seed: int) -> Dataset:
    """Returns one epoch. A sample of a file with weight 2 appears twice as often as a sample of a file with weight 1.

    With equal weights each sample appears once. Otherwise samples of the file with the lowest weight appear once.
    """
    whole = concatenate_datasets([part for part, _ in parts])
    if len({weight for _, weight in parts}) == 1:
        return whole
    return whole.select(indices([(len(part), weight) for part, weight in parts], seed))


def indices(parts: Sequence[tuple[int, float]], seed: int) -> list[int]:
    """Returns indices into the concatenated files. `parts` has (samples, weight) of each file."""
    heaviest = MAX_GROWTH * sum(size for size, _ in parts) / sum(size * weight for size, weight in parts)
    scale = min(1 / min(weight for _, weight in parts), heaviest)
    rng = random.Random(seed)
    chosen: list[int] = []
    offset = 0
    for size, weight in parts:
        times, rest = divmod(weight * scale, 1)
        places = range(offset, offset + size)
        chosen += [place for _ in range(int(times)) for place in places]
        chosen += sorted(rng.sample(places, round(rest * size)))
        offset += size
    return chosen
