"""Tests how files, weights and documents become rows, and how rows become a plan."""

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

from mistral_recipe import progress, tokenizing
from mistral_recipe.completion_data import CompletionData
from mistral_recipe.errors import RecipeError
from mistral_recipe.fim import split_at_random, windows
from mistral_recipe.job import Base, Hyperparameters, Repository, read_job
from mistral_recipe.load_encoder import load_encoder
from mistral_recipe.mixture import mixed
from mistral_recipe.plan import make_plan, packed_length, too_few_rows
from mistral_recipe.prepared import planned_hyperparameters
from mistral_recipe.progress import PlanProgress, Progress
from mistral_recipe.reporting import report_flat_loss
from mistral_recipe.repositories import documents, fetch
from mistral_recipe.rows import IGNORED
from mistral_recipe.samples import Count


def data_of(folder: Path, model: Path, files: dict[str, list[Any]], seq_len: int = 64, **more: Any) -> CompletionData:
    folder.mkdir(exist_ok=True)
    job = read_job(make_job(folder, model, files, **more))
    return CompletionData(load_encoder(job.base), seq_len, job, Progress(folder))


def test_a_file_of_weight_3_appears_three_times_as_often_as_one_of_weight_1() -> None:
    light, heavy = (Dataset.from_dict({"name": [f"{file}{i}" for i in range(10)]}) for file in "ab")
    counts = Counter(mixed([(light, 0.5), (heavy, 1.5)], seed=0)["name"])
    assert counts == Counter({f"a{i}": 1 for i in range(10)} | {f"b{i}": 3 for i in range(10)})


def test_each_sample_of_files_of_equal_weight_appears_once() -> None:
    files = [Dataset.from_dict({"name": [f"{file}{i}" for i in range(3)]}) for file in "ab"]
    assert list(mixed([(file, 2.0) for file in files], seed=0)["name"]) == ["a0", "a1", "a2", "b0", "b1", "b2"]


def test_extreme_weights_make_an_epoch_of_at_most_ten_times_the_data() -> None:
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


def test_more_invalid_samples_fail_the_job_with_the_line_of_the_first(
    tiny: Callable[..., Path], tmp_path: Path
) -> None:
    samples = [*capitals()[:8], {"messages": []}, "x"]
    data = data_of(tmp_path / "job", tiny(), {"a.jsonl": samples}, invalid_sample_skip_percentage=0.1)
    with pytest.raises(RecipeError, match=r"a\.jsonl:9: .* \(2 of 10 samples are invalid; .* allows 10 %\)"):
        data.training()


def test_the_share_of_invalid_samples_is_compared_without_rounding_errors() -> None:
    for hundredths in range(51):
        for samples in range(1, 301):
            most = hundredths * samples // 100
            Count(samples, most).check(hundredths / 100)
            with pytest.raises(RecipeError):
                Count(samples, most + 1).check(hundredths / 100)


def test_a_long_sample_is_truncated_and_a_sample_with_nothing_to_learn_is_left_out(
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


def test_a_text_is_learned_completely_in_windows_of_the_sequence_length(
    tiny: Callable[..., Path], tmp_path: Path
) -> None:
    text = "Paris is the capital of France. " * 20
    data = data_of(tmp_path / "job", tiny(), {"a.jsonl": [{"text": text}]}, seq_len=32)
    rows = data.training()
    ids = [token for window in rows["input_ids"] for token in window]
    assert all(len(window) == 32 for window in list(rows["input_ids"])[:-1])
    assert data.encoder.decode(ids) == text + "</s>"
    assert rows["labels"] == rows["input_ids"]


def test_a_split_document_keeps_all_of_its_text() -> None:
    text = "".join(chr(97 + i) for i in range(26))
    for seed in range(20):
        assert "".join(split_at_random(text, random.Random(seed))) == text


def test_windows_keep_all_of_a_document_and_never_cut_a_character(tiny: Callable[..., Path]) -> None:
    text = "日本 👩‍👩‍👧 é print('x')\n" * 30
    for template in ("none", "marked"):
        encoder = load_encoder(Base(str(tiny(template))))
        for length in (1, 7, 64):
            cut = windows(text, encoder.token_ends(text), length)
            assert "".join(cut) == text
            assert max(len(encoder.token_ends(window)) for window in cut) <= length + 8


def test_fill_in_the_middle_uses_the_tokenizers_own_tokens_for_the_given_share_of_documents(
    tiny: Callable[..., Path], tmp_path: Path
) -> None:
    samples = [{"text": f"def capital_{i}(): return 'Lima'"} for i in range(200)]
    data = data_of(tmp_path / "job", tiny(), {"a.jsonl": samples}, hyperparameters={"fim_ratio": 0.5})
    texts = [data.encoder.decode(ids) for ids in data.training()["input_ids"]]
    with_holes = sum("[SUFFIX]" in text and "[PREFIX]" in text for text in texts)
    assert 70 <= with_holes <= 130
    assert IGNORED not in data.training()["labels"][0]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Commits files to a local repository that replaces one on GitHub. Returns the commit."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{tmp_path}/hub/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/")

    def commit(name: str, files: dict[str, bytes], tag: str | None = None) -> str:
        source = tmp_path / "hub" / f"{name}.git"
        source.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            (source / path).write_bytes(content)

        def git(*arguments: str) -> str:
            identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
            return subprocess.run(
                ["git", *identity, *arguments], cwd=source, check=True, capture_output=True, text=True
            ).stdout

        git("init", "-q", "-b", "main")
        git("add", ".")
        git("commit", "-qm", "one")
        if tag is not None:
            git("tag", tag)
        return git("rev-parse", "HEAD").strip()

    return commit


def test_text_files_of_a_repository_are_documents_and_its_commit_is_reported(
    hub: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = hub("owner/code", {"a.py": b"print('a')\n", "image.bin": b"\0\1\2"}, tag="v1")
    hub("owner/code", {"a.py": b"print('b')\n"})
    monkeypatch.setenv("TOKEN_0", "secret-token")
    repository = Repository("owner", "code", ref="v1", token_env="TOKEN_0")
    job = tmp_path / "job"
    job.mkdir()
    fetch(repository, job, Progress(job))
    assert list(documents(repository, job)) == ["print('a')\n"]
    assert events(job, "repository") == [{"owner": "owner", "name": "code", "ref": "v1", "commit_id": wanted}]
    with pytest.raises(RecipeError, match="cannot fetch the repository owner/code at v2"):
        fetch(Repository("owner", "code", ref="v2", token_env="TOKEN_0"), tmp_path, Progress(tmp_path))
    assert not any("secret-token" in path.read_text() for path in tmp_path.rglob("*.jsonl"))


def test_repositories_with_similar_names_have_their_own_folders(hub: Callable[..., str], tmp_path: Path) -> None:
    hub("o/n", {"x.txt": b"o/n at v1"}, tag="v1")
    hub("o/n", {"x.txt": b"o/n at main"})
    hub("a/b-c", {"x.txt": b"a/b-c"})
    hub("a-b/c", {"x.txt": b"a-b/c"})
    job = tmp_path / "job"
    job.mkdir()
    repositories = {
        "o/n at v1": Repository("o", "n", ref="v1"),
        "o/n at main": Repository("o", "n", ref="main"),
        "a/b-c": Repository("a", "b-c"),
        "a-b/c": Repository("a-b", "c"),
    }
    for _attempt in range(2):
        for repository in repositories.values():
            fetch(repository, job, Progress(job))
    for text, repository in repositories.items():
        assert list(documents(repository, job)) == [text]
    assert len(events(job, "repository")) == 4


def test_a_plan_reports_the_commit_again_after_its_command_was_killed(hub: Callable[..., str], tmp_path: Path) -> None:
    commit = hub("o/n", {"a.py": b"1"})
    repository = Repository("o", "n")
    reported = []
    for _ in range(2):
        progress = PlanProgress(tmp_path)
        fetch(repository, tmp_path, progress)
        reported.append([event["data"]["commit_id"] for event in progress.events])
    assert reported == [[commit], [commit]]
    assert list(documents(repository, tmp_path)) == ["1"]


def test_a_job_that_an_earlier_version_began_keeps_its_repositories(hub: Callable[..., str], tmp_path: Path) -> None:
    hub("o/n", {"x.txt": b"newer commit"})
    earlier = tmp_path / "data" / "repositories" / "o-n"
    earlier.mkdir(parents=True)
    (earlier / "x.txt").write_text("fetched by the earlier version")
    repository = Repository("o", "n")
    fetch(repository, tmp_path, Progress(tmp_path))
    assert list(documents(repository, tmp_path)) == ["fetched by the earlier version"]
    assert events(tmp_path, "repository") == []


def test_a_step_takes_the_same_rows_however_many_workers_share_them() -> None:
    base = Base("x", batch_size=8, gradient_accumulation_steps=2)
    plans = [make_plan(100, Hyperparameters(epochs=2), base, workers, False) for workers in (1, 2, 4, 8)]
    assert {plan.rows_per_step for plan in plans} == {16}
    assert {plan.total_steps for plan in plans} == {14}
    assert [plan.micro_batch for plan in plans] == [8, 4, 2, 1]


def test_training_steps_win_over_epochs_and_a_small_file_needs_no_full_batch() -> None:
    plan = make_plan(3, Hyperparameters(training_steps=5, epochs=100), Base("x"), 1, False)
    assert (plan.total_steps, plan.rows_per_step, plan.epochs) == (5, 3, 5)


def test_progress_continues_after_half_a_line_and_never_contains_nan(tmp_path: Path) -> None:
    (tmp_path / "progress.jsonl").write_text('{"type":"step","st')
    Progress(tmp_path).write("step", step=1, loss=float("nan"), learning_rate=None)
    last = (tmp_path / "progress.jsonl").read_text().splitlines()[-1]
    assert {key: value for key, value in json.loads(last).items() if key != "time"} == {"type": "step", "step": 1}


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("samples", [1, 7, 50, 200, 500, 5000])
@pytest.mark.parametrize("is_packed", [True, False])
def test_an_epoch_has_at_least_20_steps_where_there_are_samples_enough(
    samples: int, workers: int, is_packed: bool
) -> None:
    asked, base = Hyperparameters(), Base("x")
    lengths = [20 + 7 * i % 31 for i in range(samples)]
    rows = samples
    if is_packed:
        length = packed_length(lengths, 4096, asked, base, workers)
        assert max(lengths) <= length <= 4096
        # Best-fit packing needs at least this many rows.
        rows = max(1, sum(lengths) // length)
        if too_few_rows(rows, samples, asked, base, workers):
            rows, is_packed = samples, False
    plan = make_plan(rows, asked, base, workers, is_packed, samples)
    assert round(plan.total_steps / plan.epochs) >= min(20, samples // workers)
    assert plan.total_steps >= 20 and plan.epochs >= 3
    assert plan.rows_per_step <= max(8, workers)


def test_what_the_operator_or_the_user_sets_wins_over_the_least_number_of_steps() -> None:
    lengths = [20] * 200
    assert packed_length(lengths, 4096, Hyperparameters(), Base("x", packing=True), 1) == 4096
    assert packed_length(lengths, 4096, Hyperparameters(training_steps=5), Base("x"), 1) == 4096
    assert make_plan(200, Hyperparameters(), Base("x", batch_size=100), 1, False).rows_per_step == 100
    one_epoch = make_plan(200, Hyperparameters(epochs=1), Base("x"), 1, False)
    assert (one_epoch.total_steps, one_epoch.epochs, one_epoch.rows_per_step) == (25, 1, 8)
    assert make_plan(16, Hyperparameters(epochs=1), Base("x"), 1, False).total_steps == 16


def test_a_job_that_an_earlier_version_began_keeps_its_number_of_steps(
    tiny: Callable[..., Path], tmp_path: Path
) -> None:
    job = read_job(make_job(tmp_path, tiny(), {"a.jsonl": capitals()}, hyperparameters={"epochs": 3}))
    assert planned_hyperparameters(job).training_steps is None and job.enforces_generation_rules
    checkpoint = tmp_path / "checkpoints" / "step-2"
    checkpoint.mkdir(parents=True)
    (checkpoint / "trainer_state.json").write_text('{"max_steps": 6}')
    old = read_job(tmp_path)
    assert planned_hyperparameters(old).training_steps == 6 and not old.enforces_generation_rules
    (tmp_path / "checkpoints" / "rules-2").touch()
    assert planned_hyperparameters(read_job(tmp_path)).training_steps is None


@pytest.mark.parametrize("rules", [None, "warn"])
def test_the_rules_of_the_generation_only_warn_unless_the_job_asks_to_enforce_them(
    rules: str | None, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    job = read_job(make_job(tmp_path, tiny(), {"a.jsonl": capitals()}, generation_rules=rules))
    assert not job.enforces_generation_rules


@pytest.mark.parametrize(("losses", "reported"), [([2.0, 1.0], False), ([1.0, 1.0, 1.0], True), ([1.0], False)])
def test_a_loss_that_did_not_fall_is_reported(losses: list[float], reported: bool, tmp_path: Path) -> None:
    report_flat_loss([{"loss": loss, "step": step} for step, loss in enumerate(losses)], Progress(tmp_path))
    path = tmp_path / "progress.jsonl"
    assert (path.exists() and "loss-did-not-fall" in path.read_text()) == reported


@pytest.mark.parametrize("processes", [1, 2])
def test_a_large_file_has_the_rows_of_a_small_one_and_is_tokenized_once(
    processes: int, tiny: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = [*capitals(), {"text": "é日本 def f(): return 'Lima' " * 20}, {"messages": []}, *capitals()]
    more = {"hyperparameters": {"fim_ratio": 0.5}, "invalid_sample_skip_percentage": 0.5}
    expected = data_of(tmp_path / "small", tiny(), {"a.jsonl": samples}, **more).training()
    monkeypatch.setattr(tokenizing, "CHUNK_BYTES", 300)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_REPORTS", 0)
    monkeypatch.setattr(tokenizing, "_processes", lambda: processes)
    folder = tmp_path / "large"
    rows = data_of(folder, tiny(), {"a.jsonl": samples}, **more).training()
    assert rows["input_ids"] == expected["input_ids"] and rows["labels"] == expected["labels"]
    told = events(folder, "tokenizing")
    assert [event["percent"] for event in told] == sorted(event["percent"] for event in told)
    assert told[-1]["percent"] == 100 and told[0]["message"].startswith(f"tokenizing {told[0]['percent']} %, ")
    monkeypatch.setattr(tokenizing.Tokenizer, "chunk", None)
    again = data_of(folder, tiny(), {"a.jsonl": samples}, **more).training()
    assert again["input_ids"] == expected["input_ids"]
    summaries = [event for event in events(folder, "training-data")]
    assert summaries[0] == summaries[1] and summaries[0]["first_skipped"].startswith("a.jsonl:18: ")
    assert events(folder, "tokenized-before") == [{"file": "a.jsonl"}]
