"""How the keys are: what the list shows of each, and whom a paused one concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from providers import catalog, registry
from providers.errors import NotConfigured
from reviewapp import budgets, environment_keys, keyring
from reviewapp.budgets import Totals
from reviewapp.models import Project, ProviderKey, Role, Routing, User

# A test is one short call; after this long the page stops asking and says that no worker took it.
TEST_GIVEN_UP_AFTER: Final = timedelta(seconds=90)
MOST_TROUBLES: Final = 3
LONGEST_TOLD: Final = 200
MACHINE_ROUTED: Final = [routing for routing in Routing if routing != Routing.CHOSEN]


@dataclass(frozen=True)
class KeyState:
    """One line of the list. `at_once` is how many calls may be open at the vendor, None where nobody says."""

    key: ProviderKey
    totals: Totals
    in_flight: int
    at_once: int | None
    testing: bool
    unanswered: bool
    resting: bool
    needs_own_address: bool
    variables: tuple[str, ...]

    @property
    def test_told(self) -> str:
        """What the last test said; without the limits where a vendor lists one for each of its models."""
        return self._told[0]

    @property
    def test_limits(self) -> str:
        """The limits that are too many to stand in the list."""
        return self._told[1]

    @property
    def _told(self) -> tuple[str, str]:
        sentence = self.key.check_sentence
        if len(sentence) <= LONGEST_TOLD:
            return sentence, ""
        told, _, limits = sentence.partition(" Limits: ")
        return told, limits


def states(keys: Sequence[ProviderKey]) -> list[KeyState]:
    """All about these keys, in two queries."""
    totals, in_flight = budgets.key_totals(*keys), keyring.at_the_vendor(keys)
    return [_state(key, totals[key.pk], in_flight.get(key.pk, 0)) for key in keys]


def _state(key: ProviderKey, totals: Totals, in_flight: int) -> KeyState:
    now, asked = timezone.now(), key.check_asked_at
    open_test = asked is not None and (key.checked_at is None or key.checked_at < asked)
    late = open_test and asked is not None and now - asked > TEST_GIVEN_UP_AFTER
    try:
        vendor = catalog.vendor(key.provider)
    except NotConfigured:
        vendor = None
    return KeyState(
        key=key,
        totals=totals,
        in_flight=in_flight,
        at_once=key.concurrency or (vendor.concurrency if vendor else None),
        testing=open_test and not late,
        unanswered=late,
        resting=key.rests(now),
        needs_own_address=bool(vendor and vendor.is_retired() and not key.base_url),
        variables=environment_keys.variables(vendor) if vendor and key.from_environment else (),
    )


@dataclass(frozen=True)
class Trouble:
    """A paused key as the people whom it concerns are told: what happened, what it means, what to do."""

    key: ProviderKey
    happened: str
    means: str
    ask: str


def troubles(user: User) -> list[Trouble]:
    """The paused keys that concern this person: all of them an admin, and a producer those that pay for their
    projects. One small query while every key is well.
    """
    paused = list(ProviderKey.objects.filter(enabled=True).exclude(paused_reason=""))
    if not paused:
        return []
    mine = [key for key in paused if user.is_site_admin or _pays_for(key, user)]
    return [_trouble(key, user) for key in mine[:MOST_TROUBLES]]


def _pays_for(key: ProviderKey, user: User) -> bool:
    """Whether this person produces a project that may send clips with the key."""
    return paid_with(key).filter(memberships__user=user, memberships__role=Role.PRODUCER).exists()


def paid_with(key: ProviderKey) -> QuerySet[Project]:
    """The projects that may send clips with the key."""
    projects = Project.objects.all() if key.is_sandbox else Project.objects.filter(sandbox_only=False)
    named = Q(provider=key.provider) | Q(shots__provider=key.provider)
    # What is routed by the machine may come to any provider.
    routed = Q(routing__in=MACHINE_ROUTED) | Q(shots__routing__in=MACHINE_ROUTED)
    return projects.filter(named | routed).distinct()


def _trouble(key: ProviderKey, user: User) -> Trouble:
    label = registry.label(key.provider)
    others = ProviderKey.objects.filter(provider=key.provider).exclude(pk=key.pk)
    able = [other for other in others if other.usable]
    if any(other.is_sandbox == key.is_sandbox for other in able):
        means = f"Clips for {label} go on with its other keys."
    elif able:
        kinds = ("the sandbox's", "paid ones") if key.is_sandbox else ("paid ones", "the sandbox's")
        means = f"Clips for {label} cannot be sent where they are {kinds[0]}; {kinds[1]} go on."
    else:
        means = f"No clip can be sent to {label} until this is mended."
    return Trouble(key, f"The key “{key.name}” is paused: {key.paused_reason}", means, _whom_to_ask(user))


def _whom_to_ask(user: User) -> str:
    if user.is_site_admin:
        return ""
    admins = User.objects.filter(is_active=True, is_superuser=True).order_by("pk")[:3]
    names = ", ".join(admin.display_name for admin in admins)
    return f"Tell an admin of this site{f' ({names})' if names else ''}."
