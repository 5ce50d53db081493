"""What the checks make of one clip's file: the same look for its first check and for a later one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from django.conf import settings

from jobs import files, playing
from jobs.quality import credentials, expect, guarded
from jobs.quality.report import CHECKER_VERSION, Checked, NotPlayable, Ordered
from reviewapp.lifeline import die_with_parent
from reviewapp.models import Candidate, QualityReport

LEASE_SHARE = 0.9


def look(candidate: Candidate) -> tuple[QualityReport, dict[str, object]]:
    """The report, not saved and without its scores, and the columns of the clip that follow from the file.

    Raises NotPlayable when nobody could watch it, and FileNotFoundError when it is gone from storage.
    """
    wall_s = min(guarded.WALL_S, settings.CHECK_LEASE_S * LEASE_SHARE)
    with files.on_this_machine(candidate.clip.file) as path:
        checked = guarded.verify(
            path,
            ordered(candidate),
            clip_model=settings.CLIP_MODEL if settings.CLIP_MODEL.is_dir() else None,
            wall_s=wall_s,
            before_exec=die_with_parent,
        )
        # Behind the verdict on the file itself, which says more where there is one.
        _must_be_what_came(candidate, path)
        origin = credentials.read_apart(
            path, candidate.clip.content_type, settings.C2PA_ANCHORS, before_exec=die_with_parent
        )
        played = playing.playable(candidate, path, checked.facts)
    return _report(checked), _clip_facts(candidate, checked) | {"credentials": origin} | played


def _must_be_what_came(candidate: Candidate, path: Path) -> None:
    """Only the bytes that were verified are ever given out, so they have to be those of the row."""
    if files.sha256_of(path) != candidate.clip.sha256:
        raise NotPlayable("The file in this site's storage is not the one that came: it was damaged here.")


def ordered(candidate: Candidate) -> Ordered:
    """What was asked for: by the row, by the words that were sent, and by the shot's acceptance criteria."""
    version, acceptance = candidate.version, candidate.shot.acceptance_lines
    expected = expect.read(version.text, acceptance, version.negative_text)
    return Ordered(
        duration_s=float(candidate.duration_s),
        width=candidate.width,
        height=candidate.height,
        prompt=version.text,
        acceptance=tuple(acceptance),
        **asdict(expected),
    )


def _report(checked: Checked) -> QualityReport:
    return QualityReport(
        checker_version=CHECKER_VERSION,
        verdict=checked.verdict,
        parts=[asdict(part) for part in checked.parts],
        measures=dict(checked.measures),
        unmeasured=dict(checked.unmeasured),
        findings=[asdict(finding) for finding in checked.findings],
        criteria=[asdict(criterion) for criterion in checked.criteria],
        prompt_parts=[asdict(part) for part in checked.prompt_parts],
        model_mark=checked.model_mark,
        seconds=checked.seconds,
    )


def _clip_facts(candidate: Candidate, checked: Checked) -> dict[str, object]:
    facts = checked.facts
    return {
        "width": facts.width,
        "height": facts.height,
        "frames": facts.frames,
        "fps_num": facts.fps_num,
        "fps_den": facts.fps_den,
        "duration_s": facts.duration_s,
        "has_audio": facts.has_audio,
        "container": facts.container,
        "codec": facts.codec,
        "pixel_format": facts.pixel_format,
        "peaks": None if checked.peaks is None else list(checked.peaks),
        "poster": files.keep_bytes(checked.poster, candidate, "posters", "jpg"),
        "filmstrip": files.keep_bytes(checked.filmstrip, candidate, "filmstrips", "jpg"),
        "filmstrip_tiles": checked.tiles,
    }
