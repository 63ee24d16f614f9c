"""Encodes the data of a classifier job, and plans the training."""

from .base_model import load_config, load_encoder, load_tokenizer, seq_len_of
from .classifier_data import ClassifierData
from .errors import RecipeError
from .heads import Heads
from .job import Job
from .plan import make_plan
from .plan_file import follow, plan_to_follow
from .planned_data import PlannedData
from .prepared import planned_hyperparameters
from .progress import Progress


def plan_data(job: Job, workers: int, progress: Progress) -> PlannedData:
    """Returns the job's rows and plan. Follows plan.json if it exists."""
    if not job.targets:
        raise RecipeError("classifier_targets: a classifier job needs at least one target")
    seq_len = seq_len_of(job.hyperparameters.seq_len, job.base, load_config(job.base))
    encoder = load_encoder(job.base, progress, job.enforces_generation_rules)
    data = ClassifierData(encoder, load_tokenizer(job.base, encoder), Heads(job.targets), seq_len, job, progress)
    rows, validation = data.training(), data.validation()
    stored = plan_to_follow(job)
    if stored:
        plan = follow(stored, len(rows), job.base, workers, progress)
    else:
        plan = make_plan(len(rows), planned_hyperparameters(job), job.base, workers, is_packed=False)
    return PlannedData(encoder, seq_len, rows, validation, data.count, plan, packing=False, row_length=seq_len)
