"""The receivers of a project's events, for its producers."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewapp import receivers
from reviewapp.forms.outgoing import ReceiverForm
from reviewapp.models import HookStyle, OutgoingDelivery, OutgoingHook, Role
from reviewapp.views.access import AuthedRequest, get_project


def _get(request: AuthedRequest, slug: str, uid: uuid.UUID) -> OutgoingHook:
    project = get_project(request, slug, Role.PRODUCER)
    return get_object_or_404(OutgoingHook.objects.select_related("project"), project=project, uid=uid)


@require_GET
def receivers_list(request: AuthedRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, Role.PRODUCER)
    entries = [_entry(hook) for hook in project.outgoing_hooks.all()]
    return render(request, "outgoing/list.html", {"project": project, "entries": entries})


def _entry(hook: OutgoingHook) -> dict[str, object]:
    deliveries = receivers.last_of(hook)
    # The answer to what was just asked for is worth waiting for; the next try of something old is not.
    awaits = any(one.done_at is None and one.tries < 2 for one in deliveries)
    return {
        "hook": hook,
        "deliveries": deliveries,
        "awaits": awaits,
        "is_slack": hook.style == HookStyle.SLACK,
    }


@require_GET
def receiver(request: AuthedRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """One receiver's card, which asks for itself while an answer is awaited."""
    hook = _get(request, slug, uid)
    if not request.htmx:
        return redirect("receiver-list", slug=slug)
    return render(request, "outgoing/_receiver.html", {"project": hook.project, "entry": _entry(hook)})


@sensitive_post_parameters("url")
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def receiver_new(request: AuthedRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, Role.PRODUCER)
    form = ReceiverForm(request.POST or None, project=project)
    if form.is_valid():
        facts = form.cleaned_data
        style = HookStyle(facts["style"])
        try:
            hook, secret = receivers.add(
                request.user, project, name=facts["name"], style=style, url=facts["url"], kinds=facts["kinds"]
            )
        except receivers.TooMany as error:
            form.add_error(None, str(error))
        else:
            return _with_secret(request, hook, secret) if secret else _saved(request, hook)
    context = {"project": project, "form": form}
    return render(request, "outgoing/form.html", context, status=422 if form.is_bound else 200)


@sensitive_variables()
def _with_secret(request: AuthedRequest, hook: OutgoingHook, secret: str) -> HttpResponse:
    """The one answer that holds the secret: no redirect, because it is kept nowhere to be read again."""
    context = {"project": hook.project, "hook": hook, "secret": secret}
    response = render(request, "outgoing/secret.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _saved(request: AuthedRequest, hook: OutgoingHook) -> HttpResponse:
    messages.success(request, f"{hook.name} is saved. Send a test to see whether it answers.")
    return redirect("receiver-list", slug=hook.project.slug)


@sensitive_post_parameters("url")
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def receiver_edit(request: AuthedRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    hook = _get(request, slug, uid)
    form = ReceiverForm(request.POST or None, project=hook.project, hook=hook)
    if form.is_valid():
        facts = form.cleaned_data
        receivers.change(request.user, hook, name=facts["name"], url=facts["url"], kinds=facts["kinds"])
        return _saved(request, hook)
    context = {"project": hook.project, "form": form, "hook": hook}
    return render(request, "outgoing/form.html", context, status=422 if form.is_bound else 200)


@require_POST
def receiver_test(request: AuthedRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    hook = _get(request, slug, uid)
    receivers.test(request.user, hook)
    return _back(request, hook)


@require_POST
def receiver_enabled(request: AuthedRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    hook = _get(request, slug, uid)
    receivers.switch(request.user, hook, on=request.POST.get("to") == "on")
    return redirect("receiver-list", slug=slug)


@sensitive_variables()
@require_POST
def receiver_secret(request: AuthedRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    hook = _get(request, slug, uid)
    if hook.style != HookStyle.JSON:
        messages.error(request, "Slack-compatible messages are not signed; there is no secret to change.")
        return redirect("receiver-list", slug=slug)
    return _with_secret(request, hook, receivers.rotate(request.user, hook))


@require_POST
def receiver_remove(request: AuthedRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    hook = _get(request, slug, uid)
    receivers.remove(request.user, hook)
    messages.success(request, f"{hook.name} is removed. Nothing is sent there any more.")
    return redirect("receiver-list", slug=slug)


@require_POST
def delivery_again(request: AuthedRequest, slug: str, uid: uuid.UUID, pk: int) -> HttpResponse:
    hook = _get(request, slug, uid)
    receivers.again(get_object_or_404(OutgoingDelivery, pk=pk, hook=hook))
    return _back(request, hook)


def _back(request: AuthedRequest, hook: OutgoingHook) -> HttpResponse:
    """The card with what is under way, or the whole page where there is no script."""
    if not request.htmx:
        return redirect("receiver-list", slug=hook.project.slug)
    return render(request, "outgoing/_receiver.html", {"project": hook.project, "entry": _entry(hook)})
