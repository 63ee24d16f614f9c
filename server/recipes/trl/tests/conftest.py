import os
import sys
from collections.abc import Callable
from pathlib import Path

# Threads that wait for each other cost more than they give at this size.
os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1")
sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

import pytest  # noqa: E402
from jobs import capitals, write_jsonl  # noqa: E402


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes each kind of tiny model once; see make_tiny_model.py."""
    from make_tiny_model import make

    made: dict[str, Path] = {}
    file = write_jsonl(tmp_path_factory.mktemp("data") / "capitals.jsonl", capitals())

    def get(template: str = "marked") -> Path:
        if template not in made:
            made[template] = make(tmp_path_factory.mktemp("model") / template, [file], template)
        return made[template]

    return get
