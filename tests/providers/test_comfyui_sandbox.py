"""Our own ComfyUI adapter over a real connection: against the sandbox, whole and broken."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any, ClassVar

import httpx
import pytest

from providers import catalog
from providers.comfyui_body import prompt_id_of
from providers.contract import GenerationRequest, JobState, Media, VideoProvider
from providers.errors import AnswerLost, JobNotFound
from tests.providers.sandbox.orders import png
from tests.providers.sandbox_cases import FORBIDDEN_PROMPT, SandboxCases
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.anyio
MODELS = [entry for entry in catalog.models() if entry.vendor == "comfyui"]
BALL = GenerationRequest(
    model="wan2.2-14b", prompt="A red ball rolls", duration_s=2, width=832, height=480, seed=7
)


class TestComfyUI(SandboxCases):
    name = "comfyui"
    path = "/comfyui"
    options: ClassVar[dict[str, Any]] = {}
    request_ = BALL
    files_expire = False

    async def test_a_forbidden_prompt_is_refused_in_the_vendors_words(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        """A server of one's own has no safety system."""
        job = await self.over(provider, (await provider.submit(replace(BALL, prompt=FORBIDDEN_PROMPT))).id)
        assert job.state is JobState.SUCCEEDED

    @pytest.mark.parametrize("entry", MODELS, ids=lambda entry: entry.id)
    @pytest.mark.parametrize("mode", ["text", "image"])
    async def test_every_shipped_workflow_passes_the_servers_checks(
        self, provider: VideoProvider, house: Sandbox, entry: catalog.Model, mode: str
    ) -> None:
        house.settings(min_seconds=60)
        frame = Media(data=png()) if mode == "image" else None
        for size in entry.modes[mode].sizes:
            asked = GenerationRequest(
                model=entry.id,
                prompt="A boat",
                negative_prompt="rain",
                seed=11,
                duration_s=entry.durations[-1],
                width=size.width,
                height=size.height,
                first_frame=frame,
            )
            await provider.submit(asked)
        (job, *_) = house.control.get("/_control/paid").json()["jobs"]
        told = house.control.get(f"/_control/jobs/{job['id']}").json()
        assert (told["prompt"], told["negative"], told["seed"]) == ("A boat", "rain", 11)
        first = entry.modes[mode].sizes[0]
        assert (told["width"], told["height"]) == (first.width, first.height)
        assert told["duration_s"] == pytest.approx(entry.durations[-1], abs=0.1)
        assert told["mode"] == ("image_to_video" if frame else "text_to_video")

    async def test_one_graphics_card_runs_one_job_at_a_time(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.settings(min_seconds=60, capacity=5)
        small = replace(BALL, model="ltxv-0.9.5", width=768, height=512)
        jobs = [await provider.submit(asked) for asked in (BALL, small)]
        assert [(await provider.poll(job.id)).state for job in jobs] == [JobState.RUNNING, JobState.QUEUED]
        assert await provider.cancel(jobs[1].id)
        with pytest.raises(JobNotFound):
            await provider.poll(jobs[1].id)
        assert (await provider.poll(jobs[0].id)).state is JobState.RUNNING
        assert await provider.cancel(jobs[0].id)
        assert (await provider.poll(jobs[0].id)).state is JobState.CANCELLED

    async def test_a_lost_answer_is_looked_up_by_our_mark(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        assert await provider.find("mark-1") is None
        house.fault("drop_after", match={"role": "creation"})
        with pytest.raises(AnswerLost, match="costs nothing"):
            await provider.submit(replace(BALL, client_token="mark-1"))
        found = await provider.find("mark-1")
        assert found is not None
        assert found.id == prompt_id_of("mark-1")
        assert (await self.over(provider, found.id)).state is JobState.SUCCEEDED

    async def test_a_repeated_order_of_one_mark_runs_again(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        """ComfyUI takes an id twice: only looking first keeps a clip from being made twice."""
        asked = replace(BALL, client_token="mark-2")
        first, second = await provider.submit(asked), await provider.submit(asked)
        assert first.id == second.id
        assert house.paid_count() == 2
        assert (await self.over(provider, first.id)).state is JobState.SUCCEEDED

    async def test_a_node_says_what_it_lacks(self, house: Sandbox) -> None:
        async with httpx.AsyncClient(base_url=house.base("comfyui")) as client:
            graph = {"1": {"class_type": "NoSuchNode", "inputs": {}}}
            answer = (await client.post("/prompt", json={"prompt": graph})).json()
            assert answer["error"]["type"] == "missing_node_type"
            graph = {"1": {"class_type": "VAELoader", "inputs": {"vae_name": "other.safetensors"}}}
            answer = (await client.post("/api/prompt", json={"prompt": graph})).json()
            assert answer["error"]["type"] == "prompt_no_outputs"
            answer = (await client.post("/prompt", json={})).json()
            assert answer["error"]["type"] == "no_prompt"
            answer = (await client.post("/prompt", json={"prompt": graph, "prompt_id": "ABC"})).json()
            assert answer["error"]["type"] == "invalid_prompt_id"

    async def test_an_upload_is_what_the_workflow_loads(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        asked = replace(BALL, first_frame=Media(data=png()))
        job = await self.over(provider, (await provider.submit(asked)).id)
        sink = io.BytesIO()
        assert (await provider.download(job.outputs[0], sink)).size > 1000
        uploads = [c for c in house.control.get("/_control/calls").json()["calls"] if "upload" in c["path"]]
        assert len(uploads) == 1
