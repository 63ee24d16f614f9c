"""Sets up the recipe's environment: `python setup_env.py [DIR] [--extra ray] [--print]`.

Needs Python 3.11 or later and nothing else. Uses uv when it is installed (seconds instead of minutes), else pip.
Default for DIR: a folder in the user's cache named by the hash of requirements.txt, so that each version of the recipe
has its own environment. The last line of the output is the path of the environment's Python.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXTRAS = sorted(path.stem.removeprefix("requirements-") for path in HERE.glob("requirements-*.txt"))


def hash_of(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes().replace(b"\r\n", b"\n")).hexdigest()[:12]


def default_folder() -> Path:
    """`recipe-<first 12 digits of the SHA-256 of requirements.txt>` in the user's cache folder."""
    if os.name == "nt":
        cache = Path(os.environ["LOCALAPPDATA"])
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "pulumi-mistral" / f"recipe-{hash_of(HERE / 'requirements.txt')}"


def python_of(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def install(folder: Path, requirements: Path) -> None:
    """Installs one requirements file, unless the environment already has it."""
    note = folder / f"{requirements.stem}.installed"
    if note.exists() and note.read_text() == hash_of(requirements):
        return
    uv = shutil.which("uv")
    python = python_of(folder)
    installer = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    subprocess.run([*installer, "-r", requirements], check=True, stdout=sys.stderr)
    note.write_text(hash_of(requirements))


def main() -> int:
    parser = argparse.ArgumentParser(description="Sets up the environment of the TRL recipe.")
    parser.add_argument("folder", nargs="?", type=Path, default=default_folder(), help="default: %(default)s")
    parser.add_argument(
        "--extra", action="append", default=[], choices=EXTRAS, help="install this too; may be repeated"
    )
    parser.add_argument("--print", action="store_true", help="install nothing, print the environment's Python")
    options = parser.parse_args()
    if not options.print:
        if sys.version_info < (3, 11):  # noqa: UP036
            print(f"setup_env.py needs Python 3.11 or later, this is {sys.version.split()[0]}", file=sys.stderr)
            return 1
        if not python_of(options.folder).exists():
            subprocess.run([sys.executable, "-m", "venv", options.folder], check=True)
        try:
            for name in ["requirements", *(f"requirements-{extra}" for extra in options.extra)]:
                install(options.folder, HERE / f"{name}.txt")
        except subprocess.CalledProcessError as error:
            print(f"the installation failed with exit code {error.returncode}; run setup_env.py again", file=sys.stderr)
            return 1
    print(python_of(options.folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
