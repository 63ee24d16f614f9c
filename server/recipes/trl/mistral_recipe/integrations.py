"""Connects Weights & Biases when the job requests it and wandb is installed. Its failures never fail the training."""

import importlib.util
import os

from .job import Job
from .progress import Progress


def reports(job: Job, progress: Progress) -> list[str]:
    """Returns the trainer's `report_to`. Reports an event with the reason when a requested integration is skipped."""
    wanted = next((entry for entry in job.integrations if entry.type == "wandb"), None)
    if wanted is None or not progress.enabled:
        return []
    if importlib.util.find_spec("wandb") is None:
        progress.event("wandb-skipped", reason="wandb is not installed: run setup_env.py --extra wandb")
        return []
    import wandb

    key = os.environ.get(wanted.api_key_env or "")
    if key:
        # wandb reads this variable. `wandb.login` would store the key in ~/.netrc.
        os.environ["WANDB_API_KEY"] = key
    try:
        run = wandb.init(project=wanted.project, name=wanted.run_name or wanted.name, id=job.id, resume="allow")
    except Exception as error:  # an outage or a wrong key must not fail the training
        progress.event(
            "wandb-skipped", reason=f"wandb.init failed: {type(error).__name__}; check the API key and the network"
        )
        return []
    progress.event("wandb", url=run.url)
    return ["wandb"]
