"""Turns every failure of a training into a `result` line with a reason. Tracebacks go to the log only."""

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from .errors import Cancelled, RecipeError, WorkerLost, reason_of
from .progress import Progress

# The exit codes of SIGTERM and SIGKILL in a shell: after them the server starts another attempt.
CANCELLED_CODE = 143
LOST_CODE = 137
# This environment variable is set in processes that `launch.py` has started.
LAUNCHED = "MISTRAL_RECIPE_LAUNCHED"


def guarded(folder: Path, work: Callable[[], None]) -> int:
    """Runs the work. Exit codes: 0; 1 after a reported failure; 143 after a cancel; 137 to request another attempt."""
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
        if LAUNCHED in os.environ and "RANK" in os.environ:
            _report_to_launcher(reason)
        else:
            progress.write("result", status="failed", reason=reason)
        return 1


def _report_to_launcher(reason: str) -> None:
    """Writes the error file of PyTorch's launcher. The launching process reports one result of all processes."""
    content = json.dumps({"message": reason, "timestamp": int(time.time())})
    Path(os.environ["TORCHELASTIC_ERROR_FILE"]).write_text(content, encoding="utf-8")
