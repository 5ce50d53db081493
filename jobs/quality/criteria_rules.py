"""What a single demand of an acceptance criterion asks of the measures: each rule gives its answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jobs.quality.report import CriterionState, Finding, PromptPart, VideoFacts

# As lengths are compared with the order.
LENGTH_LEAST_S, LENGTH_SHARE = 0.35, 0.08
_AT_LIMIT_S, _SHAPE_SHARE, _FPS = 0.05, 0.02, 0.5
_STILL_LEVELS, _ALWAYS, _ITSELF = 3.0, 0.98, 0.6
_SHAPES: Final = {"vertical": (9, 16), "square": (1, 1), "horizontal": (16, 9)}


@dataclass(frozen=True)
class Answer:
    """What can be said of one demand; `start_s` is where to look."""

    state: CriterionState
    why: str = ""
    start_s: float | None = None


@dataclass(frozen=True)
class Evidence:
    """Everything that was measured of a clip."""

    facts: VideoFacts
    findings: Sequence[Finding]
    measures: Mapping[str, float | None]
    prompt_parts: Sequence[PromptPart]
    unmeasured: Mapping[str, str]

    def first(self, *kinds: str) -> Finding | None:
        """The first finding of these kinds."""
        of_kind = [finding for finding in self.findings if finding.kind in kinds]
        return min(of_kind, key=lambda finding: finding.start_s, default=None)

    def missing(self, key: str) -> Answer:
        """The answer for a measure that was not taken."""
        why = self.unmeasured.get(key, "").rstrip(".")
        return Answer("unmeasured", why[:1].lower() + why[1:])


Rule = Callable[[re.Match[str], Evidence], Answer]


def _told(holds: bool, why: str, start_s: float | None = None) -> Answer:
    return Answer("met" if holds else "unmet", why, None if holds else start_s)


def length(match: re.Match[str], evidence: Evidence) -> Answer:
    """At least, at most, or about as long; with `within` as exactly as that."""
    asked, is_s = float(match["length"]), evidence.facts.duration_s
    why = f"lasts {is_s:.1f} s"
    if match["within"]:
        return _told(abs(is_s - asked) <= float(match["within"]) + _AT_LIMIT_S, why)
    if match["most"]:
        return _told(is_s <= asked + _AT_LIMIT_S, why)
    if match["least"]:
        return _told(is_s >= asked - _AT_LIMIT_S, why)
    return _told(abs(is_s - asked) <= max(LENGTH_LEAST_S, LENGTH_SHARE * asked), why)


def length_between(match: re.Match[str], evidence: Evidence) -> Answer:
    least, most, is_s = float(match["from"]), float(match["to"]), evidence.facts.duration_s
    return _told(least - _AT_LIMIT_S <= is_s <= most + _AT_LIMIT_S, f"lasts {is_s:.1f} s")


def shape(match: re.Match[str], evidence: Evidence) -> Answer:
    facts = evidence.facts
    why = f"{facts.width}x{facts.height}"
    word = match["shape"]
    if word in {"vertical", "portrait", "upright"}:
        return _told(facts.height > facts.width, why)
    if word in {"horizontal", "landscape", "widescreen"}:
        return _told(facts.width > facts.height, why)
    across, down = (1, 1) if word == "square" else (int(match["across"]), int(match["down"]))
    asked = across / down
    return _told(abs(facts.width / facts.height - asked) <= _SHAPE_SHARE * asked, why)


def lines(match: re.Match[str], evidence: Evidence) -> Answer:
    asked = {"full hd": 1080, "hd": 720, "4k": 2160, "uhd": 2160}.get(match["size"]) or int(match["lines"])
    facts = evidence.facts
    return _told(min(facts.width, facts.height) >= asked, f"{facts.width}x{facts.height}")


def pixels(match: re.Match[str], evidence: Evidence) -> Answer:
    facts = evidence.facts
    asked = int(match["width"]), int(match["height"])
    return _told((facts.width, facts.height) == asked, f"{facts.width}x{facts.height}")


def rate(match: re.Match[str], evidence: Evidence) -> Answer:
    fps = evidence.facts.fps
    return _told(abs(fps - float(match["fps"])) <= _FPS, f"{fps:.4g} frames a second")


def frames(match: re.Match[str], evidence: Evidence) -> Answer:
    return _told(evidence.facts.frames == int(match["frames"]), f"has {evidence.facts.frames} frames")


def nothing_moves(_match: re.Match[str], evidence: Evidence) -> Answer:
    change = evidence.measures.get("change_over_clip")
    if change is None:
        return evidence.missing("change_over_clip")
    rests = change < _STILL_LEVELS
    what = "nothing moves" if rests else "something moves"
    return _told(rests, f"{what}: the picture changes by up to {change:.0f} of 255 levels")


def something_moves(match: re.Match[str], evidence: Evidence) -> Answer:
    return _opposite(nothing_moves(match, evidence))


def _opposite(answer: Answer) -> Answer:
    states: dict[CriterionState, CriterionState] = {"met": "unmet", "unmet": "met"}
    return Answer(states.get(answer.state, answer.state), answer.why)


def without(key: str, kinds: Iterable[str], said: str, good: Callable[[float], bool]) -> Rule:
    """No finding of these kinds, and the measure behind them taken and good. `said` names the good figure."""

    def rule(_match: re.Match[str], evidence: Evidence) -> Answer:
        finding = evidence.first(*kinds)
        if finding is not None:
            return Answer("unmet", finding.sentence, finding.start_s)
        value = evidence.measures.get(key)
        if value is None:
            return evidence.missing(key)
        figure = said.format(value=value, percent=value * 100)
        return Answer("met", figure) if good(value) else Answer("person", figure)

    return rule


def at_most(limit: float) -> Callable[[float], bool]:
    return lambda value: value <= limit


def only_findings(*kinds: str) -> Rule:
    """Unmet when there is such a finding; that there is none proves too little to say met."""

    def rule(_match: re.Match[str], evidence: Evidence) -> Answer:
        finding = evidence.first(*kinds)
        if finding is None:
            return Answer("person")
        return Answer("unmet", finding.sentence, finding.start_s)

    return rule


def face_is_there(_match: re.Match[str], evidence: Evidence) -> Answer:
    faces = evidence.measures.get("face_tracks")
    if faces is None:
        return evidence.missing("face_tracks")
    if faces >= 1:
        return Answer("met", "a face is seen")
    return Answer("unmet", "no face from the front is seen")


def person_is_there(match: re.Match[str], evidence: Evidence) -> Answer:
    answer = face_is_there(match, evidence)
    # Somebody seen from behind is a person as well.
    return Answer("person", answer.why) if answer.state == "unmet" else answer


def certain_person(match: re.Match[str], evidence: Evidence) -> Answer:
    """A woman, a child, two people: whether somebody is there is told, who it is only people can say."""
    return Answer("person", face_is_there(match, evidence).why)


def one_person(match: re.Match[str], evidence: Evidence) -> Answer:
    answer = one_face(match, evidence)
    # A second one may turn away.
    return answer if evidence.first("extra_face") else Answer("person", answer.why)


def one_face(_match: re.Match[str], evidence: Evidence) -> Answer:
    second = evidence.first("extra_face")
    if second is not None:
        return Answer("unmet", second.sentence, second.start_s)
    faces = evidence.measures.get("face_tracks")
    if faces is None:
        return evidence.missing("face_tracks")
    if faces == 0:
        return Answer("unmet", "no face from the front is seen")
    return (
        Answer("met", "one face is seen")
        if faces == 1
        else Answer("person", f"{faces:.0f} faces were followed")
    )


def face_stays(_match: re.Match[str], evidence: Evidence) -> Answer:
    lost = evidence.first("face_lost")
    if lost is not None:
        return Answer("unmet", lost.sentence, lost.start_s)
    present = evidence.measures.get("face_present")
    if present is None:
        return evidence.missing("face_present")
    why = f"the face is there for {present * 100:.0f} % of the time"
    return Answer("met" if present >= _ALWAYS else "person", why)


def face_is_itself(_match: re.Match[str], evidence: Evidence) -> Answer:
    changed = evidence.first("face_changes")
    if changed is not None:
        return Answer("unmet", changed.sentence, changed.start_s)
    likeness = evidence.measures.get("face_min_likeness")
    if likeness is None:
        return evidence.missing("face_min_likeness")
    why = f"the face is {likeness:.2f} like its beginning or more"
    return Answer("met" if likeness >= _ITSELF else "person", why)


def nobody(match: re.Match[str], evidence: Evidence) -> Answer:
    answer = face_is_there(match, evidence)
    # People seen from behind, or small, have no face that is found: nobody is never proved.
    states: dict[CriterionState, CriterionState] = {"met": "unmet", "unmet": "person"}
    return Answer(states.get(answer.state, answer.state), answer.why)


def silent(_match: re.Match[str], evidence: Evidence) -> Answer:
    if not evidence.facts.has_audio:
        return Answer("met", "there is no sound")
    share = evidence.measures.get("sound_silent_share")
    if share is None:
        return evidence.missing("sound_silent_share")
    return _told(
        share >= 1, "nothing is heard" if share >= 1 else f"sound is heard in {(1 - share) * 100:.0f} % of it"
    )


def heard(match: re.Match[str], evidence: Evidence) -> Answer:
    return _opposite(silent(match, evidence))


def without_a_sort_of_sound(match: re.Match[str], evidence: Evidence) -> Answer:
    """No music, no voices: silence has none, and of sound only people can say what it is."""
    answer = silent(match, evidence)
    return answer if answer.state == "met" else Answer("person", answer.why)


no_cut = without("cuts", ("hard_cut", "slideshow"), "no cut is found", at_most(0))
no_flicker = without(
    "flicker_pct", ("flicker", "photosensitive"), "brightness varies by {value:.1f} %", at_most(1.2)
)
no_flash = without("flashes_per_s", ("flash", "photosensitive"), "no flash is found", at_most(0))
never_black = without("black_share", ("black",), "{percent:.0f} % of the frames are black", at_most(0))
never_frozen = without(
    "frozen_share", ("frozen", "part_frozen", "still"), "{percent:.0f} % of it is frozen", at_most(0)
)
sharp = without("edge_px", ("soft", "goes_soft"), "edges are {value:.1f} pixels wide", at_most(5))
steady = without("jitter_pct", ("jitter", "camera_jump"), "jitter of {value:.2f} % a frame", at_most(0.35))
no_grain = without("noise_sigma", ("noisy", "speckled"), "noise of {value:.1f} levels", at_most(6))
no_fade = only_findings("fade")
camera_rests = only_findings("jitter", "camera_jump", "hard_cut")
no_artefact = only_findings("blocky", "corruption", "glitch", "broken_lines", "breaks_up")
no_melting = only_findings("wobble", "face_changes", "breaks_up")
