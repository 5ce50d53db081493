"""The HTTP manner every vendor shares: one client, one way to pay, one way to ask, one way to fetch.

The rule that matters most is in `send_paid`: only an answer that surely means "nothing was taken" lets the
call be repeated. Everything else on a paid call is `AnswerLost`, because a repeated call may be paid twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, BinaryIO, Self

import httpx

from providers.addresses import Resolver, resolve
from providers.contract import DownloadedFile, Output
from providers.download import Fetcher
from providers.errors import (
    AnswerLost,
    AuthFailed,
    InvalidRequest,
    NeverSent,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Unsupported,
    VendorUnavailable,
)
from providers.options import HttpOptions
from providers.retry_after import retry_after_s
from providers.scrub import guard_http_logs, host_of, scrub

guard_http_logs()

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
# aiohttp's exceptions that mean "no connection was made", by name so that this room needs no aiohttp.
_AIOHTTP_NEVER_SENT = {"ClientConnectorError", "ConnectionTimeoutError", "NonHttpUrlClientError"}
_MOVED = {301, 302, 307, 308}
# A server may answer these after it has begun or finished the work.
_AMBIGUOUS = {303, 408, 409}


class HttpProvider:
    """Base of the adapters. Holds a client and its options, and no state between calls.

    `secrets` are removed from every text. A client that was handed in is the caller's to close.
    """

    name = ""
    label = ""

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

    def headers(self) -> dict[str, str]:
        """The headers of every API call, credentials included."""
        return {}

    def refusal(self, response: httpx.Response, words: str) -> ProviderError | None:
        """The vendor's own reading of a 4xx answer that took nothing; None leaves it to the status."""
        return None

    # Calls.

    async def send_paid(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST the one call that costs money and return its JSON object.

        Raises `NeverSent` or a `Rejected` when surely nothing was spent, else `AnswerLost`.
        """
        content = self.encode(body)
        try:
            response = await self._send("POST", path, content)
        except Exception as exc:  # noqa: BLE001 transports raise more than httpx's tree; money may have moved
            raise self._paid_failure(exc) from None
        self._check_paid_status(response)
        answer = json_object(response)
        if answer is None:
            raise self.answer_lost("its answer could not be read", response.status_code)
        return answer

    async def send_free(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """A call that spends nothing. Raises `VendorUnavailable`, `RateLimited` or another `Rejected`."""
        content = None if body is None else self.encode(body)
        try:
            response = await self._send(method, path, content)
        except Exception as exc:  # noqa: BLE001 as above; a free call can simply be made again
            raise VendorUnavailable(
                f"{self.label} could not be asked ({type(exc).__name__}). "
                "Nothing was spent; it is asked again later."
            ) from None
        status = response.status_code
        if status >= 500 or status in {408, 409, 425}:
            raise VendorUnavailable(
                f"{self.label} is not well ({status}). Nothing was spent; it is asked again later.",
                **self._facts(response),
            )
        if status >= 300:
            raise self._rejection(response)
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

    async def download(self, output: Output, sink: BinaryIO) -> DownloadedFile:
        """Stream the output into `sink`; see `Fetcher.fetch`."""
        return await self.fetcher().fetch(output.url, sink)

    def fetcher(self) -> Fetcher:
        """The rules of a download from this vendor; its key is never sent along."""
        return Fetcher(
            client=self.client,
            timeout=self.http.timeout,
            private_hosts=self.http.private_hosts,
            max_bytes=self.http.max_bytes,
            secrets=self._secrets,
            resolver=self.resolver,
        )

    # Words and errors.

    def scrubbed(self, text: object) -> str:
        """A vendor's text as a person may read it; anything that is no text becomes an empty one."""
        return scrub(text, self._secrets) if isinstance(text, str) else ""

    def encode(self, body: Mapping[str, Any]) -> bytes:
        """The body as JSON; `Unsupported` when an option holds what JSON cannot."""
        try:
            return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        except (TypeError, ValueError):
            raise Unsupported(
                "The prompt or an extra option holds a value that cannot be sent. Nothing was sent."
            ) from None

    def answer_lost(self, why: str, status: int | None = None) -> AnswerLost:
        """The error of a paid call that may have been taken."""
        return AnswerLost(
            f"The request went out to {self.label}, and {why}. The clip may have been ordered and paid for, "
            "so it is not sent again by itself.",
            status=status,
        )

    def nonsense(self, status: int | None = None) -> VendorUnavailable:
        """The error of a free call whose answer makes no sense."""
        return VendorUnavailable(
            f"{self.label} gave an answer that makes no sense. Nothing was spent; it is asked again later.",
            status=status,
        )

    # The inner steps.

    async def _send(self, method: str, path: str, content: bytes | None) -> httpx.Response:
        headers = {"Accept": "application/json"} | self.headers()
        if content is not None:
            headers["Content-Type"] = "application/json"
        return await self.client.request(
            method,
            f"{self.http.base_url}{path}",
            content=content,
            headers=headers,
            timeout=self.http.timeout,
            follow_redirects=False,
        )

    def _paid_failure(self, exc: Exception) -> ProviderError:
        if isinstance(exc, httpx.InvalidURL) or (
            isinstance(exc, _NEVER_SENT) and not _came_after_sending(exc)
        ):
            return NeverSent(
                f"{self.label} could not be reached ({type(exc).__name__}). "
                "Nothing was sent and nothing was spent."
            )
        return self.answer_lost(f"the answer was lost ({type(exc).__name__})")

    def _check_paid_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if 200 <= status < 300:
            return
        if status < 200 or status >= 500 or status in _AMBIGUOUS:
            error = self.answer_lost(f"it answered {status}", status)
            facts = self._facts(response)
            error.vendor_words, error.retry_after = facts["vendor_words"], facts["retry_after"]
            raise error
        raise self._rejection(response)

    def _rejection(self, response: httpx.Response) -> ProviderError:
        facts = self._facts(response)
        special = self.refusal(response, facts["vendor_words"])
        if special is not None:
            return special
        status = response.status_code
        if status in _MOVED:
            return InvalidRequest(
                f"{self.label} says it lives at another address ({status}). Check the option “base_url”. "
                "Nothing was spent.",
                **facts,
            )
        if status in {401, 403}:
            return AuthFailed(f"{self.label} refuses the key ({status}). Nothing was spent.", **facts)
        if status == 402:
            return OutOfCredit(
                f"The account at {self.label} has too little credit. Nothing was spent.", **facts
            )
        if status == 429:
            return RateLimited(f"{self.label} asks for a pause (429). Nothing was spent.", **facts)
        return InvalidRequest(f"{self.label} refuses the request ({status}). Nothing was spent.", **facts)

    def _facts(self, response: httpx.Response) -> dict[str, Any]:
        return {
            "status": response.status_code,
            "retry_after": retry_after_s(response.headers),
            "vendor_words": self.scrubbed(self.words_of(response)),
        }

    def words_of(self, response: httpx.Response) -> str:
        """The vendor's sentence in an error answer: the usual places in JSON, else the text itself."""
        answer = json_object(response)
        if answer is None:
            return response.text
        error = answer.get("error", answer.get("message"))
        if isinstance(error, dict):
            error = error.get("message")
        return error if isinstance(error, str) else ""


def _came_after_sending(exc: Exception) -> bool:
    """True when an error that looks like a failed connection may have struck after the request had left.

    The aiohttp transport reports a server that hangs up without answering as `ConnectTimeout`. Only its cause
    tells the difference, and taking it at its word would pay twice.
    """
    cause = exc.__cause__
    if cause is None or not type(cause).__module__.startswith("aiohttp"):
        return False
    return not any(kind.__name__ in _AIOHTTP_NEVER_SENT for kind in type(cause).__mro__)


def json_object(response: httpx.Response) -> dict[str, Any] | None:
    """The JSON object of an answer; None when it is anything else."""
    try:
        answer = response.json()
    except (ValueError, UnicodeError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
