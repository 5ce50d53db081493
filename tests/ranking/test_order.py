"""Scores and the order of siblings: what is not measured decides nothing, and no score passes a verdict."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewapp.ranking import SEVERITIES, Look, Part, Sibling, coverage, order, read, score

NAMES = ("clarity", "face", "light", "match")
KINDS = ("flicker", "freeze", "soft")
VALUES = st.none() | st.floats(0, 1)
VERDICTS = {"info": "pass", "suspect": "suspect", "reject": "reject"}


def verdict_of(findings: dict[str, str]) -> str:
    return VERDICTS[max(findings.values(), key=SEVERITIES.index, default="info")]


@st.composite
def looks(draw: st.DrawFn) -> Look:
    parts = {name: Part(draw(VALUES), 0.25) for name in draw(st.sets(st.sampled_from(NAMES)))}
    findings = draw(st.dictionaries(st.sampled_from(KINDS), st.sampled_from(SEVERITIES)))
    return Look(verdict_of(findings), parts, findings, draw(st.sampled_from(("a", "b"))))


def sibling(key: int, look: Look, learned: float | None = None) -> Sibling:
    return Sibling(key, key, look, score(look), coverage(look), learned)


ROUNDS = st.lists(looks(), min_size=1, max_size=5).map(
    lambda all: [sibling(*pair) for pair in enumerate(all)]
)


def look(verdict: str = "pass", findings: dict[str, str] | None = None, **values: float | None) -> Look:
    parts = {name: Part(value, 0.25) for name, value in values.items()}
    return Look(verdict, parts, findings or {})


def first(*clips: Look) -> int:
    return order([sibling(*pair) for pair in enumerate(clips)]).keys[0]


# --- the score ---


def test_the_score_is_the_weighted_mean_of_what_was_measured() -> None:
    parts = {"clarity": Part(0.9, 0.3), "light": Part(0.5, 0.1), "face": Part(None, 0.6)}
    assert score(Look("pass", parts)) == pytest.approx(0.8)
    assert coverage(Look("pass", parts)) == pytest.approx(0.4)


def test_nothing_measured_is_no_score_and_never_0() -> None:
    assert score(look(face=None)) is None
    assert coverage(look(face=None)) == 0
    assert score(look(clarity=0.7, face=None)) == score(look(clarity=0.7))


def test_each_kind_of_finding_lowers_it_once_by_its_worst_and_a_remark_never_does() -> None:
    rows = [("flicker", "suspect"), ("flicker", "suspect"), ("flicker", "info"), ("dark", "info")]
    parts = [{"name": "clarity", "value": 0.8, "weight": 1}]
    told = read("suspect", parts, [{"kind": kind, "severity": bad} for kind, bad in rows])
    assert score(told) == pytest.approx(0.8 * 0.75)
    worse = read(
        "reject", parts, [{"kind": kind, "severity": bad} for kind, bad in [*rows, ("flicker", "reject")]]
    )
    assert score(worse) == pytest.approx(0.8 * 0.25)


def test_findings_of_the_first_days_without_kind_or_severity_count_nothing() -> None:
    told = read("pass", [{"name": "clarity", "value": 0.8, "weight": 1}], [{"sentence": "frozen"}])
    assert score(told) == pytest.approx(0.8)


# --- the order ---


@given(ROUNDS, st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_order_does_not_depend_on_the_order_in_which_clips_came(
    clips: list[Sibling], luck: Random
) -> None:
    shuffled = list(clips)
    luck.shuffle(shuffled)
    assert order(shuffled) == order(clips)


@given(ROUNDS, st.sampled_from(KINDS), st.sampled_from(SEVERITIES), st.integers(0, 4))
@settings(max_examples=60, deadline=None)
def test_a_finding_more_never_raises_a_clip(clips: list[Sibling], kind: str, bad: str, which: int) -> None:
    one = clips[which % len(clips)]
    worst = max(one.look.findings.get(kind, "info"), bad, key=SEVERITIES.index)
    findings = {**one.look.findings, kind: worst}
    accused = replace(one.look, findings=findings, verdict=verdict_of(findings))
    after = order([sibling(one.key, accused) if clip is one else clip for clip in clips])
    assert after.keys.index(one.key) >= order(clips).keys.index(one.key)


@given(ROUNDS, st.lists(st.floats(0, 1), min_size=5, max_size=5))
@settings(max_examples=60, deadline=None)
def test_whatever_was_learned_a_reject_is_never_before_a_pass(
    clips: list[Sibling], chances: list[float]
) -> None:
    for round_ in (clips, [replace(one, learned=p) for one, p in zip(clips, chances, strict=False)]):
        by_key = {one.key: one.look.tier for one in round_}
        tiers = [by_key[key] for key in order(round_).keys]
        assert tiers == sorted(tiers)


def test_siblings_are_compared_by_what_all_of_them_have() -> None:
    # By its own parts the second would be 0.55; without a face in the first, only their sharpness speaks.
    assert first(look(clarity=0.6, face=None), look(clarity=0.7, face=0.4)) == 1
    assert first(look(clarity=0.6, face=0.9), look(clarity=0.7, face=0.4)) == 0


def test_a_clip_of_which_nothing_was_measured_takes_no_part_away_from_the_others() -> None:
    broken = look("reject")
    assert order([sibling(0, look(clarity=0.5)), sibling(1, look(clarity=0.9)), sibling(2, broken)]).keys == (
        1,
        0,
        2,
    )


def test_the_match_with_the_prompt_counts_only_between_clips_of_one_model() -> None:
    mine, other = look(clarity=0.6, match=0.9), look(clarity=0.7, match=0.1)
    assert first(mine, other) == 0
    assert first(replace(mine, model_mark="a"), replace(other, model_mark="b")) == 1


def test_a_learned_score_takes_the_place_of_the_rules_only_where_every_sibling_has_one() -> None:
    clips = [sibling(0, look(clarity=0.9), 0.2), sibling(1, look(clarity=0.5), 0.7)]
    assert order(clips).keys == (1, 0)
    assert order([clips[0], replace(clips[1], learned=None)]).keys == (0, 1)


# --- how clear it is ---


@pytest.mark.parametrize(
    ("clips", "doubt"),
    [
        ([look(clarity=0.9), look(clarity=0.8)], ""),
        ([look(clarity=0.9), look(clarity=0.885)], "close"),
        ([look(clarity=0.9), look("suspect", clarity=0.89)], ""),
        ([look(clarity=0.9, face=None), look(clarity=0.5, face=None)], "thin"),
        ([look("suspect", clarity=0.9), look("reject", clarity=0.5)], "provisional"),
        ([look("reject", clarity=0.9)], "provisional"),
        ([look(clarity=0.9)], ""),
        ([look(clarity=0.9, light=0.9, face=None), look(clarity=None, light=None, face=0.2)], "close"),
        ([], ""),
    ],
)  # fmt: skip
def test_it_says_when_the_first_is_no_clear_choice(clips: list[Look], doubt: str) -> None:
    assert order([sibling(*pair) for pair in enumerate(clips)]).doubt == doubt


def test_a_learned_score_is_doubted_by_the_same_rules() -> None:
    clips = [sibling(0, look(clarity=0.9), 0.71), sibling(1, look(clarity=0.2), 0.70)]
    assert order(clips).doubt == "close"
    assert order([replace(clips[0], learned=0.75), clips[1]]).doubt == ""


def test_reports_of_the_first_days_are_ordered_by_the_score_they_kept() -> None:
    old = [Sibling(0, 1, look(), 0.5, 0.0), Sibling(1, 2, look(), 0.9, 0.0)]
    assert order(old).keys == (1, 0)
    assert order(old).doubt == "thin"
