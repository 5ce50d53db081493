"""The race for the last dollar: 50 workers reserve at once, and what the plain way overspends. And what a
budget costs to check when its ledger is long.

`python -m tests.bench.budget` runs it on SQLite, with `--postgres` on PostgreSQL.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from decimal import Decimal
from threading import Barrier
from typing import TYPE_CHECKING
from uuid import uuid4

from tests.bench.stage import PROMPT, Figure
from tests.postgres import postgres

if TYPE_CHECKING:
    from reviewapp.models import Candidate, ProviderKey

WORKERS = 50
PRICE = Decimal("0.60")
FIT = 10
# Calls of one project and one key, each with a reservation and what closed it.
CALLS = 100_000
CHECKS = 20


def rows() -> list[Figure]:
    """One row for each kind of budget: the wall time of the race, and the money over the cap (must be 0). In
    a process and a database of its own.
    """
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.budget"], check=True, capture_output=True, text=True
    )
    return [Figure(**json.loads(line)) for line in told.stdout.splitlines()]


def _row(scope: str) -> Figure:
    ours, over = _race(scope, _reserve)
    plain, plain_over = _race(scope, _plain)
    words = f"over the cap by ${over:.2f}; read the sum, then write: {plain:.2f} s, over by ${plain_over:.2f}"
    return Figure(f"{WORKERS} workers race for the last dollar, {scope}", "s", [ours], words)


def _race(
    scope: str, reserve: Callable[[Candidate, ProviderKey, Decimal, str], None]
) -> tuple[float, Decimal]:
    """Seconds until the last worker has its answer, and what was reserved above the cap."""
    from django.db import connection

    from reviewapp.models import LedgerEntry

    cap = FIT * PRICE
    candidates, key = _scene(scope, cap)
    start = Barrier(WORKERS)

    def work(candidate: Candidate) -> None:
        connection.ensure_connection()
        start.wait()
        try:
            reserve(candidate, key, cap, scope)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        began = time.perf_counter()
        list(pool.map(work, candidates))
        seconds = time.perf_counter() - began
    spent = LedgerEntry.objects.filter(candidate__in=candidates).count() * PRICE
    if spent < cap:
        raise SystemExit(f"{scope}: only ${spent} of ${cap} was used")
    return seconds, spent - cap


def _reserve(candidate: Candidate, key: ProviderKey, cap: Decimal, scope: str) -> None:
    from django.db import transaction

    from reviewapp import budgets, money

    try:
        with transaction.atomic():
            money.reserve(candidate, key)
    except budgets.BudgetReached:
        return


def _plain(candidate: Candidate, key: ProviderKey, cap: Decimal, scope: str) -> None:
    """What most would write: ask what is spent, compare, write."""
    from django.db.models import Sum

    from reviewapp.models import LedgerEntry

    mine = {"key": key} if scope == "key" else {"project": candidate.shot.project_id}
    spent = LedgerEntry.objects.filter(**mine).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    if spent + PRICE <= cap:
        LedgerEntry.objects.create(
            project_id=candidate.shot.project_id, shot_id=candidate.shot_id, candidate=candidate, key=key,
            attempt=1, kind="reserved", amount=PRICE,
        )  # fmt: skip


def _long_ledger() -> Figure:
    """The two sums that a reservation asks for, with what is carried and without."""
    from datetime import timedelta

    from django.utils import timezone

    from reviewapp import carry
    from reviewapp.models import LedgerEntry

    candidates, key = _scene("key", Decimal(10_000_000))
    each = CALLS // len(candidates)
    for candidate in candidates:
        ids = {"project_id": candidate.shot.project_id, "shot_id": candidate.shot_id, "key": key}
        LedgerEntry.objects.bulk_create(
            LedgerEntry(**ids, candidate=candidate, attempt=attempt, kind=kind, amount=PRICE, closes=closes)
            for attempt in range(1, each + 1)
            for kind, closes in (("reserved", Decimal(0)), ("settled", PRICE))
        )
    plain = _seconds_of_sums(candidates[0], key)
    LedgerEntry.objects.update(at=timezone.now() - timedelta(hours=1))
    while carry.advance():
        pass
    carried = _seconds_of_sums(candidates[0], key)
    words = f"adding up every line: {1000 * sorted(plain)[CHECKS // 2]:.0f} ms"
    name = f"budgets of project and key checked, {2 * CALLS:,} lines in the ledger"
    return Figure(name, "ms", [1000 * seconds for seconds in carried], words)


def _seconds_of_sums(candidate: Candidate, key: ProviderKey) -> list[float]:
    from reviewapp import budgets

    seconds = []
    for _ in range(CHECKS):
        began = time.perf_counter()
        budgets.totals_of([candidate.shot.project], promised=False)
        budgets.key_totals(key)
        seconds.append(time.perf_counter() - began)
    return seconds


def _scene(scope: str, cap: Decimal) -> tuple[list[Candidate], ProviderKey]:
    from reviewapp.models import Candidate, Project, PromptVersion, ProviderKey, Shot

    column = {"project": "budget_usd", "day": "daily_budget_usd", "shot": "shot_budget_usd"}.get(scope)
    name = f"race-{uuid4().hex[:12]}"
    project = Project.objects.create(slug=name, name=name, **({column: cap} if column else {}))
    key = ProviderKey.objects.create(
        name=name, provider="runway", enabled=False, budget_usd=cap if scope == "key" else None
    )
    shot = Shot.objects.create(project=project, code="SQ010_SH0010", prompt=PROMPT, duration_s=Decimal(5))
    version = PromptVersion.objects.create(shot=shot, number=1, text=PROMPT, author_kind="person")
    made = Candidate.objects.bulk_create(
        Candidate(
            shot=shot, version=version, slot=slot, status="queued", provider="runway", model="gen4.5",
            duration_s=5, width=1280, height=720, estimate_usd=PRICE,
        )
        for slot in range(1, WORKERS + 1)
    )  # fmt: skip
    return list(Candidate.objects.whole().filter(pk__in=[row.pk for row in made])), key


def main(words: Sequence[str]) -> None:
    with ExitStack() as held:
        folder = held.enter_context(tempfile.TemporaryDirectory(prefix="retake-bench-"))
        os.environ |= {"DJANGO_SETTINGS_MODULE": "reviewapp.settings", "RETAKE_DATA_DIR": folder}
        if "--postgres" in words:
            os.environ["DATABASE_URL"] = held.enter_context(postgres())
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        for scope in ("project", "day", "shot", "key"):
            print(json.dumps(asdict(_row(scope)), ensure_ascii=False), flush=True)
        print(json.dumps(asdict(_long_ledger()), ensure_ascii=False), flush=True)
        connections.close_all()


if __name__ == "__main__":
    main(sys.argv[1:])
