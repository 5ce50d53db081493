"""What a single demand of an acceptance criterion means in measures: pattern by pattern."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jobs.quality.report import CriterionState, Finding, PromptPart, VideoFacts

# As lengths are compared with the order.
LENGTH_LEAST_S, LENGTH_SHARE = 0.35, 0.08
_AT_LIMIT_S, _SHAPE_SHARE, _FPS = 0.05, 0.02, 0.5
_STILL_LEVELS, _SOFT_PX, _ALWAYS, _ITSELF = 3.0, 5.0, 0.98, 0.6
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
        return Answer("unmeasured", self.unmeasured.get(key, "").rstrip("."))


Rule = Callable[[re.Match[str], Evidence], Answer]


def _told(holds: bool, why: str, start_s: float | None = None) -> Answer:
    return Answer("met" if holds else "unmet", why, None if holds else start_s)


def _length(match: re.Match[str], evidence: Evidence) -> Answer:
    asked, is_s = float(match["length"]), evidence.facts.duration_s
    why = f"lasts {is_s:.1f} s"
    if match["most"]:
        return _told(is_s <= asked + _AT_LIMIT_S, why)
    if match["least"]:
        return _told(is_s >= asked - _AT_LIMIT_S, why)
    return _told(abs(is_s - asked) <= max(LENGTH_LEAST_S, LENGTH_SHARE * asked), why)


def _length_between(match: re.Match[str], evidence: Evidence) -> Answer:
    least, most, is_s = float(match["from"]), float(match["to"]), evidence.facts.duration_s
    return _told(least - _AT_LIMIT_S <= is_s <= most + _AT_LIMIT_S, f"lasts {is_s:.1f} s")


def _shape(match: re.Match[str], evidence: Evidence) -> Answer:
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


def _lines(match: re.Match[str], evidence: Evidence) -> Answer:
    asked = {"full hd": 1080, "hd": 720, "4k": 2160, "uhd": 2160}.get(match["size"]) or int(match["lines"])
    facts = evidence.facts
    return _told(min(facts.width, facts.height) >= asked, f"{facts.width}x{facts.height}")


def _pixels(match: re.Match[str], evidence: Evidence) -> Answer:
    facts = evidence.facts
    asked = int(match["width"]), int(match["height"])
    return _told((facts.width, facts.height) == asked, f"{facts.width}x{facts.height}")


def _rate(match: re.Match[str], evidence: Evidence) -> Answer:
    fps = evidence.facts.fps
    return _told(abs(fps - float(match["fps"])) <= _FPS, f"{fps:.4g} frames a second")


def _nothing_moves(_match: re.Match[str], evidence: Evidence) -> Answer:
    change = evidence.measures.get("change_over_clip")
    if change is None:
        return evidence.missing("change_over_clip")
    if change < _STILL_LEVELS:
        return Answer("met", "nothing moves")
    return Answer("unmet", f"the picture changes by up to {change:.0f} of 255 levels")


def _something_moves(_match: re.Match[str], evidence: Evidence) -> Answer:
    change = evidence.measures.get("change_over_clip")
    if change is None:
        return evidence.missing("change_over_clip")
    return _told(change >= _STILL_LEVELS, "something moves" if change >= _STILL_LEVELS else "nothing moves")


def _without(key: str, kinds: Iterable[str], said: str, good: Callable[[float], bool]) -> Rule:
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


def _at_most(limit: float) -> Callable[[float], bool]:
    return lambda value: value <= limit


def _only_findings(*kinds: str) -> Rule:
    """Unmet when there is such a finding; that there is none proves too little to say met."""

    def rule(_match: re.Match[str], evidence: Evidence) -> Answer:
        finding = evidence.first(*kinds)
        if finding is None:
            return Answer("person")
        return Answer("unmet", finding.sentence, finding.start_s)

    return rule


def _face_is_there(_match: re.Match[str], evidence: Evidence) -> Answer:
    faces = evidence.measures.get("face_tracks")
    if faces is None:
        return evidence.missing("face_tracks")
    if faces >= 1:
        return Answer("met", "a face is seen")
    return Answer("unmet", "no face from the front is seen")


def _person_is_there(match: re.Match[str], evidence: Evidence) -> Answer:
    answer = _face_is_there(match, evidence)
    # Somebody seen from behind is a person as well.
    return Answer("person", answer.why) if answer.state == "unmet" else answer


def _one_face(_match: re.Match[str], evidence: Evidence) -> Answer:
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


def _face_stays(_match: re.Match[str], evidence: Evidence) -> Answer:
    lost = evidence.first("face_lost")
    if lost is not None:
        return Answer("unmet", lost.sentence, lost.start_s)
    present = evidence.measures.get("face_present")
    if present is None:
        return evidence.missing("face_present")
    why = f"the face is there for {present * 100:.0f} % of the time"
    return Answer("met" if present >= _ALWAYS else "person", why)


def _face_is_itself(_match: re.Match[str], evidence: Evidence) -> Answer:
    changed = evidence.first("face_changes")
    if changed is not None:
        return Answer("unmet", changed.sentence, changed.start_s)
    likeness = evidence.measures.get("face_min_likeness")
    if likeness is None:
        return evidence.missing("face_min_likeness")
    why = f"the face is {likeness:.2f} like its beginning or more"
    return Answer("met" if likeness >= _ITSELF else "person", why)


def _nobody(_match: re.Match[str], evidence: Evidence) -> Answer:
    faces = evidence.measures.get("face_tracks")
    # People seen from behind, or small, have no face that is found: nobody is never proved.
    return Answer("unmet", "a face is seen") if faces else Answer("person")


def _silent(_match: re.Match[str], evidence: Evidence) -> Answer:
    if not evidence.facts.has_audio:
        return Answer("met", "there is no sound")
    share = evidence.measures.get("sound_silent_share")
    if share is None:
        return evidence.missing("sound_silent_share")
    return _told(
        share >= 1, "nothing is heard" if share >= 1 else f"sound is heard in {(1 - share) * 100:.0f} % of it"
    )


def _heard(match: re.Match[str], evidence: Evidence) -> Answer:
    answer = _silent(match, evidence)
    opposite: dict[CriterionState, CriterionState] = {"met": "unmet", "unmet": "met"}
    return Answer(opposite.get(answer.state, answer.state), answer.why)


_N = r"(?P<{}>\d+(?:\.\d+)?)"
_S = r" ?-?(?:s|secs?|seconds?)\b"
_LONG = r"(?: (?:long|in length|in total|of length|duration))?"
_NOT_A = r"(?:no|without|not a single|free of)(?: any| visible)? "
_FACE = r"(?:(?:a|one|the|her|his|their|this|clear) )*(?:human )?face"
_PERSON = r"(?:a|one|the|at least one) (?:person|human)"

_WRITTEN: Final[tuple[tuple[str, Rule], ...]] = (
    (
        rf"(?:duration|length|lasts?|runs?|takes?|a)?(?: of| is|:)? ?(?:about|around|exactly|roughly"
        rf"|approximately|~)? ?"
        rf"(?:(?P<least>at least|no shorter than|not shorter than|a minimum of|minimum|longer than"
        rf"|more than|min)"
        rf"|(?P<most>at most|no longer than|not longer than|a maximum of|maximum|shorter than|less than"
        rf"|under|up to|max))? ?"
        rf"{_N.format('length')}{_S}{_LONG}(?: clip| video| shot)?",
        _length,
    ),
    (
        rf"(?:duration|length|lasts?|between)?(?: of| is|:)? ?{_N.format('from')}(?:{_S})? ?(?:-|–"
        rf"|to) ?{_N.format('to')}{_S}{_LONG}",
        _length_between,
    ),
    (
        # A portrait and a landscape alone are pictures, and no shapes.
        r"(?:in )?(?:an? )?(?P<shape>vertical|upright|horizontal|widescreen|square"
        r"|(?:portrait|landscape)(?= (?:format|orientation|mode|aspect)))"
        r"(?: (?:format|orientation|mode|aspect(?: ratio)?|video|clip|picture|frame))?",
        _shape,
    ),
    (
        r"(?:in )?(?:aspect(?: ratio)?(?: of| is"
        r"|:)? ?)?(?P<shape>(?P<across>\d{1,2}):(?P<down>\d{1,2}))(?: format| aspect(?: ratio)?)?",
        _shape,
    ),
    (
        r"(?:in |at |at least |resolution(?: of|:)? ?)*(?P<size>full hd|hd|4k|uhd"
        r"|(?P<lines>\d{3,4})p)(?: resolution| or (?:more|better))?",
        _lines,
    ),
    (
        r"(?:in |at |resolution(?: of|:)? ?)*(?P<width>\d{3,4}) ?[x×] ?(?P<height>\d{3,4})(?: pixels| px)?",
        _pixels,
    ),
    (r"(?:at )?(?P<fps>\d{2,3}(?:\.\d+)?) ?(?:fps|frames (?:per|a) second)", _rate),
    (
        r"(?:a )?(?:still(?: picture| image| frame)?|motionless)|nothing moves|no (?:motion|movement)",
        _nothing_moves,
    ),
    (
        r"(?:something|the picture) moves|(?:there is )?(?:motion|movement)|not? (?:a )?still(?: picture"
        r"| image)?",
        _something_moves,
    ),
    (
        rf"{_NOT_A}(?:hard |jump )?(?:cuts?|edits?|scene changes?)|(?:a |one )?(?:single|continuous"
        rf"|unbroken|uninterrupted|one)"
        r"(?:,? continuous)? (?:take|shot)|uncut|one take",
        _without("cuts", ("hard_cut", "slideshow"), "no cut is found", _at_most(0)),
    ),
    (
        rf"{_NOT_A}(?:flicker(?:ing)?|brightness flicker)|(?:the )?light (?:is )?steady|steady light",
        _without(
            "flicker_pct", ("flicker", "photosensitive"), "brightness varies by {value:.1f} %", _at_most(1.2)
        ),
    ),
    (
        rf"{_NOT_A}(?:flash(?:es|ing)?|strob(?:e|es|ing))",
        _without("flashes_per_s", ("flash", "photosensitive"), "no flash is found", _at_most(0)),
    ),
    (
        rf"{_NOT_A}black (?:frames?|pictures?|screens?)|never black",
        _without("black_share", ("black",), "{percent:.0f} % of the frames are black", _at_most(0)),
    ),
    (
        rf"{_NOT_A}(?:freez(?:es?|ing)|frozen frames?|freeze frames?)|never freezes",
        _without(
            "frozen_share", ("frozen", "part_frozen", "still"), "{percent:.0f} % of it is frozen", _at_most(0)
        ),
    ),
    (
        rf"sharp|(?:the )?(?:picture |image |everything )?(?:is )?(?:in focus|crisp|sharp)|{_NOT_A}blur"
        rf"|not (?:blurry|blurred|soft)",
        _without("edge_px", ("soft", "goes_soft"), "edges are {value:.1f} pixels wide", _at_most(_SOFT_PX)),
    ),
    (
        rf"(?:a )?steady (?:camera|picture|shot)|(?:the )?camera (?:is |stays )?steady|steady"
        rf"|{_NOT_A}(?:camera )?(?:shak(?:e|es|ing)|jitter)",
        _without("jitter_pct", ("jitter", "camera_jump"), "jitter of {value:.2f} % a frame", _at_most(0.35)),
    ),
    (
        r"(?:the )?(?:camera (?:is |stays )?(?:static|fixed|locked(?:[- ]off)?|still)|(?:static|fixed"
        r"|locked[- ]off|still) camera)"
        r"|(?:the )?camera (?:does not|doesn't|never) moves?|tripod",
        _only_findings("jitter", "camera_jump", "hard_cut"),
    ),
    (
        rf"{_NOT_A}(?:visible )?(?:grain|noise)",
        _without("noise_sigma", ("noisy", "speckled"), "noise of {value:.1f} levels", _at_most(6)),
    ),
    (
        rf"{_NOT_A}(?:compression )?(?:artefacts?|artifacts?|blocks|blocking|glitch(?:es)?)",
        _only_findings("blocky", "corruption", "glitch", "broken_lines", "breaks_up"),
    ),
    (rf"{_NOT_A}(?:morphing|melting|warping|wobble)", _only_findings("wobble", "face_changes", "breaks_up")),
    (
        rf"(?:only one|exactly one|one|a single|just one) (?:human )?face(?: is)?(?: visible| seen)?"
        rf"|{_NOT_A}(?:second|extra|other) faces?",
        _one_face,
    ),
    (
        rf"{_FACE} (?:is )?(?:always|constantly|permanently) (?:visible|seen|in (?:the )?(?:frame"
        rf"|picture))|{_FACE} stays (?:visible|in (?:the )?(?:frame|picture))",
        _face_stays,
    ),
    (
        rf"{_FACE} (?:stays|remains|is) (?:the same|itself|consistent|recogni[sz]able|stable|steady)"
        rf"|(?:consistent|stable|same) face|face consistency",
        _face_is_itself,
    ),
    (
        rf"{_FACE}(?: is)?(?: clearly)?(?: visible| seen| shown| in (?:the )?(?:frame|picture))?",
        _face_is_there,
    ),
    (rf"{_PERSON}(?: is)?(?: clearly)?(?: visible| seen| in (?:the )?(?:frame|picture))?", _person_is_there),
    (
        r"no (?:people|persons?|humans?|faces?)(?: visible| in (?:the )?(?:frame|picture))?"
        r"|nobody(?: is (?:visible|seen))?",
        _nobody,
    ),
    (r"silent|silence|mute|no (?:sound|audio)|without (?:any )?(?:sound|audio)", _silent),
    (r"(?:has |with |there is )?(?:sound|audio)(?: is (?:audible|heard))?|not silent|audible sound", _heard),
)
RULES: Final = tuple((re.compile(pattern), rule) for pattern, rule in _WRITTEN)
