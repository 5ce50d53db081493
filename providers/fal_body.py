"""From our request to the input of a fal endpoint. The catalogue's `wire` says everything about a model:

seconds = "{}s"            how a length is written; without it as a number
frames_per_second = 16     for endpoints that count frames: seconds times this, and one more
resolutions = {…}          fal's name for a tier, where it is another than ours
[text] [image] [frames] [references]
                           one endpoint each: for words, a first frame, a first and a last, pictures
    app                    its name
    fields                 our word for a thing and fal's field for it; what is not named cannot be asked
    always                 fields that are sent with every order
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.catalog_data import Mode, Model, Size
from providers.contract import GenerationRequest
from providers.media import refuse_priced, unsupported
from providers.request_check import closest_size, mode_name

# What changes the price has a field of its own. More of it is known by name than the catalogue uses.
PRICED = frozenset(
    {"duration", "resolution", "generate_audio", "num_frames", "frames_per_second", "fps", "multi_prompt",
     "voice_ids", "pro_mode"}
)  # fmt: skip


def order_of(
    model: Model, request: GenerationRequest, addresses: Mapping[str, str]
) -> tuple[str, dict[str, Any]]:
    """The endpoint's name and its input. `addresses` are those of the pictures, by our field names.

    Raises `Unsupported` for what this endpoint of the model has no field for.
    """
    wire = _endpoint(model, request)
    fields: Mapping[str, str] = wire["fields"]
    refuse_priced(request.extra, PRICED | {"prompt"} | _priced(fields))
    body: dict[str, Any] = {"prompt": request.prompt} if request.prompt.strip() else {}
    mode = model.modes[mode_name(request)]
    for word, value in _asked(model, mode, request, addresses).items():
        if word in fields:
            body[fields[word]] = value
        elif word not in {"duration", "frames", "aspect", "resolution"}:
            raise unsupported(word, f"{model.label} cannot take this together with such pictures.")
    return wire["app"], {**wire.get("always", {}), **body, **request.extra}


def _endpoint(model: Model, request: GenerationRequest) -> Mapping[str, Any]:
    kind = mode_name(request)
    if kind == "image" and request.last_frame is not None and "frames" in model.wire:
        kind = "frames"
    elif request.references and "references" in model.wire:
        kind = "references"
    endpoint: Mapping[str, Any] = model.wire[kind]
    return endpoint


def _priced(fields: Mapping[str, str]) -> set[str]:
    return {fields[word] for word in ("duration", "frames", "resolution", "audio", "fps") if word in fields}


def _asked(
    model: Model, mode: Mode, request: GenerationRequest, addresses: Mapping[str, str]
) -> dict[str, Any]:
    """What is asked for by our words. The length and the resolution set the price and are never left open."""
    asked: dict[str, Any] = dict(_length(model, request))
    size = _size(mode, request)
    if mode.name == "text" or request.width is not None:
        asked["aspect"] = size.aspect
    if size.tier:
        asked["resolution"] = model.wire.get("resolutions", {}).get(size.tier, size.tier)
    if request.negative_prompt:
        asked["negative_prompt"] = request.negative_prompt
    if request.seed is not None:
        asked["seed"] = request.seed
    if request.fps is not None:
        asked["fps"] = int(request.fps)
    if request.audio is not None and model.audio == "optional":
        asked["audio"] = request.audio
    asked |= {field: addresses[field] for field in ("first_frame", "last_frame") if field in addresses}
    if request.references:
        asked["references"] = [addresses[f"references.{n}"] for n in range(len(request.references))]
    return asked


def _length(model: Model, request: GenerationRequest) -> dict[str, Any]:
    seconds = request.duration_s or model.default_duration
    if seconds is None:
        return {}
    rate = model.wire.get("frames_per_second")
    if rate:
        return {"frames": int(seconds * rate) + 1}
    written = model.wire.get("seconds")
    return {"duration": written.format(int(seconds)) if written else int(seconds)}


def _size(mode: Mode, request: GenerationRequest) -> Size:
    if request.width is not None and request.height is not None:
        return closest_size(mode, request.width, request.height) or mode.sizes[0]
    return mode.sizes[0]
