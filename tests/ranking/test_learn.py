"""Learning from decisions: it starts as the rules, is shown only when it is better, and says why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reviewapp.ranking import Decided, Look, Model, Part, order, score, train
from reviewapp.ranking.fit import auc, fit, log_loss
from reviewapp.ranking.learn import FEWEST, Trained
from reviewapp.ranking.order import Sibling
from tests.ranking.reviewers import Taste, by_the_rules, decided, dislikes_dark, likes_grain, looks

SEEDS = range(5)


def learned(seed: int, taste: Taste, shots: int) -> tuple[Trained, list[Decided]]:
    """A training, and decisions of the same people on 80 shots it has not seen."""
    rng = np.random.default_rng(seed)
    return train(decided(rng, looks(rng, shots), taste)), decided(rng, looks(rng, 80), taste)


def gained(model: Model, unseen: list[Decided]) -> float:
    """How much more often than by the rules an approved clip stands before one that was not."""
    yes = np.array([one.approved for one in unseen], dtype=float)
    ours = auc(yes, np.array([model.score(one.look) or 0 for one in unseen]))
    rules = auc(yes, np.array([score(one.look) or 0 for one in unseen]))
    assert ours is not None
    assert rules is not None
    return ours - rules


def test_people_who_like_grain_and_hate_jumps_of_colour_get_a_better_order_on_unseen_shots() -> None:
    trained = [learned(seed, likes_grain, 60) for seed in SEEDS]
    assert all(result.shown for result, _ in trained)
    gains = [gained(result.model, unseen) for result, unseen in trained if result.model]
    assert min(gains) > 0.03
    assert np.mean(gains) > 0.07


def test_people_who_agree_with_the_rules_are_not_made_worse() -> None:
    trained = [learned(seed, by_the_rules, shots) for seed in SEEDS for shots in (15, 60)]
    assert sum(result.shown for result, _ in trained) <= 1
    gains = [gained(result.model, unseen) for result, unseen in trained if result.model]
    assert np.mean(gains) > -0.02
    told = {
        (result.figures.loss < result.figures.rules_loss, "not clearly better than the rules" in result.why)
        for result, _ in trained
        if result.figures and not result.shown
    }
    assert told == {(True, True), (False, False)}


def test_what_the_rules_do_not_weigh_is_learned_as_well() -> None:
    result, unseen = learned(1, dislikes_dark, 120)
    assert result.model is not None
    assert gained(result.model, unseen) > 0.01
    assert "seen:dark" in [term.name for term in result.model.largest(2)]


@pytest.mark.parametrize("taste", [likes_grain, dislikes_dark])
def test_few_decisions_say_how_many_and_teach_nothing(taste: Taste) -> None:
    rng = np.random.default_rng(0)
    result = train(decided(rng, looks(rng, 3), taste))
    assert result.model is None
    assert result.why.startswith("12 decisions, ")
    assert "not enough yet" in result.why
    one_sided = [replace(row, approved=True) for row in decided(rng, looks(rng, 40), taste)]
    assert "not enough yet" in train(one_sided).why
    one_shot = [replace(row, group=1) for row in decided(rng, looks(rng, 40), taste)]
    assert "on 1 shot: not enough yet" in train(one_shot).why


def test_siblings_are_never_split_between_learning_and_judging() -> None:
    """Each shot has a mark of its own that tells the verdict on all four: only a leak could use it."""
    rng = np.random.default_rng(0)
    rows = []
    for shot in range(40):
        said = bool(rng.random() < 0.5)
        parts = {"clarity": Part(float(rng.random()), 1.0)}
        clip = Look("suspect", parts, {f"mark{shot}": "info"})
        rows += [Decided(clip, shot, said) for _ in range(4)]
    result = train(rows)
    assert result.figures is not None
    assert result.figures.loss > 0.6
    assert not result.shown


def test_it_is_judged_by_the_clips_that_were_drawn_at_random_where_there_are_enough() -> None:
    rng = np.random.default_rng(2)
    rows = decided(rng, looks(rng, 60), likes_grain)
    few = train([replace(row, audit=at < 20) for at, row in enumerate(rows)]).figures
    many = train([replace(row, audit=at < 80) for at, row in enumerate(rows)]).figures
    assert few is not None
    assert many is not None
    assert (few.judged, few.audits_only) == (240, False)
    assert (many.judged, many.audits_only) == (80, True)


def test_a_reject_stays_behind_every_pass_however_much_they_like_it() -> None:
    rng = np.random.default_rng(3)
    rows = [
        replace(row, approved="frozen" in row.look.findings)
        for row in decided(rng, looks(rng, 120), likes_grain)
    ]
    model = train(rows).model
    assert model is not None
    clips = [one.look for one in looks(rng, 10, 8)]
    siblings = [Sibling(at, at, clip, score(clip), 1.0, model.score(clip)) for at, clip in enumerate(clips)]
    liked = max(siblings, key=lambda one: one.learned or 0)
    assert liked.look.verdict == "reject"
    tiers = [clips[key].tier for key in order(siblings).keys]
    assert tiers == sorted(tiers)


def test_it_says_what_lowers_a_clip() -> None:
    result, _ = learned(0, likes_grain, 120)
    assert result.model is not None
    parts = {"clarity": Part(0.8, 0.15), "clean": Part(0.8, 0.08)}
    jumping = Look("suspect", parts, {"colour_jump": "suspect"})
    worst = result.model.why(jumping)[0]
    assert (worst.name, worst.high) == ("seen:colour_jump", True)
    assert worst.value < -0.5
    grainless = [term.name for term in result.model.why(Look("pass", parts)) if not term.high]
    assert "seen:noisy" in grainless


def test_a_clip_of_which_nothing_was_measured_has_no_learned_score() -> None:
    result, _ = learned(0, likes_grain, 60)
    assert result.model is not None
    assert result.model.score(Look("reject")) is None
    assert train([Decided(Look("pass"), 1, True)] * FEWEST).model is None


def test_a_model_is_the_same_after_it_was_stored() -> None:
    result, unseen = learned(0, likes_grain, 60)
    assert result.model is not None
    again = Model.from_numbers(result.model.numbers())
    assert [again.score(one.look) for one in unseen] == [result.model.score(one.look) for one in unseen]


# --- the fit ---


def test_without_evidence_the_fit_is_the_rules_themselves() -> None:
    x, base = np.zeros((0, 3)), np.zeros(0)
    found = fit(x, base, base, 10.0)
    assert [found.slope, found.intercept] == pytest.approx([1, 0])
    assert list(found.weights) == [0, 0, 0]


def test_a_fault_never_speaks_for_a_clip_whose_people_reject_what_the_rules_put_first() -> None:
    def look(match: float, *findings: str) -> Look:
        parts = {"clarity": Part(1.0, 0.8), "match": Part(match, 0.2)}
        return Look("reject" if findings else "pass", parts, dict.fromkeys(findings, "reject"), "colours-1")

    # They approve what does not follow the prompt; the rules score it lower.
    told = [Decided(look(float(shot % 2)), shot, approved=shot % 2 == 0) for shot in range(44)]
    result = train(told)
    assert result.shown
    assert result.model is not None
    assert result.model.slope >= 0
    flickers, clean = result.model.score(look(1.0, "flicker")), result.model.score(look(1.0))
    assert flickers is not None
    assert clean is not None
    assert flickers <= clean < 0.3


def test_a_feature_that_hardly_varies_or_separates_perfectly_does_not_run_away() -> None:
    base = np.linspace(-6, 6, 200)
    yes = (base > 0).astype(float)
    x = np.column_stack([yes, np.full(200, 0.5) + 1e-4 * yes, np.where(yes > 0, np.nan, 1.0)])
    found = fit(x, base, yes, 10.0)
    assert np.isfinite(found.weights).all()
    assert abs(found.weights[1]) < 0.01
    assert log_loss(yes, found.predict(x, base)).mean() < log_loss(yes, np.full(200, 0.5)).mean() / 5


def test_the_area_under_the_curve_counts_ties_half_and_is_unknown_without_both_kinds() -> None:
    assert auc(np.array([1.0, 0, 1, 0]), np.array([0.9, 0.1, 0.5, 0.5])) == pytest.approx(0.875)
    assert auc(np.array([1.0, 1]), np.array([0.9, 0.1])) is None
