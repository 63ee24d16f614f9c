"""Prepares classifier jobs: a base model with an adapter, and a head with one output per label of each target."""

from typing import Any

import torch
from peft import TaskType, get_peft_model
from transformers import PreTrainedTokenizerBase, TrainingArguments

from .answers import Sample, predict_labels
from .arguments import lora_config, training_arguments
from .artifact import classifier_settings
from .base_model import load_model, load_tokenizer
from .classifier_data import ClassifierData
from .classifier_plan import plan_data
from .downloads import reported_download
from .figures import most_frequent
from .heads import Heads
from .integrations import reports
from .job import Job
from .meters import ClassifierMeter, Measured
from .prepared import Prepared, run_options_of
from .progress import Progress
from .trainers import ClassifierTrainer


def prepare(job: Job, workers: int, progress: Progress) -> Prepared:
    data = plan_data(job, workers, progress)
    heads = Heads(job.targets)
    tokenizer = load_tokenizer(job.base, data.encoder)
    with reported_download(job.base, progress):
        model = load_model(job.base, heads.names)
    # The head classifies a row by its last token that is not padding, so the model must know the padding token.
    model.config.pad_token_id = tokenizer.pad_token_id
    trainer = ClassifierTrainer(
        model=get_peft_model(model, lora_config(job.base, TaskType.SEQ_CLS, model.config)),
        args=TrainingArguments(
            **training_arguments(job, data.plan, data.evaluation_steps(job.base), reports(job, progress)),
            include_num_input_tokens_seen="non_padding",
            label_names=["labels"],
        ),
        train_dataset=data.rows,
        eval_dataset=data.validation,
        processing_class=tokenizer,
        data_collator=_Collator(tokenizer),
    )
    trainer.heads = heads
    majority = most_frequent(heads, torch.tensor(data.rows["labels"][:]))
    settings = {"seq_len": data.seq_len, **classifier_settings(heads, majority)}
    if data.validation is None:
        return Prepared(trainer, tokenizer, data, settings)
    options = run_options_of(trainer, tokenizer, data, progress)
    trainer.meter = ClassifierMeter(data.validation, heads, majority, options)
    row = ClassifierData(data.encoder, tokenizer, heads, data.seq_len, job, progress).row

    def answer(_: Any, measured: Measured, count: int) -> list[Sample]:
        return predict_labels(heads, measured.logits, job.validation_files, row, count)

    return Prepared(trainer, tokenizer, data, settings, trainer.meter, answer)


class _Collator:
    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        padded = self.tokenizer.pad(
            {"input_ids": [row["input_ids"] for row in rows]}, padding_side="right", return_tensors="pt"
        )
        return {**padded, "labels": torch.tensor([row["labels"] for row in rows])}
