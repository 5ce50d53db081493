"""What this site may ask of the storage of its clips, whichever it is."""

from __future__ import annotations

import uuid
from typing import cast

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage


def probe() -> str | None:
    """Write, read and delete a small file; None when all went well, else a sentence of what did not."""
    name, content = f"probe/{uuid.uuid4().hex}.txt", uuid.uuid4().bytes
    doing = "write to"
    try:
        kept = default_storage.save(name, ContentFile(content))
        doing = "read from"
        with default_storage.open(kept) as file:
            same = file.read() == content
        doing = "delete from"
        default_storage.delete(kept)
    except Exception as error:  # noqa: BLE001  Storages raise errors of their own making.
        # The message may name hosts and folders, which is for the log; its kind is enough for a page.
        return f"The storage of the clips cannot be used: this site could not {doing} it ({_kind(error)})."
    return None if same else "The storage of the clips gives back other bytes than were written."


def _kind(error: Exception) -> str:
    code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
    strerror = error.strerror if isinstance(error, OSError) else None
    return str(code or strerror or type(error).__name__)


def link(storage: Storage, name: str, method: str, **answer: str) -> str | None:
    """Where a browser is sent for a file, for a few minutes; None where this site serves it itself.

    One address is given out for half of its life, so that a browser need not fetch a picture again and again.
    """
    make = getattr(storage, "link", None)
    if make is None or settings.MEDIA_PROXY:
        return None
    seconds = settings.MEDIA_LINK_S
    asked = repr((name, seconds, method, sorted(answer.items())))
    key = f"media-link-{uuid.uuid5(uuid.NAMESPACE_URL, asked)}"
    return str(cache.get_or_set(key, lambda: make(name, seconds, method, **answer), seconds / 2))


def linked_size(storage: Storage, name: str) -> int | None:
    """The bytes of a file that browsers fetch from elsewhere, asked for as seldom as its address is made.

    None where this site serves it itself. Raises FileNotFoundError.
    """
    if not hasattr(storage, "link") or settings.MEDIA_PROXY:
        return None
    key = f"media-size-{uuid.uuid5(uuid.NAMESPACE_URL, name)}"
    return cast(int, cache.get_or_set(key, lambda: storage.size(name), settings.MEDIA_LINK_S / 2))
