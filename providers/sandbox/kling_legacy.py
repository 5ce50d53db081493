"""The older standard's bodies: the model in the body, lengths as text, mode and sound as words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.sandbox.kling_facts import IMAGE2, MODE_TIERS, MULTI2
from providers.sandbox.kling_rules import (
    Wanted,
    aspect_of,
    check_last_frame,
    check_made,
    facts_of,
    marks,
    one_of,
    part,
    picture,
    text,
    wrong,
)

MOST_PICTURE = 10_000_000
MOST_TEXT = 2500
# What runs where none is named; the former field `model` is passed over without a word.
USUAL_MODEL = "kling-v1"
CAMERAS = ("simple", "down_back", "forward_up", "right_turn_forward", "left_turn_forward")
AXES = ("horizontal", "vertical", "pan", "tilt", "roll", "zoom")


def wanted_of(kind: str, body: Mapping[str, Any]) -> Wanted:
    """What the body orders. Raises `Refused`."""
    model = text(body, "model_name", 100) or USUAL_MODEL
    wanted = Wanted(model, kind, facts_of(model, kind, legacy=True))
    facts = wanted.facts
    wanted.prompt = text(body, "prompt", MOST_TEXT)
    wanted.negative = text(body, "negative_prompt", MOST_TEXT)
    mode = one_of(body, "mode", facts.modes, "std")
    wanted.tier = facts.only or MODE_TIERS[mode]
    # The page says string, and a number is none.
    wanted.seconds = int(one_of(body, "duration", [str(second) for second in facts.seconds], "5"))
    if "sound" in body and not facts.audio:
        raise wrong(f"sound is not supported by {model}")
    wanted.sound = one_of(body, "sound", ("on", "off"), "off") == "on"
    if kind != IMAGE2:
        wanted.aspect = aspect_of(body)
    marks(body, wanted)
    _scale(body, wanted)
    _shots(body, wanted)
    _camera(body)
    _pictures(body, wanted)
    check_made(wanted)
    if not wanted.prompt and kind != IMAGE2:
        raise wrong("prompt cannot be empty")
    return wanted


def _scale(body: Mapping[str, Any], wanted: Wanted) -> None:
    scale = body.get("cfg_scale")
    if scale is None:
        return
    if not wanted.facts.cfg_scale:
        raise wrong(f"cfg_scale is not supported by {wanted.model}")
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 <= scale <= 1:
        raise wrong("cfg_scale must be between 0 and 1")


def _shots(body: Mapping[str, Any], wanted: Wanted) -> None:
    """Several shots in one clip; their words stand for the prompt where they are written one by one."""
    if not one_of(body, "multi_shot", (True, False), False):
        return
    if not wanted.facts.multi_shot:
        raise wrong(f"multi_shot is not supported by {wanted.model}")
    if one_of(body, "shot_type", ("customize", "intelligence"), None) == "intelligence":
        return
    shots = body.get("multi_prompt")
    if not isinstance(shots, list) or not 1 <= len(shots) <= 6 or not all(map(_is_shot, shots)):
        raise wrong("multi_prompt is invalid")
    if sum(int(shot["duration"]) for shot in shots) != wanted.seconds:
        raise wrong("the durations of multi_prompt must add up to duration")
    wanted.prompt = " ".join(shot["prompt"] for shot in shots)


def _is_shot(shot: object) -> bool:
    if not isinstance(shot, Mapping) or not isinstance(shot.get("prompt"), str):
        return False
    length = shot.get("duration")
    right = isinstance(length, str) and length.isascii() and length.isdecimal() and len(length) < 3
    return right and len(shot["prompt"]) <= 512


def _camera(body: Mapping[str, Any]) -> None:
    """Exactly one axis moves, and only in the simple kind."""
    if "camera_control" not in body:
        return
    control = part(body, "camera_control")
    kind = one_of(control, "type", CAMERAS, None)
    if kind != "simple":
        if control.get("config"):
            raise wrong("camera_control.config must be empty for this type")
        return
    config = part(control, "config")
    values = list(config.values())
    right = set(config) <= set(AXES) and all(
        isinstance(value, int | float) and not isinstance(value, bool) and -10 <= value <= 10
        for value in values
    )
    if not right or sum(1 for value in values if value) != 1:
        raise wrong("camera_control.config needs exactly one value other than 0, from -10 to 10")


def _pictures(body: Mapping[str, Any], wanted: Wanted) -> None:
    if wanted.kind == MULTI2:
        listed = body.get("image_list")
        if not isinstance(listed, list) or not 1 <= len(listed) <= 4:
            raise wrong("image_list must hold 1 to 4 images")
        entries = [entry.get("image") if isinstance(entry, Mapping) else None for entry in listed]
        pictures = [picture(entry, "image_list.image", MOST_PICTURE) for entry in entries]
        wanted.image = pictures[0]
    if wanted.kind != IMAGE2:
        return
    first, last = body.get("image"), body.get("image_tail")
    if not first and not last:
        raise wrong("image and image_tail cannot be empty at the same time")
    if first:
        wanted.image = picture(first, "image", MOST_PICTURE)
    if last:
        content = picture(last, "image_tail", MOST_PICTURE)
        wanted.image = wanted.image or content
        check_last_frame(wanted, first=bool(first))
    ways = [bool(last), "camera_control" in body, bool(body.get("static_mask") or body.get("dynamic_masks"))]
    if sum(ways) > 1:
        raise wrong("image_tail, masks and camera_control cannot be used together")
