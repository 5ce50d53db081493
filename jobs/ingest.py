"""The station that fetches the vendor's file: to a temporary name first, then under its own name, whole."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from django.conf import settings

from jobs import files, heart, vendor
from providers import sniff
from providers.contract import DownloadedFile, VideoProvider
from providers.errors import DownloadFailed, LinkExpired, ProviderError
from reviewapp import line
from reviewapp.models import Candidate, Clip

logger = logging.getLogger(__name__)

# The lease must outlive the download, or another worker begins it a second time.
LEASE_SHARE = 0.9


def ingest_candidate(candidate_id: int) -> None:
    """Fetch one finished clip. Running it twice fetches it twice and keeps it once; it never costs
    anything.
    """
    with heart.working("media"):
        candidate = line.begin_ingest(candidate_id)
        if candidate is not None:
            _ingest(candidate)


def _ingest(candidate: Candidate) -> None:
    with files.arriving(candidate) as path:
        try:
            got = asyncio.run(_fetch(vendor.account_of(candidate), candidate.provider_job_id, path))
        except TimeoutError:
            slow = DownloadFailed("The download took too long. Fetching it again may help; it costs nothing.")
            line.ingest_failed(candidate, slow)
        except ProviderError as error:
            logger.warning("%s: %s", candidate.code, error)
            line.ingest_failed(candidate, error)
        else:
            line.ingested(candidate, _kept(candidate, path, got))


async def _fetch(account: vendor.Account, job_id: str, path: Path) -> DownloadedFile:
    patience_s = settings.INGEST_LEASE_S * LEASE_SHARE
    async with asyncio.timeout(patience_s), account.connected() as provider:
        try:
            return await _fetch_once(provider, job_id, path)
        except LinkExpired:
            # A fresh poll gives a fresh link, which is worth one more try at once.
            return await _fetch_once(provider, job_id, path)


async def _fetch_once(provider: VideoProvider, job_id: str, path: Path) -> DownloadedFile:
    # The link comes fresh from the vendor each time: links expire, and being secret they are never stored.
    job = await provider.poll(job_id)
    if not job.outputs:
        raise DownloadFailed("The vendor no longer offers the finished clip.", vendor_words=job.failure_words)
    with path.open("wb") as sink:
        return await provider.download(job.outputs[0], sink)


def _kept(candidate: Candidate, path: Path, got: DownloadedFile) -> Clip:
    with path.open("rb") as file:
        content_type = sniff.video_type(file.read(512)) or "video/mp4"
    name = files.name_for(candidate, "clips", got.sha256, files.EXTENSIONS.get(content_type, "mp4"))
    files.keep(path, name)
    return Clip(file=name, sha256=got.sha256, size=got.size, content_type=content_type)
