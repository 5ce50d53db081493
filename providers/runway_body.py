"""From our request to Runway's body: which endpoint, which field names, and what they may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.catalog_data import Model
from providers.contract import GenerationRequest, Media
from providers.media import as_data_uri, at_most, clip_type, fetchable_url, picture_type, refuse_priced
from providers.request_check import closest_size, mode_name

PATHS = {"text": "/v1/text_to_video", "image": "/v1/image_to_video", "video": "/v1/video_to_video"}
# What changes the price is set by its own field, or the estimate and the budget would see another clip.
PRICED = frozenset({"model", "duration", "audio", "ratio", "resolution"})

VIDEO_TYPES = frozenset({"video/mp4", "video/quicktime", "video/webm"})
MAX_URL = 2048
# As a data URI, counted in its encoded form; above it the file goes by upload.
MAX_DATA_URI = {"image": 5_000_000, "video": 16_000_000}
MAX_UPLOAD = 200_000_000


def body_of(model: Model, request: GenerationRequest, uris: Mapping[str, str]) -> dict[str, Any]:
    """The JSON of the creating call. `uris` are the addresses of the inputs by our field names."""
    refuse_priced(request.extra, PRICED)
    mode = mode_name(request)
    body: dict[str, Any] = {"model": model.id}
    if request.prompt.strip():
        body["promptText"] = request.prompt
    if request.negative_prompt:
        body["negativePrompt"] = request.negative_prompt
    body |= _shape(model, request, mode)
    if mode == "image":
        body["promptImage"] = _prompt_image(uris)
    if mode == "video":
        body |= _source(model, uris["source_video"])
    references = [uris[name] for name in sorted(uris, key=_number) if name.startswith("references.")]
    if references:
        body["references"] = [{"uri": uri} for uri in references]
    duration = request.duration_s
    if duration is None and model.duration_required:
        duration = model.default_duration
    if duration is not None:
        body["duration"] = int(duration)
    if request.audio is not None and model.audio == "optional":
        body["audio"] = request.audio
    if request.seed is not None:
        body["seed"] = request.seed
    return body | dict(request.extra)


def _source(model: Model, uri: str) -> dict[str, str]:
    """The clip to edit. Models share the idea and not its name, and some do other things with it as well."""
    how = {"mode": model.wire["video_mode"]} if "video_mode" in model.wire else {}
    return {model.wire["video"]: uri} | how


def _number(name: str) -> int:
    number = name.rpartition(".")[2]
    return int(number) if number.isdecimal() else -1


def _shape(model: Model, request: GenerationRequest, mode: str) -> dict[str, str]:
    """The size, in the words of this model: `ratio` in pixels, as an aspect or as auto_720p, `resolution`
    by name, or `targetAspectRatio` where only the shape is taken; a source may keep its own.
    """
    rules = model.modes[mode]
    if request.width is not None and request.height is not None:
        size = closest_size(rules, request.width, request.height)
    else:
        size = None if rules.shape_only else rules.sizes[0]
    if size is None:
        return {}
    if rules.shape_only:
        return {"targetAspectRatio": size.aspect}
    usual = "none" if mode == "video" else "pixels"
    words = {
        "pixels": {"ratio": f"{size.width}:{size.height}"},
        "aspect": {"ratio": size.aspect},
        "auto": {"ratio": f"auto_{size.tier}"},
        "none": {},
    }[model.wire.get("shape", {}).get(mode, usual)]
    return words | ({"resolution": size.tier} if mode in model.wire.get("resolution", ()) else {})


def _prompt_image(uris: Mapping[str, str]) -> str | list[dict[str, str]]:
    if "last_frame" not in uris:
        return uris["first_frame"]
    return [
        {"uri": uris["first_frame"], "position": "first"},
        {"uri": uris["last_frame"], "position": "last"},
    ]


def type_of(field: str, media: Media) -> str:
    """The content type of a local file, from its bytes. Raises `Unsupported` for kinds Runway refuses."""
    if field == "source_video":
        return clip_type(field, media, "Runway", VIDEO_TYPES)
    return picture_type(field, media, "Runway")


def data_uri(field: str, media: Media) -> str | None:
    """The file inlined, or None when it is too large for that and has to be uploaded."""
    content_type = type_of(field, media)
    kind = content_type.partition("/")[0]
    head = f"data:{content_type};base64,"
    if len(head) + (len(media.data) + 2) // 3 * 4 > MAX_DATA_URI[kind]:
        at_most(field, media, "Runway", MAX_UPLOAD)
        return None
    return as_data_uri(media, content_type)


def checked_url(field: str, url: str) -> str:
    """A link Runway can fetch from, or the name of an upload."""
    return url if url.startswith("runway://") else fetchable_url(field, url, "Runway", MAX_URL)
