"""The admin's room: people, the costs of every project, the audit log."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewapp import budgets, people
from reviewapp.forms.site import DetailsForm, PasswordForm, PersonForm
from reviewapp.models import AuditEntry, Project, ProviderKey, User
from reviewapp.views.access import AuthedRequest, site_admin_required

PER_PAGE = 50
DAYS_SHOWN = 14


@require_GET
@site_admin_required
def people_list(request: AuthedRequest) -> HttpResponse:
    found = User.objects.annotate(projects=Count("memberships")).order_by("-is_active", "username")
    asked = request.GET.get("q", "").strip()
    for word in asked.split():
        found = found.filter(
            Q(username__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(email__icontains=word)
        )
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "site/people.html", {"page": page, "asked": asked})


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@site_admin_required
def person_add(request: AuthedRequest) -> HttpResponse:
    form = PersonForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        person = people.add_person(
            request.user,
            username=data["username"],
            full_name=data["full_name"],
            email=data["email"],
            password=data["password"],
        )
        messages.success(
            request,
            f"{person.display_name} can now sign in as {person.username}. Hand over the password yourself.",
        )
        return redirect("person", person.pk)
    return render(request, "site/person_add.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@site_admin_required
def person(request: AuthedRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    form = DetailsForm(
        request.POST or None, initial={"full_name": person.get_full_name(), "email": person.email}
    )
    if form.is_valid():
        people.change_details(
            request.user, person, full_name=form.cleaned_data["full_name"], email=form.cleaned_data["email"]
        )
        messages.success(request, "Saved.")
        return redirect("person", person.pk)
    memberships = person.memberships.select_related("project").order_by("project__name")
    return render(
        request,
        "site/person.html",
        {"person": person, "form": form, "memberships": memberships},
        status=422 if form.is_bound else 200,
    )


@require_POST
@site_admin_required
def person_active(request: AuthedRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    active = request.POST.get("to") == "active"
    try:
        people.set_active(request.user, person, active)
    except people.LastAdmin as error:
        messages.error(request, str(error))
    else:
        done = "can sign in again" if active else "can no longer sign in; what they did stays"
        messages.success(request, f"{person.display_name} {done}.")
    return redirect("person", person.pk)


@require_POST
@site_admin_required
def person_admin(request: AuthedRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    admin = request.POST.get("to") == "admin"
    try:
        people.set_site_admin(request.user, person, admin)
    except people.LastAdmin as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, f"{person.display_name} is {'now' if admin else 'no longer'} an admin of this site."
        )
    if person == request.user and not User.objects.get(pk=pk).is_site_admin:
        # Whoever gave up the right themselves may not see this page any more.
        return redirect("home")
    return redirect("person", person.pk)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@site_admin_required
def person_password(request: AuthedRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    form = PasswordForm(request.POST or None, person=person)
    if form.is_valid():
        people.reset_password(request.user, person, form.cleaned_data["password"])
        messages.success(request, f"{person.display_name} has a new password and was signed out everywhere.")
        return redirect("person", person.pk)
    return render(
        request,
        "site/person_password.html",
        {"person": person, "form": form},
        status=422 if form.is_bound else 200,
    )


@require_GET
@site_admin_required
def costs(request: AuthedRequest) -> HttpResponse:
    """What every project, every key and every one of the last days has cost."""
    page = Paginator(Project.objects.order_by("name"), PER_PAGE).get_page(request.GET.get("page"))
    totals = budgets.totals_of(list(page))
    rows = [(project, totals[project.pk]) for project in page]
    sums = {
        part: sum((getattr(one, part) for _, one in rows), Decimal(0))
        for part in ("spent", "reserved", "promised", "today")
    }
    keys = list(ProviderKey.objects.all())
    paid = budgets.key_totals(*keys)
    context = {
        "page": page,
        "rows": rows,
        "sums": sums,
        "keys": [(key, paid[key.pk]) for key in keys],
        "days": budgets.days(DAYS_SHOWN),
    }
    return render(request, "site/costs.html", context)


@require_GET
@site_admin_required
def audit_log(request: AuthedRequest) -> HttpResponse:
    page = Paginator(AuditEntry.objects.select_related("by"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "site/audit.html", {"page": page})
