"""The people of a storm, as a process in the house's environment: `python -m tests.chaos.crew <act> …`.

They order shots of every vendor, decide on what arrives through the web's own door, settle what is uncertain
by looking at the vendors' pages, and send failed clips again. At the end one of them proves what is left.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import django
import httpx

if TYPE_CHECKING:
    from reviewapp.models import Candidate, User

# What the sandbox calls the wires whose vendors we know under another name.
WIRES = {"openai": "sora", "google": "gemini", "vertex": "veo"}
# A person sends a clip that failed again so often, and then lets it be.
MOST_ATTEMPTS = 4
LAST_ROUND = 3
NOTES = ("Make the boat blue.", "The sky should be orange.", "Show two boats.")
PAUSE_S = 0.4


def order(shots: int) -> dict[str, Any]:
    """Shots in the demo's project, spread over all vendors, one clip of each."""
    from providers import catalog
    from reviewapp import generation
    from reviewapp.models import Project, Shot, User
    from tests.whole.hand import words_model

    alice = User.objects.get(username="alice")
    project = Project.objects.get()
    project.budget_usd, project.hold_seconds, project.candidates_per_round = None, 1, 1
    project.save()
    vendors = catalog.vendors()
    made = []
    for number in range(shots):
        model = words_model(vendors[number % len(vendors)].name)
        made.append(
            Shot(
                project=project,
                code=f"SQ900_SH{number * 10:05d}",
                position=900 + number,
                # The number makes the call known again in the vendor's own list.
                prompt=f"A red boat crosses the harbour at dawn, take number {number}.",
                duration_s=catalog.nearest_duration(model, 2) or 2,
                aspect="16:9",
                provider=model.vendor,
                model=model.id,
                routing="chosen",
            )
        )
    Shot.objects.bulk_create(made)
    asked = generation.generate(project, made, alice, token=uuid4(), count=1)
    return {"asked": len(asked), "vendors": len(vendors)}


class Crew:
    """Alice, who settles and sends again, and Bob, who decides in the browser."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.did: Counter[str] = Counter()
        self.web = httpx.Client(base_url=f"http://{os.environ['RETAKE_BIND']}", timeout=10)
        self.signed_in = False
        # Jobs that some attempt followed: an earlier attempt's job is not what a lost call has made.
        self.followed: set[str] = set()

    def work(self, told: Path) -> None:
        """Go round until the file that we write is gone; each round writes where everything stands."""
        from django.db import DatabaseError, connection

        while told.exists():
            try:
                rows = self._round()
                fresh = told.with_suffix(".new")
                fresh.write_text(json.dumps({"rows": rows, "did": self.did, "at": time.time()}))
                if told.exists():
                    fresh.replace(told)
            except DatabaseError:
                self.did["the database did not answer"] += 1
                connection.close()
            time.sleep(PAUSE_S)

    def _round(self) -> dict[str, int]:
        from reviewapp.models import Candidate, Status, User

        alice = User.objects.get(username="alice")
        rows = Candidate.objects.whole()
        jobs = Candidate.objects.exclude(provider_job_id="").values_list("provider_job_id", flat=True)
        self.followed |= {job_id.rpartition("/")[2] for job_id in jobs}
        for candidate in rows.filter(status__in=[Status.FAILED, Status.REFUSED], attempt__lt=MOST_ATTEMPTS):
            self._send_again(candidate, alice)
        uncertain = list(rows.filter(status=Status.UNCERTAIN, due_at=None))
        if uncertain:
            self._settle(uncertain, alice)
        for candidate in rows.filter(status=Status.IN_REVIEW).order_by("?")[:10]:
            self._decide(candidate)
        return dict(Counter(Candidate.objects.values_list("status", flat=True)))

    def _send_again(self, candidate: Candidate, alice: User) -> None:
        from reviewapp import line
        from reviewapp.models import StaleCandidate

        try:
            line.ask_again(candidate, alice)
            self.did["sent again"] += 1
        except (StaleCandidate, line.CannotAskAgain):
            self.did["came too late"] += 1

    def _settle(self, uncertain: list[Candidate], alice: User) -> None:
        """Look at the vendors' pages for the calls whose answers were lost, as a person would."""
        from reviewapp import line
        from reviewapp.models import StaleCandidate

        try:
            jobs = paid_jobs()
        except httpx.HTTPError:
            return
        for candidate in uncertain:
            mine = [job for job in jobs if is_for(job, candidate) and job["id"] not in self.followed]
            try:
                if mine:
                    line.resolve_made(candidate, alice, job_id_of(mine[0], candidate))
                    self.did["found at the vendor"] += 1
                else:
                    line.resolve_not_made(candidate, alice)
                    self.did["not found at the vendor"] += 1
            except (StaleCandidate, line.CannotAskAgain):
                self.did["came too late"] += 1

    def _decide(self, candidate: Candidate) -> None:
        """Approve or reject as a browser does. A click whose answer was lost is simply clicked again."""
        again = candidate.version.round < LAST_ROUND and self.dice.random() < 0.4
        verdict = "reject" if again else "approve"
        data = {"revision": str(candidate.revision), "verdict": verdict}
        if again:
            data["text"] = NOTES[candidate.version.round - 1]
        for _ in range(2 if self.dice.random() < 0.1 else 1):
            self.did[self._click(f"/review/{candidate.uid}/decide/", data, verdict)] += 1

    def _click(self, path: str, data: dict[str, str], word: str) -> str:
        try:
            if not self.signed_in:
                self._sign_in()
            token = self.web.cookies.get("csrftoken") or ""
            headers = {"HX-Request": "true", "X-CSRFToken": token, "Referer": str(self.web.base_url)}
            answer = self.web.post(path, data=data, headers=headers)
        except httpx.HTTPError:
            return "the web did not answer"
        if answer.status_code in {302, 403}:
            self.signed_in = False
        return word if answer.status_code < 300 else f"{word} was answered with {answer.status_code}"

    def _sign_in(self) -> None:
        self.web.get("/sign-in/")
        token = self.web.cookies.get("csrftoken") or ""
        self.web.post("/sign-in/demo/bob/", data={"csrfmiddlewaretoken": token})
        self.signed_in = "sessionid" in self.web.cookies


def paid_jobs() -> list[dict[str, Any]]:
    """Everything the vendors ever accepted. Raises httpx.HTTPError."""
    answer = httpx.get(f"{os.environ['RETAKE_SANDBOX_URL']}/_control/paid", timeout=10)
    jobs: list[dict[str, Any]] = answer.raise_for_status().json()["jobs"]
    return jobs


def mark(job: dict[str, Any]) -> tuple[str, str]:
    """By what a person recognises a job in a vendor's list."""
    return WIRES.get(job["vendor"], job["vendor"]), job["prompt"]


def is_for(job: dict[str, Any], candidate: Candidate) -> bool:
    return mark(job) == (candidate.provider, candidate.version.text)


def job_id_of(job: dict[str, Any], candidate: Candidate) -> str:
    """The job's id as the vendor's own page shows it for this model."""
    own = str(job["id"])
    if candidate.provider == "veo":
        model = f"publishers/google/models/{candidate.model}"
        return f"projects/sandbox-project/locations/us-central1/{model}/operations/{own}"
    return f"{job['model']}/requests/{own}" if candidate.provider == "fal" else own


def proof() -> dict[str, Any]:
    """What is left when the storm is over: every way in which something was lost, doubled or stuck."""
    from reviewapp import ledger
    from reviewapp.models import Candidate, LedgerEntry

    rows = list(Candidate.objects.whole())
    approved = [row for row in rows if row.status == "approved"]
    calls = Counter(mark(job) for job in paid_jobs())
    meant: Counter[tuple[str, str]] = Counter()
    for row in rows:
        meant[row.provider, row.version.text] += accepted_attempts(row)
    settled = LedgerEntry.objects.filter(kind="settled")
    return {
        "candidates": len(rows),
        "statuses": dict(Counter(row.status for row in rows)),
        "paid calls": sum(calls.values()),
        "calls meant": sum(meant.values()),
        "wrong": [
            f"{key}: {calls[key]} paid calls, {meant[key]} meant"
            for key in sorted(calls | meant)
            if calls[key] != meant[key]
        ],
        "stuck": [f"{row.code}: {row.status} {row.failure}" for row in rows if row.is_machine],
        "ledger": ledger.problems(),
        "lines settled": settled.count(),
        "approved": len(approved),
        "files": [wrong for row in approved if (wrong := file_problem(row))],
        "failures": dict(Counter(row.failure[:80] for row in rows if row.status in {"failed", "refused"})),
    }


def accepted_attempts(candidate: Candidate) -> int:
    """How many of its attempts a vendor took, by what was written down."""
    return candidate.transitions.filter(became="generating", was__in=["submitting", "uncertain"]).count()


def file_problem(candidate: Candidate) -> str:
    """What is wrong with an approved clip's file; empty when its bytes are those that came."""
    try:
        with candidate.clip.file.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        return f"{candidate.code}: {error}"
    return "" if digest == candidate.clip.sha256 else f"{candidate.code}: the checksum differs"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
    django.setup()
    act, words = sys.argv[1], sys.argv[2:]
    if act == "work":
        Crew(int(words[1])).work(Path(words[0]))
        return
    json.dump(order(int(words[0])) if act == "order" else proof(), sys.stdout)


if __name__ == "__main__":
    main()
