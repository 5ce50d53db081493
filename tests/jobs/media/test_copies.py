"""Copies that browsers play: the same clip frame by frame, in the same colours, with its sound in time."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from jobs import media
from jobs.media.plays import Treatment, treatment
from jobs.quality.report import Ordered, VideoFacts
from jobs.quality.verify import verify
from reviewapp.models.clips import Playable
from tests.jobs.media.films import clicks, numbered, seen, write_film

FRAMES = 30
# Matrix, primaries and curve of Rec. ITU-T H.273.
BT601, BT709, PQ = (6, 6, 6), (1, 1, 1), (9, 9, 16)
QUIET = {"x265-params": "log-level=error"}
MARK = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def facts(**other: Any) -> VideoFacts:
    """What the checks say of an H.264 file of `write_film`."""
    known: dict[str, Any] = {"container": "mov", "codec": "h264", "pixel_format": "yuv420p"}
    known |= {"width": 320, "height": 180, "frames": FRAMES, "fps_num": 24, "fps_den": 1}
    known |= {"duration_s": FRAMES / 24, "has_audio": False} | other
    return VideoFacts(**known)


def at_rate(rate: Fraction, **other: Any) -> VideoFacts:
    return facts(fps_num=rate.numerator, fps_den=rate.denominator, duration_s=float(FRAMES / rate), **other)


def made_of(path: Path, of: VideoFacts) -> tuple[Treatment, Path]:
    into = path.parent / "made"
    into.mkdir(exist_ok=True)
    what, made = media.make_playable(path, of, into)
    assert made is not None
    return what, made


def picture_of(path: Path) -> tuple[av.VideoCodecContext, np.ndarray[Any, Any]]:
    """What a file says of its pictures, and the first one as a screen shows it, in red, green and blue."""
    with av.open(str(path)) as source:
        context = source.streams.video[0].codec_context
        frame = next(source.decode(video=0))
        matrix = "ITU601" if frame.colorspace == BT601[0] else "ITU709"
        shown = frame.reformat(format="rgb24", src_colorspace=matrix, dst_color_range="JPEG")
        return context, shown.to_ndarray().astype(int)


def index_is_in_front(path: Path) -> bool:
    data = path.read_bytes()
    return data.index(b"moov") < data.index(b"mdat")


class TestTreatment:
    @pytest.mark.parametrize(
        ("of", "brand", "wanted"),
        [
            ({}, b"isom", "original"),
            ({"pixel_format": "yuvj420p"}, b"mp42", "original"),
            ({"has_audio": True, "sound_codec": "aac"}, b"isom", "original"),
            ({"has_audio": True, "sound_codec": "mp3float"}, b"isom", "original"),
            ({"index_late": True}, b"isom", "remux"),
            ({"fragmented": True}, b"iso5", "remux"),
            ({}, b"qt  ", "remux"),
            ({}, b"", "remux"),
            ({"container": "matroska"}, b"", "remux"),
            ({"has_audio": True, "sound_codec": "opus"}, b"isom", "copy"),
            ({"pixel_format": "yuv420p10le"}, b"isom", "copy"),
            ({"pixel_format": "yuv444p"}, b"isom", "copy"),
            ({"codec": "hevc"}, b"isom", "copy"),
            ({"codec": "prores", "pixel_format": "yuv422p10le"}, b"qt  ", "copy"),
            ({"rotation": 90}, b"isom", "copy"),
            ({"begins_s": 2 / 24}, b"isom", "remux"),
            ({"begins_s": 0.001}, b"isom", "original"),
        ],
    )
    def test_only_what_every_browser_plays_is_left_as_it_is(
        self, of: dict[str, Any], brand: bytes, wanted: Treatment
    ) -> None:
        assert treatment(facts(**of), brand) == wanted

    def test_its_words_are_those_of_the_rows(self) -> None:
        assert {"original", "remux", "copy"} == set(Playable.values)


class TestRemux:
    @pytest.mark.parametrize(
        ("name", "of", "container"),
        [
            ("late.mp4", {"index_late": True}, {}),
            ("pieces.mp4", {"fragmented": True}, {"movflags": "frag_keyframe+empty_moov"}),
            ("apple.mov", {}, {"movflags": "+faststart"}),
            ("film.mkv", {"container": "matroska"}, {}),
        ],
    )
    def test_the_same_pictures_and_sound_get_a_new_container(
        self, tmp_path: Path, name: str, of: dict[str, Any], container: dict[str, str]
    ) -> None:
        # With pictures that are not decoded in the order in which they are shown.
        backward = {"preset": "veryfast", "bf": "3"}
        path = write_film(tmp_path / name, sound="aac", container=container, encoder=backward)
        what, made = made_of(path, facts(**of, has_audio=True, sound_codec="aac"))
        assert what == "remux"
        assert index_is_in_front(made)
        times, numbers = seen(made)
        assert numbers == list(range(FRAMES))
        assert times == pytest.approx(seen(path)[0], abs=0.0015)
        # Of the first click a part may lie before the first picture.
        assert clicks(made)[1:] == pytest.approx(clicks(path)[1:], abs=0.005)

    @pytest.mark.parametrize(
        ("name", "container", "late"),
        [
            # Without an edit list the first picture waits for those that are decoded before it.
            ("first.mp4", {"movflags": "+faststart", "use_editlist": "0"}, 2 / 24),
            ("pieces.mp4", {"movflags": "frag_keyframe+empty_moov"}, 2 / 24),
            ("film.mkv", {}, 1.0),
        ],
    )
    def test_what_begins_late_begins_at_once_in_the_new_container_and_its_sound_with_it(
        self, tmp_path: Path, name: str, container: dict[str, str], late: float
    ) -> None:
        times = [round((number / 24 + late) * 1000) for number in range(FRAMES)] if late == 1 else None
        backward = {"preset": "veryfast", "bf": "3"}
        path = write_film(tmp_path / name, sound="aac", times=times, container=container, encoder=backward)
        checked = verify(path, Ordered()).facts
        assert checked.begins_s == pytest.approx(late, abs=0.001)
        what, made = made_of(path, checked)
        assert what == "remux"
        again = verify(made, Ordered()).facts
        assert (again.begins_s, again.frames) == (0, FRAMES)
        assert seen(made)[1] == list(range(FRAMES))
        # A click on the very first picture may be cut in two.
        later = [[at for at in clicks(one) if at > 0.1] for one in (path, made)]
        assert later[1] == pytest.approx(later[0], abs=0.005)

    def test_content_credentials_are_lost_in_it_and_the_original_keeps_them(self, tmp_path: Path) -> None:
        path = write_film(tmp_path / "late.mp4")
        with path.open("ab") as file:
            file.write((32).to_bytes(4) + b"uuid" + MARK + b"manifest")
        was = hashlib.sha256(path.read_bytes()).hexdigest()
        _, made = made_of(path, facts(index_late=True))
        assert MARK not in made.read_bytes()
        assert hashlib.sha256(path.read_bytes()).hexdigest() == was

    def test_what_fits_into_no_new_container_is_copied(self, tmp_path: Path) -> None:
        path = write_film(tmp_path / "film.mkv", sound="pcm_s16le")
        what, made = made_of(path, facts(container="matroska", has_audio=True, sound_codec="aac"))
        assert what == "copy"
        assert clicks(made) == pytest.approx(clicks(path), abs=0.005)


class TestCopy:
    @pytest.mark.parametrize("rate", [Fraction(24), Fraction(30_000, 1001), Fraction(30)])
    def test_frame_n_shows_what_frame_n_of_the_original_shows(self, tmp_path: Path, rate: Fraction) -> None:
        path = write_film(tmp_path / "hevc.mp4", codec="libx265", encoder=QUIET, rate=rate)
        of = at_rate(rate, codec="hevc")
        what, made = made_of(path, of)
        small = media.make_small(made, of, made.parent)
        assert what == "copy"
        for one in (path, made, small):
            times, numbers = seen(one)
            assert numbers == list(range(FRAMES))
            assert times == pytest.approx([float(number / rate) for number in numbers], abs=0.001)

    def test_uneven_times_are_kept_as_they_are(self, tmp_path: Path) -> None:
        times = [number * 33 + number % 5 * 7 for number in range(FRAMES)]
        path = write_film(tmp_path / "uneven.mkv", times=times, pixels="yuv444p")
        of = facts(
            container="matroska", pixel_format="yuv444p", fps_num=30, duration_s=times[-1] / 1000 + 0.033
        )
        _, made = made_of(path, of)
        shown, numbers = seen(made)
        assert numbers == list(range(FRAMES))
        assert shown == pytest.approx([at / 1000 for at in times], abs=0.0001)

    def test_it_is_what_every_browser_plays_with_its_colours_written_down(self, tmp_path: Path) -> None:
        path = write_film(tmp_path / "prores.mov", codec="prores_ks", pixels="yuv422p10le", frames=3)
        _, made = made_of(path, facts(codec="prores", frames=3, duration_s=3 / 24))
        context, _ = picture_of(made)
        assert (context.name, context.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        told = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
        assert told == (*BT709, 1)
        assert index_is_in_front(made)

    @pytest.mark.parametrize("tags", [BT601, BT709])
    def test_its_colours_are_those_of_the_original(self, tmp_path: Path, tags: tuple[int, int, int]) -> None:
        path = write_film(tmp_path / "a.mp4", pixels="yuv444p", frames=2, tags=tags)
        _, made = made_of(path, facts(pixel_format="yuv444p", frames=2, duration_s=2 / 24))
        orange = (slice(140, 175), slice(3, 17))
        assert picture_of(made)[1][orange].mean((0, 1)) == pytest.approx(
            picture_of(path)[1][orange].mean((0, 1)), abs=4
        )

    def test_high_dynamic_range_keeps_its_steps_on_a_plain_screen(self, tmp_path: Path) -> None:
        # Coded 0.58 is the white of a page, 203 nits; 0.75 is a light of 1000.
        levels = [0.0, 0.2, 0.4, 0.58, 0.65, 0.75]
        path = write_ramp(tmp_path / "hdr.mp4", levels)
        _, made = made_of(path, facts(codec="hevc", pixel_format="yuv420p10le", frames=2, duration_s=2 / 24))
        context, shown = picture_of(made)
        steps = [int(shown[90, place * 50 + 25].mean()) for place in range(len(levels))]
        assert steps == sorted(steps)
        assert min(np.diff(steps)) > 15, steps
        assert 180 < steps[3] < 230
        assert context.color_trc == BT709[2]

    @pytest.mark.parametrize(
        ("size", "lines", "wanted"),
        [
            ((1920, 1080), "playable", (1280, 720)),
            ((1080, 1920), "playable", (720, 1280)),
            ((641, 361), "playable", (640, 360)),
            ((1280, 720), "small", (852, 480)),
            ((320, 180), "small", (320, 180)),
        ],
    )
    def test_it_is_of_even_size_and_never_larger(
        self, tmp_path: Path, size: tuple[int, int], lines: str, wanted: tuple[int, int]
    ) -> None:
        path = write_film(tmp_path / "a.mp4", size=size, pixels="yuv444p", frames=2)
        of = facts(width=size[0], height=size[1], pixel_format="yuv444p", frames=2, duration_s=2 / 24)
        made = made_of(path, of)[1] if lines == "playable" else media.make_small(path, of, tmp_path)
        context, _ = picture_of(made)
        assert (context.width, context.height) == wanted

    def test_a_film_that_lies_on_its_side_is_set_upright(self, tmp_path: Path) -> None:
        path = write_film(tmp_path / "phone.mp4", turned=90, frames=2)
        of = facts(width=180, height=320, rotation=90, frames=2, duration_s=2 / 24)
        what, made = made_of(path, of)
        _, shown = picture_of(made)
        wanted = np.rot90(numbered(0, 320, 180)).astype(int)
        assert what == "copy"
        assert shown.shape == wanted.shape
        assert abs(shown - wanted).mean() < 6

    def test_sound_that_begins_later_than_the_pictures_still_does(self, tmp_path: Path) -> None:
        path = write_film(tmp_path / "late.mkv", sound="libopus", sound_from_s=0.4, frames=36)
        of = facts(container="matroska", has_audio=True, sound_codec="opus", frames=36, duration_s=1.5)
        _, made = made_of(path, of)
        assert clicks(path) == pytest.approx([0.5, 1.0], abs=0.005)
        assert clicks(made) == pytest.approx([0.5, 1.0], abs=0.005)
        with av.open(str(made)) as source:
            first = next(source.decode(audio=0))
        # Silence, and no track that begins later: not every player waits for one.
        assert first.time == pytest.approx(0, abs=0.025)

    def test_sound_from_before_the_first_picture_is_left_out(self, tmp_path: Path) -> None:
        times = [300 + round(number * 1000 / 24) for number in range(36)]
        path = write_film(tmp_path / "early.mkv", sound="libopus", times=times, frames=36)
        of = facts(container="matroska", has_audio=True, sound_codec="opus", frames=36, duration_s=1.5)
        _, made = made_of(path, of)
        assert clicks(path)[1:] == pytest.approx([0.2, 0.7], abs=0.005)
        assert clicks(made) == pytest.approx([0.2, 0.7], abs=0.005)
        assert seen(made)[1] == list(range(36))

    def test_a_small_one_has_no_sound(self, tmp_path: Path) -> None:
        path = write_film(tmp_path / "a.mp4", sound="aac")
        small = media.make_small(path, facts(has_audio=True, sound_codec="aac"), tmp_path)
        with av.open(str(small)) as source:
            assert [stream.type for stream in source.streams] == ["video"]


class TestNotMade:
    def test_a_copy_of_other_length_than_the_checks_have_seen_is_not_kept(self, tmp_path: Path) -> None:
        path = write_film(tmp_path / "a.mp4", frames=4)
        others: list[dict[str, Any]] = [{"frames": 5}, {"duration_s": 0.5}]
        for other in others:
            of = replace(facts(frames=4, duration_s=4 / 24, pixel_format="yuv444p"), **other)
            with pytest.raises(media.NotMade, match="The copy"):
                made_of(path, of)
            assert list((tmp_path / "made").iterdir()) == []

    def test_one_that_grows_beyond_its_limit_is_given_up(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(media, "COPY_BYTES", 3000)
        path = write_film(tmp_path / "a.mp4")
        with pytest.raises(media.NotMade):
            media.make_small(path, facts(), tmp_path)
        assert [one.name for one in tmp_path.iterdir()] == ["a.mp4"]

    def test_one_that_takes_too_long_is_given_up(self, tmp_path: Path) -> None:
        path = write_film(tmp_path / "a.mp4", frames=4)
        with pytest.raises(media.NotMade, match="within"):
            media.make_small(path, facts(frames=4), tmp_path, wall_s=0.02)

    def test_a_clip_of_many_pixels_may_take_longer_and_none_for_ever(self) -> None:
        long = facts(width=3840, height=2160, frames=10_000)
        assert media.patience_s(facts()) < 65 < media.patience_s(long) == 200
        assert media.patience_s(replace(long, frames=100)) == pytest.approx(143, abs=1)


def write_ramp(path: Path, levels: list[float]) -> Path:
    """Two frames of HEVC in PQ: grey bars of these coded levels, 50 pixels wide each."""
    with av.open(str(path), "w") as target:
        track = target.add_stream("libx265", rate=24)
        assert isinstance(track, av.VideoStream)
        track.width, track.height, track.pix_fmt = 320, 180, "yuv420p10le"
        track.options = dict(QUIET)
        context = track.codec_context
        context.colorspace, context.color_primaries, context.color_trc = PQ
        context.color_range = 1
        light = np.zeros((180, 320), np.uint16)
        for place, level in enumerate(levels):
            light[:, place * 50 :] = 64 + round(876 * level)
        for _ in range(2):
            frame = av.VideoFrame(320, 180, "yuv420p10le")
            frame.planes[0].update(light.tobytes())
            for plane in frame.planes[1:]:
                plane.update(np.full((90, 160), 512, np.uint16).tobytes())
            target.mux(track.encode(frame))
        target.mux(track.encode(None))
    return path
