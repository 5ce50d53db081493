"""What came back: the clip's file as the vendor sent it, and what the automatic checks saw in it."""

from __future__ import annotations

from fractions import Fraction

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format

from reviewapp.models.candidates import Candidate


class Clip(models.Model):
    """The file of one candidate, byte for byte as it came, with the facts read from it."""

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
        ]

    def __str__(self) -> str:
        return f"{self.candidate.code}.mp4"

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


class QualityReport(models.Model):
    """What the checks saw. A measure that could not be taken is null, never 0.

    `findings` is a list of {kind, severity, start_s, end_s, sentence}; `verdict` is pass, suspect or reject;
    `score` is 0 to 1, higher is better.
    """

    candidate = models.OneToOneField(Candidate, on_delete=models.CASCADE, related_name="quality")
    checker_version = models.CharField(max_length=20)
    verdict = models.CharField(max_length=10)
    score = models.FloatField(null=True)
    measures = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    seconds = models.FloatField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.candidate.code}: {self.verdict}"
