"""What a project accepts: how its people decide about each kind of finding, and which are a remark to it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from reviewapp import dispatch, learning, picks, ranking
from reviewapp.models import AuditEntry, Candidate, Project, Status, User, Verdict

# How far back findings are counted: so many decisions, and so many clips that wait.
DECISIONS: Final = 2000
WAITING: Final = 2000
# From so many decisions on, and such a share, people are seen to accept a finding, or never to.
ENOUGH: Final = 10
MOSTLY, HARDLY = 0.9, 0.1


class NotAcceptable(ValueError):
    """No clip of the project was called suspect for such a finding. The sentence is for people."""


@dataclass(frozen=True)
class Flagged:
    """How people decided about clips with one kind of finding.

    `counts` when clips were called suspect for it, which a project may accept; the checks may also reject for
    it, which it may not. `accepted` when it is a remark here.
    """

    kind: str
    decided: int
    approved: int
    counts: bool
    accepted: bool

    @property
    def words(self) -> str:
        return picks.kind_words(self.kind)

    @property
    def percent(self) -> int | None:
        return round(100 * self.approved / self.decided) if self.decided else None

    @property
    def hint(self) -> str:
        """What a producer may conclude; empty while there is too little to say."""
        if self.decided < ENOUGH:
            return ""
        if self.approved >= MOSTLY * self.decided:
            return "Your reviewers accept it."
        hardly = self.approved <= HARDLY * self.decided
        return "Your reviewers hardly ever accept it." if hardly else "Your reviewers decide either way."


def flagged(project: Project) -> tuple[Flagged, ...]:
    """By kind of finding that lowers a verdict, or did before it was accepted; the most decided first.

    Read as the checks gave them, so that a kind does not leave the list once it is accepted.
    """
    decided, approved, suspects = Counter[str](), Counter[str](), set[str]()
    for verdict, told in _decided(project):
        findings = picks.as_found(told)
        kinds = [kind for kind, grave in ranking.read("", [], findings).findings.items() if grave != "info"]
        decided.update(kinds)
        approved.update(kinds if verdict == Verdict.APPROVE else [])
        suspects |= _suspects(findings)
    for told in _waiting(project):
        suspects |= _suspects(picks.as_found(told))
    accepted = set(picks.accepted_in(project.pk))
    ordered = sorted({*decided, *suspects, *accepted}, key=lambda kind: (-decided[kind], kind))
    return tuple(
        Flagged(kind, decided[kind], approved[kind], kind in suspects, kind in accepted) for kind in ordered
    )


def _decided(project: Project) -> Iterable[tuple[str, list[picks.Told]]]:
    words = learning.words_of_people().filter(
        candidate__shot__project=project, candidate__quality__isnull=False
    )
    return words.order_by("-pk").values_list("verdict", "candidate__quality__findings")[:DECISIONS]


def _waiting(project: Project) -> Iterable[list[picks.Told]]:
    rows = Candidate.objects.filter(shot__project=project, status=Status.IN_REVIEW, quality__isnull=False)
    return rows.order_by("-pk").values_list("quality__findings", flat=True)[:WAITING]


def _suspects(findings: Iterable[picks.Told]) -> set[str]:
    return {str(told.get("kind", "")) for told in findings if told.get("severity") == "suspect"} - {""}


def treat(by: User, project: Project, kind: str, *, as_remark: bool) -> bool:
    """From now on a kind of finding is a remark in this project, or counts again; False when it is so
    already.

    Clips that wait follow before long; what is decided keeps its report.
    """
    with transaction.atomic():
        fresh = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if (kind in fresh.accepted_findings) == as_remark:
            return False
        if as_remark and not any(one.kind == kind and one.counts for one in flagged(fresh)):
            raise NotAcceptable(
                "No clip of this project was flagged with such a finding. Nothing was changed."
            )
        fresh.accepted_findings = sorted({*fresh.accepted_findings} ^ {kind})
        fresh.save(update_fields=["accepted_findings"])
        told = "counts → a remark" if as_remark else "a remark → counts"
        AuditEntry.record(by, "changed project", fresh.slug, f"finding “{picks.kind_words(kind)}”: {told}")
        dispatch.accepted(fresh)
    return True


def follow(project_id: int, slice_s: float = learning.SLICE_S) -> None:
    """Bring what the project accepts now to its clips that wait; what takes longer than a slice goes on in
    another message.
    """
    project = Project.objects.filter(pk=project_id).first()
    if project is not None and not learning.refresh(project, time.monotonic() + slice_s):
        dispatch.accepted(project)
