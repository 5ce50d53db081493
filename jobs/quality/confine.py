"""Landlock and seccomp: the kernel keeps this process away from every file but the named ones, and from every
network.

A decoder that a hostile file has taken over can then read neither keys nor other people's clips, and has
nobody to tell. Landlock is in Linux 5.13 and newer; elsewhere the minimal environment and the closed list of
protocols stand alone. The numbers are those of the kernel's `linux/landlock.h`, `linux/seccomp.h` and
`linux/audit.h`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
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
_TCP_BY, _SCOPES_BY = 4, 6


# The mark of each machine and its number of `socket`; `io_uring_setup`, which can do as much, is 425 on both.
_SOCKET_ON = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_IO_URING, _OTHER_NUMBERS = 425, 1 << 30
_SECCOMP, _BY_FILTER = 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES
_LOAD, _IS, _IS_AT_LEAST, _ANSWER = 0x20, 0x15, 0x35, 0x06


class _Filter(ctypes.Structure):
    _fields_ = [("steps", ctypes.c_uint16), ("program", ctypes.c_char_p)]


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
    """Give up every file but those in or beneath `reads`, and `writes` to write as well, and every socket.

    For the rest of this process's life; places that do not exist are passed over. False where the kernel
    has no Landlock.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        _give_up_sockets()
    known_by = version()
    if not known_by:
        return False
    known = (1 << _KNOWN_RIGHTS[min(known_by, len(_KNOWN_RIGHTS)) - 1]) - 1
    rules = _Rules(known, 3 if known_by >= _TCP_BY else 0, 3 if known_by >= _SCOPES_BY else 0)
    size = 24 if known_by >= _SCOPES_BY else 16 if known_by >= _TCP_BY else 8
    ruleset = _call(_CREATE, ctypes.byref(rules), size, 0)
    if ruleset < 0:
        return False
    for places, rights in ((reads, _READ), (writes, _WRITE)):
        for place in places:
            _allow(ruleset, place, rights & known)
    confined = _call(_RESTRICT, ruleset, 0) == 0
    os.close(ruleset)
    return confined


def _give_up_sockets() -> None:
    """Have the kernel refuse every new socket, whatever its kind: Landlock knows of TCP alone."""
    if platform.machine() not in _SOCKET_ON or ctypes.sizeof(ctypes.c_void_p) != 8:
        return
    mark, socket = _SOCKET_ON[platform.machine()]
    # Each step: what is done, how many steps are passed over if so and if not, with which value.
    steps = [
        (_LOAD, 0, 0, 4),
        (_IS, 0, 5, mark),
        (_LOAD, 0, 0, 0),
        (_IS_AT_LEAST, 3, 0, _OTHER_NUMBERS),
        (_IS, 2, 0, socket),
        (_IS, 1, 0, _IO_URING),
        (_ANSWER, 0, 0, _ALLOW),
        (_ANSWER, 0, 0, _REFUSE),
    ]
    program = b"".join(struct.pack("HBBI", *step) for step in steps)
    ctypes.CDLL(None).prctl(_SECCOMP, _BY_FILTER, ctypes.byref(_Filter(len(steps), program)), 0, 0)


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
