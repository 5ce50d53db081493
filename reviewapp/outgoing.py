"""Events on their way to other systems: the addresses that a project wants to be told at."""

from __future__ import annotations

from django.utils import timezone

from reviewapp.models import Event, OutgoingDelivery, OutgoingHook


def spread(event: Event) -> None:
    """Write down, in the caller's transaction, where the event has to go."""
    if event.project_id is None:
        return
    hooks = OutgoingHook.objects.filter(project=event.project_id, enabled=True, paused_reason="")
    due_at = timezone.now()
    OutgoingDelivery.objects.bulk_create(
        OutgoingDelivery(hook=hook, event=event, due_at=due_at) for hook in hooks if event.kind in hook.kinds
    )
