"""What every model offers one project just now: keys, budgets, work under way, times, verdicts.

Read once for an order, in a fixed number of queries, however many shots it has.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median
from typing import Final

from django.utils import timezone

from providers import catalog, registry
from providers.catalog import Model
from providers.routing import Offer, Record
from reviewapp import budgets, keyring, limits
from reviewapp.models import Candidate, Note, Project, ProviderKey, ReviewDecision, Verdict
from reviewapp.models.projects import BudgetMode

# The newest verdicts and clips say most, and reading all those of a long show would take long.
NEWEST_VERDICTS: Final = 2000
NEWEST_CLIPS: Final = 1000
# Which tags of a rejection speak against which strength of a model.
PHYSICS_TAGS: Final = frozenset({"motion", "anatomy"})
CHARACTER_TAGS: Final = frozenset({"continuity", "anatomy"})

# A vendor's name and a model's id.
Maker = tuple[str, str]


@dataclass(frozen=True)
class Market:
    """The offers in the catalogue's order. `elsewhere` are the vendors of which a usable key leads to a host
    that still serves what the vendor has switched off, so that a person may name it.
    """

    offers: tuple[Offer, ...]
    elsewhere: frozenset[str]

    def without(self, vendors: Iterable[str], models: Iterable[Maker] = ()) -> tuple[Offer, ...]:
        """The offers less those of some vendors and some single models."""
        gone, single = set(vendors), set(models)
        return tuple(
            offer
            for offer in self.offers
            if offer.vendor not in gone and (offer.vendor, offer.model.id) not in single
        )


def market(project: Project, *totals: budgets.Totals, drawn: bool | None = None) -> Market:
    """Read what a choice looks at. `totals` say what the budgets have left. `drawn` says whether the sandbox
    draws the clips; left open, it does where the project may use nothing else or there is nothing else: a
    policy mixes drawn and paid clips no more than a person would.
    """
    # A key outlives its vendor where an own catalogue file is taken away.
    known = [vendor.name for vendor in catalog.vendors()]
    keys = list(ProviderKey.objects.filter(provider__in=known).order_by("last_used_at", "pk"))
    if drawn is None:
        drawn = project.sandbox_only or all(key.is_sandbox for key in keys)
    fitting = [key for key in keys if key.is_sandbox == drawn]
    capped = totals if project.budget_mode == BudgetMode.CAP else ()
    rooms = [each.left for each in capped if each.left is not None]
    stand = _Stand(
        now=timezone.now(),
        load=keyring.at_the_vendor(fitting),
        left=_left(fitting, min(rooms, default=None)),
        seconds=_seconds(fitting),
        records=_records(project),
    )
    by_vendor: dict[str, list[ProviderKey]] = defaultdict(list)
    for key in fitting:
        by_vendor[key.provider].append(key)
    # The sandbox speaks a closed service's format so that people can try it; no policy sends them there.
    served = {k.provider for k in fitting if k.usable and leads_elsewhere(k) and not k.is_sandbox}
    return Market(
        offers=tuple(
            stand.offer(model, by_vendor[model.vendor], even_retired=model.vendor in served)
            for model in catalog.models()
            if model.vendor in served or not model.is_retired()
        ),
        elsewhere=frozenset(served | _served_to_the_named(project, keys)),
    )


def _served_to_the_named(project: Project, keys: Sequence[ProviderKey]) -> set[str]:
    """The vendors whose retired models a person may still name: each vendor for itself, as its keys are
    chosen, with the sandbox where it has no real key.
    """
    real = {key.provider for key in keys if not key.is_sandbox and not project.sandbox_only}
    return {
        key.provider
        for key in keys
        if key.usable and leads_elsewhere(key) and key.is_sandbox == (key.provider not in real)
    }


def leads_elsewhere(key: ProviderKey) -> bool:
    """Whether the key's host may still serve what the vendor has switched off. The sandbox serves the format
    of a closed service, and of a living one what it serves today.
    """
    return bool(key.base_url) and (catalog.vendor(key.provider).is_retired() or not key.is_sandbox)


@dataclass(frozen=True)
class _Stand:
    """How things stand: work and money by key, times and verdicts by maker."""

    now: datetime
    load: Mapping[int, int]
    left: Mapping[int, Decimal | None]
    seconds: Mapping[Maker, Sequence[float]]
    records: Mapping[Maker, Record]

    def offer(self, model: Model, keys: Sequence[ProviderKey], *, even_retired: bool) -> Offer:
        maker = (model.vendor, model.id)
        usable = [key for key in keys if key.usable]
        # A key that only rests because it is full is not ill: it is full.
        awake = [key for key in usable if not key.rests(self.now) or _is_full(key)]
        measured = self.seconds.get(maker, ())
        return Offer(
            vendor=model.vendor,
            model=model,
            ready=bool(usable),
            why_not="" if usable else _why_not(model.vendor, keys),
            rests="" if awake or not usable else _rest_words(model.vendor, usable),
            load=sum(self.load.get(key.pk, 0) for key in awake or usable),
            places=_all_together([self._places(key) for key in awake or usable]),
            left_usd=_most([self.left[key.pk] for key in awake or usable]),
            seconds=median(measured) if measured else None,
            measured=len(measured),
            even_retired=even_retired,
            record=self.records.get(maker, Record()),
        )

    def _places(self, key: ProviderKey) -> int | None:
        if key.rests(self.now):
            return self.load.get(key.pk, 0)
        return key.concurrency or catalog.vendor(key.provider).concurrency


def _is_full(key: ProviderKey) -> bool:
    return key.resting_reason == limits.FULL_WORDS


def _all_together(places: Sequence[int | None]) -> int | None:
    known = [number for number in places if number is not None]
    return sum(known) if len(known) == len(places) else None


def _most(left: Sequence[Decimal | None]) -> Decimal | None:
    """What the key with most room has left; None where one has no limit."""
    known = [amount for amount in left if amount is not None]
    return max(known) if known and len(known) == len(left) else None


def _why_not(vendor: str, keys: Sequence[ProviderKey]) -> str:
    label = registry.label(vendor)
    paused = next((key for key in keys if key.enabled and key.paused_reason), None)
    if paused is not None:
        return f"{label}: the key “{paused.name}” is paused. {paused.paused_reason}"
    return f"{label}: every key is switched off." if keys else f"{label}: there is no key."


def _rest_words(vendor: str, keys: Sequence[ProviderKey]) -> str:
    first = min(keys, key=lambda key: key.resting_until or timezone.now())
    until = f"{timezone.localtime(first.resting_until):%H:%M:%S}" if first.resting_until else "soon"
    return f"{registry.label(vendor)} rests until {until}: {first.resting_reason}"


def _left(keys: Sequence[ProviderKey], project_left: Decimal | None) -> dict[int, Decimal | None]:
    """The most that one more clip may cost on each key, by its number; None where nothing limits it."""
    paid = budgets.key_totals(*(key for key in keys if budgets.has_limits(key)))
    left: dict[int, Decimal | None] = {}
    for key in keys:
        rooms = [] if project_left is None else [project_left]
        if key.pk in paid and key.budget_mode == BudgetMode.CAP:
            rooms += [limit.left for limit in paid[key.pk].limits]
        left[key.pk] = min(rooms) if rooms else None
    return left


def _seconds(keys: Sequence[ProviderKey]) -> dict[Maker, list[float]]:
    """How long each model took from the call to the finished clip, by the newest clips on these keys."""
    made = Candidate.objects.filter(
        provider_key__in=keys, submitted_at__isnull=False, vendor_done_at__isnull=False
    )
    columns = ("provider", "model", "submitted_at", "vendor_done_at")
    found: dict[Maker, list[float]] = defaultdict(list)
    for vendor, model_id, began, done in made.order_by("-pk").values_list(*columns)[:NEWEST_CLIPS]:
        if began is not None and done is not None:
            found[vendor, model_id].append(max(0.0, (done - began).total_seconds()))
    return found


def _records(project: Project) -> dict[Maker, Record]:
    """What the project's own people have said of each model's clips; what a policy decided is no opinion."""
    said = ReviewDecision.objects.filter(
        candidate__shot__project=project, undone_at=None, by__isnull=False
    ).order_by("-pk")
    verdicts = list(
        said.values_list("pk", "candidate__provider", "candidate__model", "verdict")[:NEWEST_VERDICTS]
    )
    tags = _tags(project, min((pk for pk, *_ in verdicts), default=0))
    counts: dict[Maker, Counter[str]] = defaultdict(Counter)
    for pk, vendor, model_id, verdict in verdicts:
        count = counts[vendor, model_id]
        count["decided"] += 1
        if verdict == Verdict.APPROVE:
            count["approved"] += 1
            continue
        count["physics_faults"] += not PHYSICS_TAGS.isdisjoint(tags[pk])
        count["character_faults"] += not CHARACTER_TAGS.isdisjoint(tags[pk])
    return {maker: Record(**count) for maker, count in counts.items()}


def _tags(project: Project, oldest: int) -> Mapping[int, set[str]]:
    """The tags of every decision that is not older than one, by its number."""
    found: dict[int, set[str]] = defaultdict(set)
    notes = Note.objects.filter(decision__candidate__shot__project=project, decision__gte=oldest)
    for decision, tags in notes.exclude(tags=[]).values_list("decision", "tags"):
        found[decision or 0] |= set(tags)
    return found
