"""The human verbs: approve, request changes, reject, undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from reviewapp import notes, picks, policy, retakes
from reviewapp.models import (
    Candidate,
    Draft,
    PromptVersion,
    ReviewDecision,
    Shot,
    StaleCandidate,
    Status,
    User,
    Verdict,
)
from reviewapp.notes import Feedback


class ReasonMissing(ValueError):
    """A rejection without a tag, a note or a sentence."""


class CannotUndo(Exception):
    """This decision can no longer be undone; the sentence says why."""


class StaleDecision(Exception):
    """The candidate has changed since the page was made. Nothing was written and nothing typed is lost."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        if candidate.shot.on_hold or candidate.shot.omitted:
            self.at = candidate.shot.updated_at
            state = "omitted" if candidate.shot.omitted else "put on hold"
            super().__init__(f"{candidate.shot.code} was {state} meanwhile. Your words are kept.")
            return
        latest = candidate.transitions.select_related("by").last()
        who = latest.by.display_name if latest and latest.by else "Retake"
        self.at = latest.at if latest else candidate.status_at
        super().__init__(
            f"{who} moved {candidate.code} to “{Status(candidate.status).label}” while you were looking. "
            "Your words are kept: look again and decide."
        )


@dataclass(frozen=True)
class Undone:
    """What an undo brought back. `not_recalled` clips had left already and may be charged; `returned` are the
    retakes that an approval had stopped.
    """

    recalled: int
    not_recalled: int
    returned: Sequence[Candidate] = ()

    @property
    def sentence(self) -> str:
        if self.not_recalled:
            clips = "1 clip" if self.not_recalled == 1 else f"{self.not_recalled} clips"
            return f"Undone. {clips} had already been sent and will come all the same."
        if self.returned:
            usd = sum(row.estimate_usd for row in self.returned)
            clips = "The retake" if len(self.returned) == 1 else f"The {len(self.returned)} retakes"
            return f"Undone. {clips} that the approval had stopped will be sent after all, for ${usd:.2f}."
        return "Undone. Nothing was sent and nothing was spent."


# --- deciding ---


def _begin(
    candidate: Candidate, by: User | None, revision: int, verdict: Verdict
) -> ReviewDecision | Candidate:
    """Lock the shot and take the candidate at the revision shown; or find this click's own first half."""
    Shot.objects.select_for_update(no_key=True).get(pk=candidate.shot_id)
    row = Candidate.objects.whole().get(pk=candidate.pk)
    earlier = ReviewDecision.objects.filter(candidate=row, revision=revision).first()
    if earlier is not None and earlier.by == by and earlier.verdict == verdict and not earlier.undone_at:
        return earlier
    parked = row.shot.on_hold or row.shot.omitted
    if earlier is not None or parked or row.revision != revision or row.status != Status.IN_REVIEW:
        raise StaleDecision(row)
    return row


def _decide(row: Candidate, by: User | None, verdict: Verdict, to: Status, why: str) -> ReviewDecision:
    revision = row.revision
    try:
        row.move(to, by=by, actor="" if by else "policy", why=why)
    except StaleCandidate as stale:
        raise StaleDecision(Candidate.objects.whole().get(pk=row.pk)) from stale
    if by is not None:
        Draft.objects.filter(candidate=row, user=by).delete()
    return ReviewDecision.objects.create(candidate=row, revision=revision, verdict=verdict, by=by)


@transaction.atomic
def approve(candidate: Candidate, by: User | None, revision: int, why: str = "") -> ReviewDecision:
    """Approve one candidate: the rest of its shot is passed over, what can be stopped is stopped."""
    found = _begin(candidate, by, revision, Verdict.APPROVE)
    if isinstance(found, ReviewDecision):
        return found
    decision = _decide(found, by, Verdict.APPROVE, Status.APPROVED, why)
    _pass_over_the_rest(found, by)
    return decision


def _pass_over_the_rest(approved: Candidate, by: User | None) -> None:
    why = f"{approved.code} was approved"
    others = approved.shot.candidates.exclude(pk=approved.pk)
    for other in others.filter(status=Status.IN_REVIEW):
        other.move(Status.PASSED_OVER, by=by, actor="" if by else "policy", why=why)
    for other in others.filter(status__in=[Status.HELD, Status.QUEUED]):
        try:
            other.move(Status.CANCELLED, by=by, actor="" if by else "policy", why=why)
        except StaleCandidate:
            # It left in this very moment; it is asked to stop like the others below.
            continue
        retakes.withdraw_if_empty(other.version)
    # Whoever is at the vendor is asked to stop by the watcher, which owns the conversation with the vendors.
    at_the_vendor = [Status.SUBMITTING, Status.GENERATING, Status.UNCERTAIN]
    # In the order in which the watcher writes its batches, so that neither waits for the other for ever.
    asked = others.filter(status__in=at_the_vendor).select_for_update(no_key=True).order_by("pk")
    numbers = [other.pk for other in asked]
    others.filter(pk__in=numbers).update(cancel_asked=True)
    others.filter(pk__in=numbers, status=Status.GENERATING).update(due_at=timezone.now())


@transaction.atomic
def reject(
    candidate: Candidate, by: User, revision: int, feedback: Feedback, *, verdict: Verdict = Verdict.REJECT
) -> ReviewDecision:
    """Reject (or request changes on) one candidate; the retake exists when this returns.

    Raises ReasonMissing without any tag, note or sentence, and StaleDecision on a page that is out of date.
    """
    found = _begin(candidate, by, revision, verdict)
    if isinstance(found, ReviewDecision):
        return found
    decision = _rejection(found, by, feedback, verdict)
    # The next one may have been what made a close call of the first, or be the first itself now.
    picks.rank(found.version_id)
    retakes.rejected([decision])
    decision.refresh_from_db()
    return decision


def _rejection(row: Candidate, by: User, feedback: Feedback, verdict: Verdict) -> ReviewDecision:
    if not feedback and not notes.waiting_on(row):
        raise ReasonMissing("Say what is wrong: a tag, a note or a sentence.")
    decision = _decide(row, by, verdict, Status.REJECTED, feedback.text)
    notes.take_along(decision, feedback)
    return decision


@transaction.atomic
def reject_all(
    candidate: Candidate, by: User, revision: int, feedback: Feedback, *, verdict: Verdict = Verdict.REJECT
) -> list[ReviewDecision]:
    """Reject every waiting candidate of the shot for one and the same reason: all of them are replaced."""
    found = _begin(candidate, by, revision, verdict)
    if isinstance(found, ReviewDecision):
        return [found]
    decisions = [_rejection(found, by, feedback, verdict)]
    others = Candidate.objects.whole().filter(shot=candidate.shot, status=Status.IN_REVIEW)
    for other in others.order_by("version__number", "slot"):
        # The reason is said once, on the candidate it was written on; the others bring their own notes.
        decision = _decide(other, by, verdict, Status.REJECTED, feedback.text)
        notes.take_along(decision, Feedback())
        decisions.append(decision)
    retakes.rejected(decisions)
    return decisions


def arrived(candidate: Candidate) -> None:
    """A checked candidate has come to review: the shot may be decided already, or the project may let the
    pick pass.
    """
    if candidate.shot.candidates.filter(status=Status.APPROVED).exists():
        candidate.move(
            Status.PASSED_OVER, actor="policy", why="the shot was approved while this clip was made"
        )
        return
    let_the_pick_pass(candidate.version)


def let_the_pick_pass(version: PromptVersion) -> None:
    """Approve the pick of a round whose last clip has come or ended, where the project lets it pass."""
    if version.shot.candidates.filter(status=Status.APPROVED).exists():
        return
    found = policy.choice(version)
    if found is not None:
        pick, why = found
        approve(pick, None, pick.revision, why=why)


# --- undoing ---


@transaction.atomic
def undo(decision: ReviewDecision, by: User) -> Undone:
    """Take a decision back: the candidate waits for eyes again, and what has not been sent is not sent.

    Raises CannotUndo when it was undone before, a later decision stands on it, or its clip's file is gone.
    """
    shot = decision.candidate.shot
    Shot.objects.select_for_update(no_key=True).get(pk=shot.pk)
    if not ReviewDecision.objects.filter(pk=decision.pk, undone_at=None).update(
        undone_at=timezone.now(), undone_by=by
    ):
        raise CannotUndo("This decision has been undone already.")
    row = Candidate.objects.whole().get(pk=decision.candidate_id)
    clip = getattr(row, "clip", None)
    if clip is not None and clip.removed_at is not None:
        # Nobody could look at it again, and the shot must not wait for eyes that have nothing to see.
        raise CannotUndo(f"{row.code} can no longer be reviewed. {clip.removed_words}")
    approved = shot.candidates.filter(status=Status.APPROVED).exclude(pk=row.pk).first()
    if approved is not None:
        raise CannotUndo(f"{approved.code} has been approved since. Undo that first.")
    try:
        row.move(Status.IN_REVIEW, by=by, why="decision undone", in_review_at=timezone.now())
    except StaleCandidate as stale:
        raise CannotUndo(f"{row.code} is {Status(row.status).label.lower()} by now.") from stale
    undone = _take_back_what_followed(decision, shot, by)
    # Others may have come or been ranked meanwhile.
    picks.bring_up_to_date(shot.pk)
    return undone


def _take_back_what_followed(decision: ReviewDecision, shot: Shot, by: User) -> Undone:
    if decision.verdict == Verdict.APPROVE:
        # What the retention has removed stays passed over.
        passed_over = shot.candidates.filter(status=Status.PASSED_OVER).exclude(
            clip__removed_at__isnull=False
        )
        for other in passed_over:
            other.move(Status.IN_REVIEW, by=by, why="approval undone", in_review_at=timezone.now())
        shot.candidates.filter(cancel_asked=True).update(cancel_asked=False)
        back = retakes.give_back_stopped(shot)
        return Undone(0, 0, list(back.candidates.exclude(status=Status.CANCELLED)) if back else ())
    recalled, left = retakes.take_back(decision, by)
    notes.give_back(decision, by)
    Shot.objects.filter(pk=shot.pk).update(escalated_at=None, escalation_reason="")
    return Undone(recalled, left)
