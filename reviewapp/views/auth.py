"""Signing in, signing out, the demo's one-click sign-in, and where a person lands."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.views.decorators.http import require_GET, require_POST

from reviewapp.forms.auth import SignInForm
from reviewapp.models import Membership, Role, User
from reviewapp.views.access import AuthedRequest

# The people whom the demo project is made with, by what their button says.
DEMO_PEOPLE = {"alice": "producer Alice", "bob": "reviewer Bob", "dana": "admin Dana"}
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def demo_is_open(request: HttpRequest) -> bool:
    """Demo mode, asked for on this machine and by a name of this machine.

    Both are looked at: the address alone would let a foreign page in by DNS rebinding, the name alone is the
    sender's own word. A proxy on this machine makes every visitor look local, so its mark closes the door.
    """
    if not settings.DEMO or "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    host = request.get_host()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return address.is_loopback and name in LOOPBACK_NAMES


class SignIn(LoginView):
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        people: list[tuple[str, str]] = []
        if demo_is_open(self.request):
            there = set(
                User.objects.filter(username__in=DEMO_PEOPLE, is_active=True).values_list(
                    "username", flat=True
                )
            )
            people = [(name, label) for name, label in DEMO_PEOPLE.items() if name in there]
        return context | {"demo_people": people, "nobody_yet": not User.objects.exists()}


class ChangePassword(PasswordChangeView):
    success_url = reverse_lazy("home")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, "Your password is changed. You were signed out everywhere else.")
        return super().form_valid(form)


@login_not_required
@require_POST
def demo_sign_in(request: HttpRequest, username: str) -> HttpResponse:
    if not demo_is_open(request) or username not in DEMO_PEOPLE:
        raise Http404
    person = get_object_or_404(User, username=username, is_active=True)
    login(request, person, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("home")


@require_GET
def home(request: AuthedRequest) -> HttpResponse:
    """Those who only watch land on what waits for them, all others on their projects.

    Who belongs to none yet is told there how to get one.
    """
    mine = Membership.objects.filter(user=request.user)
    only_watches = mine.exists() and not mine.filter(role=Role.PRODUCER).exists()
    return redirect("review-queue" if only_watches and not request.user.is_site_admin else "project-list")
