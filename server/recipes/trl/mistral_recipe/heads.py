"""The targets of a classifier: each has outputs of the classification head, one per label."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.nn import functional

from .errors import InvalidSample
from .job import Target

# Marks targets for which a sample has no label. The loss and the accuracy ignore these targets.
MISSING = -1.0


@dataclass(frozen=True)
class Heads:
    """Encodes the labels of all targets as one vector of 0 and 1, so that one linear layer predicts all targets."""

    targets: list[Target]

    @property
    def names(self) -> list[str]:
        return [f"{target.name}:{label}" for target in self.targets for label in target.labels]

    def encode(self, labels: Any) -> list[float]:
        """Returns the vector of a sample's `labels`. Raises InvalidSample for labels that the job does not declare."""
        if not isinstance(labels, dict) or not labels:
            raise InvalidSample("labels: not an object with a label for each target")
        unknown = sorted(set(labels) - {target.name for target in self.targets})
        if unknown:
            raise InvalidSample(f"labels.{unknown[0]}: not a target of the job")
        return [value for target in self.targets for value in _encode(target, labels.get(target.name))]

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Cross entropy for `single_class`, binary cross entropy for `multi_class`. Shapes: (batch, all labels)."""
        total = logits.new_zeros(())
        for target, own, wanted in self._split(logits, labels):
            given = wanted[:, 0] != MISSING
            if target.loss_function == "multi_class":
                losses = functional.binary_cross_entropy_with_logits(own, wanted.clamp(min=0), reduction="none").mean(1)
            else:
                losses = functional.cross_entropy(own, wanted.argmax(1), reduction="none")
            total = total + target.weight * (losses * given).sum() / len(logits)
        return total

    def accuracy(self, logits: Tensor, labels: Tensor) -> float:
        """Returns the fraction of correct samples (for `multi_class`: labels), averaged over the targets."""
        shares = []
        for target, own, wanted in self._split(logits, labels):
            given = wanted[:, 0] != MISSING
            if not given.any():
                continue
            if target.loss_function == "multi_class":
                right = ((own > 0) == (wanted > 0)).float().mean(1)
            else:
                right = (own.argmax(1) == wanted.argmax(1)).float()
            shares.append(right[given].mean().item())
        return sum(shares) / len(shares) if shares else 0.0

    def answers(self, values: Tensor, given: bool = False) -> dict[str, list[tuple[str, ...] | None]]:
        """Returns the labels of each sample by target. Shape of `values`: (samples, all labels).

        `values` are logits, or with `given` the labels of the data: then None for a target that a sample lacks.
        """
        found: dict[str, list[tuple[str, ...] | None]] = {}
        for target, own, _ in self._split(values, values):
            if target.loss_function == "multi_class" or given:
                rows = [
                    None
                    if given and row[0] == MISSING
                    else tuple(label for label, value in zip(target.labels, row, strict=True) if value > 0)
                    for row in own.tolist()
                ]
            else:
                rows = [(target.labels[index],) for index in own.argmax(1).tolist()]
            found[target.name] = rows
        return found

    def _split(self, logits: Tensor, labels: Tensor) -> list[tuple[Target, Tensor, Tensor]]:
        sizes = [len(target.labels) for target in self.targets]
        return list(zip(self.targets, logits.split(sizes, 1), labels.split(sizes, 1), strict=True))


def _encode(target: Target, value: Any) -> list[float]:
    if value is None:
        return [MISSING] * len(target.labels)
    chosen = value if isinstance(value, list) else [value]
    if target.loss_function != "multi_class" and len(chosen) != 1:
        raise InvalidSample(f"labels.{target.name}: needs exactly one label")
    for label in chosen:
        if label not in target.labels:
            raise InvalidSample(f'labels.{target.name}: "{label}" is not one of the target\'s labels')
    return [float(label in chosen) for label in target.labels]
