"""Whatever stops a training becomes a `result` line with a reason; a traceback, if any, goes to the log alone."""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from .errors import Cancelled, RecipeError, WorkerLost, reason_of
from .progress import Progress

# What a shell calls an end by SIGTERM and by SIGKILL: the server starts a training again that a signal has ended.
CANCELLED_CODE = 143
LOST_CODE = 137


def guarded(folder: Path, work: Callable[[], None]) -> int:
    """Does the work; the exit code is 0, 1 after a failure that was told, 143 after a cancel, 137 to go on anew."""
    progress = Progress(folder, enabled=os.environ.get("RANK", "0") == "0")
    try:
        work()
        return 0
    except Cancelled:
        print("cancelled", file=sys.stderr)
        return CANCELLED_CODE
    except WorkerLost as error:
        progress.event("worker-lost", reason=str(error))
        return LOST_CODE
    except Exception as error:
        if not isinstance(error, RecipeError):
            traceback.print_exc()
        reason = reason_of(error)
        print(reason, file=sys.stderr)
        progress.write("result", status="failed", reason=reason)
        return 1
