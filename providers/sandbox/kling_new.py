"""The newer standard's bodies: the model in the path, and what is told in contents, settings and options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.sandbox.kling_facts import ASPECTS, IMAGE, OMNI, SHORT, TEXT
from providers.sandbox.kling_rules import (
    Wanted,
    aspect_of,
    check_last_frame,
    check_made,
    facts_of,
    link,
    marks,
    one_of,
    part,
    picture,
    text,
    wrong,
)

MOST_PICTURE = 50_000_000
MOST_REFERENCES = 7
MOST_BESIDE_A_CLIP = 4
TYPES = {
    IMAGE: {"prompt", "first_frame", "last_frame", "element", "voice"},
    OMNI: {"prompt", "first_frame", "last_frame", "refer_image", "feature_video", "base_video", "element"},
}
# Several shots are written into the prompt: "shot 1, 3, words; shot 2, 2, words;".
SHOT = re.compile(r"\s*shot\s+(\d{1,2})\s*,\s*(\d{1,2})\s*,\s*([^;]*)(?:;|$)", re.I)


def wanted_of(kind: str, model: str, body: Mapping[str, Any]) -> Wanted:
    """What the body orders. Raises `Refused`."""
    wanted = Wanted(model, kind, facts_of(model, kind, legacy=False))
    facts, settings = wanted.facts, part(body, "settings")
    listed = [] if kind == TEXT else _contents(kind, body)
    if kind == TEXT:
        wanted.prompt = text(body, "prompt", facts.limit)
    _settings(settings, wanted)
    _media(listed, settings, wanted)
    if not wanted.prompt.strip():
        raise wrong("prompt cannot be empty")
    marks(part(body, "options"), wanted)
    check_made(wanted)
    if facts.multi_shot and one_of(settings, "multi_shot", (True, False), True):
        _check_shots(wanted)
    return wanted


def _settings(settings: Mapping[str, Any], wanted: Wanted) -> None:
    facts = wanted.facts
    # Turbo has no such field and always makes sound; the silent models have none either.
    told = settings.get("audio", "off")
    if "audio" in settings and told not in facts.audio:
        raise wrong(f"settings.audio value '{str(told)[:60]}' is invalid")
    wanted.sound = told == "native" or wanted.model == "kling-3.0-turbo"
    wanted.tier = one_of(settings, "resolution", list(facts.units), "720p")
    wanted.seconds = one_of(settings, "duration", list(facts.seconds), 5)
    if wanted.kind == TEXT:
        wanted.aspect = aspect_of(settings)


def _contents(kind: str, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = body.get("contents")
    if not isinstance(listed, list) or not listed:
        raise wrong("contents cannot be empty")
    for entry in listed:
        if not isinstance(entry, Mapping) or entry.get("type") not in TYPES[kind]:
            raise wrong("contents.type is invalid")
    names = [entry["id"] for entry in listed if isinstance(entry.get("id"), str)]
    if len(names) != len(set(names)):
        raise wrong("contents.id is duplicated")
    return listed


@dataclass(frozen=True)
class _Contents:
    """The entries of a body, sorted by what they are."""

    prompt: list[Mapping[str, Any]]
    first: list[Mapping[str, Any]]
    last: list[Mapping[str, Any]]
    references: list[Mapping[str, Any]]
    base: list[Mapping[str, Any]]
    feature: list[Mapping[str, Any]]

    @property
    def clips(self) -> list[Mapping[str, Any]]:
        return [*self.base, *self.feature]


def _sorted(listed: list[Mapping[str, Any]]) -> _Contents:
    kinds = ("prompt", "first_frame", "last_frame", "refer_image", "base_video", "feature_video")
    found = _Contents(*([entry for entry in listed if entry["type"] == kind] for kind in kinds))
    if any(len(several) > 1 for several in (found.prompt, found.first, found.last, found.clips)):
        raise wrong("contents holds more than one of a kind")
    return found


def _media(listed: list[Mapping[str, Any]], settings: Mapping[str, Any], wanted: Wanted) -> None:
    """Words, pictures and the clip."""
    if wanted.kind == TEXT:
        return
    found = _sorted(listed)
    for entry in found.prompt:
        wanted.prompt = text(entry, "text", wanted.facts.limit)
    pictures = [
        picture(entry.get("url"), entry["type"], MOST_PICTURE)
        for entry in (*found.first, *found.last, *found.references)
    ]
    if len(pictures) > (MOST_BESIDE_A_CLIP if found.clips else MOST_REFERENCES):
        raise wrong("too many images")
    wanted.image = pictures[0] if pictures else b""
    wanted.clip = link(found.clips[0].get("url"), found.clips[0]["type"]) if found.clips else ""
    _check_beside(found, wanted)
    if not found.first and not found.clips:
        if settings.get("aspect_ratio") not in ASPECTS:
            raise wrong("aspect_ratio cannot be empty")
        wanted.aspect = settings["aspect_ratio"]


def _check_beside(found: _Contents, wanted: Wanted) -> None:
    """What may stand beside what."""
    if wanted.kind == IMAGE and not found.first:
        raise wrong("first_frame cannot be empty")
    if found.base and (found.first or found.last):
        raise wrong("base_video does not support the first or last frame")
    if wanted.clip and wanted.sound:
        raise wrong("native audio is not supported with a video")
    if found.last:
        check_last_frame(wanted, first=bool(found.first))
        if found.references and wanted.facts.last_bare:
            raise wrong("reference images are not supported with a last frame")
    alone = found.first and not found.references and not found.clips
    if wanted.model == "kling-o1" and alone and wanted.seconds not in SHORT:
        raise wrong("duration must be 5 or 10 with a first frame alone")


def _check_shots(wanted: Wanted) -> None:
    """Shots that are written out have to fill the clip."""
    shots = SHOT.findall(wanted.prompt)
    if not shots:
        return
    numbers = [int(number) for number, _, _ in shots]
    if numbers != list(range(1, len(shots) + 1)) or len(shots) > 6:
        raise wrong("shots must be numbered 1 to 6")
    if any(int(length) < 1 or len(words) > 512 for _, length, words in shots):
        raise wrong("a shot is too short, or its words are too long")
    if sum(int(length) for _, length, _ in shots) != wanted.seconds:
        raise wrong("the shots must add up to duration")
