"""Tests that `plan` and the training have the same plan, and what the plan command reports."""

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from jobs import CAPITALS, ENVIRONMENT, RECIPE, answer, capitals, events, lines, make_job, question, start
from test_classifier import TARGETS
from test_classifier import samples as classified

from mistral_recipe.job import Base, Hyperparameters, read_job
from mistral_recipe.plan import evaluation_steps, make_plan
from mistral_recipe.plan_command import main
from mistral_recipe.plan_file import plan_to_follow, read_plan
from mistral_recipe.prepared import Prepared
from mistral_recipe.progress import Progress


def planned(folder: Path, workers: int | None = None) -> dict[str, Any]:
    assert main([str(folder), *(["--ray-workers", str(workers)] if workers else [])]) == 0
    plan = read_plan(folder)
    assert plan is not None
    return plan


def prepared(folder: Path, workers: int = 1) -> Prepared:
    job = read_job(folder)
    if job.is_classifier:
        from mistral_recipe.classifier import prepare
    else:
        from mistral_recipe.completion import prepare
    return prepare(job, workers, Progress(folder))


def training_of(folder: Path, workers: int) -> dict[str, Any]:
    """Returns what the trainer would do, from the trainer's own arguments and data loader."""
    ready = prepared(folder, workers)
    arguments, rows = ready.trainer.args, len(ready.trainer.train_dataset)
    accumulation = arguments.gradient_accumulation_steps
    rows_per_step = min(arguments.per_device_train_batch_size * accumulation * workers, rows)
    if workers == 1:
        batches = ready.trainer.get_train_dataloader().batch_sampler
        assert rows_per_step == sum(len(batch) for batch in islice(batches, accumulation))
        steps_per_epoch = math.ceil(len(batches) / accumulation)
        assert ready.data.plan.epochs == pytest.approx(arguments.max_steps / steps_per_epoch)
    return {
        "total_steps": arguments.max_steps,
        "rows_per_step": rows_per_step,
        "rows": rows,
        "packing": getattr(arguments, "padding_free", False),
        "longest": max(map(len, ready.trainer.train_dataset["input_ids"])),
        "tokens": sum(map(len, ready.trainer.train_dataset["input_ids"])),
    }


TEXTS = [
    {"text": f"{city} is the capital of {country}. " * (i % 5 + 1)}
    for i, (country, city) in enumerate(CAPITALS.items())
]
DATA: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "instruct": (capitals() * 8, {}),
    "text": (TEXTS * 4, {}),
    "classifier": (classified(), {"job_type": "classifier", "classifier_targets": TARGETS}),
}

# (data, chat template, models file, hyperparameters, workers)
COMBINATIONS: list[tuple[str, str, dict[str, Any], dict[str, Any], int]] = [
    ("instruct", "marked", {}, {}, 1),
    ("instruct", "marked", {"gradient_accumulation_steps": 4}, {}, 1),
    ("instruct", "plain", {"batch_size": 4}, {}, 1),
    ("instruct", "none", {"batch_size": 4, "gradient_accumulation_steps": 2}, {}, 1),
    ("instruct", "marked", {"packing": True}, {}, 1),
    ("instruct", "marked", {"packing": False}, {}, 1),
    ("instruct", "plain", {"packing": False, "gradient_accumulation_steps": 4}, {}, 1),
    ("instruct", "marked", {"packing": True, "batch_size": 2}, {"seq_len": 64}, 1),
    ("instruct", "marked", {"seq_len": 96}, {"epochs": 1}, 1),
    ("instruct", "none", {}, {"epochs": 2, "seq_len": 48}, 1),
    ("instruct", "marked", {}, {"epochs": 0.5}, 1),
    ("instruct", "plain", {}, {"training_steps": 7}, 1),
    ("instruct", "marked", {"batch_size": 200}, {}, 1),
    ("instruct", "marked", {"batch_size": 5, "gradient_accumulation_steps": 3}, {"training_steps": 11}, 1),
    ("instruct", "marked", {}, {}, 2),
    ("instruct", "plain", {"gradient_accumulation_steps": 4}, {}, 2),
    ("instruct", "marked", {"packing": False, "batch_size": 16}, {"epochs": 2}, 4),
    ("instruct", "marked", {"packing": False}, {"training_steps": 9}, 3),
    ("text", "marked", {}, {}, 1),
    ("text", "none", {"gradient_accumulation_steps": 4}, {"seq_len": 32}, 1),
    ("text", "plain", {"packing": False}, {"seq_len": 24, "epochs": 1}, 1),
    ("text", "marked", {}, {"fim_ratio": 0.5, "seq_len": 64}, 1),
    ("text", "marked", {"batch_size": 3}, {"epochs": 2}, 2),
    ("text", "none", {"packing": True}, {"training_steps": 5}, 1),
    ("text", "marked", {"packing": True, "gradient_accumulation_steps": 2}, {"seq_len": 128}, 4),
    ("classifier", "marked", {}, {}, 1),
    ("classifier", "marked", {"batch_size": 4}, {"epochs": 2}, 1),
    ("classifier", "plain", {"gradient_accumulation_steps": 4}, {}, 1),
    ("classifier", "none", {}, {"training_steps": 6, "seq_len": 8}, 1),
    ("classifier", "marked", {"batch_size": 2, "gradient_accumulation_steps": 3}, {"epochs": 3}, 2),
    ("classifier", "marked", {}, {}, 4),
]  # fmt: skip


def test_there_are_at_least_thirty_combinations() -> None:
    assert len(COMBINATIONS) >= 30


@pytest.mark.parametrize(("data", "template", "base", "hyperparameters", "workers"), COMBINATIONS)
def test_the_trainer_has_the_steps_and_rows_of_the_plan(
    data: str,
    template: str,
    base: dict[str, Any],
    hyperparameters: dict[str, Any],
    workers: int,
    tiny: Callable[..., Path],
    tmp_path: Path,
) -> None:
    samples, more = DATA[data]
    make_job(tmp_path, tiny(template), {"a.jsonl": samples}, hyperparameters=hyperparameters, base=base, **more)
    # Without plan.json, the training computes its own plan. The result must be the same.
    alone = training_of(tmp_path, workers)
    plan = planned(tmp_path, workers)
    follower = training_of(tmp_path, workers)
    assert follower == alone
    for name in ("total_steps", "rows_per_step", "rows", "packing"):
        assert plan[name] == follower[name], name
    assert plan["data_tokens"] == follower["tokens"] and plan["row_length"] >= follower["longest"]
    assert plan["workers"] == workers and plan["samples"] == len(samples)
    assert plan["tokens_per_step"] == round(follower["tokens"] / follower["rows"] * follower["rows_per_step"])
    assert not events(tmp_path, "plan-differs")


def test_gradient_accumulation_steps_alone_are_the_rows_of_a_step(tiny: Callable[..., Path], tmp_path: Path) -> None:
    base = {"gradient_accumulation_steps": 4}
    plan = planned(make_job(tmp_path, tiny(), {"a.jsonl": capitals() * 8}, base=base))
    assert (plan["rows_per_step"], plan["packing"]) == (4, True)
    assert training_of(tmp_path, 1)["rows_per_step"] == 4


@pytest.mark.parametrize("base", [{}, {"packing": False, "batch_size": 3}])
def test_a_training_reports_and_makes_the_steps_of_the_plan(
    base: dict[str, Any], tiny: Callable[..., Path], tmp_path: Path
) -> None:
    make_job(tmp_path, tiny(), {"a.jsonl": capitals() * 2}, {"valid.jsonl": capitals()[:3]}, base=base)
    command = [sys.executable, str(RECIPE / "train.py"), "plan", str(tmp_path)]
    subprocess.run(command, env={**ENVIRONMENT, "CUDA_VISIBLE_DEVICES": ""}, check=True)
    assert not (tmp_path / "progress.jsonl").exists()
    plan = read_plan(tmp_path)
    assert plan is not None
    assert start(tmp_path).wait() == 0, (tmp_path / "log.txt").read_text()[-3000:]
    (begin,) = lines(tmp_path, "start")
    for name in ("total_steps", "epochs", "tokens_per_step", "data_tokens"):
        assert begin[name] == plan[name], name
    assert len(lines(tmp_path, "step")) == plan["total_steps"]


def test_evaluations_take_about_a_tenth_of_the_time_at_most() -> None:
    plan = make_plan(2000, Hyperparameters(), Base("x"), 1, is_packed=False)
    assert (plan.total_steps, plan.checkpoint_steps) == (750, 75)
    epoch, validation = 1_000_000, 50_000
    # Three epochs pay for all ten evaluations on a twentieth of the data, one epoch for two of them.
    assert evaluation_steps(plan, Base("x"), 3 * epoch, validation) == 75
    assert evaluation_steps(plan, Base("x"), epoch, validation) == 5 * 75
    assert evaluation_steps(plan, Base("x"), epoch, 10 * validation) == 10 * 75
    # Few tokens take no time, and the models file has the last word.
    assert evaluation_steps(plan, Base("x"), epoch // 50, validation // 50) == 75
    assert evaluation_steps(plan, Base("x", early_stopping={"patience": 1}), epoch, validation) == 75
    assert evaluation_steps(plan, Base("x", checkpoint_steps=75), epoch, validation) == 75


def test_with_another_number_of_workers_only_the_batch_of_a_process_differs(
    tiny: Callable[..., Path], tmp_path: Path
) -> None:
    plan = planned(make_job(tmp_path, tiny(), {"a.jsonl": capitals() * 8}, base={"packing": False}))
    assert plan["rows_per_step"] == 6
    for workers, batch in ((1, (6, 1)), (2, (3, 1)), (3, (2, 1)), (6, (1, 1))):
        ready = prepared(tmp_path, workers)
        arguments = ready.trainer.args
        assert (arguments.per_device_train_batch_size, arguments.gradient_accumulation_steps) == batch
        assert arguments.max_steps == plan["total_steps"] and ready.data.plan.rows_per_step == 6
    assert not events(tmp_path, "plan-differs")
    assert prepared(tmp_path, 4).trainer.args.max_steps == plan["total_steps"]
    (differs,) = events(tmp_path, "plan-differs")
    assert (differs["planned_rows_per_step"], differs["rows_per_step"]) == (6, 8)
    assert differs["reason"] == "the number of workers is 4 instead of 1"


def test_a_plan_needs_no_weights(tiny: Callable[..., Path], tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny(), model, ignore=shutil.ignore_patterns("*.safetensors"))
    plan = planned(make_job(tmp_path, model, {"a.jsonl": capitals()}))
    assert plan["packing"] is True
    names = [event["name"] for event in plan["events"]]
    assert names == ["chat-format", "training-data"]
    assert plan["events"][1]["data"] == {"samples": 16}


def test_an_existing_plan_is_kept_and_a_damaged_one_is_replaced(tiny: Callable[..., Path], tmp_path: Path) -> None:
    make_job(tmp_path, tiny(), {"a.jsonl": capitals()})
    plan = planned(tmp_path)
    (tmp_path / "data" / "a.jsonl").unlink()
    assert planned(tmp_path, workers=2) == plan
    make_job(tmp_path, tiny(), {"a.jsonl": capitals()})
    for damaged in ("{", '{"version": 1, "status": "ok"}', '{"version": 2}'):
        (tmp_path / "plan.json").write_text(damaged)
        assert plan_to_follow(read_job(tmp_path)) is None
        assert planned(tmp_path) == plan


def test_of_two_plan_commands_at_once_only_one_makes_the_plan(tiny: Callable[..., Path], tmp_path: Path) -> None:
    make_job(tmp_path, tiny(), {"a.jsonl": capitals()})
    command = [sys.executable, str(RECIPE / "train.py"), "plan", str(tmp_path)]
    processes = [subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = sorted(process.communicate()[0].strip().splitlines()[-1] for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    assert outputs[0].startswith("planned ") and outputs[1] == "the job has a plan: plan.json exists"


def test_samples_that_break_a_rule_of_the_tokenizer_version_are_named(
    folder_of: Callable[[str], Path], tiny: Callable[..., Path], tmp_path: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(folder_of("v3 SentencePiece"), model)
    shutil.copy(tiny() / "config.json", model)
    call = {"id": "short", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    broken = {"messages": [question("Peru"), {"role": "assistant", "tool_calls": [call]}]}
    files = {"file-1": [capitals()[0], broken]}
    plan = planned(make_job(tmp_path / "enforced", model, files))
    assert plan["status"] == "invalid"
    (finding,) = plan["findings"]
    assert finding.startswith("file-1:2: messages[1].tool_calls[0].id: ")
    assert plan["reason"].startswith(f"{finding} (1 of 2 samples are invalid")
    warned = planned(make_job(tmp_path / "warned", model, files, generation_rules="warn"))
    assert warned["status"] == "ok"
    assert [event["data"]["broken"] for event in warned["events"] if event["name"] == "generation-rules"] == [1]


def test_the_first_20_invalid_samples_are_findings(tiny: Callable[..., Path], tmp_path: Path) -> None:
    samples = [*capitals(), *["garbage"] * 25]
    plan = planned(make_job(tmp_path, tiny(), {"a.jsonl": samples}, invalid_sample_skip_percentage=0.1))
    assert plan["status"] == "invalid"
    assert plan["findings"] == [f"a.jsonl:{line}: not a JSON object" for line in range(17, 37)]
    assert not (tmp_path / "progress.jsonl").exists()


def test_skipped_samples_are_counted(tiny: Callable[..., Path], tmp_path: Path) -> None:
    samples = [*capitals(), "garbage"]
    plan = planned(make_job(tmp_path, tiny(), {"a.jsonl": samples}, invalid_sample_skip_percentage=0.1))
    assert (plan["samples"], plan["skipped_samples"]) == (17, 1)


def test_data_with_nothing_to_learn_is_invalid(tiny: Callable[..., Path], tmp_path: Path) -> None:
    plan = planned(make_job(tmp_path, tiny(), {"a.jsonl": [{"messages": [question("Peru")]}]}))
    assert (plan["status"], plan["findings"]) == ("invalid", [])
    assert plan["reason"].startswith("nothing to train on")


def test_a_model_that_cannot_be_loaded_is_a_failure_and_no_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_job(tmp_path, tmp_path / "nowhere", {"a.jsonl": capitals()})
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith(f'cannot load the base model "{tmp_path}/nowhere"')
    assert not (tmp_path / "plan.json").exists() and not (tmp_path / "progress.jsonl").exists()


def test_a_job_that_an_earlier_version_began_does_not_follow_a_plan(tiny: Callable[..., Path], tmp_path: Path) -> None:
    planned(make_job(tmp_path, tiny(), {"a.jsonl": capitals()}))
    assert plan_to_follow(read_job(tmp_path)) is not None
    (tmp_path / "checkpoints" / "step-2").mkdir(parents=True)
    assert plan_to_follow(read_job(tmp_path)) is None
    (tmp_path / "checkpoints" / "rules-2").touch()
    assert plan_to_follow(read_job(tmp_path)) is not None


def test_gpus_of_the_model_are_the_workers_of_the_plan(tiny: Callable[..., Path], tmp_path: Path) -> None:
    plan = planned(make_job(tmp_path, tiny(), {"a.jsonl": capitals() * 8}, base={"gpus": 2}))
    assert plan["workers"] == 2 and plan["rows_per_step"] % 2 == 0


def test_capabilities_are_the_last_line_and_need_no_pytorch(tmp_path: Path) -> None:
    program = f"import sys; sys.path.insert(0, {str(RECIPE)!r}); sys.argv = ['train.py', 'capabilities']\n" + (
        "from mistral_recipe.__main__ import main\n"
        "code = main()\n"
        "sys.exit(code or sum(name in sys.modules for name in ('torch', 'transformers')))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["version"] == 1 and found["job_types"] == ["completion", "classifier"]
    assert found["plan"] and found["show"] and found["evaluation"]
    assert found["rule"] == {
        "seq_len": 4096, "rows_per_step": 8, "packing": True, "epochs": 3, "min_steps": 20, "min_steps_per_epoch": 20,
    }  # fmt: skip


def test_a_conversation_is_trained_with_the_defaults_of_the_capabilities(
    tiny: Callable[..., Path], tmp_path: Path
) -> None:
    long = [{"messages": [question("Peru"), answer("Lima. " * 100)]}] * 400
    plan = planned(make_job(tmp_path, tiny(), {"a.jsonl": long}))
    # The tiny model supports 512 tokens.
    assert (plan["row_length"], plan["rows_per_step"], plan["epochs"]) == (512, 8, 3)
