import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

# At this model size, synchronizing threads costs more time than parallel work saves.
os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1")
sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

import pytest  # noqa: E402
from counts import pytest_terminal_summary  # noqa: E402, F401
from jobs import capitals, write_jsonl  # noqa: E402
from library import Library  # noqa: E402
from mistral_common.protocol.instruct.validator import ValidationMode  # noqa: E402
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer  # noqa: E402
from tokenizer_files import make_tokenizer_folder, tokenizer_file  # noqa: E402

from mistral_recipe.job import Base  # noqa: E402
from mistral_recipe.load_encoder import load_encoder  # noqa: E402


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


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    root = tmp_path_factory.mktemp("tokenizers")
    return cache(lambda generation: make_tokenizer_folder(root / generation.replace(" ", "-"), generation))


@pytest.fixture(scope="session")
def library_of(folder_of: Callable[[str], Path]) -> Callable[[str], Library]:
    def load(generation: str) -> Library:
        file = tokenizer_file(folder_of(generation))
        return Library(
            *(MistralTokenizer.from_file(file, mode) for mode in (ValidationMode.finetuning, ValidationMode.test))
        )

    return cache(load)


@pytest.fixture(scope="session")
def encoder_of(folder_of: Callable[[str], Path]) -> Callable[[str], Any]:
    return cache(lambda generation: load_encoder(Base(str(folder_of(generation)))))
