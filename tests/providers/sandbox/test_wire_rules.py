"""What the Runway wire refuses, in the vendor's words and with every issue at once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.cast import SANDBOX_SECRET
from tests.providers.sandbox.orders import TEXT, data_uri, order, png
from tests.sandbox_server import Sandbox

BAD_KEYS = ["", "Bearer", "Bearer key_abc", f"Bearer {SANDBOX_SECRET.upper()}", f"Basic {SANDBOX_SECRET}"]
IMAGE = data_uri(png())


def issues(answer: httpx.Response) -> list[tuple[str, str]]:
    """(code, path) of every issue, in order."""
    assert answer.status_code == 400, answer.text
    told = answer.json()
    assert told["error"] == "Validation of body failed"
    assert all(issue["message"] for issue in told["issues"])
    return [(issue["code"], ".".join(str(step) for step in issue["path"])) for issue in told["issues"]]


@pytest.mark.parametrize("given", BAD_KEYS)
def test_it_refuses_a_call_without_a_whole_key(vendor: Sandbox, given: str) -> None:
    headers = {"X-Runway-Version": "2024-11-06"} | ({"Authorization": given} if given else {})
    answer = httpx.post(f"{vendor.base_url}/v1/text_to_video", json=TEXT, headers=headers)
    assert (answer.status_code, vendor.paid_count()) == (401, 0)
    assert answer.json()["error"]


@pytest.mark.parametrize("version", ["", "2024-09-13"])
def test_it_refuses_a_call_without_its_version(vendor: Sandbox, client: httpx.Client, version: str) -> None:
    answer = client.post("/v1/text_to_video", json=TEXT, headers={"X-Runway-Version": version})
    assert (answer.status_code, vendor.paid_count()) == (400, 0)


def test_it_reports_every_issue_of_a_body_together(client: httpx.Client) -> None:
    answer = order(client, promptText="x" * 1001, ratio=None, duration=11, seed=-1, fps=24, style="noir")
    assert sorted(issues(answer)) == [
        ("invalid_type", "ratio"),
        ("too_big", "duration"),
        ("too_big", "promptText"),
        ("too_small", "seed"),
        ("unrecognized_keys", ""),
    ]
    assert "fps" in answer.text
    assert "style" in answer.text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"model": "gen3a_turbo"}, ("invalid_union", "model")),
        ({"model": 5}, ("invalid_union", "model")),
        ({"ratio": "1104:832"}, ("invalid_value", "ratio")),
        ({"duration": "5"}, ("invalid_type", "duration")),
        ({"duration": 2.5}, ("invalid_type", "duration")),
        ({"duration": True}, ("invalid_type", "duration")),
        ({"duration": 1}, ("too_small", "duration")),
        ({"seed": 2**32}, ("too_big", "seed")),
        ({"promptText": ""}, ("too_small", "promptText")),
        ({"promptText": "\U0001f98a" * 501}, ("too_big", "promptText")),
        (
            {"contentModeration": {"publicFigureThreshold": "off"}},
            ("invalid_value", "contentModeration.publicFigureThreshold"),
        ),
        ({"contentModeration": {"strict": True}}, ("unrecognized_keys", "contentModeration")),
        ({"proresProfile": "422"}, ("custom", "proresProfile")),
        ({"model": "veo3.1", "duration": 5}, ("invalid_value", "duration")),
        ({"model": "veo3.1", "duration": 4, "contentModeration": {}}, ("unrecognized_keys", "")),
        (
            {"model": "kling3.0_pro", "duration": 16, "ratio": "1920:1080", "seed": None},
            ("too_big", "duration"),
        ),
    ],
)
def test_it_refuses_a_wrong_field(
    client: httpx.Client, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert issues(order(client, **changes)) == [expected]


def test_it_names_the_models_it_knows_for_one_it_does_not(client: httpx.Client) -> None:
    message = order(client, model="gen9").json()["issues"][0]["message"]
    assert "No matching discriminator" in message
    assert '"gen4.5"' in message


def test_it_counts_a_prompt_in_utf16_units(client: httpx.Client) -> None:
    assert order(client, promptText="\U0001f98a" * 500).status_code == 200


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b'{"model": NaN}', b"[" * 50_000])
def test_it_refuses_what_is_no_json_object(vendor: Sandbox, client: httpx.Client, content: bytes) -> None:
    answer = client.post("/v1/text_to_video", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, vendor.paid_count()) == (400, 0)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("http://example.com/a.png", "Only HTTPS URLs are allowed."),
        ("https://127.0.0.1/a.png", "URLs must be hosted on a domain."),
        ("https://localhost/a.png", "URLs must be hosted on a domain."),
        ("https://files.invalid/a.png", 'Failed to fetch asset. Received HTTP response code "404".'),
        ("data:image/png;base64,@@@@", "Invalid data URI."),
        ("data:image/png,abc", "Invalid data URI."),
        (data_uri(b"GIF89a" + bytes(600), "image/gif"), "image/gif"),
        (data_uri(b"<html>" + bytes(600)), "no image"),
        ("runway://nothing-here", "not found"),
    ],
)
def test_it_refuses_a_first_frame_it_cannot_take(client: httpx.Client, image: str, words: str) -> None:
    answer = order(client, "image_to_video", promptImage=image)
    assert issues(answer) == [("custom", "promptImage")]
    assert words in answer.json()["issues"][0]["message"]


def test_it_refuses_a_data_uri_over_the_vendors_size(client: httpx.Client) -> None:
    large = data_uri(png() + bytes(4_000_000))
    assert issues(order(client, "image_to_video", promptImage=large)) == [("too_big", "promptImage")]


@pytest.mark.parametrize(
    ("model", "frames", "expected"),
    [
        ("gen4.5", [{"uri": IMAGE, "position": "last"}], ("invalid_value", "promptImage.0.position")),
        ("veo3.1", [{"uri": IMAGE, "position": "last"}], ("custom", "promptImage")),
        ("veo3.1", [{"uri": IMAGE, "position": "first"}] * 2, ("custom", "promptImage")),
        ("gen4.5", [{"uri": IMAGE}], ("invalid_type", "promptImage.0.position")),
        ("gen4.5", [], ("too_small", "promptImage")),
        ("gen4.5", None, ("invalid_type", "promptImage")),
    ],
)
def test_it_checks_the_positions_of_frames(
    client: httpx.Client, model: str, frames: list[dict[str, str]] | None, expected: tuple[str, str]
) -> None:
    answer = order(client, "image_to_video", model=model, duration=4, promptImage=frames)
    assert expected in issues(answer)


def test_it_takes_first_and_last_frames_where_the_model_does(client: httpx.Client) -> None:
    frames = [{"uri": IMAGE, "position": "first"}, {"uri": IMAGE, "position": "last"}]
    answer = order(client, "image_to_video", model="veo3.1", duration=4, promptImage=frames)
    assert answer.status_code == 200, answer.text


def test_it_answers_wrong_paths_and_methods_as_the_vendor_does(client: httpx.Client) -> None:
    assert client.get("/v1/text_to_video").status_code == 405
    assert client.post("/v1/text_to_music", json={}).status_code == 404
    unknown = client.get("/v1/tasks/17f20503-6c24-4c16-946b-35dbbce2af2f")
    assert (unknown.status_code, unknown.json()["error"]) == (404, "Could not find Task")


def test_no_credits_is_a_400_and_takes_nothing(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.settings(credits=23)
    answer = order(client)
    assert (answer.status_code, vendor.paid_count()) == (400, 0)
    assert answer.json()["error"] == "You do not have enough credits to run this task."
    vendor.settings(credits=24)
    assert order(client).status_code == 200
    assert order(client).status_code == 400


def test_the_daily_limit_is_a_429_per_model(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.settings(daily_limit=1)
    assert [order(client).status_code for _ in range(2)] == [200, 429]
    assert order(client, model="veo3.1", duration=4).status_code == 200
    assert vendor.paid_count() == 2


def test_it_is_reached_by_this_machines_names_only(vendor: Sandbox) -> None:
    assert (
        httpx.get(f"{vendor.url}/_control/paid", headers={"Host": "sandbox.example.com"}).status_code == 400
    )
