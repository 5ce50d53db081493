"""The one door to the queue. A message only says "look at this row now"; the row is the truth.

Every call stands inside the caller's transaction: with the queue in the app's own database the message
commits or rolls back with the rows it speaks of.
"""

from __future__ import annotations

from django_q.models import OrmQ
from django_q.tasks import async_task

from reviewapp.models import Candidate, OutgoingHook, Project, ProviderKey

STATIONS = {
    "submit": "jobs.submit.submit_candidate",
    "ingest": "jobs.ingest.ingest_candidate",
    "check": "jobs.check.check_candidate",
    "prepare": "jobs.prepare.prepare_candidate",
    "check_key": "jobs.keys.check_key",
    "webhook_keys": "jobs.webhook_keys.fetch_webhook_keys",
    "clean": "jobs.clean.clean",
    "recheck": "jobs.recheck.recheck",
    "learn": "jobs.learn.learn",
    "accepted": "jobs.learn.accepted",
    "mails": "jobs.notify.send_mails",
    "outgoing": "jobs.outgoing.send_outgoing",
    "push": "jobs.push.send_push",
    "canary": "jobs.canary.beat",
}
# Paid calls are short and must not stand behind a download or a decode.
CLUSTERS = {
    "submit": "submit",
    "ingest": "media",
    "check": "media",
    "prepare": "media",
    "check_key": "submit",
    "webhook_keys": "submit",
    "clean": "media",
    "recheck": "media",
    "learn": "notify",
    "accepted": "notify",
    "mails": "notify",
    "outgoing": "notify",
    "push": "notify",
}

# Calls that come every few seconds are not made while so many wait.
MOST_WAITING = 20
# A row's message is not sent a second time while so many wait: a cluster that is down for an hour would find
# one for each row and each time it was looked at.
MOST_AGAIN = 200


def _send(station: str, *args: object, cluster: str | None = None) -> None:
    async_task(STATIONS[station], *args, cluster=cluster or CLUSTERS[station])


def _send_unless_many(station: str, *args: object) -> None:
    """For what is called again within seconds: a cluster that is down finds a few calls and not many."""
    line = OrmQ.objects.filter(key=CLUSTERS[station])
    if line.order_by()[:MOST_WAITING].count() < MOST_WAITING:
        _send(station, *args)


def again(station: str, candidate: Candidate) -> None:
    """Send a row's message once more, should it have been lost. While many messages wait in the cluster's
    line it is rather one of them; then none is added, and the row is looked at again before long.
    """
    if OrmQ.objects.filter(key=CLUSTERS[station]).order_by()[:MOST_AGAIN].count() < MOST_AGAIN:
        _send(station, candidate.pk)


def submit(candidate: Candidate) -> None:
    _send("submit", candidate.pk)


def ingest(candidate: Candidate) -> None:
    _send("ingest", candidate.pk)


def check(candidate: Candidate) -> None:
    _send("check", candidate.pk)


def prepare(candidate: Candidate) -> None:
    """The copies of a clip that people see already."""
    _send("prepare", candidate.pk)


def check_key(key: ProviderKey) -> None:
    _send("check_key", key.pk)


def webhook_keys(key: ProviderKey) -> None:
    _send("webhook_keys", key.pk)


def clean() -> None:
    """What the night's cleaning has to do next, in pieces that no download waits long for."""
    _send("clean")


def recheck() -> None:
    """The next few clips that an older checker has looked at; it stands behind all that waits."""
    _send_unless_many("recheck")


def learn() -> None:
    """What there is to learn from people's decisions."""
    _send_unless_many("learn")


def accepted(project: Project) -> None:
    """The project accepts other kinds of finding: its clips that wait follow."""
    _send("accepted", project.pk)


def mails() -> None:
    """The mails that are due."""
    _send_unless_many("mails")


def outgoing(hook: OutgoingHook) -> None:
    """What waits for one receiver of a project's events."""
    _send_unless_many("outgoing", hook.pk)


def push() -> None:
    """What people are to be told in their browsers."""
    _send_unless_many("push")


def canary(cluster: str) -> None:
    """A message whose only meaning is that the cluster still takes messages."""
    _send("canary", cluster, cluster=cluster)
