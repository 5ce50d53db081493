"""What Kling refuses of a body, in both standards: one complaint at a time, mostly as code 1201."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from providers.sandbox.kling_facts import ALIASES, ASPECTS, LEGACY, NEW, Facts, units
from providers.sandbox.media import MediaProblem, from_base64
from providers.sniff import image_size, image_type

PICTURE_TYPES = {"image/jpeg", "image/png"}
LEAST_SIDE = 300
MOST_STRETCHED = 2.5
MOST_MARK = 300


class Refused(Exception):
    """An error answer on its way out."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass
class Wanted:
    """What a body orders. `hundredths` of a unit are for the whole clip."""

    model: str
    kind: str
    facts: Facts
    prompt: str = ""
    negative: str = ""
    aspect: str = ""
    tier: str = ""
    seconds: int = 5
    sound: bool = False
    image: bytes = b""
    clip: str = ""
    mark: str = ""
    callback: str = ""

    @property
    def hundredths(self) -> int:
        rate = units(self.facts, self.tier, sound=self.sound, clip=bool(self.clip))
        return 0 if rate is None else rate * self.seconds


def wrong(message: str) -> Refused:
    """A value that Kling does not take."""
    return Refused(400, 1201, message)


def facts_of(model: str, kind: str, *, legacy: bool) -> Facts:
    """What is known of a model. Raises `Refused` for one that there is not, or not under this path."""
    facts = (LEGACY if legacy else NEW).get(ALIASES.get(model, model))
    if facts is None:
        raise Refused(404, 1203, f"model {model} does not exist")
    if kind not in facts.kinds:
        raise wrong(f"model {model} is not supported by {kind}")
    return facts


def text(body: Mapping[str, Any], name: str, most: int) -> str:
    """A text that may be left out."""
    value = body.get(name, "")
    if not isinstance(value, str):
        raise wrong(f"{name} must be a string")
    if len(value) > most:
        raise wrong(f"{name} cannot exceed {most} characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise wrong(f"{name} is not valid") from None
    return value


def one_of(body: Mapping[str, Any], name: str, allowed: Sequence[Any], default: Any) -> Any:
    """A value of a list. True is no 1 here."""
    value = body.get(name, default)
    if isinstance(value, bool) is not isinstance(default, bool) or value not in allowed:
        raise wrong(f"{name} value '{json.dumps(value)[:60]}' is invalid")
    return value


def part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object that may be left out."""
    value = body.get(name, {})
    if not isinstance(value, Mapping):
        raise wrong(f"{name} must be an object")
    return value


def marks(body: Mapping[str, Any], wanted: Wanted) -> None:
    """The caller's own mark and the address to call back, which both standards have."""
    wanted.mark = text(body, "external_task_id", MOST_MARK)
    wanted.callback = text(body, "callback_url", 2048)
    if wanted.callback:
        link(wanted.callback, "callback_url")
    if not isinstance(part(body, "watermark_info").get("enabled", False), bool):
        raise wrong("watermark_info.enabled must be a boolean")


def picture(value: object, name: str, most: int) -> bytes:
    """A picture as a link, which gives b"" as the sandbox never leaves this machine, or as bare base64."""
    if not isinstance(value, str) or not value:
        raise wrong(f"{name} cannot be empty")
    if value.startswith(("http://", "https://")):
        link(value, name)
        return b""
    try:
        content = from_base64(value)
    except MediaProblem:
        raise wrong(f"{name}: File is not in a valid base64 format") from None
    if len(content) > most:
        raise wrong(f"{name}: the file is larger than {most // 1_000_000}MB")
    if image_type(content) not in PICTURE_TYPES:
        raise wrong(f"{name}: Image format is not supported")
    size = image_size(content)
    if size is None or min(size) < LEAST_SIDE:
        raise wrong(f"{name}: Image pixel is invalid")
    if max(size) > MOST_STRETCHED * min(size):
        raise wrong(f"{name}: Image aspect ratio is invalid")
    return content


def link(value: object, name: str) -> str:
    """An address with a host."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        good = parts is not None and parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise wrong(f"{name} is not a valid url")
    return str(value)


def check_last_frame(wanted: Wanted, *, first: bool) -> None:
    """Whether this model ends on a given frame so. `wanted` has everything else already."""
    facts = wanted.facts
    if not facts.last_frame or not (first or facts.last_alone):
        raise wrong("last frame is not supported")
    if wanted.tier not in facts.last_frame:
        raise wrong(f"last frame is not supported with {wanted.tier}")
    if facts.last_silent and wanted.sound:
        raise wrong("last frame is not supported with audio")
    if facts.last_seconds and wanted.seconds not in facts.last_seconds:
        raise wrong("duration is not supported with a last frame")


def check_made(wanted: Wanted) -> None:
    """Whether the model makes sound, or an edit, at this resolution."""
    if units(wanted.facts, wanted.tier, sound=wanted.sound, clip=bool(wanted.clip)) is None:
        raise wrong(f"audio is not supported with {wanted.tier}")


def aspect_of(body: Mapping[str, Any]) -> str:
    """The shape; it has a default."""
    aspect: str = one_of(body, "aspect_ratio", ASPECTS, "16:9")
    return aspect
