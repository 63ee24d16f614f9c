"""The recipe accepts a `job.json` that an earlier release has written: an upgrade must not break a running job."""

from pathlib import Path

import pytest

from mistral_recipe.job import read_job

RECORDINGS = Path(__file__).parents[4] / "test" / "upgrade" / "fixtures"
FILES = sorted(RECORDINGS.glob("*/process/data/runs/*/job.json"))


def test_recordings_exist() -> None:
    assert any(file.is_relative_to(RECORDINGS / "0.1.0") for file in FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(RECORDINGS)))
def test_reads_recorded_job(file: Path) -> None:
    job = read_job(file.parent)
    assert job.id == file.parent.name
    assert job.training_files


def test_reads_every_setting_of_the_running_job() -> None:
    (folder,) = RECORDINGS.glob("0.1.0/process/data/runs/6565ab6d-*")
    job = read_job(folder)
    assert (job.model, job.base.path, job.job_type) == ("slow", "example/slow", "completion")
    parameters = job.hyperparameters
    assert (parameters.training_steps, parameters.learning_rate, parameters.seq_len) == (60, 0.0002, 2048)
    assert (parameters.weight_decay, parameters.warmup_fraction) == (0.1, 0.05)
    (training,), (validation,) = job.training_files, job.validation_files
    assert (training.weight, validation.weight) == (2, 1)
    assert training.path == folder / "data/9917a28a-865c-4c0c-b94e-c31f69b3803b.jsonl"
    assert validation.name.startswith("pulumi-44265ee3")
    (integration,) = job.integrations
    assert (integration.project, integration.api_key_env) == ("upgrade", "WANDB_API_KEY")
    assert (job.skip_share, job.suffix, job.seed) == (0.1, "sums", 7)
