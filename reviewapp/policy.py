"""What a project lets the machine decide: whether the pick of a round is approved by itself, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from django.utils.crypto import salted_hmac

from reviewapp.models import (
    Candidate,
    PickDoubt,
    PromptVersion,
    QualityReport,
    ReviewDecision,
    Shot,
    Status,
)

# Why the first clip of a round is no clear choice, as its producer reads it.
_DOUBTS: Final[Mapping[str, str]] = {
    PickDoubt.CLOSE: "a close call with the next clip of its round",
    PickDoubt.THIN: "little was measured ({coverage:.0f} % of what makes the score)",
    PickDoubt.PROVISIONAL: "no clip of the round passes the checks",
}
# Said of a clip that was drawn as well as of one that came before the project approved any, or whose score
# has changed since: nobody can tell by it which were drawn.
CAME_BEFORE: Final = "nothing is against it as things stand, but its round was left to people when it came"


def choice(version: PromptVersion) -> tuple[Candidate, str] | None:
    """The clip of a round that the project approves by itself, with why; None when people decide.

    The caller holds the shot. Only a clear pick that passes the checks is approved: not one of which little
    was measured, and no close call, between which people choose. A round in which a decision was ever made,
    or after which another was asked for, stays with people. Some that would have been approved are drawn at
    random to go to people all the same.
    """
    project = version.shot.project
    threshold = project.auto_approve_score
    if threshold is None:
        return None
    siblings = list(Candidate.objects.whole().filter(version=version))
    pick = next((row for row in siblings if row.rank == 1 and row.status == Status.IN_REVIEW), None)
    if pick is None or _against_round(version.shot, siblings) or _against(pick, threshold):
        return None
    # A clip that failed may come after the draw, and stand first then.
    if any(row.audited for row in siblings) or is_drawn(pick, project.audit_share):
        Candidate.objects.filter(pk=pick.pk, audited=False).update(audited=True)
        return None
    return pick, _why(pick.quality, threshold)


def left_to_people(shot: Shot, siblings: Sequence[Candidate]) -> dict[int, str]:
    """By clip of one version that waits for eyes: why the project has not approved it by itself. Empty where
    it approves none. `siblings` are all clips of the version with their reports.
    """
    threshold = shot.project.auto_approve_score
    waiting = [row for row in siblings if row.status == Status.IN_REVIEW]
    if threshold is None or not waiting:
        return {}
    if of_all := _against_round(shot, siblings):
        return {row.pk: of_all for row in waiting}
    return {row.pk: _against(row, threshold) or CAME_BEFORE for row in waiting}


def _against_round(shot: Shot, siblings: Sequence[Candidate]) -> str:
    """What keeps the policy from approving any clip of a version; empty when nothing does."""
    if shot.omitted or shot.on_hold:
        return "the shot is omitted" if shot.omitted else "the shot is on hold"
    if any(row.is_machine for row in siblings):
        return "the rest of its round is still being made"
    if ReviewDecision.objects.filter(candidate__in=siblings).exists():
        return "decisions were made in its round"
    latest = shot.latest_version()
    newer = latest is not None and any(row.version_id != latest.pk for row in siblings)
    return "another round was asked for since" if newer else ""


def _against(candidate: Candidate, threshold: float) -> str:
    """What keeps the policy from approving a clip whose round is complete; empty when nothing does."""
    quality: QualityReport | None = getattr(candidate, "quality", None)
    if quality is None:
        return "no check has looked at it"
    if candidate.rank != 1:
        passes = quality.verdict == "pass"
        return "another clip of the round stands first" if passes else "it does not pass the checks"
    if quality.verdict != "pass":
        return _DOUBTS[PickDoubt.PROVISIONAL]
    if candidate.pick_doubt:
        return _DOUBTS[candidate.pick_doubt].format(coverage=100 * quality.coverage)
    score = quality.shown_score
    if score is None:
        return "its score could not be measured"
    return "" if score >= threshold else f"its score of {_below(score, threshold)} is below {threshold:.2f}"


def _below(score: float, threshold: float) -> str:
    """With as many digits as show that it is less."""
    digits = 2 if f"{score:.2f}" < f"{threshold:.2f}" else 4
    return f"{score:.{digits}f}"


def is_drawn(candidate: Candidate, share: float) -> bool:
    """Whether people see this clip although the policy would approve it: the same answer whenever asked, and
    nothing that can be told from its address.
    """
    drawn = salted_hmac("audit", candidate.uid.bytes, algorithm="sha256").digest()[:8]
    return int.from_bytes(drawn) / 2**64 < share


def _why(quality: QualityReport, threshold: float) -> str:
    if quality.learned_score is None or quality.learned_by is None:
        return f"score {quality.score:.2f} is at least {threshold:.2f}"
    rules = "not measured" if quality.score is None else f"{quality.score:.2f}"
    return (
        f"learned score {quality.learned_score:.2f} (model {quality.learned_by.number}; rules: {rules}) "
        f"is at least {threshold:.2f}"
    )
