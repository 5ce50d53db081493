"""The values that cross the wall between a vendor and the rest of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, BinaryIO, Protocol


class JobState(StrEnum):
    """Where a provider job stands, in our words; `UNKNOWN` is a vendor status we have no map for."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Media:
    """An input picture or video: a public HTTPS `url`, or `data` with its `content_type`."""

    url: str = ""
    data: bytes = b""
    content_type: str = ""


@dataclass(frozen=True, kw_only=True)
class GenerationRequest:
    """One clip asked of one model. Lengths in seconds and pixels; `None` means "the vendor's default".

    `client_token` is our own unique mark for this call; only some vendors take it.
    `webhook_url` is where the vendor shall tell of changes, for those that take an address with each call.
    `extra` holds vendor options that the contract has no word for, passed through unchanged.
    """

    model: str
    prompt: str
    negative_prompt: str = ""
    duration_s: float | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    seed: int | None = None
    audio: bool | None = None
    first_frame: Media | None = None
    last_frame: Media | None = None
    references: tuple[Media, ...] = ()
    source_video: Media | None = None
    client_token: str = ""
    webhook_url: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Output:
    """A finished file at the vendor. `url` may be short-lived and secret: never log it, never show it.

    `data` is the file itself, from vendors that put it into their answer; `url` is empty then.
    `expires_at` is when the link or the vendor's own copy is gone, where the vendor says so; where it does
    not, the catalogue's `keeps_for_s` may.
    """

    url: str
    content_type: str = "video/mp4"
    expires_at: datetime | None = None
    index: int = 0
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True)
class ProviderJob:
    """What the vendor said about one job.

    `progress` is 0 to 1 or None; `cost_usd` is the vendor's own final or estimated figure where told
    (`cost_is_final` says which); `poll_after_s` is the least gap until the next poll:
    the vendor's wish, else its documentation's, else ours for that vendor.
    `failure_code` and `failure_words` are the vendor's own.
    """

    id: str
    state: JobState
    progress: float | None = None
    outputs: tuple[Output, ...] = ()
    failure_code: str = ""
    failure_words: str = ""
    retry_helps: bool = False
    cost_usd: Decimal | None = None
    cost_is_final: bool = False
    poll_after_s: float | None = None
    vendor_status: str = ""


@dataclass(frozen=True, kw_only=True)
class DownloadedFile:
    """What `download` wrote into the sink: bytes, lower-case hex sha256, and the content type as told."""

    size: int
    sha256: str
    content_type: str


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """Whose first bytes a sink holds: what the server said of the whole file when it gave them.

    `etag` is a strong one, or empty; `last_modified` as it was written; `place` marks host and path without
    the part that changes with each signature; `total` is the length of the whole file in bytes.
    """

    etag: str
    last_modified: str
    place: str
    total: int
    content_type: str


class Memory(Protocol):
    """Remembers, beside a sink, what its bytes are the beginning of, over the end of a process."""

    def recall(self) -> Beginning | None:
        """What the sink's bytes belong to; None where nobody knows."""
        ...

    def keep(self, beginning: Beginning | None) -> None:
        """Note it before the first of its bytes is written."""
        ...


@dataclass(frozen=True, kw_only=True)
class KeyStatus:
    """What a free call says about a key. `balance_usd` and `limits` only where the vendor tells."""

    ok: bool
    sentence: str
    balance_usd: Decimal | None = None
    limits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WebhookEvent:
    """A hint that a job has moved: never data, only a reason to poll now."""

    job_id: str
    event_id: str = ""


class PublishesWebhookKeys(Protocol):
    """A vendor that signs its webhooks with keys of its own, which it publishes."""

    async def webhook_keys(self) -> list[dict[str, str]]:
        """The public keys in force, as JSON Web Keys; costs nothing."""
        ...


class DeletesJobs(Protocol):
    """A vendor that deletes a finished job, with its clip, when it is asked to."""

    async def delete(self, job_id: str) -> bool:
        """Delete the vendor's copy for good; False where it says that it did not. Costs nothing.

        Raises `JobNotFound` where it is gone already, and `Unsupported` for a job that it cannot delete. Only
        for a job that is over: some vendors stop, and charge, an open one.
        """
        ...


class VideoProvider(Protocol):
    """One vendor's wire. Async, holds no state between calls, never sleeps, returns values."""

    name: str

    async def submit(self, request: GenerationRequest) -> ProviderJob:
        """Send the one paid call. Raises `Unsupported` before money is spent, `AnswerLost` when in doubt."""
        ...

    async def poll(self, job_id: str) -> ProviderJob:
        """Ask where the job stands; costs nothing."""
        ...

    async def download(self, output: Output, sink: BinaryIO, memory: Memory | None = None) -> DownloadedFile:
        """Stream the output into `sink` with bounded memory and size.

        `sink` can be read and sought. What it holds is replaced, or, where `memory` knows what it is the
        beginning of and the server agrees, it is gone on with.
        """
        ...

    async def cancel(self, job_id: str) -> bool:
        """Ask the vendor to stop; False where it cannot or the job is already over."""
        ...

    async def find(self, client_token: str) -> ProviderJob | None:
        """Look a job up by our own mark; raises `Unsupported` where the vendor offers no way."""
        ...

    async def check_key(self) -> KeyStatus:
        """Say whether the key works, without a paid call."""
        ...

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """Verify and read a webhook; raises `WebhookInvalid`, or `Unsupported` where the vendor has none."""
        ...
