"""Makes mistral_common's objects without pydantic's validation, which takes longer than encoding a short message."""

from collections.abc import Callable
from typing import Any, ClassVar

from mistral_common.protocol.instruct.messages import SystemMessage, ToolMessage, UserMessage
from pydantic import BaseModel

_set = object.__setattr__


def unvalidated(kind: type[BaseModel]) -> Callable[..., Any]:
    """Returns a constructor like `kind.model_construct`, but six times as fast.

    The values must have the right types, and include the fields whose default is made by a function.
    """
    defaults = {name: field.get_default() for name, field in kind.model_fields.items() if not field.is_required()}

    def construct(**values: Any) -> Any:
        made = object.__new__(kind)
        _set(made, "__dict__", defaults | values)
        _set(made, "__pydantic_fields_set__", set(values))
        _set(made, "__pydantic_extra__", None)
        _set(made, "__pydantic_private__", None)
        return made

    return construct


# With class variables, because pydantic needs microseconds to find that an object lacks an attribute.
class System(SystemMessage):
    weight: ClassVar[None] = None
    tool_calls: ClassVar[None] = None


class User(UserMessage):
    weight: ClassVar[None] = None
    tool_calls: ClassVar[None] = None


class ToolResult(ToolMessage):
    weight: ClassVar[None] = None
    tool_calls: ClassVar[None] = None
