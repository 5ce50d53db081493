"""Clips in a bucket: what is kept, who is sent there, and what a browser gets."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.urls import reverse
from pytest_django import Settings

from reviewapp import inputs, media_url, review, storage
from reviewapp.models import Candidate, Shot, ShotInput, Status, User
from tests.buckets import BUCKET, KEYS, bucket_at, storage_at
from tests.cast import signed_in
from tests.providers.sandbox.orders import png
from tests.reviewapp.stages import asked, bring

pytestmark = pytest.mark.django_db

DATA = bytes(range(256)) * 4000
PNG = png(160, 90)


@pytest.fixture
def clip(bucket: Any, shot: Shot, alice: User) -> Candidate:
    return bring(asked(shot, alice)[0], Status.IN_REVIEW, DATA)


def sent_to(answer: Any) -> str:
    assert answer.status_code == 302, answer.content
    assert answer["Cache-Control"] == "no-store"
    return str(answer["Location"])


class TestLinks:
    def test_a_member_is_sent_to_the_bucket_and_gets_ranges_there(self, clip: Candidate, bob: User) -> None:
        address = sent_to(signed_in(bob).get(reverse("clip", args=[clip.uid])))
        whole = httpx.get(address)
        assert (whole.status_code, whole.content) == (200, DATA)
        assert whole.headers["content-type"] == "video/mp4"
        assert whole.headers["content-disposition"].startswith("inline")
        part = httpx.get(address, headers={"Range": "bytes=1000-1999"})
        assert (part.status_code, part.content) == (206, DATA[1000:2000])
        assert httpx.get(address.partition("?")[0]).status_code == 403

    def test_a_link_is_signed_for_minutes_and_one_serves_for_a_while(
        self, clip: Candidate, bob: User, settings: Settings
    ) -> None:
        settings.MEDIA_LINK_S = 300
        client, page = signed_in(bob), reverse("clip", args=[clip.uid])
        address = sent_to(client.get(page))
        query = parse_qs(urlsplit(address).query)
        assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
        assert query["X-Amz-Expires"] == ["300"]
        assert sent_to(client.get(page)) == address
        download = sent_to(client.get(f"{page}?download=1"))
        assert f"{clip.code}_" in httpx.get(download).headers["content-disposition"]
        head = sent_to(client.head(page))
        assert httpx.head(head).headers["content-length"] == str(len(DATA))

    def test_players_are_sent_to_the_copy_and_downloads_to_the_original(
        self, clip: Candidate, bob: User
    ) -> None:
        clip.clip.playable.save("plays.mp4", ContentFile(b"plays"), save=False)
        clip.clip.small.save("small.mp4", ContentFile(b"small"))
        client = signed_in(bob)
        for name, data in (("clip", b"plays"), ("small", b"small"), ("original", DATA)):
            answer = httpx.get(sent_to(client.get(reverse(name, args=[clip.uid]))))
            assert (answer.headers["content-type"], answer.content) == ("video/mp4", data)

    @pytest.mark.parametrize("loss", ["changed", "gone"])
    def test_what_is_not_what_its_row_says_is_not_linked_to(
        self, clip: Candidate, bob: User, bucket: Any, loss: str
    ) -> None:
        # Sizes are remembered for minutes, those of other tests' buckets as well.
        cache.clear()
        name = f"retake/{clip.clip.file.name}"
        bucket.put_object(Key=name, Body=b"other") if loss == "changed" else bucket.Object(name).delete()
        answer = signed_in(bob).get(reverse("clip", args=[clip.uid]))
        assert (answer.status_code, "Location" in answer.headers) == (404, False)

    def test_a_stranger_gets_404_and_no_address(self, clip: Candidate, charlie: User) -> None:
        for name in ("clip", "poster", "filmstrip"):
            answer = signed_in(charlie).get(reverse(name, args=[clip.uid]))
            assert (answer.status_code, "Location" in answer.headers) == (404, False)

    def test_pictures_come_from_there_and_one_that_was_not_made_is_404(
        self, clip: Candidate, bob: User
    ) -> None:
        client = signed_in(bob)
        picture = httpx.get(sent_to(client.get(reverse("poster", args=[clip.uid]))))
        assert (picture.headers["content-type"], picture.content) == ("image/jpeg", b"picture")
        assert client.get(reverse("filmstrip", args=[clip.uid])).status_code == 404

    def test_a_site_may_serve_the_bucket_itself(self, clip: Candidate, bob: User, settings: Settings) -> None:
        settings.MEDIA_PROXY = True
        page = reverse("clip", args=[clip.uid])
        answer: Any = signed_in(bob).get(page, headers={"Range": f"bytes=500000-{len(DATA)}"})
        assert (answer.status_code, b"".join(answer.streaming_content)) == (206, DATA[500000:])
        default_storage.delete(str(clip.clip.file.name))
        assert signed_in(bob).get(page).status_code == 404


class TestKept:
    def test_an_object_is_private_and_says_its_checksum(self, clip: Candidate, bucket: Any) -> None:
        name = str(clip.clip.file.name)
        (found,) = [one for one in bucket.objects.all() if one.key == f"retake/{name}"]
        assert found.Object().metadata == {"sha256": hashlib.sha256(DATA).hexdigest()}
        assert found.Object().content_type == "video/mp4"

    def test_a_name_that_is_taken_is_never_written_over(self, bucket: Any) -> None:
        first, second = (default_storage.save("clips/a.mp4", ContentFile(data)) for data in (b"1", b"2"))
        assert (first, first == second) == ("clips/a.mp4", False)
        with default_storage.open(first) as file:
            assert file.read() == b"1"

    @pytest.mark.parametrize("size", [0, 1, 8 * 1024**2 + 1])
    def test_what_goes_in_comes_out_whole_in_any_order(self, bucket: Any, size: int) -> None:
        data = (DATA * (size // len(DATA) + 1))[:size]
        name = default_storage.save("clips/a.mp4", ContentFile(data))
        assert default_storage.size(name) == size
        with default_storage.open(name) as file:
            assert (file.size, file.read(), file.read()) == (size, data, b"")
            file.seek(size // 2)
            assert file.read(10) == data[size // 2 :][:10]
            file.seek(-1, 2) if size else None
            assert file.read() == data[-1:]

    def test_an_object_that_was_replaced_while_it_is_read_is_an_error(self, bucket: Any) -> None:
        name = default_storage.save("clips/a.mp4", ContentFile(DATA * 4))
        with default_storage.open(name) as file:
            file.read(10)
            bucket.put_object(Key=f"retake/{name}", Body=bytes(len(DATA) * 4))
            file.seek(3_000_000)
            with pytest.raises(Exception, match="PreconditionFailed"):
                file.read(10)

    def test_encryption_is_asked_for_where_it_is_set(self, s3: str, bucket: Any, settings: Settings) -> None:
        settings.STORAGES |= {"default": storage_at(s3, "&encryption=AES256")}
        name = default_storage.save("clips/a.mp4", ContentFile(b"1"))
        assert bucket.Object(f"retake/{name}").server_side_encryption == "AES256"
        with default_storage.open(name) as file:
            assert file.read() == b"1"

    def test_a_file_that_is_not_there_is_missing_as_in_a_folder(self, kept_in: str) -> None:
        assert not default_storage.exists("clips/none.mp4")
        with pytest.raises(FileNotFoundError):
            default_storage.open("clips/none.mp4")
        with pytest.raises(FileNotFoundError):
            default_storage.size("clips/none.mp4")


def test_inputs_of_a_shot_are_kept_once_and_read_back(kept_in: str, shot: Shot, alice: User) -> None:
    first, second = (
        inputs.add(shot, ShotInput.Kind.REFERENCE, File(io.BytesIO(PNG), name="a.png"), alice)
        for _ in range(2)
    )
    assert first.file.name == second.file.name
    media = inputs.media_for(inputs.roles_of(shot))
    assert [one.data for one in media["references"]] == [PNG, PNG]


def test_the_archive_holds_the_bytes_and_marks_what_is_gone(
    kept_in: str, make_shot: Callable[..., Shot], alice: User
) -> None:
    rows = [bring(asked(make_shot(), alice)[0], Status.IN_REVIEW, data) for data in (DATA, b"two")]
    for row in rows:
        review.approve(row, alice, row.revision)
    default_storage.delete(str(rows[1].clip.file.name))
    answer: Any = signed_in(alice).get(reverse("export-clips", args=["harbour"]))
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as packed:
        assert packed.read(f"{rows[0].code}.mp4") == DATA
        assert packed.namelist() == [f"{rows[0].code}.mp4", "shots.csv"]
        assert "missing from the storage" in packed.read("shots.csv").decode()


class TestProbe:
    def test_a_storage_that_works_leaves_nothing_behind(self, kept_in: str) -> None:
        assert storage.probe() is None
        assert default_storage.listdir("probe")[1] == []

    def test_a_storage_that_does_not_says_so_without_secrets(self, bucket: Any, settings: Settings) -> None:
        lost = storage_at("http://127.0.0.1:9")
        lost["OPTIONS"]["bucket_name"] = "gone"
        settings.STORAGES |= {"default": lost}
        sentence = storage.probe()
        assert sentence is not None
        assert "could not write to it (EndpointConnectionError)" in sentence

    def test_a_bucket_that_is_missing_is_named_by_its_code(self, s3: str, settings: Settings) -> None:
        settings.STORAGES |= {"default": media_url.storage(f"s3://nobodys?endpoint={s3}", "k", "s")}
        assert "NoSuchBucket" in str(storage.probe())


class TestSetting:
    def test_nothing_means_a_folder(self) -> None:
        assert media_url.storage("") == media_url.FOLDER
        assert media_url.link_origin(media_url.FOLDER) == ""

    @pytest.mark.parametrize(
        ("url", "origin"),
        [
            ("s3://b1c?region=eu-central-1", "https://b1c.s3.eu-central-1.amazonaws.com"),
            ("s3://b.c?region=eu-central-1", "https://s3.eu-central-1.amazonaws.com"),
            ("s3://b1c?endpoint=http://minio:9000", "http://minio:9000"),
            ("s3://b1c?endpoint=http://minio:9000&public=https://m.example.org", "https://m.example.org"),
            ("s3://b1c?endpoint=https://s3.example.org&style=virtual", "https://b1c.s3.example.org"),
        ],
    )
    def test_browsers_may_fetch_from_where_links_lead_and_nowhere_else(self, url: str, origin: str) -> None:
        from reviewapp.bucket import Bucket

        told = media_url.storage(url, "key", "secret")
        assert media_url.link_origin(told) == origin
        assert Bucket(**told["OPTIONS"]).link("a.mp4", 60).startswith(f"{origin}/")

    @pytest.mark.parametrize(
        "url",
        [
            "https://b/x", "s3:///x", "s3://key:PLANTED@b1c/x?region=a", "s3://B1C?region=a", "s3://b1c",
            "s3://b1c?region=a&regoin=PLANTED", "s3://b1c?region=", "s3://b1c?region=a&region=b",
            "s3://b1c?region=a&style=sideways", "s3://b1c?endpoint=minio:9000", "s3://b1c?region=a/b",
            "s3://b1c?region=a&encryption=rot13", "s3://b1c?region=a&kms_key=k", "s3://b1c:9?region=a",
        ],
    )  # fmt: skip
    def test_a_wrong_one_stops_with_one_line_and_repeats_no_secret(self, url: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="RETAKE_MEDIA_URL cannot be used") as caught:
            media_url.storage(url)
        assert "PLANTED@" not in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_key_without_its_secret_stops_as_well(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="belong together"):
            media_url.storage(f"s3://{BUCKET}?region=a", access_key="only")


def test_threads_may_share_the_storage(bucket: Any) -> None:
    name = default_storage.save("clips/a.mp4", ContentFile(DATA))
    seen: list[bytes] = []

    def read() -> None:
        with default_storage.open(name) as file:
            seen.append(file.read())

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [DATA] * 4


class TestMoving:
    """`manage.py copy_media`, from a folder to a bucket and back."""

    def copy(self, **where: str) -> str:
        said = io.StringIO()
        call_command("copy_media", stdout=said, stderr=said, **where)
        return said.getvalue()

    @pytest.fixture
    def in_folder(self, s3: str, shot: Shot, alice: User) -> Candidate:
        bucket_at(s3)
        return bring(asked(shot, alice)[0], Status.IN_REVIEW, DATA)

    def test_every_file_is_carried_under_its_name_and_none_twice(
        self, in_folder: Candidate, s3: str, settings: Settings, tmp_path: Path
    ) -> None:
        settings.MEDIA_ACCESS_KEY, settings.MEDIA_SECRET_KEY = KEYS
        there = f"s3://{BUCKET}/moved?endpoint={s3}"
        assert "2 files copied" in self.copy(to=there)
        assert "0 files copied (0\xa0bytes), 2 there already" in self.copy(to=there)
        settings.STORAGES |= {"default": media_url.storage(there, *KEYS)}
        with default_storage.open(str(in_folder.clip.file.name)) as file:
            assert file.read() == DATA
        back = tmp_path / "back"
        assert "2 files copied" in self.copy(to=str(back))
        assert (back / str(in_folder.clip.file.name)).read_bytes() == DATA

    def test_the_copies_for_browsers_move_with_their_clip(self, in_folder: Candidate, tmp_path: Path) -> None:
        clip = in_folder.clip
        clip.playable.save("plays.mp4", ContentFile(b"plays"), save=False)
        clip.small.save("small.mp4", ContentFile(b"small"))
        assert "4 files copied" in self.copy(to=str(tmp_path / "to"))
        for file, data in ((clip.playable, b"plays"), (clip.small, b"small")):
            assert (tmp_path / "to" / str(file.name)).read_bytes() == data

    @pytest.mark.parametrize(("loss", "word"), [("changed", "wrong"), ("gone", "missing")])
    def test_what_is_not_what_its_row_says_is_named_and_left_behind(
        self, in_folder: Candidate, tmp_path: Path, loss: str, word: str
    ) -> None:
        path, to = Path(in_folder.clip.file.path), tmp_path / "to"
        path.write_bytes(bytes(len(DATA))) if loss == "changed" else path.unlink()
        said = io.StringIO()
        with pytest.raises(CommandError):
            call_command("copy_media", to=str(to), stdout=said, stderr=said)
        assert f"{word}: {in_folder.clip.file.name}" in said.getvalue()
        assert not (to / str(in_folder.clip.file.name)).exists()

    def test_a_half_copy_is_made_anew(self, in_folder: Candidate, tmp_path: Path) -> None:
        half = tmp_path / "to" / str(in_folder.clip.file.name)
        half.parent.mkdir(parents=True)
        half.write_bytes(DATA[:100])
        self.copy(to=str(tmp_path / "to"))
        assert half.read_bytes() == DATA

    def test_a_wrong_place_is_said(self, db: None) -> None:
        with pytest.raises(CommandError, match="s3://bucket"):
            self.copy(to="http://b")
