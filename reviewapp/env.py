"""Reading settings from the environment: loud on a wrong value, secrets also from `NAME_FILE`."""

from __future__ import annotations

import os
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, time
from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography import x509
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

T = TypeVar("T")


def _read(name: str, default: T, parse: Callable[[str], T], wanted: str) -> T:
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    try:
        return parse(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {raw!r}; it must be {wanted}.") from error


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }

    def parse(raw: str) -> bool:
        if raw.lower() not in words:
            raise ValueError(raw)
        return words[raw.lower()]

    return _read(name, default, parse, "1 or 0 (also true/false, yes/no, on/off)")


def number(name: str, default: float, *, least: float = 0) -> float:
    def parse(raw: str) -> float:
        value = float(raw)
        if not value >= least:
            raise ValueError(raw)
        return value

    return _read(name, default, parse, f"a number of at least {least:g}")


def integer(name: str, default: int, *, least: int = 0) -> int:
    def parse(raw: str) -> int:
        value = int(raw)
        if value < least:
            raise ValueError(raw)
        return value

    return _read(name, default, parse, f"a whole number of at least {least}")


def choice(name: str, allowed: Sequence[str]) -> str:
    """One of a few words; the first of them where nothing is set."""

    def parse(raw: str) -> str:
        if raw.lower() not in allowed:
            raise ValueError(raw)
        return raw.lower()

    return _read(name, allowed[0], parse, " or ".join(allowed))


def days(name: str, default: int | None, *, least: int = 0) -> int | None:
    """A whole number of days; None for `never`."""

    def parse(raw: str) -> int | None:
        if raw.lower() == "never":
            return None
        value = int(raw)
        if not least <= value <= 3650:
            raise ValueError(raw)
        return value

    return _read(name, default, parse, f"a whole number of days from {least} to 3650, or never")


def clock(name: str, default: str) -> time | None:
    """A time of day, such as 03:30; None for `never`."""

    def parse(raw: str) -> time | None:
        return None if raw.lower() == "never" else datetime.strptime(raw, "%H:%M").time()

    return _read(name, parse(default), parse, "a time of day such as 03:30, or never")


def words(name: str, default: list[str]) -> list[str]:
    return [word.strip() for word in text(name).split(",") if word.strip()] or default


def public_url(name: str) -> str:
    """Where others reach this site, without a slash at the end; empty when nobody does."""

    def parse(raw: str) -> str:
        parts = urlsplit(raw)
        plain = not (parts.query or parts.fragment or parts.username or parts.password)
        if parts.scheme != "https" or not parts.hostname or parts.port == 0 or not plain or " " in raw:
            raise ValueError(raw)
        return raw.rstrip("/")

    return _read(name, "", parse, "an address that begins with https://, such as https://retake.example.org")


def secret(name: str) -> str:
    """A secret from the variable itself or from the file that `NAME_FILE` names."""
    path = text(f"{name}_FILE")
    if not path:
        return text(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE names {path}, which cannot be read: {error.strerror}."
        ) from error


def secret_or_made(name: str, kept_in: Path, make: Callable[[], str]) -> str:
    """A configured secret, or one made on the first start and kept readable to this user alone."""
    given = secret(name)
    if given:
        return given
    try:
        if not kept_in.exists():
            kept_in.parent.mkdir(parents=True, exist_ok=True)
            # Several processes may start at once: only one may write, and the others must see it whole.
            fresh = kept_in.with_name(f"{kept_in.name}.{os.getpid()}")
            fresh.touch(mode=0o600)
            fresh.write_text(make(), encoding="utf-8")
            try:
                os.link(fresh, kept_in)
            except FileExistsError:
                # Another process was first, and its secret is the one that counts.
                return kept_in.read_text(encoding="utf-8").strip()
            finally:
                fresh.unlink()
        return kept_in.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{kept_in} cannot be read or written ({error.strerror}). "
            f"Make the folder writable, choose another with RETAKE_DATA_DIR, or set {name}."
        ) from error


def make_secret_key() -> str:
    return secrets.token_urlsafe(48)


def vapid_key(kept_in: Path) -> str:
    """The private key that signs browser push: 32 bytes in URL-safe base64, as VAPID tools print it."""

    def make() -> str:
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        return urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")

    raw = secret_or_made("RETAKE_VAPID_KEY", kept_in, make)
    try:
        number = int.from_bytes(urlsafe_b64decode(raw + "=" * (-len(raw) % 4)), "big")
        ec.derive_private_key(number, ec.SECP256R1())
    except ValueError as error:
        raise ImproperlyConfigured(
            "RETAKE_VAPID_KEY must be a private VAPID key: 32 bytes in URL-safe base64."
        ) from error
    return raw


def push_contact(name: str, default: str) -> str:
    """A mail address or an https:// address, as the push services ask for one."""

    def parse(raw: str) -> str:
        if not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+|https://[^\s/]+(/\S*)?", raw):
            raise ValueError(raw)
        return raw

    usual = default if default.startswith("https://") else "mailto:retake@localhost"
    return _read(name, usual, parse, "mailto:somebody@example.org or an https:// address")


def make_encryption_key() -> str:
    return Fernet.generate_key().decode()


def encryption_keys(kept_in: Path) -> list[str]:
    """The configured Fernet keys, newest first; every one is checked here so that a typing mistake is
    loud.
    """
    raw = secret_or_made("RETAKE_ENCRYPTION_KEYS", kept_in, make_encryption_key)
    keys = [key.strip() for key in raw.split(",") if key.strip()]
    for key in keys:
        try:
            Fernet(key.encode())
        except ValueError as error:
            raise ImproperlyConfigured(
                "RETAKE_ENCRYPTION_KEYS must be comma-separated Fernet keys (32 bytes, URL-safe base64)."
            ) from error
    return keys


def certificates(name: str) -> tuple[str, ...]:
    """The certificates, each in PEM, of the file that the setting names; none where nothing is set."""
    path = text(name)
    if not path:
        return ()
    try:
        found = x509.load_pem_x509_certificates(Path(path).read_bytes())
    except OSError as error:
        raise ImproperlyConfigured(f"{name} names {path}, which cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} names {path}, which must hold certificates in PEM.") from error
    return tuple(one.public_bytes(serialization.Encoding.PEM).decode() for one in found)


# Keys of providers: RETAKE_KEY_<VENDOR>_<CREDENTIAL>, each also with _FILE.
KEY_PREFIX = "RETAKE_KEY_"


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed over. `tls` is `starttls`, `ssl` (encrypted from the first byte) or `off`."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: str = "starttls"


def mail_server(name: str) -> MailServer | None:
    """The mail server of `smtp://user:password@host:port/?tls=starttls`, also from a file; None is no mail.

    Without `tls` the way is encrypted, except to this very machine. A wrong value is not repeated, as it may
    hold a password.
    """
    raw = secret(name)
    if not raw:
        return None
    try:
        return _mail_server(raw)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must be like smtp://user:password@mail.example.org:587/?tls=starttls "
            "(tls: starttls, ssl or off; signs such as @ in the password written as %40)."
        ) from None


def _mail_server(raw: str) -> MailServer:
    parts = urlsplit(raw)
    wishes = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    known = parts.scheme in ("smtp", "smtps") and parts.path in ("", "/") and not parts.fragment
    if not known or not parts.hostname or parts.port == 0 or wishes.keys() - {"tls"}:
        raise ValueError("not the address of a mail server")
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    encrypted = "ssl" if parts.scheme == "smtps" or parts.port == 465 else "starttls"
    tls = wishes.get("tls", "off" if local and parts.scheme == "smtp" else encrypted)
    if tls not in ("starttls", "ssl", "off"):
        raise ValueError("not a way to encrypt")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    port = parts.port or {"ssl": 465, "starttls": 587, "off": 25}[tls]
    return MailServer(parts.hostname, port, user, password, tls)


def mail_sender(name: str, *, needed: bool) -> str:
    """The address that mails come from, such as `Retake <retake@example.org>`; loud where it is needed."""

    def parse(raw: str) -> str:
        display, address = parseaddr(raw)
        try:
            validate_email(address)
        except ValidationError as error:
            raise ValueError(raw) from error
        if any(ord(sign) < 32 for sign in raw):
            raise ValueError(raw)
        return formataddr((display, address)) if display else address

    found = _read(name, "", parse, "an address, such as Retake <retake@example.org>")
    if needed and not found:
        raise ImproperlyConfigured(f"{name} is not set. Mails need an address that they come from.")
    return found


def site_url(name: str, default: str) -> str:
    """Where people reach this site, without a slash at the end; plain http is fine inside a house."""

    def parse(raw: str) -> str:
        parts = urlsplit(raw)
        plain = not (parts.query or parts.fragment or parts.username or parts.password)
        if parts.scheme not in ("http", "https") or not parts.hostname or not plain or " " in raw:
            raise ValueError(raw)
        return raw.rstrip("/")

    return _read(name, default, parse, "an address such as https://retake.example.org")


def key_values(vendor: str) -> dict[str, str]:
    """What the environment holds for a vendor's key, by the credential's name, read afresh at each call.

    A file that cannot be read counts as not set: whoever uses the key then says which name is missing.
    """
    prefix = f"{KEY_PREFIX}{vendor.upper()}_"
    names = {
        name.removeprefix(prefix).removesuffix("_FILE") for name in os.environ if name.startswith(prefix)
    }
    found: dict[str, str] = {}
    for name in sorted(names):
        with suppress(ImproperlyConfigured):
            if value := secret(f"{prefix}{name}"):
                found[name.lower()] = value
    return found
