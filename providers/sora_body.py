"""From our request to a body of OpenAI's Videos format: which call, which fields, which files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.base import Files
from providers.catalog_data import Model
from providers.contract import GenerationRequest, Media
from providers.media import clip_type, fetchable_url, picture_type, refuse_priced, unsupported
from providers.request_check import mode_name
from providers.sniff import image_size

LABEL = "The Sora format"
CREATE, EDIT = "/videos", "/videos/edits"
# What has a field of its own here: the price and the check of the picture go by these.
PRICED = frozenset({"model", "prompt", "seconds", "size", "input_reference", "video"})
CLIPS = frozenset({"video/mp4"})
MAX_LINK = 20_971_520
FILE_ID, VIDEO_ID = "file-", "video_"


@dataclass(frozen=True)
class Call:
    """The paid call: `fields` go as JSON, or as a form in this order where `files` go along."""

    path: str
    fields: Mapping[str, Any]
    files: Files | None = field(default=None, repr=False)


def call_of(model: Model, request: GenerationRequest) -> Call:
    """The call that orders this clip. Raises `Unsupported` for what the format cannot say."""
    refuse_priced(request.extra, PRICED)
    mode = mode_name(request)
    fields: dict[str, Any] = {"prompt": request.prompt}
    if mode == "video":
        return _edit(model, request, fields)
    fields["model"] = model.id
    if request.duration_s is not None:
        fields["seconds"] = f"{request.duration_s:g}"
    if size := _size(model, request, mode):
        fields["size"] = f"{size[0]}x{size[1]}"
    frame = request.first_frame
    if frame is None:
        return Call(CREATE, fields | dict(request.extra))
    if frame.url:
        return Call(CREATE, fields | {"input_reference": _reference(frame.url)} | dict(request.extra))
    content_type = picture_type("first_frame", frame, LABEL)
    return Call(CREATE, fields | _plain(request.extra), _file("input_reference", frame, content_type))


def _edit(model: Model, request: GenerationRequest, fields: dict[str, Any]) -> Call:
    """Of a clip the gateway made by its id, of any other by its bytes; only then the model is named."""
    source = request.source_video or Media()
    if source.url:
        if not source.url.startswith(VIDEO_ID):
            raise unsupported(
                "source_video",
                f"{LABEL} takes a clip as a file, or by the id of a clip it made (video_…), and no link.",
            )
        return Call(EDIT, fields | {"video": {"id": source.url}} | dict(request.extra))
    content_type = clip_type("source_video", source, LABEL, CLIPS)
    return Call(
        EDIT, fields | {"model": model.id} | _plain(request.extra), _file("video", source, content_type)
    )


def _size(model: Model, request: GenerationRequest, mode: str) -> tuple[int, int] | None:
    """The clip's pixels; None leaves them to the vendor. A picture of ours must have the very same ones."""
    wanted = (request.width, request.height) if request.width and request.height else None
    frame = request.first_frame
    if frame is None or not frame.data:
        return wanted
    own = image_size(frame.data)
    if own is None:
        raise unsupported("first_frame", "The size of the picture cannot be read. It may be damaged.")
    listed = [(size.width, size.height) for size in model.modes[mode].sizes]
    if wanted is None and own in listed:
        return own
    if wanted is None:
        wanted = min(listed, key=lambda size: abs(size[0] - own[0]) + abs(size[1] - own[1]))
    if own != wanted:
        raise unsupported(
            "first_frame",
            f"The first frame must have the clip's own size of {wanted[0]} × {wanted[1]} pixels. It has "
            f"{own[0]} × {own[1]}: {_off(own, wanted)}. Scale or crop the picture.",
        )
    return wanted


def _off(own: tuple[int, int], wanted: tuple[int, int]) -> str:
    sides = zip(own, wanted, (("narrow", "wide"), ("low", "high")), strict=True)
    found = [f"{abs(has - must)} too {words[has > must]}" for has, must, words in sides if has != must]
    return " and ".join(found)


def _reference(url: str) -> dict[str, str]:
    if url.startswith(FILE_ID):
        return {"file_id": url}
    return {"image_url": fetchable_url("first_frame", url, LABEL, MAX_LINK)}


def _file(name: str, media: Media, content_type: str) -> Files:
    return {name: (f"{name}.{content_type.rpartition('/')[2]}", media.data, content_type)}


def _plain(extra: Mapping[str, Any]) -> dict[str, Any]:
    """Extra options beside a file. A form has no lists and objects, so those are refused and not bent."""
    for name, value in extra.items():
        if not isinstance(value, str | int | float):
            raise unsupported(
                "extra", f"The extra option “{name}” cannot go along with a file. Give a link instead."
            )
    return dict(extra)
