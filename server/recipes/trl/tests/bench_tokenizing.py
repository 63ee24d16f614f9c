"""Megabytes of JSONL tokenized per second of CPU time: `python tests/bench_tokenizing.py [GENERATION...]`.

Prints one JSON object: for each tokenizer version, the rate of each kind of data. Loss masks and Arrow rows are
included, reading the file is not. "chat" is a system prompt and three exchanges, about 3 kB; "short" is one exchange
of 20 words; "tool" is a tool call with its result. The best of several rounds counts, because other work on the machine
also takes CPU time from caches and hyperthreads. The words are generated; as in a natural language, few are frequent.
"""

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1")
sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from tokenizer_files import GENERATIONS, make_tokenizer_folder  # noqa: E402

from mistral_recipe.job import Base  # noqa: E402
from mistral_recipe.load_encoder import load_encoder  # noqa: E402
from mistral_recipe.progress import Progress  # noqa: E402
from mistral_recipe.tokenizing import Tokenizer  # noqa: E402

ROUNDS, PIECES, PIECE_BYTES, SEQ_LEN = 5, 8, 100_000, 4096

LETTERS = "etaoinshrdlcumwfgypbvkjxqz"
# The frequency of each letter in English, in percent.
FREQUENCIES = [13, 9, 8, 8, 7, 7, 6, 6, 6, 4, 4, 3, 3, 2, 2, 2, 2, 2, 2, 1.5, 1, 0.8, 0.2, 0.2, 0.1, 0.1]

Sample = dict[str, Any]
TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Looks something up",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}, "limit": {"type": "integer"}}},
    },
}


class Texts:
    """Texts of words whose frequency is inversely proportional to their rank. The seed makes them reproducible."""

    def __init__(self, seed: int = 0, words: int = 8000) -> None:
        self.rng = random.Random(seed)
        lengths = self.rng.choices(range(2, 12), [4, 20, 18, 14, 11, 9, 8, 7, 5, 4], k=words)
        self.words = ["".join(self.rng.choices(LETTERS, FREQUENCIES, k=n)) for n in lengths]
        self.weights = [1 / rank for rank in range(1, words + 1)]

    def text(self, words: int) -> str:
        return " ".join(self.rng.choices(self.words, self.weights, k=words)).capitalize() + "."

    def chat(self, _: int) -> Sample:
        exchange = [("user", 30), ("assistant", 90)]
        turns = [("system", 20), *exchange * 3]
        return {"messages": [{"role": role, "content": self.text(words)} for role, words in turns]}

    def short(self, _: int) -> Sample:
        return {"messages": [message("user", self.text(8)), message("assistant", self.text(12))]}

    def tool(self, number: int) -> Sample:
        id = f"{number:09}"
        arguments = json.dumps({"query": self.text(6), "limit": number})
        call = {"id": id, "type": "function", "function": {"name": "look_up", "arguments": arguments}}
        return {
            "messages": [
                message("user", self.text(20)),
                message("assistant", "", tool_calls=[call]),
                message("tool", json.dumps({"result": self.text(40)}), tool_call_id=id, name="look_up"),
                message("assistant", self.text(40)),
            ],
            "tools": [TOOL],
        }


def message(role: str, content: str, **fields: Any) -> Sample:
    return {"role": role, "content": content, **fields}


def piece(make: Callable[[int], Sample]) -> bytes:
    """Returns about PIECE_BYTES of JSONL."""
    lines = bytearray()
    for number in count():
        if len(lines) >= PIECE_BYTES:
            return bytes(lines)
        lines += json.dumps(make(number)).encode() + b"\n"
    raise AssertionError


def rate(tokenizer: Tokenizer, pieces: list[bytes]) -> float:
    best = [float("inf")] * len(pieces)
    for _ in range(ROUNDS):
        for index, content in enumerate(pieces):
            start = time.process_time()
            done = tokenizer.chunk("data.jsonl", content, 1)
            best[index] = min(best[index], time.process_time() - start)
            assert done.count.samples > done.count.invalid == 0, done.count
    return round(sum(map(len, pieces)) / sum(best) / 1e6, 2)


def main() -> None:
    texts = Texts()
    kinds = {make.__name__: [piece(make) for _ in range(PIECES)] for make in (texts.chat, texts.short, texts.tool)}
    rates = {}
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for generation in sys.argv[1:] or GENERATIONS:
            encoder = load_encoder(Base(str(make_tokenizer_folder(root / generation.replace(" ", "-"), generation))))

            def rows_of(sample: Sample, _: str, encoder: Any = encoder) -> list[Any]:
                return encoder.conversation(sample["messages"], sample.get("tools"))

            tokenizer = Tokenizer(encoder, rows_of, SEQ_LEN, 0, {}, root, Progress(root))
            # v1 has no tools.
            tested = {kind: data for kind, data in kinds.items() if kind != "tool" or encoder.generation > 1}
            rates[generation] = {kind: rate(tokenizer, data) for kind, data in tested.items()}
    print(json.dumps(rates))


if __name__ == "__main__":
    main()
