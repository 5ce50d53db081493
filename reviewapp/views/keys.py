"""The admin's pages for the providers' keys."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewapp import keyring
from reviewapp.forms.site import KeyForm
from reviewapp.models import ProviderKey
from reviewapp.views.access import AuthedRequest, site_admin_required

# A test is one short call; after this long the page stops asking and says that no worker took it.
TEST_GIVEN_UP_AFTER = timedelta(seconds=90)


def _row(key: ProviderKey) -> dict[str, object]:
    """A key with where its test stands: under way, without an answer, or neither."""
    asked = key.check_asked_at
    open_test = asked is not None and (key.checked_at is None or key.checked_at < asked)
    late = open_test and asked is not None and timezone.now() - asked > TEST_GIVEN_UP_AFTER
    return {"key": key, "testing": open_test and not late, "unanswered": late}


@require_GET
@site_admin_required
def key_list(request: AuthedRequest) -> HttpResponse:
    return render(request, "site/keys.html", {"rows": [_row(key) for key in ProviderKey.objects.all()]})


@require_GET
@site_admin_required
def key_row(request: AuthedRequest, pk: int) -> HttpResponse:
    """One row of the list, which asks for itself again while a test is under way."""
    return render(request, "site/_key_row.html", {"row": _row(get_object_or_404(ProviderKey, pk=pk))})


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
@site_admin_required
def key_add(request: AuthedRequest) -> HttpResponse:
    form = KeyForm(request.POST or None)
    if form.is_valid():
        key = keyring.add_key(request.user, form.facts())
        messages.success(request, f"{key.name} is stored. Test it to be sure that it works.")
        return redirect("key-list")
    return render(request, "site/key_form.html", {"form": form}, status=422 if form.is_bound else 200)


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
@site_admin_required
def key_edit(request: AuthedRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(ProviderKey, pk=pk)
    form = KeyForm(request.POST or None, key=key)
    if form.is_valid():
        keyring.change_key(request.user, key, form.facts())
        messages.success(request, f"{key.name} is saved.")
        return redirect("key-list")
    return render(
        request, "site/key_form.html", {"form": form, "key": key}, status=422 if form.is_bound else 200
    )


@require_POST
@site_admin_required
def key_enabled(request: AuthedRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(ProviderKey, pk=pk)
    keyring.set_enabled(request.user, key, request.POST.get("to") == "enabled")
    return redirect("key-list")


@require_POST
@site_admin_required
def key_test(request: AuthedRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(ProviderKey, pk=pk)
    keyring.ask_check(request.user, key)
    if request.htmx:
        return render(request, "site/_key_row.html", {"row": _row(key)})
    return redirect("key-list")


@require_http_methods(["GET", "POST"])
@site_admin_required
def key_delete(request: AuthedRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(ProviderKey, pk=pk)
    if request.method == "POST":
        try:
            keyring.remove_key(request.user, key)
        except keyring.KeyInUse as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{key.name} is deleted.")
        return redirect("key-list")
    return render(request, "site/key_delete.html", {"key": key, "under_way": keyring.clips_under_way(key)})
