"""Deleting one clip's copy at its vendor, after a look at our own."""

from __future__ import annotations

import asyncio
import logging
from enum import Enum, auto
from typing import cast

from django.core.files.storage import default_storage

from jobs import vendor
from providers.contract import DeletesJobs
from providers.errors import (
    AuthFailed,
    JobNotFound,
    NeverSent,
    NotConfigured,
    ProviderError,
    RateLimited,
    VendorUnavailable,
)
from reviewapp import cleaning
from reviewapp.models import Candidate

logger = logging.getLogger(__name__)

# Says something about the account or the vendor and not about this job.
_WHOLE_ACCOUNT = (AuthFailed, NeverSent, NotConfigured, RateLimited, VendorUnavailable)


class Told(Enum):
    """What came of it."""

    GONE = auto()
    STAYS = auto()
    ASK_NOBODY = auto()


def delete(candidate: Candidate) -> tuple[Told, str]:
    """Ask the vendor to delete its copy and keep what it said: what came of it, and why where it stays.

    Never costs anything.
    """
    told, why = _told(candidate)
    if told is Told.GONE:
        cleaning.copy_gone(candidate)
    else:
        logger.warning("%s: its copy at the provider stays: %s", candidate.code, why)
        cleaning.copy_stays(candidate, why)
    return told, why


def _told(candidate: Candidate) -> tuple[Told, str]:
    if not _safely_stored(candidate):
        return Told.STAYS, "Our own file is not whole, so the provider's copy is kept."
    try:
        done = asyncio.run(_ask(vendor.account_of(candidate), candidate.provider_job_id))
    except JobNotFound:
        # Gone already: deleted by a run that was cut off, by a person, or by the vendor's own schedule.
        return Told.GONE, ""
    except ProviderError as error:
        return Told.ASK_NOBODY if isinstance(error, _WHOLE_ACCOUNT) else Told.STAYS, str(error)
    return (Told.GONE, "") if done else (Told.STAYS, "The provider did not delete its copy.")


def _safely_stored(candidate: Candidate) -> bool:
    """Whether our file lies whole in the storage; one that the retention removed is not wanted any more."""
    clip = candidate.clip
    if clip.removed_at is not None:
        return True
    name = str(clip.file.name)
    return default_storage.exists(name) and default_storage.size(name) == clip.size


async def _ask(account: vendor.Account, job_id: str) -> bool:
    async with account.connected() as provider:
        return await cast(DeletesJobs, provider).delete(job_id)
