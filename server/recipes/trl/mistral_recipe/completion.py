"""Completion jobs: supervised fine-tuning with TRL."""

from peft import TaskType
from trl import SFTConfig

from .arguments import lora_config, training_arguments
from .base_model import load_config, load_model, load_tokenizer, seq_len_of
from .completion_data import CompletionData
from .integrations import reports
from .job import Job
from .packing import keeps_samples_apart, packed
from .plan import make_plan
from .prepared import Prepared
from .progress import Progress
from .trainers import CompletionTrainer


def prepare(job: Job, workers: int, progress: Progress) -> Prepared:
    seq_len = seq_len_of(job.hyperparameters.seq_len, job.base, load_config(job.base))
    tokenizer = load_tokenizer(job.base, progress)
    data = CompletionData(tokenizer, seq_len, job, progress)
    rows, validation = data.training(), data.validation()
    model = load_model(job.base)
    packs = job.base.packing is not False
    if packs and not keeps_samples_apart(model):
        packs = False
        progress.event("packing-off", reason="this model's attention would let the samples of a row see each other")
    if packs:
        rows = packed(rows, seq_len)
    plan = make_plan(len(rows), job.hyperparameters, job.base, workers, packs)
    arguments = SFTConfig(
        **training_arguments(job, plan, validation is not None, reports(job, progress)),
        # The rows are ready: labels tell what counts, nothing is longer than seq_len.
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
