"""Fetches the repositories of a job with git at `ref`, and reads their text files as documents."""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .errors import RecipeError
from .files import write_atomically
from .job import Job, Repository
from .progress import PlanProgress, Progress

# Larger files are usually data or generated code.
MAX_FILE_BYTES = 1024 * 1024


def fetch_all(job: Job, progress: Progress) -> None:
    for repository in job.repositories:
        fetch(repository, job.folder, progress)


def fetch(repository: Repository, folder: Path, progress: Progress) -> None:
    """Fetches the repository into the job's folder once, so that later attempts train on the same commit."""
    target = place_of(repository, folder)
    record = target.with_name(target.name + ".commit")
    if target.exists():
        # The events of a plan are kept in memory: a killed plan command has lost this one.
        if isinstance(progress, PlanProgress) and record.exists():
            _report(repository, record.read_text(encoding="utf-8"), progress)
        return
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    url = f"https://github.com/{repository.owner}/{repository.name}.git"
    _git(repository, partial, "init", "--quiet")
    _git(repository, partial, "fetch", "--quiet", "--depth", "1", "--", url, repository.ref or "HEAD")
    _git(repository, partial, "checkout", "--quiet", "FETCH_HEAD")
    commit = _git(repository, partial, "rev-parse", "HEAD").strip()
    shutil.rmtree(partial / ".git")
    write_atomically(record, commit)
    _report(repository, commit, progress)
    partial.rename(target)


def _report(repository: Repository, commit: str, progress: Progress) -> None:
    progress.event("repository", owner=repository.owner, name=repository.name, ref=repository.ref, commit_id=commit)


def documents(repository: Repository, folder: Path) -> Iterator[str]:
    """Yields the text of each UTF-8 file of at most MAX_FILE_BYTES, sorted by path."""
    for path in _files(repository, folder):
        content = path.read_bytes()
        if b"\0" in content:
            continue
        try:
            yield content.decode("utf-8")
        except UnicodeDecodeError:
            continue


def size_of(repository: Repository, folder: Path) -> int:
    """Returns the bytes of the files, including those that are not text."""
    return sum(path.stat().st_size for path in _files(repository, folder))


def _files(repository: Repository, folder: Path) -> Iterator[Path]:
    for path in sorted(place_of(repository, folder).rglob("*")):
        if not path.is_symlink() and path.is_file() and 0 < path.stat().st_size <= MAX_FILE_BYTES:
            yield path


def place_of(repository: Repository, folder: Path) -> Path:
    """Returns the repository's folder. Its name has a hash, because the readable part is not unique: `a/b-c`, `a-b/c`.

    A job that an earlier version began keeps the folder that this version has fetched.
    """
    parent = folder / "data" / "repositories"
    readable = re.sub(r"[^\w.-]", "_", f"{repository.owner}-{repository.name}")
    of_earlier_version = parent / readable
    if of_earlier_version.exists():
        return of_earlier_version
    identity = json.dumps([repository.owner, repository.name, repository.ref])
    # Earlier versions never wrote an `@`, so the two kinds of names are distinct.
    return parent / f"{readable}@{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


def _git(repository: Repository, folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", **_authorization(repository)}
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise RecipeError("the job has repositories, but git is not installed: install git") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        wanted = f"{repository.owner}/{repository.name} at {repository.ref or 'HEAD'}"
        raise RecipeError(f"cannot fetch the repository {wanted}: {last}; check its name, ref and token")
    return done.stdout


def _authorization(repository: Repository) -> dict[str, str]:
    # Pass the token in the environment, because other users of the machine can read the command line.
    token = os.environ.get(repository.token_env) if repository.token_env else None
    if not token:
        return {}
    count = int(os.environ.get("GIT_CONFIG_COUNT", "0"))
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": "http.https://github.com/.extraHeader",
        f"GIT_CONFIG_VALUE_{count}": f"Authorization: Basic {basic}",
    }
