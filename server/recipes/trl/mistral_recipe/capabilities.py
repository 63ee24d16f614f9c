"""`python train.py capabilities` prints what this program can do, as one JSON object on the last line.

The server runs this command once when it starts. `rule` contains the defaults of the plan, so that the server can
estimate a training. Imports no PyTorch, because the command should take less than a second.
"""

import json

from .plan import DEFAULT_EPOCHS, DEFAULT_ROWS, DEFAULT_SEQ_LEN, MIN_STEPS, MIN_STEPS_PER_EPOCH
from .sources import digest_of_sources

CAPABILITIES = {
    "version": 1,
    "job_types": ["completion", "classifier"],
    "plan": True,
    "show": True,
    "evaluation": True,
    "evaluate": True,
    "rule": {
        "seq_len": DEFAULT_SEQ_LEN,
        "rows_per_step": DEFAULT_ROWS,
        "packing": True,
        "epochs": int(DEFAULT_EPOCHS),
        "min_steps": MIN_STEPS,
        "min_steps_per_epoch": MIN_STEPS_PER_EPOCH,
    },
}


def main() -> int:
    # The digest changes with each release, so that a server does not use a plan that another release made.
    print(json.dumps({**CAPABILITIES, "program": digest_of_sources()[:16]}))
    return 0
