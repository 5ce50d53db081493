"""The app that is measured: the processes of `make run` in a temporary folder, and our hands on its rows."""

from __future__ import annotations

import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx

from tests.whole.house import House

if TYPE_CHECKING:
    from reviewapp.models import Candidate, Project, Shot

# What one clip takes from its order to review is some seconds on a free machine.
NO_MORE_S = 120.0
PROMPT = "A red paper boat drifts slowly to the right on a calm sea. The camera is static. It is dusk."


@dataclass(frozen=True)
class Figure:
    """One line of the table: seconds (or clips a minute), and what a person would do instead."""

    name: str
    unit: str
    values: Sequence[float]
    beside: str = "–"
    more_is_better: bool = False

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        """The value that 95 of 100 are better than or equal to."""
        ordered = sorted(self.values, reverse=self.more_is_better)
        return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]


class Stage:
    """The running app, the sandbox's control and bob's browser session."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.control = httpx.Client(base_url=f"http://127.0.0.1:{house.sandbox_port}/_control", timeout=30)
        self.web = httpx.Client(
            base_url=f"http://127.0.0.1:{house.web_port}", timeout=30, follow_redirects=True
        )
        page = self.web.get("/sign-in/").text
        token = _token(page)
        self.web.post("/sign-in/demo/bob/", data={"csrfmiddlewaretoken": token}).raise_for_status()

    def settings(self, **settings: Any) -> None:
        self.control.post("/settings", json=settings).raise_for_status()

    def fault(self, **fault: Any) -> None:
        self.control.post("/faults", json=fault).raise_for_status()

    def no_faults(self) -> None:
        self.control.delete("/faults").raise_for_status()

    def shots(self, count: int, name: str, maker: str = "runway/gen4.5") -> tuple[Project, list[Shot]]:
        """A project of its own with shots that send their retakes at once."""
        from reviewapp.models import Membership, Project, Role, Shot, User

        project = Project.objects.create(
            slug=name,
            name=name,
            candidates_per_round=1,
            hold_seconds=0,
            round_cap=50,
            provider=maker.partition("/")[0],
            model=maker.partition("/")[2],
        )
        for username, role in (("alice", Role.PRODUCER), ("bob", Role.REVIEWER)):
            Membership.objects.create(project=project, user=User.objects.get(username=username), role=role)
        return project, [
            Shot.objects.create(
                project=project, code=f"SQ010_SH{n:04d}", position=n, prompt=PROMPT, duration_s=Decimal(5)
            )
            for n in range(10, 10 + 10 * count, 10)
        ]

    def generate(self, project: Project, shots: Sequence[Shot]) -> list[Candidate]:
        from reviewapp import generation
        from reviewapp.models import User

        return generation.generate(project, shots, User.objects.get(username="alice"), token=uuid4())

    def wait_in_review(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Wait for all of them. On a busy machine each takes its time: it ends when no further one comes."""
        from reviewapp.models import Candidate, Status

        keys = [candidate.pk for candidate in candidates]
        come, ends = 0, time.monotonic() + NO_MORE_S
        while time.monotonic() < ends:
            rows = list(Candidate.objects.whole().filter(pk__in=keys))
            there = sum(row.status == Status.IN_REVIEW for row in rows)
            if there == len(keys):
                return rows
            if there > come:
                come, ends = there, time.monotonic() + NO_MORE_S
            time.sleep(0.1)
        raise SystemExit(f"no clip came for {NO_MORE_S:.0f} s: {[row.status for row in rows]}")

    def reject(self, candidate: Candidate, text: str) -> float:
        """Reject as a browser does; the wall-clock time just before the click."""
        room = f"/review/{candidate.uid}/"
        token = self.web.cookies.get("csrftoken") or _token(self.web.get(room).text)
        data = {
            "csrfmiddlewaretoken": token,
            "revision": str(candidate.revision),
            "verdict": "reject",
            "text": text,
        }
        clicked = time.time()
        answer = self.web.post(f"{room}decide/", data=data, headers={"HX-Request": "true", "Referer": room})
        answer.raise_for_status()
        return clicked

    def posted_at(self, seed: int | None, seconds: float = 20) -> float:
        """When the sandbox received the paid call that carries this seed."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            for job in self.control.get("/paid").json()["jobs"]:
                if job["seed"] == seed:
                    return float(job["received_at"])
            time.sleep(0.02)
        raise SystemExit("the retake's call never reached the sandbox")

    def finished_at(self, job_id: str) -> float:
        return float(self.control.get(f"/jobs/{job_id}").json()["finished_at"])


def _token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if found is None:
        raise SystemExit("the page has no form to post")
    return found[1]


@contextmanager
def running() -> Iterator[Stage]:
    """Start the whole app in a temporary folder and set this process up to read its rows."""
    with tempfile.TemporaryDirectory(prefix="retake-bench-") as folder:
        house = House(Path(folder) / "var")
        house.folder.mkdir()
        os.environ |= house.variables | {"DJANGO_SETTINGS_MODULE": "reviewapp.settings"}
        try:
            house.start()
            import django

            django.setup()
            yield Stage(house)
        finally:
            house.clear()
