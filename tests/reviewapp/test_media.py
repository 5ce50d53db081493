"""The clips' files: who gets them, and which bytes."""

from __future__ import annotations

import hashlib
import uuid
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from reviewapp.models import Candidate, Clip, Project, PromptVersion, Shot, Status, User
from reviewapp.models.clips import VERIFIED, Playable
from reviewapp.room_clips import clip_facts
from reviewapp.views.ranges import Span, Unsatisfiable, read_range
from tests.cast import signed_in

BYTES = bytes(range(256)) * 2000
SIZE = len(BYTES)
COPY, SMALL = BYTES[:100_001], BYTES[::-1][:50_000]


@pytest.fixture
def clip(project: Project) -> Clip:
    shot = Shot.objects.create(project=project, code="SQ010_SH0020", prompt="A boat", duration_s=Decimal(5))
    version = PromptVersion.objects.create(shot=shot, number=2, text="A boat", author_kind="person")
    candidate = Candidate.objects.create(
        shot=shot,
        version=version,
        slot=1,
        status=Status.IN_REVIEW,
        provider="runway",
        model="gen4.5",
        duration_s=Decimal(5),
        width=1280,
        height=720,
        estimate_usd=Decimal("0.60"),
    )
    clip = Clip(candidate=candidate, sha256=hashlib.sha256(BYTES).hexdigest(), size=SIZE)
    clip.file.save("clip.mp4", ContentFile(BYTES))
    clip.poster.save("poster.jpg", ContentFile(b"\xff\xd8poster"))
    return clip


def _address(clip: Clip, file: str = "clip.mp4") -> str:
    return f"/media/{clip.candidate.uid}/{file}"


def _body(answer: object) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # The test client's own response type.


def test_members_get_the_whole_file_with_what_a_player_needs(clip: Clip, bob: User) -> None:
    answer = signed_in(bob).get(_address(clip))
    assert answer.status_code == 200
    assert _body(answer) == BYTES
    assert answer["Content-Length"] == str(SIZE)
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Content-Type"] == "video/mp4"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["ETag"] == f'"{clip.sha256}"'
    assert answer["Cache-Control"].startswith("private")


def test_strangers_learn_nothing(clip: Clip, charlie: User) -> None:
    for file in ("clip.mp4", "poster.jpg", "filmstrip.jpg"):
        assert Client().get(_address(clip, file)).status_code == 302
        assert signed_in(charlie).get(_address(clip, file)).status_code == 404
    assert signed_in(charlie).get(f"/media/{uuid.uuid4()}/clip.mp4").status_code == 404


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-1", 0, 1),
        ("bytes=0-", 0, SIZE - 1),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE - 1),
        ("bytes=-500", SIZE - 500, SIZE - 1),
        (f"bytes=-{SIZE * 9}", 0, SIZE - 1),
        (f"bytes=100-{SIZE * 9}", 100, SIZE - 1),
        ("bytes=131071-262145", 131071, 262145),
    ],
)
def test_it_sends_exactly_the_range_that_was_asked(
    clip: Clip, bob: User, asked: str, first: int, last: int
) -> None:
    answer = signed_in(bob).get(_address(clip), headers={"Range": asked})
    assert answer.status_code == 206
    assert _body(answer) == BYTES[first : last + 1]
    assert answer["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=-0"])
def test_a_range_outside_of_the_file_is_416_with_its_size(clip: Clip, bob: User, asked: str) -> None:
    answer = signed_in(bob).get(_address(clip), headers={"Range": asked})
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{SIZE}")
    # No cache may give it to whoever asks for another part.
    assert answer["Cache-Control"] == "no-store"


def test_conditions_count_before_ranges(clip: Clip, bob: User) -> None:
    client, beyond = signed_in(bob), f"bytes={SIZE}-"
    asked = {"If-None-Match": f'"{clip.sha256}"', "Range": beyond}
    assert client.get(_address(clip), headers=asked).status_code == 304
    asked = {"If-Match": '"another"', "Range": beyond}
    assert client.get(_address(clip), headers=asked).status_code == 412


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "frames=0-1", "bytes=9-3", "bytes=-", "bytes=a-b", "nonsense"]
)
def test_a_range_it_does_not_serve_is_ignored(clip: Clip, bob: User, asked: str) -> None:
    answer = signed_in(bob).get(_address(clip), headers={"Range": asked})
    assert answer.status_code == 200
    assert _body(answer) == BYTES


def test_if_range_guards_against_gluing_two_files_together(clip: Clip, bob: User) -> None:
    client, address = signed_in(bob), _address(clip)
    modified = client.head(address)["Last-Modified"]
    for same in (f'"{clip.sha256}"', modified):
        assert client.get(address, headers={"Range": "bytes=0-1", "If-Range": same}).status_code == 206
    for other in ('"another"', f'W/"{clip.sha256}"', "Mon, 01 Jan 2001 00:00:00 GMT", "rubbish"):
        assert client.get(address, headers={"Range": "bytes=0-1", "If-Range": other}).status_code == 200


def test_what_the_browser_still_has_is_not_sent_again(clip: Clip, bob: User) -> None:
    client, address = signed_in(bob), _address(clip)
    for headers in (
        {"If-None-Match": f'"{clip.sha256}"'},
        {"If-None-Match": f'"{clip.sha256}"', "Range": "bytes=0-1"},
        {"If-Modified-Since": client.head(address)["Last-Modified"]},
    ):
        answer = client.get(address, headers=headers)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer["ETag"] == f'"{clip.sha256}"'
    assert client.get(address, headers={"If-None-Match": '"another"'}).status_code == 200


def test_head_tells_all_and_sends_nothing(clip: Clip, bob: User) -> None:
    answer = signed_in(bob).head(_address(clip), headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer["Content-Length"], answer.content) == (200, str(SIZE), b"")


def test_a_download_is_named_by_its_code(clip: Clip, bob: User) -> None:
    answer = signed_in(bob).get(_address(clip) + "?download=1")
    assert (
        answer["Content-Disposition"] == f'attachment; filename="SQ010_SH0020_v002_c01_{clip.sha256[:8]}.mp4"'
    )


def test_a_vendors_own_word_on_the_type_is_not_trusted(clip: Clip, bob: User) -> None:
    Clip.objects.update(content_type="text/html")
    assert signed_in(bob).get(_address(clip))["Content-Type"] == "application/octet-stream"


def test_it_serves_ranges_from_a_storage_that_is_no_folder(
    settings: Settings, project: Project, bob: User, request: pytest.FixtureRequest
) -> None:
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    }
    clip: Clip = request.getfixturevalue("clip")
    answer = signed_in(bob).get(_address(clip), headers={"Range": "bytes=1000-1999"})
    assert (answer.status_code, _body(answer)) == (206, BYTES[1000:2000])


class TestCopies:
    """A clip of which browsers play a copy: two files, two addresses, and never a mixture of them."""

    @pytest.fixture
    def copied(self, clip: Clip) -> Clip:
        clip.plays = Playable.COPY
        clip.playable.save("playable.mp4", ContentFile(COPY), save=False)
        clip.small.save("small.mp4", ContentFile(SMALL), save=False)
        clip.content_type = "video/quicktime"
        clip.save()
        return clip

    def test_players_get_the_copy_and_downloads_the_original(self, copied: Clip, bob: User) -> None:
        client = signed_in(bob)
        played = client.get(_address(copied))
        assert (played["Content-Type"], _body(played)) == ("video/mp4", COPY)
        assert _body(client.get(_address(copied, "small.mp4"))) == SMALL
        for address in (_address(copied) + "?download", _address(copied, "original")):
            answer = client.get(address)
            assert (answer["Content-Type"], _body(answer)) == ("video/quicktime", BYTES)
            assert f"SQ010_SH0020_v002_c01_{copied.sha256[:8]}.mov" in answer["Content-Disposition"]
        assert client.get(_address(copied, "original") + "?download")["Content-Disposition"].startswith(
            "attachment"
        )

    def test_each_has_a_tag_of_its_own_so_that_their_ranges_are_never_mixed(
        self, copied: Clip, bob: User
    ) -> None:
        client = signed_in(bob)
        addresses = [_address(copied, name) for name in ("clip.mp4", "original", "small.mp4")]
        tags = [client.head(address)["ETag"] for address in addresses]
        assert len(set(tags)) == 3
        for address in addresses:
            for tag in tags:
                mine = client.head(address)["ETag"] == tag
                part = client.get(address, headers={"Range": "bytes=0-1", "If-Range": tag})
                assert part.status_code == (206 if mine else 200)
                fresh = client.get(address, headers={"If-None-Match": tag})
                assert fresh.status_code == (304 if mine else 200)

    def test_a_copy_that_came_later_is_not_taken_for_what_a_browser_has_by_its_date(
        self, copied: Clip, bob: User
    ) -> None:
        client = signed_in(bob)
        date = client.head(_address(copied, "original"))["Last-Modified"]
        for headers in ({"If-Modified-Since": date}, {"Range": "bytes=0-1", "If-Range": date}):
            answer = client.get(_address(copied), headers=headers)
            assert (answer.status_code, _body(answer)) == (200, COPY)

    def test_the_copies_answer_ranges_as_the_original_does(self, copied: Clip, bob: User) -> None:
        client = signed_in(bob)
        for name, data in (("clip.mp4", COPY), ("small.mp4", SMALL), ("original", BYTES)):
            size = len(data)
            address = _address(copied, name)
            part = client.get(address, headers={"Range": "bytes=0-1"})
            assert (part.status_code, part["Content-Range"]) == (206, f"bytes 0-1/{size}")
            assert _body(part) == data[:2]
            assert _body(client.get(address, headers={"Range": "bytes=-5"})) == data[-5:]
            assert client.get(address, headers={"Range": f"bytes={size}-"}).status_code == 416
            head = client.head(address)
            assert (head["Content-Length"], head["Accept-Ranges"]) == (str(size), "bytes")
            assert head["Cache-Control"].startswith("private")

    @pytest.mark.parametrize("named", ["", "file", "playable"])
    def test_a_wall_is_sent_to_the_clip_while_there_is_nothing_smaller(
        self, copied: Clip, bob: User, named: str
    ) -> None:
        Clip.objects.update(small=getattr(copied, named).name if named else "")
        answer = signed_in(bob).get(_address(copied, "small.mp4"))
        assert (answer.status_code, answer["Location"]) == (302, _address(copied))
        assert answer["Cache-Control"] == "no-store"

    def test_strangers_learn_nothing_of_them(self, copied: Clip, charlie: User) -> None:
        for name in ("original", "small.mp4", "filmstrip.vtt"):
            assert Client().get(_address(copied, name)).status_code == 302
            assert signed_in(charlie).get(_address(copied, name)).status_code == 404

    def test_they_go_with_the_clip(self, copied: Clip, bob: User) -> None:
        Clip.objects.update(removed_at=copied.created_at)
        for name in ("clip.mp4", "original", "small.mp4", "filmstrip.vtt"):
            assert signed_in(bob).get(_address(copied, name)).status_code == 410

    def test_the_room_plays_the_copy_and_names_the_rest(self, copied: Clip) -> None:
        Clip.objects.update(peaks=[0.1, 1.0])
        facts = clip_facts(copied.candidate, Clip.objects.get())
        assert facts is not None
        assert (facts["src"], facts["small"]) == (
            f"{_address(copied)}?v=playable",
            f"{_address(copied, 'small.mp4')}?v=small",
        )
        assert (facts["original"], facts["peaks"]) == (_address(copied, "original"), [0.1, 1.0])
        assert not facts["unplayable"]

    def test_a_clip_from_before_there_were_copies_plays_as_it_did(self, clip: Clip, bob: User) -> None:
        facts = clip_facts(clip.candidate, clip)
        assert facts is not None
        assert facts["src"] == facts["small"] == _address(clip)
        assert (facts["peaks"], facts["unplayable"], facts["vtt"]) == (None, False, "")
        assert _body(signed_in(bob).get(_address(clip))) == BYTES

    def test_the_room_knows_of_a_clip_that_no_browser_plays(self, clip: Clip) -> None:
        Clip.objects.update(plays=Playable.COPY)
        facts = clip_facts(clip.candidate, Clip.objects.get())
        assert facts is not None
        assert facts["unplayable"]


class TestOnlyCheckedBytes:
    @pytest.mark.parametrize("status", sorted(set(Status) - VERIFIED))
    def test_a_file_that_did_not_pass_its_check_is_given_to_nobody(
        self, clip: Clip, alice: User, status: Status
    ) -> None:
        Candidate.objects.update(status=status)
        for name in ("clip.mp4", "clip.mp4?download", "original", "small.mp4", "filmstrip.vtt"):
            answer = signed_in(alice).get(_address(clip, name))
            assert answer.status_code == 404, name
        row = Candidate.objects.whole().get()
        assert clip_facts(row, row.clip) is None

    @pytest.mark.parametrize("status", sorted(VERIFIED))
    def test_one_that_did_is_given_out_whatever_people_thought_of_it(
        self, clip: Clip, bob: User, status: Status
    ) -> None:
        Candidate.objects.update(status=status)
        assert signed_in(bob).get(_address(clip)).status_code == 200

    def test_a_file_of_another_size_than_the_row_says_is_refused_and_logged(
        self, clip: Clip, bob: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        with clip.file.storage.open(str(clip.file.name), "ab") as file:
            file.write(b"more")
        for name in ("clip.mp4", "original"):
            assert signed_in(bob).get(_address(clip, name)).status_code == 404
        assert f"has {SIZE + 4} bytes and not {SIZE}" in caplog.text


class TestFilmstripIndex:
    def test_every_tile_has_its_seconds_and_its_place(self, clip: Clip, bob: User) -> None:
        clip.filmstrip.save("strip.jpg", ContentFile(b"strip"), save=False)
        clip.filmstrip_tiles, clip.duration_s = 3, 63.5
        clip.save()
        answer = signed_in(bob).get(_address(clip, "filmstrip.vtt"))
        assert answer["Content-Type"] == "text/vtt; charset=utf-8"
        assert answer.content.decode() == (
            "WEBVTT\n\n"
            "00:00:00.000 --> 00:00:21.167\nfilmstrip.jpg#xywh=0,0,160,90\n\n"
            "00:00:21.167 --> 00:00:42.333\nfilmstrip.jpg#xywh=160,0,160,90\n\n"
            "00:00:42.333 --> 00:01:03.500\nfilmstrip.jpg#xywh=320,0,160,90\n"
        )
        again = signed_in(bob).get(_address(clip, "filmstrip.vtt"), headers={"If-None-Match": answer["ETag"]})
        assert again.status_code == 304

    def test_without_a_filmstrip_there_is_none(self, clip: Clip, bob: User) -> None:
        assert signed_in(bob).get(_address(clip, "filmstrip.vtt")).status_code == 404


def test_pictures_are_pictures_and_a_missing_one_is_404(clip: Clip, bob: User) -> None:
    client = signed_in(bob)
    poster = client.get(_address(clip, "poster.jpg"))
    assert (poster["Content-Type"], _body(poster)) == ("image/jpeg", b"\xff\xd8poster")
    assert client.get(_address(clip, "filmstrip.jpg")).status_code == 404


def test_a_file_that_is_gone_from_the_storage_is_404(clip: Clip, bob: User) -> None:
    clip.file.storage.delete(clip.file.name or "")
    assert signed_in(bob).get(_address(clip)).status_code == 404


class TestReadRange:
    @given(st.binary(max_size=60), st.text(max_size=60))
    def test_it_answers_or_refuses_whatever_the_header_says(self, data: bytes, header: str) -> None:
        try:
            span = read_range(header, len(data))
        except Unsatisfiable:
            return
        assert span is None or 0 <= span.first <= span.last < len(data)

    @given(st.integers(1, 500), st.data())
    def test_a_range_inside_of_the_file_is_that_range(self, size: int, data: st.DataObject) -> None:
        first = data.draw(st.integers(0, size - 1))
        last = data.draw(st.integers(first, size * 2))
        assert read_range(f"bytes={first}-{last}", size) == Span(first, min(last, size - 1), size)
        assert read_range(f"bytes={first}-", size) == Span(first, size - 1, size)

    @given(st.integers(1, 500), st.integers(1, 1000))
    def test_a_suffix_is_the_end_of_the_file(self, size: int, wanted: int) -> None:
        span = read_range(f"bytes=-{wanted}", size)
        assert span is not None
        assert (span.length, span.last) == (min(wanted, size), size - 1)

    @given(st.integers(0, 500), st.integers(0, 500))
    def test_a_range_behind_the_end_is_unsatisfiable(self, size: int, beyond: int) -> None:
        with pytest.raises(Unsatisfiable):
            read_range(f"bytes={size + beyond}-", size)

    @given(st.integers(0, 10**6))
    def test_a_number_too_long_to_be_one_is_ignored(self, size: int) -> None:
        assert read_range(f"bytes=0-{'9' * 5000}", size) is None
