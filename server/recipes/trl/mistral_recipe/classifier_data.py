"""Converts the files of a classifier job to tokens and labels."""

from dataclasses import dataclass, field
from typing import Any

from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from .encoder import Encoder
from .errors import InvalidData
from .heads import Heads
from .job import DataFile, Job
from .mixture import mixed
from .progress import Progress
from .samples import Count, read_samples


@dataclass(frozen=True)
class ClassifierData:
    encoder: Encoder
    tokenizer: PreTrainedTokenizerBase
    heads: Heads
    seq_len: int
    job: Job
    progress: Progress
    # The samples of the training data. Complete after `training`.
    count: Count = field(default_factory=Count)
    # The samples of the validation data. Complete after `validation`.
    validation_count: Count = field(default_factory=Count)

    def training(self) -> Dataset:
        count = self.count
        parts = [(self._rows(file, count), file.weight) for file in self.job.training_files]
        count.check(self.job.skip_share)
        parts = [(part, weight) for part, weight in parts if len(part)]
        if not parts:
            raise InvalidData("nothing to train on: the training files contain no sample")
        self._report("training-data", count)
        return mixed(parts, self.job.seed)

    def validation(self) -> Dataset | None:
        if not self.job.validation_files:
            return None
        count = self.validation_count
        dataset = mixed([(self._rows(file, count), 1.0) for file in self.job.validation_files], self.job.seed)
        count.check(self.job.skip_share)
        self._report("validation-data", count)
        return dataset if len(dataset) else None

    def _rows(self, file: DataFile, count: Count) -> Dataset:
        rows = list(read_samples(file, count, self.row, self.progress))
        return Dataset.from_dict({key: [row[key] for row in rows] for key in ("input_ids", "labels")})

    def row(self, sample: dict[str, Any]) -> dict[str, Any]:
        """Returns the tokens and labels of a sample. Raises InvalidSample."""
        return {"input_ids": self._tokens(sample)[: self.seq_len], "labels": self.heads.encode(sample.get("labels"))}

    def _tokens(self, sample: dict[str, Any]) -> list[int]:
        if "messages" in sample:
            return self.encoder.prompt(sample["messages"], sample.get("tools"))
        # Use the same encoding as an application that classifies a text with the artifact's tokenizer.
        return self.tokenizer(sample["text"])["input_ids"]

    def _report(self, name: str, count: Count) -> None:
        self.progress.event(name, samples=count.samples, skipped=count.invalid or None, first_skipped=count.first)
