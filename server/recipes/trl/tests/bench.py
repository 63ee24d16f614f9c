"""Tokens per second of CPU time, against TRL's own script: `python tests/bench.py`. Prints one JSON object.

Measures CPU time of one thread, because other work on the machine distorts wall time. The variants train in turn, and
the best round of each counts. "equal" is TRL with the same packing and batch; "defaults" is TRL with its defaults:
no packing, batches of 8.
"""

import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", TQDM_DISABLE="1")
sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

import torch  # noqa: E402
from datasets import Dataset  # noqa: E402
from jobs import make_job, question, write_jsonl  # noqa: E402
from peft import LoraConfig  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback  # noqa: E402
from trl import SFTConfig, SFTTrainer  # noqa: E402

from make_tiny_model import make  # noqa: E402
from mistral_recipe.completion import prepare  # noqa: E402
from mistral_recipe.job import read_job  # noqa: E402
from mistral_recipe.progress import Progress  # noqa: E402
from mistral_recipe.train import run  # noqa: E402

STEPS, ROUNDS, SEQ_LEN = 6, 3, 512


class Clock(TrainerCallback):
    """Returns CPU seconds and tokens from the end of the first step to the end of the last step."""

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.last = time.process_time(), state.num_input_tokens_seen
        if state.global_step == 1:
            self.first = self.last

    @property
    def rate(self) -> float:
        return (self.last[1] - self.first[1]) / (self.last[0] - self.first[0])


def samples(count: int) -> list[dict[str, Any]]:
    """Returns conversations of very different lengths, like real data."""
    rng = random.Random(0)
    words = [f"word{i}" for i in range(50)]

    def text() -> str:
        return " ".join(rng.choices(words, k=int(rng.lognormvariate(2.5, 1.0)) + 1))

    return [{"messages": [question(text()), {"role": "assistant", "content": text()}]} for _ in range(count)]


def ours(folder: Path, model: Path, data: list[Any]) -> float:
    clock = Clock()
    folder.mkdir()
    base = {"checkpoint_steps": STEPS, "gradient_accumulation_steps": 4}
    settings = {"training_steps": STEPS, "seq_len": SEQ_LEN}
    make_job(folder, model, {"a.jsonl": data}, hyperparameters=settings, base=base)
    job, progress = read_job(folder), Progress(folder)
    prepared = prepare(job, 1, progress)
    prepared.trainer.add_callback(clock)
    run(job, prepared, progress)
    return clock.rate


def theirs(folder: Path, model: Path, data: list[Any], **settings: Any) -> float:
    clock = Clock()
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32),
        args=SFTConfig(
            output_dir=str(folder),
            max_length=SEQ_LEN,
            assistant_only_loss=True,
            max_steps=STEPS,
            activation_checkpointing=False,
            bf16=False,
            use_cpu=True,
            report_to="none",
            save_strategy="no",
            include_num_input_tokens_seen="non_padding",
            **settings,
        ),
        train_dataset=Dataset.from_list(data),
        processing_class=AutoTokenizer.from_pretrained(model),
        peft_config=LoraConfig(task_type="CAUSAL_LM", r=16, lora_alpha=32, target_modules="all-linear"),
        callbacks=[clock],
    )
    trainer.train()
    return clock.rate


def main() -> None:
    data = samples(400)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        model = make(root / "model", [write_jsonl(root / "data.jsonl", data)], hidden=128)
        best = {"recipe": 0.0, "equal": 0.0, "defaults": 0.0}
        packed = {"packing": True, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 4}
        for i in range(ROUNDS):
            best["recipe"] = max(best["recipe"], ours(root / f"job{i}", model, data))
            best["equal"] = max(best["equal"], theirs(root / "trl", model, data, **packed))
            best["defaults"] = max(best["defaults"], theirs(root / "trl", model, data))
    ratios = {f"recipe/{name}": round(best["recipe"] / best[name], 3) for name in ("equal", "defaults")}
    print(json.dumps({**{name: round(rate) for name, rate in best.items()}, **ratios}))


if __name__ == "__main__":
    main()
