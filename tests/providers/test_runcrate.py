"""Runcrate: ordering a clip as its SDK does, and refusing what it cannot express."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from providers import catalog
from providers.contract import GenerationRequest, JobState, Media
from providers.errors import (
    NotConfigured,
)
from tests.providers.contract_cases import ContractCases, refused_unsent
from tests.providers.runcrate_cases import HILLS, JOB, LINK, runcrate, taken
from tests.providers.runway_cases import PIXEL
from tests.providers.wire import Vendor, answer_of, own_headers, recorded


class TestContract(ContractCases):
    name = "runcrate"
    options: ClassVar[dict[str, Any]] = {"api_key": "rc_live_PLANTED0123456789"}
    secret = "rc_live_PLANTED0123456789"
    request_ = HILLS
    accepted: ClassVar[dict[str, Any]] = {"id": JOB, "status": "queued"}


async def body_of(request: GenerationRequest) -> dict[str, Any]:
    vendor = Vendor(taken())
    await runcrate(vendor).submit(request)
    body: dict[str, Any] = vendor.bodies[0]
    return body


OWN = """
[[models]]
id = "wan"
vendor = "runcrate"
label = "Wan 2.1"
durations = [5]
default_duration = 5
audio = "none"
prompt_limit = 1000
prompt_unit = "chars"
prices = [{ usd_per_second = "0.10" }]
wire = { SLUG }
sources = [{ what = "all", mark = "unverified", where = "our own", date = 2026-11-20 }]
[models.modes.text]
sizes = [{ aspect = "16:9", size = [832, 480] }]
"""


@pytest.mark.anyio
class TestCreation:
    async def test_it_sends_what_the_sdk_sends(self) -> None:
        entry = recorded("runcrate", "create")
        vendor = Vendor(answer_of(entry))
        job = await runcrate(vendor).submit(HILLS)
        (call,) = vendor.calls
        assert (call.method, str(call.url)) == ("POST", "https://api.runcrate.ai/v1/videos")
        assert vendor.bodies == [entry["body"]]
        assert isinstance(vendor.bodies[0]["duration"], int)
        assert own_headers(call, {"Authorization", "Content-Type"}) == {
            name: entry["headers"][name] for name in ("Authorization", "Content-Type")
        }
        assert (job.id, job.state, job.cost_usd, job.poll_after_s) == (JOB, JobState.QUEUED, None, 5)

    async def test_it_always_says_the_length_because_it_sets_the_price(self) -> None:
        body = await body_of(GenerationRequest(model="kling-v3", prompt="Rain"))
        assert body["duration"] == catalog.model("runcrate", "kling-v3").default_duration
        assert "aspect_ratio" not in body

    async def test_it_asks_for_a_shape_and_not_for_pixels(self) -> None:
        body = await body_of(replace(HILLS, width=1080, height=1920))
        assert body["aspect_ratio"] == "9:16"
        assert not {"width", "height"} & set(body)

    async def test_it_hands_over_a_picture_as_a_link_or_inlined(self) -> None:
        assert (await body_of(replace(HILLS, first_frame=LINK)))["image"] == LINK.url
        body = await body_of(replace(HILLS, first_frame=Media(data=PIXEL)))
        assert body["image"] == "data:image/png;base64," + base64.b64encode(PIXEL).decode()

    async def test_it_passes_extra_options_on(self) -> None:
        body = await body_of(replace(HILLS, extra={"control_image": LINK.url, "width": 1920}))
        assert (body["control_image"], body["width"]) == (LINK.url, 1920)

    async def test_a_house_names_models_and_slugs_of_its_own(self, own_models: Path) -> None:
        own_models.write_text(OWN.replace("SLUG", 'slug = "wan-ai/Wan2.1-T2V-14B"'), encoding="utf-8")
        body = await body_of(GenerationRequest(model="wan", prompt="Rain", width=832, height=480))
        assert body["model"] == "wan-ai/Wan2.1-T2V-14B"
        assert (body["aspect_ratio"], body["width"], body["height"]) == ("16:9", 832, 480)

    async def test_the_file_that_the_page_shows_is_a_good_one(self, own_models: Path) -> None:
        page = Path(__file__).parents[2] / "docs/providers/runcrate.md"
        example = page.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
        own_models.write_text(example, encoding="utf-8")
        body = await body_of(GenerationRequest(model="seedance", prompt="Rain", width=720, height=1280))
        assert body == {
            "model": "the/slug-of-your-dashboard",
            "prompt": "Rain",
            "duration": 5,
            "aspect_ratio": "9:16",
        }

    async def test_it_says_that_a_model_has_no_slug(self, own_models: Path) -> None:
        own_models.write_text(OWN.replace("SLUG", ""), encoding="utf-8")
        vendor = Vendor(taken())
        with pytest.raises(NotConfigured, match="slug"):
            await runcrate(vendor).submit(GenerationRequest(model="wan", prompt="Rain"))
        assert not vendor.calls

    @pytest.mark.parametrize(
        "entry", [one for one in catalog.models() if one.vendor == "runcrate"], ids=lambda one: one.id
    )
    async def test_every_model_has_a_slug_of_its_maker(self, entry: catalog.Model) -> None:
        sound = {"always": True, "none": False}[entry.audio]
        body = await body_of(GenerationRequest(model=entry.id, prompt="Rain", audio=sound))
        maker, _, name = body["model"].partition("/")
        assert maker
        assert name


UNSUPPORTED: list[tuple[str, GenerationRequest]] = [
    ("prompt", replace(HILLS, prompt="")),
    ("negative_prompt", replace(HILLS, negative_prompt="rain")),
    ("duration_s", replace(HILLS, duration_s=5)),
    ("size", replace(HILLS, width=1000, height=1000)),
    ("seed", replace(HILLS, seed=1)),
    ("audio", replace(HILLS, audio=True)),
    ("audio", replace(HILLS, model="veo-3-audio", audio=False)),
    ("last_frame", replace(HILLS, last_frame=LINK)),
    ("references", replace(HILLS, references=(LINK,))),
    ("source_video", replace(HILLS, source_video=Media(url="https://e.example/a.mp4"))),
    ("first_frame", replace(HILLS, first_frame=Media(url="http://e.example/a.png"))),
    ("first_frame", replace(HILLS, first_frame=Media(data=b"GIF89a" + bytes(40)))),
    ("extra", replace(HILLS, extra={"duration": 60})),
    ("extra", replace(HILLS, extra={"duration_seconds": 60})),
]


@pytest.mark.anyio
class TestWhatItCannotExpress:
    @pytest.mark.parametrize(("field", "request_"), UNSUPPORTED)
    async def test_it_says_so_at_the_field_and_sends_nothing(
        self, field: str, request_: GenerationRequest
    ) -> None:
        vendor = Vendor(taken())
        await refused_unsent(vendor, runcrate(vendor), request_, field)
