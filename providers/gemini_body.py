"""From our request to the body of an interaction: what Gemini Omni makes clips from.

https://ai.google.dev/gemini-api/docs/omni
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.catalog_data import Model
from providers.contract import GenerationRequest, Media
from providers.google_body import MOST_PICTURE, PICTURES, size_of
from providers.media import as_base64, at_most, clip_type, picture_type, refuse_priced, unsupported
from providers.request_check import mode_name

LABEL = "Google Gemini"
# What would change the price, or the way in which the answer comes.
PRICED = frozenset({"model", "input", "response_format", "background", "stream", "store", "service_tier"})
# The names that Google's own library knows them by.
CLIPS = {"video/mp4": "video/mp4", "video/quicktime": "video/mov", "video/webm": "video/webm"}
# Of a whole request with its files inside; above it Google wants them handed over first.
MOST_INLINE = 20_000_000


def body_of(model: Model, request: GenerationRequest, own_origin: str) -> dict[str, Any]:
    """The JSON of POST /interactions. In the background, or the call would last as long as the work."""
    refuse_priced(request.extra, PRICED)
    extra = dict(request.extra)
    config = extra.pop("generation_config", {})
    if not isinstance(config, Mapping) or "video_config" in config:
        raise unsupported("extra", "The extra option “generation_config” must be an object without a task.")
    return {
        "model": model.id,
        "input": _input(request, own_origin),
        "background": True,
        "generation_config": {**config, "video_config": {"task": _task(request)}},
        "response_format": _format(model, request),
        **extra,
    }


def _task(request: GenerationRequest) -> str:
    if request.source_video is not None:
        return "edit"
    if request.first_frame is not None:
        return "image_to_video"
    return "reference_to_video" if request.references else "text_to_video"


def _format(model: Model, request: GenerationRequest) -> dict[str, str]:
    """Length, shape and resolution; an edit keeps what its clip has unless another shape is asked for."""
    found = {"type": "video", "delivery": "uri"}
    editing = mode_name(request) == "video"
    if not editing or request.width is not None:
        size = size_of(model, request)
        found |= {"aspect_ratio": size.aspect, "resolution": size.tier}
    if not editing:
        # A number without its unit is refused.
        found["duration"] = f"{int(request.duration_s or model.default_duration or 8)}s"
    return found


def _input(request: GenerationRequest, own_origin: str) -> str | list[dict[str, Any]]:
    parts: list[dict[str, str]] = []
    if request.source_video is not None:
        parts.append(_clip(request.source_video, own_origin))
    frames = {"first_frame": request.first_frame, "last_frame": request.last_frame}
    pictures = {field: media for field, media in frames.items() if media is not None}
    pictures |= {f"references.{number}": media for number, media in enumerate(request.references)}
    parts += [_picture(field, media, own_origin) for field, media in pictures.items()]
    if not parts:
        return request.prompt
    if sum(len(part.get("data", "")) for part in parts) > MOST_INLINE:
        sentence = (
            f"The files together are larger than the {MOST_INLINE / 1_000_000:g} MB that {LABEL} takes."
        )
        raise unsupported(next(iter(pictures), "source_video"), sentence)
    words = {"type": "text", "text": _tagged(request)}
    return [{"type": "user_input", "content": [*parts, words]}]


def _tagged(request: GenerationRequest) -> str:
    """The prompt, with the tags that bind the pictures to their places in front of it.

    Without them the model decides for itself what a picture is for. Whoever writes tags is left alone.
    """
    if request.first_frame is None or "<FIRST_FRAME>" in request.prompt:
        return request.prompt
    tags = "<FIRST_FRAME>" if request.last_frame is None else "<FIRST_FRAME> <LAST_FRAME>"
    return f"{tags} {request.prompt}".strip()


def _picture(field: str, media: Media, own_origin: str) -> dict[str, str]:
    if media.url:
        return {"type": "image", "uri": _own(field, media, own_origin)}
    content_type = picture_type(field, media, LABEL, PICTURES)
    at_most(field, media, LABEL, MOST_PICTURE)
    return {"type": "image", "mime_type": content_type, "data": as_base64(media)}


def _clip(media: Media, own_origin: str) -> dict[str, str]:
    if media.url:
        return {"type": "video", "uri": _own("source_video", media, own_origin)}
    content_type = clip_type("source_video", media, LABEL, frozenset(CLIPS))
    at_most("source_video", media, LABEL, MOST_INLINE)
    return {"type": "video", "mime_type": CLIPS[content_type], "data": as_base64(media)}


def _own(field: str, media: Media, own_origin: str) -> str:
    """The address of a file that was handed to Google before; it fetches no others."""
    if not media.url.startswith(f"{own_origin}/"):
        raise unsupported(field, f"{LABEL} fetches no files from the web. Hand the file itself in.")
    return media.url
