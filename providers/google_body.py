"""The body that Veo takes on both of Google's surfaces: `instances` and `parameters`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from providers.catalog_data import Model, Size
from providers.contract import GenerationRequest, Media
from providers.media import as_base64, at_most, inputs_of, picture_type, refuse_priced, unsupported
from providers.request_check import closest_size, mode_name

# What changes the price is set by its own field, or the estimate and the budget would see another clip.
PRICED = frozenset({"sampleCount", "durationSeconds", "resolution", "generateAudio"})
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})
MOST_PICTURE = 20_000_000

Picture = Callable[[str, Media], dict[str, str]]


def instance_of(request: GenerationRequest, picture: Picture, reference_type: str) -> dict[str, Any]:
    """The one instance. `picture` writes an input by our field name; references all have one type."""
    found: dict[str, Any] = {"prompt": request.prompt} if request.prompt.strip() else {}
    written = {field: picture(field, media) for field, media in inputs_of(request).items()}
    if "first_frame" in written:
        found["image"] = written["first_frame"]
    if "last_frame" in written:
        found["lastFrame"] = written["last_frame"]
    references = [image for field, image in written.items() if field.startswith("references.")]
    if references:
        found["referenceImages"] = [{"image": image, "referenceType": reference_type} for image in references]
    return found


def parameters_of(model: Model, request: GenerationRequest) -> dict[str, Any]:
    """Length, shape and what else both surfaces share; extra options come last."""
    refuse_priced(request.extra, PRICED)
    size = size_of(model, request)
    found: dict[str, Any] = {
        # More than one sample would be more than one clip to pay for.
        "sampleCount": 1,
        "durationSeconds": int(request.duration_s or model.default_duration or 8),
        "aspectRatio": size.aspect,
    }
    # Veo 2 has one resolution and refuses the field.
    if model.wire.get("resolution", True):
        found["resolution"] = size.tier
    if request.negative_prompt:
        found["negativePrompt"] = request.negative_prompt
    return found


def size_of(model: Model, request: GenerationRequest) -> Size:
    """The size that is asked for; the first listed one where it was left open."""
    mode = model.modes[mode_name(request)]
    if request.width is None or request.height is None:
        return mode.sizes[0]
    return closest_size(mode, request.width, request.height) or mode.sizes[0]


def inline_picture(field: str, media: Media, label: str) -> dict[str, str]:
    """A picture as its bytes. Raises `Unsupported` for a link, which Google does not fetch."""
    if media.url:
        raise unsupported(field, f"{label} fetches no pictures from the web. Hand the file itself in.")
    content_type = picture_type(field, media, label, PICTURES)
    at_most(field, media, label, MOST_PICTURE)
    return {"bytesBase64Encoded": as_base64(media), "mimeType": content_type}
