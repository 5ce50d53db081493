"""What a shot starts from: files that are checked by their bytes, kept once, and pinned to the clips made."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from providers.errors import InvalidRequest
from reviewapp import generation, inputs, review
from reviewapp.models import Candidate, Project, Shot, ShotInput, User
from reviewapp.pictures import picture_size
from tests.cast import signed_in
from tests.jobs.quality.clips import write_clip
from tests.providers.sandbox.orders import png
from tests.reviewapp.stages import asked, reviewed

Kind = ShotInput.Kind


def jpeg(width: int, height: int) -> bytes:
    """A real JPEG, with the segments an encoder writes before the size."""
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = 1  # type: ignore[assignment]  # A whole number is a fraction too.
    frame = av.VideoFrame.from_ndarray(np.zeros((height, width, 3), np.uint8), format="rgb24")
    packets = [*encoder.encode(frame.reformat(format="yuvj420p")), *encoder.encode(None)]
    return b"".join(bytes(packet) for packet in packets)


@pytest.fixture(scope="session")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real clip of two seconds, 160 by 90 pixels."""
    path: Path = tmp_path_factory.mktemp("inputs") / "clip.mp4"
    write_clip(path, frames=48, width=160, height=90)
    return path.read_bytes()


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(body) + 12) + b"WEBP" + kind + struct.pack("<I", len(body)) + body


# --- the size of a picture ---


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (png(640, 360), (640, 360)),
        (jpeg(320, 176), (320, 176)),
        (b"\xff\xd8\xff\xff" + jpeg(64, 48)[3:], (64, 48)),
        (webp(b"VP8X", bytes(4) + (1919).to_bytes(3, "little") + (1079).to_bytes(3, "little")), (1920, 1080)),
        (webp(b"VP8L", b"\x2f" + (99 | 49 << 14).to_bytes(4, "little")), (100, 50)),
        (webp(b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 300, 200)), (300, 200)),
        (png(64, 36)[:20], None),
        (b"\xff\xd8\xff", None),
        (png(0, 36), None),
        (b"GIF89a\x01\x00\x01\x00", None),
        (b"", None),
    ],
)
def test_it_reads_the_size_from_the_first_bytes(data: bytes, size: tuple[int, int] | None) -> None:
    assert picture_size(data) == size


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", png(8, 8)[:8], b"RIFF0000WEBPVP8"]))
def test_no_bytes_break_the_reading(tail: bytes, head: bytes) -> None:
    size = picture_size(head + tail)
    assert size is None or min(size) > 0


# --- the verb ---


def add(shot: Shot, by: User, role: Kind, data: bytes, name: str = "boat.png") -> ShotInput:
    return inputs.add(shot, role, ContentFile(data, name=name), by)


def test_a_file_is_kept_under_its_own_hash_with_what_it_is(shot: Shot, alice: User, mp4: bytes) -> None:
    entry = add(shot, alice, Kind.FIRST_FRAME, png(640, 360), name="../../evil.html")
    assert entry.file.name == f"inputs/{shot.project_id}/{entry.sha256}.png"
    assert (entry.content_type, entry.width, entry.height) == ("image/png", 640, 360)
    clip = add(shot, alice, Kind.SOURCE_VIDEO, mp4, name="take.mov")
    assert (clip.content_type, clip.width, clip.height) == ("video/mp4", 160, 90)
    assert clip.duration_s == pytest.approx(2, abs=0.1)
    assert clip.size == len(mp4)


def test_the_same_bytes_are_stored_once_in_a_project(make_shot: Callable[..., Shot], alice: User) -> None:
    first, second = make_shot(), make_shot()
    names = {add(shot, alice, Kind.REFERENCE, png()).file.name for shot in (first, first, second)}
    assert len(names) == 1
    assert len(default_storage.listdir(f"inputs/{first.project_id}")[1]) == 1


def test_a_new_frame_takes_the_place_of_the_old_and_the_old_stays_for_its_clips(
    shot: Shot, alice: User
) -> None:
    old = add(shot, alice, Kind.FIRST_FRAME, png(64, 36))
    pins = inputs.roles_of(shot)
    new = add(shot, alice, Kind.FIRST_FRAME, png(128, 72))
    assert inputs.roles_of(shot) == [{"role": "first_frame", "input": new.pk}]
    old.refresh_from_db()
    assert old.removed_at is not None
    assert inputs.media_for(pins)["first_frame"].data == png(64, 36)


def test_references_keep_the_order_in_which_a_person_put_them(shot: Shot, alice: User) -> None:
    one, two, three = (add(shot, alice, Kind.REFERENCE, png(w, 36)) for w in (10, 20, 30))
    inputs.move(three, -1)
    inputs.move(one, 5)
    assert [row.pk for row in inputs.present(shot)] == [three.pk, two.pk, one.pk]
    inputs.move(three, -1)
    inputs.remove(two)
    inputs.move(two, -1)
    assert [row.pk for row in inputs.present(shot)] == [three.pk, one.pk]
    media = inputs.media_for(inputs.roles_of(shot))
    assert [one.data for one in media["references"]] == [png(30, 36), png(10, 36)]


def test_every_input_goes_into_its_field_of_the_request(shot: Shot, alice: User, mp4: bytes) -> None:
    for role in (Kind.FIRST_FRAME, Kind.LAST_FRAME, Kind.REFERENCE):
        add(shot, alice, role, png())
    add(shot, alice, Kind.SOURCE_VIDEO, mp4)
    media = inputs.media_for(inputs.roles_of(shot))
    assert set(media) == {"first_frame", "last_frame", "references", "source_video"}
    assert (media["source_video"].data, media["source_video"].content_type) == (mp4, "video/mp4")
    assert inputs.source_seconds(inputs.roles_of(shot)) == pytest.approx(2, abs=0.1)


def test_a_file_that_is_gone_is_said_before_anything_is_sent(shot: Shot, alice: User) -> None:
    entry = add(shot, alice, Kind.FIRST_FRAME, png(), name="boat.png")
    pins = inputs.roles_of(shot)
    default_storage.delete(str(entry.file.name))
    with pytest.raises(InvalidRequest, match=r"“boat.png” .* Nothing was sent"):
        inputs.media_for(pins)
    entry.delete()
    with pytest.raises(InvalidRequest, match="Nothing was sent"):
        inputs.media_for(pins)


def test_it_works_with_a_storage_that_is_no_folder(
    settings: Settings, shot: Shot, alice: User, mp4: bytes
) -> None:
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    }
    add(shot, alice, Kind.SOURCE_VIDEO, mp4)
    assert inputs.media_for(inputs.roles_of(shot))["source_video"].data == mp4


BROKEN_MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(500)


@pytest.mark.parametrize(
    ("role", "data", "words"),
    [
        (Kind.FIRST_FRAME, b"", "empty"),
        (Kind.FIRST_FRAME, b"<html><body>a picture</body></html>", "no picture we can send"),
        (Kind.FIRST_FRAME, b"GIF89a" + bytes(50), "JPEG, PNG or WebP"),
        (Kind.REFERENCE, BROKEN_MP4, "is a clip"),
        (Kind.LAST_FRAME, png()[:18], "damaged"),
        (Kind.FIRST_FRAME, png() + bytes(inputs.MAX_PICTURE_BYTES), "20 MB is the most"),
        (Kind.SOURCE_VIDEO, png(), "is a picture"),
        (Kind.SOURCE_VIDEO, b"RIFF0000AVI " + bytes(50), "MP4, MOV or WebM"),
        (Kind.SOURCE_VIDEO, BROKEN_MP4, "cannot be opened"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_reason(
    shot: Shot, alice: User, role: Kind, data: bytes, words: str
) -> None:
    with pytest.raises(inputs.WrongFile, match=words):
        add(shot, alice, role, data)
    assert not ShotInput.objects.exists()


PLAYLIST = b"\x00\x00\x00\x08wide#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret\n"


def test_a_list_of_addresses_is_no_clip_whatever_it_begins_with(shot: Shot, alice: User) -> None:
    with pytest.raises(inputs.WrongFile, match="cannot be opened"):
        add(shot, alice, Kind.SOURCE_VIDEO, PLAYLIST)


def test_references_have_an_end(shot: Shot, alice: User) -> None:
    for _ in range(inputs.MAX_REFERENCES):
        add(shot, alice, Kind.REFERENCE, png())
    with pytest.raises(inputs.WrongFile, match="at most 16"):
        add(shot, alice, Kind.REFERENCE, png())


# --- the page ---


def at(name: str, shot: Shot, *more: object) -> str:
    return reverse(name, args=[shot.project.slug, shot.code, *more])


def upload(data: bytes, name: str = "boat.png") -> SimpleUploadedFile:
    # What a browser says about a file counts for nothing.
    return SimpleUploadedFile(name, data, content_type="text/html")


def send(person: User, shot: Shot, role: str, *files: SimpleUploadedFile) -> Any:
    return signed_in(person).post(at("input-add", shot), {"role": role, "file": list(files)})


def test_a_producer_adds_a_first_frame_and_sees_it_with_its_size(shot: Shot, alice: User, bob: User) -> None:
    answer = send(alice, shot, "first_frame", upload(png(640, 360)))
    assert answer.headers["Location"] == at("shot-detail", shot) + "#inputs"
    entry = ShotInput.objects.get()
    assert entry.created_by == alice
    for person in (alice, bob):
        page = signed_in(person).get(at("shot-detail", shot)).content.decode()
        assert reverse("shot-input", args=[entry.pk]) in page
        assert "640 × 360" in page
        assert ("Remove boat.png" in page) == (person == alice)


def test_several_references_come_at_once_and_keep_their_order(shot: Shot, alice: User) -> None:
    Shot.objects.update(routing="cheapest")
    send(alice, shot, "reference", upload(png(10, 10), "a.png"), upload(png(20, 20), "b.png"))
    assert [row.name for row in inputs.present(shot)] == ["a.png", "b.png"]
    entry = ShotInput.objects.get(name="b.png")
    signed_in(alice).post(at("input-move", shot, entry.pk), {"to": "earlier"})
    assert [row.name for row in inputs.present(shot)] == ["b.png", "a.png"]
    signed_in(alice).post(at("input-remove", shot, entry.pk))
    assert [row.name for row in inputs.present(shot)] == ["a.png"]


@pytest.mark.parametrize(
    ("role", "files", "words"),
    [
        ("first_frame", [], "Choose a file first."),
        ("first_frame", [upload(b"text", "notes.png")], "notes.png: This file is no picture we can send."),
        ("first_frame", [upload(b"", "nothing.png")], "nothing.png: The file is empty."),
        ("first_frame", [upload(png()), upload(png())], "A shot has one first frame. Choose one file."),
    ],
)
def test_a_wrong_file_is_said_at_its_field(
    shot: Shot, alice: User, role: str, files: list[SimpleUploadedFile], words: str
) -> None:
    answer = send(alice, shot, role, *files)
    assert answer.status_code == 422
    assert words in " ".join(answer.context["input_form"].errors["file"])
    assert words in answer.content.decode()
    assert not ShotInput.objects.exists()


def test_one_wrong_file_among_several_leaves_all_out(shot: Shot, alice: User) -> None:
    Shot.objects.update(routing="cheapest")
    answer = send(alice, shot, "reference", upload(png()), upload(b"text", "notes.txt"))
    assert answer.status_code == 422
    assert not ShotInput.objects.exists()


def test_only_what_the_chosen_model_takes_is_offered_and_accepted(shot: Shot, alice: User) -> None:
    form = signed_in(alice).get(at("shot-detail", shot)).context["input_form"]
    assert list(form.offered) == ["first_frame"]
    answer = send(alice, shot, "last_frame", upload(png()))
    assert "does not take this" in answer.context["input_form"].errors["role"][0]
    Shot.objects.update(model="aleph2", provider="runway")
    form = signed_in(alice).get(at("shot-detail", shot)).context["input_form"]
    assert list(form.offered) == ["source_video"]


def test_only_a_producer_of_the_project_changes_what_a_shot_starts_from(
    make_shot: Callable[..., Shot], alice: User, bob: User, charlie: User
) -> None:
    shot, other = make_shot(), make_shot()
    entry = add(shot, alice, Kind.FIRST_FRAME, png())
    for name, more in (("input-add", ()), ("input-use-clip", ()), ("input-remove", (entry.pk,))):
        assert signed_in(bob).post(at(name, shot, *more)).status_code == 403
        assert signed_in(charlie).post(at(name, shot, *more)).status_code == 404
    # An address that names another shot reaches nothing.
    assert signed_in(alice).post(at("input-remove", other, entry.pk)).status_code == 404
    assert inputs.present(shot) == [entry]


def test_the_file_is_private_and_never_more_than_a_picture(
    shot: Shot, alice: User, bob: User, charlie: User
) -> None:
    entry = add(shot, alice, Kind.FIRST_FRAME, png(640, 360), name="evil.html")
    where = reverse("shot-input", args=[entry.pk])
    answer = signed_in(bob).get(where)
    assert b"".join(answer.streaming_content) == png(640, 360)  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"].startswith("private")
    part = signed_in(bob).get(where, headers={"Range": "bytes=0-7"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, png()[:8])  # type: ignore[attr-defined]
    assert signed_in(charlie).get(where).status_code == 404


def test_an_approved_clip_of_the_project_can_be_edited(
    make_shot: Callable[..., Shot], alice: User, mp4: bytes
) -> None:
    shot, made = make_shot(model="aleph2", provider="runway"), make_shot()
    (clip,) = reviewed(made, alice)
    clip.clip.file.save("clip.mp4", ContentFile(mp4))
    client = signed_in(alice)
    data = {"clip": str(clip.uid)}
    refused = client.post(at("input-use-clip", shot), data)
    assert refused.status_code == 422
    assert "not approved any more" in refused.context["clip_form"].errors["clip"][0]
    review.approve(clip, alice, clip.revision)
    client.post(at("input-use-clip", shot), data)
    (entry,) = inputs.present(shot)
    assert (entry.role, entry.name, entry.width) == ("source_video", f"{clip.code}.mp4", 160)
    assert client.post(at("input-use-clip", shot), {"clip": ""}).status_code == 422


def test_a_clip_of_another_project_cannot_be_taken(shot: Shot, alice: User, mp4: bytes) -> None:
    other = Shot.objects.create(
        project=Project.objects.create(slug="other", name="Another show"),
        code="A1",
        prompt="A kite.",
        duration_s=5,
    )
    (clip,) = reviewed(other, alice)
    review.approve(clip, alice, clip.revision)
    with pytest.raises(inputs.WrongFile, match="no approved clip of this project"):
        inputs.add_clip(shot, Candidate.objects.whole().get(pk=clip.pk), alice)


def test_a_clip_shows_what_it_was_made_from_when_the_shot_has_moved_on(shot: Shot, alice: User) -> None:
    entry = add(shot, alice, Kind.FIRST_FRAME, png(), name="old.png")
    (candidate,) = asked(shot, alice)
    inputs.remove(entry)
    assert generation.generation_request(candidate).first_frame is not None
    page = signed_in(alice).get(at("shot-detail", shot)).content.decode()
    take = page[page.index('class="take__from"') :].split("</div>")[0]
    assert reverse("shot-input", args=[entry.pk]) in take
    assert "Remove old.png" not in page


def test_the_review_room_shows_what_a_clip_was_made_from(shot: Shot, alice: User, bob: User) -> None:
    entry = add(shot, alice, Kind.FIRST_FRAME, png(), name="old.png")
    (clip,) = reviewed(shot, alice)
    inputs.remove(entry)
    room = signed_in(bob).get(reverse("review-room", args=[clip.uid])).content.decode()
    part = room[room.index("Made from") :].split("</dd>")[0]
    assert reverse("shot-input", args=[entry.pk]) in part


def test_a_brief_is_saved_before_its_picture_is_there_and_the_order_says_so(shot: Shot, alice: User) -> None:
    client = signed_in(alice)
    brief = {
        "code": shot.code,
        "prompt": shot.prompt,
        "engine": "runway/gen4_turbo",
        "duration_s": "5",
        "aspect": "21:9",
    }
    assert client.post(at("shot-edit", shot), brief).status_code == 302
    where = reverse("generate", args=[shot.project.slug])
    assert "Add a first frame" in client.get(where, {"shot": shot.pk}).content.decode()
    send(alice, shot, "first_frame", upload(png(1584, 672)))
    answer = client.get(where, {"shot": shot.pk})
    assert answer.context["quote"].may_be_sent
