"""Classifier jobs with targets of one label and of several."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import independent
import pytest
import torch
from jobs import CAPITALS, lines, losses, make_job, question, result, write_jsonl
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from mistral_recipe.errors import InvalidSample
from mistral_recipe.evaluate_command import main as evaluate
from mistral_recipe.figures import classifier_figures
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
    more = {"job_type": "classifier", "classifier_targets": TARGETS, "evaluation": {"samples": 2}}
    train(make_job(folder, tiny(), *files, hyperparameters=settings, **more))
    return folder


def test_both_kinds_of_target_are_learned(job: Path) -> None:
    assert losses(job)[60] < losses(job)[1] / 5
    assert result(job)["metrics"]["valid_mean_token_accuracy"] > 0.9
    last = lines(job, "checkpoint")[-1]["metrics"]
    assert last["valid_loss"] < 0.5 and last["valid_accuracy"] > 0.8


@pytest.mark.parametrize("stage", ["base", "tuned"])
def test_the_figures_equal_an_independent_evaluation(stage: str, job: Path, tiny: Callable[..., Path]) -> None:
    (record,) = [line for line in lines(job, "evaluation") if line["stage"] == stage]
    figures = record["metrics"]
    expected = independent.classifier(tiny(), job / "artifact", stage == "tuned", samples(), TARGETS, seed=7)
    assert figures["valid_loss"] == pytest.approx(expected["valid_loss"], abs=1e-4)
    for target, declared in zip(figures["targets"], TARGETS, strict=True):
        pairs = expected["pairs"][declared["name"]]
        assert (target["name"], target["samples"]) == (declared["name"], len(pairs))
        assert target["accuracy"] == sum(true == predicted for true, predicted in pairs) / len(pairs)
        sets = [(set(true if declared["name"] == "letters" else [true]), predicted) for true, predicted in pairs]
        sets = [(true, set(predicted if declared["name"] == "letters" else [predicted])) for true, predicted in sets]
        matrix = [[sum(a in t and b in p for t, p in sets) for b in declared["labels"]] for a in declared["labels"]]
        order = [declared["labels"].index(label) for label in target["confusion"]["labels"]]
        assert target["confusion"]["matrix"] == [[matrix[a][b] for b in order] for a in order]
        # By the definition: the harmonic mean of precision and recall. No label is without a true sample here.
        scores = []
        for label in declared["labels"]:
            hits = sum(label in t and label in p for t, p in sets)
            precision = hits / max(1, sum(label in p for _, p in sets))
            recall = hits / sum(label in t for t, _ in sets)
            scores.append(2 * precision * recall / (precision + recall) if hits else 0)
        assert target["f1"] == pytest.approx(sum(scores) / len(scores))
    # "first" is the most frequent answer, and so is the letter a alone or with e.
    assert figures["targets"][0]["majority_accuracy"] == 9 / 17
    sets_of_letters = Counter(
        tuple(sample["labels"]["letters"]) for sample in samples() if "letters" in sample["labels"]
    )
    assert figures["targets"][1]["majority_accuracy"] == max(sets_of_letters.values()) / 16
    assert figures["accuracy"] == pytest.approx(sum(target["accuracy"] for target in figures["targets"]) / 2)
    assert figures["f1"] == pytest.approx(sum(target["f1"] for target in figures["targets"]) / 2)


def test_sample_answers_are_the_predicted_labels(job: Path) -> None:
    first, second = json.loads((job / "evaluation" / "samples.json").read_text())["samples"]
    assert first["prompt"] == "France" and json.loads(first["reference"]) == samples()[0]["labels"]
    assert json.loads(first["tuned"]).keys() == json.loads(second["base"]).keys() == {"half", "letters"}
    assert json.loads(first["tuned"]) == samples()[0]["labels"]


def test_the_evaluate_command_gives_the_figures_of_the_job(
    job: Path, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    request = {
        "version": 1, "base": {"path": str(tiny()), "seed": 7}, "job_type": "classifier", "classifier_targets": TARGETS,
        "validation_files": [{"path": str(job / "data" / "valid.jsonl"), "name": "valid.jsonl"}], "seq_len": 30,
    }  # fmt: skip
    base, tuned = [line["metrics"] for line in lines(job, "evaluation")]
    for adapter, expected in ((None, base), (str(job / "artifact"), tuned)):
        (tmp_path / "evaluate.json").write_text(json.dumps({**request, "adapter": adapter}))
        assert evaluate([str(tmp_path)]) == 0
        figures = json.loads((tmp_path / "figures.json").read_text())
        assert figures["evaluated_samples"] == len(samples())
        assert figures["valid_loss"] == pytest.approx(expected["valid_loss"], abs=1e-5)
        for own, its in zip(figures["targets"], expected["targets"], strict=True):
            # Without an adapter, the training data is not known.
            assert own == (its if adapter else {name: its[name] for name in its if name != "majority_accuracy"})


def test_the_evaluate_command_limits_invalid_samples_and_writes_no_nan(
    job: Path, tiny: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = write_jsonl(tmp_path / "valid.jsonl", [*samples()[:3], {"text": "Peru", "labels": {"half": "third"}}])
    shutil.copytree(job / "artifact", tmp_path / "diverged")
    weights = tmp_path / "diverged" / "adapter_model.safetensors"
    save_file({name: tensor * torch.nan for name, tensor in load_file(weights).items()}, weights)
    request = {
        "version": 1, "base": {"path": str(tiny())}, "job_type": "classifier", "classifier_targets": TARGETS,
        "validation_files": [{"path": str(file), "name": "valid.jsonl"}], "adapter": str(tmp_path / "diverged"),
    }  # fmt: skip

    def run(**more: Any) -> int:
        (tmp_path / "evaluate.json").write_text(json.dumps({**request, **more}))
        return evaluate([str(tmp_path)])

    assert run(invalid_sample_skip_percentage=0.2) == 1
    assert "1 of 4 samples are invalid; invalid_sample_skip_percentage allows 20 %" in capfd.readouterr().err
    targets = [{**target, "labels": ["other"]} for target in TARGETS]
    assert run(classifier_targets=targets) == 1
    assert "4 of 4 samples are invalid" in capfd.readouterr().err
    assert not (tmp_path / "figures.json").exists()
    assert run() == 0
    figures = json.loads((tmp_path / "figures.json").read_text(), parse_constant=pytest.fail)
    assert figures["evaluated_samples"] == 3 and "valid_loss" not in figures and "accuracy" in figures


def test_a_confusion_matrix_has_the_50_most_frequent_labels_and_the_record_fits_into_a_line() -> None:
    labels = [f"a label with a long name {index}" for index in range(60)]
    heads = Heads([Target(name, labels) for name in "abcdefghijkl"])
    answers = [f"{labels[59 - min(index % 60, index % 7)]}" for index in range(120)]
    encoded = torch.tensor([heads.encode(dict.fromkeys("abcdefghijkl", answer)) for answer in answers])
    (target, *_) = classifier_figures(Heads([Target("a", labels)]), encoded[:, :60], encoded[:, :60], {})["targets"]
    assert len(target["confusion"]["labels"]) == 50 and target["confusion"]["labels"][0] == labels[59]
    assert target["accuracy"] == target["f1"] == 1
    assert len(json.dumps(classifier_figures(heads, encoded, encoded, {}))) < 60_000


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
