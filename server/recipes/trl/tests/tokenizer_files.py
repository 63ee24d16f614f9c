"""Writes tokenizer files of each version: those of mistral_common, and newer versions with its vocabulary."""

import json
import shutil
from pathlib import Path
from typing import Any

from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

DATA = MistralTokenizer._data_path()

SENTENCEPIECE = {
    "v1": "tokenizer.model.v1",
    "v2": "mistral_instruct_tokenizer_240216.model.v2",
    "v3": "mistral_instruct_tokenizer_240323.model.v3",
    "v7": "mistral_instruct_tokenizer_241114.model.v7",
}
TEKKEN = "tekken_240718.json"

_FIRST = [
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]",
    "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
]  # fmt: skip
_MORE = {
    "v7": [],
    "v11": ["[ARGS]", "[CALL_ID]"],
    "v13": ["[ARGS]", "[CALL_ID]", "[THINK]", "[/THINK]"],
    "v15": ["[ARGS]", "[CALL_ID]", "[THINK]", "[/THINK]", "[MODEL_SETTINGS]", "[/MODEL_SETTINGS]"],
}
GENERATIONS = [*(f"{version} SentencePiece" for version in SENTENCEPIECE), "v3 tekken", *(f"{v} tekken" for v in _MORE)]


def make_tokenizer_folder(folder: Path, generation: str) -> Path:
    """Writes the tokenizer's file to a folder without other files. Returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    version, kind = generation.split()
    if kind == "SentencePiece":
        shutil.copy(DATA / SENTENCEPIECE[version], folder / f"tokenizer.model.{version}")
    elif version == "v3":
        shutil.copy(DATA / TEKKEN, folder / "tekken.json")
    else:
        (folder / "tekken.json").write_text(json.dumps(_tekken(version)), encoding="utf-8")
    return folder


def tokenizer_file(folder: Path) -> Path:
    return next(path for path in folder.iterdir() if path.name.startswith("te") or path.name.startswith("tokenizer.m"))


def _tekken(version: str) -> dict[str, Any]:
    tekken = json.loads((DATA / TEKKEN).read_text(encoding="utf-8"))
    tekken["config"]["version"] = version
    names = _FIRST + _MORE[version]
    tekken["special_tokens"] = [
        {"rank": rank, "token_str": name, "is_control": True} for rank, name in enumerate(names)
    ]
    if version == "v15":
        tekken["model_settings_builder"] = {
            "reasoning_effort": {
                "type": "enum", "values": ["none", "high"], "accepts_none": True, "default": "none",
            },
        }  # fmt: skip
    return tekken
