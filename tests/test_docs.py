"""The papers are true: what they name exists, and what exists is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from providers import capability_table, catalog

ROOT = Path(__file__).resolve().parent.parent
NAMED = re.compile(r"\b(?:RETAKE_[A-Z_]+|DATABASE_URL)\b")
# Read by tests and tools, not by the app.
NOT_SETTINGS = {"RETAKE_CHROMIUM", "RETAKE_SHOTS", "RETAKE_TEST_DB", "RETAKE_ARRIVED"}
# The names of providers' keys follow from the catalogue; the tests of the keys compare them.
OF_KEYS = "RETAKE_KEY_"


def test_every_setting_is_documented_and_nothing_else() -> None:
    read = [*(ROOT / "reviewapp").rglob("*.py"), ROOT / "providers/catalog.py"]
    code = {name for path in read for name in NAMED.findall(path.read_text())}
    documented = set(NAMED.findall((ROOT / "docs/settings.md").read_text()))
    made_of = {name.removesuffix("_FILE") for name in code}
    assert {name for name in documented if not name.startswith(OF_KEYS)} == made_of - NOT_SETTINGS - {OF_KEYS}


def papers() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("paper", papers(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_paper_leads_somewhere(paper: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", paper.read_text(encoding="utf-8"))
    missing = [link for link in links if not (paper.parent / link).exists()]
    assert not missing


def test_the_table_of_providers_says_what_the_catalogue_says() -> None:
    text = capability_table.PAGE.read_text(encoding="utf-8")
    assert text == capability_table.page(text), "write it anew: python -m providers.capability_table"
    rows = [line for line in text.splitlines() if line.startswith("| [")]
    assert len(rows) == len(catalog.vendors())


@pytest.mark.parametrize("vendor", catalog.vendors(), ids=lambda vendor: vendor.name)
def test_every_provider_has_its_page(vendor: catalog.Vendor) -> None:
    text = (ROOT / vendor.docs).read_text(encoding="utf-8")
    unnamed = [m.id for m in catalog.models() if m.vendor == vendor.name and f"`{m.id}`" not in text]
    assert not unnamed


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-extras.txt", "requirements-dev.txt"])
def test_the_lock_files_hold_nothing_but_pinned_and_hashed_packages(name: str) -> None:
    entries = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    locked = [entry for entry in entries if entry.strip() and not entry.lstrip().startswith("#")]
    assert locked
    pinned = re.compile(r"[\w.-]+(?:\[[\w, -]+\])?==\S+.*--hash=sha256:[0-9a-f]{64}")
    loose = [entry for entry in locked if not pinned.match(entry)]
    assert not loose
