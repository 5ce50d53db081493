"""From our request to Kling's call: the older standard names the model in the body, the newer in the path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.catalog_data import Model, Size
from providers.contract import GenerationRequest, Media
from providers.errors import NotConfigured
from providers.media import (
    as_base64,
    at_most,
    fetchable_url,
    picture_type,
    refuse_priced,
    unsupported,
)
from providers.request_check import closest_size, mode_name
from providers.sniff import image_size

PICTURES = frozenset({"image/jpeg", "image/png"})
MAX_PICTURE = {"legacy": 10_000_000, "new": 50_000_000}
LEAST_SIDE = 300
MOST_STRETCHED = 2.5
# What changes the price, or is the mark by which a lost order is found again, is set by its own field.
PRICED = frozenset({"model", "model_name", "mode", "duration", "sound", "voice_list"})
OURS = frozenset(
    {"prompt", "contents", "image", "image_tail", "image_list", "callback_url", "external_task_id"}
)
PRICED_SETTINGS = frozenset({"audio", "resolution", "duration"})
LEGACY_KINDS = ("text2video", "image2video", "multi-image2video")


@dataclass(frozen=True)
class Order:
    """The one paid call. `kind` is the older standard's part of the path, which a poll has to name again."""

    path: str
    body: dict[str, Any]
    kind: str = ""


def order_of(model: Model, request: GenerationRequest) -> Order:
    """The call for a request that the catalogue let pass. Raises `Unsupported` for what Kling rules out."""
    standard = model.wire.get("standard")
    if standard == "new":
        return _new(model, request)
    if standard == "legacy":
        return _legacy(model, request)
    raise NotConfigured(
        f"The catalogue does not say which of Kling's standards {model.label} speaks (wire.standard). "
        "Nothing was sent."
    )


# The older standard.


def _legacy(model: Model, request: GenerationRequest) -> Order:
    refuse_priced(request.extra, PRICED | OURS)
    if "cfg_scale" in request.extra and not model.wire.get("cfg_scale"):
        raise unsupported("extra", f"{model.label} takes no “cfg_scale”. Remove it.")
    mode = mode_name(request)
    size = _size(model, request)
    kind = "multi-image2video" if request.references else f"{mode}2video"
    body: dict[str, Any] = {"model_name": model.id}
    if request.prompt.strip():
        body["prompt"] = request.prompt
    if request.negative_prompt:
        body["negative_prompt"] = request.negative_prompt
    body |= _legacy_pictures(request)
    if request.audio is not None and model.audio == "optional":
        body["sound"] = "on" if request.audio else "off"
    if word := model.wire.get("modes", {}).get(size.tier):
        body["mode"] = word
    if mode == "text":
        body["aspect_ratio"] = size.aspect
    if request.duration_s is not None:
        body["duration"] = str(int(request.duration_s))
    body |= _marks(request)
    return Order(f"/v1/videos/{kind}", body | dict(request.extra), kind)


def _legacy_pictures(request: GenerationRequest) -> dict[str, Any]:
    """A last frame may stand alone; pictures of base64 carry no `data:` in front."""
    found: dict[str, Any] = {}
    if request.first_frame is not None:
        found["image"] = _picture("first_frame", request.first_frame, "legacy")
    if request.last_frame is not None:
        found["image_tail"] = _picture("last_frame", request.last_frame, "legacy")
    if request.references:
        found["image_list"] = [
            {"image": _picture(f"references.{number}", media, "legacy")}
            for number, media in enumerate(request.references)
        ]
    return found


# The newer standard.


def _new(model: Model, request: GenerationRequest) -> Order:
    settings, options = _new_extra(request.extra)
    mode, omni = mode_name(request), bool(model.wire.get("omni"))
    size = _size(model, request)
    body: dict[str, Any] = {}
    if omni or mode != "text":
        body["contents"] = _contents(model, request)
    else:
        body["prompt"] = request.prompt
    body["settings"] = _settings(model, request, mode, size) | settings
    if told := _marks(request) | options:
        body["options"] = told
    family = "omni-video" if omni else f"{mode}-to-video"
    return Order(f"/{family}/{model.id}", body)


def _new_extra(extra: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Extra options of the newer standard, which has two places for them and none beside."""
    refuse_priced(extra, PRICED | OURS)
    for name in sorted(extra):
        if name not in {"settings", "options"} or not isinstance(extra[name], Mapping):
            raise unsupported(
                "extra",
                f"Kling's newer models take extra options inside “settings” or “options”, not “{name}”.",
            )
    settings, options = dict(extra.get("settings", {})), dict(extra.get("options", {}))
    refuse_priced(settings, PRICED_SETTINGS)
    refuse_priced(options, OURS)
    return settings, options


def _settings(model: Model, request: GenerationRequest, mode: str, size: Size) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if model.wire.get("multi_shot"):
        # Left out it means true: the vendor would cut one shot of ours into several.
        found["multi_shot"] = False
    if request.audio is not None and model.audio == "optional":
        # A clip that is edited can keep its own sound and gets no new one.
        sound = "original" if mode == "video" else "native"
        found["audio"] = sound if request.audio else "off"
    found["resolution"] = size.tier
    if mode == "text":
        found["aspect_ratio"] = size.aspect
    if request.duration_s is not None:
        found["duration"] = int(request.duration_s)
    return found


def _contents(model: Model, request: GenerationRequest) -> list[dict[str, str]]:
    """Words, frames, references by the names @image_1, @image_2 … of the prompt, and the clip to edit."""
    found = [{"type": "prompt", "text": request.prompt}]
    for field, media in (("first_frame", request.first_frame), ("last_frame", request.last_frame)):
        if media is not None:
            found.append({"type": field, "url": _picture(field, media, "new")})
    if request.references and request.last_frame is not None and model.wire.get("last_frame_bare"):
        raise unsupported("references", f"{model.label} takes no reference pictures beside a last frame.")
    for number, media in enumerate(request.references):
        url = _picture(f"references.{number}", media, "new")
        found.append({"type": "refer_image", "url": url, "id": f"image_{number + 1}"})
    if request.source_video is not None:
        found.append({"type": "base_video", "url": _clip(request.source_video), "id": "video_1"})
    return found


# Both.


def _marks(request: GenerationRequest) -> dict[str, str]:
    """Our own mark, which is unique to Kling and finds the job again, and where to call back."""
    marks = {"callback_url": request.webhook_url, "external_task_id": request.client_token}
    return {name: value for name, value in marks.items() if value}


def _size(model: Model, request: GenerationRequest) -> Size:
    """The listed size: the one asked for, else the first at which the rest of the request can be made.

    Raises `Unsupported` where sound or a last frame is made at other resolutions only.
    """
    rules, wire = model.modes[mode_name(request)], model.wire
    _check_last_frame(model, request)
    narrowed = [
        ("audio", request.audio is True and rules.name != "video", "audio_tiers", "makes sound"),
        ("last_frame", request.last_frame is not None, "last_frame_tiers", "takes a last frame"),
    ]
    tiers = {size.tier for size in rules.sizes}
    for field, asked, fact, does in narrowed:
        if asked and fact in wire:
            tiers &= set(wire[fact])
            if request.width is not None and _asked(model, request).tier not in wire[fact]:
                raise unsupported(field, f"{model.label} {does} only at {' and '.join(wire[fact])}.")
    if request.width is not None:
        return _asked(model, request)
    return next(size for size in rules.sizes if size.tier in tiers)


def _asked(model: Model, request: GenerationRequest) -> Size:
    rules = model.modes[mode_name(request)]
    return closest_size(rules, request.width or 0, request.height or 0) or rules.sizes[0]


def _check_last_frame(model: Model, request: GenerationRequest) -> None:
    if request.last_frame is None:
        return
    if request.audio is True and model.wire.get("last_frame_silent"):
        raise unsupported("audio", f"{model.label} makes no sound with a last frame. Switch the sound off.")
    lengths = model.wire.get("last_frame_durations")
    if lengths and request.duration_s is not None and request.duration_s not in lengths:
        words = " or ".join(f"{length:g}" for length in lengths)
        raise unsupported("duration_s", f"{model.label} makes clips of {words} s with a last frame.")


def _picture(field: str, media: Media, standard: str) -> str:
    """A link, or the bytes as bare base64."""
    if media.url:
        return fetchable_url(field, media.url, "Kling")
    picture_type(field, media, "Kling", PICTURES)
    at_most(field, media, "Kling", MAX_PICTURE[standard])
    size = image_size(media.data)
    if size is not None and (min(size) < LEAST_SIDE or max(size) > MOST_STRETCHED * min(size)):
        raise unsupported(
            field,
            f"The picture has {size[0]} × {size[1]} pixels. Kling takes pictures of at least {LEAST_SIDE} on "
            "each side, and no side more than two and a half times the other.",
        )
    return as_base64(media)


def _clip(media: Media) -> str:
    if not media.url:
        raise unsupported(
            "source_video",
            "Kling takes a clip to edit only as a link that it can fetch, and this one is a file here. "
            "Put the clip where Kling can reach it, or choose a model that takes files.",
        )
    return fetchable_url("source_video", media.url, "Kling")
