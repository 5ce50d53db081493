"""How long each model takes, learned from the clips that it has made."""

from __future__ import annotations

from django.db import models


class Pace(models.Model):
    """The last jobs of one model: seconds from the accepted call to the vendor's "done", newest last."""

    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=80)
    seconds = models.JSONField(default=list)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "model"], name="one_pace_per_model")]

    def __str__(self) -> str:
        return f"{self.provider} {self.model}: {len(self.seconds)} jobs"
