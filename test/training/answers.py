"""Usage: `python answers.py BASE ADAPTER FILE`. Counts the questions of a data file that a model answers exactly (greedy decoding).

Prints JSON: `base` and `adapter`, the exact answers without and with the adapter, and `of`, the number of questions.
"""

import json
import sys
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base, adapter, file = sys.argv[1:]
samples = [json.loads(line)["messages"] for line in Path(file).read_text().splitlines()]
tokenizer = AutoTokenizer.from_pretrained(adapter)


def count_exact_answers(model: torch.nn.Module) -> int:
    count = 0
    for *prompt, answer in samples:
        inputs = tokenizer.apply_chat_template(prompt, return_tensors="pt", return_dict=True)
        with torch.no_grad():
            reply = model.generate(**inputs, max_new_tokens=40, do_sample=False)[0, inputs["input_ids"].shape[1] :]
        count += tokenizer.decode(reply, skip_special_tokens=True).strip() == answer["content"]
    return count


model = AutoModelForCausalLM.from_pretrained(base)
# PEFT adds the adapter to the base model in place, so count the base model's answers first.
base_count = count_exact_answers(model)
adapter_count = count_exact_answers(PeftModel.from_pretrained(model, adapter))
print(json.dumps({"base": base_count, "adapter": adapter_count, "of": len(samples)}))
