"""Identifies the version of the recipe, for caches that must not outlive it."""

import hashlib
from functools import cache
from pathlib import Path


@cache
def digest_of_sources() -> str:
    """Returns the SHA-256 of the recipe's source files."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()
