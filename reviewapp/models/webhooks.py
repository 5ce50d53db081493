"""Webhooks that were believed, by their id, so that none is believed twice."""

from __future__ import annotations

from django.db import models


class WebhookDelivery(models.Model):
    """One accepted delivery. Rows older than any signature is believed are swept away."""

    provider = models.CharField(max_length=40)
    event_id = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="webhook_believed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"
