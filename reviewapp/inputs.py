"""A shot's inputs: the frames it starts and ends on, the pictures it keeps to, and the clip it edits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import av
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from providers.contract import Media
from providers.errors import InvalidRequest
from providers.sniff import image_type, video_type
from reviewapp.models import Candidate, Project, Shot, ShotInput, Status, User
from reviewapp.pictures import picture_size

Kind = ShotInput.Kind

MAX_PICTURE_BYTES = 20_000_000
MAX_CLIP_BYTES = 200_000_000
# No vendor takes more; the model's own limit is checked with the rest of the request.
MAX_REFERENCES = 16
# A JPEG may carry a long profile or a preview in front of its size.
HEAD_BYTES = 2_000_000
# Bytes and microseconds of a clip that are read to learn its size.
LOOK = {"probesize": "5000000", "analyzeduration": "2000000"}
EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
}


class WrongFile(ValueError):
    """The file cannot be an input of a shot; the sentence is for people. Nothing was changed."""


@dataclass(frozen=True)
class Facts:
    """What a file is: bytes, pixels, and for a clip its seconds; None where the file does not tell."""

    content_type: str
    size: int
    sha256: str
    width: int | None
    height: int | None
    duration_s: float | None = None


# --- what a candidate is asked with ---


def present(shot: Shot) -> list[ShotInput]:
    """The inputs a shot has now: frames, references in their order, clip."""
    return list(shot.inputs.filter(removed_at=None).order_by("role", "position", "pk"))


def present_in(shots: Iterable[Shot]) -> dict[int, list[ShotInput]]:
    """The same for many shots, by the shot's number, in one query."""
    found: dict[int, list[ShotInput]] = {shot.pk: [] for shot in shots}
    rows = ShotInput.objects.filter(shot__in=found, removed_at=None).order_by("role", "position", "pk")
    for entry in rows:
        found[entry.shot_id].append(entry)
    return found


def pins_of(entries: Iterable[ShotInput]) -> list[dict[str, Any]]:
    """Inputs as a candidate pins them: [{"role": "first_frame", "input": 7}]."""
    return [{"role": entry.role, "input": entry.pk} for entry in entries]


def roles_of(shot: Shot) -> list[dict[str, Any]]:
    """The shot's present inputs as a candidate pins them."""
    return pins_of(present(shot))


def media_for(pins: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The pinned files by the field of `GenerationRequest` they go into, read from storage.

    Any of `first_frame`, `last_frame`, `source_video` (each a Media) and `references` (a tuple of Media, in
    their order); a field without a pin is left out. Removed inputs are read all the same, because a candidate
    keeps what it was pinned with. Raises `InvalidRequest` where a file is gone: nothing was sent.
    """
    wanted = list(pins)
    rows = ShotInput.objects.in_bulk([pin["input"] for pin in wanted])
    media: dict[str, Any] = {}
    for pin in wanted:
        one = _media(rows.get(pin["input"]))
        if pin["role"] == Kind.REFERENCE:
            media["references"] = (*media.get("references", ()), one)
        else:
            media[pin["role"]] = one
    return media


def _media(row: ShotInput | None) -> Media:
    if row is None:
        raise InvalidRequest("A picture or clip of this shot has been deleted. Nothing was sent.")
    try:
        with row.file.storage.open(cast(str, row.file.name), "rb") as file:
            return Media(data=file.read(), content_type=row.content_type)
    except FileNotFoundError as error:
        raise InvalidRequest(
            f"The file “{row.name}” ({row.get_role_display().lower()}) is no longer in the storage. "
            "Nothing was sent. Add it to the shot again."
        ) from error


def source_seconds(pins: Iterable[Mapping[str, Any]]) -> float | None:
    """How long the pinned clip to edit is; None without one, or where its file did not tell."""
    clips = [pin["input"] for pin in pins if pin["role"] == Kind.SOURCE_VIDEO]
    row = ShotInput.objects.filter(pk__in=clips).first()
    return row.duration_s if row else None


# --- what a producer gives ---


def add(
    shot: Shot, role: Kind, file: File[bytes], by: User, *, name: str = "", facts: Facts | None = None
) -> ShotInput:
    """Keep a file and make it an input of the shot. A frame or clip takes the place of the one before it; a
    reference goes behind the others. `facts` are those of the file where they were read before. Raises
    `WrongFile`.
    """
    facts = facts or read_facts(file, role)
    kept = _keep(file, shot.project, facts)
    return _write(shot, role, facts, kept, name or str(file.name or ""), by)


def add_clip(shot: Shot, candidate: Candidate, by: User) -> ShotInput:
    """Make an approved clip of the same project the one to edit. Raises `WrongFile`."""
    if candidate.status != Status.APPROVED or candidate.shot.project_id != shot.project_id:
        raise WrongFile(f"{candidate.code} is no approved clip of this project by now. Choose another.")
    try:
        with candidate.clip.file.open("rb") as file:
            return add(shot, Kind.SOURCE_VIDEO, file, by, name=f"{candidate.code}.mp4")
    except FileNotFoundError as error:
        raise WrongFile(f"The file of {candidate.code} is no longer in the storage.") from error


def approved_clips(project: Project) -> QuerySet[Candidate]:
    """The clips of a project that a shot may edit, the newest first."""
    approved = Candidate.objects.filter(shot__project=project, status=Status.APPROVED, clip__isnull=False)
    return approved.select_related("shot", "version").order_by("-pk")


def remove(entry: ShotInput) -> None:
    """Take an input out of its shot. The row and the file stay for the candidates made with it."""
    ShotInput.objects.filter(pk=entry.pk, removed_at=None).update(removed_at=timezone.now())


@transaction.atomic
def move(entry: ShotInput, places: int) -> None:
    """Move a reference picture forward (below zero) or back in the order of its shot."""
    Shot.objects.select_for_update(no_key=True).get(pk=entry.shot_id)
    order = [row for row in present(entry.shot) if row.role == entry.role]
    at = next((index for index, row in enumerate(order) if row.pk == entry.pk), None)
    if at is None:
        return
    order.insert(min(max(0, at + places), len(order) - 1), order.pop(at))
    for position, row in enumerate(order):
        ShotInput.objects.filter(pk=row.pk).update(position=position)


def read_facts(file: File[bytes], role: Kind) -> Facts:
    """What the file is, from its own bytes and never from its name. Raises `WrongFile` with the reason."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not head:
        raise WrongFile("The file is empty. Choose another.")
    if role == Kind.SOURCE_VIDEO:
        return _clip_facts(file, head)
    return _picture_facts(file, head)


def _picture_facts(file: File[bytes], head: bytes) -> Facts:
    kind = image_type(head)
    if not kind:
        what = "a clip" if video_type(head) else "no picture we can send"
        raise WrongFile(f"This file is {what}. Choose a JPEG, PNG or WebP picture.")
    _refuse_larger(file, MAX_PICTURE_BYTES, "picture")
    size = picture_size(head)
    if size is None:
        raise WrongFile("This picture is damaged: it does not say how large it is. Save it again.")
    return Facts(kind, file.size, _sha256(file), *size)


def _clip_facts(file: File[bytes], head: bytes) -> Facts:
    kind = video_type(head)
    if kind not in EXTENSIONS:
        what = "a picture" if image_type(head) else "no clip we can send"
        raise WrongFile(f"This file is {what}. Choose an MP4, MOV or WebM clip.")
    _refuse_larger(file, MAX_CLIP_BYTES, "clip")
    width, height, seconds = _clip_measures(file, kind)
    return Facts(kind, file.size, _sha256(file), width, height, seconds)


def _refuse_larger(file: File[bytes], most: int, what: str) -> None:
    if file.size > most:
        raise WrongFile(
            f"This {what} has {file.size / 1e6:,.1f} MB; {most / 1e6:.0f} MB is the most. Save a smaller one."
        )


def _clip_measures(file: File[bytes], kind: str) -> tuple[int, int, float | None]:
    file.seek(0)
    # Never left to a guess: other formats are lists of addresses that would be fetched.
    format_name = "matroska" if kind == "video/webm" else "mov"
    try:
        # Only the container is opened, and no more of it is looked at than the size needs.
        with av.open(file.file, mode="r", format=format_name, options=LOOK) as container:
            stream = container.streams.video[0]
            seconds = float(container.duration / av.time_base) if container.duration else None
            width, height = stream.codec_context.width, stream.codec_context.height
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise WrongFile("This clip cannot be opened: it is damaged or has no picture.") from error
    if not width or not height:
        raise WrongFile("This clip is damaged: it does not say how large its picture is.")
    return width, height, seconds


def _sha256(file: File[bytes]) -> str:
    found = hashlib.sha256()
    for chunk in file.chunks():
        found.update(chunk)
    return found.hexdigest()


def _keep(file: File[bytes], project: Project, facts: Facts) -> str:
    """The file's name in storage: the same bytes are kept once for a project."""
    name = f"inputs/{project.pk}/{facts.sha256}.{EXTENSIONS[facts.content_type]}"
    if default_storage.exists(name) and default_storage.size(name) == facts.size:
        return name
    file.seek(0)
    return default_storage.save(name, File(file.file, name=name))


@transaction.atomic
def _write(shot: Shot, role: Kind, facts: Facts, kept: str, name: str, by: User) -> ShotInput:
    # Two uploads at once must not leave two first frames, nor more references than may be.
    Shot.objects.select_for_update(no_key=True).get(pk=shot.pk)
    mine = shot.inputs.filter(role=role, removed_at=None)
    place = 0
    if role == Kind.REFERENCE:
        if mine.count() >= MAX_REFERENCES:
            raise WrongFile(f"A shot has at most {MAX_REFERENCES} reference pictures. Remove one first.")
        last = mine.aggregate(last=Max("position"))["last"]
        place = 0 if last is None else last + 1
    else:
        mine.update(removed_at=timezone.now())
    return ShotInput.objects.create(
        shot=shot,
        role=role,
        position=place,
        file=kept,
        name=name[-200:],
        sha256=facts.sha256,
        content_type=facts.content_type,
        size=facts.size,
        width=facts.width,
        height=facts.height,
        duration_s=facts.duration_s,
        created_by=by,
    )
