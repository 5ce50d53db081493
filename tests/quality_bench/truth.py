"""What the checks ought to say of each defect: the kinds of finding that are a right reason for it."""

from __future__ import annotations

from typing import Final

GOOD: Final = "good"
# Right for whatever happens from one frame to the next.
_SUDDEN = frozenset({"hard_cut", "jump", "camera_jump"})

# By kind of defect; an empty set: no reason is named, any finding at the right time is one.
ANY: Final[frozenset[str]] = frozenset()
REASONS: Final[dict[str, frozenset[str]]] = {
    "freeze": frozenset({"frozen"}),
    "black": frozenset({"black"}),
    "blank": frozenset({"blank", "still"}),
    "green-tail": frozenset({"blank", "frozen"}),
    "flicker": frozenset({"flicker", "photosensitive"}),
    "cut": frozenset({"hard_cut"}),
    "teleport": frozenset({"jump"}),
    "pop-in": frozenset({"jump"}),
    "jump-back": _SUDDEN,
    "blur": frozenset({"soft", "goes_soft"}),
    "goes-soft": frozenset({"goes_soft", "soft"}),
    "broken-blocks": frozenset({"corruption", "breaks_up"}),
    "starved": frozenset({"blocky", "soft"}),
    "noise": frozenset({"noisy"}),
    "shake": frozenset({"jitter"}),
    "melting": frozenset({"wobble", "breaks_up", "corruption"}),
    "uneven": frozenset({"uneven_cadence"}),
    "still": frozenset({"still"}),
    "slideshow": frozenset({"slideshow"}),
    "colour-jump": frozenset({"colour_jump"}),
    "flash": frozenset({"flash"}),
    "face-vanishes": frozenset({"face_lost"}),
    "face-gone": frozenset({"face_lost"}),
    "face-melts": frozenset({"face_changes", "face_lost", "wobble"}),
    "face-cat": frozenset({"face_changes", "face_lost"}),
    "face-doubles": frozenset({"extra_face"}),
    "part-frozen": frozenset({"part_frozen", "frozen"}),
    "torn": ANY,
    "line-dropouts": ANY,
    "half-corrupted": ANY,
    "zoom-pop": _SUDDEN,
    "pumping": ANY,
    "hue-drift": ANY,
    "ghosting": ANY,
    "bars": ANY,
    "salt-and-pepper": ANY,
    "vanishes": frozenset({"jump"}),
    "text": frozenset({"jump"}),
    "mirrored": _SUDDEN,
    "reversed": ANY,
    "duplicated": ANY,
    "strobe": frozenset({"photosensitive"}),
    "dissolve": ANY,
    "face-over": frozenset({"face_lost", "face_changes"}),
    "face-flickers": frozenset({"face_lost", "face_changes"}),
}
# The kinds beyond those whose detection rates are published with the prototype's thresholds.
FURTHER: Final = frozenset(list(REASONS)[list(REASONS).index("part-frozen") :])
