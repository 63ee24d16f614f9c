"""Downloads a model's config and tokenizer from the Hugging Face hub, with a time limit and without its weights."""

import json
import subprocess
import sys
from pathlib import Path

from .load_encoder import TOKENIZER_PATTERNS

# For one model. A tokenizer has up to 20 MB.
TIME_LIMIT_S = 60

# A separate process, because threads of a blocked download cannot be stopped.
DOWNLOAD = """
import json, sys
from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError
try:
    print(json.dumps({"folder": snapshot_download(sys.argv[1], allow_patterns=sys.argv[2:])}))
except (GatedRepoError, HFValidationError, RepositoryNotFoundError) as error:
    print(json.dumps({"refused": type(error).__name__}))
except Exception as error:
    cause = error.__cause__ or error
    reason = f"{type(cause).__name__}: {(str(cause).strip().splitlines() or [''])[0]}"
    print(json.dumps({"offline" if constants.HF_HUB_OFFLINE else "unreachable": reason}))
"""

REFUSALS = {
    "GatedRepoError": "needs a login: accept the model's license on the hub and set HF_TOKEN",
    "RepositoryNotFoundError": "does not exist on the Hugging Face hub, or is private: check the path in the models "
    "file, and set HF_TOKEN for a private model",
    "HFValidationError": "is neither a folder nor an id on the Hugging Face hub (owner/name): correct the path in the "
    "models file",
}


class HubError(Exception):
    """The hub refuses the model, or offline mode forbids the download: a training would fail, too."""


class HubUnreachable(Exception):
    """The network failed, so nothing is known about the model."""


def fetch_settings(model: str) -> Path:
    """Returns the folder with the files of a hub id. Raises HubError or HubUnreachable."""
    command = [sys.executable, "-c", DOWNLOAD, model, *TOKENIZER_PATTERNS, "config.json"]
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=TIME_LIMIT_S
        )
        answer = json.loads(done.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        answer = {"unreachable": f"no answer within {TIME_LIMIT_S} s"}
    except (IndexError, ValueError):
        answer = {"unreachable": f"the download ended with exit code {done.returncode}"}
    if "folder" in answer:
        return _with_config(Path(answer["folder"]), model)
    if "refused" in answer:
        raise HubError(f"{model} {REFUSALS[answer['refused']]}")
    if "offline" in answer:
        raise HubError(
            f"{model} is not in the cache of the Hugging Face hub, and HF_HUB_OFFLINE forbids the download: unset "
            "HF_HUB_OFFLINE, or set the model's path in the models file to a folder"
        )
    raise HubUnreachable(
        f"{model} is fetched from the Hugging Face hub at the first training; not checked, because the hub cannot be "
        f"reached ({answer['unreachable']})"
    )


def _with_config(folder: Path, model: str) -> Path:
    if not (folder / "config.json").is_file():
        raise HubError(
            f"{model} on the Hugging Face hub has no config.json: use a version of the model for Transformers"
        )
    return folder
