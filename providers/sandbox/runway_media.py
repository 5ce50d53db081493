"""Files handed to Runway: as data URIs, as uploads, or as links."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from providers.sandbox.media import DATA_URI, MediaProblem, from_data_uri
from providers.sandbox.store import Store
from providers.sniff import image_type, video_type

MOST_URL = 2048
# In its encoded form.
MOST_DATA_URI = {"image": 5_000_000, "video": 16_000_000, "audio": 16_000_000}
UPLOAD_SECONDS = 24 * 3600
IMAGE_TYPES = {"image/jpeg", "image/jpg", "image/png", "image/webp"}


@dataclass(frozen=True)
class Library:
    """Where the files of one key come from."""

    store: Store
    key: str

    def fetch(self, uri: str, kind: str) -> bytes:
        """The bytes behind the URI, where `kind` is image, video or audio; raises `MediaProblem`.

        A link to another machine is checked for its form and gives b"": the sandbox never leaves this one.
        """
        if uri.lower().startswith("data:"):
            return _data(uri, kind)
        if uri.startswith("runway://"):
            return self._upload(uri.removeprefix("runway://"), kind)
        _check_link(uri)
        return b""

    def _upload(self, token: str, kind: str) -> bytes:
        slot = self.store.upload(token)
        known = slot is not None and slot["key"] == self.key and slot["size"] is not None
        if slot is None or not known or time.time() - slot["created_at"] > UPLOAD_SECONDS:
            raise MediaProblem("The uploaded file was not found or has expired.")
        content = (self.store.uploads / token).read_bytes()
        _check_kind(content, kind)
        return content


def _data(uri: str, kind: str) -> bytes:
    if DATA_URI.match(uri) is None:
        raise MediaProblem("Invalid data URI.")
    if len(uri) > MOST_DATA_URI[kind]:
        raise MediaProblem(f"Too big: data URIs may have <={MOST_DATA_URI[kind]} characters", "too_big")
    file = from_data_uri(uri)
    if not file.type.startswith(f"{kind}/") or (kind == "image" and file.type not in IMAGE_TYPES):
        raise MediaProblem(f"Unsupported asset type. Received content type {file.type}.")
    _check_kind(file.content, kind)
    return file.content


def _check_kind(content: bytes, kind: str) -> None:
    """A picture must be JPEG, PNG or WebP and a clip MP4, MOV or WebM, whatever it calls itself."""
    found = {"image": image_type, "video": video_type}.get(kind)
    if found is not None and not found(content):
        raise MediaProblem(f"Invalid asset. The file is no {kind} of a supported type.")


def _check_link(uri: str) -> None:
    if len(uri) > MOST_URL:
        raise MediaProblem(f"Too big: expected string to have <={MOST_URL} characters", "too_big")
    try:
        parts = urlsplit(uri)
        host = (parts.hostname or "").lower()
    except ValueError:
        raise MediaProblem("Invalid URL.") from None
    if parts.scheme != "https":
        raise MediaProblem("Only HTTPS URLs are allowed.")
    if _is_address(host) or "." not in host.strip("."):
        raise MediaProblem("URLs must be hosted on a domain.")
    # A name that is reserved for leading nowhere: the one way to meet this answer on purpose.
    if host.endswith(".invalid"):
        raise MediaProblem('Failed to fetch asset. Received HTTP response code "404".')


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.replace(".", "").isdecimal()
    return True
