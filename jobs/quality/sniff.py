"""What a file is, judged from its first bytes alone, before any decoder sees it."""

from __future__ import annotations

from typing import Literal

from jobs.quality.report import NotPlayable

Demuxer = Literal["mov", "matroska"]
HEAD_BYTES = 1024

_FIRST_BOXES = {
    b"ftyp",
    b"moov",
    b"mdat",
    b"moof",
    b"free",
    b"skip",
    b"wide",
    b"styp",
    b"sidx",
    b"pnot",
    b"uuid",
}
# Pictures that are kept in boxes as films are: AVIF and HEIC, single and in series.
_PICTURE_BRANDS = {b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

_ARCHIVE = "The file is an archive, not a video."
_PICTURE = "The file is a picture, not a video."
_SOUND = "The file is a sound file, not a video."
_PROGRAM = "The file is a program, not a video."
_DOCUMENT = "The file is a document, not a video."
_PLAYLIST = "The file is a playlist and holds no video itself."
_WEB_PAGE = "A web page was saved instead of a video."
_XML = "An XML text was saved instead of a video."
_JSON = "A JSON answer was saved instead of a video."
_TEXT = "A text was saved instead of a video."
_OTHER = "The file is a video of the kind {}, which this app does not take; it takes MP4, MOV, MKV and WebM."

_MAGICS = (
    (b"PK\x03\x04", _ARCHIVE),
    (b"PK\x05\x06", _ARCHIVE),
    (b"\x1f\x8b", _ARCHIVE),
    (b"BZh", _ARCHIVE),
    (b"\xfd7zXZ\x00", _ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (b"Rar!", _ARCHIVE),
    (b"\x28\xb5\x2f\xfd", _ARCHIVE),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"II*\x00", _PICTURE),
    (b"MM\x00*", _PICTURE),
    (b"\x00\x00\x00\x0cJXL ", _PICTURE),
    (b"\x00\x00\x00\x0cjP  ", _PICTURE),
    (b"ID3", _SOUND),
    (b"fLaC", _SOUND),
    (b"%PDF", _DOCUMENT),
    (b"%!PS", _DOCUMENT),
    (b"\xd0\xcf\x11\xe0", _DOCUMENT),
    (b"\x7fELF", _PROGRAM),
    (b"\xcf\xfa\xed\xfe", _PROGRAM),
    (b"\xca\xfe\xba\xbe", _PROGRAM),
    (b"#!", _PROGRAM),
    (b"FLV\x01", _OTHER.format("FLV")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", _OTHER.format("WMV")),
    (b"\x00\x00\x01\xba", _OTHER.format("MPEG-PS")),
    (b"\x00\x00\x01\xb3", _OTHER.format("MPEG")),
)
_RIFF = {b"WEBP": _PICTURE, b"WAVE": _SOUND, b"AVI ": _OTHER.format("AVI")}
_SOUND_IN_OGG = (b"OpusHead", b"\x01vorbis", b"Speex", b"\x7fFLAC")
# Frames of MPEG layer III and of AAC that stand alone begin with these.
_SOUND_FRAMES = {b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2", b"\xff\xe3", b"\xff\xf1", b"\xff\xf9"}
_TEXTS = (
    ("#extm3u", _PLAYLIST),
    ("ffconcat", _PLAYLIST),
    ("[playlist]", _PLAYLIST),
    ("v=0", _PLAYLIST),
    ("<svg", _PICTURE),
    ("<", _XML),
    ("{", _JSON),
    ("[", _JSON),
)


def demuxer_of(head: bytes) -> Demuxer:
    """The demuxer to force, from the first HEAD_BYTES of a file; raises NotPlayable for what is no video.

    The demuxer is never left to guess: a text file in FFmpeg's own playlist format can make it read other
    files of this machine and hand them out as a clip.
    """
    if _is_boxes(head):
        if head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS:
            raise NotPlayable(_PICTURE)
        return "mov"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    raise NotPlayable(
        _from_bytes(head) or _from_text(head) or "The file is in no video format that this app knows."
    )


def _is_boxes(head: bytes) -> bool:
    # No first box but the pictures themselves is long enough to fill the highest of its four length bytes;
    # the letters of a text would.
    return head[4:8] in _FIRST_BOXES and (head[:1] == b"\x00" or head[4:8] == b"mdat")


def _from_bytes(head: bytes) -> str:
    for magic, sentence in _MAGICS:
        if head.startswith(magic):
            return sentence
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], "")
    if head[:4] == b"OggS":
        sound = any(mark in head[:200] for mark in _SOUND_IN_OGG)
        return _SOUND if sound else _OTHER.format("Ogg")
    if head[:2] in _SOUND_FRAMES:
        return _SOUND
    if head[:1] == b"\x47" == head[188:189]:
        return _OTHER.format("MPEG-TS")
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return _PICTURE
    if head[:2] == b"MZ" and 0 in head[:64]:
        return _PROGRAM
    if not head.strip(b"\x00"):
        return "The file begins with nothing but zeros: the download was not written."
    return ""


def _from_text(head: bytes) -> str:
    wide = head[:2] in {b"\xff\xfe", b"\xfe\xff"}
    text = head.decode("utf-16" if wide else "utf-8", "replace").lstrip("\ufeff \t\r\n").lower()
    if "<html" in text[:600] or text.startswith("<!doctype html"):
        return _WEB_PAGE
    if text.startswith("<?xml") and "<svg" in text[:600]:
        return _PICTURE
    for start, sentence in _TEXTS:
        if text.startswith(start):
            return sentence
    # The last letter may have been cut in two.
    whole = text[:-1]
    readable = bool(whole) and all(letter.isprintable() or letter in "\t\r\n\f" for letter in whole)
    return _TEXT if readable and "\ufffd" not in whole else ""
