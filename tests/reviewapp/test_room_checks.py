"""The panel of the checks: what it says of one clip, of its siblings, and of what could not be measured."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reviewapp import check_words, review
from reviewapp.models import Candidate, Clip, PickDoubt, QualityReport, RankModel, Shot, User
from reviewapp.notes import Feedback
from reviewapp.room_check_rows import standing_of
from tests.cast import signed_in
from tests.reviewapp.report_stage import report, round_of
from tests.reviewapp.review_world import arrive, finding, generate, in_review


@pytest.fixture
def bobs(bob: User) -> Client:
    return signed_in(bob)


def room(client: Client, candidate: Candidate) -> str:
    return client.get(f"/review/{candidate.uid}/").content.decode()


def panel(client: Client, candidate: Candidate) -> str:
    """The words of the checks' panel, without its markup."""
    html = room(client, candidate)
    inner = html[html.index('<section class="sec qc"') : html.index('id="clip-notes"')]
    return " ".join(re.sub(r"<[^>]+>", " ", inner).split())


def shot_page(client: Client, shot: Shot) -> str:
    return client.get(reverse("shot-detail", args=[shot.project.slug, shot.code])).content.decode()


def wall(client: Client, candidate: Candidate) -> list[dict[str, Any]]:
    html = room(client, candidate)
    found = re.search(r'<script id="wall-facts" type="application/json">(.*?)</script>', html, re.S)
    assert found
    told: list[dict[str, Any]] = json.loads(found.group(1))
    return told


# --- the verdict ---


@pytest.mark.parametrize(("verdict", "words"), list(check_words.VERDICTS.items())[:3])
def test_the_verdict_is_said_in_words_in_the_room_and_on_the_page_of_the_shot(
    verdict: str, words: str, shot: Shot, alice: User, bobs: Client
) -> None:
    (row,) = in_review(shot, alice, 1)
    QualityReport.objects.update(verdict=verdict)
    assert words in panel(bobs, row)
    assert f"c01, in review, {words.lower()}" in room(bobs, row)
    assert words in shot_page(bobs, shot)


def test_a_clip_of_which_nothing_was_measured_does_not_pass(shot: Shot, alice: User, bobs: Client) -> None:
    (row,) = in_review(shot, alice, 1)
    QualityReport.objects.update(measures={"edge_px": None}, score=None, verdict="pass")
    words = panel(bobs, row)
    assert "Nothing could be measured" in words
    assert "Passes" not in words
    assert "conspicuous" not in words
    assert "score not measured" in words


def test_findings_lead_to_their_moment_the_worst_first_and_remarks_apart(
    shot: Shot, alice: User, bobs: Client
) -> None:
    told = [
        finding("info", 0.0, 0.5, "fades in", kind="fade"),
        finding("suspect", 0.2, 0.2, "something jumps", kind="jump", place=[0.9, 0.1]),
        finding("reject", 1.0, 1.5, "frozen from 1.0 s to 1.5 s"),
    ]
    (row,) = in_review(shot, alice, 1, findings=told)
    html, words = room(bobs, row), panel(bobs, row)
    assert 'data-seek-s="1.0" data-seek-out-s="1.5"' in html
    assert words.index("Frozen from") < words.index("Something jumps") < words.index("Fades in")
    assert "Something jumps (top right)" in words
    assert "1 remark, no fault" in words
    # The marks on the timeline know the finding by its place in the report, whatever the panel's order.
    assert re.findall(r'data-finding="(\d)"', html) == ["2", "1", "0"]


def test_a_finding_of_the_whole_clip_says_so_in_place_of_its_seconds(
    shot: Shot, alice: User, bobs: Client
) -> None:
    told = [finding("suspect", 0.0, 2.0, "soft throughout", kind="soft")]
    told += [finding("suspect", 0.0, 1.9, "grainy", kind="noisy")]
    words = panel(bobs, in_review(shot, alice, 1, findings=told)[0])
    assert "Soft throughout whole clip" in words
    assert "Grainy 0.0–1.9 s" in words


def test_thirty_findings_are_all_there_and_most_are_folded(shot: Shot, alice: User, bobs: Client) -> None:
    told = [finding("suspect", at / 20, at / 20, f"jump {at}", kind="jump") for at in range(30)]
    (row,) = in_review(shot, alice, 1, findings=told)
    words = panel(bobs, row)
    assert "24 more findings" in words
    assert all(f"Jump {at} " in words for at in range(30))


def test_what_no_check_can_see_is_said(shot: Shot, alice: User, bobs: Client) -> None:
    (row,) = in_review(shot, alice, 1)
    assert "No check sees hands, wrong text, physics, lip sync or likeness" in panel(bobs, row)


# --- the score ---


def test_the_score_says_whether_the_rules_or_the_projects_decisions_made_it(
    shot: Shot, alice: User, bobs: Client
) -> None:
    (row,) = in_review(shot, alice, 1)
    QualityReport.objects.update(score=0.71)
    assert "0.71 by the rules" in panel(bobs, row)
    taught = RankModel.objects.create(
        project=shot.project, number=1, checker_version="2", decisions=64, why="better on unseen shots"
    )
    why = [{"words": "noise", "term": -0.7}]
    QualityReport.objects.update(learned_score=0.58, learned_by=taught, learned_why=why)
    words = panel(bobs, row)
    assert "0.58 as corrected by 64 decisions of this project; by the rules alone 0.71" in words
    assert "−0.7 noise" in words
    assert "score 0.58" in room(bobs, row)


def test_parts_of_the_score_that_were_not_measured_are_no_noughts(
    shot: Shot, alice: User, bobs: Client
) -> None:
    (row,) = in_review(shot, alice, 1)
    parts = [{"name": "clarity", "value": 0.5, "weight": 0.4}, {"name": "face", "value": None, "weight": 0.6}]
    QualityReport.objects.update(parts=parts, coverage=0.4)
    words = panel(bobs, row)
    assert "Sharpness 40 % 0.50" in words.replace("&nbsp;", " ")
    assert "Face stays itself 60 % not measured" in words.replace("&nbsp;", " ")
    assert "40 % of what the score is made of" in words.replace("&nbsp;", " ")


# --- the measures ---


def test_a_measure_that_was_not_taken_is_not_a_nought_and_has_its_reason(
    shot: Shot, alice: User, bobs: Client
) -> None:
    (row,) = in_review(shot, alice, 1)
    QualityReport.objects.update(
        measures={"flicker_pct": 0.0, "face_present": None},
        unmeasured={"face_present": "No steady face is in the picture."},
    )
    words = panel(bobs, row)
    assert "Flicker 0 %" in words
    assert "1 not measured, and why Face is there No steady face" in words


def test_a_measure_stands_among_its_siblings_and_not_among_those_that_lack_it(
    shot: Shot, alice: User, bobs: Client
) -> None:
    rows = in_review(shot, alice, 4)
    for row, value in zip(rows, (3.0, 4.0, 9.0, None), strict=True):
        QualityReport.objects.filter(candidate=row).update(measures={"edge_px": value, "cuts": 1})
    words = panel(bobs, rows[1])
    assert "sharpest edges 4 px 2nd of 3" in words
    assert "Cuts 1 all 4 alike" in words


def test_a_place_among_siblings_is_between_the_lowest_and_the_highest() -> None:
    stands = standing_of(4.0, [3.0, None, 9.0, 5.0])
    assert stands is not None
    assert (stands.x, stands.ticks, stands.words) == (17, (0, 100, 33), "3rd of 4")
    assert standing_of(4.0, [None]) is None
    alike = standing_of(4.0, [4.0])
    assert alike is not None
    assert (alike.here, alike.words) == (0.5, "both alike")


def test_a_measure_that_the_page_does_not_know_is_shown_under_its_own_name(
    shot: Shot, alice: User, bobs: Client
) -> None:
    (row,) = in_review(shot, alice, 1)
    QualityReport.objects.update(measures={"grain_of_the_day": 3})
    assert "Other Grain of the day 3" in panel(bobs, row)


# --- what was asked for ---


def test_a_match_with_the_prompt_is_compared_only_where_the_same_model_looked(
    shot: Shot, alice: User, bobs: Client
) -> None:
    rows = in_review(shot, alice, 3)
    for row, match, mark in zip(rows, (0.31, 0.28, 0.99), ("b32", "b32", "other"), strict=True):
        QualityReport.objects.filter(candidate=row).update(
            prompt_parts=[{"words": "a red boat", "match": match}],
            measures={"prompt_match": match},
            model_mark=mark,
        )
    assert "cosine 0.31 highest of 2" in panel(bobs, rows[0])
    assert "of 3" not in panel(bobs, rows[2])
    assert "a red boat 0.310 highest of 2" in panel(bobs, rows[0])
    assert "a red boat 0.990 nothing to compare it with" in panel(bobs, rows[2])


def test_without_a_model_the_match_is_not_measured_and_an_admin_reads_how_to_have_it(
    shot: Shot, alice: User, dana: User, bobs: Client
) -> None:
    (row,) = in_review(shot, alice, 1)
    assert "Not measured. No CLIP model is set up" in panel(bobs, row)
    assert "fetch_clip_model" not in panel(bobs, row)
    assert "fetch_clip_model" in panel(signed_in(dana), row)


def test_criteria_are_met_not_met_not_measured_or_for_a_person(shot: Shot, alice: User, bobs: Client) -> None:
    Shot.objects.update(acceptance="No cut\nA person\nSilent\nThe sign reads OPEN\nWritten later")
    (row,) = in_review(shot, alice, 1)
    told = [("No cut", "unmet", "cut at 1.2 s", 1.2), ("A person", "met", "a face from 0.0 s", None)]
    told += [
        ("Silent", "unmeasured", "the sound could not be read", None),
        ("The sign reads OPEN", "person", "", None),
    ]
    keys = ("text", "state", "why", "start_s")
    QualityReport.objects.update(criteria=[dict(zip(keys, line, strict=True)) for line in told])
    html = room(bobs, row)
    section = html[html.index('id="wants-title"') : html.index('<section class="sec qc"')]
    words = " ".join(re.sub(r"<[^>]+>", " ", section).split())
    assert "No cut not met · cut at 1.2 s 1.2 s" in words
    assert "A person met · a face from 0.0 s" in words
    assert "Silent not measured · the sound could not be read" in words
    assert "The sign reads OPEN for a person" in words
    assert "Written later for a person" in words
    assert 'data-seek-s="1.2"' in section


# --- the pick ---


@pytest.mark.parametrize(
    ("doubt", "words"),
    [
        ("", "pick"),
        (PickDoubt.CLOSE, "pick, close call"),
        (PickDoubt.THIN, "pick, little was measured"),
        (PickDoubt.PROVISIONAL, "best of what did not pass"),
    ],
)
def test_the_pick_says_how_sure_it_is(doubt: str, words: str, shot: Shot, alice: User, bobs: Client) -> None:
    rows = in_review(shot, alice, 2)
    Candidate.objects.filter(pk=rows[0].pk).update(rank=1, pick_doubt=doubt)
    Candidate.objects.filter(pk=rows[1].pk).update(rank=2, pick_doubt="")
    slate = room(bobs, rows[0])
    assert re.search(rf'class="tag tag--pick[^"]*" title="[^"]+">{words}<', slate)
    assert f"c01, in review, passes the checks, {words}," in slate
    assert "tag--pick" not in room(bobs, rows[1])
    page = shot_page(bobs, shot)
    assert page.count(f">{words}</span>") == 1


def test_the_pick_is_the_first_of_what_waits_and_not_of_what_is_decided(
    shot: Shot, alice: User, bob: User, bobs: Client
) -> None:
    soft = report(0.5, "suspect", ["soft"]), report(0.3, "suspect", ["soft"])
    good, first, _ = round_of(shot, alice, report(0.9), *soft)
    review.reject(good, bob, good.revision, Feedback(text="Another boat."))
    for page in (room(bobs, first), shot_page(bobs, shot)):
        assert "None of these 2 clips passes the checks" in page
        assert "first of" not in page
    last = Candidate.objects.get(version=first.version_id, rank=2)
    review.reject(last, bob, last.revision, Feedback(text="Another boat."))
    assert "None of these" not in room(bobs, first) + shot_page(bobs, shot)


# --- the file ---


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"state": "trusted", "signer": "Example Video"}, "trusted, signed by Example Video"),
        (
            {"state": "valid", "signer": "Somebody", "why": "The signer is not known here."},
            "valid, signed by Somebody The signer is not known here.",
        ),
        (
            {"state": "invalid", "signer": "Somebody", "why": "The file was changed after it was signed."},
            "broken The file was changed after it was signed.",
        ),
        ({"state": "none"}, "none"),
        (
            {"state": "unread", "why": "The optional parts are missing."},
            "not read The optional parts are missing.",
        ),
        ({}, "not read"),
    ],
)
def test_content_credentials_are_said_as_far_as_they_can_be_believed(
    told: dict[str, str], words: str, shot: Shot, alice: User, bobs: Client
) -> None:
    (row,) = in_review(shot, alice, 1)
    Clip.objects.update(credentials=told)
    html = room(bobs, row)
    cell = html[html.index("<dt>Content credentials</dt>") :]
    plain = " ".join(re.sub(r"<[^>]+>", " ", cell[: cell.index("</dd>")]).split())
    assert plain == f"Content credentials {words}"


def test_what_is_played_in_place_of_the_original_is_said(shot: Shot, alice: User, bobs: Client) -> None:
    (row,) = in_review(shot, alice, 1)
    assert "<dt>Played</dt>" not in room(bobs, row)
    Clip.objects.update(plays="copy", codec="hevc", container="mp4")
    assert "Browsers do not play HEVC, and no copy could be made" in room(bobs, row)
    Clip.objects.update(playable="playables/made.mp4")
    assert "Playing an H.264 copy; the original is HEVC." in room(bobs, row)
    Clip.objects.update(plays="remux")
    assert "in a container that starts sooner" in room(bobs, row)


@pytest.mark.parametrize(
    ("family", "content_type", "words"),
    [
        ("mov", "video/mp4", "MP4 · H.264"),
        ("mov", "video/quicktime", "MOV · H.264"),
        ("matroska", "video/webm", "WebM · H.264"),
        ("avi", "video/mp4", "AVI · H.264"),
    ],
)
def test_a_file_is_called_as_people_call_it(
    family: str, content_type: str, words: str, shot: Shot, alice: User, bobs: Client
) -> None:
    (row,) = in_review(shot, alice, 1)
    Clip.objects.update(container=family, content_type=content_type, codec="h264")
    assert f"<dt>File</dt><dd>{words} · " in room(bobs, row)


# --- the wall ---


def test_the_wall_has_every_clip_with_a_file_its_verdict_and_its_pick(
    shot: Shot, alice: User, bobs: Client
) -> None:
    first, second, third, making = generate(shot, alice, 4)
    rows = [arrive(first, score=0.9), arrive(second, score=0.3), arrive(third, score=0.2)]
    Clip.objects.filter(candidate=third).update(removed_at=timezone.now())
    told = wall(bobs, rows[0])
    assert [one["label"] for one in told] == ["v001_c01", "v001_c02"]
    assert told[0]["verdictWords"] == "Passes the checks"
    assert [bool(one["pick"]) for one in told] == [True, False]
    assert str(making.uid) not in json.dumps(told)
    assert told[0]["src"].endswith(f"{rows[0].uid}/clip.mp4")
    Clip.objects.filter(candidate=first).update(small="smalls/made.mp4")
    assert f"{rows[0].uid}/small.mp4" in wall(bobs, rows[0])[0]["src"]


def test_a_room_of_eight_clips_costs_as_many_queries_as_one_of_two(
    make_shot: Callable[..., Shot], alice: User, bobs: Client
) -> None:
    few, many = in_review(make_shot(), alice, 2)[0], in_review(make_shot(), alice, 8)[0]
    counts = []
    for row in (few, many):
        # The first look marks what was told of the shot as seen.
        room(bobs, row)
        with CaptureQueriesContext(connection) as asked:
            room(bobs, row)
        counts.append(len(asked))
    assert counts[0] == counts[1]
