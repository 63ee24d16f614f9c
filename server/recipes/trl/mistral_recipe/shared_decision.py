"""Decisions of the first process that all processes of a training follow."""

from collections.abc import Callable
from typing import TypeVar

from accelerate import PartialState
from accelerate.utils import broadcast_object_list

T = TypeVar("T")


def decided_by_first(decide: Callable[[], T]) -> T:
    """Returns what `decide` returns in the first process. All processes call this function; only the first decides.

    For decisions that depend on files: on a network file system, processes may see different files, and processes
    that decide differently would wait for each other forever or mix the weights of different checkpoints.
    """
    state = PartialState()
    return broadcast_object_list([decide() if state.is_main_process else None])[0]
