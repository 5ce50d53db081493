"""The providers' keys: which one pays for a project's clips, and what admins do to them.

The audit log tells of every change and never holds a secret.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from providers import catalog, registry
from providers.catalog import Vendor
from reviewapp import dispatch, events, shortage
from reviewapp.models import AuditEntry, BudgetMode, Candidate, Project, ProviderKey, Status, User
from reviewapp.models.candidates import MACHINE
from reviewapp.secretbox import CannotDecrypt

OWN_ADDRESS: Final = "the vendor's own"
AT_THE_VENDOR: Final = frozenset({Status.SUBMITTING, Status.GENERATING, Status.UNCERTAIN})
LIMIT_WORDS: Final = (
    ("budget_usd", "budget", "$"),
    ("daily_budget_usd", "daily budget", "$"),
    ("budget_mode", "at a budget", ""),
    ("concurrency", "clips at once", ""),
    ("requests_per_minute", "calls a minute", ""),
)
ACCOUNT_COLUMNS: Final = (
    "base_url", "options", "credentials_encrypted", "last_four", "checked_at", "check_ok", "check_asked_at",
    "check_sentence", "paused_reason", "resting_until", "resting_reason", "account_changed_at",
)  # fmt: skip

# How the reason begins of a pause that only a person ends: that the key works says nothing of what was paid.
RESTORED: Final = "Restored from a backup"
CHANGED_KEY: Final = "changed key"
# The audit log's word for it; the demo looks there before it puts a key back.
DELETED_KEY: Final = "deleted key"


class KeyInUse(Exception):
    """Clips are being made on this key and could not be asked for without it. The sentence is for people."""


def draws(project: Project, provider: str) -> bool:
    """Whether the sandbox draws what this project orders of the provider now: where it may use nothing else,
    or there is nothing else.
    """
    if project.sandbox_only:
        return True
    return bool(fitting(provider, drawn=True)) and not fitting(provider, drawn=False)


def key_for(project: Project, provider: str) -> ProviderKey | None:
    """The usable key that an order of this project would take now."""
    keys = fitting(provider, drawn=draws(project, provider))
    return next((key for key in keys if key.usable), None)


def keys_for(provider: str, *, drawn: bool) -> list[ProviderKey]:
    """Every key that may make such clips now, the one that has been unused longest first."""
    now = timezone.now()
    return [key for key in fitting(provider, drawn=drawn) if key.usable and not key.rests(now)]


def fitting(provider: str, *, drawn: bool) -> list[ProviderKey]:
    """The keys for such clips, usable or not, the one unused longest first.

    A real key and the sandbox never stand in for each other: nobody gets a drawn clip for a real order, and
    nothing that was ordered of the sandbox spends real money.
    """
    keys = ProviderKey.objects.filter(provider=provider).order_by("last_used_at", "pk")
    return [key for key in keys if key.is_sandbox == drawn]


def account_words(project: Project, provider: str) -> tuple[bool, str]:
    """Who would be charged for a provider's clips of this project, and whether they can be sent at all."""
    key, label = key_for(project, provider), registry.label(provider)
    if key is None:
        return (
            False,
            f"No key for {label} can be used: an admin has to add or enable one. Clips would fail unspent.",
        )
    if key.is_sandbox:
        return (
            True,
            "The sandbox makes these clips: the dollars are what the vendor would charge, nobody pays.",
        )
    return True, f"Real money: {label} charges the account of the key “{key.name}”."


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one account may do; empty means the vendor's usual limit, or none of ours."""

    budget_usd: Decimal | None = None
    daily_budget_usd: Decimal | None = None
    budget_mode: str = BudgetMode.CAP
    concurrency: int | None = None
    requests_per_minute: int | None = None


@dataclass(frozen=True, kw_only=True)
class KeyFacts:
    """What an admin typed. A secret that is not among `secrets` stays as it is stored, unless `forget` names
    it; `options` are all that the vendor needs besides.
    """

    name: str
    provider: str
    base_url: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    forget: frozenset[str] = frozenset()
    options: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = Limits()


def stored_names(key: ProviderKey) -> frozenset[str]:
    """Which secrets are stored, by name; none where they cannot be read any more."""
    try:
        return frozenset(key.credentials())
    except CannotDecrypt:
        return frozenset()


def kept_names(vendor: Vendor, stored: Collection[str], typed: Collection[str]) -> list[str]:
    """Which stored secrets stay beside the typed ones. A complete new way of signing replaces the old way:
    nobody could tell otherwise which of the two a call is signed with.
    """
    ways: dict[tuple[str, str], set[str]] = {}
    for one in vendor.credentials:
        group, _, way = one.either.partition(":")
        if group:
            ways.setdefault((group, way), set()).add(one.name)
    given = {*stored, *typed}
    chosen = {at for at, names in ways.items() if names <= given and names & set(typed)}
    dropped: set[str] = set()
    for at, names in ways.items():
        if at not in chosen and any(group == at[0] for group, _ in chosen):
            dropped |= names
    return [name for name in stored if name not in typed and name not in dropped]


@sensitive_variables()
def add_key(by: User, facts: KeyFacts) -> ProviderKey:
    key = ProviderKey(name=facts.name, provider=facts.provider, base_url=facts.base_url, created_by=by)
    key.options = dict(facts.options)
    key.set_credentials(_in_order(facts.provider, facts.secrets))
    for name, value in vars(facts.limits).items():
        setattr(key, name, value)
    with transaction.atomic():
        key.save()
        detail = [registry.label(key.provider), f"address: {key.base_url or OWN_ADDRESS}"]
        AuditEntry.record(
            by, "added key", key.name, "; ".join([*detail, *_limit_changes(Limits(), facts.limits)])
        )
        shortage.key_changed(key.provider)
    return key


@sensitive_variables()
def _in_order(provider: str, secrets: Mapping[str, str]) -> dict[str, str]:
    """The telling secret first, as the vendor lists them: its end is what people know the key by."""
    return {
        one.name: secrets[one.name] for one in catalog.vendor(provider).credentials if one.name in secrets
    }


@sensitive_variables()
def change_key(by: User, key: ProviderKey, facts: KeyFacts) -> None:
    """Change what the account is and may do. A key that comes from the environment only has limits."""
    account = _change_account(key, facts)
    told = [*account, *_limit_changes(limits_of(key), facts.limits)]
    if key.name != facts.name:
        told.insert(0, f"name: “{key.name}” → “{facts.name}”")
    if not told:
        return
    key.name, key.base_url, key.options = facts.name, facts.base_url, dict(facts.options)
    changed = ["name", *vars(facts.limits)]
    for name, value in vars(facts.limits).items():
        setattr(key, name, value)
    if account:
        # What was found out about the old account says nothing about the new one.
        key.checked_at = key.check_ok = key.check_asked_at = key.resting_until = None
        key.account_changed_at = timezone.now()
        key.check_sentence = key.paused_reason = key.resting_reason = ""
        changed += ACCOUNT_COLUMNS
    with transaction.atomic():
        # Only these columns: the line may note at this moment that the key is used or refused.
        key.save(update_fields=changed)
        AuditEntry.record(by, CHANGED_KEY, key.name, "; ".join(told))
        shortage.key_changed(key.provider)


@sensitive_variables()
def _change_account(key: ProviderKey, facts: KeyFacts) -> list[str]:
    """Put new secrets into the row and say, without their values, what is other about the account."""
    told: list[str] = []
    same = (key.base_url, key.options) == (facts.base_url, dict(facts.options))
    if same and not facts.secrets and not facts.forget:
        return told
    if key.base_url != facts.base_url:
        told.append(f"address: {key.base_url or OWN_ADDRESS} → {facts.base_url or OWN_ADDRESS}")
    vendor = catalog.vendor(key.provider)
    labels = {one.name: one.label for one in vendor.credentials}
    for name in labels:
        was, now = key.options.get(name, ""), facts.options.get(name, "")
        if was != now:
            told.append(f"{labels[name]}: {was or 'empty'} → {now or 'empty'}")
    if facts.secrets or facts.forget:
        stored = key.credentials() if stored_names(key) else {}
        kept = {
            name: stored[name]
            for name in kept_names(vendor, list(stored), list(facts.secrets))
            if name not in facts.forget
        }
        key.set_credentials(_in_order(key.provider, {**kept, **facts.secrets}))
        gone = set(stored) - set(kept) - set(facts.secrets)
        told += [f"{labels.get(name, name)} replaced" for name in facts.secrets]
        told += [f"{labels.get(name, name)} removed" for name in sorted(gone)]
    return told


def changed_since_call(candidate: Candidate) -> bool:
    """Whether the candidate's key was changed after its call went out, so that it may be another account by
    now, which knows nothing of the call.
    """
    key = candidate.provider_key
    if key is None or key.account_changed_at is None:
        return key is None
    called = candidate.transitions.filter(became=Status.SUBMITTING).order_by("pk").last()
    return called is not None and key.account_changed_at >= called.at


def limits_of(key: ProviderKey) -> Limits:
    return Limits(**{field.name: getattr(key, field.name) for field in fields(Limits)})


def change_limits(by: User, key: ProviderKey, limits: Limits) -> None:
    """All that can be changed about a key that comes from the environment."""
    facts = KeyFacts(
        name=key.name, provider=key.provider, base_url=key.base_url, options=key.options, limits=limits
    )
    change_key(by, key, facts)


def _limit_changes(was: Limits, now: Limits) -> list[str]:
    return [
        f"{words}: {_limit(getattr(was, name), unit)} → {_limit(getattr(now, name), unit)}"
        for name, words, unit in LIMIT_WORDS
        if getattr(was, name) != getattr(now, name)
    ]


def _limit(value: Decimal | int | str | None, unit: str) -> str:
    return "none" if value is None else f"{unit}{value}"


def set_enabled(by: User, key: ProviderKey, enabled: bool) -> None:
    """Switching a key on also lifts a pause that the machine has put on it, and ends its rest."""
    with transaction.atomic():
        # A second click changes nothing, and the log tells of changes.
        already = ProviderKey.objects.filter(pk=key.pk, enabled=enabled, paused_reason="", resting_until=None)
        if already.exists():
            return
        ProviderKey.objects.filter(pk=key.pk).update(
            enabled=enabled, paused_reason="", resting_until=None, resting_reason=""
        )
        lifted = f"it was paused: {key.paused_reason}" if key.paused_reason else ""
        AuditEntry.record(by, "enabled key" if enabled else "disabled key", key.name, lifted)
        if enabled:
            shortage.key_changed(key.provider)


def clips_under_way(key: ProviderKey) -> int:
    return Candidate.objects.filter(provider_key=key, status__in=MACHINE).count()


def at_the_vendor(keys: Collection[ProviderKey]) -> Mapping[int, int]:
    """How many calls of each key are open at its vendor, by the key's number, in one query."""
    rows = Candidate.objects.filter(provider_key__in=keys, status__in=AT_THE_VENDOR).order_by()
    return dict(rows.values_list("provider_key").annotate(Count("pk")))


def remove_key(by: User, key: ProviderKey) -> None:
    with transaction.atomic():
        under_way = clips_under_way(key)
        if under_way:
            raise KeyInUse(
                f"{under_way} clips are being made with {key.name}. Disable it instead: "
                "no new clips are sent with it, and the ones under way still arrive."
            )
        if key.from_environment and not key.has_vanished:
            raise KeyInUse(
                f"{key.name} comes from the environment and would come back. Disable it, or take its "
                "variables away first."
            )
        key.delete()
        AuditEntry.record(by, DELETED_KEY, key.name, registry.label(key.provider))


def ask_check(by: User, key: ProviderKey) -> None:
    """Ask a worker to try the key with a call that costs nothing; `check_sentence` tells what came of it."""
    with transaction.atomic():
        key.check_asked_at = timezone.now()
        key.save(update_fields=["check_asked_at"])
        dispatch.check_key(key)
        AuditEntry.record(by, "tested key", key.name)


@transaction.atomic
def pause(key: ProviderKey, reason: str) -> None:
    """Stop using the key until a person acts, and tell those who can."""
    if key.pause(reason):
        events.key_failing(key, reason)


def record_check(key: ProviderKey, ok: bool | None, sentence: str) -> None:
    """Keep what a test found. A key that works is no longer paused, a refused one is; None is a vendor who
    could not be asked, which says nothing about the key.
    """
    with transaction.atomic():
        paused = ProviderKey.objects.filter(pk=key.pk).exclude(paused_reason="")
        paused = paused.exclude(paused_reason__startswith=RESTORED)
        if ok and paused.update(paused_reason=""):
            AuditEntry.record(None, "resumed key", key.name, f"a test went well: {sentence}")
        if ok is False:
            # Every clip sent on it would fail; the reason stands where an admin mends it.
            pause(key, sentence)
        ProviderKey.objects.filter(pk=key.pk).update(
            checked_at=timezone.now(), check_ok=ok, check_sentence=sentence[:400]
        )
        if ok and catalog.vendor(key.provider).webhook == "ed25519":
            # The keys that the vendor publishes for its webhooks are had through a key that works.
            dispatch.webhook_keys(key)
