"""Reports the completed share of a data file or repository. When the work hangs, the reports stop."""

import time
from collections.abc import Iterable, Iterator

from . import progress as reports
from .progress import Progress


class ShareDone:
    """Reports an event every 30 seconds, from completed bytes only."""

    def __init__(self, progress: Progress, name: str, size: int) -> None:
        self.progress, self.name, self.size = progress, name, size
        self.done = 0
        self.began = self.reported = time.monotonic()

    def of(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Yields the lines. A line is done when the caller asks for the next one."""
        for line in lines:
            yield line
            self.add(len(line))

    def add(self, length: int) -> None:
        self.done += length
        now = time.monotonic()
        if now - self.reported < reports.SECONDS_BETWEEN_REPORTS:
            return
        self.reported = now
        left = (now - self.began) * (self.size - self.done) / self.done
        percent, minutes = int(100 * self.done / self.size), round(left / 60)
        self.progress.event(
            "tokenizing",
            file=self.name,
            percent=percent,
            remaining_seconds=round(left),
            message=f"tokenizing {percent} %, {minutes} min left",
        )
