"""The room itself: what it shows, what moves without a reload, notes, checks and the retake's card."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import DjangoAssertNumQueries

from providers.contract import JobState, Output, ProviderJob
from reviewapp import line, queue, retakes
from reviewapp.models import Candidate, Clip, Membership, Note, NoteCheck, Project, Role, Shot, Status, User
from tests.cast import signed_in
from tests.reviewapp.review_world import arrive, generate, in_review, rejected, retake_of, to_vendor

HX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def pair(shot: Shot, alice: User) -> list[Candidate]:
    return in_review(shot, alice, 2)


@pytest.fixture
def bobs(bob: User) -> Client:
    return signed_in(bob)


def room(client: Client, candidate: Candidate) -> str:
    return client.get(f"/review/{candidate.uid}/").content.decode()


def facts(html: str) -> dict[str, object]:
    found = re.search(r'<script id="player-facts" type="application/json">(.*?)</script>', html, re.S)
    assert found
    read: dict[str, object] = json.loads(found.group(1))
    return read


# --- the way in ---


def test_the_queue_opens_the_first_clip_that_waits(pair: list[Candidate], bobs: Client) -> None:
    assert bobs.get("/review/").headers["Location"] == f"/review/{pair[0].uid}/"


def test_with_nothing_waiting_the_room_says_what_is_being_made(shot: Shot, alice: User, bobs: Client) -> None:
    generate(shot, alice, 3)
    html = bobs.get("/review/?project=harbour").content.decode()
    assert "Nothing waits for you" in html
    assert "clips are being made" in html


def test_a_strangers_project_is_not_named(pair: list[Candidate], charlie: User) -> None:
    client = signed_in(charlie)
    assert client.get("/review/?project=harbour").status_code == 404
    assert "Harbour" not in client.get("/review/").content.decode()


def test_other_projects_with_waiting_clips_are_offered(
    pair: list[Candidate], alice: User, bob: User, bobs: Client
) -> None:
    ferry = Project.objects.create(slug="ferry", name="Night Ferry")
    Membership.objects.create(project=ferry, user=bob, role=Role.REVIEWER)
    other = Shot.objects.create(project=ferry, code="SQ010_SH0010", prompt="A ferry.", duration_s=5)
    in_review(other, alice, 1)
    assert "/review/?project=ferry" in room(bobs, pair[0])
    assert "Night Ferry" not in room(signed_in(alice), pair[0])


# --- what it shows ---


def test_no_page_of_the_room_has_inline_code(pair: list[Candidate], bobs: Client) -> None:
    html = room(bobs, pair[0])
    assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*(src=|application/json))", html)


def test_the_player_gets_integer_frames_and_a_rate_as_a_fraction(pair: list[Candidate], bobs: Client) -> None:
    clip = facts(room(bobs, pair[0]))["clip"]
    assert isinstance(clip, dict)
    assert (clip["frames"], clip["fpsNum"], clip["fpsDen"]) == (48, 24, 1)


def test_a_tile_still_at_the_vendor_says_how_far_it_is(shot: Shot, alice: User, bobs: Client) -> None:
    first, second = generate(shot, alice, 2)
    to_vendor(second, 0.63)
    html = room(bobs, arrive(first))
    assert re.search(r"Generating <b class=\"num\">63 %", html)


def test_a_tile_that_is_being_checked_tells_the_length_that_was_asked_and_its_status_once(
    shot: Shot, alice: User, bobs: Client
) -> None:
    first, second = generate(shot, alice, 2)
    row = to_vendor(second)
    done = ProviderJob(
        id=row.provider_job_id, state=JobState.SUCCEEDED, outputs=(Output(url="https://x.example/1"),)
    )
    line.record_polls([(row, done)])
    line.ingested(Candidate.objects.get(pk=row.pk), Clip(sha256="0" * 64, size=9, file="clips/one.mp4"))
    html = room(bobs, arrive(first))
    tile = next(part for part in re.findall(r'<a class="tile.*?</a>', html, re.S) if "Checking" in part)
    assert f"{row.duration_s:.0f} s</span>" in tile
    assert tile.count(">Checking<") + tile.count("</span>Checking<") == 1


def test_a_returned_retake_stands_first_beside_its_old_clip(
    pair: list[Candidate], make_shot: Callable[..., Shot], alice: User, bob: User, bobs: Client
) -> None:
    later = in_review(make_shot(), alice, 1)[0]
    decision = rejected(later, bob, "It should rain.", frame_in=10, frame_out=20)
    _, held = retake_of(decision)
    Candidate.objects.filter(pk=held.pk).update(status=Status.QUEUED)
    back = arrive(held)
    assert bobs.get("/review/").headers["Location"] == f"/review/{back.uid}/"
    html = room(bobs, back)
    old = facts(html)["old"]
    assert isinstance(old, dict)
    assert (old["uid"], old["status"]) == (str(later.uid), "rejected")
    assert "back to you" in html
    assert "back to you" not in room(signed_in(alice), back)
    # The round opens as a checklist, with the same moment before and after, and the words that were changed.
    assert html.count("data-still=") == 2
    note = Note.objects.get()
    assert f'data-causes="{note.pk}"' in html


def test_the_page_costs_the_same_number_of_queries_whatever_the_queue(
    make_shot: Callable[..., Shot],
    alice: User,
    bobs: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    rows = [in_review(make_shot(), alice, 2)[0] for _ in range(6)]
    room(bobs, rows[0])
    with django_assert_max_num_queries(40):
        room(bobs, rows[0])


def test_a_long_queue_is_read_in_one_query_without_what_it_does_not_show(
    make_shot: Callable[..., Shot], alice: User, bob: User
) -> None:
    rows = [row for _ in range(3) for row in in_review(make_shot(), alice, 2)]
    with CaptureQueriesContext(connection) as asked:
        waiting = queue.waiting_for(bob, rows[0].shot.project)
        told = [
            (row.code, row.version.label, bool(row.clip.poster)) for one in waiting for row in one.candidates
        ]
    assert told == [(row.code, "v001", True) for row in rows]
    assert len(asked) == 1
    assert not [word for word in ("qualityreport", "peaks", "credentials") if word in asked[0]["sql"]]


# --- moving without a reload ---


def updates(client: Client, candidate: Candidate, stamp: str) -> tuple[int, str]:
    answer = client.get(f"/review/updates/?uid={candidate.uid}&stamp={stamp}", **HX)  # type: ignore[arg-type]
    return answer.status_code, answer.content.decode()


def stamp_in(html: str) -> str:
    found = re.search(r'data-stamp="(\w+)"', html)
    assert found
    return found.group(1)


def test_nothing_new_costs_an_empty_answer_and_an_arrival_brings_the_column(
    pair: list[Candidate], bob: User, bobs: Client
) -> None:
    _, held = retake_of(rejected(pair[1], bob))
    # The stamp also changes with each half minute; ask twice in case one ends just now.
    for _ in range(2):
        stamp = stamp_in(room(bobs, pair[0]))
        status, _ = updates(bobs, pair[0], stamp)
        if status == 204:
            break
    assert status == 204
    Candidate.objects.filter(pk=held.pk).update(status=Status.QUEUED)
    back = arrive(held)
    status, html = updates(bobs, pair[0], stamp)
    assert status == 200
    assert f'data-uid="{back.uid}"' in html
    assert "<video" not in html


def test_progress_alone_changes_the_stamp(shot: Shot, alice: User, bobs: Client) -> None:
    first, second = generate(shot, alice, 2)
    here, moving = arrive(first), to_vendor(second, 0.2)
    stamp = stamp_in(room(bobs, here))
    Candidate.objects.filter(pk=moving.pk).update(progress=0.4)
    status, html = updates(bobs, here, stamp)
    assert status == 200
    assert "40 %" in html


def test_a_signed_out_fragment_says_so_instead_of_the_sign_in_page(pair: list[Candidate]) -> None:
    answer = Client().get(f"/review/updates/?uid={pair[0].uid}", **HX)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.content == b""


# --- the next prompt, before it is sent ---


def test_the_preview_shows_the_diff_the_price_and_saves_nothing(pair: list[Candidate], bobs: Client) -> None:
    data = {"verdict": "reject", "revision": 0, "text": "It should rain.", "all_of_shot": "1"}
    html = bobs.post(f"/review/{pair[0].uid}/preview/", data, **HX).content.decode()  # type: ignore[arg-type]
    assert re.search(r'<ins data-causes="\d+">[^<]*rain', html)
    assert "$1.20" in html
    assert "for 2 clips" in html
    assert Note.objects.count() == 0
    assert pair[0].shot.versions.count() == 1


def test_the_preview_names_what_cannot_be_served(pair: list[Candidate], bobs: Client) -> None:
    data = {"verdict": "reject", "revision": 0, "text": "", "tags": ["audio"]}
    html = bobs.post(f"/review/{pair[0].uid}/preview/", data, **HX).content.decode()  # type: ignore[arg-type]
    assert "Not served:" in html


def test_the_preview_at_the_cap_says_that_it_escalates(pair: list[Candidate], bobs: Client) -> None:
    Project.objects.update(round_cap=1)
    data = {"verdict": "reject", "revision": 0, "text": "It should rain."}
    assert "Escalates" in bobs.post(f"/review/{pair[0].uid}/preview/", data, **HX).content.decode()  # type: ignore[arg-type]


# --- notes and the checklist ---


def test_a_note_is_left_on_its_range_and_an_empty_one_is_asked_for(
    pair: list[Candidate], bobs: Client
) -> None:
    address = f"/review/{pair[0].uid}/notes/"
    html = bobs.post(address, {"text": "Sail flaps", "frame_in": 5, "frame_out": 8}, **HX).content.decode()  # type: ignore[arg-type]
    assert 'data-frame-in="5" data-frame-out="8"' in html
    refused = bobs.post(address, {"text": " ", "frame_in": 5}, **HX)  # type: ignore[arg-type]
    assert refused.status_code == 422
    assert "Write what you see" in refused.content.decode()
    assert Note.objects.count() == 1


def test_frames_are_counted_as_the_project_counts(pair: list[Candidate], bobs: Client) -> None:
    Project.objects.update(frame_base=1001)
    bobs.post(f"/review/{pair[0].uid}/notes/", {"text": "Sail flaps", "frame_in": 5}, **HX)  # type: ignore[arg-type]
    assert Note.objects.get().frame_in == 5
    assert "f 1006" in room(bobs, pair[0])


def test_only_the_notes_behind_a_clip_can_be_ticked_on_it(
    pair: list[Candidate], bob: User, bobs: Client
) -> None:
    decision = rejected(pair[0], bob)
    note = Note.objects.get(decision=decision)
    _, held = retake_of(decision)
    address = f"/review/{held.uid}/checks/"
    html = bobs.post(address, {"note": note.pk, "solved": "0"}, **HX).content.decode()  # type: ignore[arg-type]
    assert "check--no" in html
    assert bobs.post(address, {"note": note.pk, "solved": "1"}).status_code == 302
    assert NoteCheck.objects.get().solved is True
    assert bobs.post(f"/review/{pair[1].uid}/checks/", {"note": note.pk}).status_code == 404


# --- the retake on its way ---


def card(client: Client, pk: int, part: str, **data: str) -> tuple[int, str]:
    answer = client.post(f"/review/retakes/{pk}/{part}/", data, **HX)  # type: ignore[arg-type]
    return answer.status_code, answer.content.decode()


def test_editing_stops_the_countdown_and_saving_starts_it_anew(
    pair: list[Candidate], bob: User, bobs: Client
) -> None:
    version, held = retake_of(rejected(pair[0], bob))
    _, html = card(bobs, version.pk, "pause")
    assert "edit-text" in html
    held.refresh_from_db()
    assert held.due_at
    assert held.due_at > timezone.now() + timedelta(minutes=5)
    _, html = card(bobs, version.pk, "edit", text="A red boat at night in the rain.")
    version.refresh_from_db()
    held.refresh_from_db()
    assert version.text == "A red boat at night in the rain."
    assert held.due_at < timezone.now() + timedelta(seconds=11)
    assert "data-countdown" in html


def test_giving_an_edit_up_starts_the_countdown_anew_and_keeps_the_text(
    pair: list[Candidate], bob: User, bobs: Client
) -> None:
    version, held = retake_of(rejected(pair[0], bob))
    card(bobs, version.pk, "pause")
    card(bobs, version.pk, "resume")
    held.refresh_from_db()
    before = version.text
    version.refresh_from_db()
    assert held.due_at
    assert held.due_at < timezone.now() + timedelta(seconds=11)
    assert (version.text, version.author_kind) == (before, "rules")


@pytest.mark.parametrize(("text", "words"), [("", "The prompt is empty"), ("boat " * 300, "over")])
def test_a_prompt_that_cannot_be_sent_comes_back_with_the_reason(
    text: str, words: str, pair: list[Candidate], bob: User, bobs: Client
) -> None:
    version, _ = retake_of(rejected(pair[0], bob))
    status, html = card(bobs, version.pk, "edit", text=text)
    assert status == 422
    assert words in html
    assert text.strip()[:40] in html


def test_an_edit_that_comes_too_late_keeps_the_words(pair: list[Candidate], bob: User, bobs: Client) -> None:
    version, _ = retake_of(rejected(pair[0], bob))
    card(bobs, version.pk, "send")
    status, html = card(bobs, version.pk, "edit", text="A blue boat, please.")
    assert status == 409
    assert "already left" in html
    assert "A blue boat, please." in html


def test_send_now_ends_the_hold_and_tells_the_queue(pair: list[Candidate], bob: User, bobs: Client) -> None:
    version, held = retake_of(rejected(pair[0], bob))
    waiting = OrmQ.objects.count()
    status, html = card(bobs, version.pk, "send")
    held.refresh_from_db()
    assert (status, held.status) == (200, Status.QUEUED)
    assert OrmQ.objects.count() == waiting + 1
    assert "Being sent" in html
    assert card(bobs, version.pk, "send")[0] == 409


def test_where_retakes_are_confirmed_only_a_producer_sends(
    pair: list[Candidate], alice: User, bob: User, bobs: Client
) -> None:
    Project.objects.update(confirm_retakes=True)
    version, held = retake_of(rejected(pair[0], bob))
    html = bobs.get(f"/review/retakes/{version.pk}/card/", **HX).content.decode()  # type: ignore[arg-type]
    assert "A producer confirms it" in html
    assert "Confirm and send" not in html
    assert card(bobs, version.pk, "send")[0] == 403
    assert card(bobs, version.pk, "confirm")[0] == 403
    held.refresh_from_db()
    assert held.status == Status.HELD
    assert card(signed_in(alice), version.pk, "confirm")[0] == 200
    held.refresh_from_db()
    assert held.status == Status.QUEUED


def test_after_an_edit_by_hand_only_what_still_stands_is_claimed(pair: list[Candidate], bob: User) -> None:
    version, _ = retake_of(rejected(pair[0], bob, text="The boat is too small."))
    retakes.edit(version, bob, "A huge red boat crosses the harbour.")
    html = signed_in(bob).get(f"/review/retakes/{version.pk}/card/", **HX).content.decode()  # type: ignore[arg-type]
    assert "Bob wrote the prompt by hand" in html
    assert "ask__we" in html
    assert "added “" not in html


def test_the_buttons_of_the_checklist_keep_their_names_so_that_the_focus_stays(
    pair: list[Candidate], bob: User, bobs: Client
) -> None:
    version, retake = retake_of(rejected(pair[0], bob))
    retakes.send_now(version, bob)
    back = arrive(retake)
    note = Note.objects.get(decision__retake=version)
    answer = bobs.post(f"/review/{back.uid}/checks/", {"note": note.pk, "solved": "0"}, **HX)  # type: ignore[arg-type]
    assert f'id="check-{note.pk}-no"' in answer.content.decode()
