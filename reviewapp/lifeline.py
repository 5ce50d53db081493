"""Tying a process's life to its parent's, so that nothing works on unseen after its parent was killed."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
# Loaded once here: a process that was just forked should do as little as it can.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(how: int = signal.SIGKILL) -> None:
    """Ask the kernel for this signal when the thread that started this process ends. Linux only; else
    nothing.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(how), 0, 0, 0)


def stop_with_parent() -> None:
    """The same with a polite end: for a process that has to bring its own children down first."""
    die_with_parent(signal.SIGTERM)


def tie_forks() -> None:
    """Tie every process that this one forks from now on, and theirs in turn, to its parent."""
    os.register_at_fork(after_in_child=die_with_parent)
