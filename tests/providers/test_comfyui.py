"""ComfyUI: its workflows and their places, pictures, and what is sent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import catalog, registry
from providers.comfyui_body import SHIPPED, filled, prompt_id_of, values_of, workflow_of
from providers.contract import GenerationRequest, Media
from providers.errors import (
    InvalidRequest,
    NotConfigured,
    ProviderError,
    Unsupported,
    VendorUnavailable,
)
from tests.providers.comfyui_cases import BASE, BOAT, FRAME, JOB, TAKEN, comfyui, server
from tests.providers.contract_cases import ContractCases
from tests.providers.runway_cases import PIXEL
from tests.providers.wire import Vendor


class TestContract(ContractCases):
    name = "comfyui"
    options: ClassVar[dict[str, Any]] = {"api_key": "PLANTED0123456789"}
    secret = "PLANTED0123456789"
    request_ = BOAT
    job_id = JOB
    accepted: ClassVar[dict[str, Any]] = TAKEN

    @pytest.mark.parametrize("value", ["  ", "with space", "käse", "two\nlines"])
    def test_it_names_the_option_that_is_missing(self, value: str | None) -> None:
        """Without a proxy before it there is no token at all."""
        with pytest.raises(NotConfigured, match="api_key"):
            registry.load(self.name, {"api_key": value})
        assert registry.load(self.name, {"api_key": None}).name == "comfyui"


@pytest.mark.anyio
class TestCreation:
    async def test_it_fills_the_workflow_with_values_of_their_own_types(self) -> None:
        vendor = Vendor(httpx.Response(200, json=TAKEN))
        job = await comfyui(vendor).submit(replace(BOAT, negative_prompt="rain"))
        (call,) = vendor.calls
        assert (call.method, str(call.url)) == ("POST", f"{BASE}/prompt")
        assert "authorization" not in call.headers
        body = vendor.bodies[0]
        graph = body["prompt"]
        assert body["prompt_id"] == job.id == JOB
        assert set(body) == {"prompt", "prompt_id"}
        assert graph["6"]["inputs"]["text"] == "A paper boat"
        assert graph["7"]["inputs"]["text"] == "rain"
        assert graph["3"]["inputs"]["seed"] == 42
        latent = {"vae": ["39", 0], "width": 704, "height": 1280, "length": 121, "batch_size": 1}
        assert graph["55"]["inputs"] == latent
        assert graph["57"]["inputs"]["fps"] == 24
        assert "{{" not in json.dumps(graph)

    async def test_it_hands_a_picture_over_before_the_order(self) -> None:
        told = httpx.Response(200, json={"name": "other (1).png", "subfolder": "mine", "type": "input"})
        vendor = server(upload=told, prompt=httpx.Response(200, json=TAKEN))
        await comfyui(vendor, api_key="token").submit(FRAME)
        upload, order = vendor.calls
        assert upload.url.path == "/upload/image"
        assert upload.headers["authorization"] == order.headers["authorization"] == "Bearer token"
        assert b'name="image"; filename="retake_' in upload.content
        assert PIXEL in upload.content
        graph = vendor.bodies_of(1)["prompt"]
        assert graph["56"] == {"class_type": "LoadImage", "inputs": {"image": "mine/other (1).png"}}
        assert graph["55"]["inputs"]["start_image"] == ["56", 0]

    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            (httpx.Response(500), VendorUnavailable),
            (httpx.Response(413), InvalidRequest),
            (httpx.Response(200, json={}), VendorUnavailable),
        ],
    )
    async def test_it_orders_nothing_when_a_picture_is_not_taken(
        self, answer: httpx.Response, kind: type[ProviderError]
    ) -> None:
        vendor = server(upload=answer)
        with pytest.raises(kind) as caught:
            await comfyui(vendor).submit(FRAME)
        assert not caught.value.may_have_spent
        assert len(vendor.calls) == 1

    async def test_it_draws_a_seed_of_its_own_for_every_order(self) -> None:
        """ComfyUI answers from its memory what it has had before."""
        vendor = Vendor(httpx.Response(200, json=TAKEN))
        for _ in range(2):
            await comfyui(vendor).submit(replace(BOAT, seed=None))
        first, second = (body["prompt"]["3"]["inputs"]["seed"] for body in vendor.bodies)
        assert first != second

    def test_the_same_mark_is_the_same_order_and_no_mark_is_none(self) -> None:
        assert prompt_id_of("a") == prompt_id_of("a") != prompt_id_of("b")
        assert prompt_id_of("") != prompt_id_of("")
        assert prompt_id_of("a") == prompt_id_of("a").lower()

    async def test_it_lets_its_own_fields_through_and_not_ours(self) -> None:
        vendor = Vendor(httpx.Response(200, json=TAKEN))
        await comfyui(vendor).submit(replace(BOAT, extra={"front": True}))
        assert vendor.bodies[0]["front"] is True
        with pytest.raises(Unsupported):
            await comfyui(vendor).submit(replace(BOAT, extra={"prompt_id": "mine"}))

    @pytest.mark.parametrize(
        ("field", "request_"),
        [
            ("first_frame", replace(FRAME, first_frame=Media(url="https://e.example/a.png"))),
            ("first_frame", replace(FRAME, first_frame=Media(data=b"GIF89a" + bytes(40)))),
            ("last_frame", replace(FRAME, last_frame=Media(data=PIXEL))),
            ("references", replace(BOAT, references=(Media(data=PIXEL),))),
            ("audio", replace(BOAT, audio=True)),
            ("duration_s", replace(BOAT, duration_s=30)),
        ],
    )
    async def test_it_says_at_the_field_what_it_cannot(self, field: str, request_: GenerationRequest) -> None:
        vendor = Vendor(httpx.Response(200, json=TAKEN))
        with pytest.raises(Unsupported) as caught:
            await comfyui(vendor).submit(request_)
        assert field in {issue.field for issue in caught.value.issues}
        assert not vendor.calls


class TestWorkflows:
    def test_every_shipped_one_is_named_and_every_named_one_is_shipped(self) -> None:
        named = {
            file
            for entry in catalog.models()
            if entry.vendor == "comfyui"
            for file in entry.wire["workflow"].values()
        }
        assert named == {path.name for path in SHIPPED.glob("*.json")}

    @pytest.mark.parametrize("model", ["wan2.2-5b", "wan2.2-14b", "ltxv-0.9.5"])
    def test_frames_are_those_that_the_model_takes(self, model: str) -> None:
        entry = catalog.model("comfyui", model)
        for seconds in entry.durations:
            asked = GenerationRequest(model=model, prompt="x", duration_s=seconds)
            frames = values_of(entry, asked, {})["frames"]
            assert (frames - 1) % (8 if model.startswith("ltxv") else 4) == 0

    def test_what_a_prompt_holds_is_never_taken_for_a_place(self) -> None:
        told = filled({"1": {"text": "say {{prompt}} twice"}}, {"prompt": "{{seed}} {{x}}", "seed": 5})
        assert told == {"1": {"text": "say {{seed}} {{x}} twice"}}

    def test_a_place_within_a_text_is_written(self) -> None:
        assert filled({"1": {"name": "take_{{seed}}", "n": 7}}, {"seed": 5}) == {
            "1": {"name": "take_5", "n": 7}
        }

    @given(st.text())
    def test_any_words_arrive_as_they_are(self, words: str) -> None:
        assert filled({"1": {"text": "{{prompt}}"}}, {"prompt": words}) == {"1": {"text": words}}

    def test_an_unknown_place_and_a_missing_picture_are_named(self) -> None:
        with pytest.raises(NotConfigured, match="zoom"):
            filled({"1": {"text": "{{zoom}}"}}, {})
        with pytest.raises(Unsupported, match="picture"):
            filled({"1": {"image": "{{first_frame}}"}}, {"first_frame": None})

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"1": {"type": "KSampler"}}', '{"nodes": []}'])
    def test_a_file_that_is_no_workflow_is_named(self, text: str, tmp_path: Path) -> None:
        path = tmp_path / "mine.json"
        path.write_text(text, encoding="utf-8")
        own = replace(catalog.model("comfyui", "wan2.2-5b"), wire={"workflow": str(path), "fps": 24})
        with pytest.raises(NotConfigured, match=r"mine\.json"):
            workflow_of(own, BOAT)


@pytest.fixture
def own_workflow(own_models: Path, tmp_path: Path) -> str:
    """The entry of the page with a workflow of our own."""
    page = Path(__file__).parents[2] / "docs/providers/comfyui.md"
    entry = page.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    inputs = {"words": "{{prompt}}, for {{frames}}", "seed": "{{seed}}"}
    workflow = tmp_path / "our-own.json"
    workflow.write_text(json.dumps({"9": {"class_type": "Mine", "inputs": inputs}}), encoding="utf-8")
    own_models.write_text(entry.replace("/srv/retake/our-own.json", str(workflow)), encoding="utf-8")
    return "our-own"


@pytest.mark.anyio
async def test_a_workflow_of_ones_own_is_an_entry_and_a_file(own_workflow: str) -> None:
    vendor = Vendor(httpx.Response(200, json=TAKEN))
    await comfyui(vendor).submit(GenerationRequest(model=own_workflow, prompt="A boat", seed=1))
    assert vendor.bodies[0]["prompt"]["9"]["inputs"] == {"words": "A boat, for 97", "seed": 1}
    assert catalog.estimate_usd(catalog.model("comfyui", own_workflow)) == 0
