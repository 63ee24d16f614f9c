"""`python answers.py BASE ADAPTER FILE`: how many questions of a data file the model answers word for word, when it always takes
the likeliest token; as JSON, without and with the adapter."""

import json
import sys
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base, adapter, file = sys.argv[1:]
samples = [json.loads(line)["messages"] for line in Path(file).read_text().splitlines()]
tokenizer = AutoTokenizer.from_pretrained(adapter)


def right(model: torch.nn.Module) -> int:
    count = 0
    for *prompt, answer in samples:
        asked = tokenizer.apply_chat_template(prompt, return_tensors="pt", return_dict=True)
        with torch.no_grad():
            said = model.generate(**asked, max_new_tokens=40, do_sample=False)[0, asked["input_ids"].shape[1] :]
        count += tokenizer.decode(said, skip_special_tokens=True).strip() == answer["content"]
    return count


model = AutoModelForCausalLM.from_pretrained(base)
before = right(model)
print(json.dumps({"base": before, "adapter": right(PeftModel.from_pretrained(model, adapter)), "of": len(samples)}))
