"""What the checks ought to say of each defect: the kinds of finding that are a right reason for it."""

from __future__ import annotations

from typing import Final

GOOD: Final = "good"
_SUDDEN = frozenset({"hard_cut", "jump", "camera_jump"})
_BROKEN = frozenset({"glitch", "corruption", "broken_lines", "breaks_up"})
_FACE = frozenset({"face_lost", "face_changes"})
_RESTS = frozenset({"frozen"})
# Where no reason is named, any finding at the right time is one.
ANY: Final[frozenset[str]] = frozenset()

REASONS: Final[dict[str, frozenset[str]]] = {
    "freeze": _RESTS,
    "black": frozenset({"black"}),
    "blank": frozenset({"blank"}),
    "green-tail": frozenset({"blank", "frozen"}),
    "flicker": frozenset({"flicker", "photosensitive"}),
    "cut": frozenset({"hard_cut"}),
    "teleport": frozenset({"jump"}),
    "pop-in": frozenset({"jump"}),
    "jump-back": _SUDDEN,
    "blur": frozenset({"soft", "goes_soft"}),
    "goes-soft": frozenset({"soft", "goes_soft"}),
    "broken-blocks": _BROKEN,
    "starved": frozenset({"blocky"}),
    "noise": frozenset({"noisy"}),
    "shake": frozenset({"jitter"}),
    "melting": frozenset({"wobble", "breaks_up"}),
    "uneven": frozenset({"uneven_cadence"}),
    "still": frozenset({"still"}),
    "slideshow": frozenset({"slideshow"}),
    "colour-jump": frozenset({"colour_jump"}),
    "flash": frozenset({"flash"}),
    "face-vanishes": frozenset({"face_lost"}),
    "face-gone": frozenset({"face_lost"}),
    "face-melts": _FACE,
    "face-cat": _FACE,
    "face-doubles": frozenset({"extra_face"}),
    "part-frozen": _RESTS | {"part_frozen"},
    "torn": _BROKEN | {"jump"},
    "line-dropouts": _BROKEN,
    "half-corrupted": _BROKEN | {"jump", "part_lost"},
    "zoom-pop": _SUDDEN,
    "pumping": frozenset({"pumping", "flicker"}),
    "hue-drift": frozenset({"hue_drift"}),
    "ghosting": frozenset({"ghosting"}),
    "bars": frozenset({"bars"}),
    "salt-and-pepper": frozenset({"speckled", "noisy"}),
    "vanishes": frozenset({"jump"}),
    "text": frozenset({"jump"}),
    "mirrored": _SUDDEN,
    "reversed": _SUDDEN | {"runs_back"},
    "duplicated": frozenset({"uneven_cadence"}),
    "strobe": frozenset({"photosensitive"}),
    "dissolve": ANY,
    "face-over": _FACE,
    "face-flickers": _FACE,
}
# The kinds that came later, counted apart so that the first ones stay comparable over time.
FURTHER: Final = frozenset(list(REASONS)[list(REASONS).index("part-frozen") :])
