"""Fetching one finished clip: to a part first, then under its own name, whole."""

from __future__ import annotations

import asyncio
import logging

from django.conf import settings

from jobs import files, vendor
from providers import sniff
from providers.contract import DownloadedFile, VideoProvider
from providers.errors import DownloadFailed, LinkExpired, NotPrepared, ProviderError
from reviewapp import line
from reviewapp.models import Candidate, Clip

logger = logging.getLogger(__name__)

# The lease must outlive the download, or another worker begins it a second time.
LEASE_SHARE = 0.9


def fetch(candidate: Candidate) -> None:
    """Fetch the clip of a row that was leased for it. What a broken try has left is gone on with."""
    try:
        with files.arriving(candidate) as part:
            _fetch_into(candidate, part)
    except OSError as error:
        # The folder of the parts itself: a disk that went read-only, another owner.
        logger.exception("%s has no place to arrive at", candidate.code)
        line.ingest_failed(candidate, _no_room(error))


def _fetch_into(candidate: Candidate, part: files.Part) -> None:
    try:
        account = vendor.account_of(candidate)
        got = asyncio.run(_fetch(account, candidate.provider_job_id, part))
        # Carrying a large file to a bucket takes its own time.
        if line.keep_lease(candidate):
            line.ingested(candidate, _kept(candidate, part, got))
    except TimeoutError:
        slow = DownloadFailed("The download took too long. Fetching the rest may help; it costs nothing.")
        line.ingest_failed(candidate, slow)
    except ProviderError as error:
        logger.warning("%s: %s", candidate.code, error)
        if error.permanent:
            part.drop()
        line.ingest_failed(candidate, error)


async def _fetch(account: vendor.Account, job_id: str, part: files.Part) -> DownloadedFile:
    patience_s = settings.INGEST_LEASE_S * LEASE_SHARE
    async with asyncio.timeout(patience_s), account.connected() as provider:
        try:
            return await _fetch_fresh(provider, job_id, part)
        except OSError as error:
            raise _no_room(error) from error


async def _fetch_fresh(provider: VideoProvider, job_id: str, part: files.Part) -> DownloadedFile:
    try:
        return await _fetch_once(provider, job_id, part)
    except LinkExpired:
        # A fresh poll gives a fresh link, which is worth one more try at once.
        return await _fetch_once(provider, job_id, part)


async def _fetch_once(provider: VideoProvider, job_id: str, part: files.Part) -> DownloadedFile:
    # The link comes fresh from the vendor each time: links expire, and being secret they are never stored.
    job = await provider.poll(job_id)
    if not job.outputs:
        raise LinkExpired("The vendor no longer offers the finished clip.", vendor_words=job.failure_words)
    return await provider.download(job.outputs[0], part.sink, part)


def _kept(candidate: Candidate, part: files.Part, got: DownloadedFile) -> Clip:
    try:
        part.sink.seek(0)
        content_type = sniff.video_type(part.sink.read(512)) or "video/mp4"
        name = files.name_for(candidate, "clips", got.sha256, files.EXTENSIONS.get(content_type, "mp4"))
        part.sink.flush()
        name = files.keep(part.path, name)
    except Exception as error:
        # Buckets raise errors of their own making. The part stays, so that nothing is fetched twice.
        logger.exception("%s could not be kept", candidate.code)
        raise _no_room(error) from error
    part.drop()
    return Clip(file=name, sha256=got.sha256, size=got.size, content_type=content_type)


def _no_room(error: Exception) -> NotPrepared:
    why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return NotPrepared(
        f"The clip could not be written to this site's storage ({why}). It is tried again; it costs nothing."
    )
