"""What came instead of a video is named, from its first bytes and before a decoder sees it."""

from __future__ import annotations

import gzip
import io
import json
import sys
import tarfile
import wave
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.jobs.quality.films import add_tone, film, moving, refusal, refusal_of

ARCHIVE = "The file is an archive, not a video."
PICTURE = "The file is a picture, not a video."
SOUND = "The file is a sound file, not a video."
PROGRAM = "The file is a program, not a video."
DOCUMENT = "The file is a document, not a video."
PLAYLIST = "The file is a playlist and holds no video itself."
WEB_PAGE = "A web page was saved instead of a video."
XML = "An XML text was saved instead of a video."
JSON = "A JSON answer was saved instead of a video."
TEXT = "A text was saved instead of a video."
UNKNOWN = "The file is in no video format that this app knows."


def other(kind: str) -> str:
    taken = "it takes MP4, MOV, MKV and WebM"
    return f"The file is a video of the kind {kind}, which this app does not take; {taken}."


TEXTS = [
    (b"<!DOCTYPE html><html><body>Sign in</body></html>", WEB_PAGE),
    (b"\n\n<!-- gone -->\n<HTML><body>404</body></HTML>", WEB_PAGE),
    (b"\xef\xbb\xbf\n<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", XML),
    (b"<MPD xmlns='urn:mpeg:dash:schema:mpd:2011'></MPD>", XML),
    (json.dumps({"error": {"code": "expired"}}).encode(), JSON),
    (json.dumps([{"error": "expired"}]).encode(), JSON),
    (b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", PLAYLIST),
    (b"ffconcat version 1.0\nfile '/etc/passwd'\n", PLAYLIST),
    (b"[playlist]\nFile1=file:///etc/passwd\n", PLAYLIST),
    (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nm=video 9 RTP/AVP 96\r\n", PLAYLIST),
    (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", PICTURE),
    (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", PICTURE),
    ("Zugriff verweigert, für heute".encode(), TEXT),
    ("Try again later".encode("utf-16"), TEXT),
    (b"frame-%03d.png\n", TEXT),
    (b"#!/bin/sh\nexit 0\n", PROGRAM),
]


@pytest.mark.parametrize(("content", "sentence"), TEXTS)
def test_a_text_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    assert refusal_of(tmp_path, content) == sentence


def _zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("clip.mp4", bytes(2000))
    return target.getvalue()


def _tar_xz() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:xz") as archive:
        archive.addfile(tarfile.TarInfo("clip.mp4"))
    return target.getvalue()


def _wave() -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(8000))
    return target.getvalue()


def still(codec: str, pixels: str, form: str) -> bytes:
    """One picture as the bytes of a picture file."""
    target = io.BytesIO()
    with av.open(target, "w", format=form) as container:
        stream = container.add_stream(codec, rate=1)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 90, pixels
        frame = av.VideoFrame.from_ndarray(moving(0, 160, 90), format="rgb24").reformat(format=pixels)
        frame.pts, frame.time_base = 0, Fraction(1, 1)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def sound(codec: str, form: str) -> bytes:
    """A second of a tone as the bytes of a sound file."""
    target = io.BytesIO()
    with av.open(target, "w", format=form) as container:
        track = container.add_stream(codec, rate=48000, layout="mono")
        assert isinstance(track, av.AudioStream)
        add_tone(container, track, 1.0)
    return target.getvalue()


MADE: list[tuple[str, Callable[[], bytes], str]] = [
    ("zip", _zip, ARCHIVE),
    ("gzip", lambda: gzip.compress(bytes(5000)), ARCHIVE),
    ("tar.xz", _tar_xz, ARCHIVE),
    ("png", lambda: still("png", "rgb24", "image2pipe"), PICTURE),
    ("jpeg", lambda: still("mjpeg", "yuvj420p", "image2pipe"), PICTURE),
    ("gif", lambda: still("gif", "rgb8", "gif"), PICTURE),
    ("webp", lambda: still("libwebp", "yuv420p", "webp"), PICTURE),
    ("bmp", lambda: still("bmp", "bgr24", "image2pipe"), PICTURE),
    ("tiff", lambda: still("tiff", "rgb24", "image2pipe"), PICTURE),
    ("avif", lambda: still("libsvtav1", "yuv420p", "avif"), PICTURE),
    ("heic", lambda: still("libsvtav1", "yuv420p", "avif").replace(b"avif", b"heic"), PICTURE),
    ("mp3", lambda: sound("libmp3lame", "mp3"), SOUND),
    ("aac", lambda: sound("aac", "adts"), SOUND),
    ("flac", lambda: sound("flac", "flac"), SOUND),
    ("ogg", lambda: sound("libopus", "ogg"), SOUND),
    ("wav", _wave, SOUND),
    ("pdf", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", DOCUMENT),
    ("elf", lambda: Path(sys.executable).read_bytes()[:5000], PROGRAM),
    ("exe", lambda: b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200), PROGRAM),
    ("random", lambda: b"\x9c" + np.random.default_rng(3).bytes(5000), UNKNOWN),
    ("zeros", lambda: bytes(5000), "The file begins with nothing but zeros: the download was not written."),
    ("empty", lambda: b"", "The file is empty."),
]


@pytest.mark.parametrize(("make", "sentence"), [each[1:] for each in MADE], ids=[each[0] for each in MADE])
def test_a_file_of_another_kind_is_named(tmp_path: Path, make: Callable[[], bytes], sentence: str) -> None:
    assert refusal_of(tmp_path, make()) == sentence


@pytest.mark.parametrize(
    ("ending", "kind", "codec"),
    [("avi", "AVI", "mpeg4"), ("flv", "FLV", "flv"), ("ts", "MPEG-TS", "libx264"), ("wmv", "WMV", "mpeg4")],
)
def test_a_video_of_another_kind_is_named_with_what_is_taken(
    tmp_path: Path, ending: str, kind: str, codec: str
) -> None:
    made = film(tmp_path / f"clip.{ending}", codec=codec, frames=5)
    assert refusal(made) == other(kind)


def test_what_is_no_video_never_reaches_the_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av, "open", lambda *order, **more: pytest.fail("the decoder was asked"))
    for content, sentence in TEXTS:
        assert refusal_of(tmp_path, content) == sentence
