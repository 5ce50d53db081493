"""Eight players at once through the real web server, as Chromium reads a clip, beside one; and what the
copies that they play cost to make.
"""

from __future__ import annotations

import hashlib
import http.client
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import numpy as np
import psutil

from tests.bench.stage import Figure, Stage, running

if TYPE_CHECKING:
    from jobs.quality.report import VideoFacts
    from reviewapp.models import Candidate

PLAYERS: Final = 8
TURNS: Final = 5
FRAMES, WIDTH, HEIGHT = 144, 1280, 720
# What Chromium asks for: the whole file from its beginning, and from where somebody clicks on the line.
PIECE: Final = 32 * 1024
MEGABYTE: Final = 1_000_000


@dataclass(frozen=True)
class Look:
    """What one player met: seconds to the first byte, to the first frame, and for all; bytes in all."""

    first_byte_s: float
    first_frame_s: float
    seek_s: float
    whole_s: float
    size: int


def rows() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="retake-bench-") as folder:
        film = write_film(Path(folder) / "film.mp4", "libx264")
        heavy = write_film(Path(folder) / "heavy.mp4", "libx265")
        with running() as stage:
            return [*_players(stage, film), *_copies(heavy, Path(folder))]


def write_film(path: Path, codec: str) -> Path:
    """Six seconds of 720p with the detail of a filmed picture, which pans: about 9 MB of H.264."""
    rng = np.random.default_rng(1)
    wide = rng.integers(0, 256, (HEIGHT // 4, WIDTH // 2)).astype(np.uint8)
    wide = np.repeat(np.repeat(wide, 4, 0), 4, 1) // 4 + 96
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as target:
        track = target.add_stream(codec, rate=24)
        assert isinstance(track, av.VideoStream)
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        track.options = {"preset": "veryfast", "g": "48"}
        if codec == "libx265":
            track.options |= {"x265-params": "log-level=error"}
        for number in range(FRAMES):
            grey = wide[:, number * 5 : number * 5 + WIDTH] + rng.integers(0, 28, (HEIGHT, WIDTH), np.uint8)
            target.mux(
                track.encode(av.VideoFrame.from_ndarray(grey, format="gray").reformat(format="yuv420p"))
            )
        target.mux(track.encode(None))
    return path


# --- players ---


def _players(stage: Stage, film: Path) -> list[Figure]:
    clip = _in_review(film)
    frame_ends, middle = _places(film)
    address = f"/media/{clip.uid}/clip.mp4"
    cookie = "; ".join(f"{name}={value}" for name, value in stage.web.cookies.items())

    def look() -> Look:
        return _look(stage.house.web_port, address, cookie, frame_ends, middle)

    look()
    idle = _memory(stage)
    alone = [look() for _ in range(PLAYERS * TURNS)]
    together: list[Look] = []
    began, highest = time.perf_counter(), _Highest(lambda: _memory(stage))
    with highest, ThreadPoolExecutor(PLAYERS) as players:
        for _ in range(TURNS):
            together += [one.result() for one in [players.submit(look) for _ in range(PLAYERS)]]
    lasted = time.perf_counter() - began
    return [
        _beside("first byte of a clip, 8 players at once", "ms", 1000, "first_byte_s", together, alone),
        _beside("first frame of a clip, 8 players at once", "ms", 1000, "first_frame_s", together, alone),
        _beside("first byte after a seek, 8 players at once", "ms", 1000, "seek_s", together, alone),
        Figure(
            "clips given out to 8 players at once, in all",
            "MB/s",
            [_megabytes(together) / lasted],
            f"one player: {_megabytes(alone) / sum(one.whole_s for one in alone):.0f} MB/s",
            True,
        ),
        Figure(
            "memory of the web processes above idle, 8 players",
            "MB",
            [(highest.value - idle) / MEGABYTE],
            f"idle: {idle / MEGABYTE:.0f} MB",
        ),
    ]


def _megabytes(looks: list[Look]) -> float:
    return sum(one.size for one in looks) / MEGABYTE


def _beside(name: str, unit: str, factor: float, what: str, many: list[Look], one: list[Look]) -> Figure:
    alone = Figure("", unit, [factor * getattr(look, what) for look in one])
    words = f"one player: {alone.median:.1f} / {alone.p95:.1f} {unit}"
    return Figure(name, unit, [factor * getattr(look, what) for look in many], words)


def _look(port: int, address: str, cookie: str, frame_ends: int, middle: int) -> Look:
    """Read a clip as a player does: from the beginning to its end, then once more from the middle."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.perf_counter()
    line.request("GET", address, headers={"Cookie": cookie, "Range": "bytes=0-"})
    answer = line.getresponse()
    if answer.status != 206:
        raise SystemExit(f"the clip was answered with {answer.status}")
    size = len(answer.read(1))
    first_byte = time.perf_counter() - began
    first_frame = 0.0
    while piece := answer.read(PIECE):
        size += len(piece)
        if not first_frame and size >= frame_ends:
            first_frame = time.perf_counter() - began
    sought = time.perf_counter()
    line.request("GET", address, headers={"Cookie": cookie, "Range": f"bytes={middle}-"})
    answer = line.getresponse()
    size += len(answer.read(1))
    seek = time.perf_counter() - sought
    size += len(answer.read())
    line.close()
    return Look(first_byte, first_frame, seek, time.perf_counter() - began, size)


def _places(film: Path) -> tuple[int, int]:
    """Up to where the first frame has to be read, and where a later key frame begins."""
    with av.open(str(film)) as source:
        packets = [packet for packet in source.demux(video=0) if packet.size]
    keys = [packet.pos for packet in packets if packet.is_keyframe and packet.pos is not None]
    return (packets[0].pos or 0) + packets[0].size, keys[len(keys) // 2]


class _Highest:
    """The highest of a figure while the block runs, looked at twenty times a second."""

    def __init__(self, figure: Callable[[], int]) -> None:
        self._figure, self._over = figure, threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.value = 0

    def __enter__(self) -> _Highest:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            self.value = max(self.value, self._figure())


def _memory(stage: Stage) -> int:
    main = psutil.Process(stage.house.pids()["web"])
    return sum(one.memory_info().rss for one in [main, *main.children(recursive=True)])


def _in_review(film: Path) -> Candidate:
    from django.core.files import File

    from reviewapp.models import Candidate, Clip, Membership, Project, PromptVersion, Role, Shot, Status, User

    project = Project.objects.create(slug="players", name="Players")
    Membership.objects.create(project=project, user=User.objects.get(username="bob"), role=Role.REVIEWER)
    shot = Shot.objects.create(project=project, code="SQ010_SH0010", prompt="Detail", duration_s=Decimal(6))
    version = PromptVersion.objects.create(shot=shot, number=1, text="Detail", author_kind="person")
    row = Candidate.objects.create(
        shot=shot, version=version, slot=1, status=Status.IN_REVIEW, provider="runway", model="gen4.5",
        duration_s=6, width=WIDTH, height=HEIGHT, estimate_usd=0,
    )  # fmt: skip
    data = film.read_bytes()
    clip = Clip(candidate=row, sha256=hashlib.sha256(data).hexdigest(), size=len(data), frames=FRAMES)
    with film.open("rb") as file:
        clip.file.save("players/film.mp4", File(file))
    return row


# --- copies ---


def _copies(heavy: Path, folder: Path) -> list[Figure]:
    from jobs import media

    facts = _facts()
    began = time.perf_counter()
    _, made = media.make_playable(heavy, facts, folder)
    copied = time.perf_counter()
    assert made is not None
    small = media.make_small(made, facts, folder)
    ended = time.perf_counter()
    sizes = [one.stat().st_size / MEGABYTE for one in (heavy, made, small)]
    words = f"{FRAMES / 24:.0f} s of 720p HEVC, {sizes[0]:.1f} MB; the copy has {sizes[1]:.1f} MB"
    return [
        Figure("a copy for browsers, in its guarded process", "s", [copied - began], words),
        Figure("a small copy of it for walls", "s", [ended - copied], f"it has {sizes[2]:.1f} MB"),
    ]


def _facts() -> VideoFacts:
    from jobs.quality.report import VideoFacts

    return VideoFacts(
        container="mov", codec="hevc", pixel_format="yuv420p", width=WIDTH, height=HEIGHT, frames=FRAMES,
        fps_num=24, fps_den=1, duration_s=FRAMES / 24, has_audio=False,
    )  # fmt: skip
