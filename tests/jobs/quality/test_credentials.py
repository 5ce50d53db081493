"""What a file says of its origin is believed as far as it is proved, and no network is asked."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import c2pa
import pytest

from jobs.media import copies
from jobs.quality import credentials, guarded
from jobs.quality.credential_words import why_not
from tests.jobs.quality import clips, signing

VIDEO = "video/mp4"


class Listener(ThreadingHTTPServer):
    """Whoever is asked for credentials or a revocation: nobody should be."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listener.asked.append(self.path)
                self.send_error(404)

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with Listener() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def signer(listener: Listener) -> signing.Signer:
    return signing.make_signer(asks_at=f"{listener.url}")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clips.write_clip(tmp_path_factory.mktemp("plain") / "plain.mp4", frames=6)


@pytest.fixture(scope="module")
def signed(plain: Path, signer: signing.Signer) -> Path:
    return signing.sign(plain, plain.with_name("signed.mp4"), signer)


def changed(signed: Path, target: Path) -> Path:
    """The same file with one byte of its last pictures turned over."""
    told = bytearray(signed.read_bytes())
    told[told.rindex(b"mdat") + 40] ^= 0xFF
    target.write_bytes(told)
    return target


def test_a_signed_file_of_an_unknown_signer_is_valid_and_says_what_made_it(signed: Path) -> None:
    assert credentials.read(signed, VIDEO) == credentials.Credentials(
        state="valid",
        why="The signer is not known here.",
        signer="Test signer",
        issuer="Test studio",
        tool="Clip studio 0.1",
        model="Example video model 1",
        source="made by a trained model",
        made_at="2026-11-20T10:00:00Z",
        manifests=1,
    )


def test_with_the_signers_root_it_is_trusted_and_with_another_it_is_not(
    signed: Path, signer: signing.Signer
) -> None:
    other = signing.make_signer().root
    found = credentials.read(signed, VIDEO, (other, signer.root))
    assert (found.state, found.why) == ("trusted", "")
    assert credentials.read(signed, VIDEO, (other,)).state == "valid"


def test_one_byte_changed_makes_it_invalid_even_for_a_trusted_signer(
    signed: Path, signer: signing.Signer, tmp_path: Path
) -> None:
    found = credentials.read(changed(signed, tmp_path / "changed.mp4"), VIDEO, (signer.root,))
    assert (found.state, found.why) == ("invalid", "The file was changed after it was signed.")


def test_an_unsigned_file_and_a_copy_in_a_new_container_have_none(
    plain: Path, signed: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.mp4"
    copies.remux(signed, copy, sound=False)
    for path in (plain, copy):
        assert credentials.read(path, VIDEO) == credentials.Credentials(
            state="none", why="The file carries no content credentials."
        )


def test_a_kind_of_file_that_cannot_carry_any_has_none(tmp_path: Path) -> None:
    webm = clips.write_clip(tmp_path / "clip.webm", codec="libvpx-vp9", frames=3, width=64, height=36)
    found = credentials.read(webm, "video/webm")
    assert (found.state, found.why) == ("none", "Files of this kind carry no content credentials.")


def test_an_earlier_version_in_the_file_is_counted_and_still_tells_the_source(
    signed: Path, plain: Path, signer: signing.Signer, tmp_path: Path
) -> None:
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["first"]}}
    told = signing.manifest() | {
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [opened]}}],
        "claim_generator_info": [{"name": "Cutting room"}],
    }
    second = signing.sign(plain, tmp_path / "second.mp4", signer, told, made_of=signed)
    found = credentials.read(second, VIDEO)
    assert (found.state, found.manifests, found.tool) == ("valid", 2, "Cutting room")
    assert found.source == "made by a trained model"


def test_nothing_is_ever_asked_of_the_network(
    plain: Path, signed: Path, signer: signing.Signer, listener: Listener, tmp_path: Path
) -> None:
    elsewhere = signing.sign(plain, tmp_path / "elsewhere.mp4", signer, kept_at=f"{listener.url}/kept")
    # The library would ask, were it let: without this the silence below would prove nothing.
    eager = c2pa.Settings.from_dict({"verify": {"ocsp_fetch": True, "remote_manifest_fetch": True}})
    for path in (elsewhere, signed):
        with c2pa.Context(eager) as context, path.open("rb") as file:
            try:
                c2pa.Reader(VIDEO, file, context=context).close()
            except c2pa.C2paError:
                assert path == elsewhere
    assert listener.asked[0] == "/kept"
    assert len(listener.asked) == 2, "the revocation was not asked for"

    listener.asked.clear()
    found = credentials.read(elsewhere, VIDEO, (signer.root,))
    assert found.state == "unread"
    assert found.why == "The file's content credentials are kept elsewhere, and are not fetched."
    assert credentials.read(signed, VIDEO, (signer.root,)).state == "trusted"
    assert listener.asked == []


def test_hostile_bytes_get_an_answer_and_are_never_trusted(
    signed: Path, signer: signing.Signer, tmp_path: Path
) -> None:
    genuine = credentials.read(signed, VIDEO, (signer.root,))
    chance, whole, path = random.Random(7), signed.read_bytes(), tmp_path / "hostile.mp4"
    start = whole.index(b"jumb")
    for _ in range(150):
        told = bytearray(whole)
        place = chance.randrange(start - 60, start + 6000)
        told[place : place + chance.randrange(6)] = chance.randbytes(chance.randrange(1, 6))
        path.write_bytes(told)
        found = credentials.read(path, VIDEO, (signer.root,))
        # What is believed is what was signed: the change was in bytes that say nothing.
        assert found == genuine or (found.why and found.state not in ("trusted", "valid"))
    for junk in (b"", b"\0" * 64, whole[: len(whole) // 2], whole[:start] + b"\xff" * 9000):
        path.write_bytes(junk)
        assert credentials.read(path, VIDEO).state in ("unread", "none", "invalid")


def test_the_files_own_words_are_made_fit_for_a_line(
    plain: Path, signer: signing.Signer, tmp_path: Path
) -> None:
    told = signing.manifest(source="https://example.org/unheard-of")
    told["claim_generator_info"] = [{"name": "A\n\tlong\u202ename " + "x" * 300}]
    found = credentials.read(signing.sign(plain, tmp_path / "odd.mp4", signer, told), VIDEO)
    assert found.tool.startswith("A long name xxx")
    assert len(found.tool) == 120
    assert (found.source, found.model) == ("", "")


def test_without_the_optional_part_it_says_so(signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    found = credentials.read(signed, VIDEO)
    assert (found.state, found.why) == (
        "unread",
        "Content credentials are read once the optional parts are installed.",
    )


def test_the_gravest_of_several_failures_is_told() -> None:
    codes = ["signingCredential.untrusted", "timeStamp.mismatch", "assertion.bmffHash.mismatch"]
    assert why_not(codes) == "The file was changed after it was signed."
    assert why_not(["something.new"]) == "The credentials do not check out."


def test_the_guarded_child_gives_the_same_answer_and_one_whatever_happens(
    signed: Path, signer: signing.Signer, tmp_path: Path
) -> None:
    found = credentials.read_apart(signed, VIDEO, (signer.root,))
    assert found == credentials.read(signed, VIDEO, (signer.root,)).to_json()
    gone = credentials.read_apart(tmp_path / "gone.mp4", VIDEO)
    assert (gone["state"], gone["why"]) == ("unread", "The content credentials could not be read.")


@pytest.mark.parametrize(
    "answer",
    [
        None, [], "valid", {}, {"state": "certain"}, {"state": "valid", "signer": 3},
        {"state": "valid", "extra": ""},
    ],
)  # fmt: skip
def test_an_answer_of_another_form_is_none(
    signed: Path, monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    monkeypatch.setattr(guarded, "call", lambda *order, **limits: answer)
    assert credentials.read_apart(signed, VIDEO)["state"] == "unread"


def test_what_a_child_says_that_was_taken_over_is_made_fit_for_a_line(
    signed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"state": "valid", "signer": "A\0 name " + "x" * 300}
    monkeypatch.setattr(guarded, "call", lambda *order, **limits: answer)
    signer = credentials.read_apart(signed, VIDEO)["signer"]
    assert signer.startswith("A name xxx")
    assert len(signer) == 120
