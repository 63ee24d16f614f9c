"""Encodes the data of a completion job, packs it, and plans the training."""

from dataclasses import replace

from .base_model import load_config, load_encoder, seq_len_of
from .completion_data import CompletionData
from .job import Job
from .packing import lengths_of, packed
from .packing_probe import can_pack
from .plan import make_plan, packed_length, too_few_rows
from .plan_file import follow, plan_to_follow
from .planned_data import PlannedData
from .prepared import planned_hyperparameters
from .progress import Progress


def plan_data(job: Job, workers: int, progress: Progress) -> PlannedData:
    """Returns the job's rows and plan. Follows plan.json if it exists."""
    config = load_config(job.base)
    seq_len = seq_len_of(job.hyperparameters.seq_len, job.base, config)
    encoder = load_encoder(job.base, progress, job.enforces_generation_rules)
    data = CompletionData(encoder, seq_len, job, progress)
    rows, validation = data.training(), data.validation()
    stored = plan_to_follow(job)
    packs = stored.packing if stored else job.base.packing is not False
    if packs and not can_pack(job.base, config):
        packs = False
        progress.event(
            "packing-off",
            reason="it is not certain that this model's attention keeps the samples of a packed row apart; samples are "
            "padded instead",
        )
    asked, samples, length = planned_hyperparameters(job), len(rows), seq_len
    if stored and stored.packing == packs:
        length = stored.row_length
        rows = packed(rows, length) if packs else rows
        plan = follow(stored, len(rows), job.base, workers, progress)
        return PlannedData(encoder, seq_len, rows, validation, data.count, plan, packs, length)
    if stored:
        # The packed rows of plan.json are not possible, but the training has as many steps as planned.
        asked = replace(asked, training_steps=stored.total_steps)
    if packs:
        length = packed_length(lengths_of(rows), seq_len, asked, job.base, workers)
        packed_rows = packed(rows, length)
        packs = not too_few_rows(len(packed_rows), samples, asked, job.base, workers)
        rows, length = (packed_rows, length) if packs else (rows, seq_len)
    plan = make_plan(len(rows), asked, job.base, workers, packs, samples)
    return PlannedData(encoder, seq_len, rows, validation, data.count, plan, packs, length)
