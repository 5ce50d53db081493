"""Changing the encryption key: every stored secret is written anew with the newest one."""

from __future__ import annotations

from dataclasses import dataclass

from reviewapp import secretbox
from reviewapp.models import AuditEntry, ProviderKey

# A row that people change again and again in this very moment is left to the next run.
_TRIES = 5


@dataclass(frozen=True)
class Told:
    """What a rotation did. `current` needed nothing; `unreadable` are the names of keys it could not read."""

    rotated: int
    current: int
    unreadable: tuple[str, ...]

    @property
    def stored(self) -> int:
        return self.rotated + self.current + len(self.unreadable)


def rotate() -> Told:
    """Encrypt what an older encryption key wrote with the newest one. Each row stands for itself: a run that
    is broken off has done a part, and the next does the rest.
    """
    results = [(key.name, _rotate(key.pk)) for key in stored()]
    told = Told(
        rotated=sum(result is True for _, result in results),
        current=sum(result is False for _, result in results),
        unreadable=tuple(name for name, result in results if result is None),
    )
    if told.rotated:
        AuditEntry.record(
            None, "encrypted keys anew", f"{told.rotated} keys", "with the newest encryption key"
        )
    return told


def stored() -> list[ProviderKey]:
    """The keys whose secrets are kept here."""
    return list(ProviderKey.objects.exclude(credentials_encrypted=""))


def needing_older_keys() -> list[str]:
    """The names of the keys that the newest encryption key alone could not read."""
    return [key.name for key in stored() if not secretbox.is_current(key.credentials_encrypted)]


def _rotate(pk: int) -> bool | None:
    """Whether the row was written anew; None where it cannot be read."""
    for _ in range(_TRIES):
        was = ProviderKey.objects.filter(pk=pk).values_list("credentials_encrypted", flat=True).first()
        if not was or secretbox.is_current(was):
            return False
        try:
            if write_anew(pk, was):
                return True
        except secretbox.CannotDecrypt:
            return None
    return None


def write_anew(pk: int, was: str) -> bool:
    """Encrypt what the row held when it was read; False where somebody has entered another key since, which
    must not be undone. Raises `CannotDecrypt`.
    """
    fresh = secretbox.encrypt(secretbox.decrypt(was))
    row = ProviderKey.objects.filter(pk=pk, credentials_encrypted=was)
    return row.update(credentials_encrypted=fresh) == 1
