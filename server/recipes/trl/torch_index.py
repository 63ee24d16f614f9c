"""Installs PyTorch from another package index, for example a build for the CPU or for another version of CUDA."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

# Other builds of PyTorch need other versions of these packages, or none.
OF_TORCH = re.compile(r"(torch|triton|nvidia-[\w.-]+|cuda-[\w.-]+)==")


class TorchIndex:
    """The index's URL. Its credentials are passed to the installer in the environment, and never printed."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            # Do not print the value, because it may contain credentials.
            raise ValueError("--torch-index needs an http:// or https:// URL")
        self.url = url
        user, _, host = parts.netloc.rpartition("@")
        self.public_url = urlunsplit(parts._replace(netloc=host, query="", fragment="")).rstrip("/")
        secrets = {url, user, *user.split(":", 1), parts.query}
        self._secrets = sorted({each for text in secrets for each in (text, unquote(text))} - {""}, key=len)[::-1]

    @property
    def suffix(self) -> str:
        """Distinguishes the environment from those with PyTorch from other indexes."""
        return f"-torch-{hashlib.sha256(self.public_url.encode()).hexdigest()[:8]}"

    def environment(self) -> dict[str, str]:
        """Returns the environment in which pip and uv use only this index."""
        other = ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL")
        kept = {name: value for name, value in os.environ.items() if name not in (*other, "UV_FIND_LINKS")}
        return {**kept, "PIP_INDEX_URL": self.url, "UV_DEFAULT_INDEX": self.url}

    def run(self, command: list[str | os.PathLike[str]]) -> None:
        """Runs an installer, and removes the credentials from its output."""
        with subprocess.Popen(
            command, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                print(self.redacted(line), end="", file=sys.stderr, flush=True)
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, "the installation of torch")

    def redacted(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, self.public_url if secret == self.url else "****")
        return text


def torch_version(requirements: Path) -> str:
    """Returns the pinned version of torch, such as `2.15.0`."""
    match = re.search(r"(?m)^torch==([\w.]+)", requirements.read_text())
    assert match is not None, f"{requirements} does not pin torch"
    return match[1]


def without_torch(requirements: str) -> str:
    """Returns the content of a requirements file without torch and the packages of its build."""
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", requirements)
    return "".join(entry for entry in entries if not OF_TORCH.match(entry))
