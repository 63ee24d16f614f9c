"""Prepares completion jobs: supervised fine-tuning with TRL."""

from typing import Any

from peft import TaskType
from trl import SFTConfig

from .answers import Sample, answer_prompts
from .arguments import lora_config, training_arguments
from .base_model import load_model, load_tokenizer
from .completion_plan import plan_data
from .downloads import reported_download
from .integrations import reports
from .job import Job
from .meters import CompletionMeter, Measured
from .prepared import Prepared, run_options_of
from .progress import Progress
from .trainers import CompletionTrainer


def prepare(job: Job, workers: int, progress: Progress) -> Prepared:
    data = plan_data(job, workers, progress)
    tokenizer = load_tokenizer(job.base, data.encoder)
    with reported_download(job.base, progress):
        model = load_model(job.base)
    arguments = SFTConfig(
        **training_arguments(job, data.plan, data.evaluation_steps(job.base), reports(job, progress)),
        # The rows already have labels, and no row is longer than seq_len.
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=None,
        padding_free=data.packing,
        include_num_input_tokens_seen="all" if data.packing else "non_padding",
    )
    trainer = CompletionTrainer(
        model=model,
        args=arguments,
        train_dataset=data.rows,
        eval_dataset=data.validation,
        processing_class=tokenizer,
        peft_config=lora_config(job.base, TaskType.CAUSAL_LM, model.config),
    )
    settings = {"seq_len": data.seq_len, "packing": data.packing}
    if data.validation is None:
        return Prepared(trainer, tokenizer, data, settings)
    options = run_options_of(trainer, tokenizer, data, progress)
    trainer.meter = CompletionMeter(data.validation, options)

    def answer(model: Any, _: Measured, count: int) -> list[Sample]:
        return answer_prompts(model, data.encoder, job.validation_files, data.seq_len, count, options)

    return Prepared(trainer, tokenizer, data, settings, trainer.meter, answer)
