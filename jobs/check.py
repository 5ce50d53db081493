"""The station that looks at the clip before people do: playable or not, what is in it, poster and
filmstrip.
"""

from __future__ import annotations

import logging

from django.conf import settings

from jobs import fetch, files, heart
from jobs.quality import guarded
from jobs.quality.expect import asks_for_a_still
from jobs.quality.report import CHECKER_VERSION, Checked, NotPlayable, Ordered
from reviewapp import line, logs
from reviewapp.lifeline import die_with_parent
from reviewapp.models import Candidate, QualityReport

logger = logging.getLogger(__name__)

LEASE_SHARE = 0.9


def check_candidate(candidate_id: int) -> None:
    """Check one clip. A check informs; only a file that nobody could watch ends the candidate.

    A clip that its provider is about to delete is fetched first: its message may stand behind many checks.
    """
    with heart.working("media"):
        urgent = line.begin_urgent_ingest()
        if urgent is not None:
            with logs.about(urgent):
                fetch.fetch(urgent)
        candidate = line.begin_check(candidate_id)
        if candidate is not None:
            with logs.about(candidate):
                _check(candidate)


def _check(candidate: Candidate) -> None:
    ordered = Ordered(
        duration_s=float(candidate.duration_s),
        width=candidate.width,
        height=candidate.height,
        still_wanted=asks_for_a_still(candidate.shot.prompt),
    )
    wall_s = min(guarded.WALL_S, settings.CHECK_LEASE_S * LEASE_SHARE)
    try:
        with files.on_this_machine(candidate.clip.file) as path:
            checked = guarded.verify(path, ordered, wall_s=wall_s, before_exec=die_with_parent)
    except FileNotFoundError:
        line.check_refused(candidate, "The file of this clip is gone from storage.")
    except NotPlayable as problem:
        logger.warning("%s: %s", candidate.code, problem)
        line.check_refused(candidate, str(problem))
    else:
        line.checked(candidate, _report(checked), _clip_facts(candidate, checked))


def _report(checked: Checked) -> QualityReport:
    return QualityReport(
        checker_version=CHECKER_VERSION,
        verdict=checked.verdict,
        score=checked.score,
        measures=checked.measures,
        findings=checked.finding_rows(),
        seconds=checked.seconds,
    )


def _clip_facts(candidate: Candidate, checked: Checked) -> dict[str, object]:
    facts, sha256 = checked.facts, candidate.clip.sha256
    return {
        "width": facts.width,
        "height": facts.height,
        "frames": facts.frames,
        "fps_num": facts.fps_num,
        "fps_den": facts.fps_den,
        "duration_s": facts.duration_s,
        "has_audio": facts.has_audio,
        "poster": files.keep_bytes(checked.poster, files.name_for(candidate, "posters", sha256, "jpg")),
        "filmstrip": files.keep_bytes(
            checked.filmstrip, files.name_for(candidate, "filmstrips", sha256, "jpg")
        ),
        "filmstrip_tiles": checked.tiles,
    }
