"""The clips of a shot as the room's strip, its player and its wall need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.db.models.fields.files import FieldFile
from django.urls import reverse

from reviewapp import check_words
from reviewapp.check_words import Pick
from reviewapp.models import Candidate, Clip, QualityReport, Status


@dataclass(frozen=True)
class Tile:
    """One candidate of the strip."""

    candidate: Candidate
    clip: Clip | None
    quality: QualityReport | None
    current: bool
    is_open: bool
    # That the checks put it first among several, while that still matters to somebody.
    pick: Pick | None

    @property
    def score(self) -> float | None:
        return self.quality.shown_score if self.quality else None

    @property
    def verdict(self) -> str:
        return check_words.verdict_of(self.quality) if self.quality else ""

    @property
    def verdict_words(self) -> str:
        return check_words.VERDICTS[self.verdict] if self.quality else ""

    @property
    def wall(self) -> dict[str, Any] | None:
        """The clip as the wall of candidates plays it; None without a file."""
        facts = clip_facts(self.candidate, self.clip)
        if facts is None:
            return None
        kept = ("uid", "label", "status", "poster", "fpsNum", "fpsDen", "frames", "width", "height")
        return {key: facts[key] for key in kept} | {
            "src": facts["small"],
            "verdict": self.verdict,
            "verdictWords": self.verdict_words,
            "pick": self.pick.words if self.pick else "",
            "pickDoubt": self.pick.doubt if self.pick else "",
            "pickTitle": self.pick.title if self.pick else "",
            "waits": self.candidate.status == Status.IN_REVIEW,
        }


def tile_of(row: Candidate, current: Candidate, siblings: Sequence[Candidate]) -> Tile:
    """One candidate of a shot beside the one that is looked at."""
    return Tile(
        candidate=row,
        clip=getattr(row, "clip", None),
        quality=getattr(row, "quality", None),
        current=row.pk == current.pk,
        pick=check_words.pick_of(row, siblings),
        is_open=row.version_id == current.version_id or row.is_machine or row.status == Status.IN_REVIEW,
    )


def clip_facts(candidate: Candidate, clip: Clip | None) -> dict[str, Any] | None:
    """A clip as the player needs it; None while there is none, when its file was removed, and when the checks
    have not let it through.

    `small` is for walls of clips, `original` the provider's own file; `peaks` of the sound are 0 to 1, evenly
    spread, None without sound. `unplayable` when browsers need a copy and none could be made.
    """
    if clip is None or clip.removed_at is not None or not clip.is_verified:
        return None
    src = _address("clip", candidate, clip.playable)
    return {
        "uid": str(candidate.uid),
        "label": f"{candidate.version.label}_{candidate.slot_label}",
        "status": str(Status(candidate.status).label).lower(),
        "src": src,
        "small": _address("small", candidate, clip.small) if clip.has_small else src,
        "original": reverse("original", args=[candidate.uid]),
        "unplayable": clip.cannot_be_played,
        "peaks": clip.peaks,
        "poster": reverse("poster", args=[candidate.uid]) if clip.poster else "",
        "filmstrip": reverse("filmstrip", args=[candidate.uid]) if clip.filmstrip else "",
        "vtt": reverse("filmstrip-index", args=[candidate.uid]) if clip.filmstrip else "",
        "tiles": clip.filmstrip_tiles,
        "fpsNum": clip.fps_num,
        "fpsDen": clip.fps_den,
        "frames": clip.frames or round(clip.duration_s * clip.fps),
        "width": clip.width,
        "height": clip.height,
        "audio": clip.has_audio,
    }


def _address(name: str, candidate: Candidate, made: FieldFile) -> str:
    """Where a clip is played from; a copy that is made later has another address, for the caches' sake."""
    address = reverse(name, args=[candidate.uid])
    return f"{address}?v={PurePath(made.name or '').stem[-8:]}" if made else address
