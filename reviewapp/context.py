"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from reviewapp import keyhealth, notices, uncertain
from reviewapp.models import Candidate, User

MOST_COUNTED = 99


def _waiting(user: User) -> str:
    """How many clips wait for this person: counted to a hundred, so that a large site pays no more."""
    found = Candidate.objects.in_review().visible_to(user).order_by()[: MOST_COUNTED + 1].count()
    if found > MOST_COUNTED:
        return f"{MOST_COUNTED}+"
    return str(found) if found else ""


def site(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    waiting: object = ""
    troubles: object = ()
    unsure: object = 0
    new: object = ""
    if isinstance(user, User) or (user is not None and user.is_authenticated):
        # Lazy: fragments and media share this processor and never show the number or the banner.
        waiting = SimpleLazyObject(lambda: _waiting(user))
        troubles = SimpleLazyObject(lambda: keyhealth.troubles(user))
        unsure = SimpleLazyObject(uncertain.count)
        new = SimpleLazyObject(lambda: notices.unseen(user))
    live = bool(settings.LIVE_LISTENERS)
    facts = {"demo": settings.DEMO, "live": live, "waiting": waiting}
    return facts | {"key_troubles": troubles, "unsure": unsure, "notices_new": new}
