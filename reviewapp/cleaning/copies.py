"""Clips' copies at their vendors: deleted there once ours is stored, checked and a few days old."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from providers import registry
from reviewapp.models import Candidate, Status, VendorCopy
from reviewapp.models.candidates import MACHINE

# Nights after which nobody asks any more; vendors forget most copies by themselves.
GIVE_UP_AFTER: Final = 5
# Between two tries of one copy: the next night, and not the next minute.
PAUSE: Final = timedelta(hours=12)
# From these a candidate never goes back to its vendor.
_DONE: Final = (Status.IN_REVIEW, Status.APPROVED, Status.REJECTED, Status.PASSED_OVER)


def copies_due(after: int, most: int, without_keys: Collection[int] = ()) -> list[Candidate]:
    """The next candidates, behind the row `after`, whose copy is to be deleted now.

    Not a failed one, whose clip may be fetched again, and none while a retake of it is being made. Empty
    where the setting says that copies are left to the vendors.
    """
    return list(_due().exclude(provider_key__in=without_keys).filter(pk__gt=after).order_by("pk")[:most])


def _due() -> QuerySet[Candidate]:
    days = settings.VENDOR_COPIES_DAYS
    deleting = [name for name in registry.names() if registry.can_delete(name)]
    if days is None:
        return Candidate.objects.none()
    asked = VendorCopy.objects.filter(candidate=OuterRef("pk")).filter(
        Q(given_up=True) | Q(tried_at__gt=timezone.now() - PAUSE)
    )
    retake = Candidate.objects.filter(replaces=OuterRef("pk"), status__in=MACHINE)
    return (
        Candidate.objects.whole()
        .filter(
            ~Exists(asked),
            ~Exists(retake),
            provider__in=deleting,
            # Nobody can ask with a key that was removed here.
            provider_key__isnull=False,
            status__in=_DONE,
            vendor_copy_gone_at=None,
            vendor_done_at__lte=timezone.now() - timedelta(days=days),
            # Stored and checked: the checks have counted its frames.
            clip__frames__gt=0,
        )
        .exclude(provider_job_id="")
    )


@transaction.atomic
def begin_deletion(candidate: Candidate) -> bool:
    """Note a try before the vendor is asked; False when the copy is no longer to be deleted."""
    if not _due().filter(pk=candidate.pk).exists():
        return False
    copy, _ = VendorCopy.objects.get_or_create(candidate=candidate, defaults={"tried_at": timezone.now()})
    copy.tries += 1
    copy.tried_at = timezone.now()
    copy.save(update_fields=["tries", "tried_at"])
    return True


@transaction.atomic
def copy_gone(candidate: Candidate) -> None:
    """The vendor has no copy any more: its job is not polled and not fetched again."""
    rows = Candidate.objects.filter(pk=candidate.pk, provider_job_id=candidate.provider_job_id)
    rows.update(vendor_copy_gone_at=timezone.now())
    VendorCopy.objects.filter(candidate=candidate).delete()


def copy_stays(candidate: Candidate, why: str) -> None:
    """It could not be deleted: asked again the next night, and given up after some with a sentence."""
    copy = VendorCopy.objects.get(candidate=candidate)
    copy.given_up = copy.tries >= GIVE_UP_AFTER
    last = f"Given up after {copy.tries} nights: " if copy.given_up else ""
    copy.said = f"{last}{why}"[:400]
    copy.save(update_fields=["given_up", "said"])


def given_up() -> int:
    """How many copies are left to their vendors after all."""
    return VendorCopy.objects.filter(given_up=True).count()
