"""The catalogue promises nothing that the sandbox refuses, and names the same price."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from providers import catalog
from providers.catalog_data import Model
from providers.contract import GenerationRequest, Media
from providers.media import inputs_of
from providers.runway_body import PATHS, body_of
from providers.sandbox.runway_media import Library
from providers.sandbox.runway_order import estimate
from providers.sandbox.runway_rules import Check, facts
from providers.sandbox.store import Store
from tests.providers.sandbox.orders import data_uri, png

ALIVE = [model for model in catalog.models() if model.vendor == "runway" and not model.retired]
# What the sandbox takes for a clip: the opening of any MP4.
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(600)
MEDIA = {"image": {"first_frame": Media(data=png())}, "video": {"source_video": Media(data=MP4)}}
PICTURE, CLIP = data_uri(png()), data_uri(MP4, "video/mp4")


def uris_of(request: GenerationRequest) -> dict[str, str]:
    """What every input is handed over as."""
    return {name: CLIP if name == "source_video" else PICTURE for name in inputs_of(request)}


def requests(model: Model) -> Iterator[tuple[str, GenerationRequest]]:
    """One request for every mode, size and duration that the catalogue lists."""
    for name, mode in model.modes.items():
        for size in mode.sizes:
            for seconds in (model.durations if mode.durations is None else mode.durations) or (None,):
                wish: dict[str, Any] = {"width": size.width, "height": size.height, "duration_s": seconds}
                wish |= MEDIA.get(name, {})
                wish["references"] = (Media(data=png()),) * mode.max_references
                if model.seed:
                    wish["seed"] = model.seed[1]
                if name == "image" and mode.last_frame:
                    wish["last_frame"] = Media(data=png())
                prompt = "x" * model.prompt_limit
                yield name, GenerationRequest(model=model.id, prompt=prompt, **wish)


@pytest.mark.parametrize("model", ALIVE, ids=lambda model: model.id)
def test_it_takes_all_that_the_catalogue_promises(model: Model, tmp_path: Path) -> None:
    library, tried = Library(Store(tmp_path), "key"), 0
    for mode, request in requests(model):
        body = body_of(model, request, uris_of(request))
        check = Check(PATHS[mode].rpartition("/")[2], library)
        check.body(body)
        assert check.issues == [], body
        if request.duration_s is not None:
            size = (request.width or 0, request.height or 0)
            dollars = catalog.estimate_usd(model, request.duration_s, size)
            assert dollars == Decimal(estimate(model.id, body, request.duration_s, size)) / 100
        tried += 1
    assert tried


def test_it_refuses_a_prompt_one_letter_over_the_catalogues_limit(tmp_path: Path) -> None:
    library = Library(Store(tmp_path), "key")
    limits = {name: known["prompt_utf16"] for name, known in facts()["models"].items()}
    for model in (model for model in ALIVE if limits[model.id] is not None):
        mode, request = next(requests(model))
        body = body_of(model, request, uris_of(request)) | {"promptText": "x" * (model.prompt_limit + 1)}
        check = Check(PATHS[mode].rpartition("/")[2], library)
        check.body(body)
        assert [issue["code"] for issue in check.issues] == ["too_big"], model.id
