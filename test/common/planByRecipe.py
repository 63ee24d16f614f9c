"""Plans trainings with the included recipe. Reads a JSON list of cases from stdin and prints a list of plans.

A case has `rule`, `asked`, `samples` (each with `tokens` tokens) and `is_classifier`. Samples fill packed rows completely.
"""

import json
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "server/recipes/trl"))

from mistral_recipe.job import Base, Hyperparameters  # noqa: E402
from mistral_recipe.plan import make_plan, packed_length, too_few_rows  # noqa: E402


def plan(case):
    rule, asked, samples, tokens = case["rule"], case["asked"], case["samples"], case["tokens"]
    base = Base(
        path="base",
        packing=True if rule.get("fixed_row_length") else None if rule["packing"] else False,
        batch_size=rule.get("batch_size"),
        gradient_accumulation_steps=rule.get("gradient_accumulation_steps"),
    )
    hyperparameters = Hyperparameters(training_steps=asked.get("trainingSteps"), epochs=asked.get("epochs"))
    workers = rule.get("workers", 1)
    lengths = [tokens] * samples
    rows, packs = samples, base.packing is not False and not case["is_classifier"]
    if packs:
        seq_len = asked.get("seqLen") or rule["seq_len"]
        length = packed_length(lengths, seq_len, hyperparameters, base, workers)
        packed = math.ceil(sum(lengths) / length)
        packs = not too_few_rows(packed, samples, hyperparameters, base, workers)
        rows = packed if packs else samples
    made = make_plan(rows, hyperparameters, base, workers, packs, samples)
    return {
        "totalSteps": made.total_steps,
        "epochs": made.epochs,
        "tokensPerStep": sum(lengths) / rows * made.rows_per_step,
    }


print(json.dumps([plan(case) for case in json.load(sys.stdin)]))
