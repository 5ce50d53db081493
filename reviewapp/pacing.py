"""When a running job is asked about next: as seldom as can be without noticing its end any later.

A fixed loop of 5 s asks a job of two minutes 24 times and notices its end 2.5 s late on average. Most of
those polls are wasted: nothing ends in the first minute. What is known of a model are the durations of its
last jobs. With their density f, their survivors S and a gap of g seconds between polls at time t, a job costs
the sum of S/g polls and waits for the sum of f·g/2. The fewest polls for a given mean wait come from gaps in
proportion to 1/sqrt(f/S): none before the earliest plausible end, dense where jobs end, growing in the tail.
The factor is chosen so that the mean wait is `MEAN_WAIT_S`, as in the fixed loop.

That sum also says what cannot be had: polls times wait is at least half the square of the sum of sqrt(S·f).
Durations that spread by a sixth of their mean or less need a third of the fixed loop's polls; an exponential
distribution, in which the time so far says nothing about the rest, needs as many as the fixed loop.

Nothing learned is certain. The plan also counts with a wide guess around the median (a log-logistic one,
whose tail is as long as outages are) with a weight of 1 in n + 2: that costs about one early poll, and it is
what finds jobs that suddenly take half or twice as long. The newest durations weigh most, so that after a
shift the plan follows within one or two of the new durations. Once asked, a job is asked again before it has
taken half as long again, and in any case within five minutes. A model with fewer than `LEARNED` durations is
asked at gaps of a quarter of the time so far, whatever the catalogue believes.

A vendor's least gap is a floor. Where it is 5 s, polls cannot be placed denser than the fixed loop places
them, and what is saved is what lies before the first plausible end.

Pure arithmetic: no clock, no database.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from math import ceil, sqrt
from typing import Final

# Of a model that neither was used here nor has a usual time in the catalogue.
UNKNOWN_SECONDS: Final = 60.0
LONGEST_GAP_S: Final = 300.0
# What the fixed loop of 5 s reaches. With a vendor's least gap it is a little more than half of that gap.
MEAN_WAIT_S: Final = 2.5
_LEAST_WAIT: Final = 0.55
# Between two polls of a learned model at least this long is allowed, however short the job has run.
EASY_GAP_S: Final = 5.0
# So many durations are kept, and from so many on they are believed.
KEPT: Final = 50
LEARNED: Final = 5
# Each duration weighs this much of the next newer one, and is spread over a sixth of all on either side.
_FADES: Final = 0.96
_NEAR: Final = 6
_STEPS: Final = 600
_HALVINGS: Final = 9
# A progress bar moves the plan by these factors at most: bars are drawn to soothe, and linger at the end.
_BAR_LATER, _BAR_SOONER, _BAR_LINGERS = 2.0, 0.5, 0.05


@dataclass(frozen=True)
class Plan:
    """The moments, in seconds since the accepted call, at which a job of one model is asked about."""

    moments: tuple[float, ...]
    least_s: float

    def delay(self, elapsed: float, progress: float | None = None) -> float:
        """Seconds until the next poll, never below the vendor's least gap and never above the longest one."""
        at = bisect_right(self.moments, elapsed)
        wait = self.moments[at] - elapsed if at < len(self.moments) else elapsed / 8
        if progress is not None and 0.02 < progress < 1 and elapsed > 0:
            wait = _with_bar(wait, elapsed, progress)
        return max(self.least_s, min(LONGEST_GAP_S, wait))


def _with_bar(wait: float, elapsed: float, progress: float) -> float:
    """The plan's wait, moved towards the end that the vendor's own progress bar foresees."""
    rest = max(elapsed * (1 - progress) / progress, elapsed * _BAR_LINGERS)
    if rest < wait:
        return max(rest, wait * _BAR_SOONER)
    return max(wait, min(rest / 2, wait * _BAR_LATER))


def plan_for(durations: Sequence[float], usual_s: float | None, least_s: float) -> Plan:
    """The plan for a model with these real durations (newest last); `usual_s` is the catalogue's word for it,
    `least_s` the vendor's least gap between two polls of one job.
    """
    return _planned(tuple(durations[-KEPT:]), usual_s or UNKNOWN_SECONDS, max(least_s, 0.0))


@lru_cache(maxsize=512)
def _planned(durations: tuple[float, ...], usual_s: float, least_s: float) -> Plan:
    learned = durations if len(durations) >= LEARNED else ()
    middle = max(0.5, sorted(learned)[len(learned) // 2] if learned else usual_s)
    ends = max(4 * middle, 1.3 * max(learned, default=0.0))
    return Plan(_moments(_Odds(learned, middle, ends / _STEPS), least_s), least_s)


class _Odds:
    """The chances that a job of one model has ended by each step, as learned and with the wide guess."""

    def __init__(self, durations: Sequence[float], middle: float, step: float) -> None:
        self.step, self.is_learned = step, bool(durations)
        guess = [1 / (1 + (middle / (at * step)) ** 2) if at else 0.0 for at in range(_STEPS + 1)]
        # The promise about waits is made for what was learned; the guess only says where else to look.
        self._ended = _smeared(durations, step) if durations else guess
        self._area = [0.0, *accumulate(self._ended)]
        doubt = 1 / (len(durations) + 2)
        left = [
            1 - (1 - doubt) * known - doubt * wide for known, wide in zip(self._ended, guess, strict=True)
        ]
        hazards = ((was - now) / was / step for was, now in pairwise(left))
        # How many polls are wanted up to each step, but for a factor.
        self.wanted = [0.0, *accumulate(sqrt(hazard) for hazard in hazards)]

    def mean_wait(self, moments: Sequence[float]) -> float:
        """Seconds from the end of a job to the poll that finds it, on average."""
        waited, last = 0.0, 0
        for moment in moments:
            at = min(_STEPS, round(moment / self.step))
            before, here = self._ended[last], self._ended[at]
            waited += self._area[at + 1] - self._area[last + 1] - before * (at - last) - (here - before) / 2
            last = at
        return waited * self.step / max(self._ended[last], 1e-9)


def _smeared(durations: Sequence[float], step: float) -> list[float]:
    """The share of durations up to each step, the newest weighing most, each spread over the way to its near
    neighbours: 50 durations are too few to believe each gap between them.
    """
    fades = [_FADES**age for age in reversed(range(len(durations)))]
    ordered = sorted(zip(durations, fades, strict=True))
    near = max(1, round(len(ordered) / _NEAR))
    slopes = [0.0] * (_STEPS + 2)
    for place, (seconds, weight) in enumerate(ordered):
        lower, upper = max(0, place - near), min(len(ordered) - 1, place + near)
        # At the rim there are neighbours on one side alone.
        sides = 1 if place in (0, len(ordered) - 1) else 2
        reach = max((ordered[upper][0] - ordered[lower][0]) / sides, 2 * step, 0.5) / 2
        first = min(max(0, round((seconds - reach) / step)), _STEPS - 1)
        last = min(max(first + 1, round((seconds + reach) / step)), _STEPS)
        share = weight / sum(fades) / (last - first)
        slopes[first + 1] += share
        slopes[last + 1] -= share
    return list(accumulate(accumulate(slopes[: _STEPS + 1])))


def _moments(odds: _Odds, least_s: float) -> tuple[float, ...]:
    """The plan with the widest gaps that keeps the promised mean wait, or the densest one there is."""
    promised = max(MEAN_WAIT_S, _LEAST_WAIT * least_s)
    dense, wide = 0.0, odds.wanted[-1]
    for _ in range(_HALVINGS):
        share = (dense + wide) / 2
        if odds.mean_wait(_spaced(odds, share, least_s)) <= promised:
            dense = share
        else:
            wide = share
    return tuple(_spaced(odds, dense or wide, least_s))


def _spaced(odds: _Odds, share: float, least_s: float) -> list[float]:
    """Moments with an equal share of the wanted polls between each two, within the bounds."""
    moments: list[float] = []
    at = 0
    while True:
        longest = _longest(at * odds.step, odds.is_learned, bool(moments))
        wished = min(bisect_left(odds.wanted, odds.wanted[at] + share), at + int(longest / odds.step))
        at = max(wished, at + max(1, ceil(least_s / odds.step)))
        if at > _STEPS:
            return moments
        moments.append(at * odds.step)


def _longest(elapsed: float, learned: bool, asked: bool) -> float:
    if not learned:
        return max(1.0, elapsed / 4)
    return min(LONGEST_GAP_S, max(EASY_GAP_S, elapsed / 2)) if asked else LONGEST_GAP_S
