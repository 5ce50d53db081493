"""ComfyUI: polling, stopping, and what its nodes complain of."""

from __future__ import annotations

import json
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.contract import JobState
from providers.errors import (
    InvalidRequest,
    JobNotFound,
    ProviderError,
    Unsupported,
    VendorUnavailable,
)
from tests.providers.comfyui_cases import BASE, BOAT, FILE, JOB, comfyui, ended, history, server
from tests.providers.wire import Vendor


@pytest.mark.anyio
class TestPoll:
    @pytest.mark.parametrize(
        ("name", "state"), [("queue_running", JobState.RUNNING), ("queue_pending", JobState.QUEUED)]
    )
    async def test_the_queue_knows_what_is_not_over(self, name: str, state: JobState) -> None:
        lists: dict[str, Any] = {"queue_running": [], "queue_pending": []}
        lists[name] = [[3, "other"], [4, JOB, {}, {}, []]]
        vendor = server(queue=httpx.Response(200, json=lists))
        job = await comfyui(vendor).poll(JOB)
        assert (job.state, job.poll_after_s) == (state, 2)
        assert [call.url.path for call in vendor.calls] == [f"/history/{JOB}", "/queue"]

    @pytest.mark.parametrize("name", ["images", "gifs", "video", "whatever"])
    async def test_a_video_is_found_in_whichever_list(self, name: str) -> None:
        preview = {"filename": "p.webm", "subfolder": "", "type": "temp"}
        picture = {"filename": "p.png", "subfolder": "", "type": "output"}
        outputs = {"1": {"images": [picture, preview]}, "58": {name: [FILE], "animated": [True]}}
        vendor = server(history=history(outputs=outputs, **ended("success")))
        job = await comfyui(vendor).poll(JOB)
        assert (job.state, job.progress) == (JobState.SUCCEEDED, 1.0)
        kept, other = job.outputs
        assert kept.url == f"{BASE}/view?filename=retake_00001_.mp4&subfolder=video&type=output"
        assert (kept.content_type, other.content_type) == ("video/mp4", "video/webm")

    async def test_a_success_without_any_file_is_asked_again(self) -> None:
        with pytest.raises(VendorUnavailable):
            await comfyui(server(history=history(**ended("success")))).poll(JOB)

    async def test_a_workflow_that_saves_no_video_has_failed(self) -> None:
        outputs = {"1": {"images": [{"filename": "p.png", "type": "output"}]}}
        job = await comfyui(server(history=history(outputs=outputs, **ended("success")))).poll(JOB)
        assert (job.state, job.failure_code) == (JobState.FAILED, "no_video")

    async def test_a_failure_tells_the_nodes_words(self) -> None:
        data = {"node_type": "KSampler", "exception_message": "out of memory\n", "exception_type": "OOM"}
        entry = ended("error", ["execution_start", {}], ["execution_error", data])
        job = await comfyui(server(history=history(**entry))).poll(JOB)
        assert (job.state, job.failure_code, job.failure_words) == (
            JobState.FAILED, "OOM", "KSampler: out of memory",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("entry", "state"),
        [
            (ended("error", ["execution_interrupted", {}]), JobState.CANCELLED),
            (ended("error"), JobState.FAILED),
            (ended("resting"), JobState.UNKNOWN),
            ({"status": None}, JobState.UNKNOWN),
        ],
    )
    async def test_it_maps_the_other_ends(self, entry: dict[str, Any], state: JobState) -> None:
        assert (await comfyui(server(history=history(**entry))).poll(JOB)).state is state

    async def test_a_job_that_ends_between_the_two_questions_is_not_lost(self) -> None:
        answers = iter(
            [httpx.Response(200, json={}), history(outputs={"1": {"x": [FILE]}}, **ended("success"))]
        )
        usual = server()

        def answer(request: httpx.Request) -> httpx.Response:
            return next(answers) if "history" in request.url.path else usual._answer(request)

        assert (await comfyui(Vendor(answer)).poll(JOB)).state is JobState.SUCCEEDED

    async def test_a_server_that_was_restarted_knows_no_job(self) -> None:
        with pytest.raises(JobNotFound, match="restarted"):
            await comfyui(server()).poll(JOB)
        assert await comfyui(server()).find("mark-1") is None

    async def test_it_keeps_an_id_inside_its_path(self) -> None:
        vendor = server()
        with pytest.raises(JobNotFound):
            await comfyui(vendor).poll("../queue?x=/")
        assert vendor.calls[0].url.raw_path == b"/history/..%2Fqueue%3Fx%3D%2F"

    @given(
        told=st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        [JOB, "status", "outputs", "messages", "status_str", "queue_running", "x"]
                    ),
                    inner,
                    max_size=3,
                )
            ),
            max_leaves=10,
        )
    )
    def test_it_survives_whatever_json_comes(self, told: Any) -> None:
        async def run() -> None:
            for vendor in (
                Vendor(httpx.Response(200, json=told)),
                server(history=httpx.Response(200, json={JOB: told})),
                server(queue=httpx.Response(200, json=told)),
                Vendor(httpx.Response(400, json={"error": told, "node_errors": told})),
            ):
                try:
                    await comfyui(vendor).poll(JOB)
                except ProviderError:
                    continue

        anyio.run(run)


@pytest.mark.anyio
class TestTheRest:
    async def test_it_takes_a_waiting_job_out_of_the_queue(self) -> None:
        lists: list[dict[str, Any]] = [
            {"queue_running": [], "queue_pending": [[1, JOB]]},
            {"queue_running": [], "queue_pending": []},
        ]

        def answer(request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                assert json.loads(request.content) == {"delete": [JOB]}
                lists.pop(0)
                return httpx.Response(200)
            return httpx.Response(200, json={} if "history" in request.url.path else lists[0])

        vendor = Vendor(answer)
        assert await comfyui(vendor).cancel(JOB)
        assert "/interrupt" not in {call.url.path for call in vendor.calls}

    async def test_it_interrupts_only_the_job_that_runs(self) -> None:
        other = {"queue_running": [[1, "other"]], "queue_pending": []}
        vendor = server(queue=httpx.Response(200, json=other))
        assert not await comfyui(vendor).cancel(JOB)
        assert {call.method for call in vendor.calls} == {"GET"}
        running = server(queue=httpx.Response(200, json={"queue_running": [[1, JOB]], "queue_pending": []}))
        assert await comfyui(running).cancel(JOB)
        (post,) = [call for call in running.calls if call.method == "POST"]
        assert (post.url.path, json.loads(post.content)) == ("/interrupt", {"prompt_id": JOB})

    async def test_it_never_stops_what_is_over(self) -> None:
        vendor = server(history=history(outputs={"1": {"x": [FILE]}}, **ended("success")))
        assert not await comfyui(vendor).cancel(JOB)
        assert {call.method for call in vendor.calls} == {"GET"}

    @pytest.mark.parametrize(
        ("error", "nodes", "words"),
        [
            (
                {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation"},
                {"39": {"class_type": "VAELoader", "errors": [
                    {"message": "Value not in list", "details": "vae_name: 'x' not in ['y']"}]}},
                "Node 39 (VAELoader): Value not in list: vae_name: 'x' not in ['y'].",
            ),
            ({"type": "missing_node_type", "message": "Node 'X' not found."}, {}, "not found"),
            ({"type": "prompt_no_outputs", "message": "Prompt has no outputs"}, {}, "saves nothing"),
            ({"type": "no_prompt", "message": "No prompt provided", "details": ""}, [], "no workflow came"),
            ({"type": "invalid_prompt_id", "message": "must be a valid UUID", "details": ""}, None, "our id"),
            ("plainly wrong", {}, "plainly wrong"),
            (None, 5, "does not take the order"),
        ],
    )  # fmt: skip
    async def test_a_refusal_is_told_in_the_nodes_words(self, error: Any, nodes: Any, words: str) -> None:
        vendor = Vendor(httpx.Response(400, json={"error": error, "node_errors": nodes}))
        with pytest.raises(InvalidRequest) as caught:
            await comfyui(vendor).submit(BOAT)
        assert words in str(caught.value)

    async def test_it_says_which_server_answers_and_how_much_room_it_has(self) -> None:
        device = {"name": "cuda:0 RTX", "vram_total": 24 * 2**30, "vram_free": 20 * 2**30}
        stats = {"system": {"comfyui_version": "0.3.66"}, "devices": [device]}
        told = await comfyui(Vendor(httpx.Response(200, json=stats))).check_key()
        assert told.ok
        assert told.sentence == (
            "ComfyUI 0.3.66 answers. cuda:0 RTX: 20.0 of 24.0 GiB of its memory are free."
        )

    async def test_it_says_that_the_proxy_refuses_the_token(self) -> None:
        told = await comfyui(Vendor(httpx.Response(401))).check_key()
        assert not told.ok

    async def test_another_server_is_no_comfyui(self) -> None:
        with pytest.raises(VendorUnavailable):
            await comfyui(Vendor(httpx.Response(200, json={"hello": 1}))).check_key()

    def test_it_has_no_webhooks(self) -> None:
        with pytest.raises(Unsupported):
            comfyui(server()).read_webhook({}, b"")
