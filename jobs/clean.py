"""The station that cleans by schedule: every kind in steps, each of which may be the last one.

A kind is a generator. Each `Step` is written down before the next is taken, so that a run that is killed
goes on where it was; what a killed step has done already is found done.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from django.core.files.storage import default_storage
from django.db import DatabaseError
from django.utils import timezone

from jobs import files, heart, vendor_copies
from jobs.stored import Stored, pages
from reviewapp import cleaning
from reviewapp.models import Clip, ShotInput

logger = logging.getLogger(__name__)

# After so long the downloads that wait come first, and another message goes on.
SLICE_S: Final = 20.0
# Clips, inputs or rows read at a time.
BATCH: Final = 100
# Rows a night whose files are looked for, each with one question to the storage.
LOOKED_FOR: Final = 2000


# A page of files of which more than half, and at least so many, have no row is not swept without a word:
# it is rather the storage of another site.
MANY: Final = 50


@dataclass(frozen=True)
class Order:
    """How a run is meant: from where, whether only to say what would go, and whether many orphans may go."""

    cursor: str = ""
    dry: bool = False
    even_many: bool = False


@dataclass(frozen=True)
class Step:
    """What one step removed, where to go on from, and a sentence for people."""

    removed: int = 0
    failed: int = 0
    size: int = 0
    cursor: str = ""
    said: str = ""


def clean() -> None:
    """Do what is due, for a short while; the rest goes on in another message."""
    with heart.working("media"):
        ends = time.monotonic() + SLICE_S
        for kind in cleaning.due():
            if not run(kind, ends=ends):
                cleaning.go_on_later()
                return


def run(kind: str, ends: float | None = None, *, even_many: bool = False) -> bool:
    """Clean one kind until it is done or `ends` has come; False when there is more to do.

    A kind that another process cleans counts as done here.
    """
    held = cleaning.begin(kind)
    if held is None:
        return True
    try:
        for step in CHORES[kind](Order(held.cursor, even_many=even_many)):
            held.step(**asdict(step))
            late = ends is not None and time.monotonic() >= ends
            if late and kind == "missing":
                # Looks at a part every night; the next one goes on from there.
                break
            if late:
                held.let_go()
                return False
        row = held.end(_next_night(kind, held.cursor))
    except cleaning.LeaseLost:
        logger.warning("another process goes on cleaning %s", kind)
        return True
    except DatabaseError:
        raise
    except Exception as error:
        # Storages raise errors of their own making, and the other kinds must not wait for this one's.
        logger.exception("cleaning %s broke off", kind)
        why = f"It broke off ({type(error).__name__}); the log of the media cluster says why."
        held.step(failed=1, said=why)
        row = held.end(held.cursor if kind == "missing" else "")
    logger.info("cleaned %s: %s", kind, row.said)
    return True


def _next_night(kind: str, cursor: str) -> str:
    """Where the next run of a kind begins: only the search for missing files goes round."""
    return cursor if kind == "missing" and cleaning.rows_with_files(cursor, 1) else ""


def would(kind: str) -> Step:
    """What a run would remove now. Changes nothing and asks no vendor."""
    removed = failed = size = 0
    said: list[str] = []
    for step in CHORES[kind](Order(dry=True)):
        removed, failed, size = removed + step.removed, failed + step.failed, size + step.size
        said += [step.said] if step.said else []
    return Step(removed, failed, size, "", " ".join(said))


# --- clips past their project's retention ---


def _clips(order: Order) -> Iterator[Step]:
    if not order.dry:
        for clip in cleaning.leftover().iterator(BATCH):
            yield _clip_files_gone(clip)
    after = 0
    while batch := list(_next_expired(after)):
        for clip in batch:
            after = clip.pk
            if order.dry:
                yield Step(removed=1, size=clip.size)
            elif cleaning.claim_clip(clip):
                yield _clip_files_gone(clip)


def _next_expired(after: int) -> Iterator[Clip]:
    rows = cleaning.expired().filter(pk__gt=after).select_related("candidate").order_by("pk")
    yield from rows[:BATCH]


def _clip_files_gone(clip: Clip) -> Step:
    """Delete the files of a claimed clip; a file that another row names as well stays."""
    for name in cleaning.files_of(clip):
        if not cleaning.is_named(name, except_row=clip) and not _deleted(name):
            return Step(failed=1)
    cleaning.forget_files(clip)
    return Step(removed=1, size=clip.size)


def _deleted(name: str) -> bool:
    """Whether the file is gone; one that was gone before is. False when the storage did not do it."""
    try:
        default_storage.delete(name)
    except Exception:
        # Storages raise errors of their own making; the file stays named and is tried again.
        logger.exception("The storage did not delete %s", name)
        return False
    return True


# --- inputs that nothing refers to ---


def _inputs(order: Order) -> Iterator[Step]:
    after = int(order.cursor or 0)
    while batch := cleaning.unused_inputs(after, BATCH):
        for entry in batch:
            after = entry.pk
            yield _input_gone(entry, order.dry)


def _input_gone(entry: ShotInput, dry: bool) -> Step:
    cursor, name = str(entry.pk), str(entry.file.name)
    if dry:
        free = not cleaning.is_pinned(entry)
        return Step(removed=int(free), size=entry.size if free else 0)
    if not cleaning.forget_input(entry):
        return Step(cursor=cursor)
    # The same picture of another shot is the same file. What is not deleted here is an orphan from now on.
    freed = not cleaning.is_named(name) and _deleted(name)
    return Step(removed=1, size=entry.size if freed else 0, cursor=cursor)


# --- files that no row names ---


def _orphans(order: Order) -> Iterator[Step]:
    if not order.dry and not order.cursor:
        # Half files of downloads that were cut off: they lie beside the storage and have no row either.
        yield Step(removed=files.sweep_arrivals(cleaning.YOUNGEST), cursor=f"{cleaning.FOLDERS[0]}/")
    for folder in cleaning.FOLDERS:
        inside = f"{folder}/"
        # In the order of their names: folders before the cursor are done.
        if order.cursor > inside and not order.cursor.startswith(inside):
            continue
        for page in pages(folder, order.cursor if order.cursor.startswith(inside) else ""):
            lost = _unnamed(page)
            if len(lost) >= MANY and len(lost) * 2 > len(page) and not order.even_many:
                yield Step(failed=len(lost), cursor=page[-1].name, said=_too_many(lost, page))
            elif order.dry:
                yield Step(len(lost), 0, sum(one.size for one in lost))
            else:
                # Asked once more for each: a row may have come since the page was read.
                gone = [one for one in lost if not cleaning.is_named(one.name) and _deleted(one.name)]
                yield Step(len(gone), len(lost) - len(gone), sum(one.size for one in gone), page[-1].name)


def _unnamed(page: list[Stored]) -> list[Stored]:
    old = [one for one in page if timezone.now() - one.changed_at > cleaning.YOUNGEST]
    named = cleaning.named_in(one.name for one in old)
    return [one for one in old if one.name not in named]


def _too_many(lost: list[Stored], page: list[Stored]) -> str:
    return (
        f"{len(lost)} of {len(page)} files from {page[0].name} on have no row: they were left alone, because "
        "this looks like the storage of another site. If it is not, run manage.py clean --only orphans "
        "--even-many."
    )


# --- rows whose file is gone ---


def _missing(order: Order) -> Iterator[Step]:
    looked, cursor = 0, order.cursor
    while looked < LOOKED_FOR and (batch := cleaning.rows_with_files(cursor, BATCH)):
        looked += len(batch)
        lost = [what for _, what, name in batch if not default_storage.exists(name)]
        cursor = batch[-1][0]
        said = f"The file of {', '.join(lost[:5])} is gone." if lost else ""
        yield Step(failed=len(lost), cursor=cursor, said=said)


# --- copies at the vendors ---


def _copies(order: Order) -> Iterator[Step]:
    after, silent = 0, set[int]()
    while batch := cleaning.copies_due(after, BATCH, silent):
        for candidate in batch:
            after = candidate.pk
            key_id = candidate.provider_key_id or 0
            if order.dry:
                yield Step(removed=1)
            elif key_id not in silent and cleaning.begin_deletion(candidate):
                told, why = vendor_copies.delete(candidate)
                whole_account = told is vendor_copies.Told.ASK_NOBODY
                if whole_account:
                    # Its other copies wait for the next night.
                    silent.add(key_id)
                done = told is vendor_copies.Told.GONE
                yield Step(removed=int(done), failed=int(not done), said=why if whole_account else "")
    if given_up := cleaning.given_up():
        yield Step(said=f"Copies that were given up and stay at their providers: {given_up}.")


# --- old rows ---


def _rows(order: Order) -> Iterator[Step]:
    kinds = list(cleaning.OLD_ROWS)
    for place, what in enumerate(kinds[int(order.cursor or 0) :], start=int(order.cursor or 0)):
        count = cleaning.OLD_ROWS[what]().count()
        said = f"{count} {what}." if count else ""
        if order.dry:
            yield Step(removed=count, said=said)
            continue
        while some := cleaning.delete_some(what):
            yield Step(removed=some, cursor=str(place))
        yield Step(cursor=str(place + 1), said=said)


CHORES: Final[Mapping[str, Callable[[Order], Iterator[Step]]]] = {
    "clips": _clips,
    "inputs": _inputs,
    "orphans": _orphans,
    "missing": _missing,
    "copies": _copies,
    "rows": _rows,
}
