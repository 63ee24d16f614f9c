"""What of a conversation is learned."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jobs import answer, question
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from mistral_recipe.base_model import load_tokenizer
from mistral_recipe.chat import IGNORED, Row, chat_rows
from mistral_recipe.errors import InvalidSample
from mistral_recipe.job import Base
from mistral_recipe.progress import Progress
from mistral_recipe.samples import parse

TOOLS = [{"type": "function", "function": {"name": "capital", "parameters": {"type": "object", "properties": {}}}}]
CALL = {"id": "abcdefghi", "type": "function", "function": {"name": "capital", "arguments": '{"of": "Peru"}'}}
CALLING = [
    question("Peru"),
    {"role": "assistant", "tool_calls": [CALL]},
    {"role": "tool", "name": "capital", "content": "Lima", "tool_call_id": "abcdefghi"},
    answer("Lima."),
]


@pytest.fixture(params=["marked", "plain", "none"])
def tokenizer(request: pytest.FixtureRequest, tiny: Callable[[str], Path], tmp_path: Path) -> PreTrainedTokenizerBase:
    return load_tokenizer(Base(str(tiny(request.param))), Progress(tmp_path))


def rows_of(tokenizer: PreTrainedTokenizerBase, messages: list[Any], tools: Any = None) -> list[Row]:
    sample = parse(json.dumps({"messages": messages}).encode())
    return chat_rows(tokenizer, sample["messages"], tools)


def learned(tokenizer: PreTrainedTokenizerBase, row: Row) -> str:
    return tokenizer.decode([label for label in row.labels if label != IGNORED])


def test_only_the_assistants_words_and_its_end_mark_count(tokenizer: PreTrainedTokenizerBase) -> None:
    (row,) = rows_of(tokenizer, [question("Peru"), answer("Lima."), question("Cuba"), answer("Havana.")])
    assert learned(tokenizer, row) == " Lima.</s> Havana.</s>"
    assert tokenizer.decode(row.input_ids).startswith("<s>[INST]")
    assert all(label in (IGNORED, token) for token, label in zip(row.input_ids, row.labels, strict=True))


def test_a_message_of_weight_0_is_context_only(tokenizer: PreTrainedTokenizerBase) -> None:
    (row,) = rows_of(
        tokenizer, [question("Peru"), answer("Lima.", weight=0), question("Cuba"), answer("Havana.", weight=1)]
    )
    assert learned(tokenizer, row) == " Havana.</s>"
    assert "Lima." in tokenizer.decode(row.input_ids)


def test_a_sample_whose_every_message_has_weight_0_gives_no_row(tokenizer: PreTrainedTokenizerBase) -> None:
    assert rows_of(tokenizer, [question("Peru"), answer("Lima.", weight=0)]) == []


def test_a_function_call_and_the_answer_after_it_count_but_not_the_tools_result(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    (row,) = rows_of(tokenizer, CALLING, TOOLS)
    text, counts = tokenizer.decode(row.input_ids), learned(tokenizer, row)
    assert "[AVAILABLE_TOOLS]" in text and "[TOOL_RESULTS]" in text
    assert counts.startswith("[TOOL_CALLS]") and counts.endswith(" Lima.</s>")
    assert '"of": "Peru"' in counts and "TOOL_RESULTS" not in counts


def test_turns_get_a_row_each_where_the_template_moves_the_tools_to_the_last_user_message(
    tiny: Callable[[str], Path],
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny("plain"))
    rows = rows_of(tokenizer, [question("Cuba"), answer("Havana."), *CALLING], TOOLS)
    assert [learned(tokenizer, row)[:9] for row in rows] == [" Havana.<", "[TOOL_CAL", " Lima.</s"]
    # Each context is the one that the model is given in use: the tools before its own last user message.
    assert [tokenizer.decode(row.input_ids).count("[AVAILABLE_TOOLS]") for row in rows] == [1, 1, 1]
    assert tokenizer.decode(rows[0].input_ids).startswith("<s>[AVAILABLE_TOOLS]")
    assert not tokenizer.decode(rows[1].input_ids).startswith("<s>[AVAILABLE_TOOLS]")


def test_the_ways_to_find_the_assistants_part_agree(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    marked = load_tokenizer(Base(str(tiny("marked"))), Progress(tmp_path))
    unmarked = load_tokenizer(Base(str(tiny("marked"))), Progress(tmp_path))
    unmarked.chat_template = marked.chat_template.replace("{%- generation -%}", "").replace("{%- endgeneration -%}", "")
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
def test_a_bad_sample_is_refused_with_the_place_and_the_reason(line: bytes, reason: str) -> None:
    with pytest.raises(InvalidSample) as refused:
        parse(line)
    assert reason in str(refused.value)


def test_content_may_be_a_list_of_texts() -> None:
    content = [{"type": "text", "text": "Li"}, {"type": "text", "text": "ma"}]
    assert parse(json.dumps({"messages": [answer(content)]}).encode())["messages"][0]["content"] == "Lima"  # type: ignore[arg-type]
