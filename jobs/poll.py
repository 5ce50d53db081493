"""Asking the vendors where their jobs stand, on connections that live as long as the watcher."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx
from httpx_aiohttp import AiohttpTransport

from jobs import lanes, vendor
from providers.contract import ProviderJob, VideoProvider
from providers.errors import NotConfigured, ProviderError, Unsupported, VendorUnavailable
from reviewapp import generation
from reviewapp.line.poll import UNDER_WAY, Answer
from reviewapp.models import Candidate, Status

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cancelled:
    """What came of asking the vendor to stop: whether it did, and the last look at the job before."""

    done: bool
    job: ProviderJob


@dataclass
class Poller:
    """One connection pool and one provider for each key and address, made when first needed."""

    _providers: dict[tuple[int, str, str], VideoProvider] = field(default_factory=dict)
    _clients: AsyncExitStack = field(default_factory=AsyncExitStack)
    _complained: dict[str, str] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._clients.aclose()

    async def ask(self, candidate: Candidate, timeout_s: float) -> Answer | Cancelled:
        """Ask about one candidate, or ask to stop it when that was wished; an error is an answer as well."""
        answer: Answer | Cancelled
        try:
            provider = await self._provider_of(candidate)
            async with asyncio.timeout(timeout_s):
                answer = await _look(provider, candidate)
        except ProviderError as error:
            answer = error
        except TimeoutError:
            answer = VendorUnavailable(f"The provider did not answer within {timeout_s:.0f} s.")
        except Exception as error:
            # One strange answer must not end the watch over all others.
            logger.exception("%s: asking the provider failed in a way nobody foresaw", candidate.code)
            answer = VendorUnavailable(f"The provider's answer could not be read ({type(error).__name__}).")
        self._complain_once(candidate, answer)
        return answer

    async def _provider_of(self, candidate: Candidate) -> VideoProvider:
        key = candidate.provider_key
        if key is None:
            raise NotConfigured("The key that this clip was asked with has been removed.")
        known_as = (key.pk, key.base_url, key.credentials_encrypted)
        if known_as not in self._providers:
            # Measured: httpx's own pool collapses at some 400 polls a second, this transport carries 2,000.
            limits = httpx.Limits(max_connections=lanes.MOST, max_keepalive_connections=lanes.MOST)
            account = vendor.account_of(candidate)
            connecting = account.client(AiohttpTransport(limits=limits))
            client = await self._clients.enter_async_context(connecting)
            self._providers[known_as] = account.load(client)
        return self._providers[known_as]

    def _complain_once(self, candidate: Candidate, answer: Answer | Cancelled) -> None:
        """Log a provider's trouble when it begins or changes, not once for every job that meets it."""
        name = candidate.provider
        trouble = type(answer).__name__ if isinstance(answer, ProviderError) else ""
        if isinstance(answer, Unsupported) or self._complained.get(name, "") == trouble:
            return
        self._complained[name] = trouble
        if trouble:
            logger.warning("%s: %s", candidate.code, answer)
        else:
            logger.info("%s answers again", name)


async def _look(provider: VideoProvider, candidate: Candidate) -> Answer | Cancelled:
    if candidate.status == Status.UNCERTAIN and not candidate.provider_job_id:
        return await provider.find(generation.mark_of(candidate))
    job = await provider.poll(candidate.provider_job_id)
    if not candidate.cancel_asked or job.state not in UNDER_WAY:
        return job
    try:
        return Cancelled(await provider.cancel(candidate.provider_job_id), job)
    except Unsupported:
        return Cancelled(False, job)
