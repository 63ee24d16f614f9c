"""One training sequence: its tokens, and the labels that the loss uses."""

from dataclasses import dataclass

# PyTorch's cross entropy ignores a label of this value.
IGNORED = -100


@dataclass(frozen=True)
class Row:
    """`labels` has the length of `input_ids`; a label is its token, or -100 where the loss ignores the token."""

    input_ids: list[int]
    labels: list[int]

    def cut(self, length: int) -> "Row":
        return self if len(self.input_ids) <= length else Row(self.input_ids[:length], self.labels[:length])

    @property
    def counts(self) -> bool:
        # The model predicts each token from those before it, so the first token is never learned.
        # `list.count` is much faster than a loop over the labels.
        return self.labels.count(IGNORED) < len(self.labels) - (self.labels[:1] != [IGNORED])
