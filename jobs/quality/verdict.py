"""What the events mean for this shot: one reason for one cause, as grave as the shot's own words make it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from jobs.quality.phrases import asked, words_of
from jobs.quality.report import Event, Finding, Ordered, Severity
from jobs.quality.sentences import sentence

FACES: Final = frozenset({"face_lost", "face_changes", "extra_face"})
_AT_REST: Final = frozenset({"still", "frozen", "part_frozen"})
_NO_PICTURE: Final = frozenset({"black", "blank", "fade"})
_AT_A_CHANGE: Final = frozenset(
    {
        "frozen",
        "part_frozen",
        "hard_cut",
        "jump",
        "camera_jump",
        "flash",
        "colour_jump",
        "light_jump",
        "ghosting",
    }
)
# A cause and the kinds that only show it once more, within so many seconds of it.
_OF_LIGHT: Final = frozenset(
    {
        "flash",
        "pumping",
        "glitch",
        "runs_back",
        "broken_lines",
        "colour_jump",
        "light_jump",
        "jitter",
        "wobble",
    }
)
_OF_A_FACE: Final = frozenset({"jump", "colour_jump", "light_jump", "breaks_up", "glitch", "goes_soft"})
_OF_A_LOST_PART: Final = _AT_A_CHANGE | {"light_jump", "glitch", "corruption", "breaks_up", "broken_lines"}
_SWALLOWS: Final = (
    ("part_lost", _OF_A_LOST_PART, 0.1),
    ("still", frozenset({"frozen", "part_frozen", "low_frame_rate", "uneven_cadence"}), 1e9),
    ("slideshow", _AT_A_CHANGE | {"goes_soft", "speckled"}, 1e9),
    (
        "frozen",
        frozenset({"part_frozen", "uneven_cadence", "jump", "camera_jump", "glitch", "broken_lines"}),
        0.1,
    ),
    ("flicker", _OF_LIGHT | {"part_frozen", "hue_drift"}, 0.3),
    ("photosensitive", _OF_LIGHT, 0.5),
    ("flash", frozenset({"pumping", "broken_lines", "colour_jump", "light_jump"}), 0.3),
    ("jitter", frozenset({"wobble", "camera_jump", "breaks_up", "glitch", "ghosting"}), 1e9),
    ("part_frozen", frozenset({"jump", "glitch"}), 0.1),
    ("uneven_cadence", frozenset({"camera_jump", "part_frozen", "glitch"}), 0.3),
    ("noisy", frozenset({"speckled"}), 1e9),
    ("blocky", frozenset({"speckled"}), 1e9),
    ("wobble", frozenset({"breaks_up", "glitch", "ghosting", "part_frozen"}), 0.3),
    ("bars", frozenset({"ghosting", "goes_soft", "jump", "camera_jump"}), 0.3),
    (
        "corruption",
        frozenset({"breaks_up", "glitch", "jump", "goes_soft", "ghosting", "part_frozen", "hue_drift"}),
        0.3,
    ),
    ("ghosting", frozenset({"breaks_up", "glitch", "jump", "camera_jump", "goes_soft", "soft"}), 0.3),
    ("goes_soft", frozenset({"soft"}), 1e9),
    ("face_lost", _OF_A_FACE, 0.3),
    ("face_changes", _OF_A_FACE, 0.3),
    ("extra_face", _OF_A_FACE, 0.3),
)
# What a shot's own words ask for is no fault of it.
_ASKED_FOR: Final = (
    (
        frozenset({"hue_drift"}),
        words_of(
            r"sun ?(?:sets?|rises?|sinks)|sun(?:set|rise)s?|sun (?:goes down|comes up)|dusk|dawn|twilight"
            r"|time[- ]?lapse|(?:colou?rs?|hues?|lights?|sky|leaves) (?:slowly |gradually )?"
            r"(?:change|shift|cycle|turn|fade)s?|(?:changing|shifting|turning) (?:colou?r|hue|light)s?"
        ),
    ),
    (
        frozenset({"flash"}),
        words_of(
            r"lightning|thunderstorms?|strob(?:es?|ing|oscope)|fireworks?|explo(?:des?|ding|sions?)"
            r"|flash(?:es|ing|bulbs?)?|paparazzi|muzzle"
        ),
    ),
    (
        frozenset({"goes_soft"}),
        words_of(
            r"rack(?:s|ing)? focus|focus (?:pull|rack|shift|change)s?|(?:out of|loses|into) focus|blurs"
            r"|(?:pull|shift|chang)(?:e|es|s|ing)? (?:the )?focus|defocus(?:es|ed|ing)?"
        ),
    ),
)
# Brightness that swings this much (%) flashes; with less it flickers, however often.
_FLASHING_PCT: Final = 20.0


def findings(events: Iterable[Event], ordered: Ordered) -> tuple[Finding, ...]:
    """The findings in the order of time."""
    meant = [event for seen in events for event in _for_this_shot(seen, ordered)]
    told = [_finding(event) for event in _one_reason_each(meant)]
    return tuple(sorted(told, key=lambda finding: (finding.start_s, finding.kind)))


def verdict_of(found: Iterable[Finding]) -> str:
    """`pass`, `suspect` or `reject`, as the gravest finding says."""
    severities = {finding.severity for finding in found}
    return next((severity for severity in ("reject", "suspect") if severity in severities), "pass")


def _for_this_shot(event: Event, ordered: Ordered) -> list[Event]:
    """An event as grave as it is for this shot; none when the shot asks for it."""
    if event.kind in _AT_REST:
        return [] if ordered.still_wanted else [event]
    if event.kind == "hard_cut":
        return [_as(event, "info") if ordered.cuts_wanted else event]
    if any(event.kind in kinds and asked(words, ordered.prompt) for kinds, words in _ASKED_FOR):
        return [_as(event, "info")]
    if event.kind == "no_face":
        return [event if ordered.face_wanted else _as(event, "info")] if ordered.person_wanted else []
    if event.kind in FACES:
        return [_as(event, _face_severity(event.severity, ordered.person_wanted))]
    return [event]


def _as(event: Event, severity: Severity) -> Event:
    return replace(event, severity=severity)


def _face_severity(severity: Severity, wanted: bool | None) -> Severity:
    if wanted is False:
        return "info"
    return "suspect" if wanted is None and severity == "reject" else severity


def _one_reason_each(events: Sequence[Event]) -> list[Event]:
    kept = [event for event in events if not _explained_by_the_picture(event, events)]
    kept = _flicker_or_flashes(kept)
    for cause, shown_again, reach_s in _SWALLOWS:
        causes = [event for event in kept if event.kind == cause]
        kept = [event for event in kept if not _shows_again(event, causes, shown_again, reach_s)]
    return kept


def _flicker_or_flashes(events: list[Event]) -> list[Event]:
    """Light that flickers is not told twice: by its flashes when they are strong, else by the flicker."""
    flicker = next((event for event in events if event.kind == "flicker"), None)
    flashes = next((event for event in events if event.kind == "photosensitive"), None)
    if flicker is None or flashes is None or not _touch(flicker, flashes, 0.5):
        return events
    less = flicker if (flicker.value or 0.0) > _FLASHING_PCT else flashes
    return [event for event in events if event is not less]


def _explained_by_the_picture(event: Event, events: Sequence[Event]) -> bool:
    """A face that is not seen in black or across a cut is no finding about the face."""
    if event.kind not in FACES:
        return False
    if any(other.kind == "hard_cut" and abs(other.start_s - event.start_s) < 0.35 for other in events):
        return True
    return any(other.kind in _NO_PICTURE and _touch(event, other, 0.3) for other in events)


def _touch(one: Event, other: Event, reach_s: float) -> bool:
    return one.start_s < other.end_s + reach_s and one.end_s > other.start_s - reach_s


def _shows_again(event: Event, causes: Sequence[Event], shown_again: frozenset[str], reach_s: float) -> bool:
    if event.kind not in shown_again:
        return False
    if event.start_s == event.end_s:
        return any(_explains(cause, event, reach_s) for cause in causes)
    return any(_touch(event, cause, reach_s) for cause in causes)


def _explains(cause: Event, moment: Event, reach_s: float) -> bool:
    """A face that goes and comes back explains what happens at both ends and not what happens in between."""
    if cause.kind in FACES:
        return any(abs(moment.start_s - end) < reach_s for end in (cause.start_s, cause.end_s))
    return _touch(moment, cause, reach_s)


def _finding(event: Event) -> Finding:
    return Finding(
        kind=event.kind,
        severity=event.severity,
        start_s=round(event.start_s, 2),
        end_s=round(event.end_s, 2),
        sentence=sentence(event),
        value=None if event.value is None else round(event.value, 3),
        place=event.place,
    )
