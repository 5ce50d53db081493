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


def delete(candidate: Candidate) -> Told:
    """Ask the vendor to delete its copy, and keep what it said. Never costs anything."""
    if not _safely_stored(candidate):
        cleaning.copy_stays(candidate, "Our own file is not whole, so the provider's copy is kept.")
        return Told.STAYS
    try:
        done = asyncio.run(_ask(vendor.account_of(candidate), candidate.provider_job_id))
    except JobNotFound:
        # Gone already: deleted by a run that was cut off, by a person, or by the vendor's own schedule.
        done = True
    except ProviderError as error:
        logger.warning("%s: its copy at the provider stays: %s", candidate.code, error)
        cleaning.copy_stays(candidate, str(error))
        return Told.ASK_NOBODY if isinstance(error, _WHOLE_ACCOUNT) else Told.STAYS
    if not done:
        cleaning.copy_stays(candidate, "The provider did not delete its copy.")
        return Told.STAYS
    cleaning.copy_gone(candidate)
    return Told.GONE


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
