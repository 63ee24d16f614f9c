"""`python train.py evaluate FOLDER` evaluates a base model, with or without an adapter, on validation files.

FOLDER/evaluate.json: `{version: 1, base, job_type, classifier_targets, validation_files: [{path, name}], adapter,
samples}`, and optionally `seq_len`, `fim_ratio`, `seed` and `invalid_sample_skip_percentage` of the job whose
validation rows to use. `adapter` is the path of an artifact, or null for the base model. Writes FOLDER/figures.json:
the figures of an `evaluation` record, `evaluated_samples` (the number of valid samples), and with `samples` a list
`samples` of `{prompt, reference, answer}`.
"""

import argparse
import json
import os
import sys
import traceback
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import InvalidData, RecipeError, reason_of
from .files import write_atomically
from .job import Base, Hyperparameters, Job, Target, data_file, known
from .progress import Progress, without_missing
from .samples import Count

if TYPE_CHECKING:
    from .answers import Sample
    from .meters import Measured

DEFAULT_SEED = 42
# The share of invalid samples that are skipped. If all samples are invalid, the command fails.
NO_LIMIT = 1.0


def main(arguments: list[str]) -> int:
    """Prints nothing and returns 0, or prints the reason and returns 1."""
    parser = argparse.ArgumentParser(prog="train.py evaluate", description="Evaluates a model on validation files.")
    parser.add_argument("folder", type=Path, help="the folder with evaluate.json")
    folder = parser.parse_args(arguments).folder.resolve()
    os.environ.setdefault("TQDM_DISABLE", "1")
    # Transformers would report the new head of a classifier without an adapter.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    warnings.simplefilter("ignore")
    try:
        write_atomically(folder / "figures.json", json.dumps(without_missing(evaluate(folder)), allow_nan=False))
        return 0
    except Exception as error:
        if not isinstance(error, RecipeError):
            traceback.print_exc()
        print(reason_of(error), file=sys.stderr)
        return 1


def evaluate(folder: Path) -> dict[str, Any]:
    """Returns the content of figures.json. Raises RecipeError when the model or the data cannot be read."""
    job, adapter = read_request(folder)
    # Late imports: PyTorch takes seconds, and a missing library must be reported as the reason of the failure.
    from .device import select_device

    select_device(job.base)
    from transformers import set_seed

    # A classifier without an adapter has a head with random weights, which come from the seed.
    set_seed(job.seed)
    progress = Progress(folder, enabled=False)
    measured, samples, count = (_classifier if job.is_classifier else _completion)(job, adapter, progress)
    figures = {**measured.figures, "evaluated_samples": count.samples - count.invalid}
    if job.sample_answers:
        figures["samples"] = [asdict(sample) for sample in samples if sample.answer is not None]
    return figures


def read_request(folder: Path) -> tuple[Job, str | None]:
    """Reads evaluate.json as a job without training data. Returns the job and the adapter's path."""
    file = folder / "evaluate.json"
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        if raw.get("version") != 1:
            raise RecipeError(f"{file}: version {raw.get('version')} is not supported; this recipe supports version 1")
        share = raw.get("invalid_sample_skip_percentage")
        job = Job(
            folder=folder,
            id=folder.name,
            model="",
            base=known(Base, raw["base"]),
            job_type=raw.get("job_type") or "completion",
            hyperparameters=known(Hyperparameters, {name: raw.get(name) for name in ("seq_len", "fim_ratio")}),
            training_files=[],
            validation_files=[data_file(folder, entry) for entry in raw["validation_files"]],
            targets=[known(Target, entry) for entry in raw.get("classifier_targets") or []],
            repositories=[],
            integrations=[],
            skip_share=NO_LIMIT if share is None else share,
            suffix=None,
            seed=raw["seed"] if raw.get("seed") is not None else raw["base"].get("seed", DEFAULT_SEED),
            sample_answers=raw.get("samples") or 0,
        )
        return job, raw.get("adapter")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecipeError(f"cannot read {file}: {type(error).__name__}: {error}") from error


def _completion(job: Job, adapter: str | None, progress: Progress) -> "tuple[Measured, list[Sample], Count]":
    from trl.trainer.utils import add_fused_lm_head

    from .answers import answer_prompts
    from .base_model import load_config, load_encoder, load_model, load_tokenizer, seq_len_of
    from .completion_data import CompletionData
    from .meters import CompletionMeter

    seq_len = seq_len_of(job.hyperparameters.seq_len, job.base, load_config(job.base))
    encoder = load_encoder(job.base, progress, strict=False)
    data = CompletionData(encoder, seq_len, job, progress)
    rows = _checked(data.validation())
    model = load_model(job.base)
    add_fused_lm_head(model, outputs=("log_probs", "is_top1"))
    model = _with_adapter(model, adapter)
    options = _run_options(load_tokenizer(job.base, encoder).pad_token_id, seq_len, model, progress)
    measured = CompletionMeter(rows, options).measure(model)
    samples = answer_prompts(model, encoder, job.validation_files, seq_len, job.sample_answers, options)
    return measured, samples, data.validation_count


def _classifier(job: Job, adapter: str | None, progress: Progress) -> "tuple[Measured, list[Sample], Count]":
    from .answers import predict_labels
    from .base_model import load_config, load_encoder, load_model, load_tokenizer, seq_len_of
    from .classifier_data import ClassifierData
    from .heads import Heads
    from .meters import ClassifierMeter

    seq_len = seq_len_of(job.hyperparameters.seq_len, job.base, load_config(job.base))
    encoder, heads = load_encoder(job.base, progress, strict=False), Heads(job.targets)
    tokenizer = load_tokenizer(job.base, encoder)
    data = ClassifierData(encoder, tokenizer, heads, seq_len, job, progress)
    rows = _checked(data.validation())
    model = load_model(job.base, heads.names)
    model.config.pad_token_id = tokenizer.pad_token_id
    model = _with_adapter(model, adapter)
    options = _run_options(tokenizer.pad_token_id, seq_len, model, progress)
    measured = ClassifierMeter(rows, heads, _majority(adapter), options).measure(model)
    samples = predict_labels(heads, measured.logits, job.validation_files, data.row, job.sample_answers)
    return measured, samples, data.validation_count


def _checked(rows: Any) -> Any:
    if rows is None:
        raise InvalidData("nothing to evaluate on: no validation sample has a token that counts for the loss")
    return rows


def _with_adapter(model: Any, adapter: str | None) -> Any:
    from peft import PeftModel

    if adapter is None:
        return model
    if not (Path(adapter) / "adapter_config.json").is_file():
        raise RecipeError(f"the adapter {adapter} has no adapter_config.json")
    return PeftModel.from_pretrained(model, adapter)


def _majority(adapter: str | None) -> dict[str, list[str]]:
    """Returns the most frequent answers of the training data, which the artifact's recipe.json contains."""
    try:
        recipe = json.loads((Path(adapter or "") / "recipe.json").read_text(encoding="utf-8"))
        found = {entry["name"]: entry.get("majority") for entry in recipe["classifier_targets"]}
        return {name: answer for name, answer in found.items() if answer is not None}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _run_options(pad_id: int, seq_len: int, model: Any, progress: Progress) -> Any:
    import torch
    from accelerate import Accelerator

    from .meters import RunOptions

    gpu = torch.cuda.is_available()
    accelerator = Accelerator(cpu=not gpu, mixed_precision="bf16" if gpu else "no")
    # One row of the maximum length: no more than a training has at once.
    return RunOptions(pad_id, seq_len, model.device, accelerator.autocast, progress)
