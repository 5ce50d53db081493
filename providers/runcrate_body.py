"""From our request to Runcrate's body: the maker's model by its slug, the shape, a picture to start from."""

from __future__ import annotations

from typing import Any

from providers.catalog_data import Model
from providers.contract import GenerationRequest, Media
from providers.errors import NotConfigured
from providers.media import as_data_uri, fetchable_url, picture_type, refuse_priced
from providers.request_check import closest_size, mode_name

# What has a field of its own here, by every name that one of Runcrate's pages gives it.
PRICED = frozenset({"model", "prompt", "duration", "duration_seconds", "aspect_ratio", "image", "image_url"})


def body_of(model: Model, request: GenerationRequest) -> dict[str, Any]:
    """The JSON of the creating call. Raises `Unsupported` for what it cannot say."""
    refuse_priced(request.extra, PRICED)
    body: dict[str, Any] = {"model": _slug(model), "prompt": request.prompt}
    duration = request.duration_s
    if duration is None and model.duration_required:
        duration = model.default_duration
    if duration is not None:
        # Whole, as the vendor's page has it; its own client sends the same number as a decimal.
        body["duration"] = int(duration)
    body |= _shape(model, request)
    if request.first_frame is not None:
        body["image"] = _picture(request.first_frame)
    return body | dict(request.extra)


def _slug(model: Model) -> str:
    """The name by which Runcrate knows the model; an own catalogue file can say another one."""
    slug = model.wire.get("slug")
    if not isinstance(slug, str) or not slug:
        raise NotConfigured(
            f"The catalogue has no slug of {model.label} at Runcrate. An admin can add it in an own "
            "catalogue file (wire = { slug = … }). Nothing was sent."
        )
    return slug


def _shape(model: Model, request: GenerationRequest) -> dict[str, Any]:
    """The shape, and the pixels too where the catalogue says that they count for this model."""
    if request.width is None or request.height is None:
        return {}
    rules = model.modes[mode_name(request)]
    size = closest_size(rules, request.width, request.height)
    if size is None:
        return {}
    pixels = {} if rules.shape_only else {"width": size.width, "height": size.height}
    return {"aspect_ratio": size.aspect, **pixels}


def _picture(frame: Media) -> str:
    if frame.url:
        return fetchable_url("first_frame", frame.url, "Runcrate")
    return as_data_uri(frame, picture_type("first_frame", frame, "Runcrate"))
