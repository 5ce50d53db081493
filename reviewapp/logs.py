"""What each line of every log says besides its words: which process, which candidate, which request.

The candidate and the request stand in context variables: a thread, a task of asyncio and a request have
their own each, and a line of a library in the middle of the work carries them as ours do. Knows no Django:
settings and the web server's configuration read it before there is one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Protocol

from pythonjsonlogger.json import JsonFormatter

from reviewapp import identity

TEXT: Final = "text"
JSON: Final = "json"
FORMATS: Final = (TEXT, JSON)


class HasCode(Protocol):
    """A candidate, as far as a log knows it."""

    pk: int

    @property
    def code(self) -> str: ...


_code: ContextVar[str] = ContextVar("candidate", default="")
_number: ContextVar[int] = ContextVar("candidate_number", default=0)
_request: ContextVar[str] = ContextVar("request", default="")
_kind = "manage"


def name_process(kind: str) -> None:
    """Say what this process does: `web`, `watch`, `cluster:submit` …"""
    global _kind
    _kind = kind


@contextmanager
def about(candidate: HasCode) -> Iterator[None]:
    """Everything logged inside is about this candidate."""
    code, number = _code.set(candidate.code), _number.set(candidate.pk)
    try:
        yield
    finally:
        _code.reset(code)
        _number.reset(number)


def from_now_about(candidate: HasCode | None) -> None:
    """The rest of this request, or of this piece of work, is about this candidate, or about none."""
    _code.set(candidate.code if candidate else "")
    _number.set(candidate.pk if candidate else 0)


def begin_request(name: str) -> None:
    """From now on this thread works on another request, about no candidate yet.

    Nothing ends it but the next: the server's own line about an answer comes after all middleware.
    """
    _request.set(name)
    from_now_about(None)


class Context(logging.Filter):
    """Puts the context on each record; it lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.who = identity.me(_kind)
        record.candidate, record.candidate_id = _code.get(), _number.get()
        record.request_id = _request.get()
        return True


class TextLine(logging.Formatter):
    """`2026-11-20 14:03:11,201 WARNING submit@host:71 jobs.submit [SQ010_SH0020_v002_c01]: words`."""

    def format(self, record: logging.LogRecord) -> str:
        told = " ".join(filter(None, (getattr(record, "candidate", ""), getattr(record, "request_id", ""))))
        record.told = f" [{told}]" if told else ""
        return super().format(record)


class JsonLine(JsonFormatter):
    """One JSON object a line: time (UTC), level, process, logger, candidate, request, message, and the trace
    of an error.
    """

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        log_data["time"] = f"{at}.{int(record.msecs):03d}Z"
        log_data["level"] = record.levelname
        log_data["process"] = getattr(record, "who", "")
        log_data["logger"] = record.name
        for name in ("candidate", "candidate_id", "request_id"):
            if value := getattr(record, name, None):
                log_data[name] = value
        log_data["message"] = record.getMessage()
        for name in ("exc_info", "stack_info"):
            if message_dict.get(name):
                log_data[name] = message_dict[name]


def configuration(form: str, level: str) -> dict[str, Any]:
    """A logging configuration for any process of ours: one handler, to its standard error."""
    lines: dict[str, Any] = {
        TEXT: {
            "()": "reviewapp.logs.TextLine",
            "format": "{asctime} {levelname:<7} {who} {name}{told}: {message}",
            "style": "{",
        },
        JSON: {"()": "reviewapp.logs.JsonLine"},
    }
    quiet = {"handlers": ["console"], "level": "WARNING", "propagate": False}
    ours = {"handlers": ["console"], "level": level, "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"context": {"()": "reviewapp.logs.Context"}},
        "formatters": {"line": lines[form]},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["context"]}
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            **dict.fromkeys(("reviewapp", "jobs", "providers"), ours),
            # They bring handlers and formats of their own, unless they are told otherwise.
            **dict.fromkeys(("django-q", "gunicorn.error", "uvicorn", "uvicorn.error"), quiet),
        },
    }
