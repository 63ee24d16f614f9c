"""Usage: `python direct.py BASE TRAIN VALID RECIPE`. Runs the same training with plain TRL, with the settings in the artifact's
recipe.json. Prints JSON: `validLoss` and `accuracy`, the metrics on the validation data.
"""

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
hyperparameters, plan = settings["hyperparameters"], settings["plan"]
validation = Dataset.from_json(valid)
trainer = SFTTrainer(
    model=AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32),
    args=SFTConfig(
        output_dir=tempfile.mkdtemp(),
        max_length=hyperparameters["seq_len"],
        packing=settings["packing"],
        eval_packing=False,
        assistant_only_loss=True,
        max_steps=plan["total_steps"],
        per_device_train_batch_size=plan["micro_batch"],
        # One batch, because TRL averages the metrics of batches. The recipe averages over all tokens.
        per_device_eval_batch_size=len(validation),
        gradient_accumulation_steps=plan["accumulation"],
        learning_rate=hyperparameters["learning_rate"],
        weight_decay=hyperparameters["weight_decay"],
        warmup_steps=int(hyperparameters["warmup_fraction"] * plan["total_steps"]),
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
    eval_dataset=validation,
    processing_class=AutoTokenizer.from_pretrained(base),
    peft_config=LoraConfig(task_type="CAUSAL_LM", r=16, lora_alpha=32, target_modules="all-linear"),
)
trainer.train()
metrics = trainer.evaluate()
print(json.dumps({"validLoss": metrics["eval_loss"], "accuracy": metrics["eval_mean_token_accuracy"]}))
