"""From a body of OpenAI's Videos format to a job: strict about every field, in a form as in JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from providers.sandbox import order
from providers.sandbox.house import House
from providers.sandbox.job import Job, State
from providers.sandbox.media import File, MediaProblem, form_of, from_data_uri
from providers.sandbox.openai_answers import Refused, missing_video
from providers.sandbox.order import Order, Source, even, hex_id
from providers.sandbox.responses import json_of
from providers.sniff import image_size, image_type, is_video

VENDOR = "openai"
LENGTHS = ("4", "8", "12", "16", "20")
USUAL = {"model": "sora-2", "seconds": "4", "size": "720x1280"}
SMALL = ("720x1280", "1280x720")
LARGE = (*SMALL, "1024x1792", "1792x1024", "1080x1920", "1920x1080")
SIZES = {
    "sora-2": SMALL,
    "sora-2-2025-10-06": SMALL,
    "sora-2-2025-12-08": SMALL,
    "sora-2-pro": LARGE,
    "sora-2-pro-2025-10-06": LARGE,
}
# Millionths of a dollar for each second, by the short side; what lies between costs as the next larger.
PRICES = {SMALL: {720: 100_000}, LARGE: {720: 300_000, 1024: 500_000, 1080: 700_000}}
LONGEST_PROMPT = 32_000
PICTURES = {"image/jpeg", "image/png", "image/webp"}
CREATE_FIELDS = {"prompt", "model", "seconds", "size", "input_reference", "characters"}
EDIT_FIELDS = {"prompt", "video", "model"}


@dataclass(frozen=True)
class Body:
    """A body's fields, and those that came as files."""

    fields: dict[str, Any] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)


async def body_of(request: Request, known: set[str]) -> Body:
    """The body, JSON or a form; a field that is not `known` is an error."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        try:
            form = await form_of(request)
        except HTTPException as exc:
            raise Refused(400, f"Could not parse the form: {exc.detail}") from None
        body = Body(dict(form.texts), form.files)
    elif "json" in kind:
        body = Body(json_of(await request.body()))
        if not body.fields:
            raise Refused(400, "We could not parse the JSON body of your request.")
    else:
        raise Refused(400, "The body must be JSON or a form.", "unsupported_content_type")
    for name in sorted({*body.fields, *body.files} - known):
        raise Refused(400, f"Unknown parameter: '{name}'.", "unknown_parameter", name)
    return body


def created(house: House, body: Body, secret: str) -> Job:
    """The job of a creation."""
    model = _model(house, body)
    seconds = _choice(body, "seconds", LENGTHS)
    size = _choice(body, "size", SIZES[model])
    pixels = _pixels(size)
    image = _reference(body, size)
    _check_characters(body)
    return _job(house, secret, "image" if image else "text", model, body, pixels, float(seconds), image=image)


def edited(house: House, body: Body, secret: str) -> Job:
    """The job of an edit: of a clip made here by its id, of another by its bytes."""
    if file := body.files.get("video"):
        if not is_video(file.content[:64]):
            raise Refused(400, "Invalid file 'video': unsupported mimetype.", "invalid_value", "video")
        source = Source(file.content)
        model, clip = _model(house, body), file.content
        size, seconds = even(*source.size), round(min(120.0, max(1.0, source.seconds)), 3)
        return _job(house, secret, "edit", model, body, size, seconds, video=clip)
    named = body.fields.get("video")
    if not isinstance(named, Mapping) or set(named) != {"id"} or not isinstance(named["id"], str):
        raise Refused(400, "'video' must be a file or an object with an 'id'.", "invalid_type", "video")
    if "model" in body.fields:
        raise Refused(400, "The model of a made video cannot be changed.", "invalid_value", "model")
    return _again(house, secret, body, named["id"], "edit")


def remixed(house: House, body: Body, secret: str, job_id: str) -> Job:
    """The job of a remix, which remembers what it was made from."""
    job = _again(house, secret, body, job_id, "remix")
    job.extra["remixed_from"] = job_id
    return job


def own_job(house: House, secret: str, job_id: str) -> Job:
    """The video of this key with this id; another key's is none."""
    job = house.engine.job(job_id)
    mine = job is not None and job.vendor == VENDOR and job.key == order.key_of(VENDOR, secret)
    if job is None or not mine or job.deleted_at is not None:
        raise missing_video(job_id)
    return job


def _again(house: House, secret: str, body: Body, job_id: str, mode: str) -> Job:
    first = own_job(house, secret, job_id)
    if first.state is not State.SUCCEEDED:
        raise Refused(400, "The source video is not completed.", "invalid_value", "video")
    _refuse_retired(house, first.model)
    size, clip = (first.width, first.height), Path(first.clip).read_bytes()
    return _job(house, secret, mode, first.model, body, size, first.duration_s, video=clip)


def _job(
    house: House,
    secret: str,
    mode: str,
    model: str,
    body: Body,
    size: tuple[int, int],
    seconds: float,
    image: bytes = b"",
    video: bytes = b"",
) -> Job:
    prompt = _prompt(body)
    return order.job_of(
        Order(
            vendor=VENDOR,
            secret=secret,
            id=hex_id("video_", 40),
            mode=mode,
            model=model,
            prompt=prompt,
            size=size,
            seconds=seconds,
            estimated=estimate(model, size, seconds),
            image=image,
            video=video,
            extra={"prompt": prompt},
        ),
        house.store,
    )


def estimate(model: str, size: tuple[int, int], seconds: float) -> int:
    """Millionths of a dollar."""
    prices = PRICES[SIZES[model]]
    fitting = [price for short, price in prices.items() if min(size) <= short]
    return round(min(fitting, default=max(prices.values())) * seconds)


def _prompt(body: Body) -> str:
    prompt = body.fields.get("prompt")
    if prompt is None:
        raise Refused(400, "Missing required parameter: 'prompt'.", "missing_required_parameter", "prompt")
    if not isinstance(prompt, str):
        raise _wrong_type("prompt", prompt)
    if not 1 <= len(prompt) <= LONGEST_PROMPT:
        raise Refused(
            400, f"'prompt' must have 1 to {LONGEST_PROMPT} characters.", "invalid_length", "prompt"
        )
    return prompt.encode("utf-8", "replace").decode()


def _model(house: House, body: Body) -> str:
    model = body.fields.get("model", USUAL["model"])
    if not isinstance(model, str):
        raise _wrong_type("model", model)
    if model not in SIZES:
        message = f"The model '{model}' does not exist or you do not have access to it."
        raise Refused(404, message, "model_not_found", "model")
    _refuse_retired(house, model)
    return model


def _refuse_retired(house: House, model: str) -> None:
    if house.engine.settings.retires(VENDOR, model):
        raise Refused(404, f"The model '{model}' has been shut down.", "model_not_found", "model")


def _choice(body: Body, name: str, allowed: Sequence[str]) -> str:
    value = body.fields.get(name, USUAL[name])
    if not isinstance(value, str):
        raise _wrong_type(name, value)
    if value not in allowed:
        listed = ", ".join(f"'{one}'" for one in allowed)
        raise Refused(
            400, f"Invalid value: '{value}'. Supported values are: {listed}.", "invalid_value", name
        )
    return value


def _wrong_type(name: str, value: object) -> Refused:
    message = f"Invalid type for '{name}': expected a string, but got {type(value).__name__} instead."
    return Refused(400, message, "invalid_type", name)


def _pixels(size: str) -> tuple[int, int]:
    width, _, height = size.partition("x")
    return int(width), int(height)


def _reference(body: Body, size: str) -> bytes:
    """The first frame's bytes, b"" for none and for a link: the sandbox never leaves this machine."""
    content = b""
    if file := body.files.get("input_reference"):
        if file.type not in PICTURES:
            raise _no_picture(f"unsupported mimetype ('{file.type}')")
        content = file.content
    elif "input_reference" in body.fields:
        content = _named_picture(body.fields["input_reference"])
        if not content:
            return b""
    else:
        return b""
    if not image_type(content):
        raise _no_picture("it is no JPEG, PNG or WebP picture")
    sides = image_size(content)
    if sides is None or f"{sides[0]}x{sides[1]}" != size:
        raise _no_picture(f"the picture must match the requested width and height, {size}")
    return content


def _named_picture(named: object) -> bytes:
    if not isinstance(named, Mapping) or set(named) not in ({"image_url"}, {"file_id"}):
        raise _no_picture("it must be a file, or an object with either 'image_url' or 'file_id'")
    ((kind, value),) = named.items()
    if not isinstance(value, str):
        raise _no_picture(f"'{kind}' must be a string")
    if kind == "file_id":
        raise Refused(404, f"No such File object: {value}", "file_not_found", "input_reference.file_id")
    if value.startswith("data:"):
        try:
            return from_data_uri(value).content
        except MediaProblem as problem:
            raise _no_picture(str(problem)) from None
    if not value.startswith("https://"):
        raise _no_picture("the link must begin with https://")
    return b""


def _no_picture(why: str) -> Refused:
    return Refused(400, f"Invalid 'input_reference': {why}.", "invalid_value", "input_reference")


def _check_characters(body: Body) -> None:
    people = body.fields.get("characters", [])
    right = isinstance(people, list) and all(isinstance(one, dict) and set(one) == {"id"} for one in people)
    if not right or len(people) > 2:
        message = "'characters' must be at most two objects with an 'id'."
        raise Refused(400, message, "invalid_value", "characters")
