"""What came back: the vendor's file as it is, what browsers play of it, and what the checks saw in it."""

from __future__ import annotations

from fractions import Fraction

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format

from reviewapp.models.candidates import Candidate, Status
from reviewapp.models.learning import RankModel

# The states to which a candidate comes through its check alone.
VERIFIED = frozenset({Status.IN_REVIEW, Status.APPROVED, Status.REJECTED, Status.PASSED_OVER})


class Playable(models.TextChoices):
    """What a browser is given of a clip."""

    ORIGINAL = "original", "the original"
    REMUX = "remux", "the original's pictures in a new container, its index in front"
    COPY = "copy", "an H.264 copy"


class Clip(models.Model):
    """The file of one candidate, byte for byte as it came, with the facts read from it.

    `playable` is empty while `plays` is the original, and when no copy could be made. `small` is a copy of
    480 lines for walls of clips, made after the clip has come to people; it names the clip's own file where
    that is as good. `media_version` says which recipe these were made with, 0 for clips from before it.
    `peaks` are 0 to 1, evenly spread over the clip; null without sound. `credentials` is what the original
    says of its origin: {"state": "trusted" | "valid" | "invalid" | "none" | "unread", …}.
    """

    candidate = models.OneToOneField(Candidate, on_delete=models.CASCADE, related_name="clip")
    file = models.FileField(upload_to="clips/", max_length=300)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=60, default="video/mp4")
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    frames = models.PositiveIntegerField(default=0)
    fps_num = models.PositiveIntegerField(default=24)
    fps_den = models.PositiveIntegerField(default=1)
    duration_s = models.FloatField(default=0)
    has_audio = models.BooleanField(default=False)
    container = models.CharField(max_length=20, blank=True)
    codec = models.CharField(max_length=40, blank=True)
    pixel_format = models.CharField(max_length=40, blank=True)
    plays = models.CharField(max_length=10, choices=Playable.choices, default=Playable.ORIGINAL)
    playable = models.FileField(upload_to="playables/", max_length=300, blank=True)
    small = models.FileField(upload_to="smalls/", max_length=300, blank=True)
    media_version = models.PositiveSmallIntegerField(default=0)
    peaks = models.JSONField(null=True, blank=True)
    credentials = models.JSONField(default=dict, blank=True)
    poster = models.FileField(upload_to="posters/", max_length=300, blank=True)
    filmstrip = models.FileField(upload_to="filmstrips/", max_length=300, blank=True)
    filmstrip_tiles = models.PositiveSmallIntegerField(default=0)
    # When the project's retention took the files away; their facts and the checksum stay.
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            # Whether any row names a file is asked for every file of the storage, and before one is removed.
            models.Index(fields=["file"], name="clip_file"),
            models.Index(fields=["poster"], name="clip_poster"),
            models.Index(fields=["filmstrip"], name="clip_filmstrip"),
            models.Index(fields=["playable"], name="clip_playable"),
            models.Index(fields=["small"], name="clip_small"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate.code}.mp4"

    @property
    def is_verified(self) -> bool:
        """Whether the checks have let this file through; no other is given to anybody."""
        return self.candidate.status in VERIFIED

    @property
    def has_small(self) -> bool:
        """Whether walls have something smaller to play than the clip itself."""
        return bool(self.small) and self.small.name not in {self.file.name, self.playable.name}

    @property
    def cannot_be_played(self) -> bool:
        """Whether browsers need a copy of it and none could be made; its original can still be fetched."""
        return self.plays == Playable.COPY and not self.playable

    @property
    def removed_words(self) -> str:
        """When and why the file went; empty while it is there."""
        if self.removed_at is None:
            return ""
        days = max(1, (self.removed_at - self.candidate.status_at).days)
        when = date_format(timezone.localtime(self.removed_at), "j F Y")
        return (
            f"Removed on {when}, {days} {'day' if days == 1 else 'days'} after it was set aside, as the "
            "project's retention says. Its facts and its checksum stay."
        )

    @property
    def fps(self) -> Fraction:
        return Fraction(self.fps_num, self.fps_den)


class Report(models.Model):
    """What the checks saw. What could not be measured is null and never 0; `unmeasured` says why, in words.

    `verdict` is pass, suspect or reject. `score` is the rules' own, 0 to 1, higher is better, over what was
    measured; `coverage` is the share of all weights that this was. `learned_score` is what the project's own
    decisions make of it, `learned_why` its terms: [{"words": "flicker", "term": -0.7}].

    `parts`: [{"name", "value" (0 to 1 or null), "weight"}]. `findings`: [{"kind", "severity", "start_s",
    "end_s", "sentence", "value", "place"}], with "accepted": true where the checks said `suspect` and the
    project makes a remark of it. `criteria`: [{"text", "state" (met, unmet, unmeasured, person),
    "why", "start_s"}]. `prompt_parts`: [{"words", "match"}], cosines of the model that `model_mark` names.
    """

    checker_version = models.CharField(max_length=20)
    verdict = models.CharField(max_length=10)
    score = models.FloatField(null=True)
    coverage = models.FloatField(default=0)
    parts = models.JSONField(default=list)
    measures = models.JSONField(default=dict)
    unmeasured = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    criteria = models.JSONField(default=list)
    prompt_parts = models.JSONField(default=list)
    model_mark = models.CharField(max_length=40, blank=True)
    learned_score = models.FloatField(null=True, blank=True)
    learned_by = models.ForeignKey(
        RankModel, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    learned_why = models.JSONField(default=list, blank=True)
    seconds = models.FloatField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    @property
    def shown_score(self) -> float | None:
        """The score that orders and that people see: the learned one where there is one."""
        return self.score if self.learned_score is None else self.learned_score


class QualityReport(Report):
    """The report that counts: of the newest checker that has looked at the clip."""

    candidate = models.OneToOneField(Candidate, on_delete=models.CASCADE, related_name="quality")

    class Meta:
        indexes = [models.Index(fields=["checker_version", "id"], name="report_checker")]

    def __str__(self) -> str:
        return f"{self.candidate.code}: {self.verdict}"


class EarlierReport(Report):
    """A report that a newer checker's has replaced, kept as it was."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="earlier_reports")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.candidate.code}: {self.verdict} by checker {self.checker_version}"
