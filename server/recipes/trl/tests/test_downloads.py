"""Tests that a long download or tokenization reports progress, and that a stalled one does not."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from jobs import ENVIRONMENT, events

from mistral_recipe import progress as reports
from mistral_recipe.downloads import _cache_folder, reported_download
from mistral_recipe.job import Base
from mistral_recipe.progress import Progress
from mistral_recipe.share_done import ShareDone

SIZE = 24 << 20
PART = 12 << 20

PROGRAM = """
import sys
from pathlib import Path
from huggingface_hub import hf_hub_download
from mistral_recipe import progress as reports
from mistral_recipe.downloads import reported_download
from mistral_recipe.job import Base

reports.SECONDS_BETWEEN_REPORTS = 0.05
with reported_download(Base("owner/model"), reports.Progress(Path(sys.argv[1]))):
    hf_hub_download("owner/model", "model.safetensors")
"""


@contextmanager
def hub(continues: threading.Event) -> Iterator[str]:
    """A hub with one file. It sends the first half, and the rest when `continues` is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            for name, value in (("X-Repo-Commit", "0" * 40), ("ETag", '"1"'), ("Content-Length", str(SIZE))):
                self.send_header(name, value)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(os.urandom(PART))
            self.wfile.flush()
            assert continues.wait(60)
            self.wfile.write(os.urandom(SIZE - PART))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_first_download_of_a_model_is_reported_while_it_runs(tmp_path: Path) -> None:
    continues = threading.Event()
    with hub(continues) as url:
        settings = {"HF_ENDPOINT": url, "HF_HOME": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "0"}
        environment = {**ENVIRONMENT, **settings, "HF_HUB_DOWNLOAD_TIMEOUT": "120"}
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], env=environment)
        # The download cannot end before this report, because the hub waits for it. The library writes 10 MB at once.
        while not (reported := [event for event in events(tmp_path, "downloading") if event["megabytes"] >= 10]):
            assert process.poll() is None
            time.sleep(0.05)
        continues.set()
        assert process.wait() == 0
    assert reported[0]["megabytes"] < SIZE / 1e6
    assert reported[0]["message"] == f"downloading owner/model, {reported[0]['megabytes']} MB so far"


def test_a_stalled_download_reports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(reports, "SECONDS_BETWEEN_REPORTS", 0.01)
    base = Base("owner/model")
    folder = _cache_folder(base)
    assert folder == tmp_path / "hub" / "models--owner--model"
    (folder / "blobs").mkdir(parents=True)
    (folder / "blobs" / "a.incomplete").write_bytes(b"x" * 100_000)
    checks = 0

    def count(original: object = os.walk) -> object:
        def walk(*arguments: object) -> object:
            nonlocal checks
            checks += 1
            return original(*arguments)  # type: ignore[operator]

        return walk

    monkeypatch.setattr(os, "walk", count())
    with reported_download(base, Progress(tmp_path)):
        while checks < 5:
            time.sleep(0.01)
        assert not events(tmp_path, "downloading")
        (folder / "blobs" / "b.incomplete").write_bytes(b"x" * 2_000_000)
        while not events(tmp_path, "downloading"):
            time.sleep(0.01)
    assert [event["megabytes"] for event in events(tmp_path, "downloading")] == [2]


def test_a_model_in_a_folder_needs_no_watch(tmp_path: Path) -> None:
    assert _cache_folder(Base(str(tmp_path))) is None


def test_a_share_is_reported_only_from_completed_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "SECONDS_BETWEEN_REPORTS", 0)
    lines = ShareDone(Progress(tmp_path), "a.jsonl", 8).of([b"abc\n", b"def\n"])
    next(lines)
    assert not events(tmp_path, "tokenizing")
    next(lines)
    assert [event["percent"] for event in events(tmp_path, "tokenizing")] == [50]
    assert next(lines, None) is None
    assert [event["message"] for event in events(tmp_path, "tokenizing")][-1] == "tokenizing 100 %, 0 min left"
