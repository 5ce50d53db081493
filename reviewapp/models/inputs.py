"""What a shot starts from: first and last frames, reference pictures, a clip to edit."""

from __future__ import annotations

from django.db import models

from reviewapp.models.accounts import User
from reviewapp.models.projects import Shot


class ShotInput(models.Model):
    """One file that goes to the vendor with the words. It never changes: another picture is another row.

    `removed_at` takes it out of the shot; row and file stay for the candidates that were made with it.
    Width and height in pixels, size in bytes, and a clip's length in seconds.
    """

    class Kind(models.TextChoices):
        FIRST_FRAME = "first_frame", "First frame"
        LAST_FRAME = "last_frame", "Last frame"
        REFERENCE = "reference", "Reference picture"
        SOURCE_VIDEO = "source_video", "Clip to edit"

    shot = models.ForeignKey(Shot, on_delete=models.CASCADE, related_name="inputs")
    role = models.CharField(max_length=20, choices=Kind.choices)
    position = models.PositiveSmallIntegerField(default=0)
    file = models.FileField(max_length=300)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["role", "position", "pk"]
        indexes = [
            models.Index(fields=["file"], name="input_file"),
            # A clip that something starts from is kept, whatever the retention says.
            models.Index(fields=["sha256"], name="input_sha256"),
        ]

    def __str__(self) -> str:
        return f"{self.shot.code} {self.role}: {self.name}"

    @property
    def extension(self) -> str:
        return str(self.file.name).rpartition(".")[2]

    @property
    def is_clip(self) -> bool:
        return self.role == self.Kind.SOURCE_VIDEO
