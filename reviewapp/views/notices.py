"""What a person was told, how they want to be told, and the way out of the mails."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewapp import letters, mailing, notices
from reviewapp.forms.notices import AddressForm, ChoiceForm, others
from reviewapp.models import EventKind, Mail, MailKind, NotifyChoice, Project, User
from reviewapp.views.access import AuthedRequest, get_project

PER_PAGE = 50


# --- what was told ---


@require_GET
def notice_list(request: AuthedRequest) -> HttpResponse:
    mine = notices.of(request.user)
    slug, kind = request.GET.get("project", ""), request.GET.get("kind", "")
    found = mine.select_related("event__project", "event__shot", "event__key")
    if slug:
        found = found.filter(event__project__slug=slug)
    if kind in EventKind.values:
        found = found.filter(event__kind=kind)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "slug": slug,
        "kind": kind,
        "kinds": EventKind.choices,
        "projects": Project.objects.filter(pk__in=mine.order_by().values("event__project")),
        "new": mine.filter(seen_at=None).exists(),
    }
    return render(request, "notices/list.html", context)


@never_cache
@require_GET
def notice_bell(request: AuthedRequest) -> HttpResponse:
    """The bell alone, for a page that is open."""
    return render(request, "notices/_bell.html")


@never_cache
@require_GET
def notice_open(request: AuthedRequest, pk: int) -> HttpResponse:
    """Go where the notice leads; from then on it is seen."""
    rows = notices.of(request.user).select_related("event__project", "event__shot", "event__candidate")
    notice = get_object_or_404(rows, pk=pk)
    notices.see(notice)
    return redirect(notices.leads_to(notice.event))


@require_POST
def notice_all_seen(request: AuthedRequest) -> HttpResponse:
    notices.see_all(request.user)
    return redirect("notice-list")


# --- how to be told ---


@require_http_methods(["GET", "POST"])
def notice_choices(request: AuthedRequest) -> HttpResponse:
    """The usual way, and the door to each project's own."""
    if slug := request.GET.get("project", ""):
        return redirect("notice-choices-project", slug=get_project(request, slug).slug)
    form = ChoiceForm(request.POST or None, person=request.user, project=None)
    if form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("notice-choices")
    return _choices(request, form, AddressForm(person=request.user))


def _choices(request: AuthedRequest, form: ChoiceForm, address_form: AddressForm) -> HttpResponse:
    person = request.user
    mails = Mail.objects.filter(user=person, kind=MailKind.DIGEST, done_at__isnull=False)
    usual = NotifyChoice.objects.filter(user=person, project=None).first()
    refused = usual.refused_why if usual and usual.refused_address == person.email else ""
    chosen = others(person)
    rest = Project.objects.visible_to(person).exclude(pk__in=[row.project_id for row in chosen])
    context: dict[str, Any] = {
        "form": form,
        "address_form": address_form,
        "mail_is_on": mailing.is_on(),
        "can_confirm": mailing.is_on() and bool(settings.SITE_URL),
        "refused": refused,
        "trouble": mailing.trouble() if person.is_site_admin else "",
        "last": mails.first(),
        "others": chosen,
        "projects": rest,
    }
    wrong = form.is_bound or address_form.is_bound
    return render(request, "notices/choices.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "POST"])
def notice_choices_project(request: AuthedRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug)
    form = ChoiceForm(request.POST or None, person=request.user, project=project)
    if form.is_valid():
        form.save()
        messages.success(request, f"Saved for {project.name}.")
        return redirect("notice-choices")
    chosen = NotifyChoice.objects.filter(user=request.user, project=project).exists()
    context = {"form": form, "project": project, "chosen": chosen, "mail_is_on": mailing.is_on()}
    return render(request, "notices/choices_project.html", context, status=422 if form.is_bound else 200)


@require_POST
def notice_choices_usual(request: AuthedRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug)
    notices.as_usual(request.user, project)
    messages.success(request, f"{project.name} is told of in your usual way again.")
    return redirect("notice-choices")


# --- one's own address ---


@require_POST
def address_ask(request: AuthedRequest) -> HttpResponse:
    form = AddressForm(request.POST, person=request.user)
    if not (mailing.is_on() and settings.SITE_URL):
        form.add_error(None, "This site cannot send a link to confirm an address. Ask an admin to change it.")
    if form.is_valid() and form.send():
        address = form.cleaned_data["address"]
        messages.success(request, f"A link is on its way to {address}. Follow it to confirm the address.")
        return redirect("notice-choices")
    return _choices(request, ChoiceForm(person=request.user, project=None), form)


@sensitive_variables("token")
@never_cache
@require_http_methods(["GET", "POST"])
def address_confirm(request: AuthedRequest, token: str) -> HttpResponse:
    address = mailing.address_in(request.user, token)
    if address is not None and request.method == "POST":
        mailing.change_address(request.user, address)
        messages.success(request, f"Your mail goes to {address} from now on.")
        return redirect("notice-choices")
    return render(
        request, "notices/address.html", {"address": address}, status=200 if address is not None else 404
    )


# --- the way out of the mails ---


@csrf_exempt  # The mail program presses this button, without a cookie or a page of ours (RFC 8058).
@login_not_required
@sensitive_variables("token")
@never_cache
@require_http_methods(["GET", "POST"])
def mail_stop(request: HttpRequest, token: str) -> HttpResponse:
    """Turn mail off, for whoever holds the link from a mail: it does this and nothing else."""
    found = letters.unsubscribes(token)
    if found is None:
        raise Http404("This link is not whole. Copy all of it from the mail.")
    person = get_object_or_404(User, pk=found[0])
    project = get_object_or_404(Project, pk=found[1]) if found[1] is not None else None
    if request.method == "POST":
        notices.stop_mail(person, project)
    knows = project is None or Project.objects.visible_to(person).filter(pk=project.pk).exists()
    about = project.name if project and knows else ("a project that you have left" if project else "")
    context = {"about": about, "done": request.method == "POST", "address": _hidden(person.email)}
    return render(request, "notices/stop.html", context)


def _hidden(address: str) -> str:
    """b…@example.org: enough to know one's own."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if domain else ""
