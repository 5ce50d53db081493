"""The address of a key or of a receiver as it is typed: judged by its text alone."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

_IPV6_INTERNET = ipaddress.ip_network("2000::/3")


def check_base_url(url: str) -> str:
    """The address of a key, or a ValidationError that says what is wrong with it.

    Only the text is judged, and nothing is looked up: a page must not wait for a name server. Where a name
    leads is judged when the key is tested and at every use.
    """
    parts = _whole(url) if url else None
    if parts is None:
        return ""
    if parts.query or parts.fragment:
        raise ValidationError(
            "Leave out names, passwords and everything from a ? or # on; the key has its own field."
        )
    return _public(url, parts, "the key would travel readable to everyone on the way.")


def check_receiver_url(url: str) -> str:
    """The address that events are sent to. What follows a ? belongs to it: some have their token there."""
    parts = _whole(url)
    return _public(url, parts, "the messages would travel readable to everyone on the way.")


def _whole(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValidationError(
            "This is not a web address. Write it like https://gateway.example.com/v1."
        ) from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ValidationError("Write the whole address, beginning with https://.")
    if parts.username is not None or parts.password is not None:
        raise ValidationError(
            "Leave out names and passwords from the address; it would be readable in many places."
        )
    return parts


def _public(url: str, parts: SplitResult, else_: str) -> str:
    host, port = (parts.hostname or "").lower(), parts.port
    authority = f"{host}:{port or (443 if parts.scheme == 'https' else 80)}"
    if authority in {name.lower() for name in settings.PRIVATE_HOSTS}:
        return url
    if parts.scheme != "https":
        raise ValidationError(f"Only https:// is allowed: {else_}")
    if _is_private(host):
        raise ValidationError(
            f"{host} is inside a private network. If it is meant, whoever runs this site must name "
            f"{authority} in RETAKE_PRIVATE_HOSTS first."
        )
    return url


def _is_private(host: str) -> bool:
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        # 127.1, 2130706433 and 0x7f.1 are addresses to the system, though not to the careful reader above.
        looks_numeric = last.isdigit() or last.startswith("0x")
        return (
            looks_numeric or "." not in host.rstrip(".") or last in {"localhost", "local", "internal", "lan"}
        )
    # IPv6 has several ways to wrap an IPv4 address, which may be a private one; nobody's gateway needs them.
    wrapped = ip.version == 6 and (ip not in _IPV6_INTERNET or bool(ip.sixtofour or ip.teredo))
    return wrapped or not ip.is_global or ip.is_multicast
