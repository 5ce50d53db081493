"""For load balancers and monitors: does this process answer, and is the whole app fit to work."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from reviewapp.models import Heartbeat

# Every long-running process reports at least every few seconds; a minute of silence is an outage.
SILENT_AFTER = timedelta(seconds=60)


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is looked at: a database outage must not restart web workers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, its tables are current and every kind of process shows signs of life."""
    try:
        reasons = _unapplied() or _silent()
    except DatabaseError as error:
        # The driver's own text may hold the address and the user of the database; its kind says enough here.
        reasons = [f"The database does not answer ({type(error).__name__})."]
    return JsonResponse({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)


def _unapplied() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return []
    return [f"{len(plan)} migrations are not applied, {plan[0][0]} first. Run manage.py migrate."]


def _silent() -> list[str]:
    """What the site cannot work without and has not heard of lately: the watcher and the queues' clusters.

    Mails that are late take no page and no clip away: the cluster that sends them is left out.
    """
    clusters = {settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]} - {"notify"}
    beats = Heartbeat.latest()
    now, reasons = timezone.now(), []
    for name in ("watch", *(f"queue:{cluster}" for cluster in sorted(clusters))):
        if name not in beats:
            reasons.append(f"{name} has never reported. Is its process running?")
        elif now - beats[name] > SILENT_AFTER:
            reasons.append(f"{name} has not reported for {int((now - beats[name]).total_seconds())} seconds.")
    return reasons
