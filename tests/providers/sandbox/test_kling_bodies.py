"""The sandbox's Kling: which bodies of either standard are refused, and which are taken."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.providers.kling_cases import PICTURE
from tests.providers.sandbox.kling_client import OLD, calling, plain
from tests.providers.sandbox.orders import png
from tests.sandbox_server import Sandbox

BARE = base64.b64encode(PICTURE).decode()
LINK = "https://e.example/a.png"
CLIP = "https://e.example/a.mp4"
SHOTS = [{"index": 1, "prompt": "a", "duration": "2"}, {"index": 2, "prompt": "b", "duration": "3"}]


@pytest.fixture
def client(house: Sandbox) -> Iterator[httpx.Client]:
    with calling(house) as client:
        yield client


def words(*contents: dict[str, str], **settings: Any) -> dict[str, Any]:
    """A body with contents, which always begin with the prompt."""
    return {"contents": [{"type": "prompt", "text": "A red ball rolls"}, *contents], "settings": settings}


def entry(kind: str, url: str = LINK, **more: str) -> dict[str, str]:
    return {"type": kind, "url": url, **more}


OLD_WRONG: list[tuple[str, dict[str, Any]]] = [
    ("text2video", {"duration": 5}),
    ("text2video", {"duration": "7"}),
    ("text2video", {"prompt": ""}),
    ("text2video", {"prompt": "x" * 2501}),
    ("text2video", {"mode": "4k"}),
    ("text2video", {"sound": "on"}),
    ("text2video", {"sound": True}),
    ("text2video", {"aspect_ratio": "4:3"}),
    ("text2video", {"cfg_scale": 0.5}),
    ("text2video", {"model_name": "kling-v2-5-turbo", "sound": "off"}),
    ("text2video", {"model_name": "kling-v1-5"}),
    ("text2video", {"model_name": "kling-v1-6", "cfg_scale": 2}),
    ("text2video", {"multi_shot": True}),
    ("text2video", {"model_name": "kling-v3", "multi_shot": True}),
    (
        "text2video",
        {"model_name": "kling-v3", "multi_shot": True, "shot_type": "customize", "multi_prompt": SHOTS[:1]},
    ),
    ("text2video", {"camera_control": {"type": "simple", "config": {"pan": 1, "tilt": 1}}}),
    ("text2video", {"camera_control": {"type": "down_back", "config": {"pan": 1}}}),
    ("text2video", {"callback_url": "hooks"}),
    ("text2video", {"watermark_info": {"enabled": "no"}}),
    ("image2video", {}),
    ("image2video", {"image": f"data:image/png;base64,{BARE}"}),
    ("image2video", {"image": base64.b64encode(png(200, 200)).decode()}),
    ("image2video", {"image": base64.b64encode(b"GIF89a" + bytes(40)).decode()}),
    ("image2video", {"image": BARE, "image_tail": BARE}),
    ("image2video", {"image_tail": BARE, "mode": "pro"}),
    ("image2video", {"image": BARE, "image_tail": BARE, "mode": "pro", "sound": "on"}),
    ("image2video", {"image": BARE, "image_tail": BARE, "mode": "pro", "static_mask": BARE}),
    ("multi-image2video", {"image_list": [{"image": BARE}]}),
    ("multi-image2video", {"model_name": "kling-v1-6", "image_list": []}),
    ("multi-image2video", {"model_name": "kling-v1-6", "image_list": [{"image": BARE}] * 5}),
]
NEW_WRONG: list[tuple[str, dict[str, Any]]] = [
    ("text-to-video/kling-3.0", {"settings": {}}),
    ("text-to-video/kling-3.0", plain(duration="5")),
    ("text-to-video/kling-3.0", plain(duration=True)),
    ("text-to-video/kling-3.0", plain(duration=2)),
    ("text-to-video/kling-3.0", plain(resolution="2k")),
    ("text-to-video/kling-3.0", plain(audio="original")),
    ("text-to-video/kling-3.0", plain(multi_shot="no")),
    ("text-to-video/kling-3.0", {"prompt": "shot 1, 2, a; shot 2, 2, b;", "settings": {"duration": 5}}),
    ("text-to-video/kling-3.0-turbo", plain(audio="native")),
    ("text-to-video/kling-2.6", plain(audio="native")),
    ("text-to-video/kling-3.0-omni", plain()),
    ("image-to-video/kling-3.0", {"settings": {}}),
    ("image-to-video/kling-3.0", words()),
    ("image-to-video/kling-3.0", words(entry("last_frame"))),
    ("image-to-video/kling-3.0", words(entry("first_frame"), entry("refer_image"))),
    ("image-to-video/kling-3.0", {"contents": [entry("first_frame")], "settings": {}}),
    ("image-to-video/kling-3.0-turbo", words(entry("first_frame"), entry("last_frame"))),
    ("image-to-video/kling-2.5-turbo", words(entry("first_frame"), entry("last_frame"))),
    ("omni-video/kling-3.0-omni", words(duration=5)),
    ("omni-video/kling-3.0-omni", words(entry("base_video", BARE))),
    ("omni-video/kling-3.0-omni", words(entry("base_video", CLIP), audio="native")),
    ("omni-video/kling-3.0-omni", words(entry("base_video", CLIP), entry("first_frame"))),
    ("omni-video/kling-3.0-omni", words(entry("base_video", CLIP), *[entry("refer_image")] * 5)),
    ("omni-video/kling-3.0-omni", words(*[entry("refer_image")] * 8, aspect_ratio="16:9")),
    ("omni-video/kling-3.0-omni", words(entry("first_frame", id="a"), entry("refer_image", id="a"))),
    ("omni-video/kling-o1", words(entry("first_frame"), duration=7)),
    ("omni-video/kling-o1", words(entry("first_frame"), entry("last_frame"), entry("refer_image"))),
]


class TestBodies:
    @pytest.mark.parametrize(("kind", "changes"), OLD_WRONG)
    def test_a_wrong_value_of_the_older_standard_is_1201(
        self, client: httpx.Client, house: Sandbox, kind: str, changes: dict[str, Any]
    ) -> None:
        answer = client.post(f"/v1/videos/{kind}", json=OLD | changes)
        assert (answer.status_code, answer.json()["code"]) == (400, 1201), answer.text
        assert house.paid_count() == 0

    @pytest.mark.parametrize(("path", "body"), NEW_WRONG)
    def test_a_wrong_value_of_the_newer_standard_is_1201(
        self, client: httpx.Client, house: Sandbox, path: str, body: dict[str, Any]
    ) -> None:
        answer = client.post(f"/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, 1201), answer.text
        assert house.paid_count() == 0

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("v1/videos/text2video", OLD | {"mode": "pro", "sound": "on"}),
            ("v1/videos/text2video", OLD | {"camera_control": {"type": "simple", "config": {"pan": -3}}}),
            (
                "v1/videos/text2video",
                {
                    "model_name": "kling-v3",
                    "multi_shot": True,
                    "shot_type": "customize",
                    "multi_prompt": SHOTS,
                },
            ),
            ("v1/videos/image2video", {"model_name": "kling-v1-6", "image_tail": BARE, "mode": "pro"}),
            ("text-to-video/kling-3.0", {"prompt": "shot 1, 2, a; shot 2, 3, b;"}),
            ("omni-video/kling-v3-omni", words(entry("refer_image"), aspect_ratio="1:1")),
            ("omni-video/kling-o1", words(entry("base_video", CLIP), audio="original")),
        ],
    )
    def test_what_the_pages_allow_is_taken(
        self, client: httpx.Client, path: str, body: dict[str, Any]
    ) -> None:
        answer = client.post(f"/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (200, 0), answer.text

    def test_the_old_name_of_the_model_field_runs_the_oldest_model(
        self, client: httpx.Client, house: Sandbox
    ) -> None:
        client.post("/v1/videos/text2video", json={"model": "kling-v2-6", "prompt": "A red ball"})
        assert house.control.get("/_control/paid").json()["jobs"][0]["model"] == "kling-v1"

    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("POST", "/text-to-video/kling-9", 404, 1203),
            ("POST", "/v1/videos/dance", 404, 1202),
            ("DELETE", "/v1/videos/text2video/900000000000000001", 404, 1202),
            ("GET", "/v1/videos/text2video/900000000000000001", 400, 1201),
            ("GET", "/tasks", 400, 1201),
            ("GET", "/tasks?task_ids=1&external_task_ids=2", 400, 1201),
            ("GET", "/account/costs", 400, 1201),
            ("GET", "/v1/videos/text2video?pageSize=501", 400, 1201),
        ],
    )
    def test_a_wrong_place_has_its_own_code(
        self, client: httpx.Client, method: str, path: str, status: int, code: int
    ) -> None:
        answer = client.request(method, path, json=plain() if method == "POST" else None)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
