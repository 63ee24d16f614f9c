"""Prepares completion jobs: supervised fine-tuning with TRL."""

from peft import TaskType
from trl import SFTConfig

from .arguments import lora_config, training_arguments
from .base_model import load_model, load_tokenizer
from .completion_plan import plan_data
from .downloads import reported_download
from .integrations import reports
from .job import Job
from .prepared import Prepared
from .progress import Progress
from .trainers import CompletionTrainer


def prepare(job: Job, workers: int, progress: Progress) -> Prepared:
    data = plan_data(job, workers, progress)
    tokenizer = load_tokenizer(job.base, data.encoder)
    with reported_download(job.base, progress):
        model = load_model(job.base)
    arguments = SFTConfig(
        **training_arguments(job, data.plan, data.validation is not None, reports(job, progress)),
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
    return Prepared(trainer, tokenizer, data, {"seq_len": data.seq_len, "packing": data.packing})
