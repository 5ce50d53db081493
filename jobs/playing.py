"""What browsers play of a clip, kept beside it: the same for its first check and for later ones."""

from __future__ import annotations

import logging
from pathlib import Path

from jobs import files, media
from jobs.quality.report import VideoFacts
from reviewapp import line
from reviewapp.lifeline import die_with_parent
from reviewapp.models import Candidate, Clip
from reviewapp.models.clips import Playable

logger = logging.getLogger(__name__)


def playable(candidate: Candidate, path: Path, facts: VideoFacts) -> dict[str, object]:
    """The columns of a clip that say what browsers play of it, once that is kept; none where they say so
    already. `facts` are those that the checks have read from the file at `path`.

    A clip of which no copy can be made is none the worse: its original is offered instead.
    """
    clip = candidate.clip
    if clip.media_version == media.MEDIA_VERSION:
        return {}
    if candidate.is_machine and media.treatment_of(path, facts) != "original":
        # The lease of a check is as long as a check; a copy of a large picture takes its own time.
        line.keep_lease(candidate)
    columns: dict[str, object] = {"media_version": media.MEDIA_VERSION, "small": ""}
    with files.workshop() as folder:
        try:
            plays, made = media.make_playable(path, facts, folder, before_exec=die_with_parent)
        except media.NotMade as problem:
            logger.warning("%s: %s", candidate.code, problem)
            return columns | {"plays": Playable.COPY, "playable": ""}
        name = files.keep_made(made, candidate, "playables") if made else ""
    return columns | {"plays": Playable(plays), "playable": name}


def small(candidate: Candidate) -> dict[str, object]:
    """The column of the small copy, once it is kept: what walls of clips play. It names the clip's own file
    where none can be made or it would not be smaller.
    """
    clip = candidate.clip
    source = clip.playable or clip.file
    with files.on_this_machine(source) as path, files.workshop() as folder:
        try:
            made = media.make_small(path, _facts(clip), folder, before_exec=die_with_parent)
        except media.NotMade as problem:
            logger.warning("%s has no small copy: %s", candidate.code, problem)
            return {"small": source.name}
        is_smaller = made.stat().st_size < path.stat().st_size
        return {"small": files.keep_made(made, candidate, "smalls") if is_smaller else source.name}


def _facts(clip: Clip) -> VideoFacts:
    """The facts as the checks have written them down."""
    return VideoFacts(
        container=clip.container,
        codec=clip.codec,
        pixel_format=clip.pixel_format,
        width=clip.width,
        height=clip.height,
        frames=clip.frames,
        fps_num=clip.fps_num,
        fps_den=clip.fps_den,
        duration_s=clip.duration_s,
        has_audio=clip.has_audio,
    )
