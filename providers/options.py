"""Reading a provider's options: every wrong or missing one is named before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from providers.errors import NotConfigured

DEFAULT_MAX_BYTES = 500_000_000
# Creation waits while the vendor fetches and inspects the inputs, which is why reading may take a minute.
DEFAULT_TIMEOUTS = {"connect": 10.0, "read": 60.0, "write": 60.0, "pool": 10.0}
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, kw_only=True)
class HttpOptions:
    """What every vendor's HTTP needs. `private_hosts` are `host:port` pairs that may be private and plain."""

    base_url: str
    private_hosts: frozenset[str]
    max_bytes: int
    timeout: httpx.Timeout
    poll_seconds: float


def read_http_options(
    options: Mapping[str, Any], *, base_url: str, poll_seconds: float, address: str = "base_url"
) -> HttpOptions:
    """The shared options, with the vendor's own defaults for the address and the polling interval.

    `address` is the option that holds the address, where a vendor has a second host.
    """
    private_hosts = _private_hosts(options.get("private_hosts", ()))
    return HttpOptions(
        base_url=_base_url(options.get(address) or base_url, private_hosts, address),
        private_hosts=private_hosts,
        max_bytes=int(_positive(options.get("max_bytes", DEFAULT_MAX_BYTES), "max_bytes")),
        timeout=_timeout(options.get("timeouts") or {}),
        poll_seconds=_positive(options.get("poll_seconds", poll_seconds), "poll_seconds"),
    )


def secret_option(options: Mapping[str, Any], name: str, vendor: str) -> str:
    """A credential, trimmed. The message names the option and never its value."""
    value = options.get(name)
    if not isinstance(value, str) or not value.strip():
        raise NotConfigured(f"{vendor} needs the option “{name}”, and it is empty. Nothing was sent.")
    value = value.strip()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise NotConfigured(
            f"The option “{name}” of {vendor} contains spaces, line breaks or letters that no key has. "
            "Copy it again from the vendor's page. Nothing was sent."
        )
    return value


def plain_option(options: Mapping[str, Any], name: str, vendor: str) -> str:
    """A short text that goes into a header and is no secret; empty where it was left out."""
    value = str(options.get(name) or "").strip()
    if value and (not value.isascii() or not value.isprintable()):
        raise NotConfigured(
            f"The option “{name}” of {vendor} holds a letter that a header cannot carry. Nothing was sent."
        )
    return value


def port_of(scheme: str, port: int | None) -> int:
    """The port a URL means when it names none."""
    return port or (443 if scheme == "https" else 80)


def _positive(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise NotConfigured(f"The option “{name}” must be a number above zero.")
    return value


def _private_hosts(value: object) -> frozenset[str]:
    if isinstance(value, str) or not isinstance(value, list | tuple | set | frozenset):
        raise NotConfigured("The option “private_hosts” must be a list of host:port.")
    for entry in value:
        host, _, port = str(entry).rpartition(":")
        if not host or not port.isdecimal():
            raise NotConfigured(
                "Each entry of “private_hosts” must be written host:port, such as 127.0.0.1:8100."
            )
    return frozenset(str(entry).lower() for entry in value)


def _base_url(value: object, private_hosts: frozenset[str], name: str) -> str:
    try:
        parts = urlsplit(str(value).strip())
        host, port = (parts.hostname or "").lower(), port_of(parts.scheme, parts.port)
    except ValueError:
        raise NotConfigured(f"The option “{name}” is no web address.") from None
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or parts.username:
        raise NotConfigured(f"The option “{name}” must be a plain web address such as https://host/path.")
    # Over plain http the key itself would travel readable; only this machine and named hosts are excused.
    if parts.scheme == "http" and host not in _LOOPBACK and f"{host}:{port}" not in private_hosts:
        raise NotConfigured(
            f"The option “{name}” must begin with https://, or the key could be read on the way."
        )
    return str(value).strip().rstrip("/")


def _timeout(value: object) -> httpx.Timeout:
    if not isinstance(value, Mapping) or not set(value) <= set(DEFAULT_TIMEOUTS):
        raise NotConfigured("The option “timeouts” takes seconds for connect, read, write and pool.")
    seconds = {
        name: _positive(value.get(name, default), f"timeouts.{name}")
        for name, default in DEFAULT_TIMEOUTS.items()
    }
    return httpx.Timeout(**seconds)
