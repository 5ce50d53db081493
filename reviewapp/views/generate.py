"""Asking for clips: the quote, and the confirmed order."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from reviewapp import bills, board, choices, generation, inputs, keyring, wishes
from reviewapp.budgets import Limit
from reviewapp.choices import Choice
from reviewapp.forms.shots import ConfirmForm, GenerateForm, choice_of, initial_of, wish_of
from reviewapp.models import GenerationOrder, Project, Role, Shot
from reviewapp.quotes import QuoteLine
from reviewapp.views.access import AuthedRequest, get_project
from reviewapp.views.shots import asked_filter

MOST_SHOTS = 1000
NO_KEY = "None of the models that could make it has a usable key here: an admin has to add or enable one."


@dataclass(frozen=True)
class Order:
    """What was asked for: the shots, and the form that says how many clips and with which model."""

    shots: list[Shot]
    form: GenerateForm
    quote: generation.Quote
    too_many: int = 0


@require_POST
def generate_quote(request: AuthedRequest, slug: str) -> HttpResponse:
    """The quote for another number of clips or another model. Asks only; a POST as lists may be long."""
    project = get_project(request, slug, Role.PRODUCER)
    return render(request, "shots/_quote.html", _context(project, _order(project, request.POST, "chosen")))


@require_http_methods(["GET", "POST"])
def generate(request: AuthedRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, Role.PRODUCER)
    if request.method == "POST":
        return _confirm(request, project)
    return render(request, "shots/generate.html", _context(project, _order(project, request.GET)))


def _order(project: Project, data: Any, field: str = "shots") -> Order:
    """Read the order from the address or the form; what cannot be read is said at the field."""
    chosen = _chosen(project, data, field)
    given = {"count": data.get("count") or project.candidates_per_round, "engine": data.get("engine", "")}
    form = GenerateForm({**given, "over": data.get("over", "")}, project=project)
    if form.is_valid():
        count, choice = form.cleaned_data["count"], Choice.read(form.cleaned_data["engine"])
    else:
        count, choice = project.candidates_per_round, Choice()
    shots = chosen[:MOST_SHOTS]
    quote = generation.quote(project, shots, count=count, **choice.columns())
    return Order(shots, form, quote, len(chosen) - len(shots))


def _chosen(project: Project, data: Any, field: str) -> list[Shot]:
    """The ticked shots, or every shot of a tab and search; never one of another project."""
    if data.get("all") == "1":
        return list(board.found(project, *asked_filter(data)))
    words = [*data.getlist("shot"), *str(data.get(field, "")).split(",")]
    pks = {int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 19}
    found = Shot.objects.with_status().filter(project=project, pk__in=pks)
    return list(found.select_related("project").order_by("position", "code"))


def _context(project: Project, order: Order, **more: Any) -> dict[str, Any]:
    sendable = [line.shot for line in order.quote.sendable]
    payers = _payers(project, order.quote)
    return {
        "project": project,
        "order": order,
        "quote": order.quote,
        "lines": _lines(order),
        "form": order.form,
        "sendable": ",".join(str(shot.pk) for shot in sendable),
        "chosen": ",".join(str(shot.pk) for shot in order.shots),
        "single": order.shots[0] if len(order.shots) == 1 else None,
        "again": [line for line in order.quote.sendable if line.existing],
        "price": order.quote.price,
        "token": uuid.uuid4(),
        "payers": payers,
        # Said once where it holds for every provider.
        "drawn": len({payer.words for payer in payers}) == 1 and all(payer.works for payer in payers),
        **more,
    }


@dataclass
class Payer:
    """The clips of an order that one provider makes: with which models, for how much, on whose account."""

    provider: str
    works: bool
    words: str
    clips: int = 0
    usd: Decimal = Decimal(0)
    models: dict[str, int] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()


def _payers(project: Project, quote: generation.Quote) -> list[Payer]:
    payers: dict[str, Payer] = {}
    for choice in (choice for line in quote.sendable for choice in line.choices):
        if choice.vendor not in payers:
            works, words = keyring.account_words(project, choice.vendor)
            limits = bills.account_limits(choice.vendor, keyring.draws(project, choice.vendor))
            payers[choice.vendor] = Payer(choice.vendor, works, words, limits=limits)
        payer = payers[choice.vendor]
        payer.clips += 1
        payer.usd += choice.price_usd
        payer.models[choice.model.label] = payer.models.get(choice.model.label, 0) + 1
    return sorted(payers.values(), key=lambda payer: -payer.usd)


def _lines(order: Order) -> list[tuple[QuoteLine, tuple[str, ...]]]:
    """Every line with why it is left out. What no model of a policy can make is summed up: the reasons of
    sixty models, one after the other, would be read by nobody.
    """
    told = [(line, line.reasons) for line in order.quote.lines]
    stopped = [line.shot for line in order.quote.lines if line.problems and not line.choices]
    if not stopped:
        return told
    models, pictures, keys = choices.on_offer(), inputs.present_in(stopped), choices.key_states()
    asked = Choice.read(str(order.form["engine"].value() or ""))
    for place, (line, reasons) in enumerate(told):
        shot = line.shot
        choice = asked if asked.value else choice_of(shot.project, Choice.of_shot(shot).value)
        if line.choices or not line.problems or choice.model:
            continue
        brief = initial_of(shot) | {"duration_s": shot.duration_s}
        wish = wish_of(shot.project, brief, [row.role for row in pictures[shot.pk]])
        found = wishes.makers(choice, wish, models)
        if not found.able:
            told[place] = (line, (*reasons[:-1], wishes.why_none(found)))
        elif not any(keys[model.vendor].usable for model in found.able):
            told[place] = (line, (*reasons[:-1], NO_KEY))
    return told


def _confirm(request: AuthedRequest, project: Project) -> HttpResponse:
    order, confirm = _order(project, request.POST), ConfirmForm(request.POST)
    trouble = _trouble(project, order, confirm)
    if not trouble:
        try:
            made = generation.generate(
                project,
                order.shots,
                request.user,
                token=confirm.cleaned_data["token"],
                count=order.form.cleaned_data["count"],
                agreed=request.POST.get("agreed", "") if order.form.cleaned_data["over"] else "",
                **Choice.read(order.form.cleaned_data["engine"]).columns(),
            )
        except generation.CannotGenerate as refused:
            trouble = f"{refused} Nothing was sent and nothing was spent."
        else:
            return _sent(request, project, order, len(made))
    context = _context(project, order, trouble=trouble)
    # The shots that could not be sent stay in sight, as they were on the page before.
    context["chosen"] = request.POST.get("chosen", "") or context["chosen"]
    return render(request, "shots/generate.html", context, status=409)


def _trouble(project: Project, order: Order, confirm: ConfirmForm) -> str:
    """Why the click is not carried out; empty when it agrees with what would be sent now."""
    if not confirm.is_valid():
        return "This page is incomplete. Look at the price below and press the button once more."
    if not order.form.is_valid():
        return "Correct the fields below. Nothing was sent."
    if GenerationOrder.objects.filter(token=confirm.cleaned_data["token"]).exists():
        return ""
    if confirm.cleaned_data["expected"] != order.quote.total_usd:
        return "The price has changed since you looked. Nothing was sent; look at it and confirm again."
    if order.quote.price.asks and not order.form.cleaned_data["over"]:
        return "This goes over a budget. Tick the box if you want that. Nothing was sent."
    return ""


def _sent(request: AuthedRequest, project: Project, order: Order, clips: int) -> HttpResponse:
    if clips:
        of = order.shots[0].code if len(order.shots) == 1 else f"{len(order.shots)} shots"
        messages.success(request, f"{clips} {'clip' if clips == 1 else 'clips'} of {of} on the way.")
    else:
        messages.info(request, "This order was sent already. Nothing was sent twice.")
    return redirect("shot-list", slug=project.slug)
