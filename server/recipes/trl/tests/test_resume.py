"""Tests interrupted attempts and damaged checkpoints."""

import json
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jobs import capitals, events, lines, losses, make_job, result, start

from mistral_recipe import shared_decision
from mistral_recipe.checkpoints import best, fault_of, newest, trainer_state
from mistral_recipe.guard import CANCELLED_CODE, guarded
from mistral_recipe.progress import Progress
from mistral_recipe.train import train

STEPS = 40


def job(folder: Path, model: Path, validates: bool = True) -> Path:
    folder.mkdir(exist_ok=True)
    files = {"train.jsonl": capitals()}, {"valid.jsonl": capitals()[:3]} if validates else None
    base = {"packing": False, "batch_size": 5, "checkpoint_steps": 3, "lora": {"dropout": 0.1}}
    return make_job(folder, model, *files, hyperparameters={"training_steps": STEPS}, base=base)


@pytest.fixture(scope="module")
def uninterrupted(tiny: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = job(tmp_path_factory.mktemp("uninterrupted"), tiny())
    train(folder)
    return folder


def wait_for_step(folder: Path, step: int) -> None:
    deadline = time.monotonic() + 300
    while not lines(folder, "step") or lines(folder, "step")[-1]["step"] < step:
        assert time.monotonic() < deadline, (folder / "log.txt").read_text()
        time.sleep(0.01)


def first_evaluation(folder: Path) -> dict[str, Any]:
    return next(line for line in lines(folder, "evaluation") if line["stage"] == "base")


def test_a_killed_training_resumes_and_ends_with_the_same_losses(
    uninterrupted: Path, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    folder = job(tmp_path, tiny())
    # Killed twice at a random step after the first checkpoint, within an epoch of four steps or at its end.
    for kill in (signal.SIGTERM, signal.SIGKILL):
        step = random.randrange(4, STEPS - 1)
        process = start(folder)
        wait_for_step(folder, step)
        process.send_signal(kill)
        assert process.wait(timeout=30) == -kill
        assert lines(folder, "result") == []
        print("killed at step", step)
    train(folder)
    assert lines(folder, "start")[-1]["step"] > 0
    assert losses(folder) == pytest.approx(losses(uninterrupted), abs=1e-6)
    assert result(folder)["metrics"] == pytest.approx(result(uninterrupted)["metrics"], abs=1e-6)
    assert result(folder)["trained_tokens"] == result(uninterrupted)["trained_tokens"]
    # The base model was measured once, by the first attempt that came so far.
    base = [line for line in lines(folder, "evaluation") if line["stage"] == "base"]
    assert len(base) == len(lines(folder, "start")) and all(line["metrics"] == base[0]["metrics"] for line in base)
    assert base[0]["metrics"] == first_evaluation(uninterrupted)["metrics"]
    step = result(folder)["kept_step"]
    assert step == best_step(folder)
    kept = (folder / "checkpoints" / f"step-{step}" / "adapter_model.safetensors").read_bytes()
    assert (folder / "artifact" / "adapter_model.safetensors").read_bytes() == kept


@pytest.mark.parametrize("damage", ["flipped", "cut", "missing", "no manifest", "garbage manifest", "renamed"])
def test_a_damaged_checkpoint_is_never_used(damage: str, uninterrupted: Path, tmp_path: Path) -> None:
    copy = tmp_path / "checkpoints"
    shutil.copytree(uninterrupted / "checkpoints", copy)
    last, weights = copy / "step-40", copy / "step-40" / "adapter_model.safetensors"
    assert newest(tmp_path, Progress(tmp_path)) == last
    if damage == "flipped":
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(content)
    elif damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-1])
    elif damage == "missing":
        weights.unlink()
    elif damage == "no manifest":
        (last / "manifest.json").unlink()
    elif damage == "garbage manifest":
        (last / "manifest.json").write_text("[]")
    else:
        last.rename(copy / "step-41")
    assert newest(tmp_path, Progress(tmp_path)) == copy / "step-39"
    (skipped,) = events(tmp_path, "checkpoint-skipped")
    assert skipped["step"] == (41 if damage == "renamed" else 40) and skipped["reason"]


def test_a_training_with_a_damaged_newest_checkpoint_resumes_from_the_one_before(
    uninterrupted: Path, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    folder = job(tmp_path, tiny())
    shutil.copytree(uninterrupted / "checkpoints", folder / "checkpoints")
    (folder / "checkpoints" / "step-40" / "optimizer.pt").write_bytes(b"")
    (folder / "evaluation").mkdir()
    (folder / "evaluation" / "base.json").write_text('{"valid_loss": 123.5}')
    train(folder)
    # The base model is not measured again.
    assert first_evaluation(folder)["metrics"] == {"valid_loss": 123.5}
    assert lines(folder, "start")[-1]["step"] == 39
    assert losses(folder)[40] == pytest.approx(losses(uninterrupted)[40], abs=1e-6)
    assert fault_of(folder / "checkpoints" / "step-40") is None


def test_an_attempt_killed_after_its_last_step_only_writes_the_result(
    uninterrupted: Path, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    folder = job(tmp_path, tiny())
    shutil.copytree(uninterrupted / "checkpoints", folder / "checkpoints")
    train(folder)
    assert losses(folder) == {}
    # This attempt has no figures of the base model, as after a kill during that evaluation.
    assert first_evaluation(folder)["metrics"] == first_evaluation(uninterrupted)["metrics"]
    ours, theirs = ({**result(run), "time": 0} for run in (folder, uninterrupted))
    assert ours == theirs
    weights = [(run / "artifact" / "adapter_model.safetensors").read_bytes() for run in (folder, uninterrupted)]
    assert weights[0] == weights[1]


def best_step(folder: Path, until: int = STEPS) -> int:
    """Returns the step with the lowest validation loss of all checkpoints that the job has saved up to a step."""
    saved = {line["step"]: line["metrics"]["valid_loss"] for line in lines(folder, "checkpoint")}
    assert len(saved) == STEPS // 3 + 1
    return min((step for step in saved if step <= until), key=lambda step: saved[step])


def test_the_two_newest_checkpoints_and_the_best_are_kept_and_valid(uninterrupted: Path) -> None:
    kept = {path.name for path in (uninterrupted / "checkpoints").glob("step-*")}
    # The best up to step 39 as well, where an attempt resumes if the last checkpoint is damaged.
    best = {best_step(uninterrupted), best_step(uninterrupted, until=39)}
    assert kept == {f"step-{step}" for step in {39, 40} | best}
    for name in kept:
        assert fault_of(uninterrupted / "checkpoints" / name) is None
        assert json.loads((uninterrupted / "checkpoints" / name / "manifest.json").read_text())["step"] == int(name[5:])


def test_the_next_best_checkpoint_is_kept_when_the_best_is_damaged(uninterrupted: Path, tmp_path: Path) -> None:
    shutil.copytree(uninterrupted / "checkpoints", tmp_path / "checkpoints")
    history = trainer_state(tmp_path / "checkpoints" / "step-40")["log_history"]
    first, folder = best(tmp_path, history, Progress(tmp_path)) or (0, tmp_path)
    assert first == best_step(uninterrupted) and folder.name == f"step-{first}"
    (folder / "adapter_model.safetensors").write_bytes(b"")
    losses = {entry["step"]: entry["eval_loss"] for entry in history if "eval_loss" in entry}
    left = [int(path.name[5:]) for path in (tmp_path / "checkpoints").glob("step-*") if path != folder]
    second, _ = best(tmp_path, history, Progress(tmp_path)) or (0, tmp_path)
    assert second == min(left, key=lambda step: losses[step])
    assert first in [event["step"] for event in events(tmp_path, "checkpoint-skipped")]
    assert best(tmp_path / "nowhere", history, Progress(tmp_path)) is None


def test_only_the_first_process_decides_about_files(monkeypatch: pytest.MonkeyPatch) -> None:
    # On a network file system, another process may not see the checkpoint.
    monkeypatch.setattr(shared_decision, "PartialState", lambda: SimpleNamespace(is_main_process=False))
    monkeypatch.setattr(shared_decision, "broadcast_object_list", lambda own: ["of the first" for _ in own])
    assert shared_decision.decided_by_first(lambda: pytest.fail("decided alone")) == "of the first"


def test_evaluating_does_not_change_the_training(
    uninterrupted: Path, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    train(job(tmp_path, tiny(), validates=False))
    assert losses(tmp_path) == losses(uninterrupted)
    assert lines(tmp_path, "evaluation") == [] and result(tmp_path)["kept_step"] == STEPS


def test_a_cancel_file_alone_ends_the_training_without_a_result(tiny: Callable[..., Path], tmp_path: Path) -> None:
    folder = job(tmp_path, tiny())
    (folder / "cancel").touch()
    assert guarded(folder, lambda: train(folder)) == CANCELLED_CODE
    assert lines(folder, "result") == []
    assert list(losses(folder)) == []
