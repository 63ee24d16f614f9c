"""Normalizes conversations with mistral_common, without the validation that takes longer than encoding a short one."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from mistral_common.protocol.instruct.messages import UATS
from mistral_common.protocol.instruct.normalize import get_normalizer
from mistral_common.protocol.instruct.request import ChatCompletionRequest, InstructRequest
from mistral_common.protocol.instruct.tool_calls import Tool
from mistral_common.tokens.tokenizers.base import Tokenizer
from pydantic import BaseModel

from .library_objects import unvalidated

_instruct_request = unvalidated(InstructRequest)


class Normalizer:
    """Makes the request that mistral_common encodes: joins consecutive messages of a role, and writes JSON its way."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._library = get_normalizer(tokenizer.version, tokenizer.model_settings_builder)
        for role in ("user", "assistant", "tool", "system"):
            name = f"_{role}_message_class"
            setattr(self._library, name, _Constructor(getattr(self._library, name)))
        self._library._instruct_request_class = _instruct_request
        # The settings are the same for all requests: none, or the defaults of the tokenizer.
        self._settings = settings = self._library.build_settings(ChatCompletionRequest(messages=[]))
        self._library.build_settings = lambda _: settings
        self._moves_system = tokenizer.version.version_num < 7

    def __call__(self, messages: list[UATS], tools: Sequence[Tool]) -> InstructRequest:
        available = list(tools) or None
        if self._is_normal(messages):
            return _instruct_request(messages=messages, available_tools=available, settings=self._settings)
        return self._library.from_chat_completion_request(SimpleNamespace(messages=messages, tools=available))

    def _is_normal(self, messages: list[UATS]) -> bool:
        """Returns whether the normalizer would change nothing: texts of alternating roles, without tools."""
        previous = "assistant" if self._moves_system else None
        for message in messages:
            role = message.role
            if role == previous or role == "tool" or message.tool_calls or not isinstance(message.content, str):
                return False
            if role == "system" and self._moves_system:
                return False
            previous = role
        return bool(messages)


class _Constructor:
    """Replaces a class in the normalizer, which calls it and uses it with `isinstance`."""

    def __init__(self, kind: type[BaseModel]) -> None:
        self._kind, self._construct = kind, unvalidated(kind)

    def __call__(self, **values: Any) -> Any:
        return self._construct(**values)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, self._kind)
