"""Google's files: every finished clip is one, under a name of letters and digits that is its job's own."""

from __future__ import annotations

import re

from providers.sandbox.house import House
from providers.sandbox.job import Job

# What an interaction's id has in front, and a file's name must not have.
PREFIX = "v1_"
_NAME = re.compile(r"/files/([a-z0-9]+)")


def uri_of(job: Job) -> str:
    """Where the clip's bytes are, for its own key."""
    return f"{job.extra['origin']}/google/v1beta/files/{name_of(job)}:download?alt=media"


def name_of(job: Job) -> str:
    """The name of the job's file."""
    return job.id.removeprefix(PREFIX)


def file_of(house: House, key: str, name: str) -> Job | None:
    """The job whose clip has this name, if it is this key's and finished."""
    job = house.engine.job(name) or house.engine.job(PREFIX + name)
    return job if job is not None and job.key == key and job.clip and job.deleted_at is None else None


def name_in(uri: str) -> str:
    """The file's name in an address; "" where it is none."""
    found = _NAME.search(uri)
    return found[1] if found else ""
