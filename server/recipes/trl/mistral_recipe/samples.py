"""The data files: one JSON object a line, as Mistral's API takes them."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .errors import InvalidSample, RecipeError
from .job import DataFile

ROLES = {"system", "user", "assistant", "tool"}


@dataclass
class Count:
    """How many samples there were, how many of them could not be used, and where the first of those stands."""

    samples: int = 0
    invalid: int = 0
    first: str | None = None

    def check(self, share: float) -> None:
        """Raises RecipeError where more than the given share was invalid, or nothing is left."""
        # The product may come out a little too small: 0.29 * 100 is 28.999999999999996. The server's own check has the
        # same rule.
        allowed = share * self.samples * (1 + 2 * sys.float_info.epsilon)
        if self.invalid > allowed or self.invalid == self.samples > 0:
            raise RecipeError(
                f"{self.first} ({self.invalid} of {self.samples} samples are invalid, "
                f"{share * 100:.12g} % may be: invalid_sample_skip_percentage)"
            )


def read_samples(file: DataFile, count: Count, use: Callable[[dict[str, Any]], Any]) -> Iterator[Any]:
    """Yields what `use` makes of each sample, and counts those that it, or JSON, refuses."""
    try:
        lines = file.path.open("rb")
    except OSError as error:
        raise RecipeError(f"{file.name} cannot be read: {error.strerror}") from error
    with lines:
        for number, line in enumerate(lines, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                continue
            count.samples += 1
            try:
                yield use(parse(line))
            except InvalidSample as error:
                count.invalid += 1
                count.first = count.first or f"{file.name}:{number}: {error}"


def parse(line: bytes) -> dict[str, Any]:
    try:
        sample = json.loads(line)
    except ValueError as error:
        raise InvalidSample("not valid JSON") from error
    if not isinstance(sample, dict):
        raise InvalidSample("not a JSON object")
    if "messages" in sample:
        return {**sample, "messages": messages_of(sample["messages"])}
    if isinstance(sample.get("text"), str) and sample["text"]:
        return sample
    raise InvalidSample('neither "messages" nor a non-empty "text"')


def messages_of(raw: Any) -> list[dict[str, Any]]:
    """The messages as chat templates want them: content is text, the arguments of a call are an object."""
    if not isinstance(raw, list) or not raw:
        raise InvalidSample("messages: not a list of messages")
    return [message_of(message, f"messages[{index}]") for index, message in enumerate(raw)]


def message_of(raw: Any, where: str) -> dict[str, Any]:
    if not isinstance(raw, dict) or raw.get("role") not in ROLES:
        raise InvalidSample(f"{where}.role: not one of {', '.join(sorted(ROLES))}")
    message = {**raw, "content": text_of(raw.get("content"), where)}
    if raw.get("tool_calls"):
        message["tool_calls"] = [call_of(call, f"{where}.tool_calls[{i}]") for i, call in enumerate(raw["tool_calls"])]
    else:
        message.pop("tool_calls", None)
        if raw["role"] == "assistant" and not message["content"]:
            raise InvalidSample(f"{where}: an assistant message needs content or tool_calls")
    return message


def text_of(content: Any, where: str) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        chunks = [chunk.get("text") if isinstance(chunk, dict) else None for chunk in content]
        if all(isinstance(chunk, str) for chunk in chunks):
            return "".join(chunks)
        raise InvalidSample(f"{where}.content: this recipe trains on text alone, not on images")
    raise InvalidSample(f"{where}.content: not a text")


def call_of(raw: Any, where: str) -> dict[str, Any]:
    try:
        function = raw["function"]
        arguments = function["arguments"]
        if isinstance(arguments, str):
            arguments = json.loads(arguments)
        return {**raw, "type": "function", "function": {**function, "arguments": arguments}}
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidSample(f"{where}: needs function.name and function.arguments, a JSON text") from error
