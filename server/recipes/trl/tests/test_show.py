"""`train.py show` prints what a data file trains."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conversations import CONVERSATIONS
from jobs import ENVIRONMENT, RECIPE, write_jsonl
from library import Library

# Fails when `show` loads more than the model's tokenizer.
ONLY = "import sys; sys.modules['torch'] = sys.modules['transformers'] = None; import runpy; "


def show(*arguments: Any) -> subprocess.CompletedProcess[str]:
    argv = ["train.py", "show", *map(str, arguments)]
    run = f"{ONLY} sys.argv = {argv!r}; runpy.run_path('train.py', run_name='__main__')"
    return subprocess.run([sys.executable, "-c", run], cwd=RECIPE, env=ENVIRONMENT, capture_output=True, text=True)


def test_each_row_is_shown_with_its_tokens_labels_and_text(
    folder_of: Callable[[str], Path], library_of: Callable[[str], Library], tmp_path: Path
) -> None:
    names = ["system and calls", "weight 0 only", "chinese, arabic and emoji"]
    samples = [{"messages": CONVERSATIONS[name][0], "tools": CONVERSATIONS[name][1]} for name in names]
    file = write_jsonl(tmp_path / "a.jsonl", [samples[0], {"text": "Lima"}, *samples[1:]])
    done = show("--base", folder_of("v7 SentencePiece"), file)
    assert (done.returncode, done.stderr) == (0, "")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["line"], row["row"]) for row in rows] == [(1, 0), (1, 1), (2, 0), (3, 0), (4, 0)]
    assert all(set(row) == {"line", "row", "input_ids", "labels", "text", "learned"} for row in rows)
    library = library_of("v7 SentencePiece")
    for row, name in zip((rows[1], rows[3], rows[4]), names, strict=True):
        assert row["input_ids"] == library.train(*CONVERSATIONS[name])
        assert all(label in (-100, id) for id, label in zip(row["input_ids"], row["labels"], strict=True))
    assert rows[1]["text"].startswith("<s>[SYSTEM_PROMPT]Use tools.[/SYSTEM_PROMPT][INST]What is the capital of Peru?")
    assert rows[1]["learned"].endswith('"id": ""}]</s>Havana.</s>')
    assert rows[2]["learned"] == rows[2]["text"] == "<s>Lima</s>"
    assert rows[3]["learned"] == "" and rows[4]["learned"] == "東京です。 مدينة 🗼🏽</s>"


def test_the_number_of_rows_is_limited(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    messages, tools = CONVERSATIONS["calls in two turns"]
    file = write_jsonl(tmp_path / "a.jsonl", [{"messages": messages, "tools": tools}] * 3)
    assert len(show("--base", folder_of("v3 SentencePiece"), "--rows", 3, file).stdout.splitlines()) == 3


def test_an_invalid_sample_is_reported_with_its_line_and_the_others_are_shown(
    folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    samples = [{"messages": CONVERSATIONS[name][0]} for name in ("one turn", "user last", "two turns")]
    done = show("--base", folder_of("v1 SentencePiece"), write_jsonl(tmp_path / "a.jsonl", samples))
    assert done.returncode == 1 and [json.loads(line)["line"] for line in done.stdout.splitlines()] == [1, 3]
    assert done.stderr.startswith(f"{tmp_path / 'a.jsonl'}:2: messages[2].role: Expected last role Assistant")


def test_a_folder_without_a_tokenizer_is_reported(tmp_path: Path) -> None:
    done = show("--base", tmp_path, write_jsonl(tmp_path / "a.jsonl", [{"text": "x"}]))
    assert done.returncode == 1
    assert done.stderr.startswith(f'the base model "{tmp_path}" has no tokenizer: its folder needs tekken.json, ')
