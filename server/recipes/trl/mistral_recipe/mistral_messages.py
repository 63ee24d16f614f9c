"""Converts samples to mistral_common's request objects, and adds the field's path to its validation errors."""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from mistral_common.exceptions import MistralCommonException
from mistral_common.protocol.instruct.messages import UATS, FinetuningAssistantMessage, UserMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.tool_calls import Tool
from mistral_common.protocol.instruct.validator import MistralRequestValidator
from pydantic import ValidationError

from .errors import InvalidSample
from .library_objects import System, ToolResult, User, unvalidated
from .samples import Message

KINDS: dict[str, type] = {
    "system": System,
    "user": User,
    "assistant": FinetuningAssistantMessage,
    "tool": ToolResult,
}
FIELDS = {role: kind.model_fields.keys() for role, kind in KINDS.items()}
# A message that has only a role and a text needs no validation.
PLAIN = {role: unvalidated(kind) for role, kind in KINDS.items()}


def to_library_messages(messages: list[Message]) -> list[UATS]:
    """Converts a sample's messages. Raises InvalidSample with the path of the field that mistral_common rejects."""
    return [_to_library_message(message, f"messages[{index}]") for index, message in enumerate(messages)]


def _to_library_message(message: Message, path: str) -> UATS:
    role, content = message["role"], message.get("content")
    if len(message) == 2 and isinstance(content, str):
        return PLAIN[role](role=role, content=content)
    fields = {name: value for name, value in message.items() if name in FIELDS[role] and value is not None}
    if isinstance(fields.get("content"), list):
        fields["content"] = [_to_library_chunk(chunk) for chunk in fields["content"]]
    try:
        return KINDS[role].model_validate(fields, extra="ignore")
    except ValidationError as error:
        raise InvalidSample(_first_error(error, path)) from error


def _to_library_chunk(chunk: Message) -> Message:
    """Joins the text chunks of `thinking`: the API has a list of chunks, but mistral_common expects one string."""
    chunk = {"type": "text", **chunk}
    if isinstance(chunk.get("thinking"), list):
        chunk["thinking"] = "".join(part.get("text", "") for part in chunk["thinking"])
    return chunk


@lru_cache(maxsize=256)
def to_library_tools(tools_json: str) -> tuple[Tool, ...]:
    """Converts the `tools` of a sample from JSON text. Cached, because most samples of a file have the same tools."""
    try:
        return tuple(Tool.from_openai(tool) for tool in json.loads(tools_json))
    except ValidationError as error:
        raise InvalidSample(_first_error(error, "tools")) from error


def check_messages(validator: MistralRequestValidator, messages: list[UATS]) -> None:
    """Applies the rules of the model's tokenizer version. Raises InvalidSample with the path of the field."""
    try:
        validator.validate_messages(messages)
    except (MistralCommonException, ValueError, AssertionError) as error:
        raise InvalidSample(f"{_invalid_field(validator, messages)}: {error}") from error


def check_tools(validator: MistralRequestValidator, tools: tuple[Tool, ...]) -> None:
    for index, tool in enumerate(tools):
        try:
            validator.validate_request(ChatCompletionRequest(messages=_SMALLEST, tools=[tool]))
        except MistralCommonException as error:
            raise InvalidSample(f"tools[{index}].function: {error}") from error


_SMALLEST = [UserMessage(content="?"), FinetuningAssistantMessage(content="!")]


def _first_error(error: ValidationError, path: str) -> str:
    first = error.errors()[0]
    # For a union type, pydantic adds the type's name to the path: `content.list[...].0.text`. Remove that name.
    for part in first["loc"]:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part.isidentifier() and part not in ("str", "text", "thinking") or part == first["loc"][-1]:
            path += f".{part}"
    return f"{path}: {first['msg']}"


def _invalid_field(validator: MistralRequestValidator, messages: list[UATS]) -> str:
    """Finds the invalid field, because mistral_common reports only the rule. Runs only for invalid samples."""
    for index, message in enumerate(messages):
        is_last = index == len(messages) - 1
        path = f"messages[{index}]"
        for number, call in enumerate(getattr(message, "tool_calls", None) or []):
            if _fails(validator, "_validate_tool_call_id", call, is_last):
                return f"{path}.tool_calls[{number}].id"
            if _fails(validator, "_validate_function_call", call.function):
                return f"{path}.tool_calls[{number}].function.name"
        if message.role == "tool" and _fails(validator, "_validate_tool_message_id", message):
            return f"{path}.tool_call_id"
        # Add a message after it unless it is the last, because some rules apply only to the last message.
        if _fails(validator, "_validate_message_list_content", [message, *([] if is_last else [_SMALLEST[0]])]):
            return _invalid_message_field(message, path, is_last)
    return _invalid_order(validator, messages)


def _invalid_message_field(message: UATS, path: str, is_last: bool) -> str:
    if message.role == "tool" and isinstance(message.content, str):
        return f"{path}.name"
    if message.role != "assistant":
        return f"{path}.content"
    if getattr(message, "weight", None) not in (None, 0, 1):
        return f"{path}.weight"
    if message.prefix and not is_last:
        return f"{path}.prefix"
    return f"{path}.content"


def _invalid_order(validator: MistralRequestValidator, messages: list[UATS]) -> str:
    for end in range(1, len(messages) + 1):
        for rule in ("_validate_message_order", "_validate_tool_calls_followed_by_tool_messages"):
            if _fails(validator, rule, messages[:end]):
                return f"messages[{end - 1}]"
    if not messages:
        return "messages"
    last = messages[-1]
    field = "prefix" if getattr(last, "prefix", False) else "role"
    return f"messages[{len(messages) - 1}].{field}"


def _fails(validator: MistralRequestValidator, rule: str, *arguments: Any) -> bool:
    # The validators of old tokenizer versions have fewer rules.
    check = getattr(validator, rule, None)
    try:
        if check is not None:
            check(*arguments)
    except (MistralCommonException, ValueError, AssertionError):
        return True
    return False


def relaxed(messages: Iterable[UATS], allows_content_beside_calls: bool) -> list[UATS]:
    """Removes parts that the tokenizer version cannot encode, for jobs that were accepted without this check."""
    messages = list(messages)
    while messages and messages[-1].role != "assistant":
        messages.pop()
    return [_relaxed(message, allows_content_beside_calls) for message in messages]


def _relaxed(message: UATS, allows_content_beside_calls: bool) -> UATS:
    if message.role == "tool" and message.tool_call_id is None:
        return message.model_copy(update={"tool_call_id": "000000000"})
    if message.role != "assistant":
        return message
    update: dict[str, Any] = {"prefix": False}
    if message.tool_calls:
        if not allows_content_beside_calls:
            update["content"] = None
        update["tool_calls"] = [
            call if call.id not in ("", "null") else call.model_copy(update={"id": "000000000"})
            for call in message.tool_calls
        ]
    return message.model_copy(update=update)
