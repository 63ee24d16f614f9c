"""Weights & Biases gets its key through the environment only."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jobs import capitals, events, make_job

from mistral_recipe.integrations import reports
from mistral_recipe.job import read_job
from mistral_recipe.progress import Progress

# Like wandb: `login` stores the key in ~/.netrc, and `init` reads the key from the environment.
FAKE_WANDB = """
import json, os
from pathlib import Path

def login(key=None, **_):
    if key:
        (Path.home() / ".netrc").write_text("machine api.wandb.ai password " + key)

class Run:
    url = "https://example.com/run"

def init(**settings):
    if "WANDB_API_KEY" not in os.environ:
        raise ValueError("no API key configured")
    Path(os.environ["SEEN"]).write_text(json.dumps({"key": os.environ["WANDB_API_KEY"], **settings}))
    return Run()
"""


@pytest.mark.parametrize("variable", ["WANDB_API_KEY", "WANDB_API_KEY_2"])
def test_the_key_is_used_and_never_stored(
    variable: str, tiny: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, library = tmp_path / "home", tmp_path / "library"
    home.mkdir()
    library.mkdir()
    (library / "wandb.py").write_text(FAKE_WANDB)
    monkeypatch.syspath_prepend(str(library))
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SEEN", str(tmp_path / "seen.json"))
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv(variable, "a-secret-key")
    integrations = [{"type": "wandb", "project": "p", "run_name": "r", "api_key_env": variable}]
    folder = make_job(tmp_path / "job", tiny(), {"a.jsonl": capitals()}, integrations=integrations)
    assert reports(read_job(folder), Progress(folder)) == ["wandb"]
    assert '"key": "a-secret-key", "project": "p", "name": "r"' in (tmp_path / "seen.json").read_text()
    assert events(folder, "wandb") == [{"url": "https://example.com/run"}]
    assert list(home.rglob("*")) == []
    sys.modules.pop("wandb")
