"""Files, weights and documents as rows."""

import json
import random
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset
from jobs import answer, capitals, events, make_job, question
from transformers import AutoTokenizer

from mistral_recipe.chat import IGNORED
from mistral_recipe.completion_data import CompletionData
from mistral_recipe.errors import RecipeError
from mistral_recipe.fim import PLAIN, markers_of, with_hole
from mistral_recipe.job import Base, Hyperparameters, Repository, read_job
from mistral_recipe.mixture import mixed
from mistral_recipe.plan import make_plan
from mistral_recipe.progress import Progress
from mistral_recipe.repositories import documents, fetch
from mistral_recipe.samples import Count


def data_of(folder: Path, model: Path, files: dict[str, list[Any]], seq_len: int = 64, **more: Any) -> CompletionData:
    folder.mkdir(exist_ok=True)
    job = read_job(make_job(folder, model, files, **more))
    return CompletionData(AutoTokenizer.from_pretrained(model), seq_len, job, Progress(folder))


def test_a_file_of_weight_3_comes_three_times_as_often_as_one_of_weight_1() -> None:
    light, heavy = (Dataset.from_dict({"name": [f"{file}{i}" for i in range(10)]}) for file in "ab")
    counts = Counter(mixed([(light, 0.5), (heavy, 1.5)], seed=0)["name"])
    assert counts == Counter({f"a{i}": 1 for i in range(10)} | {f"b{i}": 3 for i in range(10)})


def test_files_of_equal_weight_are_all_of_their_samples_once() -> None:
    files = [Dataset.from_dict({"name": [f"{file}{i}" for i in range(3)]}) for file in "ab"]
    assert list(mixed([(file, 2.0) for file in files], seed=0)["name"]) == ["a0", "a1", "a2", "b0", "b1", "b2"]


def test_extreme_weights_do_not_make_an_epoch_longer_than_ten_times_the_data() -> None:
    light, heavy = (Dataset.from_dict({"name": [file] * 100}) for file in "ab")
    counts = Counter(mixed([(light, 0.001), (heavy, 1000)], seed=0)["name"])
    assert counts["b"] == 2000 and counts["a"] <= 1


def test_invalid_samples_are_skipped_up_to_the_given_share(tiny: Callable[..., Path], tmp_path: Path) -> None:
    samples = [*capitals()[:9], {"messages": []}]
    data = data_of(tmp_path / "job", tiny(), {"a.jsonl": samples}, invalid_sample_skip_percentage=0.1)
    assert len(data.training()) == 9
    assert events(tmp_path / "job", "training-data")[0] == {
        "samples": 10,
        "skipped": 1,
        "first_skipped": "a.jsonl:10: messages: not a list of messages",
    }


def test_more_invalid_samples_than_that_end_the_job_with_the_first_ones_line(
    tiny: Callable[..., Path], tmp_path: Path
) -> None:
    samples = [*capitals()[:8], {"messages": []}, "x"]
    data = data_of(tmp_path / "job", tiny(), {"a.jsonl": samples}, invalid_sample_skip_percentage=0.1)
    with pytest.raises(RecipeError, match=r"a\.jsonl:9: .* \(2 of 10 samples are invalid, 10 % may be"):
        data.training()


def test_the_share_of_invalid_samples_is_compared_without_rounding_errors() -> None:
    for hundredths in range(51):
        for samples in range(1, 301):
            most = hundredths * samples // 100
            Count(samples, most).check(hundredths / 100)
            with pytest.raises(RecipeError):
                Count(samples, most + 1).check(hundredths / 100)


def test_a_sample_that_is_too_long_is_cut_and_one_without_anything_to_learn_left_out(
    tiny: Callable[..., Path], tmp_path: Path
) -> None:
    long_question = {"role": "user", "content": "Peru " * 100}
    samples = [
        {"messages": [question("Peru"), answer("Lima. " * 100)]},
        {"messages": [long_question, answer("Lima.")]},
    ]
    rows = data_of(tmp_path / "job", tiny(), {"a.jsonl": samples}, seq_len=32).training()
    assert [len(ids) for ids in rows["input_ids"]] == [32]
    assert events(tmp_path / "job", "training-data")[0] == {"samples": 2, "truncated": 2, "without_loss": 1}


def test_a_text_is_learned_whole_in_windows_of_the_sequence_length(tiny: Callable[..., Path], tmp_path: Path) -> None:
    text = "Paris is the capital of France. " * 20
    data = data_of(tmp_path / "job", tiny(), {"a.jsonl": [{"text": text}]}, seq_len=32)
    rows = data.training()
    ids = [token for window in rows["input_ids"] for token in window]
    assert all(len(window) == 32 for window in list(rows["input_ids"])[:-1])
    assert data.tokenizer.decode(ids) == text + "</s>"
    assert rows["labels"] == rows["input_ids"]


def test_a_hole_keeps_all_of_the_text() -> None:
    text = "".join(chr(97 + i) for i in range(26))
    for seed in range(20):
        before, after, between = PLAIN
        prefix, rest = with_hole(text, PLAIN, random.Random(seed)).removeprefix(before).split(after)
        suffix, middle = rest.split(between or "")
        assert prefix + middle + suffix == text


def test_the_tokenizers_own_fim_tokens_are_used_and_the_share_of_holes_is_the_given_one(
    tiny: Callable[..., Path], tmp_path: Path
) -> None:
    samples = [{"text": f"def capital_{i}(): return 'Lima'"} for i in range(200)]
    data = data_of(tmp_path / "job", tiny(), {"a.jsonl": samples}, hyperparameters={"fim_ratio": 0.5})
    assert markers_of(data.tokenizer) == ("[PREFIX]", "[SUFFIX]", None)
    texts = [data.tokenizer.decode(ids) for ids in data.training()["input_ids"]]
    with_holes = sum("[SUFFIX]" in text and "[PREFIX]" in text for text in texts)
    assert 70 <= with_holes <= 130
    assert IGNORED not in data.training()["labels"][0]


def test_a_repositorys_text_files_are_documents_and_its_commit_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "hub" / "owner" / "code.git"
    source.mkdir(parents=True)
    (source / "a.py").write_text("print('a')\n")
    (source / "image.bin").write_bytes(b"\0\1\2")

    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        return subprocess.run(
            ["git", *identity, *arguments], cwd=source, check=True, capture_output=True, text=True
        ).stdout

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    git("tag", "v1")
    wanted = git("rev-parse", "HEAD").strip()
    (source / "a.py").write_text("print('b')\n")
    git("commit", "-qam", "two")
    # git itself is told where GitHub is; the rest is as in use.
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{tmp_path}/hub/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/")
    monkeypatch.setenv("TOKEN_0", "secret-token")
    repository = Repository("owner", "code", ref="v1", token_env="TOKEN_0")
    job = tmp_path / "job"
    job.mkdir()
    fetch(repository, job, Progress(job))
    assert list(documents(repository, job)) == ["print('a')\n"]
    assert events(job, "repository") == [{"owner": "owner", "name": "code", "commit_id": wanted}]
    with pytest.raises(RecipeError, match="owner/code at v2 cannot be fetched"):
        fetch(Repository("owner", "code", ref="v2", token_env="TOKEN_0"), tmp_path, Progress(tmp_path))
    assert not any("secret-token" in path.read_text() for path in tmp_path.rglob("*.jsonl"))


def test_a_step_takes_the_same_rows_however_many_workers_share_them() -> None:
    base = Base("x", batch_size=8, gradient_accumulation_steps=2)
    plans = [make_plan(100, Hyperparameters(epochs=2), base, workers, False) for workers in (1, 2, 4, 8)]
    assert {plan.rows_per_step for plan in plans} == {16}
    assert {plan.total_steps for plan in plans} == {14}
    assert [plan.micro_batch for plan in plans] == [8, 4, 2, 1]


def test_training_steps_win_over_epochs_and_a_small_file_does_not_wait_for_a_full_batch() -> None:
    plan = make_plan(3, Hyperparameters(training_steps=5, epochs=100), Base("x"), 1, False)
    assert (plan.total_steps, plan.rows_per_step, plan.epochs) == (5, 3, 5)


def test_progress_goes_on_after_half_a_line_and_never_says_nan(tmp_path: Path) -> None:
    (tmp_path / "progress.jsonl").write_text('{"type":"step","st')
    Progress(tmp_path).write("step", step=1, loss=float("nan"), learning_rate=None)
    last = (tmp_path / "progress.jsonl").read_text().splitlines()[-1]
    assert {key: value for key, value in json.loads(last).items() if key != "time"} == {"type": "step", "step": 1}
