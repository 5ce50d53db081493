"""What a project lets the machine decide: whether the pick of a whole round is approved by itself."""

from __future__ import annotations

import hashlib

from reviewapp.models import Candidate, PromptVersion, QualityReport, Status
from reviewapp.models.candidates import MACHINE


def choice(version: PromptVersion) -> tuple[Candidate, str] | None:
    """The clip of a round that the project approves by itself, with why; None when people decide.

    The caller holds the shot. Only a clear pick that passes the checks is approved: not one of which little
    was measured, and no close call, between which people choose. A clip that a decision was taken back on
    stays with people. Some that would have been approved are drawn at random to go to people all the same.
    """
    project = version.shot.project
    threshold = project.auto_approve_score
    if threshold is None or version.shot.on_hold or version.shot.omitted:
        return None
    if version.candidates.filter(status__in=MACHINE).exists():
        return None
    pick = Candidate.objects.whole().filter(version=version, rank=1, status=Status.IN_REVIEW).first()
    quality: QualityReport | None = getattr(pick, "quality", None)
    if pick is None or quality is None or quality.verdict != "pass" or pick.pick_doubt:
        return None
    if quality.shown_score is None or quality.shown_score < threshold or pick.decisions.exists():
        return None
    if pick.audited or is_drawn(pick, project.audit_share):
        Candidate.objects.filter(pk=pick.pk, audited=False).update(audited=True)
        return None
    return pick, _why(quality, threshold)


def is_drawn(candidate: Candidate, share: float) -> bool:
    """Whether people see this clip although the policy would approve it: the same answer whenever asked."""
    drawn = hashlib.sha256(b"audit " + candidate.uid.bytes).digest()[:8]
    return int.from_bytes(drawn) / 2**64 < share


def _why(quality: QualityReport, threshold: float) -> str:
    if quality.learned_score is None or quality.learned_by is None:
        return f"score {quality.score:.2f} is at least {threshold:.2f}"
    rules = "not measured" if quality.score is None else f"{quality.score:.2f}"
    return (
        f"learned score {quality.learned_score:.2f} (model {quality.learned_by.number}; rules: {rules}) "
        f"is at least {threshold:.2f}"
    )
