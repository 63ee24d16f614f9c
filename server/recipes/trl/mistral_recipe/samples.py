"""Reads data files: one JSON object per line, in the format of Mistral's API."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .errors import InvalidData, InvalidSample, RecipeError
from .job import DataFile
from .progress import Progress
from .share_done import ShareDone

Message = dict[str, Any]

# A user fixes the first errors and tries again, so a longer list would not help.
MAX_FINDINGS = 20

ROLES = ("assistant", "system", "tool", "user")
TEXT_ONLY = "the recipe trains on text, not on images or audio: remove them from the sample"


@dataclass
class Count:
    """The number of samples, the number of invalid samples, and `file:line: reason` of the first invalid ones."""

    samples: int = 0
    invalid: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def first(self) -> str | None:
        return next(iter(self.findings), None)

    def reject(self, finding: str) -> None:
        self.invalid += 1
        self.findings = [*self.findings, finding][:MAX_FINDINGS]

    def add(self, other: "Count") -> None:
        self.samples += other.samples
        self.invalid += other.invalid
        self.findings = [*self.findings, *other.findings][:MAX_FINDINGS]

    def check(self, share: float) -> None:
        """Raises InvalidData when more than the fraction `share` of the samples is invalid, or when all are invalid."""
        # Correct the rounding error of the product: 0.29 * 100 is 28.999999999999996. The server does the same.
        allowed = share * self.samples * (1 + 2 * sys.float_info.epsilon)
        if self.invalid > allowed or self.invalid == self.samples > 0:
            raise InvalidData(
                f"{self.first} ({self.invalid} of {self.samples} samples are invalid; "
                f"invalid_sample_skip_percentage allows {share * 100:.12g} %)",
                self.findings,
            )


def read_samples(
    file: DataFile, count: Count, use: Callable[[dict[str, Any]], Any], progress: Progress
) -> Iterator[Any]:
    """Yields `use(sample)` for each valid sample. Counts samples that are invalid JSON or that `use` rejects."""
    try:
        lines = file.path.open("rb")
        share = ShareDone(progress, file.name, file.path.stat().st_size)
    except OSError as error:
        raise RecipeError(f"cannot read {file.name}: {error.strerror}") from error
    with lines:
        yield from use_lines(file.name, share.of(lines), 1, count, lambda sample, _: use(sample))


def use_lines(
    name: str, lines: Iterable[bytes], first_line: int, count: Count, use: Callable[[dict[str, Any], int], Any]
) -> Iterator[Any]:
    """Yields `use(sample, line number)` for each valid sample. Counts samples like `read_samples`."""
    for number, line in numbered_lines(lines, first_line):
        count.samples += 1
        try:
            yield use(parse(line), number)
        except InvalidSample as error:
            count.reject(f"{name}:{number}: {error}")


def numbered_lines(lines: Iterable[bytes], first: int = 1) -> Iterator[tuple[int, bytes]]:
    """Yields each line that is not blank with its number. Removes the byte order mark of the file."""
    for number, line in enumerate(lines, first):
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.strip():
            yield number, line


def parse(line: bytes) -> dict[str, Any]:
    """Parses a line and checks the rules that hold for every model. Raises InvalidSample with the field's path."""
    try:
        sample = json.loads(line)
    except ValueError as error:
        raise InvalidSample("not valid JSON") from error
    if not isinstance(sample, dict):
        raise InvalidSample("not a JSON object")
    if "messages" in sample:
        check_messages(sample["messages"])
        return sample
    if isinstance(sample.get("text"), str) and sample["text"]:
        return sample
    raise InvalidSample('neither "messages" nor a non-empty "text"')


def check_messages(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise InvalidSample("messages: not a list of messages")
    for index, message in enumerate(messages):
        check_message(message, f"messages[{index}]")


def check_message(message: Any, path: str) -> None:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise InvalidSample(f"{path}.role: not one of {', '.join(ROLES)}")
    check_content(message.get("content"), path)
    for index, call in enumerate(message.get("tool_calls") or []):
        arguments_of(call, f"{path}.tool_calls[{index}]")
    if message["role"] == "assistant" and not message.get("content") and not message.get("tool_calls"):
        raise InvalidSample(f"{path}: an assistant message needs content or tool_calls")


def check_content(content: Any, path: str) -> None:
    if content is None or isinstance(content, str):
        return
    if not isinstance(content, list):
        raise InvalidSample(f"{path}.content: not a text")
    for index, chunk in enumerate(content):
        kind = chunk.get("type", "text") if isinstance(chunk, dict) else None
        if kind not in ("text", "thinking"):
            raise InvalidSample(f"{path}.content[{index}]: {TEXT_ONLY}")
        if kind == "text" and not isinstance(chunk.get("text"), str):
            raise InvalidSample(f"{path}.content[{index}].text: not a text")


def arguments_of(call: Any, path: str) -> Any:
    """Returns the parsed arguments of a tool call."""
    try:
        call["function"]["name"]
        arguments = call["function"]["arguments"]
        return json.loads(arguments) if isinstance(arguments, str) else arguments
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidSample(f"{path}: needs function.name, and function.arguments as a JSON text") from error
