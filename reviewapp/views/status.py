"""The admins' page that says how every part of the app is, and what to do where one is not well."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from reviewapp import health
from reviewapp.health import Part
from reviewapp.views.access import AuthedRequest, site_admin_required


@dataclass
class Host:
    """One machine with its processes. No name: what no machine has alone."""

    name: str
    parts: list[Part] = field(default_factory=list)

    @property
    def ill(self) -> list[Part]:
        return [part for part in self.parts if not part.is_well]


@require_GET
@site_admin_required
def status(request: AuthedRequest) -> HttpResponse:
    found = health.parts()
    hosts = {part.host: Host(part.host) for part in found if part.host}
    for part in found:
        if part.host:
            hosts[part.host].parts.append(part)
    told = {
        "at": timezone.now(),
        "troubles": [part for part in found if not part.is_well],
        "unfit": health.unfit(found),
        "site": [part for part in found if not part.host],
        "hosts": [hosts[name] for name in sorted(hosts)],
    }
    return render(request, "site/_status.html" if request.htmx else "site/status.html", told)
