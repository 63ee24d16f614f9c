"""`python direct.py BASE TRAIN VALID RECIPE`: the same training by TRL alone, with the settings that the artifact's recipe.json
tells; its metrics on the validation data as JSON."""

import json
import sys
import tempfile
from pathlib import Path

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

base, train, valid, recipe = sys.argv[1:]
settings = json.loads(Path(recipe).read_text())
asked, plan = settings["hyperparameters"], settings["plan"]
trainer = SFTTrainer(
    model=AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32),
    args=SFTConfig(
        output_dir=tempfile.mkdtemp(),
        max_length=asked["seq_len"],
        packing=settings["packing"],
        eval_packing=False,
        assistant_only_loss=True,
        max_steps=plan["total_steps"],
        per_device_train_batch_size=plan["micro_batch"],
        per_device_eval_batch_size=plan["micro_batch"],
        gradient_accumulation_steps=plan["accumulation"],
        learning_rate=asked["learning_rate"],
        weight_decay=asked["weight_decay"],
        warmup_steps=int(asked["warmup_fraction"] * plan["total_steps"]),
        lr_scheduler_type="cosine",
        activation_checkpointing=False,
        bf16=False,
        use_cpu=True,
        save_strategy="no",
        seed=settings["seed"],
        report_to="none",
        disable_tqdm=True,
    ),
    train_dataset=Dataset.from_json(train),
    eval_dataset=Dataset.from_json(valid),
    processing_class=AutoTokenizer.from_pretrained(base),
    peft_config=LoraConfig(task_type="CAUSAL_LM", r=16, lora_alpha=32, target_modules="all-linear"),
)
trainer.train()
metrics = trainer.evaluate()
print(json.dumps({"validLoss": metrics["eval_loss"], "accuracy": metrics["eval_mean_token_accuracy"]}))
