"""What decisions have taught: a correction of the checks' score, and which change solves which complaint."""

from __future__ import annotations

from django.db import models

from reviewapp.models.projects import Project


class RankModel(models.Model):
    """One training on a project's decisions, and whether its scores are shown.

    `numbers` is the model itself (`reviewapp.ranking` reads it), `figures` how it did on shots it had not
    seen beside the rules. Only an `active` one is used, and at most one of a project is; `why` says in words
    why it is, or is not.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="rank_models")
    number = models.PositiveIntegerField()
    checker_version = models.CharField(max_length=20)
    decisions = models.PositiveIntegerField(default=0)
    approved = models.PositiveIntegerField(default=0)
    shots = models.PositiveIntegerField(default=0)
    numbers = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)
    active = models.BooleanField(default=False)
    why = models.CharField(max_length=400)
    trained_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["project", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="rank_model_number_in_project"),
            models.UniqueConstraint(
                fields=["project"], condition=models.Q(active=True), name="one_active_rank_model"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} model {self.number}"


class MeasuredFix(models.Model):
    """Whether one kind of change to a prompt solved one kind of complaint on one model.

    `complaint` is `tag:motion` or `finding:flicker`; `change` is the refiner's kind of change, `again` where
    the words stayed as they were, or `for_others` where they changed and not because of this note. Told by
    the reviewer's word on a note, or, without a note, by the checks of the old and the new clip.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="measured_fixes")
    candidate = models.ForeignKey(
        "reviewapp.Candidate", on_delete=models.CASCADE, related_name="measured_fixes"
    )
    note = models.ForeignKey(
        "reviewapp.Note", null=True, blank=True, on_delete=models.CASCADE, related_name="measured_fixes"
    )
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=80)
    complaint = models.CharField(max_length=60)
    change = models.CharField(max_length=60)
    solved = models.BooleanField()
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["note", "candidate", "complaint", "change"],
                condition=models.Q(note__isnull=False),
                name="one_fix_of_a_note",
            ),
            models.UniqueConstraint(
                fields=["candidate", "complaint", "change"],
                condition=models.Q(note__isnull=True),
                name="one_fix_of_a_finding",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "model", "complaint", "change"], name="fix_of_model"),
        ]

    def __str__(self) -> str:
        return f"{self.complaint} by {self.change}: {'solved' if self.solved else 'not solved'}"
