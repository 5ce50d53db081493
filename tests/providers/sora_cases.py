"""The Sora format as the tests meet it: requests worth sending, and answers a gateway may give."""

from __future__ import annotations

from email import message_from_bytes
from typing import Any

import httpx

from providers.contract import GenerationRequest, Media
from providers.sora import SoraProvider
from tests.providers.wire import Vendor

KEY = "sk-fake-key"
GATEWAY = "https://gateway.example/v1"
JOB = "video_abc123"
WORDS = "a paper boat crossing a puddle"
BOAT = GenerationRequest(model="sora-2", prompt=WORDS, duration_s=8, width=1280, height=720)
LINK = Media(url="https://e.example/first.png")
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(64)
EDIT = GenerationRequest(model="sora-2", prompt="Make it dusk", source_video=Media(url=JOB))

# A gateway's model, as a house would write it down.
OWN = """
[[models]]
id = "wan"
vendor = "sora"
label = "Wan 2.1"
durations = [5]
default_duration = 5
audio = "none"
prompt_limit = 1000
prompt_unit = "chars"
prices = [{ usd_per_second = "0.10" }]
sources = [{ what = "all", mark = "unverified", where = "our own", date = 2026-11-20 }]
[models.modes.text]
sizes = [{ aspect = "16:9", size = [832, 480] }]
"""


def picture(width: int, height: int) -> Media:
    """As much of a PNG as says how large it is."""
    sides = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return Media(data=b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + sides + bytes(45), content_type="image/png")


def sora(vendor: Vendor, **options: Any) -> SoraProvider:
    return SoraProvider({"api_key": KEY, "base_url": GATEWAY, **options}, vendor.client)


def video(**fields: Any) -> httpx.Response:
    """The video object in full, as the gateway gives it."""
    headers = fields.pop("headers", None)
    usual: dict[str, Any] = {
        "id": JOB,
        "object": "video",
        "model": "sora-2",
        "status": "queued",
        "progress": 0,
        "created_at": 1760000000,
        "completed_at": None,
        "expires_at": None,
        "prompt": WORDS,
        "size": "1280x720",
        "seconds": "8",
        "remixed_from_video_id": None,
        "error": None,
    }
    return httpx.Response(200, json=usual | fields, headers=headers)


def refused(status: int, code: str | None = None, headers: Any = None, **more: Any) -> httpx.Response:
    """The error envelope."""
    error = {"message": "No, thank you.", "type": "invalid_request_error", "param": None, "code": code}
    return httpx.Response(status, json={"error": error | more}, headers=headers)


def parts_of(call: httpx.Request) -> list[dict[str, Any]]:
    """A form's parts in their order, as the recordings write them."""
    kind = call.headers["content-type"].encode()
    parts: Any = message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + call.content).get_payload()
    found = []
    for part in parts:
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if part.get_filename() is None:
            found.append({"name": name, "text": content.decode()})
        else:
            about = {"filename": part.get_filename(), "content_type": part.get_content_type()}
            found.append({"name": name, **about, "size": len(content)})
    return found
