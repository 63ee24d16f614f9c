"""Converts the files and repositories of a completion job to rows of tokens."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from datasets import Dataset

from .checkpoints import folder_of
from .encoder import Encoder
from .errors import InvalidData
from .job import Job
from .mixture import mixed
from .progress import Progress
from .repositories import documents, size_of
from .rows import Row
from .samples import Count
from .share_done import ShareDone
from .texts import code_rows, text_rows
from .tokenizing import Tally, Tokenizer, dataset, joined, record_batches

# The API's default for repositories. Texts of data files use fill-in-the-middle only when the job sets a ratio.
DEFAULT_FIM_RATIO = 0.9


@dataclass(frozen=True)
class CompletionData:
    encoder: Encoder
    seq_len: int
    job: Job
    progress: Progress
    # The samples of the training data, and the documents of repositories. Complete after `training`.
    count: Count = field(default_factory=Count)
    # The samples of the validation data. Complete after `validation`.
    validation_count: Count = field(default_factory=Count)

    def training(self) -> Dataset:
        """Returns the rows of one weighted epoch. Raises InvalidData when there is nothing to train on."""
        count, tally = self.count, Tally()
        parts = [(self._tokenizer.tokenize(file, count, tally), file.weight) for file in self.job.training_files]
        count.check(self.job.skip_share)
        for index, entry in enumerate(self.job.repositories):
            parts.append((dataset(record_batches(self._of_repository(index))), entry.weight))
        parts = [(part, weight) for part, weight in parts if len(part)]
        if not parts:
            raise InvalidData("nothing to train on: no sample has a token that counts for the loss")
        self._report("training-data", count, tally)
        return mixed(parts, self.job.seed)

    def validation(self) -> Dataset | None:
        if not self.job.validation_files:
            return None
        count, tally = self.validation_count, Tally()
        rows = joined([self._tokenizer.tokenize(file, count, tally) for file in self.job.validation_files])
        count.check(self.job.skip_share)
        self._report("validation-data", count, tally)
        return rows if len(rows) else None

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        job = self.job
        settings = {
            "base": job.base.path,
            "tokenizer_version": job.base.tokenizer_version,
            "seq_len": self.seq_len,
            "fim_ratio": job.hyperparameters.fim_ratio,
            "seed": job.seed,
            "enforces_generation_rules": job.enforces_generation_rules,
        }
        cache = folder_of(job.folder) / "tokenized"
        return Tokenizer(self.encoder, self._rows, self.seq_len, job.seed, settings, cache, self.progress)

    def _rows(self, sample: dict[str, Any], seed: str) -> list[Row]:
        if "messages" in sample:
            return self.encoder.conversation(sample["messages"], sample.get("tools"))
        ratio = self.job.hyperparameters.fim_ratio
        if ratio is None:
            return text_rows(self.encoder, sample["text"], self.seq_len)
        return code_rows(self.encoder, sample["text"], self.seq_len, ratio, random.Random(seed))

    def _of_repository(self, index: int) -> Iterator[Row]:
        repository = self.job.repositories[index]
        rng = random.Random(f"{self.job.seed}:{repository.owner}/{repository.name}")
        ratio = self.job.hyperparameters.fim_ratio
        share = ShareDone(self.progress, f"{repository.owner}/{repository.name}", size_of(repository, self.job.folder))
        for text in documents(repository, self.job.folder):
            self.count.samples += 1
            rows = code_rows(self.encoder, text, self.seq_len, DEFAULT_FIM_RATIO if ratio is None else ratio, rng)
            yield from (row for row in rows if row.counts)
            share.add(len(text.encode()))

    def _report(self, name: str, count: Count, tally: Tally) -> None:
        self.progress.event(
            name,
            samples=count.samples,
            skipped=count.invalid or None,
            first_skipped=count.first,
            truncated=tally.truncated or None,
            without_loss=tally.without_loss or None,
        )
        if tally.split:
            self.progress.event(
                "conversations-in-several-rows",
                conversations=tally.split,
                tokens=tally.tokens,
                repeated_tokens=tally.repeated,
                reason=f"{self.encoder.name} writes tools or system prompts beside the last user message, so the "
                "turns after each user message need a row with their own context",
            )
        if tally.broken:
            self.progress.event(
                "generation-rules",
                broken=tally.broken,
                first=tally.first_broken,
                reason=f"samples break a rule of {self.encoder.name}; a new job with them fails",
            )
