"""For load balancers and monitors: does this process answer, and is the whole app fit to work."""

from __future__ import annotations

from datetime import timedelta

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
    """The kinds of process that have not reported. `watcher@host-a` and `watcher@host-b` are one kind:

    a host that was taken away must not make the site unready for ever while another does the work.
    """
    newest: dict[str, timedelta] = {}
    for beat in Heartbeat.objects.all():
        kind = beat.name.partition("@")[0]
        silence = timezone.now() - beat.at
        newest[kind] = min(silence, newest.get(kind, silence))
    if not newest:
        return ["No worker process has ever reported. Start the clusters and the watcher."]
    return [
        f"{kind} has not reported for {int(silence.total_seconds())} seconds."
        for kind, silence in sorted(newest.items())
        if silence > SILENT_AFTER
    ]
