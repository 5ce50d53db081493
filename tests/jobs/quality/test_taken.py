"""Whole clips of every kind that vendors and cameras make are taken, with exact facts."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition
from numpy.typing import NDArray

from jobs.media.plays import treatment
from jobs.quality.report import Ordered, VideoFacts
from jobs.quality.upright import Upright
from jobs.quality.verify import verify
from tests.jobs.quality.films import film, patched, refusal, two_films

PIECES = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}


def facts_of(path: Path) -> VideoFacts:
    checked = verify(path, Ordered())
    assert "not_measured" not in {finding.kind for finding in checked.findings}
    return checked.facts


KINDS: Mapping[str, tuple[dict[str, Any], tuple[str, str, str, str]]] = {
    "h264.mp4": ({}, ("mov", "h264", "yuv420p", "")),
    "h264-aac.mp4": ({"sound": "aac"}, ("mov", "h264", "yuv420p", "aac")),
    "h264-opus.mp4": ({"sound": "libopus"}, ("mov", "h264", "yuv420p", "opus")),
    "h264-mp3.mp4": ({"sound": "libmp3lame"}, ("mov", "h264", "yuv420p", "mp3")),
    "h264-pcm.mov": ({"sound": "pcm_s16le"}, ("mov", "h264", "yuv420p", "pcm_s16le")),
    "h264.mkv": ({}, ("matroska", "h264", "yuv420p", "")),
    "h264-10bit.mp4": ({"pixels": "yuv420p10le"}, ("mov", "h264", "yuv420p10le", "")),
    "h264-422.mp4": ({"pixels": "yuv422p"}, ("mov", "h264", "yuv422p", "")),
    "h264-444.mp4": ({"pixels": "yuv444p"}, ("mov", "h264", "yuv444p", "")),
    "h264-pieces.mp4": ({"options": PIECES}, ("mov", "h264", "yuv420p", "")),
    "hevc.mp4": ({"codec": "libx265"}, ("mov", "hevc", "yuv420p", "")),
    "hevc-10bit.mp4": ({"codec": "libx265", "pixels": "yuv420p10le"}, ("mov", "hevc", "yuv420p10le", "")),
    "av1.mp4": ({"codec": "libsvtav1"}, ("mov", "av1", "yuv420p", "")),
    "vp9-opus.webm": ({"codec": "libvpx-vp9", "sound": "libopus"}, ("matroska", "vp9", "yuv420p", "opus")),
    "vp8.webm": ({"codec": "libvpx"}, ("matroska", "vp8", "yuv420p", "")),
    "prores.mov": ({"codec": "prores_ks", "pixels": "yuv422p10le"}, ("mov", "prores", "yuv422p10le", "")),
}


@pytest.mark.parametrize("name", KINDS)
def test_it_takes_this_kind_with_exact_facts(tmp_path: Path, name: str) -> None:
    how, expected = KINDS[name]
    facts = facts_of(film(tmp_path / name, **how))
    assert (facts.container, facts.codec, facts.pixel_format, facts.sound_codec) == expected
    assert (facts.width, facts.height, facts.frames, facts.fps) == (160, 90, 24, 24)
    assert facts.duration_s == pytest.approx(1.0, abs=0.002)
    assert facts.has_audio is bool(expected[3])
    assert facts.fragmented is ("pieces" in name)


@pytest.mark.parametrize("size", [(161, 91), (90, 160), (1000, 20), (64, 640)])
def test_odd_and_narrow_sizes_are_taken(tmp_path: Path, size: tuple[int, int]) -> None:
    facts = facts_of(film(tmp_path / "clip.mp4", size=size, pixels="yuv444p"))
    assert (facts.width, facts.height) == size


@pytest.mark.parametrize(("pixel", "width"), [("4/3", 160), ("3/4", 90), ("99/1", 120)])
def test_pixels_that_are_not_square_are_as_wide_as_they_are_meant(
    tmp_path: Path, pixel: str, width: int
) -> None:
    facts = facts_of(film(tmp_path / "clip.mp4", size=(120, 90), pixel=Fraction(pixel), frames=5))
    assert (facts.width, facts.height) == (width, 90)


TIMES: Mapping[str, tuple[Callable[[int], int], float, float]] = {
    # 1/2400 s: every third frame lasts longer; a pause; all of it later than zero.
    "uneven": (lambda index: index * 100 + (index % 3) * 30, 24.0, 1.0),
    "with a pause": (lambda index: index * 100 + 2400 * (index > 11), 24 / 2.0, 2.0),
    "begun late": (lambda index: index * 100 + 4800, 24.0, 1.0),
    "of six frames a second": (lambda index: index * 400, 6.0, 4.0),
    "of a frame each two seconds": (lambda index: index * 4800, 0.5, 48.0),
}


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_times_come_from_the_pictures_and_not_from_a_rate(tmp_path: Path, name: str, ending: str) -> None:
    pts, fps, seconds = TIMES[name]
    facts = facts_of(film(tmp_path / f"clip.{ending}", pts=pts))
    assert facts.frames == 24
    # How long the last frame lasts, a Matroska file says in frames of its rate at most.
    assert facts.duration_s == pytest.approx(seconds, abs=seconds / 23)
    assert facts.fps == pytest.approx(fps, rel=0.05)


@pytest.mark.parametrize("name", ["late.mp4", "late.webm"])
def test_seconds_count_from_the_first_picture_however_late_it_is_shown(tmp_path: Path, name: str) -> None:
    codec = "libvpx-vp9" if name.endswith("webm") else "libx264"
    late = lambda index: index * 100 + 2400 + 1200 * (index > 11)  # noqa: E731
    path = film(tmp_path / name, frames=48, codec=codec, pts=late, sound="libopus")
    checked = verify(path, Ordered())
    assert checked.facts.begins_s == pytest.approx(1.0, abs=0.002)
    assert checked.facts.duration_s == pytest.approx(2.5, abs=0.002)
    # Of its two seconds of sound the first one belongs to no picture.
    [short] = [finding for finding in checked.findings if finding.kind == "sound_short"]
    assert (short.start_s, short.end_s) == pytest.approx((1.0, 2.5), abs=0.05)
    assert all(0 <= finding.start_s <= finding.end_s <= 2.5 for finding in checked.findings)


def test_times_below_zero_begin_at_zero(tmp_path: Path) -> None:
    # Matroska's own times cannot begin below zero: MP4 without an edit list can say so.
    path = film(tmp_path / "clip.mp4", pts=lambda index: index * 100 - 500, options={"use_editlist": "0"})
    checked = verify(path, Ordered())
    assert checked.facts.duration_s <= 1.0
    assert all(finding.start_s >= 0 for finding in checked.findings)


@pytest.mark.parametrize(
    ("turn", "size"), [(0, (160, 90)), (90, (90, 160)), (180, (160, 90)), (270, (90, 160))]
)
def test_a_film_that_lies_on_its_side_is_measured_as_it_is_shown(
    tmp_path: Path, turn: int, size: tuple[int, int]
) -> None:
    path = tmp_path / "turned.mp4"
    plain = film(tmp_path / "plain.mp4")
    with av.open(str(plain)) as source, av.open(str(path), "w") as target:
        track = source.streams.video[0]
        copy = target.add_stream_from_template(track)
        copy.set_display_rotation(turn)
        for packet in source.demux(track):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    checked = verify(path, Ordered())
    assert ((checked.facts.width, checked.facts.height), checked.facts.rotation) == (size, turn)
    with av.open(str(path)) as again:
        frame = next(again.decode(video=0))
        assert round(frame.rotation) % 360 == turn


ONE = 1 << 16
# What the matrix of a film says, and what becomes of its picture: rows, columns and colours.
MATRICES: Mapping[str, tuple[tuple[int, int, int, int], Callable[[NDArray[np.uint8]], NDArray[np.uint8]]]] = {
    "upright": ((ONE, 0, 0, ONE), lambda picture: picture),
    "empty": ((0, 0, 0, 0), lambda picture: picture),
    "turned": ((0, ONE, -ONE, 0), lambda picture: np.rot90(picture, -1)),
    "upside down": ((-ONE, 0, 0, -ONE), lambda picture: picture[::-1, ::-1]),
    "mirrored": ((-ONE, 0, 0, ONE), lambda picture: picture[:, ::-1]),
    "mirrored from top to bottom": ((ONE, 0, 0, -ONE), lambda picture: picture[::-1]),
    "turned and mirrored": ((0, ONE, ONE, 0), lambda picture: picture.transpose(1, 0, 2)),
    "turned the other way and mirrored": (
        (0, -ONE, -ONE, 0),
        lambda picture: picture[::-1, ::-1].transpose(1, 0, 2),
    ),
}


@pytest.mark.parametrize("name", MATRICES)
def test_a_picture_is_turned_and_mirrored_as_its_file_says(tmp_path: Path, name: str) -> None:
    (a, b, c, d), wanted = MATRICES[name]
    matrix = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30 if a or b else 0)
    path = tmp_path / "clip.mp4"
    path.write_bytes(patched(film(path, frames=2).read_bytes(), b"tkhd", 40, matrix))
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        plain = frame.to_ndarray(format="rgb24").astype(np.uint8)
        shown = Upright().turned(frame).to_ndarray(format="rgb24").astype(np.uint8)
    picture = wanted(plain)
    assert shown.shape == picture.shape
    assert np.abs(shown.astype(int) - picture).mean() < 3
    facts = facts_of(path)
    assert (facts.width, facts.height) == (picture.shape[1], picture.shape[0])
    # What stands as it is is played as it is; the rest not every browser turns alike.
    as_it_is = name in {"upright", "empty"}
    assert (treatment(replace(facts, index_late=False), b"isom") == "original") is as_it_is


def test_a_cover_picture_beside_the_film_is_no_second_film(tmp_path: Path) -> None:
    path = tmp_path / "covered.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        cover = container.add_stream("mjpeg", rate=1)
        assert isinstance(stream, av.VideoStream)
        assert isinstance(cover, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        cover.width, cover.height, cover.pix_fmt = 160, 90, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        picture = av.VideoFrame(160, 90, "yuvj420p")
        picture.pts = 0
        container.mux(cover.encode(picture))
        for index in range(24):
            frame = av.VideoFrame(160, 90, "yuv420p")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert (facts_of(path).codec, facts_of(path).frames) == ("h264", 24)


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv"])
def test_a_picture_track_that_is_switched_off_is_left_out(tmp_path: Path, ending: str) -> None:
    facts = facts_of(two_films(tmp_path / f"two.{ending}", Disposition(0)))
    assert (facts.width, facts.height, facts.frames, facts.other_pictures) == (160, 90, 3, True)
    # Not every browser knows which one to show.
    assert treatment(facts, b"isom") == "remux"


def test_compact_tables_of_samples_are_read(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mp4", codec="mpeg4", frames=5).read_bytes()
    at = whole.index(b"stsz")
    (count,) = struct.unpack(">I", whole[at + 12 : at + 16])
    sizes = struct.unpack(f">{count}I", whole[at + 16 : at + 16 + 4 * count])
    table = b"stz2" + struct.pack(f">III{count}H", 0, 16, count, *sizes)
    # What the table is shorter by becomes a box that means nothing.
    room = 4 * count - 2 * count
    table += struct.pack(">I4s", room, b"free") + bytes(room - 8)
    compact = whole[: at - 4] + struct.pack(">I", 20 + 2 * count) + table + whole[at + 16 + 4 * count :]
    path = tmp_path / "compact.mp4"
    path.write_bytes(compact)
    assert facts_of(path).frames == count == 5
    # The same table, cut short by what it claims.
    path.write_bytes(patched(compact, b"stz2", 8, struct.pack(">I", 5000)))
    assert refusal(path) == "The file's index contradicts itself: a part of it is larger than the whole."


@pytest.mark.parametrize("every", ["1", "4"])
@pytest.mark.parametrize(("starts", "frames"), [([0, 0], 12), ([0, 2400], 12), ([-1, 0], 6), ([0], 6)])
def test_what_an_edit_list_leaves_out_is_not_missing_and_browsers_get_its_stretches_as_a_copy(
    tmp_path: Path, starts: list[int], frames: int, every: str
) -> None:
    path = film(tmp_path / "clip.mp4", codec="mpeg4", frames=72, codec_options={"g": every})
    content = path.read_bytes()
    at = content.index(b"elst") - 4
    length = int.from_bytes(content[at : at + 4], "big")
    # A quarter of a second of each; the whole index grows by what the list grows.
    rows = b"".join(struct.pack(">IiI", 250, max(-1, start * 8), 1 << 16) for start in starts)
    listed = struct.pack(">I4sII", 16 + len(rows), b"elst", 0, len(starts)) + rows
    made = bytearray(content[:at] + listed + content[at + length :])
    for name in (b"moov", b"trak", b"edts"):
        head = made.index(name) - 4
        made[head : head + 4] = struct.pack(
            ">I", int.from_bytes(made[head : head + 4], "big") + len(listed) - length
        )
    path.write_bytes(bytes(made))
    facts = facts_of(path)
    assert facts.frames == frames
    assert facts.put_together is (frames == 12)
    as_h264 = replace(facts, codec="h264", index_late=False, begins_s=0)
    assert (treatment(as_h264, b"isom") == "copy") is facts.put_together


def test_it_says_whether_the_index_comes_late(tmp_path: Path) -> None:
    late = facts_of(film(tmp_path / "late.mp4"))
    first = facts_of(film(tmp_path / "first.mp4", options={"movflags": "+faststart"}))
    webm = facts_of(film(tmp_path / "clip.webm", codec="libvpx-vp9"))
    assert [facts.index_late for facts in (late, first, webm)] == [True, False, False]


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_a_clip_of_a_few_frames_is_a_clip(tmp_path: Path, frames: int) -> None:
    facts = facts_of(film(tmp_path / "short.mp4", frames=frames))
    assert facts.frames == frames
    assert facts.duration_s == pytest.approx(frames / 24, abs=0.002)
