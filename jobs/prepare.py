"""The station that makes what walls of clips play, after a clip has come to people.

It also brings clips of an older recipe up to date. Nothing waits for it: whatever it could not make is played
as the clip itself.
"""

from __future__ import annotations

import logging

from jobs import files, heart, playing
from jobs.media import MEDIA_VERSION
from jobs.quality import guarded
from jobs.quality.report import NotPlayable, Ordered
from reviewapp import logs, preparing
from reviewapp.lifeline import die_with_parent
from reviewapp.models import Candidate

logger = logging.getLogger(__name__)


def prepare_candidate(candidate_id: int) -> None:
    """Make what one clip lacks. Killed at any moment it leaves nothing half, and is found again."""
    with heart.working("media"):
        candidate = preparing.begin(candidate_id, MEDIA_VERSION)
        if candidate is not None:
            with logs.about(candidate):
                _prepare(candidate)


def _prepare(candidate: Candidate) -> None:
    clip = candidate.clip
    try:
        columns = _playable(candidate)
        for name, value in columns.items():
            setattr(clip, name, value)
        columns |= playing.small(candidate)
    except FileNotFoundError:
        # The night's cleaning reports it.
        logger.warning("the file of %s is gone; it gets no copies", candidate.code)
        return
    preparing.prepared(clip, columns)


def _playable(candidate: Candidate) -> dict[str, object]:
    """What browsers play of a clip that was checked before there were such copies, or by an older recipe."""
    if candidate.clip.media_version == MEDIA_VERSION:
        return {}
    with files.on_this_machine(candidate.clip.file) as path:
        try:
            checked = guarded.verify(path, Ordered(), before_exec=die_with_parent)
        except NotPlayable as problem:
            # People have seen it; whether it counts is theirs and the checks' to say.
            logger.warning("%s stays as it is: %s", candidate.code, problem)
            return {"media_version": MEDIA_VERSION}
        return playing.playable(candidate, path, checked.facts)
