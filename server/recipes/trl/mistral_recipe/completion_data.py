"""A completion job's files and repositories as rows of tokens."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from .chat import Row, chat_rows
from .errors import RecipeError
from .job import DataFile, Job
from .mixture import mixed
from .progress import Progress
from .repositories import documents
from .samples import Count, read_samples
from .texts import code_rows, text_rows

# The API's default for repositories; text samples of a data file get holes only where the job gives a ratio.
DEFAULT_FIM_RATIO = 0.9

SCHEMA = pa.schema({"input_ids": pa.list_(pa.int64()), "labels": pa.list_(pa.int64())})


@dataclass(frozen=True)
class CompletionData:
    tokenizer: PreTrainedTokenizerBase
    seq_len: int
    job: Job
    progress: Progress

    def training(self) -> Dataset:
        """The rows of one epoch, by the files' weights. Raises RecipeError where there is nothing to train on."""
        count, tally = Count(), _Tally()
        parts = [(_dataset(self._of_file(file, count, tally)), file.weight) for file in self.job.training_files]
        count.check(self.job.skip_share)
        parts += [(_dataset(self._of_repository(i)), entry.weight) for i, entry in enumerate(self.job.repositories)]
        parts = [(part, weight) for part, weight in parts if len(part)]
        if not parts:
            raise RecipeError("there is nothing to train on: no sample has a token that counts for the loss")
        self._tell("training-data", count, tally)
        return mixed(parts, self.job.seed)

    def validation(self) -> Dataset | None:
        count, tally = Count(), _Tally()
        rows = (row for file in self.job.validation_files for row in self._of_file(file, count, tally))
        dataset = _dataset(rows)
        count.check(self.job.skip_share)
        if not self.job.validation_files:
            return None
        self._tell("validation-data", count, tally)
        return dataset if len(dataset) else None

    def _of_file(self, file: DataFile, count: Count, tally: "_Tally") -> Iterator[Row]:
        rng = random.Random(f"{self.job.seed}:{file.name}")
        for rows in read_samples(file, count, lambda sample: self._rows(sample, rng)):
            for row in rows:
                tally.truncated += len(row.input_ids) > self.seq_len
                row = row.cut(self.seq_len)
                tally.without_loss += not row.counts
                if row.counts:
                    yield row

    def _rows(self, sample: dict[str, Any], rng: random.Random) -> list[Row]:
        if "messages" in sample:
            return chat_rows(self.tokenizer, sample["messages"], sample.get("tools"))
        ratio = self.job.hyperparameters.fim_ratio
        if ratio is None:
            return text_rows(self.tokenizer, sample["text"], self.seq_len)
        return code_rows(self.tokenizer, sample["text"], self.seq_len, ratio, rng)

    def _of_repository(self, index: int) -> Iterator[Row]:
        repository = self.job.repositories[index]
        rng = random.Random(f"{self.job.seed}:{repository.owner}/{repository.name}")
        ratio = self.job.hyperparameters.fim_ratio
        for text in documents(repository, self.job.folder):
            rows = code_rows(self.tokenizer, text, self.seq_len, DEFAULT_FIM_RATIO if ratio is None else ratio, rng)
            yield from (row for row in rows if row.counts)

    def _tell(self, name: str, count: Count, tally: "_Tally") -> None:
        self.progress.event(
            name,
            samples=count.samples,
            skipped=count.invalid or None,
            first_skipped=count.first,
            truncated=tally.truncated or None,
            without_loss=tally.without_loss or None,
        )


@dataclass
class _Tally:
    """Rows that were longer than the sequence length, and rows that were left out since no token of them counts."""

    truncated: int = 0
    without_loss: int = 0


def _dataset(rows: Iterator[Row]) -> Dataset:
    # In blocks, so that a large file is never held as Python objects.
    batches = [
        pa.record_batch([[row.input_ids for row in block], [row.labels for row in block]], schema=SCHEMA)
        for block in iter(lambda: list(islice(rows, 1000)), [])
    ]
    return Dataset(pa.Table.from_batches(batches, schema=SCHEMA))
