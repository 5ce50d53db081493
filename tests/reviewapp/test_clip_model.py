"""Setting up the CLIP model: all of it or nothing, with its checksums, from the network or a folder."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest
from django.core.management import CommandError, call_command
from huggingface_hub import errors
from pytest_django import Settings

from jobs.quality import clip_folder, guarded
from reviewapp import clip_store
from reviewapp.management.commands import doctor
from tests.jobs.quality import colour_model

NEWEST = "a" * 40
ORIGIN = "studio/colours at " + "c" * 40


@pytest.fixture
def home(settings: Settings, tmp_path: Path) -> Path:
    settings.CLIP_MODEL = tmp_path / "models" / "clip"
    return tmp_path / "models" / "clip"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Somebody's folder with a model, in two forms and with something that is no part of it."""
    folder = colour_model.build(tmp_path / "source")
    colour_model.build(folder, ending="_quantized")
    (folder / "readme.md").write_text("not of the model")
    return folder


def fetch(*words: str) -> str:
    said = io.StringIO()
    call_command("fetch_clip_model", *words, stdout=said)
    return said.getvalue()


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def pinned(folder: Path) -> str:
    """A model as an earlier run of the command left it; its mark."""
    clip_store.pin(colour_model.build(folder), ORIGIN)
    return clip_folder.find(folder).mark()


class Hub:
    """huggingface.co with one repository: what the library would answer, at the library's own edge."""

    def __init__(self, source: Path, repo: str) -> None:
        self.source, self.repo = source, repo
        self.asked: list[tuple[str, str | None, Sequence[str]]] = []
        self.fails: Exception | None = None
        self.loses = ""

    def model_info(self, repo: str, *, revision: str | None, files_metadata: bool) -> SimpleNamespace:
        if self.fails is not None:
            raise self.fails
        assert repo == self.repo
        assert files_metadata, "no sizes without it"
        siblings = [self._listed(self.source / name) for name in sorted(files(self.source))]
        return SimpleNamespace(sha=revision or NEWEST, siblings=siblings)

    def _listed(self, path: Path) -> SimpleNamespace:
        told = path.read_bytes()
        lfs = SimpleNamespace(sha256=hashlib.sha256(told).hexdigest()) if path.suffix == ".onnx" else None
        return SimpleNamespace(rfilename=path.relative_to(self.source).as_posix(), size=len(told), lfs=lfs)

    def snapshot_download(
        self, repo: str, *, revision: str, allow_patterns: Sequence[str], local_dir: Path
    ) -> str:
        self.asked.append((repo, revision, allow_patterns))
        for name in allow_patterns:
            target = Path(local_dir) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            told = (self.source / name).read_bytes()
            target.write_bytes(told[:-1] + b"?" if name == self.loses else told)
        notes = Path(local_dir) / ".cache" / "huggingface"
        notes.mkdir(parents=True)
        (notes / "notes.lock").touch()
        return str(local_dir)


@pytest.fixture
def hub(source: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    made = Hub(source, "Xenova/clip-vit-base-patch32")
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: made)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", made.snapshot_download)
    return made


def test_it_is_downloaded_at_one_commit_tried_and_pinned(home: Path, hub: Hub) -> None:
    said = fetch()
    mark = clip_folder.find(home).mark()
    assert said.startswith("Downloading 6 files, 3.4")
    assert f"of {hub.repo} at {NEWEST}" in said
    assert f"is whole and works: {hub.repo} at {NEWEST}, mark {mark}." in said
    assert files(home) == {
        "config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json",
        "onnx/text_model_quantized.onnx", "onnx/vision_model_quantized.onnx", "ORIGIN", "SHA256SUMS",
    }  # fmt: skip
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=home, check=True)
    assert [revision for _, revision, _ in hub.asked] == [NEWEST]


def test_revision_variant_and_folder_are_as_asked(home: Path, hub: Hub, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    said = fetch("--revision", "b" * 40, "--variant", "full", "--dir", str(other))
    assert f"at {'b' * 40}" in said
    assert clip_folder.find(other).text.name == "text_model.onnx"
    assert not home.exists()


def broken(hub: Hub) -> None:
    (hub.source / "onnx" / "text_model_quantized.onnx").write_bytes(b"<html>")


def lost(hub: Hub) -> None:
    hub.loses = "onnx/vision_model_quantized.onnx"


def without(hub: Hub) -> None:
    (hub.source / "tokenizer.json").unlink()


def refuses(error: Exception) -> Any:
    return lambda hub: setattr(hub, "fails", error)


ANSWER: Any = SimpleNamespace(headers={}, request=None)
FAILURES = {
    "The CLIP model's text_model_quantized.onnx cannot be loaded.": broken,
    "onnx/vision_model_quantized.onnx did not arrive whole: try again.": lost,
    "has no tokenizer.json: choose another": without,
    "huggingface.co cannot be reached (ConnectionError). Try again, or copy": refuses(ConnectionError()),
    "huggingface.co cannot be reached (LocalEntryNotFoundError)": refuses(
        errors.LocalEntryNotFoundError("x")
    ),
    "has no such revision": refuses(errors.RevisionNotFoundError("x", response=ANSWER)),
    "does not exist on huggingface.co": refuses(errors.RepositoryNotFoundError("x", response=ANSWER)),
    "it must be owner/name": refuses(errors.HFValidationError("x")),
}


@pytest.mark.parametrize("sentence", FAILURES)
def test_whatever_fails_is_said_and_the_model_that_was_there_stays(
    sentence: str, home: Path, hub: Hub
) -> None:
    before = pinned(home)
    FAILURES[sentence](hub)
    with pytest.raises(CommandError) as refused:
        fetch()
    assert sentence in str(refused.value)
    assert [path.name for path in home.parent.iterdir()] == ["clip"], "half a model was left"
    assert clip_folder.find(home).mark() == before
    assert clip_store.problems(home) == []


def test_a_folder_is_copied_without_a_network_and_replaces_the_old_one_whole(
    home: Path, source: Path
) -> None:
    pinned(home)
    (home / "onnx" / "model.onnx").write_bytes(b"of an older time")
    assert f"copied from {source}" in fetch("--from", str(source))
    # The most exact form that is there, and nothing of the other one or of strangers.
    assert {name for name in files(home) if "." in name and "json" not in name} == {
        "onnx/text_model.onnx",
        "onnx/vision_model.onnx",
    }
    assert clip_store.problems(home) == []
    assert [path.name for path in home.parent.iterdir()] == ["clip"]


def test_a_model_reports_to_nobody_and_its_trial_leaves_no_warning(
    home: Path, source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fetch("--from", str(source))
    assert [record.getMessage() for record in caplog.records if record.name == "jobs.quality.guarded"] == []


def test_what_was_pinned_elsewhere_keeps_its_origin_and_must_be_whole(home: Path, tmp_path: Path) -> None:
    carried = tmp_path / "stick"
    pinned(carried)
    assert f"{ORIGIN}, mark" in fetch("--from", str(carried))
    assert f"{ORIGIN}, mark" in fetch("--check")
    (carried / "tokenizer.json").write_text("{}")
    with pytest.raises(CommandError, match=r"tokenizer\.json was changed\."):
        fetch("--from", str(carried))


def test_a_move_that_fails_halfway_is_taken_back(home: Path, tmp_path: Path) -> None:
    mark = pinned(home)
    with pytest.raises(FileNotFoundError):
        clip_store.put(tmp_path / "never made", home)
    assert clip_folder.find(home).mark() == mark


TAMPERED = {
    "onnx/text_model.onnx was changed.": lambda home: (home / "onnx/text_model.onnx").write_bytes(b"x"),
    "config.json is missing.": lambda home: (home / "config.json").unlink(),
    "onnx/model.onnx was added.": lambda home: (home / "onnx/model.onnx").write_bytes(b"x"),
    "has no SHA256SUMS": lambda home: (home / "SHA256SUMS").unlink(),
}


@pytest.mark.parametrize("sentence", TAMPERED)
def test_a_check_without_network_finds_what_was_changed(sentence: str, home: Path) -> None:
    pinned(home)
    TAMPERED[sentence](home)
    with pytest.raises(CommandError) as refused:
        fetch("--check")
    assert sentence in str(refused.value)


@pytest.mark.parametrize("missing", ["onnxruntime", "tokenizers", "huggingface_hub"])
def test_without_the_optional_parts_nothing_is_begun(
    missing: str, home: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(
        "reviewapp.management.commands.fetch_clip_model.find_spec",
        lambda name: None if name == missing else there(name),
    )
    with pytest.raises(CommandError, match="make extras installs them"):
        fetch()
    assert not hub.asked
    assert not home.exists()


def test_the_doctor_says_whether_prompts_faces_and_origins_can_be_looked_at(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_model = {about: (well, words) for well, about, words in doctor._checks()}
    assert without_model["prompts"][0] is None
    assert "manage.py fetch_clip_model" in without_model["prompts"][1]
    assert without_model["faces"] == (True, "OpenCV has its face detectors")
    assert without_model["origin"] == (True, "content credentials are read, with 0 trusted certificates")

    pinned(home)
    well, _, words = doctor._prompts()
    assert well is True
    assert clip_folder.find(home).mark() in words
    (home / "tokenizer.json").unlink()
    assert doctor._prompts() == (False, "prompts", "The CLIP model's folder has no tokenizer.json.")

    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    bare = {about: well for well, about, _ in doctor._checks()}
    assert (bare["faces"], bare["origin"]) == (False, None)


def test_a_trial_that_the_machine_ends_is_told_by_a_sentence(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*_: object, **__: object) -> None:
        raise guarded.Interrupted("clip_model was ended from outside by signal 9.")

    for folder in (home, tmp_path / "source"):
        pinned(folder)
    monkeypatch.setattr(guarded, "call", ended)
    assert doctor._prompts()[0] is False
    with pytest.raises(CommandError, match="ended from outside by signal 9"):
        fetch("--from", str(tmp_path / "source"))
