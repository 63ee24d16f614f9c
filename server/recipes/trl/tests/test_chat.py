"""Tests which tokens of a conversation are learned."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jobs import answer, question

from mistral_recipe.encoder import Encoder
from mistral_recipe.errors import InvalidSample, RecipeError
from mistral_recipe.job import Base
from mistral_recipe.load_encoder import load_encoder
from mistral_recipe.mistral_encoder import MistralEncoder
from mistral_recipe.rows import IGNORED, Row
from mistral_recipe.samples import parse
from mistral_recipe.show import describe
from mistral_recipe.template_encoder import TemplateEncoder, plain_messages

TOOLS = [{"type": "function", "function": {"name": "capital", "parameters": {"type": "object", "properties": {}}}}]
CALL = {"id": "abcdefghi", "type": "function", "function": {"name": "capital", "arguments": '{"of": "Peru"}'}}
CALLING = [
    question("Peru"),
    {"role": "assistant", "tool_calls": [CALL]},
    {"role": "tool", "name": "capital", "content": "Lima", "tool_call_id": "abcdefghi"},
    answer("Lima."),
]


@pytest.fixture(params=["marked", "plain", "none"])
def encoder(request: pytest.FixtureRequest, tiny: Callable[[str], Path]) -> Encoder:
    return load_encoder(Base(str(tiny(request.param))))


@pytest.fixture
def space(encoder: Encoder) -> str:
    """Returns the text before an answer: none for mistral_common, a space for the tiny models' templates."""
    return "" if isinstance(encoder, MistralEncoder) else " "


def rows_of(encoder: Encoder, messages: list[Any], tools: Any = None) -> list[Row]:
    """Returns the rows that have a token for the loss."""
    sample = parse(json.dumps({"messages": messages}).encode())
    return [row for row in encoder.conversation(sample["messages"], tools) if row.counts]


def learned(encoder: Encoder, row: Row) -> str:
    return describe(encoder, row)["learned"]


def test_a_model_without_a_template_gets_mistrals_format_and_others_keep_their_own(
    tiny: Callable[[str], Path],
) -> None:
    assert load_encoder(Base(str(tiny("none")))).name == "Mistral v3 (converted)"
    for template in ("plain", "marked"):
        assert isinstance(load_encoder(Base(str(tiny(template)))), TemplateEncoder)


def test_the_loss_counts_assistant_messages_and_their_eos_only(encoder: Encoder, space: str) -> None:
    (row,) = rows_of(encoder, [question("Peru"), answer("Lima."), question("Cuba"), answer("Havana.")])
    assert learned(encoder, row) == f"{space}Lima.</s>{space}Havana.</s>"
    assert encoder.decode(row.input_ids).startswith("<s>[INST]")
    assert all(label in (IGNORED, token) for token, label in zip(row.input_ids, row.labels, strict=True))


def test_a_message_of_weight_0_is_context_only(encoder: Encoder, space: str) -> None:
    (row,) = rows_of(
        encoder, [question("Peru"), answer("Lima.", weight=0), question("Cuba"), answer("Havana.", weight=1)]
    )
    assert learned(encoder, row) == f"{space}Havana.</s>"
    assert "Lima." in encoder.decode(row.input_ids)


def test_a_sample_with_weight_0_on_every_message_gives_no_row(encoder: Encoder) -> None:
    assert rows_of(encoder, [question("Peru"), answer("Lima.", weight=0)]) == []


def test_the_loss_counts_a_tool_call_and_the_answer_after_it_but_not_the_tool_result(
    encoder: Encoder, space: str
) -> None:
    (row,) = rows_of(encoder, CALLING, TOOLS)
    text, counts = encoder.decode(row.input_ids), learned(encoder, row)
    assert "[AVAILABLE_TOOLS]" in text and "[TOOL_RESULTS]" in text
    assert counts.startswith("[TOOL_CALLS]") and counts.endswith(f"{space}Lima.</s>")
    assert '"of": "Peru"' in counts and "TOOL_RESULTS" not in counts


def test_the_loss_never_counts_a_call_id(encoder: Encoder) -> None:
    (row,) = rows_of(encoder, CALLING, TOOLS)
    assert "abcdefghi" not in learned(encoder, row)


def test_turns_get_separate_rows_where_the_template_moves_the_tools_to_the_last_user_message(
    tiny: Callable[[str], Path],
) -> None:
    encoder = load_encoder(Base(str(tiny("plain"))))
    rows = rows_of(encoder, [question("Cuba"), answer("Havana."), *CALLING], TOOLS)
    assert [learned(encoder, row)[:9] for row in rows] == [" Havana.<", "[TOOL_CAL", " Lima.</s"]
    # Each turn has the same context as at inference: the tools are before the turn's last user message.
    assert [encoder.decode(row.input_ids).count("[AVAILABLE_TOOLS]") for row in rows] == [1, 1, 1]
    assert encoder.decode(rows[0].input_ids).startswith("<s>[AVAILABLE_TOOLS]")
    assert not encoder.decode(rows[1].input_ids).startswith("<s>[AVAILABLE_TOOLS]")


def test_template_markers_and_rendered_lengths_give_the_same_labels(tiny: Callable[[str], Path]) -> None:
    marked, unmarked = (load_encoder(Base(str(tiny("marked")))) for _ in range(2))
    assert isinstance(unmarked, TemplateEncoder)
    template = unmarked.tokenizer.chat_template
    unmarked.tokenizer.chat_template = template.replace("{%- generation -%}", "").replace("{%- endgeneration -%}", "")
    assert unmarked.tokenizer.chat_template != template
    messages = [{"role": "system", "content": "Be brief."}, *CALLING, question("Cuba"), answer("Havana.")]
    assert rows_of(marked, messages, TOOLS) == rows_of(unmarked, messages, TOOLS)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not valid JSON"),
        (b"[]", "not a JSON object"),
        (b'{"prompt": "x"}', 'neither "messages" nor a non-empty "text"'),
        (b'{"messages": [{"role": "robot", "content": "x"}]}', "messages[0].role"),
        (b'{"messages": [{"role": "assistant", "content": ""}]}', "messages[0]: an assistant message needs"),
        (b'{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}', "not on images"),
        (b'{"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]}]}', "tool_calls[0]"),
    ],
)
def test_an_invalid_sample_is_rejected_with_the_path_and_the_reason(line: bytes, reason: str) -> None:
    with pytest.raises(InvalidSample) as refused:
        parse(line)
    assert reason in str(refused.value)


def test_content_may_be_a_list_of_texts() -> None:
    content = [{"type": "text", "text": "Li"}, {"type": "text", "text": "ma"}]
    messages = parse(json.dumps({"messages": [answer(content)]}).encode())["messages"]  # type: ignore[arg-type]
    assert plain_messages(messages)[0]["content"] == "Lima"


def test_a_model_with_a_template_needs_no_mistral_common(
    tiny: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mistral_common", None)
    assert isinstance(load_encoder(Base(str(tiny("plain")))), TemplateEncoder)
    with pytest.raises(RecipeError, match="has no chat template: install mistral-common"):
        load_encoder(Base(str(tiny("none"))))
