"""A person's hand in a house under test: `python -m tests.whole.hand <act> …` in the house's environment.

It runs as a process of its own because the test's Django is set up for another database. Answers in JSON.
"""

from __future__ import annotations

import json
import os
import sys
from decimal import Decimal
from typing import Any
from uuid import uuid4

import django
import httpx


def order(shots: int) -> dict[str, Any]:
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
        for number in range(1, shots + 1)
    ]
    asked = generation.generate(project, made, alice, token=uuid4(), count=1)
    return {"asked": len(asked)}


def resolve() -> dict[str, Any]:
    """Settle each UNCERTAIN row by looking at the vendor's own list, as a person would."""
    from reviewapp import line
    from reviewapp.models import Candidate, Status, User

    alice = User.objects.get(username="alice")
    jobs = httpx.get(f"{os.environ['RETAKE_SANDBOX_URL']}/_control/paid", timeout=10).json()["jobs"]
    told = {"made": 0, "not_made": 0}
    for candidate in Candidate.objects.whole().filter(status=Status.UNCERTAIN):
        mine = [
            job for job in jobs if (job["seed"], job["prompt"]) == (candidate.seed, candidate.version.text)
        ]
        if mine:
            line.resolve_made(candidate, alice, mine[0]["id"])
            told["made"] += 1
        else:
            line.resolve_not_made(candidate, alice)
            told["not_made"] += 1
    return told


def state() -> dict[str, Any]:
    """Where all candidates stand, what every one of them says, and whether the ledger adds up."""
    from reviewapp import money
    from reviewapp.models import Candidate

    rows = Candidate.objects.whole()
    return {
        "rows": {row.code: [row.status, row.failure] for row in rows},
        "ledger": money.ledger_problems(),
    }


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
    django.setup()
    acts = {"order": order, "resolve": resolve, "state": state}
    answer = acts[sys.argv[1]](*map(int, sys.argv[2:]))  # type: ignore[operator]
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
