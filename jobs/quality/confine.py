"""Landlock: the kernel keeps this process away from every file and every network but the named ones.

A decoder that a hostile file has taken over can then read neither keys nor other people's clips. Linux 5.13
and newer; elsewhere the minimal environment and the closed list of protocols stand alone. The numbers are
those of the kernel's `linux/landlock.h`.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_NO_NEW_PRIVILEGES = 38
_PATH_BENEATH = 1
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_FILE, _TRUNCATE = 1 << 5, 1 << 8, 1 << 14
_READ = _READ_FILE | _READ_DIR
_WRITE = _READ | _WRITE_FILE | _REMOVE_FILE | _MAKE_FILE | _TRUNCATE
# How many of the rights on files each version of the interface knows, from the first on.
_KNOWN_RIGHTS = (13, 14, 15, 15, 16)
# From which version on it knows the network, and signals and sockets between processes.
TCP_BY, _SCOPES_BY = 4, 6


class _Rules(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("rights", ctypes.c_uint64), ("place", ctypes.c_int32)]


def version() -> int:
    """The version of the kernel's Landlock, 0 where it has none."""
    if sys.platform != "linux":
        return 0
    return max(0, _call(_CREATE, None, 0, 1))


def confine(reads: Iterable[Path], writes: Iterable[Path]) -> bool:
    """Give up every file but those in or beneath `reads`, and `writes` to write as well, and all of TCP.

    For the rest of this process's life; places that do not exist are passed over. False where the kernel
    has no Landlock.
    """
    known_by = version()
    if not known_by:
        return False
    known = (1 << _KNOWN_RIGHTS[min(known_by, len(_KNOWN_RIGHTS)) - 1]) - 1
    rules = _Rules(known, 3 if known_by >= TCP_BY else 0, 3 if known_by >= _SCOPES_BY else 0)
    size = 24 if known_by >= _SCOPES_BY else 16 if known_by >= TCP_BY else 8
    ruleset = _call(_CREATE, ctypes.byref(rules), size, 0)
    if ruleset < 0:
        return False
    for places, rights in ((reads, _READ), (writes, _WRITE)):
        for place in places:
            _allow(ruleset, place, rights & known)
    ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    confined = _call(_RESTRICT, ruleset, 0) == 0
    os.close(ruleset)
    return confined


def _allow(ruleset: int, place: Path, rights: int) -> None:
    try:
        opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not place.is_dir():
        rights &= _READ_FILE | _WRITE_FILE | _TRUNCATE
    _call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(_Beneath(rights, opened)), 0)
    os.close(opened)


def _call(number: int, *order: Any) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    whole = [ctypes.c_long(each) if isinstance(each, int) else each for each in order]
    return int(libc.syscall(ctypes.c_long(number), *whole))
