"""Encodes samples with the chat template of the model's tokenizer, for models that do not use Mistral's formats."""

import re
from itertools import groupby
from typing import Any

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from .errors import InvalidSample
from .fim import PLAIN_MARKERS, byte_offsets
from .rows import IGNORED, Row
from .samples import Message, arguments_of

# (prefix, suffix, middle). Mistral's code models put the suffix first; the middle follows the prefix without a marker.
FIM_MARKERS: list[tuple[str, str, str | None]] = [
    ("[PREFIX]", "[SUFFIX]", None),
    ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
]


class TemplateEncoder:
    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        self.name = "the model's own chat template"
        self.eos_id: int = tokenizer.eos_token_id
        self.warnings: list[str] = []

    def conversation(self, messages: list[Message], tools: list[Any] | None) -> list[Row]:
        """Returns the rows of one conversation; usually one.

        A template may mark the assistant's tokens with `{% generation %}`. Mistral's templates do not. Then, if each
        turn's prompt is a prefix of the whole conversation, the lengths of the rendered turns give the assistant's
        tokens. Otherwise each assistant turn gets its own row, with the same context as at inference. This happens
        with Mistral's templates, which put the tools before the last user message.
        """
        messages = plain_messages(messages)
        assistants = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
        learned = [i for i in assistants if messages[i].get("weight") != 0]
        render = _Renderer(self.tokenizer, messages, tools or None)
        try:
            if not learned:
                return [_row(render.tokens()["input_ids"], set())]
            row = _by_markers(render, learned) or _by_lengths(render, learned)
            return [_without_call_ids(render, row)] if row else [_turn(render, i) for i in learned]
        except (TemplateError, TypeError) as error:
            raise InvalidSample(f"messages: the model's chat template rejects them: {error}") from error

    def prompt(self, messages: list[Message], tools: list[Any] | None) -> list[int]:
        return self._rendered(messages, tools)

    def question(self, messages: list[Message], tools: list[Any] | None) -> list[int]:
        return self._rendered(messages, tools, add_generation_prompt=True)

    def _rendered(self, messages: list[Message], tools: list[Any] | None, **options: Any) -> list[int]:
        try:
            render = _Renderer(self.tokenizer, plain_messages(messages), tools or None)
            return list(render.tokens(**options)["input_ids"])
        except (TemplateError, TypeError) as error:
            raise InvalidSample(f"messages: the model's chat template rejects them: {error}") from error

    def text(self, text: str) -> list[int]:
        ids = list(self.tokenizer(text)["input_ids"])
        return ids if ids and ids[-1] == self.eos_id else [*ids, self.eos_id]

    def fill_in_the_middle(self, prefix: str, middle: str, suffix: str) -> list[int]:
        """Encodes prefix, suffix and middle separately, because a cut may be inside a word."""
        vocabulary = self.tokenizer.get_vocab()
        known = [part for part in FIM_MARKERS if all(name is None or name in vocabulary for name in part)]
        before, after, between = known[0] if known else PLAIN_MARKERS
        if between is None:
            prompt = [*self._plain(after), *self._plain(suffix), *self._plain(before), *self._plain(prefix)]
        else:
            parts = (before, prefix, after, suffix, between)
            prompt = [token for part in parts for token in self._plain(part)]
        return [*self._start(), *prompt, *self._plain(middle), self.eos_id]

    def token_ends(self, text: str) -> list[int]:
        if not self.tokenizer.is_fast:
            # A slow tokenizer reports no offsets. Treat each character as one token.
            return byte_offsets(text, list(range(1, len(text) + 1)))
        offsets = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        return byte_offsets(text, [end for _, end in offsets])

    def decode(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids)

    def _plain(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"]) if text else []

    def _start(self) -> list[int]:
        """Returns BOS, if the tokenizer adds BOS before a text."""
        bos = self.tokenizer.bos_token_id
        return [bos] if bos is not None and self.tokenizer("a")["input_ids"][0] == bos else []


def plain_messages(messages: list[Message]) -> list[Message]:
    """Converts messages to the form that chat templates expect: content as text, call arguments as an object."""
    return [_plain_message(message, f"messages[{index}]") for index, message in enumerate(messages)]


def _plain_message(raw: Message, path: str) -> Message:
    message = {**raw, "content": _plain_content(raw.get("content"), path)}
    calls = message.pop("tool_calls", None)
    if calls:
        message["tool_calls"] = [_plain_call(call, f"{path}.tool_calls[{i}]") for i, call in enumerate(calls)]
    return message


def _plain_content(content: Any, path: str) -> str:
    if not isinstance(content, list):
        return content or ""
    for index, chunk in enumerate(content):
        if "text" not in chunk:
            raise InvalidSample(f"{path}.content[{index}]: the model's chat template has no {chunk.get('type')} chunks")
    return "".join(chunk["text"] for chunk in content)


def _plain_call(call: Any, path: str) -> Any:
    arguments = arguments_of(call, path)
    return {**call, "type": "function", "function": {**call["function"], "arguments": arguments}}


class _Renderer:
    def __init__(self, tokenizer: PreTrainedTokenizerBase, messages: list[Message], tools: list[Any] | None) -> None:
        self.tokenizer = tokenizer
        self.messages = messages
        self.tools = tools

    def text(self, end: int, prompt: bool = False) -> str:
        return self.tokenizer.apply_chat_template(
            self.messages[:end], tools=self.tools, tokenize=False, add_generation_prompt=prompt
        )

    def tokens(self, **options: Any) -> Any:
        return self.tokenizer.apply_chat_template(
            self.messages, tools=self.tools, tokenize=True, return_dict=True, **options
        )


def _by_markers(render: _Renderer, learned: list[int]) -> Row | None:
    template = render.tokenizer.get_chat_template(tools=render.tools)
    if "generation %}" not in template.replace("-%}", "%}") or not render.tokenizer.is_fast:
        return None
    encoded = render.tokens(return_assistant_tokens_mask=True)
    ids, mask = encoded["input_ids"], encoded["assistant_masks"]
    runs = [list(run) for counts, run in groupby(range(len(ids)), key=lambda i: mask[i]) if counts]
    assistants = [i for i, message in enumerate(render.messages) if message["role"] == "assistant"]
    if len(runs) != len(assistants):
        return None
    kept = {token for index, run in zip(assistants, runs, strict=True) if index in learned for token in run}
    return _row(ids, kept)


def _by_lengths(render: _Renderer, learned: list[int]) -> Row | None:
    if not render.tokenizer.is_fast:
        return None
    whole = render.text(len(render.messages))
    spans = []
    for index in learned:
        before = [text for text in (render.text(index, prompt=True), render.text(index)) if whole.startswith(text)]
        upto = render.text(index + 1)
        if not before or not whole.startswith(upto):
            return None
        spans.append((len(before[0]), len(upto)))
    encoded = render.tokenizer(whole, add_special_tokens=False, return_offsets_mapping=True)
    kept = {
        token
        for token, (start, end) in enumerate(encoded["offset_mapping"])
        if any(end > first and start < last for first, last in spans)
    }
    return _row(encoded["input_ids"], kept)


def _without_call_ids(render: _Renderer, row: Row) -> Row:
    """Excludes the ids of tool calls from the loss. The ids are random, so a model cannot learn them."""
    ids = {call.get("id") for message in render.messages for call in message.get("tool_calls") or []} - {None, ""}
    if not ids or not render.tokenizer.is_fast:
        return row
    text = render.text(len(render.messages))
    encoded = render.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    if encoded["input_ids"] != row.input_ids:
        return row
    spans = [match.span() for match in re.finditer("|".join(map(re.escape, sorted(ids))), text)]
    random = {
        token
        for token, (start, end) in enumerate(encoded["offset_mapping"])
        if any(end > first and start < last for first, last in spans)
    }
    return Row(row.input_ids, [IGNORED if i in random else label for i, label in enumerate(row.labels)])


def _turn(render: _Renderer, index: int) -> Row:
    context = _Renderer(render.tokenizer, render.messages[:index], render.tools)
    whole = _Renderer(render.tokenizer, render.messages[: index + 1], render.tools)
    prompt, ids = context.tokens(add_generation_prompt=True)["input_ids"], whole.tokens()["input_ids"]
    common = next((i for i, pair in enumerate(zip(prompt, ids, strict=False)) if pair[0] != pair[1]), len(prompt))
    return _without_call_ids(whole, _row(ids, set(range(common, len(ids)))))


def _row(ids: list[int], kept: set[int]) -> Row:
    return Row(list(ids), [token if i in kept else IGNORED for i, token in enumerate(ids)])
