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

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_NO_NEW_PRIVILEGES = 38
_PATH_BENEATH = 1
_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_FILE, _MAKE_FILE, _TRUNCATE = (
    1 << 1,
    1 << 2,
    1 << 3,
    1 << 5,
    1 << 8,
    1 << 14,
)
# How many of the rights on files each version of the interface knows, from the first on.
_KNOWN_RIGHTS = (13, 14, 15, 15, 16)
_TCP_BY, _SCOPES_BY = 4, 6


class _Rules(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("rights", ctypes.c_uint64), ("place", ctypes.c_int32)]


def confine(reads: Iterable[Path], writes: Iterable[Path]) -> bool:
    """Give up every file but those in or beneath `reads`, and `writes` to write as well, and all of TCP.

    For the rest of this process's life; places that do not exist are passed over. False where the kernel
    has no Landlock.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    version = libc.syscall(ctypes.c_long(_CREATE), None, ctypes.c_long(0), ctypes.c_long(1))
    if version < 1:
        return False
    known = (1 << _KNOWN_RIGHTS[min(version, len(_KNOWN_RIGHTS)) - 1]) - 1
    rules = _Rules(known, 3 if version >= _TCP_BY else 0, 3 if version >= _SCOPES_BY else 0)
    size = 24 if version >= _SCOPES_BY else 16 if version >= _TCP_BY else 8
    ruleset = libc.syscall(ctypes.c_long(_CREATE), ctypes.byref(rules), ctypes.c_long(size), ctypes.c_long(0))
    if ruleset < 0:
        return False
    for places, rights in (
        (reads, _READ_FILE | _READ_DIR),
        (writes, _READ_FILE | _READ_DIR | _WRITE_FILE | _REMOVE_FILE | _MAKE_FILE | _TRUNCATE),
    ):
        for place in places:
            _allow(libc, ruleset, place, rights & known)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    return bool(libc.syscall(ctypes.c_long(_RESTRICT), ctypes.c_long(ruleset), ctypes.c_long(0)) == 0)


def _allow(libc: ctypes.CDLL, ruleset: int, place: Path, rights: int) -> None:
    try:
        opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not place.is_dir():
        rights &= _READ_FILE | _WRITE_FILE | _TRUNCATE
    rule = _Beneath(rights, opened)
    libc.syscall(
        ctypes.c_long(_ADD_RULE),
        ctypes.c_long(ruleset),
        ctypes.c_long(_PATH_BENEATH),
        ctypes.byref(rule),
        ctypes.c_long(0),
    )
    os.close(opened)
