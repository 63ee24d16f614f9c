"""Whatever stops a training becomes a `result` line with a reason; a traceback, if any, goes to the log alone."""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from .errors import Cancelled, RecipeError, reason_of
from .progress import Progress

CANCELLED_CODE = 143


def guarded(folder: Path, work: Callable[[], None]) -> int:
    """Does the work; the exit code is 0, 1 after a failure that was told, 143 after the server's cancel."""
    progress = Progress(folder, enabled=os.environ.get("RANK", "0") == "0")
    try:
        work()
        return 0
    except Cancelled:
        print("cancelled", file=sys.stderr)
        return CANCELLED_CODE
    except Exception as error:
        if not isinstance(error, RecipeError):
            traceback.print_exc()
        reason = reason_of(error)
        print(reason, file=sys.stderr)
        progress.write("result", status="failed", reason=reason)
        return 1
