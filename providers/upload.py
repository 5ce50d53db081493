"""Handing a local file to the storage a vendor names: a form of its fields with the file at the end."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from providers.addresses import Resolver, Target, check_url
from providers.bounded import ANSWER_BYTES, AnswerTooLarge, send_bounded
from providers.errors import InvalidRequest, VendorUnavailable
from providers.scrub import host_of

FREE = "Nothing was ordered and nothing was spent."


async def post_form(
    client: httpx.AsyncClient,
    url: str,
    fields: Mapping[str, str],
    file: tuple[str, bytes, str],
    *,
    timeout: httpx.Timeout,
    private_hosts: frozenset[str],
    resolver: Resolver,
) -> None:
    """POST `file` (name, bytes, content type) to a checked address, without the key and without redirects.

    Raises `VendorUnavailable` where trying again may help, `InvalidRequest` where the storage refuses.
    """
    targets = await check_url(url, private_hosts, resolver)
    try:
        response = await send_bounded(client, _request(targets[0], fields, file, timeout), ANSWER_BYTES)
    except (httpx.HTTPError, AnswerTooLarge) as exc:
        raise VendorUnavailable(
            f"The file could not be handed to {host_of(url)} ({type(exc).__name__}). {FREE}"
        ) from None
    status = response.status_code
    if status >= 500 or status in {408, 429}:
        raise VendorUnavailable(f"{host_of(url)} did not take the file ({status}). {FREE}", status=status)
    if not 200 <= status < 300:
        raise InvalidRequest(f"{host_of(url)} refuses the file ({status}). {FREE}", status=status)


def _request(
    target: Target, fields: Mapping[str, str], file: tuple[str, bytes, str], timeout: httpx.Timeout
) -> httpx.Request:
    extensions: dict[str, object] = {"timeout": timeout.as_dict()}
    if target.sni:
        extensions["sni_hostname"] = target.sni
    return httpx.Request(
        "POST",
        target.url,
        headers={"Host": target.host_header, "Connection": "close", "Accept": "*/*"},
        data=dict(fields),
        files={"file": file},
        extensions=extensions,
    )
