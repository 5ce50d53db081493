"""The providers' keys: encrypted at rest, write-only, shown by their last four characters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from reviewapp import env, secretbox
from reviewapp.models.accounts import AuditEntry, User
from reviewapp.models.projects import BudgetMode


def is_masked(value: str) -> bool:
    """Whether a value is empty or has its middle left out, as pages show keys."""
    return not value.strip() or "…" in value or "•" in value or "*" * 3 in value


class ProviderKey(models.Model):
    """One account at one provider. Its credentials can be set and used, never read back by a person.

    `options` are what the vendor needs besides and nobody has to hide (a Google Cloud project, a bucket).
    `paused_reason` stops the key until a person acts; `resting_until` stops it for a while by itself.
    `from_environment` keys store no secret: theirs is read from the variables of the process that uses it.
    `next_call_at` is the next free place in the key's rate of calls; `budget_usd` is for all time,
    `daily_budget_usd` for one day (UTC); empty limits are none of ours.
    """

    name = models.CharField(max_length=80, unique=True)
    provider = models.CharField(max_length=40)
    base_url = models.URLField(blank=True, max_length=300)
    credentials_encrypted = models.TextField(blank=True)
    options = models.JSONField(default=dict, blank=True)
    last_four = models.CharField(max_length=4, blank=True)
    from_environment = models.BooleanField(default=False)
    # When the key was last made to mean another account, as far as anyone can tell: its secret, address or
    # options. Of secrets in the environment only a print is kept, which tells that they have changed.
    account_changed_at = models.DateTimeField(null=True, blank=True)
    secret_print = models.CharField(max_length=64, blank=True)
    enabled = models.BooleanField(default=True)
    paused_reason = models.CharField(max_length=300, blank=True)
    resting_until = models.DateTimeField(null=True, blank=True)
    resting_reason = models.CharField(max_length=300, blank=True)
    budget_usd = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    daily_budget_usd = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    budget_mode = models.CharField(max_length=10, choices=BudgetMode.choices, default=BudgetMode.CAP)
    concurrency = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    requests_per_minute = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    next_call_at = models.DateTimeField(null=True, blank=True)
    # The public keys a vendor signs its webhooks with, where it publishes them, and when they were fetched.
    webhook_keys = models.JSONField(default=list, blank=True)
    webhook_keys_at = models.DateTimeField(null=True, blank=True)
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
        return self.enabled and not self.paused_reason and not self.has_vanished

    @property
    def has_vanished(self) -> bool:
        """Whether the key comes from the environment and is no longer in it."""
        return self.from_environment and not env.key_values(self.provider)

    def rests(self, now: datetime) -> bool:
        """Whether the key is left alone for a while: the vendor is down or has asked for a pause."""
        return self.resting_until is not None and self.resting_until > now

    @sensitive_variables()
    def set_credentials(self, credentials: Mapping[str, str]) -> None:
        """Encrypt and keep new credentials, by the names the provider gives them, the telling one first. None
        at all is right for a provider that asks for none. An empty or masked value is a caller's mistake and
        never overwrites.
        """
        values = {name: value.strip() for name, value in credentials.items()}
        if any(is_masked(value) for value in values.values()):
            raise ValueError("a masked or empty value is not a key")
        self.credentials_encrypted = secretbox.encrypt(json.dumps(values)) if values else ""
        first = next(iter(values.values()), "")
        # Four characters of a very short secret would give most of it away, and those of a file say nothing.
        self.last_four = first[-4:] if len(first) >= 12 and not first.startswith("{") else ""

    @sensitive_variables()
    def credentials(self) -> dict[str, str]:
        """The secrets by name, for the provider's own room. Raises `CannotDecrypt`."""
        if self.from_environment:
            return env.key_values(self.provider)
        if not self.credentials_encrypted:
            return {}
        try:
            found = json.loads(secretbox.decrypt(self.credentials_encrypted))
        except ValueError as error:
            raise secretbox.CannotDecrypt("The stored key is damaged. Enter it again.") from error
        return {str(name): str(value) for name, value in found.items()}

    @property
    def can_be_read(self) -> bool:
        """Whether the configured encryption keys open what is stored."""
        try:
            self.credentials()
        except secretbox.CannotDecrypt:
            return False
        return True

    def pause(self, reason: str) -> bool:
        """Stop using the key until a person acts. False when it is paused already: it keeps its
        first reason.
        """
        with transaction.atomic():
            reason = reason[:300]
            if not ProviderKey.objects.filter(pk=self.pk, paused_reason="").update(paused_reason=reason):
                return False
            AuditEntry.record(None, "paused key", self.name, reason)
            return True

    def mark_used(self) -> None:
        ProviderKey.objects.filter(pk=self.pk).update(last_used_at=timezone.now())
