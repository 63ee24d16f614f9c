"""Creates job folders, and trains them in a separate process as the server does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

RECIPE = Path(__file__).parents[1]
# Without an address, Ray connects to the last cluster that was started on this machine, such as one of another test.
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(RECIPE),
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
    "RAY_ADDRESS": "local",
}

CAPITALS = {
    "France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Norway": "Oslo", "Japan": "Tokyo", "Peru": "Lima",
    "Egypt": "Cairo", "Kenya": "Nairobi", "Cuba": "Havana", "Iran": "Tehran", "Chile": "Santiago", "Ghana": "Accra",
    "Qatar": "Doha", "Nepal": "Kathmandu", "Austria": "Vienna", "Greece": "Athens",
}  # fmt: skip


def question(country: str) -> dict[str, str]:
    return {"role": "user", "content": f"What is the capital of {country}?"}


def answer(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **more}


def capitals() -> list[dict[str, Any]]:
    return [{"messages": [question(country), answer(f"{city}.")]} for country, city in CAPITALS.items()]


def write_jsonl(path: Path, samples: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(sample) + "\n" for sample in samples), encoding="utf-8")
    return path


def make_job(
    folder: Path,
    model: Path | str,
    training: dict[str, list[Any]],
    validation: dict[str, list[Any]] | None = None,
    weights: dict[str, float] | None = None,
    hyperparameters: dict[str, Any] | None = None,
    base: dict[str, Any] | None = None,
    **more: Any,
) -> Path:
    """Writes `job.json` and the data files as the server does; returns the folder."""

    def entries(files: dict[str, list[Any]]) -> list[dict[str, Any]]:
        for name, samples in files.items():
            write_jsonl(folder / "data" / name, samples)
        return [
            {"id": name, "name": name, "path": f"data/{name}", "weight": (weights or {}).get(name, 1)} for name in files
        ]

    job = {
        "version": 1,
        "id": folder.name,
        "model": "open-mistral-7b",
        "base": {"path": str(model), **(base or {})},
        "job_type": "completion",
        "hyperparameters": {
            "learning_rate": 0.01,
            "weight_decay": 0.1,
            "warmup_fraction": 0.05,
            **(hyperparameters or {}),
        },
        "training_files": entries(training),
        "validation_files": entries(validation or {}),
        "seed": 7,
        "generation_rules": "enforce",
        "keep": "best",
        **more,
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    return folder


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "mistral_recipe", str(folder), *arguments],
        cwd=folder,
        env={**ENVIRONMENT, **environment},
        stdout=subprocess.DEVNULL,
        stderr=(folder / "log.txt").open("ab"),
    )


def lines(folder: Path, type: str | None = None) -> list[dict[str, Any]]:
    """Returns the complete lines of progress.jsonl."""
    path = folder / "progress.jsonl"
    whole = (
        [line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")] if path.exists() else []
    )
    return [entry for entry in map(json.loads, whole) if type is None or entry["type"] == type]


def result(folder: Path) -> dict[str, Any]:
    last = lines(folder)[-1]
    assert last["type"] == "result", last
    return last


def losses(folder: Path) -> dict[int, float]:
    """Returns the loss of each step. For repeated steps, returns the latest loss."""
    return {line["step"]: line["loss"] for line in lines(folder, "step")}


def events(folder: Path, name: str) -> list[dict[str, Any]]:
    return [line["data"] for line in lines(folder, "event") if line["name"] == name]
