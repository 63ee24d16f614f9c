"""Classifier jobs with targets of one label and of several."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from jobs import CAPITALS, lines, losses, make_job, question, result
from peft import PeftModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from mistral_recipe.errors import InvalidSample
from mistral_recipe.heads import Heads
from mistral_recipe.job import Target
from mistral_recipe.train import train

TARGETS = [
    {"name": "half", "labels": ["first", "second"], "weight": 1, "loss_function": "single_class"},
    {"name": "letters", "labels": ["a", "e", "o"], "weight": 2, "loss_function": "multi_class"},
]


def samples() -> list[dict[str, Any]]:
    def labels(country: str) -> dict[str, Any]:
        return {"half": "first" if country < "J" else "second", "letters": [c for c in "aeo" if c in country.lower()]}

    texts = [{"text": country, "labels": labels(country)} for country in list(CAPITALS)[:10]]
    chats = [{"messages": [question(country)], "labels": labels(country)} for country in list(CAPITALS)[10:]]
    # A sample may lack labels for some targets.
    return [*texts, *chats, {"text": "Nowhere", "labels": {"half": "second"}}]


@pytest.fixture(scope="module")
def job(tiny: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier")
    files = {"train.jsonl": samples()}, {"valid.jsonl": samples()}
    settings = {"training_steps": 60, "learning_rate": 0.005}
    train(make_job(folder, tiny(), *files, hyperparameters=settings, job_type="classifier", classifier_targets=TARGETS))
    return folder


def test_both_kinds_of_target_are_learned(job: Path) -> None:
    assert losses(job)[60] < losses(job)[1] / 5
    assert result(job)["metrics"]["valid_mean_token_accuracy"] > 0.9
    assert lines(job, "checkpoint")[-1]["metrics"]["valid_loss"] < 0.5


def test_the_artifact_classifies_once_peft_has_loaded_it(job: Path, tiny: Callable[..., Path]) -> None:
    recipe = json.loads((job / "artifact" / "recipe.json").read_text())
    outputs = {target["name"]: slice(*target["outputs"]) for target in recipe["classifier_targets"]}
    tokenizer = AutoTokenizer.from_pretrained(job / "artifact")
    base = AutoModelForSequenceClassification.from_pretrained(tiny(), num_labels=5)
    model = PeftModel.from_pretrained(base, str(job / "artifact")).eval()
    right = 0
    for sample in samples()[:10]:
        with torch.no_grad():
            logits = model(**tokenizer(sample["text"], return_tensors="pt")).logits[0]
        right += TARGETS[0]["labels"][logits[outputs["half"]].argmax()] == sample["labels"]["half"]
        letters = [label for label, logit in zip("aeo", logits[outputs["letters"]], strict=True) if logit > 0]
        right += letters == sample["labels"]["letters"]
    assert right >= 18


def test_the_loss_is_the_weighted_sum_over_the_targets_that_a_sample_has_labels_for() -> None:
    heads = Heads([Target(**target) for target in TARGETS])  # type: ignore[arg-type]
    labels = torch.tensor([heads.encode({"half": "second", "letters": ["a", "o"]}), heads.encode({"half": "first"})])
    logits = torch.tensor([[0.5, -0.5, 1.0, -1.0, 2.0], [0.3, 0.1, 9.0, 9.0, 9.0]])
    single = torch.nn.functional.cross_entropy(logits[:, :2], torch.tensor([1, 0]))
    multi = torch.nn.functional.binary_cross_entropy_with_logits(logits[0, 2:], torch.tensor([1.0, 0.0, 1.0]))
    assert heads.loss(logits, labels).item() == pytest.approx((single + 2 * multi / 2).item(), abs=1e-6)


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (None, "labels: not an object"),
        ({"colour": "red"}, "labels.colour: not a target of the job"),
        ({"half": "third"}, 'labels.half: "third" is not one of'),
        ({"half": ["first", "second"]}, "labels.half: needs exactly one label"),
    ],
)
def test_labels_that_the_job_does_not_declare_are_rejected(labels: Any, reason: str) -> None:
    with pytest.raises(InvalidSample) as refused:
        Heads([Target(**target) for target in TARGETS]).encode(labels)  # type: ignore[arg-type]
    assert reason in str(refused.value)
