"""Input pictures and clips as vendors take them: as base64, as data URIs, or as links they can fetch."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from providers.contract import GenerationRequest, Media
from providers.errors import FieldIssue, Unsupported
from providers.sniff import image_type, video_type


def unsupported(field: str, sentence: str) -> Unsupported:
    """One field that a vendor cannot take, as the error that is raised before anything is sent."""
    return Unsupported(f"{sentence} Nothing was sent.", issues=(FieldIssue(field, sentence),))


def inputs_of(request: GenerationRequest) -> dict[str, Media]:
    """The media a request carries, by our field names; references are numbered from `references.0`."""
    named: dict[str, Media | None] = {
        "first_frame": request.first_frame,
        "last_frame": request.last_frame,
        "source_video": request.source_video,
    }
    named |= {f"references.{number}": media for number, media in enumerate(request.references)}
    return {field: media for field, media in named.items() if media is not None}


def refuse_priced(extra: Mapping[str, object], priced: frozenset[str]) -> None:
    """Raise `Unsupported` where an extra option would change the price behind the estimate's back."""
    conflict = sorted(priced & set(extra))
    if conflict:
        raise unsupported("extra", f"The extra option “{conflict[0]}” has a field of its own. Set it there.")


def picture_type(field: str, media: Media, label: str, allowed: frozenset[str] = frozenset()) -> str:
    """The content type of a picture, from its bytes. Raises `Unsupported` for kinds the vendor refuses."""
    found = image_type(media.data)
    if not found:
        raise unsupported(field, "The file is no JPEG, PNG or WebP picture.")
    if allowed and found not in allowed:
        kinds = " or ".join(sorted(kind.rpartition("/")[2].upper() for kind in allowed))
        raise unsupported(field, f"{label} takes pictures as {kinds} only.")
    return found


def clip_type(field: str, media: Media, label: str, allowed: frozenset[str]) -> str:
    """The content type of a clip, from its bytes. Raises `Unsupported` for kinds the vendor refuses."""
    found = video_type(media.data)
    if found not in allowed:
        kinds = " or ".join(sorted(kind.rpartition("/")[2].upper() for kind in allowed))
        raise unsupported(field, f"{label} takes clips as {kinds} only.")
    return found


def at_most(field: str, media: Media, label: str, most: int) -> None:
    """Raise `Unsupported` for a file of more than `most` bytes."""
    if len(media.data) > most:
        raise unsupported(field, f"The file is larger than the {most / 1_000_000:g} MB that {label} takes.")


def as_base64(media: Media) -> str:
    """The bytes alone."""
    return base64.b64encode(media.data).decode("ascii")


def as_data_uri(media: Media, content_type: str) -> str:
    """The bytes with their type in front."""
    return f"data:{content_type};base64,{as_base64(media)}"


def fetchable_url(field: str, url: str, label: str, longest: int = 2048) -> str:
    """A link that a vendor can fetch from: HTTPS, a name and not a number, not too long."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    if not url.startswith("https://") or not host or _is_number(host):
        raise unsupported(field, f"{label} fetches only from https:// addresses with a domain name.")
    if len(url) > longest:
        raise unsupported(field, f"The link is longer than the {longest} characters that {label} takes.")
    return url


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
