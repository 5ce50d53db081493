"""One call of a vendor's client, and the part it plays, which is what most faults go by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """CALL is any other call of the API; ASIDE is what is no part of it, as a bucket for uploads.

    WEBHOOK is the vendor's own call to a client.
    """

    CREATION = "creation"
    POLL = "poll"
    DOWNLOAD = "download"
    DELETION = "deletion"
    CALL = "call"
    ASIDE = "aside"
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class Call:
    """What a fault looks at. `model` is that of the body or of the job the call speaks of, or ""."""

    method: str
    path: str
    model: str
    vendor: str = ""
    role: Role = Role.ASIDE
