"""What every test stands on: a database, media, static files and a sandbox. The people are in `cast.py`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.db import connections
from pytest_django import Settings

from tests.sandbox_server import Sandbox, running_sandbox
from tests.shared import FOLDERS, HOME, READY_CLIPS, TABLES, make_tables

pytest_plugins = ["tests.buckets", "tests.cast"]

# The same examples in every run, however slow the machine: what passes today passes tomorrow.
# `pytest --hypothesis-profile=default` draws others.
hypothesis.settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("steady")

# Pages and forms that read and write single rows by their number, and the line where only the wire or the
# storage is another: no sorting, locking, counting or JSON that one database could do otherwise than the
# other. A file that is not named here runs on both.
ONE_DATABASE_IS_ENOUGH = {
    "test_auth",
    "test_bucket",
    "test_bucket_line",
    "test_check",
    "test_cleaning",
    "test_demo",
    "test_google_line",
    "test_hooks_line",
    "test_inputs_line",
    "test_keys_address",
    "test_keys_check",
    "test_keys_planted",
    "test_logs",
    "test_media",
    "test_models_page",
    "test_notices_page",
    "test_own_hardware_line",
    "test_refused_file",
    "test_shots_offer",
    "test_site_access",
    "test_site_frame",
    "test_site_keys_environment",
    "test_site_keys_form",
    "test_site_people",
    "test_site_tags",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what may depend on the database, so that exactly this runs a second time on PostgreSQL."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.path.stem not in ONE_DATABASE_IS_ENOUGH and (
            item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db", "live_server"}
        ):
            item.add_marker("database")
        _insist_on_its_place(item)


def _insist_on_its_place(item: pytest.Item) -> None:
    """A run of some tests only looks into the folders of its kind (tests/shared.py), so that none may lie
    elsewhere.
    """
    folder = str(item.path.parent.relative_to(HOME))
    for kind, folders in FOLDERS.items():
        if item.get_closest_marker(kind) and folder not in (*folders, *FOLDERS["browser"]):
            raise pytest.UsageError(
                f"{item.nodeid} is marked “{kind}” and must lie in {' or '.join(folders)}."
            )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "database: may depend on the database; runs on both")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A file instead of SQLite in memory: threads and live servers then see what the app itself would see."""
    database = connections["default"].settings_dict
    if database["ENGINE"].endswith("sqlite3"):
        place = tmp_path_factory.mktemp("database") / "retake.sqlite3"
        if TABLES in os.environ:
            shutil.copy(os.environ[TABLES], place)
        database["TEST"]["NAME"] = str(place)
        # It need not outlive a power cut.
        database["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool) -> bool:
    """Whether the test database may be there already: a copy of the shared tables is."""
    copied = TABLES in os.environ and connections["default"].vendor == "sqlite"
    return django_db_keepdb or copied


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database in which all tables are made and nothing else is, to copy and never to open."""
    told = os.environ.get(TABLES)
    return Path(told) if told else make_tables(tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="session")
def every_vendor(tmp_path_factory: pytest.TempPathFactory, ready_clips: Path) -> Iterator[Sandbox]:
    """A sandbox that lives as long as the run; a test that uses it resets it first."""
    with running_sandbox(tmp_path_factory.mktemp("vendors")) as running:
        running.shared = ready_clips
        yield running


@pytest.fixture(scope="session")
def ready_clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all processes of this run share ready clips, and other runs that are told the same folder."""
    if READY_CLIPS in os.environ:
        return Path(os.environ[READY_CLIPS])
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def _no_collected_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True)
def _stage(
    settings: Settings, tmp_path: Path, _no_collected_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Static files straight from the folder, media in a folder of its own, passwords hashed quickly."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    # WhiteNoise warns of a missing folder, and on a fresh machine nothing was ever collected.
    settings.STATIC_ROOT = _no_collected_files
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "media"
    # A model that somebody has fetched on this machine decides no test.
    settings.CLIP_MODEL = tmp_path / "no-model"
    # A page that listens keeps a thread that reads rows; the tests of listening ask for it themselves.
    settings.LIVE_LISTENERS = 0
    # Work that takes longer beats from a thread of its own, which would wait for the test's own transaction,
    # and the test for the thread.
    monkeypatch.setattr("jobs.heart._beat_until", lambda *told: None)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """On CI a test that was left out is a failure: nobody would see it missing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("Tests were left out, and on CI none may be.", red=True)
        session.exitstatus = 1
