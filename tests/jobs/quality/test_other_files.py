"""A file from outside makes the decoder open no other file. The kernel itself says what was opened."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import av
import pytest

from jobs.quality import boxes, guarded, opening
from jobs.quality.report import NotPlayable, Ordered
from jobs.quality.verify import verify
from tests.jobs.quality.films import film

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells by inotify what was opened")
_OPENED, _READ = 0x20, 0x01
SECRET = "secret.mp4"


@dataclass
class Watched:
    """The names of the files in a folder that were opened or read."""

    names: set[str] = field(default_factory=set)


@contextmanager
def watching(folder: Path) -> Iterator[Watched]:
    """Collect what is opened in a folder, by this process and by every other."""
    libc = ctypes.CDLL(None, use_errno=True)
    listener = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    assert listener >= 0
    assert libc.inotify_add_watch(listener, str(folder).encode(), _OPENED | _READ) >= 0
    seen = Watched()
    try:
        yield seen
        with suppress(BlockingIOError):
            while told := os.read(listener, 65_536):
                seen.names |= set(_names(told))
    finally:
        os.close(listener)


def _names(told: bytes) -> Iterator[str]:
    while told:
        length = struct.unpack("iIII", told[:16])[3]
        if name := told[16 : 16 + length].rstrip(b"\x00").decode():
            yield name
        told = told[16 + length :]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with another film in it, under the names that the traps ask for."""
    secret = film(tmp_path / SECRET)
    for name in ("secret.ts", "clip-001.mp4", "clip-1.png"):
        (tmp_path / name).write_bytes(secret.read_bytes())
    return tmp_path


def _text(words: str) -> Callable[[Path], bytes]:
    return lambda folder: words.replace("FOLDER", str(folder)).encode()


def elsewhere(folder: Path) -> bytes:
    """A MOV whose pictures are in another file, named by an alias record as QuickTime writes it."""
    whole = film(folder / "whole.mov").read_bytes()
    path = f"disk:{SECRET}".encode()
    alias = (
        bytes(10)
        + b"\x04disk".ljust(28, b"\x00")
        + bytes(12)
        + bytes([len(SECRET)])
        + SECRET.encode().ljust(63, b"\x00")
    )
    alias += bytes(16) + struct.pack(">HH", 1, 1) + bytes(16)
    alias += (
        struct.pack(">HH", 2, len(path)) + path + b"\x00" * (len(path) % 2) + struct.pack(">HH", 0xFFFF, 0)
    )
    entry = struct.pack(">I4sI", 12 + len(alias), b"alis", 0) + alias
    old = struct.pack(">I4sI", 12, b"url ", 1)
    at = whole.index(old)
    made = bytearray(whole[:at] + entry + whole[at + len(old) :])
    for name in (b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        head = whole.rindex(name, 0, at) - 4
        made[head : head + 4] = struct.pack(
            ">I", struct.unpack(">I", whole[head : head + 4])[0] + len(entry) - len(old)
        )
    return bytes(made)


def chained(folder: Path) -> bytes:
    """A Matroska file that names another one as its continuation, in place of the name of its writer."""
    whole = film(folder / "whole.mkv").read_bytes()
    at = whole.index(b"\x57\x41")
    length = whole[at + 2] & 0x7F
    name = SECRET.encode()[:length].ljust(length, b"\x00")
    # NextFilename is an element of the same form as WritingApp, with three bytes of name instead of two.
    return (
        whole[:at]
        + b"\x3e\x83\xbb"
        + bytes([0x80 | (length - 1)])
        + name[: length - 1]
        + whole[at + 3 + length :]
    )


TRAPS: dict[str, Callable[[Path], bytes]] = {
    "ffconcat": _text(f"ffconcat version 1.0\nfile {SECRET}\n"),
    "ffconcat with its whole path": _text(f"ffconcat version 1.0\nfile 'file:FOLDER/{SECRET}'\n"),
    "ffconcat behind a blank line": _text(f"\nffconcat version 1.0\nfile {SECRET}\n"),
    "hls": _text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.ts\n#EXTINF:1,\n{SECRET}\n#EXT-X-ENDLIST\n"
    ),
    "sdp": _text(f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 0 RTP/AVP 96\na=control:file:{SECRET}\n"),
    "dash": _text(f"<MPD><Period><AdaptationSet><BaseURL>{SECRET}</BaseURL></AdaptationSet></Period></MPD>"),
    "list of pictures": _text("clip-%d.png\n"),
    "svg": _text(f"<svg xmlns='http://www.w3.org/2000/svg'><image href='{SECRET}'/></svg>"),
    "mov with its pictures elsewhere": elsewhere,
    "matroska with a continuation": chained,
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_opens_no_other_file(folder: Path, name: str) -> None:
    clip = folder / "clip.mp4"
    clip.write_bytes(TRAPS[name](folder))
    with watching(folder) as seen, suppress(NotPlayable):
        verify(clip, Ordered())
    assert seen.names == {"clip.mp4"}


@pytest.mark.parametrize("trap", [elsewhere, chained])
def test_the_decoder_alone_opens_no_other_file_either(
    folder: Path, monkeypatch: pytest.MonkeyPatch, trap: Callable[[Path], bytes]
) -> None:
    # Without our own look at the index, what is told to the decoder has to hold by itself.
    monkeypatch.setattr(boxes, "read", lambda file, size: boxes.Boxes())
    monkeypatch.setitem(opening._OPTIONS, "enable_drefs", "1")
    clip = folder / "clip.mp4"
    clip.write_bytes(trap(folder))
    with watching(folder) as seen, suppress(NotPlayable):
        verify(clip, Ordered())
    assert seen.names == {"clip.mp4"}


@pytest.mark.parametrize(
    "name", ["clip-%03d.mp4", "clip-*.mp4", "file:secret.mp4", "concat:secret.mp4|secret.mp4"]
)
def test_a_name_that_means_something_to_the_decoder_means_nothing(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes((folder / SECRET).read_bytes())
    with watching(folder) as seen:
        assert verify(path, Ordered()).facts.frames == 24
    assert seen.names == {name}


def test_the_guarded_child_opens_no_other_file(folder: Path) -> None:
    clip = folder / "clip.mp4"
    for trap in (TRAPS["ffconcat"], elsewhere):
        clip.write_bytes(trap(folder))
        with watching(folder) as seen, pytest.raises(NotPlayable):
            guarded.verify(clip, Ordered())
        assert seen.names == {"clip.mp4"}


def test_the_proof_can_fail(folder: Path) -> None:
    """A decoder that is left to guess does open the other file, and this is seen."""
    clip = folder / "clip.mp4"
    clip.write_bytes(TRAPS["ffconcat"](folder))
    with watching(folder) as seen, av.open(str(clip), "r") as container:
        assert len(list(container.decode(video=0))) == 24
    assert SECRET in seen.names
    clip.write_bytes(elsewhere(folder))
    with watching(folder) as seen, av.open(str(clip), "r", options={"enable_drefs": "1"}):
        pass
    assert SECRET in seen.names
