"""What the cleaning did last, whose turn it is, and vendors' copies that could not be deleted yet."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from reviewapp.models.candidates import Candidate


class CleaningRun(models.Model):
    """The last run of one kind of cleaning, and the lease on it: one process at a time, on whatever machine.

    `began_at` later than `ended_at` means that a run is under way, or was cut off and goes on from `cursor`.
    `removed` counts rows and files, `failed` what could not be removed this time; `size` is bytes of files.
    """

    kind = models.CharField(max_length=20, primary_key=True)
    since = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(max_length=160, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    cursor = models.CharField(max_length=400, blank=True)
    removed = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    said = models.CharField(max_length=600, blank=True)

    class Meta:
        ordering = ["kind"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.said}"

    @property
    def under_way(self) -> bool:
        return self.began_at is not None and (self.ended_at is None or self.ended_at < self.began_at)


class VendorCopy(models.Model):
    """A clip's copy at its vendor whose deletion was asked for and not yet confirmed."""

    candidate = models.OneToOneField(Candidate, on_delete=models.CASCADE, related_name="vendor_copy")
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField()
    given_up = models.BooleanField(default=False)
    said = models.CharField(max_length=400, blank=True)

    class Meta:
        verbose_name_plural = "vendor copies"

    def __str__(self) -> str:
        return f"{self.candidate.code}: {self.said}"
