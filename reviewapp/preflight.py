"""What can stand in the way of a start, found out before anything is started and said in one line each."""

from __future__ import annotations

import fcntl
import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import DatabaseError, connection

OLDEST_PYTHON = (3, 11)


class CannotStart(Exception):
    """Something is in the way. The text is one line that says what, and what to do."""


def check_python() -> None:
    """Refuse a Python that is too old for this code."""
    if sys.version_info < OLDEST_PYTHON:
        wanted, found = ".".join(map(str, OLDEST_PYTHON)), ".".join(map(str, sys.version_info[:3]))
        raise CannotStart(f"Retake needs Python {wanted} or newer, and this is {found}.")


def address(text: str, name: str) -> tuple[str, int]:
    """Host and port of `host:port`; `name` is the setting the text came from."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise CannotStart(f"{name} is {text!r}; it must be host:port, such as 127.0.0.1:8000.")
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_port(host: str, port: int, what: str, setting: str) -> None:
    """Refuse a port that someone else listens on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the servers themselves do it: connections that are only fading away are in nobody's way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise CannotStart(
                f"{what} cannot use {host}:{port} ({reason}). Choose another with {setting}."
            ) from None


def make_folders(*folders: Path) -> None:
    """Make the folders that are written to, and try each of them."""
    for folder in folders:
        probe = folder / f".writable.{os.getpid()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise CannotStart(
                f"{folder} cannot be written to ({error.strerror}). "
                "Make it writable or choose another with RETAKE_DATA_DIR or RETAKE_MEDIA_DIR."
            ) from None


def lock(path: Path) -> IO[str]:
    """Hold the folder for this process; the lock is gone with the process, however it ends."""
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        owner = file.read().strip() or "unknown"
        file.close()
        raise CannotStart(
            f"Another Retake (process {owner}) already runs in {path.parent.parent}. "
            "Stop it first, or choose another folder with RETAKE_DATA_DIR."
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def check_database() -> None:
    """Refuse a database that cannot be reached or written to."""
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS retake_probe (id integer)")
            cursor.execute("DROP TABLE retake_probe")
    except DatabaseError as error:
        where = settings.DATABASES["default"]["NAME"]
        words = " ".join(str(error).split())
        raise CannotStart(
            f"The database {where} cannot be used ({words}). Check DATABASE_URL or RETAKE_DATA_DIR."
        ) from None
