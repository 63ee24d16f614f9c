"""The figures of a classifier: per target accuracy, F1, the accuracy of a constant answer, and a confusion matrix."""

import json
from collections import Counter
from typing import Any

from torch import Tensor

from .heads import Heads
from .job import Target

MAX_CONFUSION_LABELS = 50
# The server ignores a line of progress.jsonl that is longer than 64 KiB.
MAX_FIGURES_BYTES = 48 << 10

# A sample's labels of one target, in the order of the target's labels.
Answer = tuple[str, ...]


def classifier_figures(heads: Heads, logits: Tensor, labels: Tensor, majority: dict[str, list[str]]) -> dict[str, Any]:
    """Returns `accuracy` and `f1`, the means over the targets, and `targets`. Omits targets without a labelled sample.

    Shapes: (samples, all labels). `majority` has each target's most frequent answer in the training data, or is empty.
    """
    predicted, expected = heads.answers(logits), heads.answers(labels, given=True)
    confusion = MAX_CONFUSION_LABELS
    while True:
        targets = [
            target_figures(target, expected[target.name], predicted[target.name], majority.get(target.name), confusion)
            for target in heads.targets
            if any(answer is not None for answer in expected[target.name])
        ]
        if confusion == 0 or len(json.dumps(targets)) <= MAX_FIGURES_BYTES:
            break
        confusion //= 2
    if not targets:
        return {}
    means = {name: sum(target[name] for target in targets) / len(targets) for name in ("accuracy", "f1")}
    return {**means, "targets": targets}


def target_figures(
    target: Target,
    expected: list[Answer | None],
    predicted: list[Answer],
    majority: list[str] | None,
    max_labels: int = MAX_CONFUSION_LABELS,
) -> dict[str, Any]:
    """Returns the figures of one target, over the samples that have an answer. There must be one."""
    pairs = [(own, guess) for own, guess in zip(expected, predicted, strict=True) if own is not None]
    figures: dict[str, Any] = {
        "name": target.name,
        "loss_function": target.loss_function,
        "samples": len(pairs),
        "accuracy": sum(own == guess for own, guess in pairs) / len(pairs),
        "f1": macro_f1(target.labels, pairs),
    }
    if majority is not None:
        figures["majority_accuracy"] = sum(own == tuple(majority) for own, _ in pairs) / len(pairs)
    if max_labels:
        figures["confusion"] = confusion(target.labels, pairs, max_labels)
    return figures


def macro_f1(labels: list[str], pairs: list[tuple[Answer, Answer]]) -> float:
    """Returns the mean F1 of the labels, without labels that neither an answer nor a prediction contains."""
    scores = []
    for label in labels:
        both = sum(label in own and label in guess for own, guess in pairs)
        either = sum((label in own) + (label in guess) for own, guess in pairs)
        if either:
            scores.append(2 * both / either)
    # Every sample has no label, and every prediction is right.
    return sum(scores) / len(scores) if scores else 1.0


def confusion(labels: list[str], pairs: list[tuple[Answer, Answer]], max_labels: int) -> dict[str, Any]:
    """Returns the most frequent labels, and how many samples have the row's label and the predicted column's label.

    In a target of several labels, a sample counts in the cell of each pair of a true and a predicted label.
    """
    frequency = Counter(label for own, _ in pairs for label in own)
    kept = sorted(labels, key=lambda label: -frequency[label])[:max_labels]
    cells = Counter((row, column) for own, guess in pairs for row in own for column in guess)
    return {"labels": kept, "matrix": [[cells[row, column] for column in kept] for row in kept]}


def most_frequent(heads: Heads, labels: Tensor) -> dict[str, list[str]]:
    """Returns each target's most frequent answer. Of equally frequent answers, the first in the order of labels."""
    found = {}
    for target in heads.targets:
        counts = Counter(answer for answer in heads.answers(labels, given=True)[target.name] if answer is not None)
        if counts:
            highest = max(counts.values())
            ties = [answer for answer, count in counts.items() if count == highest]
            found[target.name] = list(min(ties, key=lambda answer: [target.labels.index(label) for label in answer]))
    return found
