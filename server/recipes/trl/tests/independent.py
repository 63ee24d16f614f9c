"""Evaluates models with plain Transformers and one sample at a time, without code of the recipe."""

from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from torch.nn import functional
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, set_seed


def completion(base: Path, artifact: Path, tuned: bool, samples: list[dict[str, Any]]) -> dict[str, float]:
    """Returns loss and accuracy over all assistant tokens. The chat template must have `{% generation %}`."""
    tokenizer = AutoTokenizer.from_pretrained(artifact)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    if tuned:
        model = PeftModel.from_pretrained(model, str(artifact))
    model.eval()
    loss, right, count = 0.0, 0, 0
    for sample in samples:
        encoded = tokenizer.apply_chat_template(sample["messages"], return_dict=True, return_assistant_tokens_mask=True)
        ids = torch.tensor(encoded["input_ids"])
        with torch.no_grad():
            logits = model(input_ids=ids[None]).logits[0]
        for position in range(1, len(ids)):
            if encoded["assistant_masks"][position]:
                loss -= logits[position - 1].log_softmax(0)[ids[position]].item()
                right += int(logits[position - 1].argmax() == ids[position])
                count += 1
    return {"valid_loss": loss / count, "valid_mean_token_accuracy": right / count}


def classifier(
    base: Path, artifact: Path, tuned: bool, samples: list[dict[str, Any]], targets: list[dict[str, Any]], seed: int
) -> dict[str, Any]:
    """Returns `valid_loss`, and by target `accuracy` and the pairs of true and predicted labels."""
    tokenizer = AutoTokenizer.from_pretrained(artifact)
    # The head of the base model has random weights.
    set_seed(seed)
    outputs = sum(len(target["labels"]) for target in targets)
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=outputs, dtype=torch.float32)
    if tuned:
        model = PeftModel.from_pretrained(model, str(artifact))
    model.eval()
    loss, pairs = 0.0, {target["name"]: [] for target in targets}
    for sample in samples:
        if "messages" in sample:
            ids = tokenizer.apply_chat_template(sample["messages"], return_dict=True)["input_ids"]
        else:
            ids = tokenizer(sample["text"])["input_ids"]
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([ids])).logits[0]
        first = 0
        for target in targets:
            labels, own = target["labels"], logits[first : first + len(target["labels"])]
            first += len(labels)
            true = sample["labels"].get(target["name"])
            if true is None:
                continue
            if target["loss_function"] == "single_class":
                loss += target["weight"] * functional.cross_entropy(own, torch.tensor(labels.index(true))).item()
                pairs[target["name"]].append((true, labels[own.argmax()]))
            else:
                wanted = torch.tensor([float(label in true) for label in labels])
                loss += target["weight"] * functional.binary_cross_entropy_with_logits(own, wanted).item()
                predicted = [label for label, value in zip(labels, own, strict=True) if value > 0]
                pairs[target["name"]].append((true, predicted))
    return {"valid_loss": loss / len(samples), "pairs": pairs}
