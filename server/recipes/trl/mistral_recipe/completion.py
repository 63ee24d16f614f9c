"""Prepares completion jobs: supervised fine-tuning with TRL."""

from peft import TaskType
from trl import SFTConfig

from .arguments import lora_config, training_arguments
from .base_model import load_config, load_encoder, load_model, load_tokenizer, seq_len_of
from .completion_data import CompletionData
from .integrations import reports
from .job import Job
from .packing import keeps_samples_apart, lengths_of, packed
from .plan import make_plan, packed_length, too_few_rows
from .prepared import Prepared, planned_hyperparameters
from .progress import Progress
from .trainers import CompletionTrainer


def prepare(job: Job, workers: int, progress: Progress) -> Prepared:
    seq_len = seq_len_of(job.hyperparameters.seq_len, job.base, load_config(job.base))
    encoder = load_encoder(job.base, progress, job.enforces_generation_rules)
    data = CompletionData(encoder, seq_len, job, progress)
    rows, validation = data.training(), data.validation()
    tokenizer = load_tokenizer(job.base, encoder)
    model = load_model(job.base)
    packs = job.base.packing is not False
    if packs and not keeps_samples_apart(model):
        packs = False
        progress.event(
            "packing-off", reason="the attention of this model would let samples of a packed row see each other"
        )
    asked, samples = planned_hyperparameters(job), len(rows)
    if packs:
        packed_rows = packed(rows, packed_length(lengths_of(rows), seq_len, asked, job.base, workers))
        packs = not too_few_rows(len(packed_rows), samples, asked, job.base, workers)
        rows = packed_rows if packs else rows
    plan = make_plan(len(rows), asked, job.base, workers, packs, samples)
    arguments = SFTConfig(
        **training_arguments(job, plan, validation is not None, reports(job, progress)),
        # The rows already have labels, and no row is longer than seq_len.
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=None,
        padding_free=packs,
        include_num_input_tokens_seen="all" if packs else "non_padding",
    )
    trainer = CompletionTrainer(
        model=model,
        args=arguments,
        train_dataset=rows,
        eval_dataset=validation,
        processing_class=tokenizer,
        peft_config=lora_config(job.base, TaskType.CAUSAL_LM, model.config),
    )
    return Prepared(trainer, tokenizer, plan, rows, {"seq_len": seq_len, "packing": packs})
