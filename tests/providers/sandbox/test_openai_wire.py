"""OpenAI's Videos format as the sandbox serves it, where the vendor's own client cannot reach."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.patience import PATIENCE_S
from tests.providers.sandbox.orders import data_uri, png
from tests.sandbox_server import Sandbox

# The job fails, which no clip has to be drawn for.
REFUSED = "A bloody corpse with gore"
BODY: dict[str, Any] = {"model": "sora-2", "prompt": REFUSED, "seconds": "4", "size": "1280x720"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2),
    max_leaves=5,
)


@pytest.fixture
def client(vendor: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"{vendor.url}/openai/v1", headers=key("sk-sandbox-0001"), timeout=PATIENCE_S
    ) as one:
        yield one


def key(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def error(answer: httpx.Response) -> dict[str, Any]:
    """The error of an answer in the envelope, of which every key is always there."""
    assert answer.json().keys() == {"error"}
    told: dict[str, Any] = answer.json()["error"]
    assert told.keys() == {"message", "type", "param", "code"}
    assert answer.headers["x-request-id"].startswith("req_")
    return told


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/videos/video_0", 404),
        ("GET", "/videos/video_0/content", 404),
        ("DELETE", "/videos/video_0", 404),
        ("POST", "/videos/video_0/remix", 404),
        ("GET", "/videos?limit=101", 400),
        ("GET", "/videos?limit=many", 400),
        ("GET", "/videos?order=up", 400),
        ("GET", "/videos?after=video_0", 404),
        ("GET", "/webhook_endpoints/whe_0", 404),
    ],
)
def test_every_error_is_in_the_envelope(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path, json={"prompt": "x"} if method == "POST" else None)
    assert answer.status_code == status
    assert error(answer)["message"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic x"}, key("rc_live_0001"), key("sk-short")])
def test_a_call_without_a_good_key_is_refused(client: httpx.Client, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{client.base_url}videos", headers=headers)
    assert (answer.status_code, error(answer)["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ({"image_url": data_uri(png(64, 36))}, "match the requested width"),
        ({"image_url": "data:image/png;base64,AAAA"}, "no JPEG, PNG or WebP"),
        ({"image_url": "http://e.example/a.png"}, "https"),
        ({"image_url": 5}, "string"),
        ({"image_url": "https://e.example/a.png", "file_id": "file-1"}, "either"),
        ("https://e.example/a.png", "either"),
    ],
)
def test_a_picture_in_json_is_one_link_or_one_id(client: httpx.Client, reference: object, words: str) -> None:
    answer = client.post("/videos", json=BODY | {"input_reference": reference})
    assert answer.status_code == 400
    assert words in error(answer)["message"]


def test_a_picture_in_json_may_be_inlined(client: httpx.Client, vendor: Sandbox) -> None:
    reference = {"image_url": data_uri(png(1280, 720))}
    job_id = client.post("/videos", json=BODY | {"input_reference": reference}).json()["id"]
    assert vendor.control.get(f"/_control/jobs/{job_id}").json()["mode"] == "image"


@pytest.mark.parametrize(
    ("people", "status"),
    [([{"id": "char_1"}], 200), ([{"id": "c"}] * 3, 400), ([{"name": "Mo"}], 400), ("char_1", 400)],
)
def test_characters_are_at_most_two_ids(client: httpx.Client, people: object, status: int) -> None:
    assert client.post("/videos", json=BODY | {"characters": people}).status_code == status


def test_an_edit_names_a_finished_video_of_this_key_and_no_model(
    client: httpx.Client, vendor: Sandbox
) -> None:
    vendor.settings(min_seconds=60)
    video = {"id": client.post("/videos", json=BODY).json()["id"]}
    refused = [
        client.post("/videos/edits", json={"prompt": "x", "video": video}),
        client.post("/videos/edits", json={"prompt": "x", "video": {"id": "video_0"}}),
        client.post("/videos/edits", json={"prompt": "x", "video": video, "model": "sora-2"}),
        client.post("/videos/edits", json={"prompt": "x", "video": "video_0"}),
        client.post("/videos/edits", json={"prompt": "x", "video": video}, headers=key("sk-somebody-else")),
    ]
    assert [answer.status_code for answer in refused] == [400, 404, 400, 400, 404]
    assert vendor.paid_count() == 1


@pytest.mark.parametrize("content", [b"{", b"[]", b"prompt=x"])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
def test_a_body_that_is_none_is_refused(client: httpx.Client, content: bytes, kind: str) -> None:
    answer = client.post("/videos", content=content, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert error(answer)["type"] == "invalid_request_error"


@pytest.mark.parametrize("name", ["prompt", "model", "size", "\ud83c"])
def test_half_of_a_character_breaks_nothing(client: httpx.Client, name: str) -> None:
    body = json.dumps(BODY | {name: "broken \ud83c"})
    answer = client.post("/videos", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == {"prompt": 200, "model": 404}.get(name, 400)


@given(changes=st.dictionaries(st.sampled_from([*BODY, "input_reference", "characters", "zoom"]), JSON))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_body_breaks_the_server(client: httpx.Client, changes: dict[str, Any]) -> None:
    assert client.post("/videos", json=BODY | changes).status_code in {200, 400, 404}


@given(
    changes=st.dictionaries(st.sampled_from(["model", "prompt", "duration", "aspect_ratio", "image"]), JSON)
)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_body_breaks_runcrate_either(vendor: Sandbox, changes: dict[str, Any]) -> None:
    body = {"model": "google/veo-3.0", "prompt": REFUSED, "duration": 4} | changes
    answer = vendor.control.post("/runcrate/v1/videos", json=body, headers=key("rc_live_0001"))
    assert answer.status_code in {200, 400, 404, 422}
