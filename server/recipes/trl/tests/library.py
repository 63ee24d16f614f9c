"""Compares the recipe's rows with those of an independent use of mistral_common."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from mistral_common.exceptions import MistralCommonException
from mistral_common.protocol.instruct.messages import (
    FinetuningAssistantMessage,
    SystemMessage,
    ToolMessage,
    UserMessage,
)
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.tool_calls import Tool
from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

from mistral_recipe.errors import InvalidSample
from mistral_recipe.rows import IGNORED, Row
from mistral_recipe.samples import parse

Sample = dict[str, Any]


@dataclass(frozen=True)
class Library:
    """Encodes with mistral_common directly, both training samples and prompts for inference."""

    training: MistralTokenizer
    use: MistralTokenizer

    def train(self, messages: list[Sample], tools: Any) -> list[int]:
        return self.training.encode_chat_completion(request(messages, tools)).tokens

    def prompt(self, messages: list[Sample], tools: Any) -> list[int]:
        return self.use.encode_chat_completion(request(messages, tools)).tokens

    def text(self, ids: list[int]) -> bytes:
        tokenizer = self.use.instruct_tokenizer.tokenizer
        return b"".join(
            tokenizer.decode([id], special_token_policy=SpecialTokenPolicy.KEEP).encode()
            if tokenizer.is_special(id) or not hasattr(tokenizer, "id_to_byte_piece")
            else tokenizer.id_to_byte_piece(id)
            for id in ids
        )


def request(messages: list[Sample], tools: Any) -> ChatCompletionRequest:
    kinds = {"system": SystemMessage, "user": UserMessage, "assistant": FinetuningAssistantMessage, "tool": ToolMessage}
    return ChatCompletionRequest(
        messages=[kinds[message["role"]].model_validate(plain(message), extra="ignore") for message in messages],
        tools=[Tool.from_openai(tool) for tool in tools] if tools else None,
    )


def plain(message: Sample) -> Sample:
    """Converts thinking chunks: the API has a list of chunks, but mistral_common expects text."""
    if not isinstance(message.get("content"), list):
        return message
    chunks = [
        {**chunk, "thinking": "".join(part["text"] for part in chunk["thinking"])}
        if isinstance(chunk.get("thinking"), list)
        else chunk
        for chunk in message["content"]
    ]
    return {**message, "content": chunks}


def check(encoder: Any, library: Library, messages: list[Sample], tools: Any) -> None:
    """Asserts that the recipe and mistral_common give equal rows, or that both reject the conversation."""
    try:
        expected = library.train(messages, tools)
        # v2 omits earlier tool calls, so it may encode the whole conversation but reject an earlier turn.
        turns = learned_turns(library, messages, tools)
    except (MistralCommonException, ValueError, AssertionError, NotImplementedError):
        with pytest.raises(InvalidSample):
            rows_of(encoder, messages, tools)
        return
    rows = rows_of(encoder, messages, tools)
    assert rows[-1].input_ids == expected
    for row in rows:
        own = [turn for turn in turns if row.input_ids[: len(turn[1])] == turn[1] and counts(row, turn)]
        assert mask_of(row) == {place for turn in own for place in counted(row, turn)}
        for turn in own:
            turns.remove(turn)
            check_content(library, row, turn)
    assert turns == [], "a turn is learned in no row"


Turn = tuple[int, list[int], list[str]]


def learned_turns(library: Library, messages: list[Sample], tools: Any) -> list[Turn]:
    """Returns for each learned turn: the length of its prompt, the tokens up to its end, and its call ids."""
    turns = []
    for index, message in enumerate(messages):
        is_last_of_turn = index + 1 == len(messages) or not joins(message, messages[index + 1])
        if message["role"] != "assistant" or message.get("weight") == 0 or not is_last_of_turn:
            continue
        first = index
        while first > 0 and joins(messages[first - 1], messages[first]):
            first -= 1
        ids = [entry["id"] for one in messages[first : index + 1] for entry in one.get("tool_calls") or []]
        whole = library.train(messages[: index + 1], tools)
        turns.append((prompt_length(library, messages[:first], tools, whole), whole, ids))
    return turns


def joins(first: Sample, second: Sample) -> bool:
    return first["role"] == second["role"] == "assistant" and first.get("weight") == second.get("weight")


def prompt_length(library: Library, before: list[Sample], tools: Any, whole: list[int]) -> int:
    if before and before[-1]["role"] == "assistant":
        # The previous message is an assistant turn with another weight.
        return len(library.train(before, tools))
    prompt = library.prompt(before, tools)
    assert whole[: len(prompt)] == prompt
    return len(prompt)


def counts(row: Row, turn: Turn) -> bool:
    return any(label != IGNORED for label in row.labels[turn[0] : len(turn[1])])


def mask_of(row: Row) -> set[int]:
    assert all(label in (IGNORED, token) for token, label in zip(row.input_ids, row.labels, strict=True))
    return {place for place, label in enumerate(row.labels) if label != IGNORED}


def counted(row: Row, turn: Turn) -> set[int]:
    """Returns the positions of a turn's tokens that count for the loss."""
    return {place for place in range(turn[0], len(turn[1])) if row.labels[place] != IGNORED}


def check_content(library: Library, row: Row, turn: Turn) -> None:
    """Checks that the learned text of a turn is its text without the call ids."""
    start, whole, ids = turn
    expected = library.text(whole[start:])
    for id in ids:
        for before, after in id_marks(library):
            marked = before + id.encode() + after
            place = expected.rfind(marked)
            if place >= 0:
                expected = expected[:place] + before + after + expected[place + len(marked) :]
                break
    assert library.text([whole[place] for place in sorted(counted(row, turn))]) == expected
    assert not id_marks(library) or len(expected) == len(library.text(whole[start:])) - sum(map(len, ids))


def id_marks(library: Library) -> list[tuple[bytes, bytes]]:
    """Returns the texts before and after a call id. v2 and v13 write no call id."""
    match library.training.version.version_num:
        case 3 | 7:
            return [(b'"id": "', b'"}'), ('▁"id":▁"'.encode(), b'"}')]
        case 11:
            return [(b"[CALL_ID]", b"[ARGS]")]
    return []


def rows_of(encoder: Any, messages: list[Sample], tools: Any) -> list[Row]:
    sample = parse(json.dumps({"messages": messages, "tools": tools}).encode())
    return encoder.conversation(sample["messages"], sample["tools"])
