"""When a call surely took nothing: its key rests or stops, and a clip that a policy has placed goes to
whoever comes next.

Nothing here is ever done for a call whose answer was lost: somebody may be making that clip.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from providers import registry
from providers.errors import (
    AnswerLost,
    AuthFailed,
    InvalidRequest,
    JobNotFound,
    NeverSent,
    NotConfigured,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Unsupported,
    VendorUnavailable,
)
from providers.routing import Choice, NoProvider
from reviewapp import budgets, dispatch, inputs, keyring, limits
from reviewapp.generation import pinned
from reviewapp.market import Market, market
from reviewapp.models import Candidate, ProviderKey, Status
from reviewapp.models.projects import Routing
from reviewapp.routing import Way, aspect_of, choose, outline

# A provider that is down or asks for a pause without saying how long is left alone for a minute, longer each
# time; the sandbox of this machine is back within seconds.
REST_S: Final = 60.0
SANDBOX_REST_S: Final = 2.0
LONGEST_REST_S: Final = 900.0
# After so many providers the clip waits where it is; a clip must not wander for ever.
MOST_PASSES: Final = 12
# Whoever has not even so many of its models is not where we look for it.
MOST_GONE: Final = 3

DOWN = (RateLimited, NeverSent, VendorUnavailable)
KEY_AT_FAULT = (AuthFailed, OutOfCredit, NotConfigured)


# --- the key ---


@dataclass(frozen=True)
class Spared:
    """What became of the key of a failed call: the seconds it rests (None: it does not), and whether only
    because its provider has as many clips under way as it takes.
    """

    rest_s: float | None = None
    full: bool = False


def spare_key(row: Candidate, error: ProviderError) -> Spared:
    """Stop the key of this call, or leave it alone for as long as its provider seems to need."""
    key = row.provider_key
    if key is None:
        return Spared()
    if isinstance(error, RateLimited) and (rest_s := limits.full(row, error.retry_after)) is not None:
        return Spared(rest_s, full=True)
    if isinstance(error, KEY_AT_FAULT):
        keyring.pause(key, str(error))
        spared = Spared()
    elif isinstance(error, DOWN) or (isinstance(error, AnswerLost) and (error.status or 0) >= 500):
        # A server that breaks down over one paid call would leave every other one uncertain as well.
        spared = Spared(_rest(key, row.tries, error))
    else:
        return Spared()
    # Those who stand in line for this provider and need not wait for it may look around at once.
    line = Candidate.objects.filter(
        status=Status.QUEUED, provider=row.provider, waits_since__isnull=False, send_at=None
    )
    line.exclude(routing=Routing.CHOSEN).update(due_at=timezone.now())
    return spared


def _rest(key: ProviderKey, tries: int, error: ProviderError) -> float:
    base = SANDBOX_REST_S if key.is_sandbox else REST_S
    rest_s = error.retry_after or min(LONGEST_REST_S, base * 2**tries)
    until = timezone.now() + timedelta(seconds=rest_s)
    rest = {"resting_until": until, "resting_reason": str(error)[:300]}
    ProviderKey.objects.filter(pk=key.pk).update(**rest)
    return rest_s


def another_key(row: Candidate, error: ProviderError) -> bool:
    """Whether the same provider can be asked at once on another account, and that may help."""
    if not isinstance(error, (*DOWN, *KEY_AT_FAULT)):
        return False
    keys = keyring.keys_for(row.provider, drawn=row.drawn)
    return any(key.pk != row.provider_key_id for key in keys)


# --- the clip ---


def helps(error: ProviderError) -> bool:
    """Whether another provider may well take what this one did not."""
    return isinstance(error, (*DOWN, *KEY_AT_FAULT)) or is_gone(error)


def is_gone(error: ProviderError) -> bool:
    """Whether the provider, or the catalogue, no longer has the model."""
    if isinstance(error, JobNotFound) or (isinstance(error, InvalidRequest) and error.status in (404, 410)):
        return True
    return isinstance(error, InvalidRequest | Unsupported) and any(i.field == "model" for i in error.issues)


def passed(row: Candidate, why: str, *, gone: bool = False) -> list[dict[str, Any]]:
    """Who was asked and took nothing, the present provider included. `gone` is a model that is no longer
    served; its provider may have others.
    """
    entry: dict[str, Any] = {"provider": row.provider, "model": row.model, "why": why[:300]}
    return [*row.passed_by, entry | ({"gone": True} if gone else {})]


@dataclass(frozen=True)
class Next:
    """Who comes next: a choice, which has to be waited for where it `rests`; or why there is nobody."""

    choice: Choice | None = None
    nobody: str = ""

    @property
    def at_once(self) -> Choice | None:
        return None if self.choice is None or self.choice.rests else self.choice


def look_around(row: Candidate, passed: Sequence[Mapping[str, Any]]) -> Next:
    """Who comes next by the clip's policy: a provider that was not asked yet, then one whose rest is over.

    Nobody for a clip whose model a person named: it is not ours to change.
    """
    if row.routing == Routing.CHOSEN or len(passed) > MOST_PASSES:
        return Next()
    project = row.shot.project
    # What is promised to this very clip stands in nobody's way.
    mine = budgets.totals_of([project], but=[row.pk])[project.pk]
    totals = (mine, budgets.totals_of_shots(project, [row.shot], but=[row.pk])[row.shot_id])
    offered = market(project, *totals, drawn=row.drawn)
    gone = [(entry["provider"], entry["model"]) for entry in passed if entry.get("gone")]
    asked = {entry["provider"] for entry in passed if not entry.get("gone")}
    asked |= {vendor for vendor, models in Counter(v for v, _ in gone).items() if models >= MOST_GONE}
    fresh = _next(row, replace(offered, offers=offered.without(asked, gone)))
    return fresh if fresh.at_once else _next(row, replace(offered, offers=offered.without((), gone)))


def _next(row: Candidate, offered: Market) -> Next:
    request = outline(row.version.text, row.version.negative_text, row.duration_s, row.inputs)
    way = Way(Routing(row.routing))
    source_s = inputs.source_seconds(row.inputs)
    try:
        return Next(choose(offered, way, request, 1, aspect=aspect_of(row), source_s=source_s)[0])
    except NoProvider as nobody:
        return Next(nobody=str(nobody))


def hand_over(
    row: Candidate, choice: Choice, why: str, passed: Sequence[Mapping[str, Any]], **facts: Any
) -> None:
    """Give the clip to the next provider, which is asked at once.

    Stands inside the transaction that has closed the reservation of a call, if there was one.
    """
    told = f"{why} {choice.model.label} is asked instead."
    facts |= pinned(choice) | {"passed_by": list(passed), "tries": 0, "provider_key": None}
    facts |= {"waits_since": None, "send_at": None, "failure": ""}
    row.move(Status.QUEUED, actor="submit", why=told, due_in=settings.REQUEUE_S, **facts)
    dispatch.submit(row)


def advice(row: Candidate, error: ProviderError) -> str:
    """What people can do about a failure that no other account or provider could make good."""
    if isinstance(error, OutOfCredit):
        label = registry.label(row.provider)
        return f"Add credit at {label}, have an admin switch its key on again, then send the clip again."
    if isinstance(error, AuthFailed | NotConfigured):
        return "An admin has to mend the key; then send the clip again."
    return "Choose another model for the shot and generate again." if is_gone(error) else ""
