"""What can go wrong, and how it is told: one sentence for the job's owner, never a traceback."""

import errno


class RecipeError(Exception):
    """A failure that the job's owner or the server's can mend; its text is the reason that the job shows."""


class InvalidSample(Exception):
    """A sample that cannot be trained on; its text says why. Up to a given share of them is skipped."""


class Cancelled(Exception):
    """The server asked for the end of the training."""


class WorkerLost(Exception):
    """A process of the training is gone, by no fault of the job: it can go on from its last checkpoint."""


def reason_of(error: BaseException) -> str:
    """The sentence that the job's `result` line carries."""
    if isinstance(error, RecipeError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return f"the Python module {error.name} is not installed: set the recipe's environment up with setup_env.py"
    text = str(error).strip()
    if is_out_of_memory(error):
        first = text.splitlines()[0] if text else "memory is used up"
        return f"out of memory: {first}; lower batch_size or seq_len, set load_in_4bit, or take a smaller base model"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC or "No space left on device" in text:
        return "no space left on the disk of the job's folder: free some and create the job again"
    return f"{type(error).__name__}: {text.splitlines()[0] if text else 'no message'}"


def is_out_of_memory(error: BaseException) -> bool:
    # PyTorch has a class of its own for a GPU's memory; on the CPU it is a RuntimeError of its allocator.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
