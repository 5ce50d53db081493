"""What Luma refuses, in the words of its page of errors. See docs/providers/luma.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

from providers.sandbox.house import House
from providers.sandbox.job import Job, State
from providers.sandbox.order import key_of

VENDOR = "luma"
# Millionths of a dollar for a million pixels, and what is counted as a second.
MODELS: Mapping[str, int] = {"ray-2": 6400, "ray-flash-2": 2200}
FRAMES_A_SECOND = 24
ASPECTS = ("1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "9:21")
RESOLUTIONS = {"540p": (960, 540), "720p": (1280, 720), "1080p": (1920, 1080), "4k": (3840, 2160)}
DURATIONS = {"5s": 5.0, "9s": 9.0}
CHOICES = {
    "model": (*MODELS,),
    "aspect_ratio": ASPECTS,
    "resolution": (*RESOLUTIONS,),
    "duration": (*DURATIONS,),
}
PROMPT = (3, 5000)
# What a loop cannot be, by the kinds of the first and the last frame.
LOOPLESS = {
    (None, "image"): "end frame",
    ("image", "image"): "keyframes",
    (None, "generation"): "extend reverse",
    ("generation", "image"): "interpolate video to image",
    ("image", "generation"): "interpolate image to video",
    ("generation", "generation"): "interpolate between two videos",
}


class Refused(Exception):
    """An error answer on its way out."""

    def __init__(self, status: int, detail: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(detail))
        self.response = JSONResponse({"detail": detail}, status, dict(headers or {}))


def check_choices(house: House, body: Mapping[str, Any]) -> None:
    """What has one kind or is one of a few words. Raises `Refused` with the field, as checked bodies are."""
    for field, known in CHOICES.items():
        value = body.get(field)
        if value is None and field != "model":
            continue
        if value not in known or house.engine.settings.retires(VENDOR, str(value)):
            choices = " or ".join(f"'{word}'" for word in known)
            raise Refused(422, [{"loc": ["body", field], "msg": f"Input should be {choices}"}])
    for field, kind, word in (("loop", bool, "boolean"), ("callback_url", str, "string")):
        if not isinstance(body.get(field), kind | None):
            raise Refused(422, [{"loc": ["body", field], "msg": f"Input should be a valid {word}"}])


def check_prompt(body: Mapping[str, Any]) -> None:
    """It may be missing where there is a frame."""
    prompt = body.get("prompt")
    if (prompt is None or prompt == "") and body.get("keyframes"):
        return
    if not isinstance(prompt, str) or not prompt.strip():
        raise Refused(400, "Prompt is required")
    shortest, longest = PROMPT
    if len(prompt) < shortest:
        raise Refused(400, f"Prompt is too short, minimum length is {shortest} characters")
    if len(prompt) > longest:
        raise Refused(400, f"Prompt is too long, maximum length is {longest} characters")


def check_frames(house: House, body: Mapping[str, Any], secret: str) -> None:
    """Pictures by link, or finished generations of the same key."""
    frames = body.get("keyframes")
    if frames is None:
        return
    told = frames if isinstance(frames, dict) else {}
    given = {place: told[place] for place in ("frame0", "frame1") if told.get(place) is not None}
    if not given:
        raise Refused(400, "No keyframes provided")
    for place, frame in given.items():
        _check_frame(house, place, frame, secret)
    kinds = tuple(given[place]["type"] if place in given else None for place in ("frame0", "frame1"))
    if body.get("loop") and kinds in LOOPLESS:
        raise Refused(400, f"Loop is not supported for {LOOPLESS[kinds]}")


def _check_frame(house: House, place: str, frame: Any, secret: str) -> None:
    """A picture goes by link, and the sandbox never leaves this machine to look at it."""
    told = frame if isinstance(frame, dict) else {}
    url, job_id = told.get("url"), told.get("id")
    if told.get("type") == "image" and isinstance(url, str) and url.startswith(("https://", "http://")):
        return
    if told.get("type") == "generation" and isinstance(job_id, str):
        job = own(house, job_id, secret)
        if job is None or job.state is not State.SUCCEEDED:
            raise Refused(400, "Generation not found or not completed")
        return
    raise Refused(
        422, [{"loc": ["body", "keyframes", place], "msg": "Input should be a picture or a generation"}]
    )


def own(house: House, job_id: str, secret: str) -> Job | None:
    """The key's own generation, unless it was removed."""
    job = house.engine.job(job_id)
    return job if job and job.key == key_of(VENDOR, secret) and job.deleted_at is None else None
