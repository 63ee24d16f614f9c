"""Reads `job.json`, the server's description of a job. Ignores unknown fields, so newer servers can use this recipe."""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from .errors import RecipeError

T = TypeVar("T")

# A file in checkpoints/. Marks a job whose plan and data checks follow the rules of this version of the recipe.
RULES_MARKER = "rules-2"


@dataclass(frozen=True)
class Hyperparameters:
    """The API's hyperparameters. Without `training_steps` and `epochs`: 3 epochs, at least 20 steps."""

    training_steps: int | None = None
    epochs: float | None = None
    learning_rate: float = 1e-4
    weight_decay: float = 0.1
    warmup_fraction: float = 0.05
    seq_len: int | None = None
    fim_ratio: float | None = None


@dataclass(frozen=True)
class Base:
    """The model's entry in the models file; the README describes each setting."""

    path: str
    lora: dict[str, Any] = field(default_factory=dict)
    packing: bool | None = None
    load_in_4bit: bool = False
    batch_size: int | None = None
    gradient_accumulation_steps: int | None = None
    activation_checkpointing: bool | None = None
    seq_len: int | None = None
    attn_implementation: str | None = None
    checkpoint_steps: int | None = None
    early_stopping: dict[str, Any] | None = None
    tokenizer_version: str | None = None
    device: str | None = None
    gpus: int | None = None


@dataclass(frozen=True)
class DataFile:
    path: Path
    name: str
    weight: float = 1.0


@dataclass(frozen=True)
class Repository:
    owner: str
    name: str
    ref: str | None = None
    weight: float = 1.0
    token_env: str | None = None


@dataclass(frozen=True)
class Target:
    """A classifier predicts one label of the target (`single_class`) or any number of labels (`multi_class`)."""

    name: str
    labels: list[str]
    weight: float = 1.0
    loss_function: str = "single_class"


@dataclass(frozen=True)
class Integration:
    type: str
    project: str
    name: str | None = None
    run_name: str | None = None
    api_key_env: str | None = None


@dataclass(frozen=True)
class Job:
    folder: Path
    id: str
    model: str
    base: Base
    job_type: str
    hyperparameters: Hyperparameters
    training_files: list[DataFile]
    validation_files: list[DataFile]
    targets: list[Target]
    repositories: list[Repository]
    integrations: list[Integration]
    skip_share: float
    suffix: str | None
    seed: int
    # False: train on samples that break a rule of the model's tokenizer version, and report them in an event. The
    # default, because a server that does not check these rules may have validated such a job already.
    enforces_generation_rules: bool = False
    # "best": the artifact is the checkpoint with the lowest validation loss. "last": the last one. None: an earlier
    # release created the job.
    keep: str | None = None
    # Validation prompts that the base model and the trained model answer.
    sample_answers: int = 0

    @property
    def keeps_best(self) -> bool:
        # Early stopping kept the best weights before `keep` existed.
        return self.keep == "best" or (self.keep is None and self.base.early_stopping is not None)

    @property
    def is_classifier(self) -> bool:
        return self.job_type == "classifier"


def read_job(folder: Path) -> Job:
    """Reads `job.json` of the folder. Raises RecipeError when the file is missing, invalid or not of version 1."""
    try:
        raw = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecipeError(f"cannot read {folder / 'job.json'}: {error}") from error
    if raw.get("version") != 1:
        raise RecipeError(
            f"{folder / 'job.json'}: version {raw.get('version')} is not supported; this recipe supports version 1"
        )
    try:
        return Job(
            folder=folder,
            id=raw["id"],
            model=raw["model"],
            base=known(Base, raw["base"]),
            job_type=raw.get("job_type") or "completion",
            hyperparameters=known(Hyperparameters, raw.get("hyperparameters") or {}),
            training_files=[data_file(folder, entry) for entry in raw.get("training_files") or []],
            validation_files=[data_file(folder, entry) for entry in raw.get("validation_files") or []],
            targets=[known(Target, entry) for entry in raw.get("classifier_targets") or []],
            repositories=[known(Repository, entry) for entry in raw.get("repositories") or []],
            integrations=[known(Integration, entry) for entry in raw.get("integrations") or []],
            skip_share=raw.get("invalid_sample_skip_percentage") or 0.0,
            suffix=raw.get("suffix"),
            seed=raw.get("seed") or 0,
            enforces_generation_rules=raw.get("generation_rules") == "enforce" and not began_before_rules(folder),
            keep=raw.get("keep"),
            sample_answers=(raw.get("evaluation") or {}).get("samples") or 0,
        )
    except (KeyError, TypeError) as error:
        raise RecipeError(f"{folder / 'job.json'}: invalid: {error}") from error


def began_before_rules(folder: Path) -> bool:
    """Whether an earlier version of the recipe, with other rules and another plan, started this job."""
    checkpoints = folder / "checkpoints"
    return any(checkpoints.glob("step-*")) and not (checkpoints / RULES_MARKER).exists()


def known(kind: type[T], raw: dict[str, Any]) -> T:
    """Creates an object of the class `kind`. Ignores fields that the class does not have, and fields that are null."""
    names = {entry.name for entry in fields(kind)}  # type: ignore[arg-type]
    return kind(**{key: value for key, value in raw.items() if key in names and value is not None})


def data_file(folder: Path, raw: dict[str, Any]) -> DataFile:
    return DataFile(path=folder / raw["path"], name=raw.get("name") or raw["path"], weight=raw.get("weight") or 1.0)
