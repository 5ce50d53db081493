"""The one door to the queue. A message only says "look at this row now"; the row is the truth.

Every call stands inside the caller's transaction: with the queue in the app's own database the message
commits or rolls back with the rows it speaks of.
"""

from __future__ import annotations

from django_q.models import OrmQ
from django_q.tasks import async_task

from reviewapp.models import Candidate, ProviderKey

STATIONS = {
    "submit": "jobs.submit.submit_candidate",
    "ingest": "jobs.ingest.ingest_candidate",
    "check": "jobs.check.check_candidate",
    "check_key": "jobs.keys.check_key",
    "webhook_keys": "jobs.webhook_keys.fetch_webhook_keys",
    "clean": "jobs.clean.clean",
    "mails": "jobs.notify.send_mails",
    "canary": "jobs.canary.beat",
}
# Paid calls are short and must not stand behind a download or a decode.
CLUSTERS = {
    "submit": "submit",
    "ingest": "media",
    "check": "media",
    "check_key": "submit",
    "webhook_keys": "submit",
    "clean": "media",
    "mails": "notify",
}

# Calls that come every few seconds are not made while so many wait.
MOST_WAITING = 20


def _send(station: str, *args: object, cluster: str | None = None) -> None:
    async_task(STATIONS[station], *args, cluster=cluster or CLUSTERS[station])


def submit(candidate: Candidate) -> None:
    _send("submit", candidate.pk)


def ingest(candidate: Candidate) -> None:
    _send("ingest", candidate.pk)


def check(candidate: Candidate) -> None:
    _send("check", candidate.pk)


def check_key(key: ProviderKey) -> None:
    _send("check_key", key.pk)


def webhook_keys(key: ProviderKey) -> None:
    _send("webhook_keys", key.pk)


def clean() -> None:
    """What the night's cleaning has to do next, in pieces that no download waits long for."""
    _send("clean")


def mails() -> None:
    """The mails that are due. A cluster that is down finds a few such calls and not a night's worth."""
    line = OrmQ.objects.filter(key=CLUSTERS["mails"])
    if line.order_by()[:MOST_WAITING].count() < MOST_WAITING:
        _send("mails")


def canary(cluster: str) -> None:
    """A message whose only meaning is that the cluster still takes messages."""
    _send("canary", cluster, cluster=cluster)
