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
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe
from django.views.decorators.http import require_safe

from reviewapp import storage
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
    """One file to send: where it lies, what it is, and how a browser knows that it has not changed."""

    file: FieldFile
    content_type: str
    etag: str
    changed_at: datetime
    download_name: str


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
    candidate, clip = _clip_of(request, uid)
    if clip.removed_at is not None:
        return _removed(clip)
    kind = clip.content_type if clip.content_type in PLAYABLE else "application/octet-stream"
    name = f"{candidate.code}_{clip.sha256[:8]}.{PLAYABLE.get(clip.content_type, 'bin')}"
    return _send(request, StoredFile(clip.file, kind, f'"{clip.sha256}"', clip.created_at, name))


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
def shot_input(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """A picture or clip that a shot starts from. Its type was read from its bytes when it came."""
    entry = get_input(request, pk)
    name = f"{entry.shot.code}_{entry.role}_{entry.sha256[:8]}.{entry.extension}"
    return _send(
        request, StoredFile(entry.file, entry.content_type, f'"{entry.sha256}"', entry.created_at, name)
    )


def _clip_of(request: AuthedRequest, uid: uuid.UUID) -> tuple[Candidate, Clip]:
    candidate = get_candidate(request, uid)
    clip = getattr(candidate, "clip", None)
    if clip is None:
        raise Http404(f"{candidate.code} has no clip yet.")
    return candidate, clip


def _removed(clip: Clip) -> HttpResponse:
    """The project's retention has taken the file away; the poster is kept."""
    return HttpResponse(clip.removed_words, status=410, content_type="text/plain; charset=utf-8")


def _picture(clip: Clip, file: FieldFile, download_name: str) -> StoredFile:
    # Pictures can be made anew from the same clip; the storage then gives them another name.
    mark = hashlib.sha256(f"{clip.sha256} {file.name}".encode()).hexdigest()[:32]
    return StoredFile(file, "image/jpeg", f'"{mark}"', clip.created_at, download_name)


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
    return storage.link(
        stored.file.storage,
        cast(str, stored.file.name),
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
        logger.error("The file %s is in the database and not in the storage", field.name)
        raise Http404("The file is no longer in the storage.") from error


def _answer(request: AuthedRequest, stored: StoredFile, file: Any) -> HttpResponseBase:
    size = int(file.size)
    modified = int(stored.changed_at.timestamp())
    try:
        span = (
            read_range(request.headers["Range"], size) if _range_counts(request, stored, modified) else None
        )
    except Unsatisfiable:
        response = _headed(HttpResponse(status=416), stored, modified)
        response.headers["Content-Range"] = f"bytes */{size}"
        return response
    plain = HttpResponse()
    _headed(plain, stored, modified)
    unchanged = get_conditional_response(request, etag=stored.etag, last_modified=modified, response=plain)
    if unchanged is not None and unchanged.status_code != 200:
        return unchanged
    response = _body(request, file, span or Span(0, size - 1, size), partial=span is not None)
    response.headers["Content-Disposition"] = _disposition(request, stored)
    return _headed(response, stored, modified)


def _range_counts(request: AuthedRequest, stored: StoredFile, modified: int) -> bool:
    """A range is for GET alone, and only while the file is still the one the browser has begun to read."""
    if request.method != "GET" or "Range" not in request.headers:
        return False
    condition = request.headers.get("If-Range", "").strip()
    if not condition:
        return True
    if condition.startswith(('"', "W/")):
        return condition == stored.etag
    return parse_http_date_safe(condition) == modified


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


def _headed(response: HttpResponseBase, stored: StoredFile, modified: int) -> HttpResponseBase:
    response.headers["Content-Type"] = stored.content_type
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = stored.etag
    response.headers["Last-Modified"] = http_date(modified)
    response.headers["Cache-Control"] = f"private, max-age={MAX_AGE_S}"
    return response
