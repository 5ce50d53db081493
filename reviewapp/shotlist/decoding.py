"""From uploaded bytes to text: which encoding it is, and what is no text at all."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

MAX_BYTES = 5_000_000
_TOO_LARGE = f"The file has more than {MAX_BYTES / 1e6:.0f} MB. Split it into several files."

# How the files begin that people drop here by mistake, and what to tell them.
_SPREADSHEET = "In the spreadsheet, save or download it as CSV (UTF-8) and upload that file."
_NOT_A_LIST = "Upload the shot list as a CSV file."
_MAGIC: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"PK\x03\x04", "a spreadsheet or a zip archive", _SPREADSHEET),
    (0, b"PK\x05\x06", "an empty zip archive", _SPREADSHEET),
    (0, b"\xd0\xcf\x11\xe0", "an old spreadsheet or document", _SPREADSHEET),
    (0, b"%PDF", "a PDF", "A PDF cannot be read as a table. " + _SPREADSHEET),
    (0, b"\x1f\x8b", "a packed file (gzip)", "Unpack it first, then upload the CSV file."),
    (0, b"7z\xbc\xaf", "a packed file (7z)", "Unpack it first, then upload the CSV file."),
    (0, b"Rar!", "a packed file (RAR)", "Unpack it first, then upload the CSV file."),
    (0, b"\x89PNG", "a picture", _NOT_A_LIST),
    (0, b"\xff\xd8\xff", "a picture", _NOT_A_LIST),
    (0, b"GIF8", "a picture", _NOT_A_LIST),
    (0, b"RIFF", "a video or sound file", _NOT_A_LIST),
    (0, b"\x1aE\xdf\xa3", "a video", _NOT_A_LIST),
    (0, b"SQLite format 3", "a database", _NOT_A_LIST),
    (4, b"ftyp", "a video", _NOT_A_LIST),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class NotAShotList(ValueError):
    """The file cannot be read as a shot list; the sentence says why and what to do. Nothing was changed."""


@dataclass(frozen=True)
class Decoded:
    """The text, with `\\n` for every line end, and what a person should know about how it was read."""

    text: str
    notices: tuple[str, ...] = ()


def decode(data: bytes) -> Decoded:
    """Read uploaded bytes as text. Raises NotAShotList for what is too large, empty or not text."""
    if len(data) > MAX_BYTES:
        raise NotAShotList(_TOO_LARGE)
    for offset, mark, kind, advice in _MAGIC:
        if data[offset:].startswith(mark):
            raise NotAShotList(f"This file is {kind}, not a CSV file. {advice}")
    decoded = _decode(data)
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise NotAShotList(_TOO_LARGE)
    if not text.strip():
        raise NotAShotList("The file is empty. The first line must name the columns: code and prompt.")
    if _is_noise(text):
        raise NotAShotList(f"This file is not text. {_NOT_A_LIST}")
    return Decoded(text, decoded.notices)


def _decode(data: bytes) -> Decoded:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return Decoded(data.decode(encoding))
            except UnicodeDecodeError as error:
                raise NotAShotList(
                    "The file begins as Unicode and holds bytes that are not. Save it as CSV (UTF-8)."
                ) from error
    encoding = _unmarked_utf16(data)
    if encoding:
        return Decoded(data.decode(encoding, "replace"))
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError:
        notice = (
            "The file is not UTF-8; it was read as Windows-1252. Look whether letters such as é and ü are "
            "right, and if not, save it as CSV (UTF-8)."
        )
        return Decoded(data.decode("cp1252", "replace"), (notice,))


def _unmarked_utf16(data: bytes) -> str:
    """UTF-16 without its mark: every other byte of plain Latin text is zero."""
    head = data[:400]
    pairs = len(head) // 2
    if pairs < 4:
        return ""
    if head[1::2].count(0) > 0.7 * pairs and head[0::2].count(0) == 0:
        return "utf-16-le"
    if head[0::2].count(0) > 0.7 * pairs and head[1::2].count(0) == 0:
        return "utf-16-be"
    return ""


def _is_noise(text: str) -> bool:
    """Control characters that no text editor and no spreadsheet writes."""
    head = text[:4000]
    strange = sum(1 for char in head if (char < " " and char not in "\n\t\f") or char == "\ufffd")
    return "\x00" in text or strange > len(head) * 0.02 + 1
