"""A classifier job's files as tokens and labels."""

from dataclasses import dataclass
from typing import Any

from datasets import Dataset
from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from .errors import InvalidSample, RecipeError
from .heads import Heads
from .job import DataFile, Job
from .mixture import mixed
from .progress import Progress
from .samples import Count, read_samples


@dataclass(frozen=True)
class ClassifierData:
    tokenizer: PreTrainedTokenizerBase
    heads: Heads
    seq_len: int
    job: Job
    progress: Progress

    def training(self) -> Dataset:
        count = Count()
        parts = [(self._rows(file, count), file.weight) for file in self.job.training_files]
        count.check(self.job.skip_share)
        parts = [(part, weight) for part, weight in parts if len(part)]
        if not parts:
            raise RecipeError("there is nothing to train on: the training files hold no sample")
        self._tell("training-data", count)
        return mixed(parts, self.job.seed)

    def validation(self) -> Dataset | None:
        if not self.job.validation_files:
            return None
        count = Count()
        dataset = mixed([(self._rows(file, count), 1.0) for file in self.job.validation_files], self.job.seed)
        count.check(self.job.skip_share)
        self._tell("validation-data", count)
        return dataset if len(dataset) else None

    def _rows(self, file: DataFile, count: Count) -> Dataset:
        rows = list(read_samples(file, count, self._row))
        return Dataset.from_dict({key: [row[key] for row in rows] for key in ("input_ids", "labels")})

    def _row(self, sample: dict[str, Any]) -> dict[str, Any]:
        return {"input_ids": self._tokens(sample)[: self.seq_len], "labels": self.heads.encode(sample.get("labels"))}

    def _tokens(self, sample: dict[str, Any]) -> list[int]:
        if "messages" not in sample:
            return self.tokenizer(sample["text"])["input_ids"]
        try:
            return self.tokenizer.apply_chat_template(
                sample["messages"], tools=sample.get("tools"), tokenize=True, return_dict=True
            )["input_ids"]
        except TemplateError as error:
            raise InvalidSample(f"the model's chat template refuses the messages: {error}") from error

    def _tell(self, name: str, count: Count) -> None:
        self.progress.event(name, samples=count.samples, skipped=count.invalid or None, first_skipped=count.first)
