"""Completion jobs, trained on the tiny model."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import independent
import pytest
import torch
from datasets import Dataset
from jobs import CAPITALS, answer, capitals, events, lines, losses, make_job, question, result
from peft import LoraConfig, PeftModel
from safetensors import safe_open
from test_chat import CALLING, TOOLS
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    MistralForCausalLM,
    PixtralVisionConfig,
    PreTrainedModel,
)
from trl import SFTConfig, SFTTrainer

from mistral_recipe import answers, meters
from mistral_recipe.evaluate_command import main as evaluate
from mistral_recipe.packing_probe import keeps_samples_apart
from mistral_recipe.train import train

SETTINGS = {"training_steps": 20, "seq_len": 64, "learning_rate": 0.01, "weight_decay": 0.1, "warmup_fraction": 0.1}


@pytest.fixture(scope="module")
def job(tiny: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The job that most of these tests examine: 16 capitals, packed, 20 steps."""
    folder = tmp_path_factory.mktemp("completion")
    files = {"train.jsonl": capitals()}, {"valid.jsonl": capitals()[:6]}
    train(make_job(folder, tiny(), *files, hyperparameters=SETTINGS, evaluation={"samples": 2}))
    return folder


def evaluated(folder: Path, stage: str) -> dict[str, Any]:
    """Returns the only evaluation record of a stage."""
    (record,) = [line for line in lines(folder, "evaluation") if line["stage"] == stage]
    return record


def check_figures(folder: Path, model: Path) -> None:
    """Compares the evaluation of a job with an independent one: the loss to 1e-4, the accuracy exactly."""
    for stage in ("base", "tuned"):
        expected = independent.completion(model, folder / "artifact", stage == "tuned", capitals()[:6])
        figures = evaluated(folder, stage)["metrics"]
        assert figures["valid_loss"] == pytest.approx(expected["valid_loss"], abs=1e-4)
        assert figures["valid_mean_token_accuracy"] == expected["valid_mean_token_accuracy"]


def right_answers(model: PreTrainedModel, tokenizer: Any) -> int:
    """Returns the number of correct capitals with greedy decoding."""
    right = 0
    for country, city in CAPITALS.items():
        prompt = tokenizer.apply_chat_template([question(country)], return_tensors="pt", return_dict=True)
        with torch.no_grad():
            ids = model.generate(**prompt, max_new_tokens=8, do_sample=False)
        right += (
            tokenizer.decode(ids[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True).strip() == f"{city}."
        )
    return right


def test_the_loss_of_a_small_data_set_falls_to_a_tenth(job: Path) -> None:
    by_step = losses(job)
    assert list(by_step) == list(range(1, 21))
    assert by_step[20] < by_step[1] / 10


def test_the_adapter_loads_with_peft_and_answers_what_the_base_cannot(job: Path, tiny: Callable[..., Path]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(job / "artifact")
    base = AutoModelForCausalLM.from_pretrained(tiny())
    before = right_answers(base, tokenizer)
    after = right_answers(PeftModel.from_pretrained(base, str(job / "artifact")), tokenizer)
    assert before == 0
    assert after >= 14


def test_progress_reports_the_start_every_step_the_checkpoints_and_the_result(job: Path) -> None:
    start, *_, last = [line for line in lines(job) if line["type"] != "event"]
    assert (start["type"], start["total_steps"], start["step"]) == ("start", 20, 0)
    assert start["data_tokens"] == start["tokens_per_step"] * 20 / start["epochs"]
    assert [line["step"] for line in lines(job, "checkpoint")] == list(range(2, 21, 2))
    assert {"train_loss", "valid_loss", "valid_mean_token_accuracy"} == set(lines(job, "checkpoint")[-1]["metrics"])
    assert (last["type"], last["status"], last["stop_reason"], last["step"]) == ("result", "succeeded", "steps", 20)
    assert last["trained_tokens"] == 20 * start["tokens_per_step"]
    assert lines(job, "step")[-1]["remaining_seconds"] == 0
    # A step of this training takes less than a minute.
    assert all(step["tokens_per_second"] > start["tokens_per_step"] / 60 for step in lines(job, "step"))


@pytest.mark.parametrize("tuned", [False, True])
def test_the_evaluate_command_gives_the_figures_of_the_job_for_any_batch(
    tuned: bool, job: Path, tiny: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    expected = evaluated(job, "tuned" if tuned else "base")["metrics"]
    samples = json.loads((job / "evaluation" / "samples.json").read_text())["samples"]
    file = {"path": str(job / "data" / "valid.jsonl"), "name": "valid.jsonl"}
    # The sequence length is also the number of tokens of a batch: one, two or all samples.
    for seq_len in (20, 45, 400):
        request = {
            "version": 1, "base": {"path": str(tiny())}, "job_type": "completion", "seq_len": seq_len,
            "validation_files": [file], "adapter": str(job / "artifact") if tuned else None,
            "samples": 2 if seq_len == 400 else 0,
        }  # fmt: skip
        (tmp_path / "evaluate.json").write_text(json.dumps(request))
        assert evaluate([str(tmp_path)]) == 0
        figures = json.loads((tmp_path / "figures.json").read_text())
        assert figures["valid_loss"] == pytest.approx(expected["valid_loss"], abs=1e-5)
        assert figures["valid_mean_token_accuracy"] == expected["valid_mean_token_accuracy"]
    assert figures["evaluated_samples"] == 6
    found = [(told["prompt"], told["reference"], told["answer"]) for told in figures["samples"]]
    assert found == [(told["prompt"], told["reference"], told["tuned" if tuned else "base"]) for told in samples]
    assert capfd.readouterr().out == ""


def test_sample_answers_are_in_their_own_file_only(job: Path) -> None:
    first, second = json.loads((job / "evaluation" / "samples.json").read_text())["samples"]
    assert first["prompt"] == [question("France")] and first["reference"] == first["tuned"] == "Paris."
    assert second["prompt"] == [question("Italy")] and second["reference"] == second["tuned"] == "Rome."
    assert first["base"] and first["base"] != first["tuned"]
    progress = (job / "progress.jsonl").read_text()
    assert "Paris" not in progress and "capital of" not in progress


def test_a_failure_of_the_evaluation_is_no_failure_of_the_training(
    job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "job"
    shutil.copytree(job, folder)
    (folder / "progress.jsonl").unlink()
    # The model generates an answer that the tokenizer cannot decode, and the file cannot be written.
    (folder / "evaluation" / "samples.json").unlink()
    (folder / "evaluation" / "samples.json").mkdir()
    monkeypatch.setattr(answers, "_text", lambda *_: [][len("Paris.")])
    train(folder)
    assert result(folder)["status"] == "succeeded" and evaluated(folder, "tuned")
    (skipped,) = events(folder, "samples-skipped")
    assert skipped["samples"] == 2 and "IsADirectoryError" in skipped["reason"]
    (folder / "evaluation" / "samples.json").rmdir()
    train(folder)
    assert json.loads((folder / "evaluation" / "samples.json").read_text()) == {"samples": []}
    assert "could not generate" in events(folder, "samples-skipped")[1]["reason"]
    assert events(folder, "evaluation-skipped") == []
    # Nothing at all can be measured.
    monkeypatch.setattr(answers, "_text", None)
    monkeypatch.setattr(meters, "_inputs", lambda *_: 1 / 0)
    train(folder)
    assert result(folder)["status"] == "succeeded" and (folder / "artifact" / "adapter_model.safetensors").exists()
    assert events(folder, "evaluation-skipped") == [{"reason": "ZeroDivisionError: division by zero"}]


def test_the_artifact_records_how_it_was_made(job: Path, tiny: Callable[..., Path]) -> None:
    recipe = json.loads((job / "artifact" / "recipe.json").read_text())
    assert recipe["seed"] == 7 and recipe["base"]["path"] == str(tiny()) and recipe["packing"] is True
    assert {"torch", "transformers", "trl", "peft"} <= set(recipe["versions"])
    adapter = json.loads((job / "artifact" / "adapter_config.json").read_text())
    assert {name.rpartition(".")[2] for name in adapter["target_modules"]} == {
        *("q_proj", "k_proj", "v_proj", "o_proj"),
        *("gate_proj", "up_proj", "down_proj"),
    }
    assert adapter["r"] == 16


@pytest.mark.parametrize("packing", [True, False])
def test_the_metrics_equal_those_of_trl(packing: bool, job: Path, tiny: Callable[..., Path], tmp_path: Path) -> None:
    ours = job
    if not packing:
        files = {"train.jsonl": capitals()}, {"valid.jsonl": capitals()[:6]}
        ours = make_job(tmp_path, tiny(), *files, hyperparameters=SETTINGS, base={"packing": False})
        train(ours)
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(tiny(), dtype=torch.float32),
        args=SFTConfig(
            output_dir=str(tmp_path / "trl"),
            max_length=64,
            packing=packing,
            eval_packing=False,
            assistant_only_loss=True,
            max_steps=20,
            per_device_train_batch_size=1 if packing else 8,
            # One batch, because TRL averages the metrics of batches instead of tokens.
            per_device_eval_batch_size=8,
            # There are fewer than eight packed rows, so a step uses all of them.
            gradient_accumulation_steps=json.loads((ours / "artifact" / "recipe.json").read_text())["plan"][
                "accumulation"
            ],
            learning_rate=0.01,
            weight_decay=0.1,
            warmup_steps=2,
            lr_scheduler_type="cosine",
            activation_checkpointing=False,
            logging_steps=1,
            bf16=False,
            use_cpu=True,
            seed=7,
            report_to="none",
        ),
        train_dataset=Dataset.from_list(capitals()),
        eval_dataset=Dataset.from_list(capitals()[:6]),
        processing_class=AutoTokenizer.from_pretrained(tiny()),
        peft_config=LoraConfig(task_type="CAUSAL_LM", r=16, lora_alpha=32, target_modules="all-linear"),
    )
    trainer.train()
    metrics = trainer.evaluate()
    assert result(ours)["metrics"]["valid_loss"] == pytest.approx(metrics["eval_loss"], abs=1e-6)
    accuracy = result(ours)["metrics"]["valid_mean_token_accuracy"]
    assert accuracy == pytest.approx(metrics["eval_mean_token_accuracy"], abs=1e-6)
    check_figures(ours, tiny())
    theirs = {entry["step"]: entry["loss"] for entry in trainer.state.log_history if "loss" in entry}
    assert losses(ours) == pytest.approx(theirs, abs=1e-6)


def test_samples_in_one_row_do_not_see_each_other(tiny: Callable[..., Path]) -> None:
    for implementation in ("sdpa", "eager"):
        model = MistralForCausalLM.from_pretrained(tiny(), attn_implementation=implementation)
        assert keeps_samples_apart(model)


def test_packing_is_off_for_a_model_that_would_mix_samples(
    tiny: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = MistralForCausalLM.forward

    def blind(self: MistralForCausalLM, *arguments: Any, position_ids: Any = None, **more: Any) -> Any:
        return forward(self, *arguments, **more)

    monkeypatch.setattr(MistralForCausalLM, "forward", blind)
    train(make_job(tmp_path, tiny(), {"a.jsonl": capitals()}, hyperparameters={"training_steps": 1}))
    assert events(tmp_path, "packing-off")
    assert json.loads((tmp_path / "artifact" / "recipe.json").read_text())["packing"] is False


def test_a_multimodal_model_is_trained_on_text(tiny: Callable[..., Path], tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny(), model)
    text = MistralForCausalLM.from_pretrained(model).config.to_dict()
    vision = PixtralVisionConfig(hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2)
    Mistral3ForConditionalGeneration(Mistral3Config(text_config=text, vision_config=vision.to_dict())).save_pretrained(
        model
    )
    job = tmp_path / "job"
    train(make_job(job, model, {"a.jsonl": capitals()}, hyperparameters={"training_steps": 8}))
    assert losses(job)[8] < losses(job)[1]
    with safe_open(job / "artifact" / "adapter_model.safetensors", "pt") as adapter:
        assert all("language_model" in name for name in adapter.keys())  # noqa: SIM118


def test_function_calling_is_learned(tiny: Callable[..., Path], tmp_path: Path) -> None:
    samples = [{"messages": CALLING, "tools": TOOLS}]
    train(make_job(tmp_path, tiny("plain"), {"a.jsonl": samples}, hyperparameters={"training_steps": 12}))
    assert losses(tmp_path)[12] < losses(tmp_path)[1] / 10


def test_early_stopping_keeps_the_best_weights_and_reports_it(tiny: Callable[..., Path], tmp_path: Path) -> None:
    # The validation data contradicts the training data, so the validation loss soon rises.
    wrong = [{"messages": [question(country), answer("Lima.")]} for country in ["Italy", "Spain", "Japan"]]
    files = {"train.jsonl": capitals()}, {"valid.jsonl": wrong}
    base = {"early_stopping": {"patience": 2}, "checkpoint_steps": 1}
    train(make_job(tmp_path, tiny(), *files, hyperparameters={"training_steps": 40}, base=base))
    end = result(tmp_path)
    by_step = {line["step"]: line["metrics"]["valid_loss"] for line in lines(tmp_path, "checkpoint")}
    assert end["stop_reason"] == "early_stopping" and end["step"] < 40
    assert end["metrics"]["valid_loss"] == min(by_step.values())
    best = min(by_step, key=lambda step: by_step[step])
    assert end["kept_step"] == best == evaluated(tmp_path, "tuned")["step"]
    assert evaluated(tmp_path, "tuned")["metrics"]["valid_loss"] == pytest.approx(by_step[best], abs=1e-6)
    kept = (tmp_path / "checkpoints" / f"step-{best}" / "adapter_model.safetensors").read_bytes()
    assert (tmp_path / "artifact" / "adapter_model.safetensors").read_bytes() == kept
    # Another attempt after the early stop trains no more steps.
    taken = len(lines(tmp_path, "step"))
    train(tmp_path)
    assert len(lines(tmp_path, "step")) == taken
    assert {**result(tmp_path), "time": 0} == {**end, "time": 0}
    # `keep: last` keeps the last weights.
    content = json.loads((tmp_path / "job.json").read_text())
    (tmp_path / "job.json").write_text(json.dumps({**content, "keep": "last"}))
    train(tmp_path)
    assert result(tmp_path)["kept_step"] == end["step"] != best
    last = (tmp_path / "checkpoints" / f"step-{end['step']}" / "adapter_model.safetensors").read_bytes()
    assert (tmp_path / "artifact" / "adapter_model.safetensors").read_bytes() == last
    # A job of an earlier release has no `keep`: early stopping keeps the best.
    (tmp_path / "job.json").write_text(json.dumps({name: value for name, value in content.items() if name != "keep"}))
    train(tmp_path)
    assert result(tmp_path)["kept_step"] == best
