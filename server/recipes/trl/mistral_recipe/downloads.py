"""Reports the download of a base model from the hub, so that a long download is not taken for a hang."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import progress as reports
from .job import Base
from .progress import Progress


@contextmanager
def reported_download(base: Base, progress: Progress) -> Iterator[None]:
    """While the block runs, reports an event every 30 seconds if more bytes of the model have arrived since then."""
    folder = _cache_folder(base)
    if folder is None or not progress.enabled:
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=_watch, args=(folder, base.path, progress, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _cache_folder(base: Base) -> Path | None:
    """Returns the folder of the hub's cache that receives the model, or None for a model in a local folder."""
    if base.path.startswith(("/", ".", "~")) or Path(base.path).is_dir():
        return None
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.file_download import repo_folder_name

    return Path(HF_HUB_CACHE) / repo_folder_name(repo_id=base.path, repo_type="model")


def _watch(folder: Path, name: str, progress: Progress, ended: threading.Event) -> None:
    reported = bytes_in(folder)
    while not ended.wait(reports.SECONDS_BETWEEN_REPORTS):
        size = bytes_in(folder)
        # Only arrived bytes count: the events of a stalled download stop, and the hang timeout ends the training.
        if size > reported:
            reported = size
            megabytes = round(size / 1e6)
            progress.event(
                "downloading", model=name, megabytes=megabytes, message=f"downloading {name}, {megabytes} MB so far"
            )


def bytes_in(folder: Path) -> int:
    """Returns the bytes that the files of a folder occupy on the disk. A file that is reserved but empty has none."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                status = os.lstat(os.path.join(parent, name))
            except FileNotFoundError:  # a temporary file was renamed
                continue
            total += getattr(status, "st_blocks", status.st_size // 512) * 512
    return total
