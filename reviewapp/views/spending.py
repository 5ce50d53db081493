"""The question before a click that would go over a budget that warns."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from reviewapp.bills import Price
from reviewapp.models import Project
from reviewapp.views.access import AuthedRequest

# What the question itself adds to the fields of the form that it repeats.
OWN = ("csrfmiddlewaretoken", "agreed")


def ask_first(
    request: AuthedRequest, project: Project, price: Price, *, what: str, back: str
) -> HttpResponse | None:
    """The page that names each budget the click would pass, and by how much; None where there is nothing to
    ask, or a person has agreed to exactly this already. `what` is what the click does, `back` leads away.
    """
    if not price.asks or request.POST.get("agreed") == price.mark:
        return None
    fields = [
        (name, value) for name in request.POST for value in request.POST.getlist(name) if name not in OWN
    ]
    context = {"project": project, "price": price, "what": what, "back": back, "fields": fields}
    return render(request, "spending/ask.html", context, status=409)
