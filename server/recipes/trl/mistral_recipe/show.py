"""`python train.py show --base DIR [--rows N] FILE.jsonl` shows the tokens of samples and the loss mask.

Prints one JSON object per row: `line`, `row` (from 0, of the line), `input_ids`, `labels` (-100 where the loss ignores
the token), `text` and `learned` (the text of the tokens that count). Rows are neither packed nor cut to the sequence
length. Loads only the tokenizer, not the model.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .encoder import Encoder
from .errors import InvalidSample, RecipeError
from .job import Base
from .load_encoder import load_encoder
from .rows import IGNORED, Row
from .samples import numbered_lines, parse
from .texts import code_rows

# Longer than any document, so that each document has one window.
WHOLE = 1 << 30


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="train.py show", description="Prints the tokens and labels of samples.")
    parser.add_argument("--base", required=True, help="the base model's folder or hub id")
    parser.add_argument("--rows", type=int, default=sys.maxsize, metavar="N", help="print at most N rows; default: all")
    parser.add_argument("--tokenizer-version", metavar="vN", help="tokenizer version; default: detected")
    parser.add_argument("--fim-ratio", type=float, metavar="R", help="fraction of fill-in-the-middle documents")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("file", type=Path, help="the data file")
    options = parser.parse_args(arguments)
    try:
        encoder = load_encoder(Base(options.base, tokenizer_version=options.tokenizer_version))
        return _print_rows(encoder, options)
    except (RecipeError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader, for example `head`, has closed the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _print_rows(encoder: Encoder, options: argparse.Namespace) -> int:
    left, invalid = options.rows, 0
    rng = random.Random(options.seed)
    with options.file.open("rb") as lines:
        for number, line in numbered_lines(lines):
            if left <= 0:
                break
            try:
                rows = _rows(encoder, parse(line), options.fim_ratio, rng)
            except InvalidSample as error:
                print(f"{options.file}:{number}: {error}", file=sys.stderr)
                invalid += 1
                continue
            for index, row in enumerate(rows[:left]):
                print(json.dumps({"line": number, "row": index, **describe(encoder, row)}, ensure_ascii=False))
            left -= len(rows)
    return 1 if invalid else 0


def _rows(encoder: Encoder, sample: dict[str, Any], fim_ratio: float | None, rng: random.Random) -> list[Row]:
    if "messages" in sample:
        return encoder.conversation(sample["messages"], sample.get("tools"))
    if fim_ratio is not None:
        return code_rows(encoder, sample["text"], WHOLE, fim_ratio, rng)
    ids = encoder.text(sample["text"])
    return [Row(ids, ids)]


def describe(encoder: Encoder, row: Row) -> dict[str, Any]:
    return {
        "input_ids": row.input_ids,
        "labels": row.labels,
        "text": encoder.decode(row.input_ids),
        "learned": "".join(_learned(encoder, row)),
    }


def _learned(encoder: Encoder, row: Row) -> Iterator[str]:
    """Yields the text of each sequence of consecutive learned tokens."""
    run: list[int] = []
    for label in row.labels:
        if label != IGNORED:
            run.append(label)
        elif run:
            yield encoder.decode(run)
            run = []
    if run:
        yield encoder.decode(run)
