"""What opens and yet is no whole clip is refused: damage, wild times, sizes that change, tracks that lie."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.stream import Disposition

from jobs.quality.report import NotPlayable, Ordered
from jobs.quality.verify import verify
from tests.jobs.quality.clips import write_sound
from tests.jobs.quality.films import (
    film,
    flipped,
    moving,
    patched,
    pictures_in,
    refusal,
    refusal_of,
    two_films,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return film(tmp_path_factory.mktemp("films") / "whole.mp4", frames=72, size=(320, 180)).read_bytes()


def jpegs(
    path: Path,
    *,
    sizes: Sequence[tuple[int, int]] = ((160, 90),),
    pts: Callable[[int], int] = lambda index: index,
    frames: int = 24,
) -> Path:
    """A film of JPEG pictures, each of which stands for itself: of sizes in turn, at any times."""
    encoders = []
    for width, height in sizes:
        encoder = av.VideoCodecContext.create("mjpeg", "w")
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
        encoder.time_base = Fraction(1, 24)
        encoders.append(encoder)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=24)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *sizes[0], "yuvj420p"
        for index in range(frames):
            encoder, size = encoders[index % len(sizes)], sizes[index % len(sizes)]
            picture = av.VideoFrame.from_ndarray(moving(index, *size), format="rgb24")
            [packet] = encoder.encode(picture.reformat(format="yuvj420p"))
            packet.stream, packet.time_base = stream, Fraction(1, 24)
            packet.dts = index if path.suffix != ".mkv" else pts(index)
            packet.pts = pts(index)
            container.mux(packet)
    return path


def test_a_single_damaged_frame_is_named_with_its_second(tmp_path: Path, whole: bytes) -> None:
    broken = bytearray(whole)
    start, end = pictures_in(whole)
    place = start + (end - start) // 2
    broken[place : place + 4] = bytes(4)
    assert (
        refusal_of(tmp_path, bytes(broken))
        == "The file is damaged: 1 frame cannot be decoded cleanly, at 1.0 s."
    )


def test_several_damaged_frames_are_counted_with_the_first_of_them(tmp_path: Path, whole: bytes) -> None:
    sentence = refusal_of(tmp_path, flipped(whole, 3))
    assert sentence == "The file is damaged: 3 frames cannot be decoded cleanly, the first at 0.8 s."


@pytest.mark.parametrize(("count", "seed"), [(3, 2), (60, 1), (2000, 1)])
@pytest.mark.parametrize(
    ("codec", "ending"),
    [
        ("libx264", "mp4"),
        ("libx264", "mkv"),
        ("libx265", "mp4"),
        ("libsvtav1", "mp4"),
        ("libvpx-vp9", "webm"),
    ],
)
def test_bytes_turned_over_never_pass(tmp_path: Path, codec: str, ending: str, count: int, seed: int) -> None:
    made = film(tmp_path / f"whole.{ending}", codec=codec, size=(320, 180)).read_bytes()
    sentence = refusal_of(tmp_path, flipped(made, count, seed))
    assert sentence.startswith(("The file is damaged: ", "No picture of the file could be decoded."))


def emptied(path: Path, filling: Callable[[int], bytes], last: int) -> bytes:
    """A film whose last packets hold nothing but filling."""
    content = bytearray(path.read_bytes())
    with av.open(str(path), "r") as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    for packet in packets[-last:]:
        assert packet.pos is not None
        content[packet.pos : packet.pos + packet.size] = filling(packet.size)
    return bytes(content)


def padding(size: int) -> bytes:
    """Temporal delimiters and at most one padding unit of AV1, over which its decoder passes in silence."""
    return b"\x7a\x01\x80" * (size % 2) + b"\x12\x00" * ((size - 3 * (size % 2)) // 2)


def filler(size: int) -> bytes:
    """A unit of H.264 that holds no picture, at which its decoder stops."""
    return struct.pack(">IB", size - 4, 12) + b"\x80".rjust(size - 5, b"\xff")


def test_frames_that_are_lost_in_silence_are_missed(tmp_path: Path) -> None:
    path = film(tmp_path / "whole.mp4", codec="libsvtav1", size=(320, 180))
    sentence = refusal_of(tmp_path, emptied(path, padding, 5))
    assert sentence == "The file is damaged: only 19 of 24 frames can be decoded."


@pytest.mark.parametrize(("codec", "filling"), [("libsvtav1", padding), ("libx264", filler)])
def test_a_film_of_nothing_but_filling_has_no_picture(
    tmp_path: Path, codec: str, filling: Callable[[int], bytes]
) -> None:
    nothing = emptied(film(tmp_path / "whole.mp4", codec=codec, frames=5), filling, 5)
    assert refusal_of(tmp_path, nothing) == "No picture of the file could be decoded."


def test_an_index_that_the_decoder_cannot_read_is_refused(tmp_path: Path, whole: bytes) -> None:
    sentence = "The file cannot be opened as a video: its index cannot be read."
    assert refusal_of(tmp_path, patched(whole, b"stts", 4, b"\x7f\xff\xff\xff")) == sentence


def test_a_stretch_of_zeros_is_damage(tmp_path: Path, whole: bytes) -> None:
    start, end = pictures_in(whole)
    middle = start + (end - start) // 3
    broken = whole[:middle] + bytes((end - start) // 3) + whole[middle + (end - start) // 3 :]
    assert refusal_of(tmp_path, broken).startswith("The file is damaged: ")


def test_damaged_sound_is_told_and_ends_no_clip(tmp_path: Path) -> None:
    made = film(tmp_path / "whole.mp4", sound="aac", frames=24).read_bytes()
    # The second table of chunks is that of the sound.
    table = made.index(b"stco", made.index(b"stco") + 4)
    count, *places = struct.unpack(">3I", made[table + 8 : table + 20])
    assert count > 1
    broken = made[: places[1]] + b"\xff" * 60 + made[places[1] + 60 :]
    (tmp_path / "broken.mp4").write_bytes(broken)
    checked = verify(tmp_path / "broken.mp4", Ordered())
    told = [finding for finding in checked.findings if finding.kind == "sound_damaged"]
    assert [(one.severity, one.sentence[:23]) for one in told] == [("suspect", "the sound is damaged at")]
    assert checked.verdict == "suspect"


def test_damaged_sound_that_is_longer_than_the_pictures_ends_no_clip_either(tmp_path: Path) -> None:
    path = film(tmp_path / "whole.mp4", sound="aac", frames=24, sound_s=3.0)
    content = bytearray(path.read_bytes())
    with av.open(str(path), "r") as container:
        places = [(packet.pos, packet.size) for packet in container.demux(audio=0) if packet.size]
    for at, size in places[len(places) // 2 :]:
        assert at is not None
        content[at : at + size] = b"\xff" * size
    path.write_bytes(bytes(content))
    checked = verify(path, Ordered())
    assert checked.facts.frames == 24
    assert "sound_damaged" in {finding.kind for finding in checked.findings}


def test_sound_alone_is_no_clip(tmp_path: Path) -> None:
    assert refusal(write_sound(tmp_path / "sound.mp4")) == "The file has no picture track."


def test_a_second_picture_track_is_refused_because_a_player_shows_one(tmp_path: Path) -> None:
    path = two_films(tmp_path / "two.mp4", Disposition.default)
    assert refusal(path) == "The file has 2 picture tracks, and a player would show only one."


def test_a_size_that_changes_inside_the_clip_is_refused(tmp_path: Path) -> None:
    changing = jpegs(tmp_path / "clip.mov", sizes=[(160, 90)] * 11 + [(320, 180)])
    assert refusal(changing) == "The file is damaged: the picture's size changes at 0.5 s."


def test_a_header_that_hides_the_true_size_is_caught_by_the_decoder(tmp_path: Path) -> None:
    true, told = (4096, 2400), (64, 64)
    lying = film(tmp_path / "whole.mp4", frames=2, size=true).read_bytes()
    for form, shift in ((">HH", 0), (">II", 16)):
        lying = lying.replace(
            struct.pack(form, *(side << shift for side in true)),
            struct.pack(form, *(side << shift for side in told)),
        )
    assert refusal_of(tmp_path, lying) == "The picture of 4096x2400 is larger than the limit."


def test_a_size_that_only_the_pictures_tell_is_caught_before_one_is_decoded(tmp_path: Path) -> None:
    # JPEG pictures know their own size, and the index says 64x64.
    whole = jpegs(tmp_path / "clip.mov", sizes=[(4096, 2400)], frames=1).read_bytes()
    index = whole.index(b"moov")
    lying = whole[index:].replace(struct.pack(">HH", 4096, 2400), struct.pack(">HH", 64, 64))
    lying = lying.replace(struct.pack(">II", 4096 << 16, 2400 << 16), struct.pack(">II", 64 << 16, 64 << 16))
    assert refusal_of(tmp_path, whole[:index] + lying) == "The file's picture track cannot be read."


@pytest.mark.parametrize("size", [(2, 64), (64, 14), (8, 8)])
def test_a_picture_too_small_to_show_anything_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    tiny = film(tmp_path / "clip.mp4", size=size, codec="mpeg4", frames=3)
    assert refusal(tiny) == f"The picture of {size[0]}x{size[1]} is too small to show anything."


def test_pictures_that_go_back_in_time_are_refused(tmp_path: Path) -> None:
    backwards = jpegs(tmp_path / "clip.mp4", pts=lambda index: index + 8 * (index % 12 == 6))
    assert refusal(backwards) == "The file is damaged: its pictures are out of order at 0.3 s."


def test_pictures_of_one_and_the_same_moment_are_refused(tmp_path: Path) -> None:
    together = jpegs(tmp_path / "clip.mkv", pts=lambda index: 0)
    assert refusal(together) == "All pictures of the file are shown at the same moment, so it has no length."


def test_a_film_that_ends_long_before_its_own_index_says_is_refused(tmp_path: Path) -> None:
    made = film(tmp_path / "whole.webm", codec="libvpx-vp9", frames=48).read_bytes()
    # A hole in the download: the pictures behind it are lost, and nothing but the length tells.
    hole = made[: len(made) // 2] + bytes(len(made) // 2 - 20) + made[-20:]
    assert refusal_of(tmp_path, hole).startswith("The file is damaged: it ends at ")


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_a_clip_that_is_too_long_is_refused(tmp_path: Path, ending: str) -> None:
    long = film(tmp_path / f"long.{ending}", pts=lambda index: index * 24_000)
    assert refusal(long).endswith(" s long, and the limit is 180 s.")


def test_a_clip_that_hides_its_length_is_caught_by_its_frames(tmp_path: Path) -> None:
    long = film(tmp_path / "long.mkv", pts=lambda index: index * 24_000).read_bytes()
    hidden = long.replace(b"\x44\x89\x88", b"\xec\x88\x00"[:1] + b"\x89\x88"[1:] + b"\x88")
    assert refusal_of(tmp_path, hidden).endswith(" s long, and the limit is 180 s.")


def test_more_frames_than_the_limit_are_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.quality.limits.MAX_FRAMES", 10)
    assert refusal(film(tmp_path / "clip.mkv")) == "The video has 11 frames, and the limit is 10."


def test_an_index_without_a_track_is_no_video(tmp_path: Path, whole: bytes) -> None:
    assert refusal_of(tmp_path, whole.replace(b"trak", b"free")) == "The file has no picture track."


def test_a_codec_that_nobody_knows_is_refused(tmp_path: Path, whole: bytes) -> None:
    assert refusal_of(tmp_path, whole.replace(b"avc1\x00\x00\x00\x00", b"zzzz\x00\x00\x00\x00")) == (
        "The file's picture track cannot be read."
    )


def test_frames_that_an_edit_list_hides_are_not_missing(tmp_path: Path) -> None:
    # The first five frames are before zero: the file says that they are not shown.
    facts = verify(film(tmp_path / "clip.mp4", pts=lambda index: index * 100 - 500), Ordered()).facts
    assert facts.frames == 19
    assert facts.duration_s == pytest.approx(19 / 24, abs=0.001)


def test_the_same_film_without_damage_passes(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(whole)
    try:
        assert verify(path, Ordered()).facts.frames == 72
    except NotPlayable as refused:  # pragma: no cover
        pytest.fail(str(refused))
