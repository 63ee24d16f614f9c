"""Writes the artifact: a folder with the adapter in PEFT's format, the tokenizer and `recipe.json`."""

import json
import shutil
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from peft import PeftModel
from transformers import PreTrainedTokenizerBase

from .heads import Heads
from .job import Job
from .plan import Plan

LIBRARIES = ["torch", "transformers", "trl", "peft", "accelerate", "datasets"]


def save(job: Job, plan: Plan, settings: dict[str, Any], model: PeftModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Writes `artifact.partial/` and renames it to `artifact/`, so that `artifact/` is always complete."""
    partial, target = job.folder / "artifact.partial", job.folder / "artifact"
    shutil.rmtree(partial, ignore_errors=True)
    model.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    recipe = {
        "job": job.id,
        "model": job.model,
        "base": asdict(job.base),
        "job_type": job.job_type,
        "hyperparameters": asdict(job.hyperparameters),
        "plan": asdict(plan),
        "seed": job.seed,
        "versions": {name: version(name) for name in LIBRARIES},
        **settings,
    }
    (partial / "recipe.json").write_text(json.dumps(recipe, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)


def classifier_settings(heads: Heads, majority: dict[str, list[str]]) -> dict[str, Any]:
    """Returns the targets for recipe.json.

    `outputs` is the position of the target's outputs in the head, the range [first, last). `majority` is the most
    frequent answer of the training data, with which later evaluations compare.
    """
    targets, first = [], 0
    for target in heads.targets:
        last = first + len(target.labels)
        targets.append({**asdict(target), "outputs": [first, last], "majority": majority.get(target.name)})
        first = last
    return {"classifier_targets": targets}
