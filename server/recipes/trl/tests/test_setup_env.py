"""`setup_env.py --torch-index` installs torch from another index. Two local servers are the indexes."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from jobs import RECIPE

USER, PASSWORD = "the-user", "p%40ss-word"


def wheel(name: str, version: str) -> tuple[str, bytes]:
    """Returns the file name and the content of a wheel with one module, which has the version."""
    info, content = f"{name}-{version}.dist-info", BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"{name}.py", f"__version__ = {version!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return f"{name}-{version}-py3-none-any.whl", content.getvalue()


class Indexes:
    """`/pypi` has every package, also a torch that must not be used. `/torch` has only torch, and needs a login."""

    def __init__(self) -> None:
        self.pypi = dict(wheel(*each) for each in (("helper", "1.0"), ("torch", "2.15.0"), ("more", "3.0")))
        self.torch = dict([wheel("torch", "2.15.0+cpu")])
        self.requests: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append(self.path)
                _, index, *rest = self.path.split("/")
                login = base64.b64encode(f"{USER}:p@ss-word".encode()).decode()
                if index == "torch" and self.headers.get("authorization") != f"Basic {login}":
                    self.send_response(401)
                    self.send_header("www-authenticate", "Basic")
                    self.end_headers()
                    return
                files = outer.torch if index == "torch" else outer.pypi
                name = rest[-1].replace("%2B", "+") if rest and rest[-1] else ""
                if name in files:
                    body = files[name]
                else:
                    package = rest[0] if rest else ""
                    found = [file for file in files if file.startswith(f"{package}-")]
                    body = "".join(f'<a href="{file}">{file}</a>\n' for file in found).encode()
                self.send_response(200 if body else 404)
                self.send_header("content-type", "application/octet-stream" if name in files else "text/html")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            # uv requests the size of a wheel first.
            do_HEAD = do_GET

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str, login: str = "") -> str:
        return f"http://{login}127.0.0.1:{self.port}/{path}"


@pytest.fixture(scope="module")
def indexes() -> Iterator[Indexes]:
    made = Indexes()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def recipe(indexes: Indexes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the set-up with two small requirements."""
    folder = tmp_path_factory.mktemp("recipe")
    for name in ("setup_env.py", "torch_index.py"):
        shutil.copy(RECIPE / name, folder)

    def pinned(*names: str) -> str:
        files = {file.split("-")[0]: (file, content) for file, content in indexes.pypi.items()}
        entries = []
        for name in names:
            file, content = files[name]
            version = file.split("-")[1]
            digest = hashlib.sha256(content).hexdigest()
            entries.append(f"{name}=={version} \\\n    --hash=sha256:{digest}\n    # via x\n")
        return "# generated\n" + "".join(entries)

    nvidia = f"nvidia-cublas==1.0 ; sys_platform == 'linux' \\\n    --hash=sha256:{'0' * 64}\n"
    (folder / "requirements.txt").write_text(pinned("helper") + nvidia + pinned("torch"))
    (folder / "requirements-more.txt").write_text(pinned("more", "torch"))
    return folder


Setup = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def setup(recipe: Path, indexes: Indexes, tmp_path_factory: pytest.TempPathFactory) -> Setup:
    cache = tmp_path_factory.mktemp("cache")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
        environment |= {"XDG_CACHE_HOME": str(cache), "PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
        environment |= {"PIP_INDEX_URL": indexes.url("pypi"), "UV_DEFAULT_INDEX": indexes.url("pypi")}
        command = [sys.executable, str(recipe / "setup_env.py"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    return run


def installed(python: str) -> dict[str, str]:
    script = "import json, importlib.metadata as m; print(json.dumps({d.name: d.version for d in m.distributions()}))"
    listed = json.loads(subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout)
    return {name: version for name, version in listed.items() if name in ("helper", "more", "torch", "nvidia-cublas")}


def test_torch_comes_from_the_index_and_the_rest_stays_pinned(setup: Setup, indexes: Indexes, recipe: Path) -> None:
    default = setup("--print").stdout.strip()
    indexes.requests.clear()
    url = indexes.url("torch", f"{USER}:{PASSWORD}@")
    done = setup("--torch-index", url, "--extra", "more")
    assert done.returncode == 0, done.stderr
    python = done.stdout.splitlines()[-1]
    assert installed(python) == {"helper": "1.0", "more": "3.0", "torch": "2.15.0+cpu"}
    # Without the bytecode, each start would compile the packages again where Python must not write it.
    assert list(Path(python).parents[1].glob("**/__pycache__/helper.*.pyc"))
    assert not any(path.startswith("/pypi/torch") for path in indexes.requests)
    for secret in (USER, PASSWORD, "p@ss-word"):
        assert secret not in done.stdout + done.stderr
    # The folder differs from the default, and is found again without the URL and its credentials.
    assert Path(python).parents[1].name.startswith(Path(default).parents[1].name + "-torch-")
    assert setup("--print").stdout.strip() == python
    assert setup("--print", "--torch-index", indexes.url("torch/")).stdout.strip() == python
    indexes.requests.clear()
    again = setup("--torch-index", indexes.url("torch"))
    assert (again.returncode, again.stdout.strip(), indexes.requests) == (0, python, [])


def test_a_package_with_another_hash_is_refused(setup: Setup, indexes: Indexes) -> None:
    name, original = next((name, content) for name, content in indexes.pypi.items() if name.startswith("helper"))
    indexes.pypi[name] = original + b"\0"
    try:
        done = setup("--torch-index", indexes.url("torch/other", f"{USER}:{PASSWORD}@"))
    finally:
        indexes.pypi[name] = original
    assert done.returncode == 1 and "hash" in done.stderr.lower()


def test_a_failure_does_not_print_the_credentials(setup: Setup, indexes: Indexes) -> None:
    done = setup("--torch-index", indexes.url("torch/empty", f"{USER}:another-secret@"))
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.rstrip().endswith("; run setup_env.py again")
    assert USER not in done.stderr and "another-secret" not in done.stderr
    for url in (f"ftp://{USER}:another-secret@example.com/torch", f"{USER}:another-secret"):
        refused = setup("--torch-index", url)
        assert (refused.returncode, refused.stderr) == (1, "--torch-index needs an http:// or https:// URL\n")
