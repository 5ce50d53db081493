"""The sandbox is as strict as Google is: what it refuses on each of the two surfaces, in which words."""

from __future__ import annotations

import base64
import copy
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from providers.google_token import GRANT, read_service_account
from tests.providers.sandbox.orders import png
from tests.sandbox_server import Sandbox

KEY = "AIzaSandbox0123456789abcdefghijklmnopqrs"
IMAGE = {"bytesBase64Encoded": base64.b64encode(png()).decode(), "mimeType": "image/png"}
PART = {"type": "image", "mime_type": "image/png", "data": IMAGE["bytesBase64Encoded"]}
TEXT = {"type": "text", "text": "A red ball rolls"}
OLD = "/v1beta/models/veo-3.1-generate-preview:predictLongRunning"
OMNI: dict[str, Any] = {"model": "gemini-omni-1.1-flash", "input": "A red ball rolls", "background": True}


@pytest.fixture(autouse=True)
def _house(every_vendor: Sandbox) -> None:
    every_vendor.reset()
    every_vendor.settings(instant=True, min_seconds=0)


@pytest.fixture(scope="module")
def google(every_vendor: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{every_vendor.url}/google", headers={"x-goog-api-key": KEY}) as client:
        yield client


@pytest.fixture(scope="module")
def vertex(every_vendor: Sandbox) -> Iterator[httpx.Client]:
    """Signed in as the adapter signs in."""
    url = every_vendor.url
    told = httpx.get(f"{url}/vertex-console/service-account.json").json()
    made = read_service_account({"service_account": told}, "Veo").assertion(int(time.time()))
    answer = httpx.post(f"{url}/vertex/token", data={"grant_type": GRANT, "assertion": made}).json()
    place = f"/vertex/v1/projects/{told['project_id']}/locations/us-central1/publishers/google/models"
    token = {"Authorization": f"Bearer {answer['access_token']}"}
    with httpx.Client(base_url=url + place, headers=token) as client:
        yield client


def body(instance: dict[str, Any] | None = None, **parameters: Any) -> dict[str, Any]:
    """An order of four seconds with changes; None takes a field out."""
    usual = {"prompt": "A red ball rolls"} | (instance or {})
    return {
        "instances": [{name: value for name, value in usual.items() if value is not None}],
        "parameters": {"durationSeconds": 4} | parameters,
    }


WRONG: list[tuple[dict[str, Any], str]] = [
    (body() | {"zoom": 1}, 'Unknown name "zoom"'),
    (body(zoom=1), "`zoom` isn't supported"),
    (body(numberOfVideos=1), "`numberOfVideos` isn't supported"),
    (body({"zoom": 1}), "`zoom` isn't supported"),
    (body(durationSeconds=5), "`durationSeconds`"),
    (body(durationSeconds="4"), "`durationSeconds`"),
    (body(sampleCount=True), "`sampleCount`"),
    (body(sampleCount=5), "`sampleCount`"),
    (body(aspectRatio="1:1"), "`aspectRatio`"),
    (body(resolution="480p"), "`resolution`"),
    (body(personGeneration="everybody"), "`personGeneration`"),
    (body({"prompt": None}), "prompt is required"),
    (body({"prompt": 5}), "`prompt`"),
    (body({"lastFrame": IMAGE}), "`lastFrame` needs"),
    (body({"image": {"inlineData": {"data": "x"}}}), "`inlineData` isn't supported"),
    (body({"image": IMAGE | {"mimeType": "image/gif"}}), "`mimeType`"),
    (body({"image": IMAGE | {"bytesBase64Encoded": "%%"}}), "`bytesBase64Encoded`"),
    (body({"image": IMAGE | {"bytesBase64Encoded": "AAAA"}}), "no image"),
    (body({"referenceImages": [{"image": IMAGE, "referenceType": "asset"}]}), "must be 8"),
    (body({"referenceImages": [{"image": IMAGE, "referenceType": "style"}]}, durationSeconds=8), "asset"),
    (body({"referenceImages": [{"image": IMAGE, "referenceType": "asset"}] * 4}), "at most 3"),
    (
        body({"image": IMAGE, "referenceImages": [{"image": IMAGE, "referenceType": "asset"}]}),
        "cannot be combined",
    ),
    ({"instances": []}, "one instance"),
    ({"instances": [{"prompt": "x"}], "parameters": 5}, "`parameters`"),
]


class TestVeo:
    @pytest.mark.parametrize(("order", "said"), WRONG)
    def test_vertex_names_what_is_wrong(self, vertex: httpx.Client, order: dict[str, Any], said: str) -> None:
        answer = vertex.post("/veo-3.1-generate-001:predictLongRunning", json=order)
        _is_refused(answer, said)

    @pytest.mark.parametrize(("order", "said"), WRONG)
    def test_the_gemini_api_names_what_is_wrong(
        self, google: httpx.Client, order: dict[str, Any], said: str
    ) -> None:
        _is_refused(google.post(OLD, json=order), said)

    @pytest.mark.parametrize(
        "changes", [{"seed": 2**32}, {"seed": -1}, {"generateAudio": "yes"}, {"storageUri": "https://x"}]
    )
    def test_vertex_checks_its_own_fields(self, vertex: httpx.Client, changes: dict[str, Any]) -> None:
        (name,) = changes
        answer = vertex.post("/veo-3.1-generate-001:predictLongRunning", json=body(**changes))
        _is_refused(answer, f"`{name}`")

    @pytest.mark.parametrize("name", ["seed", "generateAudio", "storageUri", "fps"])
    def test_the_gemini_api_has_no_such_fields(self, google: httpx.Client, name: str) -> None:
        order = body()
        order["parameters"][name] = 1
        _is_refused(google.post(OLD, json=order), f"`{name}` isn't supported by this model.")

    def test_large_pictures_come_whole_on_the_gemini_api_alone(
        self, google: httpx.Client, vertex: httpx.Client
    ) -> None:
        large = body(resolution="1080p")
        _is_refused(google.post(OLD, json=large), "must be 8")
        assert vertex.post("/veo-3.1-generate-001:predictLongRunning", json=large).status_code == 200

    def test_a_poll_is_a_post_of_the_name_and_nothing_else(self, vertex: httpx.Client) -> None:
        name = vertex.post("/veo-3.1-generate-001:predictLongRunning", json=body()).json()["name"]
        poll = "/veo-3.1-generate-001:fetchPredictOperation"
        assert vertex.post(poll, json={"operationName": name}).status_code == 200
        _is_refused(vertex.post(poll, json={"operationName": name, "x": 1}), "`operationName`")
        other = vertex.post("/veo-3.1-fast-generate-001:fetchPredictOperation", json={"operationName": name})
        _is_refused(other, "another resource")
        assert vertex.get(f"/veo-3.1-generate-001/operations/{name.rpartition('/')[2]}").status_code == 404

    def test_veo_was_never_under_v1_of_the_gemini_api(self, google: httpx.Client) -> None:
        assert google.post(OLD.replace("v1beta", "v1"), json=body()).status_code == 404

    @pytest.mark.parametrize("key", ["", "short"])
    def test_a_key_comes_first(self, google: httpx.Client, key: str) -> None:
        answer = google.get("/v1/models", headers={"x-goog-api-key": key})
        assert answer.status_code == (400 if key else 403)
        assert answer.json()["error"]["status"] in {"INVALID_ARGUMENT", "PERMISSION_DENIED"}


def _omni(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(OMNI) | changes


class TestOmni:
    @pytest.mark.parametrize(
        ("order", "said"),
        [
            (_omni(zoom=1), "`zoom`"),
            (_omni(webhook_config={"uris": []}), "`webhook_config`"),
            (_omni(stream=True), "`stream` isn't supported"),
            (_omni(input=5), "`input`"),
            (_omni(input=""), "needs a text"),
            (_omni(input=[{"type": "audio"}]), "cannot be audio"),
            (_omni(input=[PART | {"x": 1}, TEXT]), "`x`"),
            (_omni(input=[PART | {"data": "AAAA"}, TEXT]), "input image"),
            (_omni(input=[{"type": "video", "data": "AAAA"}, TEXT]), "input video"),
            (_omni(input=[{"type": "model_output", "content": []}]), "user_input"),
            (_omni(generation_config={"temperature": 1}), "`temperature` isn't supported"),
            (_omni(generation_config={"seed": 1}), "`seed` isn't supported"),
            (_omni(generation_config={"video_config": {"task": "paint"}}), "paint"),
            (_omni(generation_config={"video_config": {"task": "image_to_video"}}), "do not fit"),
            (_omni(generation_config={"video_config": {"task": "edit"}}), "do not fit"),
            (_omni(response_format={"type": "image"}), "type video"),
            (_omni(response_format={"type": "video", "duration": 8}), "'duration'"),
            (_omni(response_format={"type": "video", "duration": "8"}), "'duration'"),
            (_omni(response_format={"type": "video", "duration": "11s"}), "between 3s and 10s"),
            (_omni(response_format={"type": "video", "resolution": "480p"}), "`resolution`"),
            (_omni(response_format={"type": "video", "aspect_ratio": "1:1"}), "`aspect_ratio`"),
            (_omni(response_format={"type": "video", "gcs_uri": "gs://x"}), "`gcs_uri`"),
        ],
    )
    def test_it_names_what_is_wrong(self, google: httpx.Client, order: dict[str, Any], said: str) -> None:
        answer = google.post("/v1/interactions", json=order)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["code"] == "invalid_request"
        assert said in answer.json()["error"]["message"]

    def test_it_knows_no_other_models_and_no_other_names(self, google: httpx.Client) -> None:
        assert google.post("/v1/interactions", json=_omni(model="gemini-3-pro")).status_code == 404
        assert google.get("/v1/interactions/v1_nobody").status_code == 404
        malformed = google.get("/v1/interactions/nobody")
        assert (malformed.status_code, "Invalid interaction name" in malformed.text) == (400, True)

    def test_a_file_of_another_key_cannot_be_used(self, google: httpx.Client) -> None:
        clip = {"type": "video", "uri": "https://x.example/v1beta/files/abcdef"}
        assert google.post("/v1/interactions", json=_omni(input=[clip, TEXT])).status_code == 403


class TestWebhooks:
    @pytest.mark.parametrize(
        "changes",
        [{"uri": "http://e.example/x"}, {"subscribed_events": []}, {"subscribed_events": ["x"]}, {"x": 1}],
    )
    def test_a_wrong_address_or_event_is_refused(self, google: httpx.Client, changes: dict[str, Any]) -> None:
        usual = {"uri": "https://e.example/x", "subscribed_events": ["video.generated"]}
        assert google.post("/v1/webhooks", json=usual | changes).status_code == 400

    def test_an_address_belongs_to_its_key(self, google: httpx.Client) -> None:
        usual = {"uri": "https://e.example/x", "subscribed_events": ["video.generated"]}
        made = google.post("/v1/webhooks", json=usual).json()
        path = f"/v1/webhooks/{made['id']}"
        assert "new_signing_secret" not in google.get(path).json()
        other = {"x-goog-api-key": KEY[::-1]}
        assert google.get(path, headers=other).status_code == 404
        assert google.get("/v1/webhooks", headers=other).json() == {"webhooks": []}


def _is_refused(answer: httpx.Response, said: str) -> None:
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert said in error["message"]
