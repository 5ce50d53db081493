"""A real S3 server for tests, and the site's storage in a bucket of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from reviewapp import media_url

BUCKET = "dailies"
KEYS = ("AKIAEXAMPLE", "a-secret")


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of an S3 server on this machine."""
    # Most runs need no S3 server, and its library takes its time.
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The same, as long as the run lives."""
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(s3: str, settings: Settings, tmp_path: Path) -> Any:
    """The site keeps its files in an empty bucket; boto3's own view of it."""
    made = bucket_at(s3)
    # Downloads on their way are on this machine all the same.
    settings.DATA_DIR = tmp_path / "var"
    settings.STORAGES = settings.STORAGES | {"default": storage_at(s3)}
    return made


def bucket_at(address: str) -> Any:
    """An empty bucket there."""
    import boto3

    keys = {"aws_access_key_id": KEYS[0], "aws_secret_access_key": KEYS[1]}
    found = boto3.resource("s3", endpoint_url=address, region_name="us-east-1", **keys).Bucket(BUCKET)
    if found.creation_date is None:
        found.create()
    found.objects.all().delete()
    return found


def url_at(address: str, options: str = "") -> str:
    """What RETAKE_MEDIA_URL says for that bucket."""
    return f"s3://{BUCKET}/retake?endpoint={address}{options}"


def storage_at(address: str, options: str = "") -> dict[str, Any]:
    """The storage of a site whose setting names that bucket."""
    return media_url.storage(url_at(address, options), *KEYS)


@pytest.fixture(params=["folder", "bucket"])
def kept_in(request: pytest.FixtureRequest) -> str:
    """Both places in which a site may keep its files."""
    if request.param == "bucket":
        request.getfixturevalue("bucket")
    return str(request.param)
