"""The projects a person belongs to, and one project's settings and people."""

from __future__ import annotations

import copy

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewapp import board, projects
from reviewapp.forms.projects import MemberForm, NewProjectForm, ProjectForm
from reviewapp.models import Membership, Project, Role
from reviewapp.views.access import AuthedRequest, get_project


@require_GET
def project_list(request: AuthedRequest) -> HttpResponse:
    return render(request, "projects/list.html", {"projects": board.projects_of(request.user)})


@require_http_methods(["GET", "POST"])
def project_new(request: AuthedRequest) -> HttpResponse:
    """Whoever can sign in can begin a project, and is its first producer."""
    form = NewProjectForm(request.POST or None, instance=Project())
    if form.is_valid():
        project = projects.create(request.user, **form.settings())
        messages.success(request, f"{project.name} is there. Now add its shots.")
        return redirect("shot-list", slug=project.slug)
    return render(request, "projects/new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
def project_offer(request: AuthedRequest) -> HttpResponse:
    """What the model that is being chosen for a project offers. Writes nothing."""
    # Not bound: the choice is shown as it stands, and nothing is complained of before it is sent.
    form = NewProjectForm(instance=Project(), initial=request.POST.dict())
    return render(request, "_engine_offer.html", {"form": form})


@require_http_methods(["GET", "POST"])
def project_settings(request: AuthedRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, Role.PRODUCER)
    # The form writes into the object it is given; the verb needs the old values to tell what changed.
    form = ProjectForm(request.POST or None, instance=copy.copy(project))
    if form.is_valid():
        changed = projects.change_settings(request.user, project, form.settings())
        messages.success(request, "The settings are saved." if changed else "Nothing was changed.")
        return redirect("project-settings", slug=project.slug)
    return _settings_page(request, project, form, MemberForm())


def _settings_page(
    request: AuthedRequest, project: Project, form: ProjectForm, member_form: MemberForm
) -> HttpResponse:
    wrong = form.is_bound or member_form.is_bound
    context = {
        "project": project,
        "form": form,
        "member_form": member_form,
        "members": project.memberships.select_related("user").order_by("role", "user__username"),
        "roles": Role.choices,
    }
    return render(request, "projects/settings.html", context, status=422 if wrong else 200)


@require_POST
def member_add(request: AuthedRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, Role.PRODUCER)
    form = MemberForm(request.POST)
    if form.is_valid():
        person, role = form.cleaned_data["username"], Role(form.cleaned_data["role"])
        try:
            projects.add_member(request.user, project, person, role)
        except projects.AlreadyMember as error:
            form.add_error("username", str(error))
        else:
            messages.success(request, f"{person.display_name} now belongs to {project.name}.")
            return redirect("project-settings", slug=slug)
    return _settings_page(request, project, ProjectForm(instance=project), form)


def _member(request: AuthedRequest, slug: str, pk: int) -> Membership:
    project = get_project(request, slug, Role.PRODUCER)
    return get_object_or_404(Membership.objects.select_related("user", "project"), pk=pk, project=project)


@require_POST
def member_role(request: AuthedRequest, slug: str, pk: int) -> HttpResponse:
    member = _member(request, slug, pk)
    role = request.POST.get("role", "")
    if role not in Role.values:
        messages.error(request, "Choose reviewer or producer.")
        return redirect("project-settings", slug=slug)
    try:
        projects.set_role(request.user, member, Role(role))
    except projects.LastProducer as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{member.user.display_name} is {Role(role).label.lower()} now.")
    return _back_to_settings(request, member.project)


@require_POST
def member_remove(request: AuthedRequest, slug: str, pk: int) -> HttpResponse:
    member = _member(request, slug, pk)
    try:
        projects.remove_member(request.user, member)
    except projects.LastProducer as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{member.user.display_name} no longer belongs to {member.project.name}.")
    return _back_to_settings(request, member.project)


def _back_to_settings(request: AuthedRequest, project: Project) -> HttpResponse:
    """A producer may have just given away their own right to that page."""
    still = Membership.objects.filter(project=project, user=request.user).first()
    if request.user.is_site_admin or (still and still.role == Role.PRODUCER):
        return redirect("project-settings", slug=project.slug)
    return redirect("shot-list", slug=project.slug) if still else redirect("project-list")
