"""Where this application may connect on a vendor's word: public addresses, and hosts an admin has named."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from providers.errors import ForbiddenHost, VendorUnavailable
from providers.options import port_of
from providers.scrub import host_of

Resolver = Callable[[str, int], Awaitable[list[str]]]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Target:
    """A checked place to connect to: `url` carries the address that was checked, `host` the name for TLS."""

    url: httpx.URL
    host_header: str
    sni: str | None


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, in the system's order of preference, without blocking the loop."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """True for an address of the open internet. What wraps another address is judged by the one inside."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        # A mapped address reaches the IPv4 host behind it while looking like none of the private ranges.
        if ip.ipv4_mapped or ip.is_site_local:
            return False
        inner = [ip.sixtofour, *(ip.teredo or ())]
        if ip in _NAT64:
            inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if any(part is not None and not is_public(str(part)) for part in inner):
            return False
        if ip in _NAT64:
            return True
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback)


async def check_url(url: str, private_hosts: frozenset[str], resolver: Resolver = resolve) -> list[Target]:
    """Every place the URL may be fetched from, best first. Raises `ForbiddenHost`, sends nothing.

    The name is resolved here and the connection is made to the very address that was judged: a name that
    answers differently a moment later (DNS rebinding) gains nothing.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise ForbiddenHost("The vendor gave a malformed link. The file was not fetched.") from None
    host, port = parsed.raw_host.decode("ascii").lower(), port_of(parsed.scheme, parsed.port)
    if parsed.scheme not in {"http", "https"} or not host or parsed.userinfo:
        raise ForbiddenHost("The vendor gave a link that is no plain web address. The file was not fetched.")
    authority = parsed.netloc.decode("ascii")
    if f"{host}:{port}" in private_hosts:
        return [Target(url=parsed, host_header=authority, sni=None)]
    if parsed.scheme != "https":
        raise ForbiddenHost(f"The link to {host_of(url)} is not encrypted (http). The file was not fetched.")
    addresses = await _addresses(host, port, resolver)
    if not all(is_public(address) for address in addresses):
        raise ForbiddenHost(
            f"The link leads to {host}, which is no public address. The file was not fetched."
        )
    return [
        Target(url=parsed.copy_with(host=address), host_header=authority, sni=host) for address in addresses
    ]


async def _addresses(host: str, port: int, resolver: Resolver) -> list[str]:
    try:
        addresses = await resolver(host, port)
    except (OSError, UnicodeError, OverflowError):
        addresses = []
    if not addresses:
        raise VendorUnavailable(
            f"The address of {host} could not be found. Fetching it again later may help."
        )
    return addresses
