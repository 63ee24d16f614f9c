"""The interface for encoding samples: with mistral_common for Mistral's tokenizers, else with the model's template."""

from typing import Any, Protocol

from .rows import Row
from .samples import Message


class Encoder(Protocol):
    """Converts samples to tokens. `name` describes the chat format in the job's events."""

    name: str
    eos_id: int
    # Rules that samples broke but that were not enforced; see `generation_rules` in job.json.
    warnings: list[str]

    def conversation(self, messages: list[Message], tools: list[Any] | None) -> list[Row]:
        """Returns the rows of a conversation. The last row contains the whole conversation."""

    def prompt(self, messages: list[Message], tools: list[Any] | None) -> list[int]:
        """Returns a conversation as the input of a classifier."""

    def question(self, messages: list[Message], tools: list[Any] | None) -> list[int]:
        """Returns the prompt that the model gets at inference, after which it writes the next assistant message."""

    def text(self, text: str) -> list[int]:
        """Returns the tokens of a document, including EOS."""

    def fill_in_the_middle(self, prefix: str, middle: str, suffix: str) -> list[int]: ...

    def token_ends(self, text: str) -> list[int]:
        """Returns the end of each token of a document, as a byte offset."""

    def decode(self, ids: list[int]) -> str: ...
