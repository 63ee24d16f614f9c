"""`job.json`: what the server asks for. Unknown fields are left alone, so that newer servers can use this recipe."""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from .errors import RecipeError

T = TypeVar("T")


@dataclass(frozen=True)
class Hyperparameters:
    """The API's; without `training_steps` and `epochs` the recipe takes three epochs."""

    training_steps: int | None = None
    epochs: float | None = None
    learning_rate: float = 1e-4
    weight_decay: float = 0.1
    warmup_fraction: float = 0.05
    seq_len: int | None = None
    fim_ratio: float | None = None


@dataclass(frozen=True)
class Base:
    """The entry of the models file; see the README for what each setting does."""

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
    """One question that a classifier answers: one of its labels (`single_class`) or any number (`multi_class`)."""

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

    @property
    def is_classifier(self) -> bool:
        return self.job_type == "classifier"


def read_job(folder: Path) -> Job:
    """Reads `job.json` of the folder. Raises RecipeError where it is missing or not version 1."""
    try:
        raw = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecipeError(f"{folder / 'job.json'} cannot be read: {error}") from error
    if raw.get("version") != 1:
        raise RecipeError(f"{folder / 'job.json'}: version {raw.get('version')} is not known, only 1 is")
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
        )
    except (KeyError, TypeError) as error:
        raise RecipeError(f"{folder / 'job.json'}: {error}") from error


def known(kind: type[T], raw: dict[str, Any]) -> T:
    """The fields that the class knows; null counts as left out."""
    names = {entry.name for entry in fields(kind)}  # type: ignore[arg-type]
    return kind(**{key: value for key, value in raw.items() if key in names and value is not None})


def data_file(folder: Path, raw: dict[str, Any]) -> DataFile:
    return DataFile(path=folder / raw["path"], name=raw.get("name") or raw["path"], weight=raw.get("weight") or 1.0)
