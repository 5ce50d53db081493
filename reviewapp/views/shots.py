"""The shot list and the page of one shot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewapp import board, budgets, choices, inputs, lineage, notices, shots, wishes
from reviewapp.choices import Choice
from reviewapp.forms.inputs import InputForm, SourceClipForm
from reviewapp.forms.shots import FoundForm, ShotForm, choice_of, initial_of, wish_of
from reviewapp.models import Project, Role, Shot, ShotInput, ShotStatus
from reviewapp.shotlist.lines import number
from reviewapp.views.access import AuthedRequest, get_project, get_shot, role_in

PER_PAGE = 100
# Other models beside a stuck shot: more would be no advice.
MOST_OTHERS = 6
# Approved clips in the list of those that may be edited.
MOST_CLIPS = 300
Kind = ShotInput.Kind


def asked_filter(data: Any) -> tuple[str, str]:
    """The tab and the search words of a list's address; an unknown tab is all shots."""
    tab = str(data.get("tab", ""))
    return (tab if tab in board.TABS else "", str(data.get("q", "")).strip()[:200])


@require_GET
def shot_list(request: AuthedRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug)
    tab, words = asked_filter(request.GET)
    page = Paginator(board.found(project, tab, words), PER_PAGE).get_page(request.GET.get("page"))
    page_shots = list(page.object_list)
    pks = [shot.pk for shot in page_shots]
    context = {
        # Read first: a change that comes while the rows are read is then shown by the next look.
        "stamp": board.stamp(project, pks),
        "project": project,
        "producer": role_in(request.user, project) == Role.PRODUCER,
        "page": page,
        "groups": _by_sequence(board.rows(page_shots)),
        "tab": tab,
        "words": words,
        **_numbers(project, tab),
    }
    return render(request, "shots/list.html", context)


def _numbers(project: Project, tab: str) -> dict[str, Any]:
    counts = board.tab_counts(project)
    tabs = [
        (key, label, counts[key], key == tab)
        for key, label in board.TABS.items()
        # Rare states appear only where there is one.
        if counts[key] or key == tab or key not in (ShotStatus.ON_HOLD, ShotStatus.OMITTED)
    ]
    return {"tabs": tabs, "total": counts[""], "totals": budgets.project_totals(project)}


def _by_sequence(rows: Sequence[board.Row]) -> list[tuple[str, list[board.Row]]]:
    """Neighbours of one sequence under one heading; the list's own order stays."""
    groups: list[tuple[str, list[board.Row]]] = []
    for row in rows:
        if not groups or groups[-1][0] != row.shot.sequence:
            groups.append((row.shot.sequence, []))
        groups[-1][1].append(row)
    return groups


@require_GET
def shot_rows(request: AuthedRequest, slug: str) -> HttpResponse:
    """What changed of a list that is being looked at: 204 when nothing did, else only the changed rows.

    The page says which rows it shows (`row=<id>.<stamp>`), so that none disappears from under a selection
    because it has left the filter in the meantime.
    """
    project = get_project(request, slug)
    shown = _shown(request.GET.getlist("row"))
    now = board.stamp(project, list(shown))
    if now == request.GET.get("stamp"):
        return HttpResponse(status=204)
    asked = board.with_state(Shot.objects.filter(project=project, pk__in=shown)).select_related("project")
    changed = [row for row in board.rows(list(asked)) if row.stamp != shown[row.shot.pk]]
    tab, words = asked_filter(request.GET)
    context = {
        "project": project,
        "producer": role_in(request.user, project) == Role.PRODUCER,
        "rows": changed,
        "stamp": now,
        "tab": tab,
        "words": words,
        **_numbers(project, tab),
    }
    return render(request, "shots/_rows.html", context)


def _shown(pairs: list[str]) -> dict[int, str]:
    shown = {}
    for pair in pairs[:PER_PAGE]:
        pk, _, stamp = pair.partition(".")
        if pk.isascii() and pk.isdigit() and len(pk) < 19:
            shown[int(pk)] = stamp
    return shown


@require_http_methods(["GET", "POST"])
def shot_new(request: AuthedRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, Role.PRODUCER)
    initial = {"duration_s": number(project.duration_s), "aspect": project.aspect}
    form = ShotForm(request.POST or None, project=project, initial=initial)
    if form.is_valid():
        try:
            shot = shots.create(project, form.cleaned_data["code"], form.brief())
        except shots.CodeTaken as error:
            form.add_error("code", str(error))
        else:
            messages.success(request, f"{shot.code} is at the end of the list.")
            return redirect("shot-detail", slug=slug, code=shot.code)
    context = {"project": project, "form": form}
    return render(request, "shots/new.html", context, status=422 if form.is_bound else 200)


@require_POST
def shot_offer(request: AuthedRequest, slug: str, code: str = "") -> HttpResponse:
    """What the model that is being chosen offers, and what it makes of what is typed. Writes nothing; a POST
    because prompts are long.
    """
    shot = get_shot(request, slug, code, Role.PRODUCER) if code else None
    project = shot.project if shot else get_project(request, slug, Role.PRODUCER)
    # Not bound: nothing is complained of at a field before it is sent.
    form = ShotForm(project=project, shot=shot, initial=request.POST.dict())
    return render(request, "shots/_offer.html", {"project": project, "code": code, "form": form, "oob": True})


@require_GET
def shot_detail(request: AuthedRequest, slug: str, code: str) -> HttpResponse:
    shot = get_shot(request, slug, code)
    notices.saw_shot(request.user, shot)
    return shot_page(request, shot)


def shot_page(
    request: AuthedRequest,
    shot: Shot,
    *,
    found: FoundForm | None = None,
    found_for: int | None = None,
    input_form: InputForm | None = None,
    clip_form: SourceClipForm | None = None,
) -> HttpResponse:
    """The page of a shot. A form that is given was filled in wrongly: `found` for the clip `found_for`."""
    producer = role_in(request.user, shot.project) == Role.PRODUCER
    rounds = lineage.rounds(shot)
    escalated = shot.status == ShotStatus.ESCALATED
    context = {
        "project": shot.project,
        "shot": shot,
        "producer": producer,
        "rounds": rounds,
        "round": max((entry.version.round for entry in rounds), default=0),
        "ledger": lineage.ledger(shot),
        "totals": budgets.shot_totals(shot),
        "project_totals": budgets.project_totals(shot.project),
        "choice": Choice.of_shot(shot) if shot.model or shot.routing else Choice.of_project(shot.project),
        "escalated": escalated,
        "found": found or FoundForm(),
        "found_for": found_for,
        "inputs": _listed(inputs.present(shot)),
        **(_ways_out(shot, rounds) if escalated and producer else {}),
    }
    if producer:
        fresh = input_forms(shot)
        context |= {
            "form": ShotForm(project=shot.project, shot=shot, initial=initial_of(shot)),
            "input_form": input_form or fresh[0],
            "clip_form": clip_form or fresh[1],
        }
    wrong = found or input_form or clip_form
    return render(request, "shots/detail.html", context, status=422 if wrong else 200)


@dataclass(frozen=True)
class Listed:
    """One input of a shot with its place among those of its role, from 1, of so many."""

    entry: ShotInput
    place: int
    of: int


def _listed(entries: Sequence[ShotInput]) -> list[Listed]:
    counts = Counter(entry.role for entry in entries)
    seen: Counter[str] = Counter()
    listed = []
    for entry in entries:
        seen[entry.role] += 1
        listed.append(Listed(entry, seen[entry.role], counts[entry.role]))
    return listed


def input_forms(shot: Shot, request: AuthedRequest | None = None) -> tuple[InputForm, SourceClipForm]:
    """The forms that add pictures and clips, offering only what the shot's model takes."""
    choice = choice_of(shot.project, Choice.of_shot(shot).value)
    data = request.POST if request else None
    form = InputForm(
        data, request.FILES if request else None, offered=wishes.roles_of(choice, choices.on_offer())
    )
    return form, SourceClipForm(data, clips=inputs.approved_clips(shot.project)[:MOST_CLIPS])


def _ways_out(shot: Shot, rounds: Sequence[lineage.Round]) -> dict[str, Any]:
    """The priced ways on for a shot that is stuck."""
    round_price = shots.price_of_a_round(shot)
    takes = [take for entry in rounds for take in entry.takes]
    return {
        "round_price": round_price,
        "stuck": [take for take in takes if take.remedy in ("fetch", "send")],
        "other_models": _other_models(shot),
        "acceptable": [take for take in takes if take.can_be_accepted],
    }


def _other_models(shot: Shot) -> list[tuple[Choice, Decimal | None]]:
    """Other models that can make the shot now, the cheapest first; the page of all models knows the rest."""
    keys = choices.key_states()
    pictures = inputs.present(shot)
    wish = wish_of(
        shot.project, initial_of(shot) | {"duration_s": shot.duration_s}, [p.role for p in pictures]
    )
    source_s = next((row.duration_s for row in pictures if row.role == Kind.SOURCE_VIDEO), None)
    now = (shot.effective_provider, shot.effective_model)
    found = [
        (wishes.price(model, wish, source_s), Choice.of_model(model))
        for model in choices.on_offer(keys)
        if keys[model.vendor].usable and (model.vendor, model.id) != now
    ]
    priced = sorted(
        ((price, choice) for price, choice in found if price is not None), key=lambda pair: pair[0]
    )
    return [(choice, price) for price, choice in priced[:MOST_OTHERS]]


@require_http_methods(["GET", "POST"])
def shot_edit(request: AuthedRequest, slug: str, code: str) -> HttpResponse:
    shot = get_shot(request, slug, code, Role.PRODUCER)
    form = ShotForm(request.POST or None, project=shot.project, shot=shot, initial=initial_of(shot))
    if form.is_valid():
        try:
            shots.change(shot, form.cleaned_data["code"], form.brief())
        except shots.CodeTaken as error:
            form.add_error("code", str(error))
        else:
            messages.success(request, f"{shot.code} is saved. Clips that are there keep the prompt they had.")
            return redirect("shot-detail", slug=slug, code=shot.code)
    generated = shot.candidates.exists()
    context = {"project": shot.project, "shot": shot, "form": form, "generated": generated, "code": code}
    return render(request, "shots/edit.html", context, status=422 if form.is_bound else 200)


@require_POST
def shot_hold(request: AuthedRequest, slug: str, code: str) -> HttpResponse:
    shot = get_shot(request, slug, code, Role.PRODUCER)
    on_hold = request.POST.get("on") == "1"
    shots.set_on_hold(shot, on_hold)
    words = "is on hold: nothing of it is sent or reviewed" if on_hold else "goes on"
    messages.success(request, f"{shot.code} {words}.")
    return redirect("shot-detail", slug=slug, code=shot.code)


@require_POST
def shot_omit(request: AuthedRequest, slug: str, code: str) -> HttpResponse:
    shot = get_shot(request, slug, code, Role.PRODUCER)
    omitted = request.POST.get("on") == "1"
    shots.set_omitted(shot, omitted)
    words = "is omitted. Nothing was deleted; restore it at any time" if omitted else "is back in the list"
    messages.success(request, f"{shot.code} {words}.")
    return redirect("shot-detail", slug=slug, code=shot.code)
