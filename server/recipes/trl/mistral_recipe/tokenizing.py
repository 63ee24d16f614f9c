"""Tokenizes a data file in parallel processes. Caches the rows of a large file for later attempts."""

import hashlib
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from datasets import Dataset, concatenate_datasets

from .encoder import Encoder
from .errors import RecipeError
from .files import write_atomically
from .job import DataFile
from .progress import Progress
from .rows import Row
from .samples import Count, use_lines
from .share_done import ShareDone
from .sources import digest_of_sources

# Each process receives chunks of this size. A smaller file is tokenized in the main process and not cached.
CHUNK_BYTES = 4 << 20

SCHEMA = pa.schema({"input_ids": pa.list_(pa.int32()), "labels": pa.list_(pa.int32())})

# Receives a sample, and the seed of its random numbers.
RowsOf = Callable[[dict[str, Any], str], list[Row]]


@dataclass
class Tally:
    """Statistics of a data file.

    `truncated`: rows that were cut to the sequence length. `without_loss`: samples without a token for the loss.
    `split`: conversations in several rows, with `tokens` in total, of which one row would save `repeated`.
    `broken`: samples that break a rule of the tokenizer version.
    """

    truncated: int = 0
    without_loss: int = 0
    split: int = 0
    tokens: int = 0
    repeated: int = 0
    broken: int = 0
    first_broken: str | None = None

    def add(self, other: "Tally") -> None:
        for name, value in asdict(other).items():
            if name != "first_broken":
                setattr(self, name, getattr(self, name) + value)
        self.first_broken = self.first_broken or other.first_broken

    def usable(self, rows: list[Row], seq_len: int) -> list[Row]:
        """Returns the rows that have a token for the loss, cut to the sequence length. Updates the statistics."""
        learned = [row for row in rows if row.counts]
        if len(learned) > 1 and len(rows[-1].input_ids) > len(rows[0].input_ids):
            tokens = sum(len(row.input_ids) for row in learned)
            self.split += 1
            self.tokens += tokens
            self.repeated += tokens - len(learned[-1].input_ids)
        long = sum(len(row.input_ids) > seq_len for row in learned)
        self.truncated += long
        cut = [row for row in (row.cut(seq_len) for row in learned) if row.counts] if long else learned
        self.without_loss += max(1, len(learned)) - len(cut)
        return cut


@dataclass
class Tokenized:
    """The rows of a file as Arrow batches, and the file's statistics."""

    batches: list[pa.RecordBatch] = field(default_factory=list)
    count: Count = field(default_factory=Count)
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True)
class Tokenizer:
    """Tokenizes the files of a job.

    `cache` is the cache folder. `settings` are all values that change the rows; they are a part of the cache key.
    """

    encoder: Encoder
    rows_of: RowsOf
    seq_len: int
    seed: int
    settings: dict[str, Any]
    cache: Path
    progress: Progress

    def tokenize(self, file: DataFile, count: Count, tally: Tally) -> Dataset:
        """Returns the rows of the file, and adds to the counts. Raises RecipeError when the file cannot be read."""
        try:
            size = file.path.stat().st_size
            if size <= CHUNK_BYTES:
                done = self.chunk(file.name, file.path.read_bytes(), 1)
                rows, kept = dataset(done.batches), done
            else:
                rows, kept = self._large(file, size)
        except OSError as error:
            raise RecipeError(f"cannot read {file.name}: {error.strerror}") from error
        count.add(kept.count)
        tally.add(kept.tally)
        return rows

    def chunk(self, name: str, content: bytes, first_line: int) -> Tokenized:
        """Tokenizes a chunk of complete lines."""
        done = Tokenized()
        self.encoder.warnings.clear()
        samples = use_lines(name, content.splitlines(keepends=True), first_line, done.count, self._use(name))
        rows = (row for rows in samples for row in done.tally.usable(rows, self.seq_len))
        done.batches = record_batches(rows)
        done.tally.broken = len(self.encoder.warnings)
        done.tally.first_broken = next(iter(self.encoder.warnings), None)
        return done

    def _use(self, name: str) -> Callable[[dict[str, Any], int], list[Row]]:
        # One seed per line, so that the rows do not depend on the chunks of the file.
        return lambda sample, line: self.rows_of(sample, f"{self.seed}:{name}:{line}")

    def _large(self, file: DataFile, size: int) -> tuple[Dataset, Tokenized]:
        target = self.cache / f"{self._key(file)}.arrow"
        summary = target.with_suffix(".json")
        if not summary.exists():
            kept = self._write(file, size, target)
            write_atomically(summary, json.dumps({"count": asdict(kept.count), "tally": asdict(kept.tally)}))
        else:
            raw = json.loads(summary.read_text(encoding="utf-8"))
            kept = Tokenized([], Count(**raw["count"]), Tally(**raw["tally"]))
            self.progress.event("tokenized-before", file=file.name)
        return Dataset.from_file(str(target)), kept

    def _key(self, file: DataFile) -> str:
        with file.path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256")
        libraries = [version("transformers"), version("tokenizers")]
        digest.update(
            json.dumps(
                [self.settings, self.encoder.name, libraries, digest_of_sources()], sort_keys=True, default=str
            ).encode()
        )
        return digest.hexdigest()[:32]

    def _write(self, file: DataFile, size: int, target: Path) -> Tokenized:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(f".partial-{os.getpid()}")
        kept, report = Tokenized(), ShareDone(self.progress, file.name, size)
        with pa.OSFile(str(partial), "wb") as sink, pa.ipc.new_stream(sink, SCHEMA) as writer:
            for done, length in self._chunks(file):
                for batch in done.batches:
                    writer.write_batch(batch)
                kept.count.add(done.count)
                kept.tally.add(done.tally)
                report.add(length)
        partial.replace(target)
        return kept

    def _chunks(self, file: DataFile) -> Iterator[tuple[Tokenized, int]]:
        processes = _processes()
        pieces = _pieces(file.path)
        if processes == 1:
            yield from ((self.chunk(file.name, content, line), len(content)) for content, line in pieces)
            return
        with _forked(self, file.name, processes) as pool:
            # Queue only two chunks per process, so that the file is never completely in memory.
            waiting = [(pool.submit(_work, *piece), len(piece[0])) for piece in islice(pieces, processes * 2)]
            while waiting:
                future, length = waiting.pop(0)
                yield future.result(), length
                waiting += [(pool.submit(_work, *piece), len(piece[0])) for piece in islice(pieces, 1)]


def dataset(batches: list[pa.RecordBatch]) -> Dataset:
    return Dataset(pa.Table.from_batches(batches, schema=SCHEMA))


def record_batches(rows: Iterator[Row]) -> list[pa.RecordBatch]:
    # Convert in blocks, because Python objects for a large file would need many times its size in memory.
    return [
        pa.record_batch([[row.input_ids for row in block], [row.labels for row in block]], schema=SCHEMA)
        for block in iter(lambda: list(islice(rows, 1000)), [])
    ]


def joined(parts: list[Dataset]) -> Dataset:
    return concatenate_datasets(parts) if parts else dataset([])


def _pieces(path: Path) -> Iterator[tuple[bytes, int]]:
    """Yields chunks of complete lines of about CHUNK_BYTES, and the number of the first line."""
    line = 1
    with path.open("rb") as file:
        while content := file.read(CHUNK_BYTES):
            content += file.readline()
            yield content, line
            line += content.count(b"\n")


def _processes() -> int:
    """Returns the number of processes: the CPUs, divided by the training workers on this machine."""
    if "fork" not in multiprocessing.get_all_start_methods() or "ray" in sys.modules:
        return 1
    workers = int(os.environ.get("LOCAL_WORLD_SIZE") or 1)
    return max(1, len(os.sched_getaffinity(0)) // workers) if hasattr(os, "sched_getaffinity") else 1


_current: tuple[Tokenizer, str] | None = None


@contextmanager
def _forked(tokenizer: Tokenizer, name: str, processes: int) -> Iterator[ProcessPoolExecutor]:
    # Forked processes inherit the loaded tokenizer. Pickling the tokenizer is slow or impossible.
    global _current
    _current = (tokenizer, name)
    try:
        with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
            yield pool
    finally:
        _current = None


def _work(content: bytes, first_line: int) -> Tokenized:
    assert _current is not None
    tokenizer, name = _current
    return tokenizer.chunk(name, content, first_line)
