"""A person's hand in a house under test: `python -m tests.whole.hand` in the house's environment.

It runs as a process of its own because the test's Django is set up for another database. Each line it reads
is a JSON list of an act and its words; for each it writes one line, {"answer": …} or {"failed": …}.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import django
import httpx

if TYPE_CHECKING:
    from providers.catalog_data import Model


def order(shots: str) -> dict[str, Any]:
    """Make a project with this many shots and order one candidate of each."""
    from reviewapp import generation
    from reviewapp.models import Project, Shot
    from tests.cast import make_person, sandbox_key

    alice = make_person("alice")
    sandbox_key(f"{os.environ['RETAKE_SANDBOX_URL']}/runway")
    project = Project.objects.create(
        slug="harbour", name="The Harbour", created_by=alice, candidates_per_round=1, duration_s=Decimal(2)
    )
    made = [
        Shot.objects.create(
            project=project,
            code=f"SQ010_SH{number * 10:04d}",
            position=number,
            prompt=f"A red boat crosses the harbour at dawn, number {number}.",
            duration_s=project.duration_s,
        )
        for number in range(1, int(shots) + 1)
    ]
    asked = generation.generate(project, made, alice, token=uuid4(), count=1)
    return {"asked": len(asked)}


def resolve() -> dict[str, Any]:
    """Settle each UNCERTAIN row by looking at the vendor's own list, as a person would."""
    from reviewapp import line
    from reviewapp.models import Candidate, StaleCandidate, Status, User

    alice = User.objects.get(username="alice")
    jobs = httpx.get(f"{os.environ['RETAKE_SANDBOX_URL']}/_control/paid", timeout=10).json()["jobs"]
    told = {"made": 0, "not_made": 0}
    for candidate in Candidate.objects.whole().filter(status=Status.UNCERTAIN):
        mine = [
            job for job in jobs if (job["seed"], job["prompt"]) == (candidate.seed, candidate.version.text)
        ]
        # The watcher looks as well, and may have come first.
        with suppress(StaleCandidate):
            if mine:
                line.resolve_made(candidate, alice, mine[0]["id"])
                told["made"] += 1
            else:
                line.resolve_not_made(candidate, alice)
                told["not_made"] += 1
    return told


def words_model(vendor: str) -> Model:
    """A model of this vendor that starts from words, retired only where it has no other."""
    from providers import catalog

    models = [model for model in catalog.models() if model.vendor == vendor and "text" in model.modes]
    return next((model for model in models if not model.is_retired()), models[0])


def everywhere() -> dict[str, Any]:
    """In the demo's project, order one clip of each provider by name, of a model that starts from words."""
    from providers import catalog
    from reviewapp import generation
    from reviewapp.models import Project, Shot, User

    alice = User.objects.get(username="alice")
    project = Project.objects.get()
    project.budget_usd, project.hold_seconds, project.candidates_per_round = None, 0, 1
    project.save()
    asked = {}
    for number, vendor in enumerate(catalog.vendors(), start=1):
        model = words_model(vendor.name)
        shot = Shot.objects.create(
            project=project,
            code=f"SQ900_{vendor.name}",
            position=900 + number,
            prompt="A red boat crosses the harbour at dawn.",
            duration_s=catalog.nearest_duration(model, 2) or 2,
            aspect="16:9",
            provider=vendor.name,
            model=model.id,
            routing="chosen",
        )
        (candidate,) = generation.generate(project, [shot], alice, token=uuid4())
        asked[candidate.code] = f"{candidate.provider}/{candidate.model}"
    return {"asked": asked}


def reject() -> dict[str, Any]:
    """Reject every clip that waits, with a sentence that goes into the retake's prompt."""
    from reviewapp import review
    from reviewapp.models import Candidate, Status, User
    from reviewapp.notes import Feedback

    bob = User.objects.get(username="bob")
    for candidate in Candidate.objects.whole().filter(status=Status.IN_REVIEW):
        review.reject(candidate, bob, candidate.revision, Feedback(text="Make the boat blue."))
    return {"waiting": Candidate.objects.filter(status=Status.IN_REVIEW).count()}


def signs() -> list[str]:
    """Which processes live, and what they say they do."""
    from reviewapp.models import Heartbeat

    return [f"{beat.name} {beat.detail}" for beat in Heartbeat.objects.all()]


def statuses() -> list[str]:
    """Where every candidate stands, in no order."""
    from reviewapp.models import Candidate

    return list(Candidate.objects.values_list("status", flat=True))


def state() -> dict[str, Any]:
    """Where all candidates stand, what every one of them says, and whether the ledger adds up."""
    from reviewapp import ledger
    from reviewapp.models import Candidate

    rows = Candidate.objects.whole()
    return {
        "rows": {row.code: [row.status, row.failure] for row in rows},
        "makers": {row.code: f"{row.provider}/{row.model}" for row in rows},
        "ledger": ledger.problems(),
    }


def run(script: str) -> None:
    """Run this Python in the house."""
    exec(script, {})  # noqa: S102  The test's own lines.


ACTS = {
    "order": order,
    "everywhere": everywhere,
    "reject": reject,
    "resolve": resolve,
    "run": run,
    "signs": signs,
    "state": state,
    "statuses": statuses,
}


def act(name: str, *words: str) -> dict[str, Any]:
    """Do one thing. Between two acts no connection is kept: the database may be put back from a backup."""
    from django.db import connection

    try:
        return {"answer": ACTS[name](*words)}  # type: ignore[operator]
    except Exception:  # noqa: BLE001 whatever it was, the test that asked shows it
        return {"failed": traceback.format_exc()}
    finally:
        connection.close()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
    django.setup()
    for line in sys.stdin:
        print(json.dumps(act(*json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
