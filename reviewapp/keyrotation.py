"""Changing the encryption key: every stored secret is written anew with the newest one.

Secrets are those of the providers' keys, and the addresses and signing secrets of receivers.
"""

from __future__ import annotations

from dataclasses import dataclass

from reviewapp import secretbox
from reviewapp.models import AuditEntry, OutgoingHook, ProviderKey

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
    results = [(key.name, _rotate(ProviderKey, key.pk, "credentials_encrypted")) for key in stored()]
    results += [(str(hook), _rotate(OutgoingHook, hook.pk, column)) for hook, column in _of_receivers()]
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


def _of_receivers() -> list[tuple[OutgoingHook, str]]:
    """The receivers with each of their columns in which a secret is kept."""
    columns = ("url_encrypted", "secret_encrypted")
    hooks = OutgoingHook.objects.order_by("pk")
    return [(hook, column) for hook in hooks for column in columns if getattr(hook, column)]


def needing_older_keys() -> list[str]:
    """The names of the keys and receivers that the newest encryption key alone could not read."""
    names = [key.name for key in stored() if not secretbox.is_current(key.credentials_encrypted)]
    old = {str(hook) for hook, column in _of_receivers() if not secretbox.is_current(getattr(hook, column))}
    return names + sorted(old)


def _rotate(model: type[ProviderKey] | type[OutgoingHook], pk: int, column: str) -> bool | None:
    """Whether the row was written anew; None where it cannot be read."""
    for _ in range(_TRIES):
        was = model._default_manager.filter(pk=pk).values_list(column, flat=True).first()
        if not was or secretbox.is_current(was):
            return False
        try:
            if write_anew(pk, was, model, column):
                return True
        except secretbox.CannotDecrypt:
            return None
    return None


def write_anew(
    pk: int,
    was: str,
    model: type[ProviderKey] | type[OutgoingHook] = ProviderKey,
    column: str = "credentials_encrypted",
) -> bool:
    """Encrypt what the row held when it was read; False where somebody has entered another key since, which
    must not be undone. Raises `CannotDecrypt`.
    """
    fresh = secretbox.encrypt(secretbox.decrypt(was))
    row = model._default_manager.filter(pk=pk, **{column: was})
    return row.update(**{column: fresh}) == 1
