"""The words in which people read what the automatic checks saw: one place for every page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reviewapp.models import Candidate, PickDoubt, Status
from reviewapp.models.clips import Report

VERDICTS: Final = {
    "pass": "Passes the checks",
    "suspect": "Look twice",
    "reject": "The checks would reject it",
    "unmeasured": "Nothing could be measured",
}
SEVERITIES: Final = {"reject": "Would reject", "suspect": "Look twice", "info": "Remark"}

# The parts of the score.
PARTS: Final = {
    "clarity": "Sharpness",
    "clean": "Clean picture",
    "steady_light": "Steady light",
    "steady_camera": "Steady camera",
    "shape": "Things keep their shape",
    "smooth": "Smooth motion",
    "motion": "Amount of motion",
    "face": "Face stays itself",
    "match": "Follows the prompt",
}


@dataclass(frozen=True)
class Words:
    """One measure for people: its name, its unit, and by what its value is multiplied."""

    key: str
    name: str
    unit: str = ""
    factor: float = 1


# The group whose values only the same model gives on the same scale.
OF_A_MODEL: Final = "Prompt"
# What is measured, in the order and the groups of the page.
MEASURES: Final[dict[str, tuple[Words, ...]]] = {
    "Picture": (
        Words("edge_px", "Width of the sharpest edges", " px"),
        Words("soften_ratio", "Sharpest to softest moment", " ×"),
        Words("blockiness", "Block pattern", " ×"),
        Words("noise_sigma", "Noise", " levels"),
        Words("mean_luma", "Mean brightness", " of 255"),
        Words("change_over_clip", "Largest change over the clip", " levels"),
        Words("black_share", "Black frames", " %", 100),
        Words("blank_share", "Blank frames", " %", 100),
    ),
    "Motion": (
        Words("motion_pct_s", "Motion, share of the long side", " %/s"),
        Words("frozen_share", "Frozen frames", " %", 100),
        Words("effective_fps", "Different frames a second", " fps"),
        Words("cadence_even", "Evenness of the frames", " %", 100),
        Words("warp_residual", "Change that motion does not explain", " levels"),
        Words("jitter_pct", "Camera jitter", " %/frame"),
        Words("shake_corr", "Jitter, likeness from frame to frame"),
        Words("wobble_px", "Wobble of shapes", " px"),
        Words("wobble_corr", "Wobble, likeness from frame to frame"),
        Words("cuts", "Cuts"),
        Words("pop_score", "Largest sudden change, beside the usual", " ×"),
    ),
    "Light": (
        Words("flicker_pct", "Flicker", " %"),
        Words("flashes_per_s", "Flashes a second", " /s"),
    ),
    "Faces": (
        Words("face_present", "Face is there", " % of the clip", 100),
        Words("face_steadiness", "Face stays itself", " %", 100),
        Words("face_min_likeness", "Least like its beginning", " %", 100),
        Words("face_tracks", "Faces followed"),
    ),
    "Sound": (
        Words("sound_rms_dbfs", "Loudness", " dBFS"),
        Words("sound_peak_dbfs", "Loudest moment", " dBFS"),
        Words("sound_seconds", "Length of the sound", " s"),
        Words("sound_silent_share", "Silent", " %", 100),
        Words("sound_clipped_share", "Clipped", " %", 100),
    ),
    OF_A_MODEL: (
        Words("prompt_match", "Match with the prompt, cosine"),
        Words("prompt_match_worst", "The same in its worst frame, cosine"),
        Words("frame_consistency", "Frames alike, cosine"),
        Words("prompt_truncated", "Prompt longer than the model reads (1: yes)"),
    ),
    "Compared with published formulas": (
        Words("vb_flicker", "VBench temporal flickering"),
        Words("vb_smoothness", "VBench motion smoothness"),
        Words("vb_dynamic", "VBench dynamic degree"),
    ),
}
OTHER: Final = "Other"
KNOWN: Final = {words.key for group in MEASURES.values() for words in group}

PICKS: Final[dict[str, tuple[str, str]]] = {
    "": ("pick", "The automatic checks put this one first of {count}."),
    PickDoubt.CLOSE: (
        "pick, close call",
        "First of {count}, but the score of the next one is so near that it could as well be the other.",
    ),
    PickDoubt.THIN: (
        "pick, little was measured",
        "First of {count}, but much of what makes the score could not be measured here.",
    ),
    PickDoubt.PROVISIONAL: (
        "best of what did not pass",
        "None of these {count} clips passes the checks. Nothing is picked; this one has the fewest faults.",
    ),
}


_SHORT: Final[dict[str, str]] = {PickDoubt.THIN: "pick, unsure", PickDoubt.PROVISIONAL: "best, none passes"}


@dataclass(frozen=True)
class Pick:
    """That the checks put a clip first, and how sure that is."""

    words: str
    title: str
    doubt: str

    @property
    def short(self) -> str:
        """For a tile's corner."""
        return _SHORT.get(self.doubt, self.words)


def pick_of(candidate: Candidate, siblings: Iterable[Candidate]) -> Pick | None:
    """The words for the first of those clips of its version that wait for eyes; None for all others, for what
    is decided, and where it has no rival.
    """
    rivals = sum(_is_ranked(one) and one.version_id == candidate.version_id for one in siblings)
    if candidate.rank != 1 or rivals < 2 or not _is_ranked(candidate):
        return None
    words, title = PICKS[candidate.pick_doubt]
    return Pick(words, title.format(count=rivals), candidate.pick_doubt)


def _is_ranked(candidate: Candidate) -> bool:
    return candidate.status == Status.IN_REVIEW and hasattr(candidate, "quality")


def verdict_of(report: Report) -> str:
    """The report's verdict; `unmeasured` where nothing was found because nothing could be looked at."""
    measured = any(value is not None for value in report.measures.values())
    return report.verdict if measured or report.findings else "unmeasured"


def part_words(name: str) -> str:
    return PARTS.get(name, _plain(name))


def other_words(key: str) -> Words:
    """For a measure that this page does not know, such as an earlier checker's."""
    return Words(key, _plain(key))


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()


def number(value: float, words: Words) -> str:
    """A value with its unit; three figures that count are as exact as any of these is."""
    scaled = value * words.factor
    shown = f"{scaled:.0f}" if abs(scaled) >= 100 else f"{scaled:.3g}"
    return f"{shown.replace('-', '−')}{words.unit}"


def place_words(place: object) -> str:
    """Where in the picture, as people say it: `top left`, `centre`; empty when it is not known."""
    if not isinstance(place, (list, tuple)) or len(place) != 2:
        return ""
    across = _third(float(place[0]), "left", "right")
    down = _third(float(place[1]), "top", "bottom")
    return f"{down} {across}".strip() or "centre"


def _third(share: float, low: str, high: str) -> str:
    return low if share < 0.34 else high if share > 0.66 else ""
