"""An index that is missing, cut, lying or built to do harm is refused before any decoder sees the file."""

from __future__ import annotations

import contextlib
import io
import resource
import struct
import zlib
from pathlib import Path

import av
import pytest

from jobs.quality import boxes, ebml
from jobs.quality.report import NotPlayable
from tests.jobs.quality.films import (
    box,
    film,
    one_picture_often,
    patched,
    pictures_in,
    refusal,
    refusal_of,
    with_index_first,
)

CUT = "The file is cut off: it ends before its own index says it should."
NO_INDEX = "The file has no index: the download stopped early."
CONTRADICTS = "The file's index contradicts itself: a part of it is larger than the whole."
BOMB = "The file's index is built as no video's is, so it is not opened."
LOCKED = "The video is locked (encrypted), so nobody here could watch it."
IN_FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
EVERY_SIX = {"g": "6", "preset": "veryfast"}


@pytest.fixture(autouse=True)
def no_decoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written with PyAV; read with it they must not be."""
    true_open = av.open
    reading = pytest.fail

    def only_to_write(file: object, mode: str = "r", **how: object) -> object:
        return true_open(file, mode, **how) if mode == "w" else reading("the decoder was asked")  # type: ignore[call-overload]

    monkeypatch.setattr(av, "open", only_to_write)


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    """A film whose index stands behind its pictures."""
    return film(tmp_path / "whole.mp4", sound="aac").read_bytes()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.98])
def test_a_download_that_stopped_early_is_refused(tmp_path: Path, share: float) -> None:
    first = with_index_first(tmp_path / "whole.mp4", frames=120)
    assert refusal_of(tmp_path, first[: int(len(first) * share)]) == CUT


def test_one_missing_byte_is_enough(tmp_path: Path, whole: bytes) -> None:
    assert refusal_of(tmp_path, with_index_first(tmp_path / "first.mp4")[:-1]) == CUT
    assert refusal_of(tmp_path, whole[:-1]) == CUT


def test_a_late_index_that_did_not_come_is_missed(tmp_path: Path, whole: bytes) -> None:
    end = pictures_in(whole)[1]
    assert refusal_of(tmp_path, whole[:end]) == NO_INDEX
    assert refusal_of(tmp_path, whole[: end * 9 // 10]) == NO_INDEX


def test_an_index_that_names_places_behind_the_end_is_refused(tmp_path: Path, whole: bytes) -> None:
    assert refusal_of(tmp_path, patched(whole, b"stco", 8, struct.pack(">I", len(whole)))) == CUT


def test_a_piece_that_is_cut_in_fragments_is_refused(tmp_path: Path) -> None:
    made = film(tmp_path / "pieces.mp4", options=IN_FRAGMENTS, codec_options=EVERY_SIX).read_bytes()
    assert refusal_of(tmp_path, made[: len(made) * 6 // 10]) == CUT
    assert refusal_of(tmp_path, made[: made.rindex(b"trun") + 9]) == CUT
    last = made.rindex(b"moof") - 4
    pictures = made.index(b"mdat", last) - 4
    for cut in (last + 1, last + 7, pictures, pictures + 5):
        assert refusal_of(tmp_path, made[:cut]) == CUT
    headless = made[made.index(b"moof") - 4 :]
    assert refusal_of(tmp_path, headless) == "The file is a piece of a video: its beginning is missing."


def test_a_whole_number_of_fragments_is_not_enough_when_more_were_promised(tmp_path: Path) -> None:
    promised = {"movflags": IN_FRAGMENTS["movflags"] + "+dash+global_sidx"}
    made = film(tmp_path / "pieces.mp4", options=promised, codec_options=EVERY_SIX).read_bytes()
    assert refusal_of(tmp_path, made[: made.rindex(b"moof") - 4]) == CUT


@pytest.mark.parametrize("size", [(16384, 8192), (8192, 8192), (9000, 100)])
def test_a_picture_beyond_the_limit_is_refused_from_its_header(
    tmp_path: Path, whole: bytes, size: tuple[int, int]
) -> None:
    lying = whole.replace(struct.pack(">HH", 160, 90), struct.pack(">HH", *size))
    sentence = f"The picture of {size[0]}x{size[1]} is larger than the limit."
    assert refusal_of(tmp_path, lying) == sentence


def test_too_many_frames_are_refused_from_the_table_of_samples(tmp_path: Path) -> None:
    many = one_picture_often(tmp_path / "many.mp4", 11_000)
    assert refusal(many) == "The video has 11000 frames, and the limit is 10800."


def test_a_picture_track_without_pictures_is_refused(tmp_path: Path, whole: bytes) -> None:
    assert (
        refusal_of(tmp_path, patched(whole, b"stsz", 8, bytes(4)))
        == "The file's picture track holds no pictures."
    )


@pytest.mark.parametrize(("table", "offset"), [(b"stsz", 8), (b"stco", 4)])
def test_a_table_that_claims_more_than_it_holds_is_refused(
    tmp_path: Path, whole: bytes, table: bytes, offset: int
) -> None:
    # Of the sound track: that of the pictures has its own limit.
    lying = patched(whole, table, offset, b"\x7f\xff\xff\xff", which=1)
    assert refusal_of(tmp_path, lying) == CONTRADICTS


def test_a_part_that_is_larger_than_what_holds_it_is_refused(tmp_path: Path, whole: bytes) -> None:
    assert refusal_of(tmp_path, patched(whole, b"trak", -8, struct.pack(">I", 99_999))) == CONTRADICTS


@pytest.mark.parametrize("length", [b"\x00\x00\x00\x03moov", b"\x00\x00\x00\x07moov"])
def test_a_box_shorter_than_its_own_head_is_no_index(tmp_path: Path, whole: bytes, length: bytes) -> None:
    end = pictures_in(whole)[1]
    assert refusal_of(tmp_path, whole[:end] + length + whole[end + 8 :]) == NO_INDEX


def test_a_box_of_an_immense_length_is_cut_off(tmp_path: Path, whole: bytes) -> None:
    end = pictures_in(whole)[1]
    huge = whole[:end] + b"\x00\x00\x00\x01moov" + b"\x7f" + b"\xff" * 7 + whole[end + 8 :]
    assert refusal_of(tmp_path, huge) == CUT


def _nested(name: bytes, times: int) -> bytes:
    body = b""
    for _ in range(times):
        body = box(name, body)
    return body


@pytest.mark.parametrize(
    "index",
    [box(b"moov", _nested(b"trak", 3000)), box(b"moov", box(b"free", b"") * 130_000)],
    ids=["nested", "countless"],
)
def test_an_index_that_is_a_bomb_is_refused_at_once(tmp_path: Path, whole: bytes, index: bytes) -> None:
    began = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    assert refusal_of(tmp_path, whole[:32] + index) == BOMB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - began < 1.5


def test_a_fragment_that_claims_a_flood_of_samples_is_refused(tmp_path: Path) -> None:
    made = film(tmp_path / "pieces.mp4", options=IN_FRAGMENTS, codec_options=EVERY_SIX).read_bytes()
    assert refusal_of(tmp_path, patched(made, b"trun", 4, struct.pack(">I", 50_000_000))) == BOMB


def test_a_sound_track_that_claims_a_flood_of_samples_is_refused(tmp_path: Path, whole: bytes) -> None:
    # Samples of one size need no table, so that the claim costs nothing.
    flood = patched(whole, b"stsz", 4, struct.pack(">II", 1, 50_000_000), which=1)
    assert refusal_of(tmp_path, flood) == BOMB


def test_an_immense_index_is_refused_without_being_read(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "clip.mp4"
    with path.open("wb") as file:
        file.write(whole[:32] + struct.pack(">I4s", 100 << 20, b"moov"))
        file.truncate(32 + (100 << 20))
    assert refusal(path) == BOMB


def test_a_packed_index_is_refused_unpacked(tmp_path: Path, whole: bytes) -> None:
    packed = box(
        b"cmov", box(b"dcom", b"zlib") + box(b"cmvd", struct.pack(">I", 1 << 31) + zlib.compress(bytes(9)))
    )
    sentence = "The file's index is packed in a way that browsers do not read."
    assert refusal_of(tmp_path, whole[:32] + box(b"moov", packed)) == sentence


def test_a_locked_film_is_refused(tmp_path: Path) -> None:
    key = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "0" * 32, "encryption_kid": "1" * 32}
    assert refusal(film(tmp_path / "locked.mp4", options=key)) == LOCKED


def test_pictures_kept_in_another_file_are_refused(tmp_path: Path, whole: bytes) -> None:
    # The lowest flag of a data reference says that the data are in the same file.
    elsewhere = patched(whole, b"url ", 0, bytes(4))
    sentence = "The file points to another file instead of holding the pictures itself."
    assert refusal_of(tmp_path, elsewhere) == sentence


def test_what_lies_behind_the_last_box_is_no_sign_of_a_cut(whole: bytes) -> None:
    words = b'{"prompt": "a red cup", "seed": 3}'
    for rest in (bytes(3), bytes(64), b"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8 rest", words):
        told = boxes.read(io.BytesIO(whole + rest), len(whole) + len(rest))
        assert (told.index, told.cut) == (True, False)


def test_a_late_index_and_fragments_are_told(tmp_path: Path, whole: bytes) -> None:
    first = with_index_first(tmp_path / "first.mp4")
    pieces = film(tmp_path / "pieces.mp4", options=IN_FRAGMENTS, codec_options=EVERY_SIX).read_bytes()
    told = [boxes.read(io.BytesIO(each), len(each)) for each in (whole, first, pieces)]
    assert [(each.index_late, each.fragments) for each in told] == [
        (True, False),
        (False, False),
        (False, True),
    ]


@pytest.fixture
def webm(tmp_path: Path) -> bytes:
    return film(tmp_path / "whole.webm", codec="libvpx-vp9").read_bytes()


@pytest.mark.parametrize("share", [0.1, 0.6, 0.98])
def test_a_webm_that_stopped_early_is_refused(tmp_path: Path, webm: bytes, share: float) -> None:
    assert refusal_of(tmp_path, webm[: int(len(webm) * share)]) == CUT
    assert refusal_of(tmp_path, webm[:-1]) == CUT


SEGMENT, TRACK, ENCODINGS, ENCODING = b"\x18\x53\x80\x67", b"\xae", b"\x6d\x80", b"\x62\x40"
TRACKS, INFO, VIDEO = b"\x16\x54\xae\x6b", b"\x15\x49\xa9\x66", b"\xe0"


def element(name: bytes, body: bytes) -> bytes:
    """One element of a Matroska file."""
    return name + b"\x01" + len(body).to_bytes(7, "big") + body


def head_of(webm: bytes) -> bytes:
    return webm[: webm.index(SEGMENT)]


def test_a_webm_beyond_the_limits_is_refused(tmp_path: Path, webm: bytes) -> None:
    size = element(VIDEO, element(b"\xb0", b"\x40\x00") + element(b"\xba", b"\x20\x00"))
    large = head_of(webm) + element(SEGMENT, element(TRACKS, element(TRACK, size)))
    assert refusal_of(tmp_path, large) == "The picture of 16384x8192 is larger than the limit."
    long = head_of(webm) + element(SEGMENT, element(INFO, element(b"\x44\x89", struct.pack(">d", 9e6))))
    assert refusal_of(tmp_path, long) == "The video is 9000 s long, and the limit is 180 s."


def test_a_locked_webm_is_refused(tmp_path: Path, webm: bytes) -> None:
    lock = element(ENCODINGS, element(ENCODING, element(b"\x50\x35", element(b"\x47\xe1", b"\x05"))))
    locked = head_of(webm) + element(SEGMENT, element(TRACKS, element(TRACK, lock)))
    assert refusal_of(tmp_path, locked) == LOCKED


def test_a_webm_that_is_a_bomb_is_refused(tmp_path: Path, webm: bytes) -> None:
    nested = b""
    for _ in range(2000):
        nested = element(SEGMENT, nested)
    assert refusal_of(tmp_path, head_of(webm) + nested) == BOMB
    assert refusal_of(tmp_path, head_of(webm) + element(SEGMENT, element(b"\xec", b"") * 130_000)) == BOMB
    assert refusal_of(tmp_path, element(b"\x1aE\xdf\xa3", bytes(9000)) + webm) == BOMB
    immense = tmp_path / "immense.webm"
    with immense.open("wb") as file:
        file.write(head_of(webm) + SEGMENT + b"\x01" + (9 << 20).to_bytes(7, "big"))
        file.write(TRACKS + b"\x01" + (8 << 20).to_bytes(7, "big"))
        file.truncate(10 << 20)
    assert refusal(immense) == BOMB


def test_a_webm_without_a_single_cluster_is_refused(tmp_path: Path, webm: bytes) -> None:
    head = head_of(webm)
    assert refusal_of(tmp_path, head) == "The file holds no pictures: the download stopped early."


def test_a_webm_part_larger_than_what_holds_it_is_refused(tmp_path: Path, webm: bytes) -> None:
    track = element(TRACK, VIDEO + b"\x01" + (9999).to_bytes(7, "big") + bytes(30))
    assert refusal_of(tmp_path, head_of(webm) + element(SEGMENT, element(TRACKS, track))) == CONTRADICTS


def test_a_webm_part_that_ends_within_the_head_of_an_element_is_refused(tmp_path: Path, webm: bytes) -> None:
    segment = SEGMENT + b"\x01" + (2).to_bytes(7, "big")
    assert refusal_of(tmp_path, head_of(webm) + segment + b"\x2a\xd7\xb1\x88" + bytes(8)) == CUT


def test_lengths_that_were_not_known_when_written_are_read_on(webm: bytes) -> None:
    # As a live recorder writes it: the segment lasts until the end of the file.
    at = webm.index(SEGMENT) + 4
    live = webm[:at] + b"\x01" + b"\xff" * 7 + webm[at + 8 :]
    told = ebml.read(io.BytesIO(live), len(live))
    assert (told.width, told.height, told.cut) == (160, 90, False)


@pytest.mark.parametrize("length", [float("inf"), float("nan")])
def test_a_length_that_is_no_number_is_none(webm: bytes, length: float) -> None:
    at = webm.index(b"\x44\x89\x88") + 3
    endless = webm[:at] + struct.pack(">d", length) + webm[at + 8 :]
    assert ebml.read(io.BytesIO(endless), len(endless)).duration == 0


def test_noise_in_an_index_raises_nothing_but_a_refusal(whole: bytes, webm: bytes) -> None:
    for content, read in ((whole, boxes.read), (webm, ebml.read)):
        for at in range(0, min(len(content), 3000), 7):
            noisy = content[:at] + b"\xff\x00\xff" + content[at + 3 :]
            with contextlib.suppress(NotPlayable):
                read(io.BytesIO(noisy), len(noisy))
