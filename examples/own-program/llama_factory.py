"""Trains a LoRA adapter with LLaMA-Factory: `python llama_factory.py JOB_FOLDER`.

LLAMA_FACTORY_TEMPLATE names LLaMA-Factory's chat template of the base model. The default is `mistral`, for Mistral 7B.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import datasets
import torch
from llamafactory.train.tuner import run_exp
from report import Report

# How a training file describes a conversation, in LLaMA-Factory's words.
TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
FORMAT = {
    "formatting": "openai",
    "columns": {"messages": "messages"},
    "tags": {**TAGS, "observation_tag": "tool", "function_tag": "function", "system_tag": "system"},
}


def describe_datasets(report: Report, folder: Path) -> str:
    """Writes dataset_info.json. Refuses what LLaMA-Factory would train differently from the API's rules."""
    files = report.job["training_files"] + (report.job.get("validation_files") or [])
    for file in files:
        for number, line in enumerate((report.folder / file["path"]).read_text(encoding="utf-8").splitlines(), 1):
            sample = json.loads(line)
            if "messages" not in sample or "tools" in sample or any("weight" in each for each in sample["messages"]):
                raise ValueError(f"{file['name']}:{number}: only conversations without tools and weights are trained")
    info = {file["id"]: {"file_name": str(report.folder / file["path"]), **FORMAT} for file in files}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")
    return str(folder)


def arguments(report: Report, artifact: str) -> dict[str, Any]:
    """LLaMA-Factory's configuration for the job."""
    settings, validation = report.job["hyperparameters"], report.job.get("validation_files") or []
    # The server deletes this folder when the job has ended.
    working_folder = Path(report.trainer_folder)
    return {
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "lora",
        "lora_target": "all",
        "model_name_or_path": report.job["base"]["path"],
        "template": os.environ.get("LLAMA_FACTORY_TEMPLATE", "mistral"),
        "dataset_dir": describe_datasets(report, working_folder),
        "dataset": ",".join(file["id"] for file in report.job["training_files"]),
        "eval_dataset": ",".join(file["id"] for file in validation) or None,
        "cutoff_len": settings.get("seq_len", 4096),
        "max_steps": settings.get("training_steps", -1),
        "num_train_epochs": settings.get("epochs", 3),
        "learning_rate": settings.get("learning_rate", 1e-4),
        "per_device_train_batch_size": 8,
        "logging_steps": 1,
        "save_steps": 0.1,
        "eval_strategy": "steps" if validation else "no",
        "eval_steps": 0.1,
        "seed": report.job.get("seed", 42),
        "include_num_input_tokens_seen": True,
        "report_to": "none",
        "bf16": torch.cuda.is_available(),
        "use_cpu": not torch.cuda.is_available(),
        "output_dir": artifact,
        "resume_from_checkpoint": report.newest_checkpoint(),
    }


with Report(sys.argv[1]) as report, report.artifact() as artifact:
    # The default is the user's cache folder, where copies of the training data would remain.
    datasets.config.HF_DATASETS_CACHE = Path(report.trainer_folder) / "cache"
    run_exp(arguments(report, artifact), callbacks=[report])
