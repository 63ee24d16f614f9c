"""Packs several samples into one row, if the model's attention keeps the samples separate."""

import pyarrow.compute as pc
import torch
from datasets import Dataset
from transformers import PreTrainedModel
from trl import pack_dataset


def packed(rows: Dataset, length: int) -> Dataset:
    """Packs rows with best-fit packing into rows of at most `length` tokens. Splits no sample."""
    return pack_dataset(rows, length, "bfd")


def lengths_of(rows: Dataset) -> list[int]:
    """The number of tokens of each row."""
    return pc.list_value_length(rows.with_format("arrow")[:]["input_ids"]).to_pylist()


def keeps_samples_apart(model: PreTrainedModel) -> bool:
    """Whether a sample has bit-identical outputs regardless of the sample before it in a packed row.

    FlashAttention receives the boundaries of the samples. For other implementations, Transformers derives the
    boundaries from the position ids, but not for all architectures. So this function runs the model to find out.
    """
    if (model.config._attn_implementation or "").startswith("flash"):
        return True
    size = min(8, (getattr(model.config.get_text_config(), "max_position_embeddings", None) or 16) // 2)
    one, other, second = (
        torch.arange(start, start + size) % model.config.get_text_config().vocab_size for start in (1, 40, 20)
    )
    positions = torch.arange(size).repeat(2).unsqueeze(0).to(model.device)
    was_training = model.training
    model.eval()
    with torch.no_grad():
        outputs = [
            model(
                input_ids=torch.cat([first, second]).unsqueeze(0).to(model.device),
                position_ids=positions,
                use_cache=False,
            ).logits[0, size:]
            for first in (one, other)
        ]
    model.train(was_training)
    return torch.equal(*outputs)
