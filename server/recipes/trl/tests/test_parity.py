"""Tests that tokens and loss masks equal an independent use of mistral_common, for each tokenizer version.

The expected tokens are `encode_chat_completion` in fine-tuning mode. The expected mask follows from what the model does
in use: what it has to write after the prompt of the messages before a turn is learned, except for random call ids.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from conversations import CONVERSATIONS, TOOLS, assistant, call, result, system, user
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from library import Library, Sample, check
from tokenizer_files import GENERATIONS

# (conversation, generation) where the recipe differs from mistral_common, with the reason. None is known.
DEVIATIONS: dict[tuple[str, str], str] = {}


def test_there_are_at_least_forty_conversations() -> None:
    assert len(CONVERSATIONS) >= 40


@pytest.mark.parametrize("generation", GENERATIONS)
def test_tokens_and_masks_equal_mistral_common(
    generation: str, encoder_of: Callable[[str], Any], library_of: Callable[[str], Library]
) -> None:
    different = {}
    for name, (messages, tools) in CONVERSATIONS.items():
        try:
            check(encoder_of(generation), library_of(generation), messages, tools)
        except Exception as error:
            different[name] = f"{type(error).__name__}: {str(error)[:300]}"
    print(f"{generation}: {len(CONVERSATIONS) - len(different)} of {len(CONVERSATIONS)} identical")
    allowed = {name for name, where in DEVIATIONS if where == generation}
    assert set(different) == allowed, json.dumps(different, indent=1)


TEXT = st.text(max_size=30)
FILLED = st.text(min_size=1, max_size=30)
ARGUMENTS = st.dictionaries(st.text(max_size=8), st.one_of(TEXT, st.integers(), st.booleans(), st.none()), max_size=3)
CALL_ID = st.text("abcXYZ019", min_size=9, max_size=9)


@st.composite
def exchanges(draw: st.DrawFn) -> list[Sample]:
    """A question and its answer, with rounds of tool calls in between."""
    messages = [user(draw(TEXT))]
    for _ in range(draw(st.integers(0, 2))):
        ids = draw(st.lists(CALL_ID, min_size=1, max_size=3, unique=True))
        weight = draw(st.sampled_from([{}, {"weight": 0}, {"weight": 1}]))
        messages.append(assistant(tool_calls=[call(id, draw(ARGUMENTS)) for id in ids], **weight))
        messages += [result(id, draw(st.one_of(TEXT, ARGUMENTS.map(json.dumps)))) for id in draw(st.permutations(ids))]
    return [*messages, assistant(draw(FILLED), **draw(st.sampled_from([{}, {"weight": 0}])))]


@st.composite
def conversations(draw: st.DrawFn) -> tuple[list[Sample], Any]:
    start = [system(draw(FILLED))] if draw(st.booleans()) else []
    rounds = draw(st.lists(exchanges(), min_size=1, max_size=4))
    return [*start, *(message for exchange in rounds for message in exchange)], draw(st.sampled_from([None, TOOLS]))


@pytest.mark.parametrize("generation", GENERATIONS)
def test_generated_conversations_equal_mistral_common(
    generation: str, encoder_of: Callable[[str], Any], library_of: Callable[[str], Library]
) -> None:
    encoder, library = encoder_of(generation), library_of(generation)

    @settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(conversations())
    def equal(conversation: tuple[list[Sample], Any]) -> None:
        check(encoder, library, *conversation)

    equal()
