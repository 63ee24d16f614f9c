"""Sets up the recipe's environment: `python setup_env.py [DIR] [--extra ray] [--torch-index URL] [--print]`.

Needs Python 3.11 or later and nothing else. Uses uv when it is installed, which is faster, else pip.
Default for DIR: a folder in the user's cache named by the hash of requirements.txt, so that each version of the recipe
has its own environment. With `--torch-index`, the name also has a hash of the URL. The server uses the environment
that was set up last. The last line of the output is the path of the environment's Python.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from torch_index import TorchIndex, torch_version, without_torch

HERE = Path(__file__).resolve().parent
EXTRAS = sorted(path.stem.removeprefix("requirements-") for path in HERE.glob("requirements-*.txt"))


def hash_of(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes().replace(b"\r\n", b"\n")).hexdigest()[:12]


def cache_folder() -> Path:
    if os.name == "nt":
        cache = Path(os.environ["LOCALAPPDATA"])
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "pulumi-mistral"


def default_folder(index: TorchIndex | None = None) -> Path:
    """`recipe-<first 12 digits of the SHA-256 of requirements.txt>` in the user's cache folder."""
    return cache_folder() / f"recipe-{hash_of(HERE / 'requirements.txt')}{index.suffix if index else ''}"


def selection_file() -> Path:
    """The file with the name of the environment that the server uses. The server reads it, too."""
    return cache_folder() / f"{default_folder().name}.selected"


def selected_folder() -> Path:
    """The environment that was set up last for this version of the recipe."""
    if selection_file().is_file():
        folder = cache_folder() / selection_file().read_text().strip()
        if python_of(folder).exists():
            return folder
    return default_folder()


def python_of(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def installer(folder: Path) -> list[str | Path]:
    uv, python = shutil.which("uv"), python_of(folder)
    return [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]


def install(folder: Path, requirements: Path, index: TorchIndex | None) -> None:
    """Installs one requirements file, unless the environment already has it."""
    note = folder / f"{requirements.stem}.installed"
    if note.exists() and note.read_text() == hash_of(requirements):
        return
    pinned, options = requirements, []
    if index is not None:
        pinned = folder / f"{requirements.stem}.without-torch.txt"
        pinned.write_text(without_torch(requirements.read_text()))
        # The file pins all dependencies. The installer would refuse torch, which has no hash here.
        options = ["--no-deps", "--require-hashes"]
    subprocess.run([*installer(folder), *options, "-r", pinned], check=True, stdout=sys.stderr)
    if index is not None:
        index.run([*installer(folder), f"torch=={torch_version(HERE / 'requirements.txt')}"])
    note.write_text(hash_of(requirements))


def compile_packages(folder: Path) -> None:
    """Writes the bytecode of all packages, which uv does not.

    Python writes it at the first start, but not if PYTHONDONTWRITEBYTECODE is set or the folder is read-only. There, each
    start of a training would compile PyTorch again, which takes longer than the rest of the start.
    """
    compiled = folder / "bytecode.compiled"
    installed = "".join(sorted(note.read_text() for note in folder.glob("*.installed")))
    if compiled.exists() and compiled.read_text() == installed:
        return
    # Fails for the few files that are templates or written for other versions of Python.
    packages = sysconfig.get_path("purelib", "venv", vars={"base": str(folder)})
    subprocess.run([python_of(folder), "-m", "compileall", "-qq", "-j", "0", packages], stdout=sys.stderr)
    compiled.write_text(installed)


def main() -> int:
    parser = argparse.ArgumentParser(description="Sets up the environment of the TRL recipe.")
    parser.add_argument("folder", nargs="?", type=Path, help=f"default: {default_folder()}")
    parser.add_argument(
        "--extra", action="append", default=[], choices=EXTRAS, help="install this too; may be repeated"
    )
    parser.add_argument(
        "--torch-index", metavar="URL", help="package index for torch, for example with builds for the CPU"
    )
    parser.add_argument("--print", action="store_true", help="install nothing, print the environment's Python")
    options = parser.parse_args()
    try:
        index = TorchIndex(options.torch_index) if options.torch_index else None
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    if options.print:
        print(python_of(options.folder or (default_folder(index) if index else selected_folder())))
        return 0
    if sys.version_info < (3, 11):  # noqa: UP036
        print(f"setup_env.py needs Python 3.11 or later, this is {sys.version.split()[0]}", file=sys.stderr)
        return 1
    folder = options.folder or default_folder(index)
    if not python_of(folder).exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    try:
        for name in ["requirements", *(f"requirements-{extra}" for extra in options.extra)]:
            install(folder, HERE / f"{name}.txt", index)
        compile_packages(folder)
    except subprocess.CalledProcessError as error:
        print(f"the installation failed with exit code {error.returncode}; run setup_env.py again", file=sys.stderr)
        return 1
    if options.folder is None:
        selection_file().write_text(folder.name)
    print(python_of(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
