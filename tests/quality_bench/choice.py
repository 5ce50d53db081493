"""Choosing the good clip among its siblings, and telling good from bad, beside the published formulas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from reviewapp import ranking
from tests.quality_bench.look import Looked

Rule = Callable[[Looked], float]
GROUPS, SIBLINGS = 600, 3
NOTHING = -1e9


def _measure(name: str, sign: float = 1.0) -> Rule:
    """A rule that trusts one measure alone; who has none of it stands last."""

    def rule(looked: Looked) -> float:
        value = looked.checked.measures.get(name) if looked.checked else None
        return NOTHING if value is None else sign * value

    return rule


def _both(looked: Looked) -> float:
    return _measure("vb_smoothness")(looked) + _measure("vb_flicker")(looked)


def seen(looked: Looked) -> ranking.Look:
    """What the app's ranking reads of a clip; of a refused file there is nothing to read."""
    checked = looked.checked
    if checked is None:
        return ranking.Look("reject")
    parts = [asdict(part) for part in checked.parts]
    findings = [asdict(finding) for finding in checked.findings]
    return ranking.read(checked.verdict, parts, findings, checked.model_mark)


def _score(looked: Looked) -> float:
    score = ranking.score(seen(looked))
    return NOTHING if score is None else score


def _verdict_and_score(looked: Looked) -> float:
    return _score(looked) - 10 * seen(looked).tier


def _parts_alone(looked: Looked) -> float:
    look = seen(looked)
    score = ranking.score(ranking.Look(look.verdict, look.parts, {}, look.model_mark))
    return NOTHING if score is None else score


# The app's own judgement, which `ranking.order` turns into an order, and what stands beside it.
OWN: dict[str, Rule] = {"verdict, then score": _verdict_and_score, "score (parts and findings)": _score}
BESIDE: dict[str, Rule] = {
    "parts alone, no findings": _parts_alone,
    "VBench motion smoothness": _measure("vb_smoothness"),
    "VBench temporal flickering": _measure("vb_flicker"),
    "mean of the two": _both,
    "VBench dynamic degree": _measure("vb_dynamic"),
    "sharpest": _measure("edge_px", -1),
    "most motion": _measure("motion_pct_s"),
}


@dataclass(frozen=True)
class Choice:
    """How often a way of choosing puts the good clip first, over so many groups."""

    rule: str
    right: float
    groups: int


def groups_of(looked: Sequence[Looked], *, of_one_scene: bool, seed: int = 0) -> list[list[Looked]]:
    """Groups of one good clip and three with a defect, in an order by chance, the good one anywhere.

    Clips with a face compete among themselves, as do those of one seed; `of_one_scene`: with the same scene
    only, as siblings of one shot.
    """
    random = np.random.default_rng(seed)
    rivals: dict[tuple[Any, ...], tuple[list[Looked], list[Looked]]] = {}
    for one in looked:
        key: tuple[Any, ...] = (one.clip.seed, one.clip.ordered.person_wanted)
        good, bad = rivals.setdefault((*key, one.clip.scene) if of_one_scene else key, ([], []))
        (good if one.clip.truth is None else bad).append(one)
    able = [(good, bad) for good, bad in rivals.values() if good and len(bad) >= SIBLINGS]
    weights = np.array([len(good) for good, _ in able], float)
    groups = []
    for _ in range(GROUPS if able else 0):
        good, bad = able[int(random.choice(len(able), p=weights / weights.sum()))]
        chosen = [good[int(random.integers(len(good)))]]
        chosen += [bad[int(place)] for place in random.choice(len(bad), SIBLINGS, replace=False)]
        groups.append([chosen[int(place)] for place in random.permutation(len(chosen))])
    return groups


def choices(groups: Sequence[Sequence[Looked]]) -> list[Choice]:
    """The app's own order first, then every other rule alone, then chance."""
    if not groups:
        return []
    first = [_first_of_the_app(group) for group in groups]
    rows = [Choice("the app's order", _share(first), len(groups))]
    for name, rule in BESIDE.items():
        # Of equals the first stands first, which is chance: the groups are shuffled.
        hits = [max(group, key=rule).clip.truth is None for group in groups]
        rows.append(Choice(name, _share(hits), len(groups)))
    return [*rows, Choice("chance", 1 / (SIBLINGS + 1), len(groups))]


def _first_of_the_app(group: Sequence[Looked]) -> bool:
    siblings = [
        ranking.Sibling(place, place, look, ranking.score(look), ranking.coverage(look))
        for place, look in enumerate(map(seen, group))
    ]
    return group[ranking.order(siblings).keys[0]].clip.truth is None


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits)


def areas(looked: Sequence[Looked]) -> dict[str, float]:
    """For each rule the chance that a good clip stands above a defective one; 0.5 says nothing."""
    good = [one for one in looked if one.clip.truth is None]
    bad = [one for one in looked if one.clip.truth is not None]
    if not good or not bad:
        return {}
    found = {}
    for name, rule in {**OWN, **BESIDE}.items():
        high, low = (np.array([rule(one) for one in side]) for side in (good, bad))
        gaps = high[:, None] - low[None, :]
        found[name] = float((np.sum(gaps > 0) + 0.5 * np.sum(gaps == 0)) / gaps.size)
    return found
