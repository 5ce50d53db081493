"""From our request to the body that Veo takes on Vertex AI."""

from __future__ import annotations

from typing import Any

from providers.catalog_data import Model
from providers.contract import GenerationRequest, Media
from providers.google_body import PICTURES, inline_picture, instance_of, parameters_of
from providers.media import unsupported

LABEL = "Google Veo"
_SUFFIXES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}


def body_of(model: Model, request: GenerationRequest, storage_uri: str) -> dict[str, Any]:
    """The JSON of :predictLongRunning. Without `storage_uri` the clip comes back inside an answer.

    https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation
    """
    parameters = parameters_of(model, request)
    if model.audio != "none":
        # The reference calls it required for Veo 3; sound is what its price is named for.
        parameters["generateAudio"] = True if request.audio is None else request.audio
    if request.seed is not None:
        parameters["seed"] = request.seed
    if storage_uri:
        parameters["storageUri"] = storage_uri
    return {
        "instances": [instance_of(request, _picture, "asset")],
        "parameters": parameters | dict(request.extra),
    }


def _picture(field: str, media: Media) -> dict[str, str]:
    """As bytes, or as the address of an object in a bucket."""
    if not media.url.startswith("gs://"):
        return inline_picture(field, media, LABEL)
    guessed = next((kind for end, kind in _SUFFIXES.items() if media.url.lower().endswith(end)), "")
    content_type = media.content_type or guessed
    if content_type not in PICTURES:
        raise unsupported(field, f"{LABEL} takes pictures as JPEG, PNG or WebP only.")
    return {"gcsUri": media.url, "mimeType": content_type}
