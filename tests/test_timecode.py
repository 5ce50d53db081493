from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapp import timecode

NTSC = Fraction(30000, 1001)
RATES = st.sampled_from(
    [
        Fraction(24000, 1001),
        Fraction(24),
        Fraction(25),
        NTSC,
        Fraction(30),
        Fraction(50),
        Fraction(60000, 1001),
        Fraction(60),
    ]
)
FRAMES = st.integers(0, 99 * 3600 * 24)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("24000/1001", Fraction(24000, 1001)),
        ("25", Fraction(25)),
        ("30/1", Fraction(30)),
        ("23.976", Fraction(24000, 1001)),
        ("29.97", NTSC),
        ("12.5", Fraction(25, 2)),
    ],
)
def test_it_reads_a_rate_exactly(text: str, rate: Fraction) -> None:
    assert timecode.parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "0", "0/1", "24/0", "-24", "24 fps", "nan", "1e3", "24//1"])
def test_it_refuses_what_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match=r"rate"):
        timecode.parse_rate(text)


@given(frame=FRAMES, rate=RATES)
def test_it_finds_the_frame_it_sought(frame: int, rate: Fraction) -> None:
    assert timecode.seconds_to_frame(timecode.frame_to_seconds(frame, rate), rate) == frame


def test_it_seeks_to_the_middle_of_a_frame() -> None:
    assert timecode.frame_to_seconds(0, Fraction(24)) == Fraction(1, 48)
    assert timecode.frame_to_seconds(83, Fraction(24)) == Fraction(167, 48)


def test_a_frame_owns_its_first_instant_and_not_its_last() -> None:
    assert timecode.seconds_to_frame(Fraction(1, 24), Fraction(24)) == 1
    assert timecode.seconds_to_frame(Fraction(1, 24) - Fraction(1, 10**9), Fraction(24)) == 0


@given(frame=FRAMES, rate=RATES)
def test_it_reads_back_the_timecode_it_wrote(frame: int, rate: Fraction) -> None:
    assert timecode.parse_timecode(timecode.format_timecode(frame, rate), rate) == frame


@given(frame=st.integers(0, 24 * 3600 * 29), rate=st.sampled_from([NTSC, Fraction(60000, 1001)]))
def test_it_reads_back_drop_frame_timecode(frame: int, rate: Fraction) -> None:
    written = timecode.format_timecode(frame, rate, drop_frame=True)
    assert ";" in written
    assert timecode.parse_timecode(written, rate) == frame


@pytest.mark.parametrize(
    ("frame", "written"),
    [
        (0, "00:00:00;00"),
        (1799, "00:00:59;29"),
        (1800, "00:01:00;02"),
        (17981, "00:09:59;29"),
        (17982, "00:10:00;00"),
        (107892, "01:00:00;00"),
    ],
)
def test_drop_frame_keeps_to_the_clock(frame: int, written: str) -> None:
    assert timecode.format_timecode(frame, NTSC, drop_frame=True) == written


def test_it_writes_hours_minutes_seconds_and_frames() -> None:
    assert timecode.format_timecode(83, Fraction(24)) == "00:00:03:11"
    assert timecode.format_timecode(119, Fraction(120)) == "00:00:00:119"


@pytest.mark.parametrize(
    "text", ["", "00:00:03", "00:00:61:00", "00:00:00:24", "0:0:0:0", "00:00:00.12", "-00:00:00:01"]
)
def test_it_refuses_a_timecode_that_does_not_exist(text: str) -> None:
    with pytest.raises(ValueError, match=r"timecode|frame"):
        timecode.parse_timecode(text, Fraction(24))


def test_it_refuses_a_number_that_drop_frame_skips() -> None:
    with pytest.raises(ValueError, match="skips"):
        timecode.parse_timecode("00:01:00;00", NTSC)


def test_drop_frame_exists_for_two_rates_only() -> None:
    with pytest.raises(ValueError, match=r"29\.97"):
        timecode.format_timecode(0, Fraction(24), drop_frame=True)
    with pytest.raises(ValueError, match=r"29\.97"):
        timecode.parse_timecode("00:00:01;00", Fraction(25))


@given(frame=FRAMES, base=st.sampled_from(timecode.DISPLAY_BASES))
def test_people_may_count_from_another_frame(frame: int, base: int) -> None:
    assert timecode.frame_from_display(timecode.display_frame(frame, base), base) == frame


@given(
    start=st.integers(0, 10**6), length=st.integers(1, 10**4), base=st.sampled_from(timecode.DISPLAY_BASES)
)
def test_it_reads_back_the_range_it_wrote(start: int, length: int, base: int) -> None:
    assert timecode.parse_range(timecode.format_range(start, start + length, base), base) == (
        start,
        start + length,
    )


def test_a_range_shows_its_last_frame() -> None:
    assert timecode.format_range(12, 49) == "12–48"
    assert timecode.format_range(12, 13) == "12"
    assert timecode.format_range(0, 2, 1001) == "1001–1002"


@pytest.mark.parametrize(("text", "base"), [("48–12", 0), ("a", 0), ("", 0), ("12–", 0), ("500", 1001)])
def test_it_refuses_what_is_no_range(text: str, base: int) -> None:
    with pytest.raises(ValueError, match=r"range|ends|counted"):
        timecode.parse_range(text, base)


def test_it_refuses_frames_and_moments_before_the_start() -> None:
    with pytest.raises(ValueError, match="from 0"):
        timecode.frame_to_seconds(-1, Fraction(24))
    with pytest.raises(ValueError, match="before its start"):
        timecode.seconds_to_frame(Fraction(-1), Fraction(24))
    with pytest.raises(ValueError, match="holds none"):
        timecode.format_range(5, 5)
