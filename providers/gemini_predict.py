"""The format in which the Gemini API served Veo until October 2026, which other hosts may still speak."""

from __future__ import annotations

from typing import Any

from providers.catalog_data import Model
from providers.contract import GenerationRequest, Media
from providers.google_body import inline_picture, instance_of, parameters_of, size_of
from providers.media import unsupported

# The library that still spoke the format sent it under this version alone.
VERSION = "v1beta"
LABEL = "Veo on the Gemini API"
LARGE = frozenset({"1080p", "4k"})
WHOLE_S = 8


def predict_body(model: Model, request: GenerationRequest) -> dict[str, Any]:
    """The JSON of :predictLongRunning. Sound, seed and storage have no fields there."""
    _check_length(model, request)
    return {
        "instances": [instance_of(request, _picture, "asset")],
        "parameters": parameters_of(model, request) | dict(request.extra),
    }


def _check_length(model: Model, request: GenerationRequest) -> None:
    """Large pictures come in the full length only: https://ai.google.dev/gemini-api/docs/veo."""
    if (
        model.wire.get("large_is_whole")
        and request.duration_s not in {None, WHOLE_S}
        and size_of(model, request).tier in LARGE
    ):
        raise unsupported("duration_s", f"{model.label} makes clips of 1080p and 4k only {WHOLE_S} s long.")


def _picture(field: str, media: Media) -> dict[str, str]:
    return inline_picture(field, media, LABEL)
