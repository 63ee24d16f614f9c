"""Reads and writes `plan.json`, the plan that a training follows."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .files import write_atomically
from .job import Base, Job, began_before_rules, known
from .plan import Plan, checkpoint_interval, micro_batch_limit
from .planned_data import PlannedData
from .progress import Progress

PLAN_FILE = "plan.json"


@dataclass(frozen=True)
class StoredPlan:
    """The values of plan.json that a training follows. `micro_batch` x `accumulation` x `workers` rows form a step."""

    total_steps: int
    rows: int
    rows_per_step: int
    packing: bool
    row_length: int
    workers: int
    micro_batch: int
    accumulation: int


def content_of(data: PlannedData, workers: int, events: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the content of plan.json."""
    stored = StoredPlan(
        total_steps=data.plan.total_steps,
        rows=len(data.rows),
        rows_per_step=data.plan.rows_per_step,
        packing=data.packing,
        row_length=data.row_length,
        workers=workers,
        micro_batch=data.plan.micro_batch,
        accumulation=data.plan.accumulation,
    )
    return {
        "version": 1,
        "status": "ok",
        **asdict(stored),
        # Significant digits: a few steps on a large file are a small part of an epoch, but not 0.
        "epochs": float(f"{data.plan.epochs:.6g}"),
        "tokens_per_step": data.tokens_per_step,
        "data_tokens": data.tokens,
        "samples": data.count.samples,
        "skipped_samples": data.count.invalid,
        "events": events,
    }


def write_plan(folder: Path, content: dict[str, Any]) -> None:
    write_atomically(folder / PLAN_FILE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_plan(folder: Path) -> dict[str, Any] | None:
    """Returns the content of plan.json, or None when the file is missing or damaged."""
    try:
        content = json.loads((folder / PLAN_FILE).read_text(encoding="utf-8"))
        if content["version"] != 1 or content["status"] not in ("ok", "invalid"):
            return None
        if content["status"] == "ok":
            known(StoredPlan, content)
        return content
    except (OSError, ValueError, KeyError, TypeError):
        return None


def plan_to_follow(job: Job) -> StoredPlan | None:
    """Returns the plan of plan.json, or None when the training computes its own plan."""
    content = None if began_before_rules(job.folder) else read_plan(job.folder)
    return known(StoredPlan, content) if content and content["status"] == "ok" else None


def follow(stored: StoredPlan, rows: int, base: Base, workers: int, progress: Progress) -> Plan:
    """Returns the stored plan for this number of workers. Reports an event when the data or a step differs from it."""
    micro_batch, accumulation = stored.micro_batch, stored.accumulation
    if workers != stored.workers:
        rows_per_worker = math.ceil(stored.rows_per_step / workers)
        limit = micro_batch_limit(base, stored.packing, workers)
        micro_batch = max(size for size in range(1, limit + 1) if rows_per_worker % size == 0)
        accumulation = rows_per_worker // micro_batch
    rows_of_step = micro_batch * accumulation * workers
    plan = Plan(
        micro_batch=micro_batch,
        accumulation=accumulation,
        rows_per_step=min(rows_of_step, rows),
        total_steps=stored.total_steps,
        checkpoint_steps=base.checkpoint_steps or checkpoint_interval(stored.total_steps),
        epochs=stored.total_steps / math.ceil(rows / rows_of_step),
    )
    if (rows, plan.rows_per_step) != (stored.rows, stored.rows_per_step):
        progress.event(
            "plan-differs",
            planned_rows=stored.rows,
            rows=rows,
            planned_rows_per_step=stored.rows_per_step,
            rows_per_step=plan.rows_per_step,
            reason=f"the number of workers is {workers} instead of {stored.workers}"
            if rows == stored.rows
            else "the data has changed since the plan was made",
        )
    return plan
