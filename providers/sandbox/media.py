"""Files in a body: as base64, as a data URI, or as a part of a form."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

DATA_URI = re.compile(r"data:(?P<type>[a-z0-9.+-]+/[a-z0-9.+-]+);base64,", re.IGNORECASE)
# One field of a form that is no file: the longest prompt any vendor takes, and room to spare.
MOST_FIELD = 1_000_000
MOST_FILE = 200_000_000


class MediaProblem(Exception):
    """The vendor's sentence about a file it does not take; `code` is the vendor's, where it has codes."""

    def __init__(self, message: str, code: str = "custom") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class File:
    """A file as it was handed in; `type` is what the client called it."""

    content: bytes
    type: str = ""
    name: str = ""


@dataclass(frozen=True)
class Form:
    """A form with its texts and its files, each under its name; of several of one name the last."""

    texts: dict[str, str] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)


def from_base64(text: str) -> bytes:
    """Raises `MediaProblem` where the text is no base64 of anything."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if not content:
        raise MediaProblem("Invalid base64 data.")
    return content


def from_data_uri(text: str) -> File:
    """Raises `MediaProblem` where the text is no data URI in base64 of anything."""
    head = DATA_URI.match(text)
    if head is None:
        raise MediaProblem("Invalid data URI.")
    try:
        return File(from_base64(text[head.end() :]), head["type"].lower())
    except MediaProblem:
        raise MediaProblem("Invalid data URI.") from None


async def form_of(request: Request, most_files: int = 10) -> Form:
    """The request's form, multipart or urlencoded; a wrong one is Starlette's HTTPException 400."""
    read = Form()
    async with request.form(max_files=most_files, max_fields=100, max_part_size=MOST_FIELD) as parts:
        for name, value in parts.multi_items():
            if isinstance(value, UploadFile):
                if (value.size or 0) > MOST_FILE:
                    raise HTTPException(413, "The file is too large.")
                read.files[name] = File(await value.read(), value.content_type or "", value.filename or "")
            else:
                read.texts[name] = value
    return read
