"""From our request to a workflow that ComfyUI runs: a file in its API format with our values in it."""

from __future__ import annotations

import json
import re
import secrets
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from providers.catalog_data import Model
from providers.contract import GenerationRequest
from providers.errors import NotConfigured
from providers.media import unsupported
from providers.request_check import closest_size, mode_name

SHIPPED = Path(__file__).with_name("comfyui_workflows")
PLACE = re.compile(r"\{\{([a-z_]+)\}\}")
# Any fixed one does: the same mark of ours always gives the same id.
_NAMESPACE = uuid.UUID("7d1f7f5e-0a52-4c0e-9c1b-6a2f3f0f4b11")
_SEEDS = 2**32


def prompt_id_of(client_token: str) -> str:
    """ComfyUI's id of the order with this mark of ours: a lower-case UUID, as it asks for."""
    return str(uuid.uuid5(_NAMESPACE, client_token)) if client_token else str(uuid.uuid4())


def workflow_of(model: Model, request: GenerationRequest) -> dict[str, Any]:
    """The model's workflow for this way of asking, as it is kept: with the places for our values.

    `wire.workflow` is a file's name for every way, or a table of one for each of text and image: one of the
    shipped, or an own by its whole path. Raises `NotConfigured` for a file that is no workflow.
    """
    named = model.wire["workflow"]
    name = named[mode_name(request)] if isinstance(named, Mapping) else named
    path = SHIPPED / name
    try:
        graph = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise NotConfigured(
            f"The workflow of {model.label}, {path.name}, cannot be read. Nothing was sent."
        ) from None
    nodes = graph.values() if isinstance(graph, dict) else []
    if not nodes or not all(isinstance(node, dict) and "class_type" in node for node in nodes):
        raise NotConfigured(
            f"The workflow of {model.label}, {path.name}, is not in ComfyUI's API format. Export it there "
            "with “Export (API)”. Nothing was sent."
        )
    return dict(graph)


def filled(graph: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The workflow with `values` in its places. A text that is nothing but a place takes the value's type.

    Raises `NotConfigured` for a place that nothing is known of, `Unsupported` for a picture that is missing.
    """
    return {name: _filled(node, values) for name, node in graph.items()}


def _filled(part: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(part, dict):
        return {key: _filled(value, values) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, values) for value in part]
    if not isinstance(part, str):
        return part
    whole = PLACE.fullmatch(part)
    if whole:
        return _value(whole[1], values)
    # One pass: what somebody has written into a prompt is never taken for a place.
    return PLACE.sub(lambda found: str(_value(found[1], values)), part)


def _value(name: str, values: Mapping[str, Any]) -> Any:
    if name not in values:
        raise NotConfigured(f"The workflow has a place {{{{{name}}}}} that is unknown. Nothing was sent.")
    if values[name] is None:
        raise unsupported(name, "This workflow starts from a picture. Choose one.")
    return values[name]


def values_of(model: Model, request: GenerationRequest, pictures: Mapping[str, str]) -> dict[str, Any]:
    """What the places of a workflow stand for. `pictures` are the names of the uploaded, by our fields."""
    mode = model.modes[mode_name(request)]
    size = mode.sizes[0]
    if request.width is not None and request.height is not None:
        size = closest_size(mode, request.width, request.height) or size
    fps = request.fps or model.wire["fps"]
    seconds = request.duration_s or model.default_duration or 0
    return {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        # ComfyUI answers an order it has had before from its memory: without a seed each must have its own.
        "seed": secrets.randbelow(_SEEDS) if request.seed is None else request.seed,
        "width": size.width,
        "height": size.height,
        "fps": fps,
        # The models count one frame more, the first: 4 n + 1 or 8 n + 1 of them.
        "frames": int(seconds * fps) + 1,
        "first_frame": pictures.get("first_frame"),
        "last_frame": pictures.get("last_frame"),
    }
