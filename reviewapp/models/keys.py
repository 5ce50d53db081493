"""The providers' keys: encrypted at rest, write-only, shown by their last four characters."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from reviewapp import secretbox
from reviewapp.models.accounts import User


class ProviderKey(models.Model):
    """One account at one provider. The secret can be set and used, never read back by a person."""

    name = models.CharField(max_length=80, unique=True)
    provider = models.CharField(max_length=40)
    base_url = models.URLField(blank=True, max_length=300)
    secret_encrypted = models.TextField()
    last_four = models.CharField(max_length=4, blank=True)
    enabled = models.BooleanField(default=True)
    paused_reason = models.CharField(max_length=300, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    check_ok = models.BooleanField(null=True, blank=True)
    check_sentence = models.CharField(max_length=400, blank=True)
    check_asked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["provider", "name"]

    def __str__(self) -> str:
        return f"{self.name} (…{self.last_four})"

    @property
    def is_sandbox(self) -> bool:
        """Whether the key leads to the sandbox, where nothing costs anything."""
        return self.base_url.startswith(settings.SANDBOX_URL)

    @property
    def usable(self) -> bool:
        return self.enabled and not self.paused_reason

    def set_secret(self, secret: str) -> None:
        """Encrypt and keep a new secret. An empty or masked value is a caller's mistake and never
        overwrites.
        """
        if not secret.strip() or "…" in secret or "•" in secret or "*" * 3 in secret:
            raise ValueError("a masked or empty value is not a key")
        self.secret_encrypted = secretbox.encrypt(secret.strip())
        # Four characters of a very short secret would give most of it away.
        self.last_four = secret.strip()[-4:] if len(secret.strip()) >= 12 else ""

    def secret(self) -> str:
        return secretbox.decrypt(self.secret_encrypted)

    def pause(self, reason: str) -> None:
        ProviderKey.objects.filter(pk=self.pk, paused_reason="").update(paused_reason=reason[:300])

    def mark_used(self) -> None:
        ProviderKey.objects.filter(pk=self.pk).update(last_used_at=timezone.now())
