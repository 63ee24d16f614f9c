"""Packs several samples into one row."""

import pyarrow.compute as pc
from datasets import Dataset
from trl import pack_dataset


def packed(rows: Dataset, length: int) -> Dataset:
    """Packs rows with best-fit packing into rows of at most `length` tokens. Splits no sample."""
    return pack_dataset(rows, length, "bfd")


def lengths_of(rows: Dataset) -> list[int]:
    """The number of tokens of each row."""
    return pc.list_value_length(rows.with_format("arrow")[:]["input_ids"]).to_pylist()
