"""Conversations as tokens, and which of them count for the loss: those of assistant messages whose weight is not 0."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from .errors import InvalidSample

IGNORED = -100

Message = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One sequence of tokens; a label is its token, or -100 where the token does not count."""

    input_ids: list[int]
    labels: list[int]

    def cut(self, length: int) -> "Row":
        return Row(self.input_ids[:length], self.labels[:length])

    @property
    def counts(self) -> bool:
        # The first token has nothing before it to be foretold from.
        return any(label != IGNORED for label in self.labels[1:])


def chat_rows(tokenizer: PreTrainedTokenizerBase, messages: list[Message], tools: list[Any] | None) -> list[Row]:
    """The rows of one conversation; usually one.

    A template may mark the assistant's part itself (`{% generation %}`). Mistral's own do not. Where each turn's
    context is the beginning of the whole text, the marks follow from the lengths. Where it is not (their templates
    put the tools before the last user message), each assistant turn becomes a row of its own, with the context that
    it has in use.
    """
    trained = [i for i, message in enumerate(messages) if message["role"] == "assistant" and message.get("weight") != 0]
    if not trained:
        return []
    render = _Renderer(tokenizer, messages, tools or None)
    try:
        row = _by_markers(render, trained) or _by_lengths(render, trained)
        return [row] if row else [_turn(render, i) for i in trained]
    except TemplateError as error:
        raise InvalidSample(f"the model's chat template refuses the messages: {error}") from error


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


def _by_markers(render: _Renderer, trained: list[int]) -> Row | None:
    template = render.tokenizer.get_chat_template(tools=render.tools)
    if "generation %}" not in template.replace("-%}", "%}") or not render.tokenizer.is_fast:
        return None
    encoded = render.tokens(return_assistant_tokens_mask=True)
    ids, mask = encoded["input_ids"], encoded["assistant_masks"]
    runs = [list(run) for counts, run in groupby(range(len(ids)), key=lambda i: mask[i]) if counts]
    assistants = [i for i, message in enumerate(render.messages) if message["role"] == "assistant"]
    if len(runs) != len(assistants):
        return None
    kept = {token for index, run in zip(assistants, runs, strict=True) if index in trained for token in run}
    return _row(ids, kept)


def _by_lengths(render: _Renderer, trained: list[int]) -> Row | None:
    if not render.tokenizer.is_fast:
        return None
    whole = render.text(len(render.messages))
    spans = []
    for index in trained:
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


def _turn(render: _Renderer, index: int) -> Row:
    context = _Renderer(render.tokenizer, render.messages[:index], render.tools)
    whole = _Renderer(render.tokenizer, render.messages[: index + 1], render.tools)
    prompt, ids = context.tokens(add_generation_prompt=True)["input_ids"], whole.tokens()["input_ids"]
    common = next((i for i, pair in enumerate(zip(prompt, ids, strict=False)) if pair[0] != pair[1]), len(prompt))
    return _row(ids, set(range(common, len(ids))))


def _row(ids: list[int], kept: set[int]) -> Row:
    return Row(list(ids), [token if i in kept else IGNORED for i, token in enumerate(ids)])
