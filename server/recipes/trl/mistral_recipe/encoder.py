"""What encodes the samples of a job: mistral_common for Mistral's tokenizers, else the model's own chat template."""

from typing import Any, Protocol

from .rows import Row
from .samples import Message


class Encoder(Protocol):
    """Turns samples into tokens. `name` says what encodes; it is shown in the job's events."""

    name: str
    eos_id: int
    # Rules that samples broke and that were not enforced; see `generation_rules` in job.json.
    warnings: list[str]

    def conversation(self, messages: list[Message], tools: list[Any] | None) -> list[Row]:
        """The rows of a conversation; the last one holds all of it."""

    def prompt(self, messages: list[Message], tools: list[Any] | None) -> list[int]:
        """A conversation as the input of a classifier."""

    def text(self, text: str) -> list[int]:
        """A document from its first token to EOS."""

    def fill_in_the_middle(self, prefix: str, middle: str, suffix: str) -> list[int]: ...

    def token_ends(self, text: str) -> list[int]:
        """The end of each token of a document, as a byte offset."""

    def decode(self, ids: list[int]) -> str: ...
