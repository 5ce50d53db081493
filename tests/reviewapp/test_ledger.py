"""The proof that the money adds up: it is silent over every honest life and names every forgery."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reviewapp import ledger, money
from reviewapp.models import Candidate, LedgerEntry, Project, ProviderKey, Shot, Status, User
from reviewapp.models.money import utc_day
from tests.cast import signed_in
from tests.reviewapp.stages import account, asked, bring

pytestmark = pytest.mark.django_db

Kind = LedgerEntry.Kind


def write(row: Candidate, kind: Kind, amount: str, closes: str = "0", **facts: object) -> LedgerEntry:
    """A line past money.py, as a hand in the database would write it."""
    given: dict[str, object] = {
        "project": row.shot.project, "shot": row.shot, "candidate": row, "attempt": row.attempt, "kind": kind,
        "amount": Decimal(amount), "closes": Decimal(closes), "key": account(),
    }  # fmt: skip
    return LedgerEntry.objects.create(**(given | facts))


def drop(index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index}")


@pytest.fixture
def clip(shot: Shot, alice: User) -> Candidate:
    return asked(shot, alice)[0]


def test_every_state_of_an_honest_line_adds_up(shot: Shot, alice: User) -> None:
    ways = [Status.SUBMITTING, Status.UNCERTAIN, Status.GENERATING, Status.CHECKING]
    ways += [Status.IN_REVIEW, Status.FAILED]
    clips = [bring(row, to) for row, to in zip(asked(shot, alice, len(ways)), ways, strict=True)]
    assert ledger.problems() == []
    sums = ledger.sums(shot.project)
    price = clips[0].estimate_usd
    assert (sums.calls, sums.open_calls) == (6, 3)
    assert (sums.reserved, sums.open) == (6 * price, 3 * price)
    assert (sums.settled, sums.released, sums.charged) == (2 * price, price, 2 * price)
    assert sums.gap == sums.over == Decimal(0)


def test_what_was_charged_otherwise_than_estimated_is_told_and_is_no_fault(clip: Candidate) -> None:
    row = bring(clip, Status.GENERATING)
    money.settle(row, row.estimate_usd + Decimal("0.25"), "told by the vendor")
    row.move(Status.INGESTING)
    proof = ledger.prove()
    assert proof.adds_up
    assert "$0.25 more than estimated" in proof.difference


def two_reservations(row: Candidate) -> None:
    drop("one_reservation")
    write(bring(row, Status.SUBMITTING), Kind.RESERVED, "0.6")


def two_closings(row: Candidate) -> None:
    drop("one_closing")
    write(bring(row, Status.FAILED), Kind.RELEASED, "0", "0.6")


def closed_alone(row: Candidate) -> None:
    write(row, Kind.SETTLED, "0.6", "0.6")


def closed_by_less(row: Candidate) -> None:
    write(row, Kind.RESERVED, "0.6")
    write(row, Kind.SETTLED, "0.6", "0.5")


def open_and_over(row: Candidate) -> None:
    bring(row, Status.SUBMITTING).move(Status.FAILED)


def open_of_an_attempt_before(row: Candidate) -> None:
    bring(row, Status.SUBMITTING).move(Status.QUEUED, attempt=2)


def closed_and_under_way(row: Candidate) -> None:
    money.release(bring(row, Status.UNCERTAIN), "by mistake")


def made_and_not_settled(row: Candidate) -> None:
    bring(row, Status.GENERATING).move(Status.INGESTING)


def called_without_money(row: Candidate) -> None:
    row.move(Status.SUBMITTING)


def job_without_money(row: Candidate) -> None:
    Candidate.objects.filter(pk=row.pk).update(provider_job_id="job-1")


def in_another_book(row: Candidate) -> None:
    bring(row, Status.SUBMITTING)
    other = Project.objects.create(slug="other", name="Other")
    LedgerEntry.objects.update(project=other)


def of_a_call_that_never_was(row: Candidate) -> None:
    write(row, Kind.RESERVED, "0.6", attempt=7)


def without_a_key(row: Candidate) -> None:
    bring(row, Status.SUBMITTING)
    LedgerEntry.objects.update(key=None)


def closed_on_another_key(row: Candidate) -> None:
    bring(row, Status.FAILED)
    other = ProviderKey.objects.create(name="Other", provider="runway")
    LedgerEntry.objects.filter(kind=Kind.RELEASED).update(key=other)


def a_release_that_charges(row: Candidate) -> None:
    bring(row, Status.FAILED)
    LedgerEntry.objects.filter(kind=Kind.RELEASED).update(amount=Decimal(1))


def closed_by_nobodys_key(row: Candidate) -> None:
    bring(row, Status.FAILED)
    LedgerEntry.objects.filter(kind=Kind.RELEASED).update(key=None)


def closed_on_another_day(row: Candidate) -> None:
    bring(row, Status.FAILED)
    LedgerEntry.objects.filter(kind=Kind.RELEASED).update(day=utc_day() - timedelta(days=1))


def too_little_set_aside(row: Candidate) -> None:
    bring(row, Status.SUBMITTING)
    LedgerEntry.objects.update(amount=Decimal("0.01"))


def a_call_before_without_lines(row: Candidate) -> None:
    bring(row, Status.SUBMITTING).move(Status.QUEUED, attempt=2)
    LedgerEntry.objects.all().delete()


FORGERIES: dict[Callable[[Candidate], None], str] = {
    two_reservations: "has 2 reservations",
    two_closings: "was closed 2 times",
    closed_alone: "was closed without a reservation",
    closed_by_less: "closes $0.5000 of $0.6000 reserved",
    open_and_over: "is over and its reservation of $0.6000 is still open",
    open_of_an_attempt_before: "attempt 1: is over and its reservation of $0.6000 is still open",
    closed_and_under_way: "is under way and its reservation is closed already",
    made_and_not_settled: "is over and its reservation of $0.6000 is still open",
    called_without_money: "is submitting and no money was reserved for it",
    job_without_money: "has a job at the provider and no money was reserved for it",
    in_another_book: "belongs to a clip of another shot or project",
    of_a_call_that_never_was: "attempt 7: has money and was never begun",
    without_a_key: "the key that pays for it is gone",
    closed_on_another_key: "was closed on another key",
    closed_by_nobodys_key: "was closed on another key",
    closed_on_another_day: "was closed on another day's account",
    too_little_set_aside: "has $0.0100 reserved and costs another price",
    a_call_before_without_lines: "was sent 1 times, and money was reserved 0 times",
    a_release_that_charges: "an amount that its kind cannot have",
}


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_the_proof_names_the_call_that_does_not_add_up(
    forge: Callable[[Candidate], None], clip: Candidate
) -> None:
    assert ledger.problems() == []
    forge(clip)
    told = ledger.problems()
    assert any(FORGERIES[forge] in problem for problem in told), told
    assert all(clip.code in told or "ledger line" in told or "apart" in told for told in ledger.problems())
    assert not ledger.prove().adds_up


def test_a_clip_that_was_paid_and_is_fetched_again_is_no_fault(clip: Candidate, alice: User) -> None:
    row = bring(clip, Status.CHECKING, vendor_done_at=timezone.now())
    row.move(Status.FAILED)
    row.move(Status.GENERATING)
    assert ledger.problems() == []


def test_the_proof_asks_as_often_for_many_lines_as_for_few(shot: Shot, alice: User) -> None:
    def asks() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert ledger.prove().adds_up
        return len(queries)

    bring(asked(shot, alice)[0], Status.IN_REVIEW)
    few = asks()
    for row in asked(shot, alice, 6):
        bring(row, Status.IN_REVIEW)
    assert asks() == few


# --- the command ---


def told_by(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("ledger", *arguments, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def test_the_command_prints_the_identity_and_fails_when_it_does_not_hold(
    clip: Candidate, project: Project, tmp_path: Path
) -> None:
    bring(clip, Status.IN_REVIEW)
    code, told = told_by("--project", project.slug, "--csv", str(tmp_path / "lines.csv"))
    assert code == 0
    assert "$0.60 reserved for 1 calls = $0.00 still open + $0.60 closed by charges + $0.00 released" in told
    assert "It adds up" in told
    assert len((tmp_path / "lines.csv").read_text(encoding="utf-8-sig").splitlines()) == 3
    LedgerEntry.objects.filter(kind=Kind.SETTLED).update(closes=Decimal("0.1"))
    code, told = told_by()
    assert code == 1
    assert f"{clip.code}, attempt 1: closes $0.1000 of $0.6000 reserved" in told


def test_the_command_says_which_project_there_is_not() -> None:
    with pytest.raises(CommandError, match="no project “nowhere”"):
        call_command("ledger", "--project", "nowhere")


# --- the pages ---


@pytest.fixture
def pages(project: Project) -> tuple[str, ...]:
    site, here = "/site/ledger/", f"/p/{project.slug}/ledger/"
    return site, f"{site}lines.csv", here, f"{here}lines.csv"


def test_only_who_may_know_the_money_sees_the_ledger(
    pages: tuple[str, ...], alice: User, bob: User, charlie: User, dana: User
) -> None:
    codes = {
        person.username: [signed_in(person).get(page).status_code for page in pages]
        for person in (alice, bob, charlie, dana)
    }
    assert codes == {
        "alice": [403, 403, 200, 200],
        "bob": [403, 403, 403, 403],
        "charlie": [403, 403, 404, 404],
        "dana": [200, 200, 200, 200],
    }
    assert f'href="{pages[0]}"' in body(signed_in(dana), "/site/costs/")


def body(client: Client, address: str, **asked_for: str) -> str:
    return client.get(address, asked_for).content.decode()


def test_the_page_proves_and_filters_and_keeps_what_was_typed(
    shot: Shot, alice: User, pages: tuple[str, ...]
) -> None:
    first, second = asked(shot, alice, 2)
    bring(first, Status.IN_REVIEW)
    bring(second, Status.SUBMITTING)
    producer = signed_in(alice)
    told = body(producer, pages[2])
    assert "It adds up" in told
    assert first.code in told
    settled = body(producer, pages[2], kind="settled")
    assert first.code in settled
    assert second.code not in settled
    assert second.code in body(producer, pages[2], shot=shot.code.lower())
    assert "No line" in body(producer, pages[2], shot="SQ999")
    assert "No line" in body(producer, pages[2], day="2001-02-03")
    wrong = body(producer, pages[2], day="yesterday", kind="settled")
    assert 'value="yesterday"' in wrong
    assert "Enter a valid date" in wrong or "Write the day" in wrong
    Candidate.objects.filter(pk=second.pk).update(status=Status.FAILED)
    assert "is still open" in body(producer, pages[2])


def test_a_project_does_not_show_another_ones_lines(clip: Candidate, alice: User, project: Project) -> None:
    bring(clip, Status.SUBMITTING)
    other = Project.objects.create(slug="other", name="Other", created_by=alice)
    other.memberships.create(user=alice, role="producer")
    assert clip.code not in body(signed_in(alice), "/p/other/ledger/")
    # A key of the site that never paid for this project is not even named.
    assert account().name not in body(signed_in(alice), "/p/other/ledger/")


def test_pages_of_lines_hold_every_line_once_and_cost_the_same(
    shot: Shot, alice: User, dana: User, pages: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewapp.views.ledger.PER_PAGE", 3)
    for row in asked(shot, alice, 4):
        bring(row, Status.IN_REVIEW)
    admin = signed_in(dana)
    seen: list[str] = []
    address, costs = pages[0], []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            told = body(admin, address)
        costs.append(len(queries))
        seen += [part.split('"')[0] for part in told.split('data-line="')[1:]]
        if 'rel="next"' not in told:
            break
        address = pages[0] + told.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert sorted(seen) == sorted(str(pk) for pk in LedgerEntry.objects.values_list("pk", flat=True))
    assert len(seen) == 8
    assert max(costs) == min(costs)


def test_the_csv_runs_nothing_in_a_spreadsheet(clip: Candidate, alice: User, pages: tuple[str, ...]) -> None:
    bring(clip, Status.SUBMITTING)
    LedgerEntry.objects.update(why='=HYPERLINK("http://evil")')
    answer = signed_in(alice).get(pages[3])
    text = answer.getvalue().decode("utf-8-sig")
    assert "'=HYPERLINK" in text
    assert "attachment" in answer.headers["Content-Disposition"]
    assert clip.code in text


def test_a_great_ledger_is_proved_when_somebody_asks(
    clip: Candidate, alice: User, pages: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(clip, Status.SUBMITTING)
    monkeypatch.setattr("reviewapp.views.ledger.PROVED_AT_ONCE", 0)
    producer = signed_in(alice)
    assert "It adds up" not in body(producer, pages[2])
    assert "It adds up" in body(producer, pages[2], prove="1")
