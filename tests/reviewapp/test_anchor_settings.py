"""The certificates that content credentials are trusted by come from one file, and a wrong one is loud."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from reviewapp import env
from tests.jobs.quality import signing

NAME = "RETAKE_C2PA_ANCHORS"


def test_every_certificate_of_the_file_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roots = (signing.make_signer().root, signing.make_signer().root)
    (tmp_path / "anchors.pem").write_text("# ours\n" + "\n".join(roots))
    monkeypatch.setenv(NAME, str(tmp_path / "anchors.pem"))
    assert env.certificates(NAME) == roots
    monkeypatch.delenv(NAME)
    assert env.certificates(NAME) == ()


def test_a_file_that_is_missing_or_holds_none_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, str(tmp_path / "gone.pem"))
    with pytest.raises(ImproperlyConfigured, match="which cannot be read: No such file"):
        env.certificates(NAME)
    (tmp_path / "gone.pem").write_text("<html>")
    with pytest.raises(ImproperlyConfigured, match="must hold certificates in PEM"):
        env.certificates(NAME)
