"""The admin's pages for the providers' keys."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from providers import catalog
from providers.catalog import Vendor
from providers.errors import NotConfigured
from reviewapp import hooks, keyhealth, keyring
from reviewapp.forms.keys import KeyForm, LimitsForm
from reviewapp.models import ProviderKey
from reviewapp.views.access import AuthedRequest, site_admin_required


def _vendor(name: str) -> Vendor | None:
    try:
        return catalog.vendor(name)
    except NotConfigured:
        return None


@require_GET
@site_admin_required
def key_list(request: AuthedRequest) -> HttpResponse:
    return render(request, "site/keys.html", {"rows": keyhealth.states(list(ProviderKey.objects.all()))})


@require_GET
@site_admin_required
def key_row(request: AuthedRequest, pk: int) -> HttpResponse:
    """One row of the list, which asks for itself again while a test is under way."""
    return _row(request, get_object_or_404(ProviderKey, pk=pk))


def _row(request: AuthedRequest, key: ProviderKey) -> HttpResponse:
    return render(request, "site/_key_row.html", {"row": keyhealth.states([key])[0]})


# Every field: which of them are secrets is the vendor's matter.
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@site_admin_required
@sensitive_variables()
def key_add(request: AuthedRequest) -> HttpResponse:
    """A key of the vendor that the address or the form names; the first one where neither does."""
    asked = str((request.POST or request.GET).get("provider", ""))
    vendor = _vendor(asked) or catalog.vendors()[0]
    form = KeyForm(request.POST if vendor.name == asked and request.method == "POST" else None, vendor=vendor)
    if form.is_valid():
        key = keyring.add_key(request.user, form.facts())
        messages.success(request, f"{key.name} is stored. Test it to be sure that it works.")
        return redirect("key-list")
    if asked and vendor.name != asked:
        messages.error(request, "There is no provider of that name here. Choose one from the list.")
    context = {"form": form, "vendor": vendor, "vendors": catalog.vendors()}
    return render(request, "site/key_form.html", context, status=422 if request.method == "POST" else 200)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@site_admin_required
@sensitive_variables()
def key_edit(request: AuthedRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(ProviderKey, pk=pk)
    vendor = _vendor(key.provider)
    sent = request.POST if request.method == "POST" else None
    form: LimitsForm
    if vendor is None or key.from_environment:
        form = LimitsForm(sent, vendor=vendor, key=key)
    else:
        form = KeyForm(sent, vendor=vendor, key=key)
    if form.is_valid():
        if isinstance(form, KeyForm):
            keyring.change_key(request.user, key, form.facts())
        else:
            keyring.change_limits(request.user, key, form.limits())
        messages.success(request, f"{key.name} is saved.")
        return redirect("key-list")
    state = keyhealth.states([key])[0]
    context: dict[str, object] = {"form": form, "vendor": vendor, "key": key, "state": state}
    if vendor is not None and vendor.webhook == "standard":
        # The others are told with each call where to send theirs.
        context["webhook_address"] = hooks.address_for(key)
    return render(request, "site/key_form.html", context, status=422 if form.is_bound else 200)


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
        return _row(request, key)
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
