"""fal: creating a job as its own client does, refusing what it cannot express, and adding a model."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

from providers import catalog
from providers.contract import GenerationRequest, JobState, Media
from providers.errors import (
    AnswerLost,
    AuthFailed,
    ContentRefused,
    InvalidRequest,
    NotConfigured,
    OutOfCredit,
    ProviderError,
)
from providers.fal import MAX_PICTURE
from providers.sandbox.fal_rules import Input, endpoints
from tests.providers.contract_cases import ContractCases, refused_unsent
from tests.providers.fal_cases import BASE, CHEAP, JOB, PICTURE, REQUEST, VEO, fal, listed, queued
from tests.providers.runway_cases import PIXEL
from tests.providers.wire import Vendor, answer_of, own_headers, recorded

MODELS = [entry for entry in catalog.models() if entry.vendor == "fal"]
PAGE = Path(__file__).parents[2] / "docs/providers/fal.md"


class TestContract(ContractCases):
    name = "fal"
    options: ClassVar[dict[str, Any]] = {"api_key": "id-PLANTED:secret-PLANTED-0123456789"}
    secret = "secret-PLANTED-0123456789"
    request_ = VEO
    job_id = JOB
    accepted: ClassVar[dict[str, Any]] = queued().json()
    limited: ClassVar[dict[str, Any]] = {"detail": "Too many requests"}


async def sent(request: GenerationRequest) -> tuple[str, dict[str, Any]]:
    vendor = Vendor(queued())
    await fal(vendor).submit(request)
    return vendor.calls[0].url.path.removeprefix("/"), vendor.bodies[0]


@pytest.mark.anyio
class TestCreation:
    async def test_it_sends_what_fals_client_sends(self) -> None:
        entry = recorded("fal", "submit")
        vendor = Vendor(answer_of(entry))
        job = await fal(vendor).submit(replace(VEO, webhook_url="https://retake.example/hooks/fal/abc"))
        (call,) = vendor.calls
        assert (call.method, str(call.url)) == (entry["method"], BASE + entry["path"])
        assert vendor.bodies == [entry["body"]]
        assert own_headers(call, set(entry["headers"])) == entry["headers"]
        assert (job.id, job.state, job.poll_after_s) == (JOB, JobState.QUEUED, 2)
        assert job.cost_usd is None

    async def test_it_sends_the_whole_length_and_resolution_even_when_they_are_left_open(self) -> None:
        path, body = await sent(GenerationRequest(model="seedance-2.0", prompt="x"))
        assert path == "bytedance/seedance-2.0/text-to-video"
        assert body == {"prompt": "x", "duration": "5", "aspect_ratio": "16:9", "resolution": "720p"}

    async def test_it_chooses_the_endpoint_by_what_goes_along(self) -> None:
        frames = replace(VEO, first_frame=PICTURE)
        assert (await sent(frames))[0] == "fal-ai/veo3.1/image-to-video"
        path, body = await sent(replace(frames, last_frame=Media(url="https://e.example/b.png")))
        assert path == "fal-ai/veo3.1/first-last-frame-to-video"
        assert (body["first_frame_url"], body["last_frame_url"]) == (PICTURE.url, "https://e.example/b.png")
        path, body = await sent(replace(VEO, references=(PICTURE,), seed=None, duration_s=8))
        assert path == "fal-ai/veo3.1/reference-to-video"
        assert body["image_urls"] == [PICTURE.url]

    async def test_it_names_each_thing_as_the_endpoint_does(self) -> None:
        kling = GenerationRequest(
            model="kling-v2.5-turbo-pro", prompt="x", duration_s=10, first_frame=PICTURE
        )
        path, body = await sent(replace(kling, last_frame=PICTURE, negative_prompt="rain"))
        assert path == "fal-ai/kling-video/v2.5-turbo/pro/image-to-video"
        assert body == {
            "prompt": "x",
            "duration": "10",
            "negative_prompt": "rain",
            "image_url": PICTURE.url,
            "tail_image_url": PICTURE.url,
        }

    async def test_it_counts_frames_where_the_endpoint_does(self) -> None:
        _, body = await sent(GenerationRequest(model="wan-v2.2-a14b", prompt="x", duration_s=5))
        assert (body["num_frames"], body["frames_per_second"]) == (81, 16)
        assert "duration" not in body

    async def test_it_writes_a_tier_in_fals_words(self) -> None:
        big = GenerationRequest(model="ltx-2.3", prompt="x", width=3840, height=2160, fps=24)
        _, body = await sent(big)
        assert (body["resolution"], body["duration"], body["fps"]) == ("2160p", 6, 24)

    async def test_it_inlines_a_local_picture(self) -> None:
        _, body = await sent(replace(VEO, first_frame=Media(data=PIXEL)))
        assert body["image_url"] == "data:image/png;base64," + base64.b64encode(PIXEL).decode()

    async def test_it_lets_extra_options_through(self) -> None:
        _, body = await sent(replace(VEO, extra={"safety_tolerance": "2"}))
        assert body["safety_tolerance"] == "2"

    @pytest.mark.parametrize(
        "address", ["https://evil.example/x/requests/1", None, f"{BASE}/../requests/{REQUEST}", 7]
    )
    async def test_it_asks_about_a_job_under_its_own_address_alone(self, address: object) -> None:
        vendor = Vendor(queued(response_url=address))
        assert (await fal(vendor).submit(VEO)).id == JOB

    async def test_it_names_a_job_as_fals_own_address_does(self) -> None:
        vendor = Vendor(queued(response_url=f"{BASE}/workflows/me/mine/requests/{REQUEST}"))
        assert (await fal(vendor).submit(VEO)).id == f"workflows/me/mine/requests/{REQUEST}"

    async def test_an_id_that_would_change_a_path_is_a_lost_answer(self) -> None:
        with pytest.raises(AnswerLost):
            await fal(Vendor(queued(request_id="../../../secret"))).submit(VEO)


ORDERS = [
    (entry, kind)
    for entry in MODELS
    for kind in ("text", "image", "frames", "references")
    if kind in entry.wire
]


def full(entry: catalog.Model, kind: str) -> GenerationRequest:
    """An order with everything that this endpoint has a field for."""
    fields = entry.wire[kind]["fields"]
    mode = entry.modes["image" if kind in {"image", "frames"} else "text"]
    size = mode.sizes[-1]
    return GenerationRequest(
        model=entry.id,
        prompt="A boat",
        width=size.width,
        height=size.height,
        duration_s=(mode.reference_durations or entry.durations)[-1]
        if kind == "references"
        else entry.durations[-1],
        negative_prompt="rain" if "negative_prompt" in fields else "",
        seed=5 if "seed" in fields else None,
        audio=False if "audio" in fields else None,
        fps=entry.fps[0] if "fps" in fields else None,
        first_frame=PICTURE if kind in {"image", "frames"} else None,
        last_frame=PICTURE if "last_frame" in fields else None,
        references=(PICTURE,) if kind == "references" else (),
    )


@pytest.mark.anyio
@pytest.mark.parametrize(("entry", "kind"), ORDERS, ids=lambda value: getattr(value, "id", value))
async def test_every_endpoint_takes_every_field_that_the_catalogue_gives_it(
    entry: catalog.Model, kind: str
) -> None:
    """The endpoints' own types are those of fal's client, and not what the catalogue says of them."""
    app, body = await sent(full(entry, kind))
    asked = Input(app, body)
    assert asked.faults == []
    unknown = set(body) - set(endpoints()[app]["fields"])
    assert unknown == set()
    assert set(entry.wire[kind]["fields"].values()) <= set(body)
    assert asked.seconds == pytest.approx(full(entry, kind).duration_s, abs=0.1)


UNSUPPORTED: list[tuple[str, GenerationRequest]] = [
    ("duration_s", replace(VEO, duration_s=5)),
    ("size", replace(VEO, width=960, height=960)),
    ("fps", replace(VEO, fps=24)),
    ("seed", GenerationRequest(model="ray-2", prompt="x", seed=1)),
    ("seed", replace(VEO, references=(PICTURE,), duration_s=8)),
    ("negative_prompt", replace(VEO, references=(PICTURE,), duration_s=8, seed=None, negative_prompt="rain")),
    ("references", replace(VEO, references=(PICTURE,) * 4, duration_s=8)),
    ("audio", GenerationRequest(model="ray-2", prompt="x", audio=True)),
    ("last_frame", replace(CHEAP, first_frame=PICTURE, last_frame=PICTURE)),
    ("source_video", replace(VEO, source_video=Media(url="https://e.example/a.mp4"))),
    ("first_frame", replace(VEO, first_frame=Media(url="http://e.example/a.png"))),
    ("first_frame", replace(VEO, first_frame=Media(data=b"GIF89a" + bytes(40)))),
    ("first_frame", replace(VEO, first_frame=Media(data=PIXEL + bytes(MAX_PICTURE)))),
    ("extra", replace(VEO, extra={"duration": "8s"})),
    ("extra", replace(CHEAP, extra={"generate_audio_switch": True})),
    ("extra", replace(VEO, extra={"prompt": "other"})),
    ("prompt", replace(VEO, prompt="")),
]


@pytest.mark.anyio
class TestWhatItCannotExpress:
    @pytest.mark.parametrize(("field", "request_"), UNSUPPORTED)
    async def test_it_says_so_at_the_field_and_sends_nothing(
        self, field: str, request_: GenerationRequest
    ) -> None:
        vendor = Vendor(queued())
        await refused_unsent(vendor, fal(vendor), request_, field)

    def test_it_wants_both_halves_of_a_key(self) -> None:
        for half in ("only-an-id", "id:", ":secret"):
            with pytest.raises(NotConfigured, match="both halves"):
                fal(Vendor(queued()), api_key=half)


REFUSALS: list[tuple[int, Any, type[ProviderError]]] = [
    (401, {"detail": "No user found for Key ID and Secret"}, AuthFailed),
    (403, {"detail": "You have no right to this application"}, AuthFailed),
    (403, {"detail": "User is locked. Reason: Exhausted balance. Top up your balance."}, OutOfCredit),
    (404, {"detail": "Application 'x' not found"}, InvalidRequest),
    (400, {"detail": "Bad request", "error_type": "bad_request"}, InvalidRequest),
    (422, listed("missing", "prompt"), InvalidRequest),
    (422, listed("content_policy_violation", "prompt"), ContentRefused),
    (422, {"detail": [5, {"loc": 7}, {"msg": None}]}, InvalidRequest),
]


@pytest.mark.anyio
class TestRefusals:
    @pytest.mark.parametrize(("status", "body", "kind"), REFUSALS)
    async def test_it_reads_what_nothing_was_taken_for(
        self, status: int, body: Any, kind: type[ProviderError]
    ) -> None:
        with pytest.raises(kind) as caught:
            await fal(Vendor(httpx.Response(status, json=body))).submit(VEO)
        assert type(caught.value) is kind
        assert "Nothing was spent" in str(caught.value)

    async def test_it_ties_each_complaint_to_our_field(self) -> None:
        names = ["prompt", "resolution", "duration", "tail_image_url", "generate_audio_switch", "zoom"]
        body = {"detail": [{"loc": ["body", name], "msg": "wrong", "type": "one_of"} for name in names]}
        with pytest.raises(InvalidRequest, match="resolution: wrong") as caught:
            await fal(Vendor(httpx.Response(422, json=body))).submit(VEO)
        assert [issue.field for issue in caught.value.issues] == [
            "prompt", "size", "duration_s", "last_frame", "audio", "zoom",
        ]  # fmt: skip


@pytest.fixture
def one_more(own_models: Path) -> None:
    """The model that the page adds, read as the page says."""
    page = PAGE.read_text(encoding="utf-8")
    own_models.write_text(page.split("```toml\n")[1].split("```")[0], encoding="utf-8")


@pytest.mark.anyio
@pytest.mark.usefixtures("one_more")
async def test_one_more_model_is_an_entry_alone() -> None:
    entry = catalog.model("fal", "vidu-q3")
    app, body = await sent(
        GenerationRequest(
            model=entry.id, prompt="A boat", duration_s=4, width=1280, height=720, seed=3, audio=True
        )
    )
    assert app == "fal-ai/vidu/q3/text-to-video"
    assert body == {
        "prompt": "A boat",
        "duration": 4,
        "aspect_ratio": "16:9",
        "resolution": "720p",
        "seed": 3,
        "audio": True,
    }
    assert catalog.estimate_usd(entry, 4) > 0
