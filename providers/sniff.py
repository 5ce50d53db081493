"""What a file is, from its first bytes: enough to name what came instead of a video."""

from __future__ import annotations

_IMAGES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
_NOT_VIDEOS = (
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"GIF8", "a GIF picture"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
# The markers of a JPEG that begin a frame header, and those after which none can come any more.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ENDS = frozenset({0xD9, 0xDA})
_VIDEO_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}


def is_video(head: bytes) -> bool:
    """True for the containers video models give: MP4 and MOV, WebM and Matroska, AVI."""
    # A box begins with its length, and no first box is long enough to fill the highest of the four bytes;
    # without this, a text such as "the free ..." would pass for a box named free.
    box = head[:1] == b"\x00" and head[4:8] in _VIDEO_BOXES
    return box or head[:4] == b"\x1aE\xdf\xa3" or (head[:4], head[8:12]) == (b"RIFF", b"AVI ")


def image_type(data: bytes) -> str:
    """The content type of a JPEG, PNG or WebP, else an empty string."""
    for magic, content_type in _IMAGES:
        if data.startswith(magic):
            return content_type
    return "image/webp" if (data[:4], data[8:12]) == (b"RIFF", b"WEBP") else ""


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height that a JPEG, PNG or WebP says of itself; None where its header cannot be read."""
    kind = image_type(data)
    if kind == "image/png":
        found = (int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"))
    elif kind == "image/webp":
        found = _webp_size(data)
    else:
        found = _jpeg_size(data) if kind else (0, 0)
    return found if all(found) else None


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """From the first frame header; every segment before it is skipped by its own length."""
    place = 2
    while data[place : place + 1] == b"\xff":
        marker = data[place + 1 : place + 2]
        if marker == b"\xff":
            # Any number of these may fill the room before a marker.
            place += 1
            continue
        if not marker or marker[0] in _JPEG_ENDS:
            break
        if marker[0] in _JPEG_FRAMES:
            head = data[place + 5 : place + 9]
            return int.from_bytes(head[2:], "big"), int.from_bytes(head[:2], "big")
        place += 2 + max(2, int.from_bytes(data[place + 2 : place + 4], "big"))
    return 0, 0


def _webp_size(data: bytes) -> tuple[int, int]:
    """Of the three kinds of WebP: lossy, lossless and extended; each keeps the size in its own way."""
    if data[12:16] == b"VP8 ":
        pair = (int.from_bytes(data[26:28], "little"), int.from_bytes(data[28:30], "little"))
        return pair[0] & 0x3FFF, pair[1] & 0x3FFF
    if len(data) < 30:
        return 0, 0
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1


def video_type(data: bytes) -> str:
    """The content type of a video, else an empty string."""
    if not is_video(data):
        return ""
    if data[:4] == b"RIFF":
        return "video/x-msvideo"
    if data[:4] == b"\x1aE\xdf\xa3":
        return "video/webm"
    return "video/quicktime" if data[8:12] == b"qt  " else "video/mp4"


def what_instead_of_video(head: bytes, content_type: str) -> str:
    """In words, what `head` is when it is surely no video; an empty string when it may be one.

    Unknown binary passes: the check that opens the file decides about it with better knowledge.
    """
    if is_video(head):
        return ""
    for magic, words in _NOT_VIDEOS:
        if head.startswith(magic):
            return words
    if image_type(head):
        return "a picture"
    if _is_text(head):
        return _kind_of_text(head)
    if content_type.startswith("text/") or content_type in {"application/json", "application/xml"}:
        return f"something it calls {content_type}"
    return ""


def _kind_of_text(head: bytes) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start:
        return "a web page (HTML)"
    if start.startswith((b"{", b"[")):
        return "a JSON text"
    if start.startswith(b"<"):
        return "an XML text"
    return "plain text"


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    try:
        # The cut at the end of the head may fall inside a character.
        text = head.decode("utf-8")
    except UnicodeDecodeError as exc:
        if exc.start < len(head) - 3:
            return False
        text = head[: exc.start].decode("utf-8")
    return all(c.isprintable() or c in "\r\n\t\ufeff" for c in text)
