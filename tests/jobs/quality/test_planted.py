"""A few planted clips, small and short: a measure that no longer sees its defect, or sees one in a good clip,
turns this red. The whole set, its seeds and its figures are `make quality-bench`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.quality import sentences
from jobs.quality.verify import verify
from tests.quality_bench import judge
from tests.quality_bench.film import Size
from tests.quality_bench.look import Cost, Looked
from tests.quality_bench.planted import Plan
from tests.quality_bench.store import drawn
from tests.quality_bench.truth import REASONS

SMALL = Plan(seed=0, size=Size(640, 360), longest_s=2.5)
GOOD = (
    "fire",
    "hand-held",
    "on-twos",
    "pan",
    "rain",
    "still-life",
    "talking-head",
    "thing-crosses",
    "turning-stars",
    "upright",
    "water",
    "face-0",
)
DEFECTS = (
    "black-1s-night",
    "blank-green-pan",
    "blur-mid5-water",
    "colour-jump-hand-held",
    "cut-to-tilt-water",
    "face-gone-4",
    "flicker-6pc-12hz-turning-stars",
    "freeze-mid-turning-stars",
    "melting-three-things",
    "part-frozen-tilt",
    "pop-in-hand-held",
    "shake-4px-hand-held",
    "slideshow-1s-pan",
    "starved-crf46-turning-stars",
    "still-talking-head",
    "strobe-thing-crosses",
    "torn-zoom",
    "uneven-fast-thing",
)


def look(folder: Path, name: str) -> Looked:
    (clip,) = (one for one in drawn(folder, SMALL, name) if one.name == name)
    return Looked(clip, verify(clip.path, clip.ordered), "", Cost(0, 0, 0))


@pytest.mark.parametrize("scene", GOOD)
def test_a_good_clip_passes(tmp_path: Path, scene: str) -> None:
    looked = look(tmp_path, f"good-{scene}")
    assert looked.verdict == "pass", judge.reasons(looked)


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_named_as_what_it_is_where_it_is(tmp_path: Path, name: str) -> None:
    looked = look(tmp_path, name)
    assert judge.right(looked), f"{looked.clip.truth}: {judge.reasons(looked)}"


def test_every_reason_that_is_expected_can_be_told() -> None:
    assert frozenset().union(*REASONS.values()) <= sentences.kinds()


def test_the_same_seed_gives_the_same_clip_and_another_one_another(tmp_path: Path) -> None:
    def drawn_by(seed: int, folder: str) -> bytes:
        plan = Plan(seed, Size(160, 90), longest_s=0.5)
        (clip,) = drawn(tmp_path / folder, plan, "good-cartoon")
        return clip.path.read_bytes()

    assert drawn_by(0, "first") == drawn_by(0, "again") != drawn_by(1, "other")
