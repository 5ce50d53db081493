"""People of the site, and the log of what admins changed."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person. Roles are per project (Membership); only the admin's right is per site."""

    # Colour and initials of the avatar follow from the name; nothing else is stored about a person.

    class Meta(AbstractUser.Meta):
        pass

    @property
    def is_site_admin(self) -> bool:
        return self.is_active and self.is_superuser

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        words = self.display_name.split()
        return "".join(word[0] for word in words[:2]).upper() or "?"


class AuditEntry(models.Model):
    """One change an admin or producer made to keys, users, members or policy. Never holds a secret."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=200)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.action} {self.target}"

    @classmethod
    def record(cls, by: User | None, action: str, target: str, detail: str = "") -> AuditEntry:
        return cls.objects.create(by=by, action=action, target=target[:200], detail=detail[:500])
