"""The recipe's errors, and their conversion to the reason that the job's owner reads."""

import errno


class RecipeError(Exception):
    """A failure that the owner of the job or of the server can fix. The job shows the message as its reason."""


class InvalidData(RecipeError):
    """The data files cannot be trained on. `findings` names invalid samples: `file:line: field: message`."""

    def __init__(self, message: str, findings: list[str] | None = None) -> None:
        super().__init__(message)
        self.findings = findings or []


class InvalidSample(Exception):
    """The reason why a sample is invalid. A job may allow a fraction of invalid samples, which are skipped."""


class Cancelled(Exception):
    """The server cancelled the job."""


class WorkerLost(Exception):
    """A worker process died, but not because of the job. The job can resume from its last checkpoint."""


def reason_of(error: BaseException) -> str:
    """The reason in the job's `result` line."""
    if isinstance(error, RecipeError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return f"the Python module {error.name} is not installed: set up the recipe's environment with setup_env.py"
    text = str(error).strip()
    if is_out_of_memory(error):
        first = text.splitlines()[0] if text else "no memory left"
        return f"out of memory: {first}; lower batch_size or seq_len, set load_in_4bit, or use a smaller base model"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC or "No space left on device" in text:
        return "no space left on the disk of the job's folder: free some space and create the job again"
    return f"{type(error).__name__}: {text.splitlines()[0] if text else 'no message'}"


# Messages of the remaining workers after a worker has died.
LOST_CONNECTION = ("Connection closed by peer", "Connection reset by peer", "NCCL error", "DistNetworkError")


def is_lost_connection(reason: str) -> bool:
    return any(sign in reason for sign in LOST_CONNECTION)


def is_out_of_memory(error: BaseException) -> bool:
    # PyTorch raises OutOfMemoryError for GPU memory, but RuntimeError for CPU memory.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
