"""The HTTP manner every vendor shares: one client, one way to pay, one way to ask, one way to fetch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, BinaryIO, Self
from urllib.parse import quote

import httpx

from providers import catalog
from providers.addresses import Resolver, resolve
from providers.answers import AnswerReader, cause_in_words, json_object
from providers.bounded import ANSWER_BYTES, send_bounded
from providers.catalog_data import Model
from providers.contract import DownloadedFile, GenerationRequest, Memory, Output
from providers.download import Fetcher, origin_of
from providers.errors import JobNotFound, Unsupported, VendorUnavailable
from providers.options import HttpOptions
from providers.scrub import guard_http_logs, host_of

guard_http_logs()

# A form's files: the field, then file name, bytes and content type.
Files = Mapping[str, tuple[str, bytes, str]]


class HttpProvider(AnswerReader):
    """Base of the adapters. Holds a client and its options, and no state between calls.

    `secrets` are removed from every text. A client that was handed in is the caller's to close.
    """

    name = ""
    # Whether finished files lie behind the API's own address and want the same headers as its calls.
    keyed_downloads = False
    # The largest answer of the API that is read into memory.
    most_answer_bytes = ANSWER_BYTES

    def __init__(
        self,
        http: HttpOptions,
        secrets: tuple[str, ...],
        client: httpx.AsyncClient | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        self.http = http
        self.resolver = resolver
        self._secrets = secrets
        self._given_client = client
        self._own_client: httpx.AsyncClient | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {host_of(self.http.base_url)}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the client this provider made for itself, if any."""
        if self._own_client is not None:
            await self._own_client.aclose()
            self._own_client = None

    @property
    def client(self) -> httpx.AsyncClient:
        """The client handed in, else one of our own, made at the first call."""
        if self._given_client is not None:
            return self._given_client
        if self._own_client is None:
            self._own_client = httpx.AsyncClient(follow_redirects=False)
        return self._own_client

    # What a vendor fills in.

    async def headers(self) -> dict[str, str]:
        """The headers of every API call, credentials included. Fetching a token for them spends nothing."""
        return {}

    # Before a call.

    @property
    def elsewhere(self) -> bool:
        """Whether the key leads to another host than the vendor's, which may serve what he has retired."""
        return self.http.base_url != catalog.vendor(self.name).base_url

    def checked(self, request: GenerationRequest) -> Model:
        """The model of a request that it can express. Raises `Unsupported` naming every field it cannot."""
        issues = catalog.check_request(request, self.name, even_retired=self.elsewhere)
        if issues:
            raise Unsupported(f"{issues[0].message} Nothing was sent.", issues=issues)
        return catalog.model(self.name, request.model)

    # Calls.

    async def send_paid(
        self, path: str, body: Mapping[str, Any], files: Files | None = None
    ) -> dict[str, Any]:
        """POST the one call that costs money and return its JSON object.

        With `files` the body's fields are sent as a form, in their order and the files behind them.
        Raises `NeverSent` or a `Rejected` when surely nothing was spent, else `AnswerLost`.
        """
        content = self.encode(body)
        # A token may have to be fetched first, and what goes wrong there is no lost answer.
        headers = await self.headers()
        try:
            if files is None:
                response = await self._send("POST", path, headers, content)
            else:
                response = await self._send_form(path, headers, body, files)
        except Exception as exc:  # noqa: BLE001 transports raise more than httpx's tree; money may have moved
            raise self.paid_failure(exc) from None
        self.check_paid_status(response)
        answer = json_object(response)
        if answer is None:
            raise self.answer_lost("its answer could not be read", response.status_code)
        return answer

    async def send_free(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """A call that spends nothing. Raises `VendorUnavailable`, `RateLimited` or another `Rejected`."""
        content = None if body is None else self.encode(body)
        headers = await self.headers()
        try:
            response = await self._send(method, path, headers, content)
        except Exception as exc:  # noqa: BLE001 as above; a free call can simply be made again
            raise VendorUnavailable(
                f"{self.label} could not be asked: {cause_in_words(exc)}. "
                "Nothing was spent; it is asked again later."
            ) from None
        status = response.status_code
        if status >= 500 or status in {408, 409, 425}:
            raise VendorUnavailable(
                f"{self.label} is not well ({status}). Nothing was spent; it is asked again later.",
                **self.facts(response),
            )
        if status >= 300:
            raise self.rejection(response)
        return response

    async def free_json(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The JSON object of a free call; an answer that is none is `VendorUnavailable`."""
        response = await self.send_free(method, path, body)
        answer = json_object(response)
        if answer is None:
            raise self.nonsense(response.status_code)
        return answer

    async def download(self, output: Output, sink: BinaryIO, memory: Memory | None = None) -> DownloadedFile:
        """Stream the output into `sink`; see `Fetcher.fetch`."""
        if output.data:
            return self.fetcher().keep(output.data, output.content_type, sink, memory)
        if not self.keyed_downloads:
            return await self.fetcher().fetch(output.url, sink, memory)
        keyed = self.fetcher(self.http.base_url, await self.headers())
        return await keyed.fetch(output.url, sink, memory)

    def fetcher(self, keyed_url: str = "", headers: Mapping[str, str] | None = None) -> Fetcher:
        """The rules of a download from this vendor. `headers` go to the host of `keyed_url` alone."""
        return Fetcher(
            origin=origin_of(keyed_url) if keyed_url else "",
            origin_headers=dict(headers or {}),
            client=self.client,
            timeout=self.http.timeout,
            private_hosts=self.http.private_hosts,
            max_bytes=self.http.max_bytes,
            secrets=self._secrets,
            resolver=self.resolver,
        )

    def encode(self, body: Mapping[str, Any]) -> bytes:
        """The body as JSON; `Unsupported` when an option holds what JSON cannot."""
        try:
            return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        except (TypeError, ValueError):
            raise Unsupported(
                "The prompt or an extra option holds a value that cannot be sent. Nothing was sent."
            ) from None

    # The inner steps.

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None
    ) -> httpx.Response:
        sent = {"Accept": "application/json", **headers}
        if content is not None:
            sent["Content-Type"] = "application/json"
        request = self.client.build_request(
            method,
            f"{self.http.base_url}{path}",
            content=content,
            headers=sent,
            timeout=self.http.timeout,
        )
        return await send_bounded(self.client, request, self.most_answer_bytes)

    async def _send_form(
        self, path: str, headers: Mapping[str, str], fields: Mapping[str, Any], files: Files
    ) -> httpx.Response:
        request = self.client.build_request(
            "POST",
            f"{self.http.base_url}{path}",
            data=dict(fields),
            files=dict(files),
            headers={"Accept": "application/json", **headers},
            timeout=self.http.timeout,
        )
        return await send_bounded(self.client, request, self.most_answer_bytes)


def path_part(job_id: str) -> str:
    """A vendor's job id as one part of a path. Raises `JobNotFound` for one that would change the path."""
    if not job_id or job_id in {".", ".."}:
        raise JobNotFound("There is no job without an id.")
    return quote(job_id, safe="")
