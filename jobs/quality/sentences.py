"""One plain sentence for each kind of event: exact, with its time, about what a person would see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from jobs.quality.report import Event

Say = Callable[[Event], str]


def sentence(event: Event) -> str:
    """What a reviewer reads. Raises KeyError for a kind that has no sentence."""
    return _SENTENCES[event.kind](event)


def kinds() -> frozenset[str]:
    """Every kind of event that can be told."""
    return frozenset(_SENTENCES)


def _span(event: Event) -> str:
    return f"from {event.start_s:.1f} s to {event.end_s:.1f} s"


def _at(event: Event) -> str:
    return f"at {event.start_s:.1f} s"


def _place(event: Event) -> str:
    if event.place is None:
        return ""
    right, down = event.place
    across = "left" if right < 0.34 else "right" if right > 0.66 else "centre"
    along = "top" if down < 0.34 else "bottom" if down > 0.66 else "middle"
    return f" ({across}, {along})"


def _lasting(words: str) -> Say:
    return lambda event: f"{words} {_span(event)}{_place(event)}"


def _once(words: str) -> Say:
    return lambda event: f"{words} {_at(event)}{_place(event)}"


def _always(words: str) -> Say:
    return lambda _event: words


def _valued(words: str) -> Say:
    """Words with `{value}`-style places for the event's own value."""
    return lambda event: words.format(value=event.value or 0.0)


def _black(event: Event) -> str:
    # A single frame begins and ends at the same tenth of a second.
    short = (event.value or 0.0) < 0.1
    return f"black for a moment {_at(event)}" if short else f"black {_span(event)}"


def _flicker(event: Event) -> str:
    often = float(event.facts.get("hz", 0.0))
    times = f", about {often:.0f} times a second" if often >= 1 else ""
    return f"brightness flickers {_span(event)} ({event.value or 0.0:.1f} %{times})"


def _drift(event: Event) -> str:
    way = "brighter" if (event.value or 0.0) > 0 else "darker"
    return f"the picture slowly gets {way} {_span(event)}"


def _brightness_steps(event: Event) -> str:
    way = "brighter" if (event.value or 0.0) > 0 else "darker"
    return f"the picture gets {way} from one frame to the next {_at(event)}"


def _face_lost(event: Event) -> str:
    if float(event.facts.get("times", 1)) > 1:
        return f"face comes and goes {_span(event)}"
    if event.facts.get("never_returns"):
        return f"face lost {_at(event)} and does not come back"
    return f"face lost {_at(event)}, back at {event.end_s:.1f} s"


def _order(event: Event) -> str:
    asked, got = event.facts["asked"], event.facts["got"]
    words = {
        "wrong_shape": "wrong shape",
        "other_size": "other size",
        "wrong_length": "wrong length",
        "other_fps": "other frame rate",
    }[event.kind]
    return f"{words}: asked for {asked}, got {got}"


_SENTENCES: Final[Mapping[str, Say]] = {
    "black": _black,
    "blank": _lasting("one plain colour and no picture"),
    "fade": _lasting("fades"),
    "very_dark": _always("very dark throughout"),
    "flicker": _flicker,
    "pumping": lambda event: f"brightness rises and falls again and again {_span(event)}",
    "photosensitive": lambda event: (
        f"{event.value or 0.0:.0f} flashes within a second {_span(event)}: may harm photosensitive viewers"
    ),
    "light_drift": _drift,
    "hue_drift": _lasting("colours slowly drift"),
    "colour_jump": _once("colours change"),
    "light_jump": _brightness_steps,
    "frozen": _lasting("frozen"),
    "part_frozen": _lasting("a part of the picture stands still"),
    "still": _always("nothing moves in the whole clip"),
    "slideshow": _always("a slideshow of still pictures"),
    "runs_back": _once("the motion turns round and runs backwards"),
    "low_frame_rate": _valued("moves at about {value:.0f} frames a second"),
    "uneven_cadence": _lasting("stutters: frames are repeated unevenly"),
    "hard_cut": _once("cuts to another picture"),
    "flash": _once("flashes"),
    "jump": _once("something appears, disappears or jumps"),
    "blinks": _lasting("a light or a thing comes and goes"),
    "camera_jump": _once("the view jumps"),
    "glitch": _once("a part of the picture is broken for a moment"),
    "broken_lines": _lasting("lines across the picture are broken"),
    "corruption": _lasting("broken blocks"),
    "breaks_up": _lasting("a shape breaks up"),
    "part_lost": _lasting("a part of the picture is lost: one plain or smeared band"),
    "ghosting": _lasting("the picture is doubled: another one shines through"),
    "bars": _once("black bars come or go"),
    "jitter": lambda event: f"shakes in every frame ({event.value or 0.0:.1f} % of the width per frame)",
    "wobble": _lasting("shapes wobble or melt"),
    "soft": _valued("soft throughout (edges {value:.1f} pixels wide)"),
    "goes_soft": _lasting("goes out of focus"),
    "blocky": _always("compression blocks are visible"),
    "noisy": _valued("grainy (noise of {value:.1f} levels in 255)"),
    "speckled": _lasting("speckled with single bright and dark pixels"),
    "too_short": _valued("too few frames to judge ({value:.0f})"),
    "face_lost": _face_lost,
    "face_changes": _lasting("face stops looking like itself"),
    "extra_face": _once("a second face appears"),
    "no_face": _always("no face found although the shot names a person"),
    "sound_silent": _lasting("the sound is silent"),
    "sound_clipped": _lasting("the sound is distorted: it is louder than can be stored"),
    "sound_missing": _always("no sound although the shot asks for it"),
    "sound_unwanted": _always("sound although the shot asks for silence"),
    "sound_damaged": _once("the sound is damaged"),
    "sound_short": _valued("the sound ends at {value:.1f} s, before the picture"),
    "wrong_shape": _order,
    "other_size": _order,
    "wrong_length": _order,
    "other_fps": _order,
}
