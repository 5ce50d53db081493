"""Pictures and clips that were taken out of their shot and that no candidate was made with."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from reviewapp.models import Candidate, Shot, ShotInput

# An input that was removed by mistake can be found again for so long.
KEPT_FOR: Final = timedelta(days=30)


def unused_inputs(after: int, most: int) -> list[ShotInput]:
    """The next inputs, behind the row `after`, that were removed long ago."""
    rows = ShotInput.objects.filter(removed_at__lt=timezone.now() - KEPT_FOR, pk__gt=after)
    return list(rows.order_by("pk")[:most])


def is_pinned(entry: ShotInput) -> bool:
    """Whether any candidate of its shot was, or will be, made with it."""
    pins = Candidate.objects.filter(shot=entry.shot_id).exclude(inputs=[]).values_list("inputs", flat=True)
    return any(pin.get("input") == entry.pk for one in pins for pin in one)


@transaction.atomic
def forget_input(entry: ShotInput) -> bool:
    """Delete the row of an input that nothing refers to; its file then is no row's. False where it stays."""
    # Orders lock the shot before they pin what it has.
    Shot.objects.select_for_update(no_key=True).get(pk=entry.shot_id)
    if is_pinned(entry):
        return False
    gone = ShotInput.objects.filter(pk=entry.pk, removed_at__lt=timezone.now() - KEPT_FOR).delete()
    return gone[0] > 0
