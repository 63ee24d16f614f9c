"""Trains a LoRA adapter with Transformers' Trainer and PEFT: `python train.py JOB_FOLDER`."""

import json
import sys
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from report import Report
from transformers import AutoModelForCausalLM, AutoTokenizer, DataCollatorForSeq2Seq, Trainer, TrainingArguments


def main(report: Report) -> None:
    base, settings = report.job["base"]["path"], report.job["hyperparameters"]
    tokenizer = AutoTokenizer.from_pretrained(base)

    def rows(files: list[Any]) -> Dataset | None:
        samples = [json.loads(line) for file in files for line in file.read_text().splitlines()]
        if not samples:
            return None
        return Dataset.from_list([row(sample["messages"]) for sample in samples])

    def row(messages: list[dict[str, str]]) -> dict[str, list[int]]:
        prompt = tokenizer.apply_chat_template(messages[:-1], return_dict=False)
        tokens = tokenizer.apply_chat_template(messages, return_dict=False)
        # The loss counts the last answer only.
        return {"input_ids": tokens, "labels": [-100] * len(prompt) + tokens[len(prompt) :]}

    trainer = Trainer(
        model=get_peft_model(
            AutoModelForCausalLM.from_pretrained(base), LoraConfig(task_type="CAUSAL_LM", target_modules="all-linear")
        ),
        args=TrainingArguments(
            output_dir=report.trainer_folder,
            max_steps=settings.get("training_steps", -1),
            num_train_epochs=settings.get("epochs", 3),
            learning_rate=settings.get("learning_rate", 1e-4),
            per_device_train_batch_size=8,
            logging_steps=1,
            eval_strategy="steps" if report.validation_files else "no",
            eval_steps=0.1,
            eval_on_start=bool(report.validation_files),
            save_steps=0.1,
            seed=report.job.get("seed", 42),
            use_cpu=not torch.cuda.is_available(),
            include_num_input_tokens_seen="all",
            report_to="none",
        ),
        train_dataset=rows(report.training_files),
        eval_dataset=rows(report.validation_files),
        data_collator=DataCollatorForSeq2Seq(tokenizer),
        callbacks=[report],
    )
    trainer.train(resume_from_checkpoint=report.newest_checkpoint())
    with report.artifact() as folder:
        trainer.save_model(folder)
        tokenizer.save_pretrained(folder)


with Report(sys.argv[1]) as report:
    main(report)
