"""fal's services beside the queue: who a key belongs to, what it has left, and how webhooks are signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from providers.addresses import Resolver
from providers.base import HttpProvider, path_part
from providers.contract import KeyStatus
from providers.errors import AuthFailed, InvalidRequest, JobNotFound
from providers.options import HttpOptions, read_http_options

API_URL = "https://api.fal.ai"
REST_URL = "https://rest.fal.ai"
JWKS_PATH = "/.well-known/jwks.json"


@dataclass(frozen=True)
class RestOptions:
    """The addresses of the other services: for the account, for a key's own rights, and for the keys."""

    api: HttpOptions
    rest: HttpOptions
    jwks: HttpOptions


def rest_options(options: Mapping[str, Any], elsewhere: str) -> RestOptions:
    """The services' addresses: as given, else those of the host that `elsewhere` names, else fal's."""

    def at(name: str, usual: str) -> HttpOptions:
        return read_http_options(options, base_url=elsewhere or usual, poll_seconds=1, address=name)

    jwks = read_http_options(
        options, base_url=(elsewhere or REST_URL) + JWKS_PATH, poll_seconds=1, address="jwks_url"
    )
    return RestOptions(at("api_url", API_URL), at("rest_url", REST_URL), jwks)


class _Service(HttpProvider):
    """One of them. `key` is empty for what is public."""

    name = "fal"
    label = "fal"

    def __init__(
        self,
        http: HttpOptions,
        key: str,
        secrets: tuple[str, ...],
        client: httpx.AsyncClient,
        resolver: Resolver,
    ) -> None:
        self._key = key
        super().__init__(http, secrets, client, resolver)

    async def headers(self) -> dict[str, str]:
        return {"Authorization": f"Key {self._key}"} if self._key else {}


class FalRest:
    """The free questions about an account. All of them raise what `HttpProvider.send_free` raises."""

    def __init__(
        self,
        options: RestOptions,
        key: str,
        secrets: tuple[str, ...],
        client: httpx.AsyncClient,
        resolver: Resolver,
    ) -> None:
        self._api = _Service(options.api, key, secrets, client, resolver)
        self._rest = _Service(options.rest, key, secrets, client, resolver)
        self._jwks = _Service(options.jwks, "", secrets, client, resolver)

    async def check_key(self) -> KeyStatus:
        """The balance needs a key with admin rights; every other key may ask for a place to upload to.

        Sources: https://fal.ai/docs/platform-apis (billing), fal-client 1.0.3 (the upload's token).
        """
        try:
            answer = await self._api.free_json("GET", "/v1/account/billing?expand=credits")
        except AuthFailed:
            return await self._without_rights()
        credits = answer.get("credits")
        left = _dollars(credits.get("current_balance")) if isinstance(credits, dict) else None
        if left is None:
            return KeyStatus(ok=True, sentence="The key works. fal did not tell what is left.")
        return KeyStatus(ok=True, sentence=f"The key works. ${left:,.2f} are left.", balance_usd=left)

    async def _without_rights(self) -> KeyStatus:
        try:
            await self._rest.send_free("POST", "/storage/auth/token?storage_type=fal-cdn-v3", {})
        except AuthFailed as exc:
            return KeyStatus(ok=False, sentence=str(exc))
        return KeyStatus(
            ok=True,
            sentence="The key works. It may make clips and may not read the balance, which takes a key with "
            "admin rights.",
        )

    async def delete_payloads(self, request_id: str) -> bool:
        """Delete a request's input and output, and the files of its output; each file says how it went.

        Source: https://docs.fal.ai/platform-apis/v1/models/requests/payloads
        """
        path = f"/v1/models/requests/{path_part(request_id)}/payloads"
        try:
            results = (await self._api.free_json("DELETE", path)).get("cdn_delete_results")
        except InvalidRequest as exc:
            if exc.status != 404:
                raise
            raise JobNotFound("fal keeps nothing of this request any more.", status=404) from None
        if not isinstance(results, list):
            raise self._api.nonsense()
        return not any(isinstance(one, dict) and one.get("exception") for one in results)

    async def webhook_keys(self) -> list[dict[str, str]]:
        """The JSON Web Keys in force. Source: https://docs.fal.ai/model-apis/model-endpoints/webhooks"""
        answer = await self._jwks.free_json("GET", "")
        keys = answer.get("keys")
        if not isinstance(keys, list):
            raise self._jwks.nonsense()
        return [
            {name: value for name, value in key.items() if isinstance(value, str)}
            for key in keys
            if isinstance(key, dict)
        ]


def _dollars(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    amount = Decimal(str(value))
    return amount if amount.is_finite() else None
