"""The clips' files: behind a session and a membership, in byte ranges, streamed from any Django storage."""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, cast

from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe
from django.views.decorators.http import require_safe

from reviewapp import storage, vtt
from reviewapp.models import Candidate, Clip
from reviewapp.views.access import AuthedRequest, get_candidate, get_input
from reviewapp.views.ranges import Span, Unsatisfiable, read_range

logger = logging.getLogger(__name__)

CHUNK = 128 * 1024
MAX_AGE_S = 3600
# A vendor's own word on the type of a file is not shown to browsers unless it is one of these.
PLAYABLE = {"video/mp4": "mp4", "video/webm": "webm", "video/quicktime": "mov"}


@dataclass(frozen=True)
class StoredFile:
    """One file to send: where it lies, what it is, and how a browser knows that it has not changed.

    Every representation has its own `etag`. `changed_at` is None for what may be made anew. `size` in bytes
    is what the row says; a file of another size is not sent.
    """

    file: FieldFile
    content_type: str
    etag: str
    changed_at: datetime | None
    download_name: str
    size: int | None = None


class Window:
    """A stretch of an open file, given out in chunks and closed with the response, however that ends."""

    def __init__(self, file: IO[bytes], first: int, length: int) -> None:
        self._file, self._left = file, length
        file.seek(first)

    def __iter__(self) -> Iterator[bytes]:
        while self._left > 0:
            chunk = self._file.read(min(CHUNK, self._left))
            if not chunk:
                return
            self._left -= len(chunk)
            yield chunk

    def close(self) -> None:
        self._file.close()


@require_safe
def clip(request: AuthedRequest, uid: uuid.UUID) -> HttpResponseBase:
    """What browsers play of a clip; `?download` gives the original."""
    candidate, clip = _clip_of(request, uid)
    if clip.removed_at is not None:
        return _removed(clip)
    if clip.playable and "download" not in request.GET:
        return _send(request, _copy(clip, clip.playable, f"{candidate.code}_playable.mp4"))
    return _send(request, _original(candidate, clip))


@require_safe
def original(request: AuthedRequest, uid: uuid.UUID) -> HttpResponseBase:
    """The provider's file, byte for byte."""
    candidate, clip = _clip_of(request, uid)
    if clip.removed_at is not None:
        return _removed(clip)
    return _send(request, _original(candidate, clip))


@require_safe
def small(request: AuthedRequest, uid: uuid.UUID) -> HttpResponseBase:
    """What walls of clips play; the clip itself while there is nothing smaller."""
    candidate, clip = _clip_of(request, uid)
    if clip.removed_at is not None:
        return _removed(clip)
    if not clip.has_small:
        # One address never gives two different files: caches would glue ranges of them together.
        return HttpResponseRedirect(reverse("clip", args=[uid]), headers={"Cache-Control": "no-store"})
    return _send(request, _copy(clip, clip.small, f"{candidate.code}_small.mp4"))


@require_safe
def poster(request: AuthedRequest, uid: uuid.UUID) -> HttpResponseBase:
    candidate, clip = _clip_of(request, uid)
    return _send(request, _picture(clip, clip.poster, f"{candidate.code}_poster.jpg"))


@require_safe
def filmstrip(request: AuthedRequest, uid: uuid.UUID) -> HttpResponseBase:
    candidate, clip = _clip_of(request, uid)
    if clip.removed_at is not None:
        return _removed(clip)
    return _send(request, _picture(clip, clip.filmstrip, f"{candidate.code}_filmstrip.jpg"))


@require_safe
def filmstrip_index(request: AuthedRequest, uid: uuid.UUID) -> HttpResponseBase:
    """The filmstrip's index as WebVTT: which part of it shows which seconds."""
    _, clip = _clip_of(request, uid)
    if clip.removed_at is not None:
        return _removed(clip)
    if not clip.filmstrip or not clip.filmstrip_tiles:
        raise Http404("This filmstrip has not been made yet.")
    etag = _mark(clip, f"{clip.filmstrip.name} {clip.filmstrip_tiles} {clip.duration_s}")
    answer = HttpResponse(vtt.index_of(clip), content_type="text/vtt; charset=utf-8")
    answer.headers["ETag"], answer.headers["Cache-Control"] = etag, f"private, max-age={MAX_AGE_S}"
    return get_conditional_response(request, etag=etag, response=answer) or answer


@require_safe
def shot_input(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """A picture or clip that a shot starts from. Its type was read from its bytes when it came."""
    entry = get_input(request, pk)
    name = f"{entry.shot.code}_{entry.role}_{entry.sha256[:8]}.{entry.extension}"
    return _send(
        request, StoredFile(entry.file, entry.content_type, f'"{entry.sha256}"', entry.created_at, name)
    )


def _clip_of(request: AuthedRequest, uid: uuid.UUID) -> tuple[Candidate, Clip]:
    """A clip whose files may be given out: one that the checks have let through."""
    candidate = get_candidate(request, uid)
    clip = getattr(candidate, "clip", None)
    if clip is None:
        raise Http404(f"{candidate.code} has no clip yet.")
    if clip.removed_at is None and not clip.is_verified:
        raise Http404(f"The file of {candidate.code} did not pass its check, so it is not given out.")
    return candidate, clip


def _removed(clip: Clip) -> HttpResponse:
    """The project's retention has taken the file away; the poster is kept."""
    return HttpResponse(clip.removed_words, status=410, content_type="text/plain; charset=utf-8")


def _original(candidate: Candidate, clip: Clip) -> StoredFile:
    kind = clip.content_type if clip.content_type in PLAYABLE else "application/octet-stream"
    name = f"{candidate.code}_{clip.sha256[:8]}.{PLAYABLE.get(clip.content_type, 'bin')}"
    return StoredFile(clip.file, kind, f'"{clip.sha256}"', clip.created_at, name, clip.size)


def _copy(clip: Clip, file: FieldFile, download_name: str) -> StoredFile:
    return StoredFile(file, "video/mp4", _mark(clip, str(file.name)), None, download_name)


def _picture(clip: Clip, file: FieldFile, download_name: str) -> StoredFile:
    return StoredFile(file, "image/jpeg", _mark(clip, str(file.name)), clip.created_at, download_name)


def _mark(clip: Clip, made: str) -> str:
    """The entity tag of something that was made of a clip: made anew, it has another name."""
    return f'"{hashlib.sha256(f"{clip.sha256} {made}".encode()).hexdigest()[:32]}"'


def _send(request: AuthedRequest, stored: StoredFile) -> HttpResponseBase:
    if not stored.file:
        raise Http404("This picture has not been made yet.")
    if address := _elsewhere(request, stored):
        # The address is a key for a while, and no cache on the way may hand it to others.
        return HttpResponseRedirect(address, headers={"Cache-Control": "no-store"})
    file = _open(stored.file)
    try:
        response = _answer(request, stored, file)
    except BaseException:
        file.close()
        raise
    if not response.streaming:
        file.close()
    return response


def _elsewhere(request: AuthedRequest, stored: StoredFile) -> str | None:
    """Where the file itself is fetched from, once the right to see it was checked here."""
    name = cast(str, stored.file.name)
    if stored.size is not None:
        try:
            size = storage.linked_size(stored.file.storage, name)
        except FileNotFoundError as error:
            raise _gone(stored.file) from error
        _must_be_whole(stored, stored.size if size is None else size)
    return storage.link(
        stored.file.storage,
        name,
        cast(str, request.method),
        ResponseContentType=stored.content_type,
        ResponseContentDisposition=_disposition(request, stored),
        ResponseCacheControl=f"private, max-age={MAX_AGE_S}",
    )


def _disposition(request: AuthedRequest, stored: StoredFile) -> str:
    return cast(str, content_disposition_header("download" in request.GET, stored.download_name))


def _open(field: FieldFile) -> Any:
    try:
        return field.storage.open(cast(str, field.name), "rb")
    except FileNotFoundError as error:
        raise _gone(field) from error


def _gone(field: FieldFile) -> Http404:
    logger.error("The file %s is in the database and not in the storage", field.name)
    return Http404("The file is no longer in the storage.")


def _answer(request: AuthedRequest, stored: StoredFile, file: Any) -> HttpResponseBase:
    size = int(file.size)
    _must_be_whole(stored, size)
    modified = None if stored.changed_at is None else int(stored.changed_at.timestamp())
    plain = HttpResponse()
    _headed(plain, stored, modified)
    # Conditions come before ranges (RFC 9110, section 13.2.2).
    unchanged = get_conditional_response(request, etag=stored.etag, last_modified=modified, response=plain)
    if unchanged is not None and unchanged.status_code != 200:
        return unchanged
    try:
        span = (
            read_range(request.headers["Range"], size) if _range_counts(request, stored, modified) else None
        )
    except Unsatisfiable:
        return HttpResponse(
            status=416, headers={"Content-Range": f"bytes */{size}", "Cache-Control": "no-store"}
        )
    response = _body(request, file, span or Span(0, size - 1, size), partial=span is not None)
    response.headers["Content-Disposition"] = _disposition(request, stored)
    return _headed(response, stored, modified)


def _must_be_whole(stored: StoredFile, size: int) -> None:
    """Only the bytes that were checked are given out."""
    if stored.size is not None and size != stored.size:
        logger.error("The file %s has %d bytes and not %d", stored.file.name, size, stored.size)
        raise Http404("The file in the storage is not the one that came, so it is not given out.")


def _range_counts(request: AuthedRequest, stored: StoredFile, modified: int | None) -> bool:
    """A range is for GET alone, and only while the file is still the one the browser has begun to read."""
    if request.method != "GET" or "Range" not in request.headers:
        return False
    condition = request.headers.get("If-Range", "").strip()
    if not condition:
        return True
    if condition.startswith(('"', "W/")):
        return condition == stored.etag
    return modified is not None and parse_http_date_safe(condition) == modified


def _body(request: AuthedRequest, file: Any, span: Span, *, partial: bool) -> HttpResponseBase:
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse()
    else:
        response = StreamingHttpResponse(
            Window(file, span.first, span.length), status=206 if partial else 200
        )
    response.headers["Content-Length"] = str(span.length)
    if partial:
        response.headers["Content-Range"] = span.content_range
    return response


def _headed(response: HttpResponseBase, stored: StoredFile, modified: int | None) -> HttpResponseBase:
    response.headers["Content-Type"] = stored.content_type
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = stored.etag
    if modified is not None:
        response.headers["Last-Modified"] = http_date(modified)
    response.headers["Cache-Control"] = f"private, max-age={MAX_AGE_S}"
    return response
