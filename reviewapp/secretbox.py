"""Encryption at rest for the providers' keys: Fernet, newest encryption key first, older ones still
readable.
"""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.views.decorators.debug import sensitive_variables


class CannotDecrypt(Exception):
    """The encryption key that wrote this secret is not among the configured ones."""


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key.encode()) for key in settings.ENCRYPTION_KEYS])


@sensitive_variables()
def encrypt(secret: str) -> str:
    return _box().encrypt(secret.encode()).decode()


@sensitive_variables()
def decrypt(token: str) -> str:
    try:
        return _box().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise CannotDecrypt(
            "This key was stored with an encryption key that is not configured here. "
            "Put the old one back into RETAKE_ENCRYPTION_KEYS, or enter the provider's key again."
        ) from error


def is_current(token: str) -> bool:
    """Whether the newest encryption key wrote this, so that it needs none of the older ones."""
    try:
        Fernet(settings.ENCRYPTION_KEYS[0].encode()).decrypt(token.encode())
    except InvalidToken:
        return False
    return True
