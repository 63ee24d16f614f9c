"""Several samples in one row, only where the model keeps them apart."""

import torch
from datasets import Dataset
from transformers import PreTrainedModel
from trl import pack_dataset


def packed(rows: Dataset, seq_len: int) -> Dataset:
    """Best-fit rows of at most `seq_len` tokens; no sample is split."""
    return pack_dataset(rows, seq_len, "bfd")


def keeps_samples_apart(model: PreTrainedModel) -> bool:
    """Whether a sample's outputs stay the same, to the bit, when the one before it in its row is another.

    FlashAttention gets the samples' borders. The other implementations must find them from the position ids, which
    Transformers does for most architectures, though not for all: so it is tried.
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
