"""What people said: decisions, notes, whether a note was solved, and drafts of all of it."""

from __future__ import annotations

from django.db import models

from reviewapp.models.accounts import User
from reviewapp.models.candidates import Candidate
from reviewapp.models.projects import PromptVersion


class Verdict(models.TextChoices):
    APPROVE = "approve", "Approve"
    CHANGES = "changes", "Request changes"
    REJECT = "reject", "Reject"


class ReviewDecision(models.Model):
    """One verdict by one person on one candidate at one revision. `by` is empty when the project's policy
    decided.
    """

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="decisions")
    revision = models.PositiveIntegerField()
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="decisions")
    at = models.DateTimeField(auto_now_add=True)
    retake = models.ForeignKey(
        PromptVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="asked_by"
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            # A double click carries the same revision and so finds its own first half.
            models.UniqueConstraint(fields=["candidate", "revision"], name="one_decision_per_revision"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} on {self.candidate.code}"


class Note(models.Model):
    """A remark on a frame, a range or the whole clip. Frames are 0-based; `frame_out` is inclusive.

    `decision` is empty while the note only lies on the clip; the next rejection takes it along. A note that
    the next round did not solve comes back as a new note with `carried_from` and one more `weight`.
    """

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="notes")
    decision = models.ForeignKey(
        ReviewDecision, null=True, blank=True, on_delete=models.CASCADE, related_name="notes"
    )
    tags = models.JSONField(default=list, blank=True)
    text = models.TextField(blank=True, max_length=2000)
    frame_in = models.PositiveIntegerField(null=True, blank=True)
    frame_out = models.PositiveIntegerField(null=True, blank=True)
    weight = models.PositiveSmallIntegerField(default=1)
    carried_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="carried_to"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.text[:60] or ", ".join(self.tags) or f"note {self.pk}"


class NoteCheck(models.Model):
    """A reviewer's word on whether the new clip solved an old note."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="checks")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="note_checks")
    solved = models.BooleanField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["note", "candidate"], name="one_check_per_note")]

    def __str__(self) -> str:
        return f"{self.note_id}: {'solved' if self.solved else 'not solved'}"


class Draft(models.Model):
    """What a reviewer has typed about a clip and not yet sent; survives reloads, Escape and sign-outs."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="drafts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts")
    verdict = models.CharField(max_length=10, choices=Verdict.choices, default=Verdict.REJECT)
    tags = models.JSONField(default=list, blank=True)
    text = models.TextField(blank=True, max_length=2000)
    frame_in = models.PositiveIntegerField(null=True, blank=True)
    frame_out = models.PositiveIntegerField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["candidate", "user"], name="one_draft_per_person")]

    def __str__(self) -> str:
        return f"draft of {self.user} on {self.candidate.code}"
