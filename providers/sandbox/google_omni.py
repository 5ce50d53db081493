"""What Google lets the body of an interaction with Omni say, and what it orders."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from providers.sandbox.google_answers import Refused, unsupported
from providers.sandbox.google_files import name_in
from providers.sandbox.google_rules import ASPECTS, OMNI, OmniRule
from providers.sandbox.media import MediaProblem, from_base64
from providers.sandbox.order import Source
from providers.sniff import image_type, is_video

TOP = {"model", "input", "background", "generation_config", "response_format", "labels", "store"} | {
    "previous_interaction_id",
    "safety_settings",
    "service_tier",
    "stream",
}
FORMAT = {"type", "aspect_ratio", "resolution", "duration", "delivery"}
# Sampling cannot be steered on these models; the tools and voices of others are not theirs.
CONFIG = {"video_config", "thinking_level", "thinking_summaries", "max_output_tokens"}
PART = {"text": {"type", "text"}, "image": {"type", "data", "uri", "mime_type"}}
PART |= {"video": {"type", "data", "uri", "mime_type", "name"}}
# How many pictures and clips each task wants.
TASKS: Mapping[str, tuple[range, range]] = {
    "text_to_video": (range(1), range(1)),
    "image_to_video": (range(1, 3), range(1)),
    "reference_to_video": (range(1, 8), range(4)),
    "edit": (range(8), range(1, 2)),
    "extend": (range(8), range(1, 2)),
}
DURATION = re.compile(r"(\d+(?:\.\d+)?)s")
# Tags that bind a picture to its place; they are no words of the scene.
TAGS = re.compile(r"<[A-Z_0-9]+>|\[#[^\]]*\]")
LONGEST_SOURCE_S = 10.5
USUAL_SECONDS = 10.0
Clip = Callable[[str], bytes]


@dataclass(frozen=True)
class Ordered:
    """An order that is right. `size` is that of the clip that is edited, where no other was asked for."""

    model: str
    task: str
    prompt: str
    background: bool
    aspect: str
    resolution: str
    delivery: str
    seconds: float
    size: tuple[int, int] | None = None
    image: bytes = b""
    video: bytes = b""


def read(body: Mapping[str, Any], clip: Clip) -> Ordered:
    """Check a body as strictly as the service does; `clip` gives the bytes of a file of the key, by name.

    Raises `Refused` at the first thing that is wrong.
    """
    for name in sorted(set(body) - TOP):
        raise Refused(400, f"Unknown parameter `{name}`.")
    model = body.get("model")
    rule = OMNI.get(model) if isinstance(model, str) else None
    if rule is None or not isinstance(model, str):
        raise Refused(404, f"models/{model} is not found, or does not support interactions.")
    if body.get("stream"):
        raise unsupported("stream")
    prompt, images, videos = _input(body.get("input"), clip)
    if previous := body.get("previous_interaction_id"):
        videos = [_found(clip, str(previous)), *videos]
    task = _task(body.get("generation_config", {}), images, videos)
    wanted = _format(body.get("response_format", {}), rule)
    source = Source(videos[0]) if videos else None
    if source is not None and source.seconds > LONGEST_SOURCE_S:
        raise Refused(400, "Input videos may be at most 10 seconds long.")
    if not prompt.strip():
        raise Refused(400, "`input` needs a text.")
    shaped = "aspect_ratio" in wanted or source is None
    return Ordered(
        model=model,
        task=task,
        prompt=TAGS.sub("", prompt).strip(),
        background=body.get("background") is True,
        aspect=wanted.get("aspect_ratio", "16:9"),
        resolution=wanted.get("resolution", "720p"),
        delivery=wanted.get("delivery", "inline"),
        seconds=_seconds(wanted, rule) or (source.seconds if source else USUAL_SECONDS),
        size=None if shaped or source is None else source.size,
        image=images[0] if images else b"",
        video=videos[0] if videos else b"",
    )


def _input(told: object, clip: Clip) -> tuple[str, list[bytes], list[bytes]]:
    """A text, a list of parts, or a list of steps with their parts."""
    if isinstance(told, str):
        return told, [], []
    parts = [told] if isinstance(told, dict) else told
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise Refused(400, "`input` must be a text or a list.")
    if any("content" in part for part in parts):
        if any(part.get("type") != "user_input" for part in parts):
            raise Refused(400, "Only steps of the type user_input are taken.")
        parts = [inner for part in parts for inner in part["content"]]
    texts = [str(part.get("text", "")) for part in parts if part.get("type") == "text"]
    for part in parts:
        _check_part(part)
    media = {kind: [_bytes(p, clip) for p in parts if p["type"] == kind] for kind in ("image", "video")}
    if any(not image_type(content) for content in media["image"]):
        raise Refused(400, "Unable to process input image. Please retry or report.")
    if any(not is_video(content) for content in media["video"]):
        raise Refused(400, "Unable to process input video. Please retry or report.")
    return " ".join(texts), media["image"], media["video"]


def _check_part(part: Mapping[str, Any]) -> None:
    known = PART.get(str(part.get("type")))
    if known is None:
        raise Refused(400, f"`type` of a part cannot be {part.get('type')}.")
    for name in sorted(set(part) - known):
        raise Refused(400, f"Unknown parameter `{name}`.")


def _bytes(part: Mapping[str, Any], clip: Clip) -> bytes:
    if "uri" in part:
        return _found(clip, name_in(str(part["uri"])))
    try:
        return from_base64(str(part.get("data", "")))
    except MediaProblem as problem:
        raise Refused(400, f"`data`: {problem}") from None


def _found(clip: Clip, name: str) -> bytes:
    content = clip(name)
    if not content:
        raise Refused(403, f"You do not have permission to access the File {name} or it may not exist.")
    return content


def _task(config: object, images: list[bytes], videos: list[bytes]) -> str:
    if not isinstance(config, dict):
        raise Refused(400, "`generation_config` must be an object.")
    for name in sorted(set(config) - CONFIG):
        raise unsupported(name)
    told = (config.get("video_config") or {}).get("task")
    if told is None:
        return "edit" if videos else "image_to_video" if images else "text_to_video"
    if told not in TASKS:
        raise Refused(400, f"`task` cannot be {told}.")
    pictures, clips = TASKS[told]
    if len(images) not in pictures or len(videos) not in clips:
        raise Refused(400, f"The inputs do not fit the task {told}.")
    return str(told)


def _format(told: object, rule: OmniRule) -> dict[str, Any]:
    if isinstance(told, list) and len(told) == 1:
        told = told[0]
    if not isinstance(told, dict) or told.get("type", "video") != "video":
        raise Refused(400, "`response_format` must be an object of the type video.")
    for name in sorted(set(told) - FORMAT):
        raise Refused(400, f"Unknown parameter `{name}`.")
    allowed = {"aspect_ratio": ASPECTS, "resolution": tuple(rule.usd), "delivery": ("inline", "uri")}
    for name, values in allowed.items():
        if told.get(name, values[0]) not in values:
            raise Refused(400, f"`{name}` must be one of {', '.join(values)}.")
    return told


def _seconds(told: Mapping[str, Any], rule: OmniRule) -> float:
    if "duration" not in told:
        return 0.0
    # A number without its unit is refused, as in every duration of Google's.
    found = DURATION.fullmatch(told["duration"]) if isinstance(told["duration"], str) else None
    if found is None:
        raise Refused(400, "Invalid value at 'duration': it is written as seconds with an s, such as 8s.")
    seconds = float(found[1])
    if not rule.shortest <= seconds <= rule.longest:
        raise Refused(400, f"`duration` must be between {rule.shortest}s and {rule.longest}s.")
    return seconds
