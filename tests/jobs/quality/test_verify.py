"""Files that are no whole video are refused with a sentence; whole ones give exact facts."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from jobs.quality import guarded
from jobs.quality.report import NotPlayable, Ordered
from jobs.quality.verify import verify
from tests.jobs.quality.clips import write_clip, write_sound

ANY = Ordered()


def refusal(path: Path) -> str:
    with pytest.raises(NotPlayable) as refused:
        verify(path, ANY)
    return str(refused.value)


def test_it_counts_frames_and_length_from_the_decoded_pictures(tmp_path: Path) -> None:
    facts = verify(write_clip(tmp_path / "good.mp4", frames=72), ANY).facts
    assert (facts.width, facts.height, facts.frames, facts.fps, facts.has_audio) == (640, 360, 72, 24, False)
    assert facts.duration_s == pytest.approx(3.0, abs=0.001)


def test_it_takes_webm_as_well(tmp_path: Path) -> None:
    checked = verify(write_clip(tmp_path / "good.webm", frames=30, codec="libvpx-vp9"), ANY)
    assert (checked.facts.container, checked.facts.codec, checked.facts.frames) == ("matroska", "vp9", 30)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "A web page was saved instead of a video."),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><Error/>", "An XML text was saved instead of a video."),
        (b'{"error": "expired"}', "A JSON answer was saved instead of a video."),
        (b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n", "The file is a playlist and holds no video itself."),
        (b"PK\x03\x04" + bytes(100), "The file is an archive, not a video."),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "The file is a picture, not a video."),
        (bytes(range(256)), "The file is in no video format that this app knows."),
    ],
)
def test_it_names_what_came_instead_of_a_video(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    assert refusal(path) == sentence


def test_a_playlist_named_mp4_cannot_make_it_read_another_file(tmp_path: Path) -> None:
    write_clip(tmp_path / "secret.mp4", frames=24)
    trap = tmp_path / "clip.mp4"
    trap.write_text("ffconcat version 1.0\nfile secret.mp4\n", encoding="ascii")
    assert refusal(trap) == "The file is a playlist and holds no video itself."


@pytest.mark.parametrize("share", [0.3, 0.6, 0.98])
def test_a_download_that_stopped_early_is_refused(tmp_path: Path, share: float) -> None:
    whole = write_clip(tmp_path / "whole.mp4", options={"movflags": "+faststart"}).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: int(len(whole) * share)])
    assert "cut off" in refusal(cut)


def test_one_missing_byte_is_enough(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mp4", options={"movflags": "+faststart"}).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[:-1])
    assert "cut off" in refusal(cut)


def test_a_file_without_its_index_is_refused(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mp4").read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: whole.rindex(b"moov") - 4])
    assert refusal(cut) == "The file has no index: the download stopped early."


def test_sound_alone_is_no_clip(tmp_path: Path) -> None:
    assert refusal(write_sound(tmp_path / "sound.mp4")) == "The file has no picture track."


def test_a_picture_beyond_the_limit_is_refused_from_its_header(tmp_path: Path) -> None:
    content = write_clip(tmp_path / "big.mp4", frames=3).read_bytes()
    # The two sizes stand as 16-bit numbers in the sample entry of the picture track.
    lying = content.replace(struct.pack(">HH", 640, 360), struct.pack(">HH", 16384, 16384))
    assert lying != content
    (tmp_path / "big.mp4").write_bytes(lying)
    assert refusal(tmp_path / "big.mp4") == "The picture of 16384x16384 is larger than the limit."


def test_damage_inside_the_file_never_passes(tmp_path: Path) -> None:
    content = bytearray(write_clip(tmp_path / "whole.mp4").read_bytes())
    third = len(content) // 3
    content[third : third + 20] = bytes(byte ^ 0xFF for byte in content[third : third + 20])
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(content)
    assert refusal(damaged) == "The file is damaged: 1 frame cannot be decoded cleanly, at 1.2 s."


def test_a_clip_that_stops_decoding_is_refused(tmp_path: Path) -> None:
    content = bytearray(write_clip(tmp_path / "whole.mp4").read_bytes())
    content[len(content) // 3 : len(content) * 2 // 3] = bytes(len(content) * 2 // 3 - len(content) // 3)
    (tmp_path / "damaged.mp4").write_bytes(content)
    assert "damaged" in refusal(tmp_path / "damaged.mp4")


def test_the_guarded_child_gives_the_same_answer(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "good.mp4", frames=48)
    ordered = Ordered(duration_s=5, width=640, height=360)
    direct, guarded_answer = verify(path, ordered), guarded.verify(path, ordered)
    assert guarded_answer.facts == direct.facts
    assert guarded_answer.findings == direct.findings
    assert guarded_answer.poster == direct.poster
    assert guarded_answer.measures == direct.measures


def test_the_guarded_child_passes_a_refusal_on(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text("<html>", encoding="ascii")
    with pytest.raises(NotPlayable, match=r"^A web page was saved instead of a video\.$"):
        guarded.verify(path, ANY)


def test_a_check_that_takes_too_long_ends_with_a_sentence(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "good.mp4", frames=48)
    with pytest.raises(NotPlayable, match="could not be checked within"):
        guarded.verify(path, ANY, wall_s=0.01)


def test_a_child_that_dies_ends_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "good.mp4", frames=48)
    # A broken interpreter is as dead as one that a decoder took down.
    monkeypatch.setenv("PYTHONHOME", str(tmp_path / "nowhere"))
    with pytest.raises(NotPlayable, match="brings the video decoder down"):
        guarded.verify(path, ANY)
