"""What leaves the house: the approved clips as one archive, with a list of what each of them is."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import PurePath
from typing import IO, cast

from django.db.models import Sum

from reviewapp.models import Candidate, Clip, LedgerEntry, Project, ReviewDecision, Status, Verdict
from reviewapp.shotlist.lines import number
from reviewapp.shotlist.writing import csv_text

logger = logging.getLogger(__name__)

CHUNK = 1024 * 1024
HEADER = (
    "code",
    "version",
    "candidate",
    "file",
    "prompt",
    "negative prompt",
    "provider",
    "model",
    "why this model",
    "seed",
    "duration",
    "frames",
    "fps",
    "width",
    "height",
    "bytes",
    "sha256",
    "price in USD",
    "approved by",
    "approved at",
)


def approved(project: Project) -> list[Candidate]:
    """The approved clips of the shots that are not omitted, in the list's order."""
    rows = Candidate.objects.whole().filter(
        shot__project=project, shot__omitted=False, status=Status.APPROVED, clip__isnull=False
    )
    return list(rows.order_by("shot__position", "shot__code"))


class _Outbox:
    """Where the archive is written to: what has gathered is handed on and forgotten."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """There is nothing behind this to flush to; the archive's writer calls it all the same."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def archive(candidates: list[Candidate]) -> Iterator[bytes]:
    """The zip in pieces, the clips byte for byte as they came; at no time more than a piece is in memory.

    Clips do not shrink, so they are stored and not deflated. A clip whose file has gone from the storage is
    left out and marked in the list.
    """
    outbox = _Outbox()
    missing: set[int] = set()
    # The outbox can only be appended to, and a clip may pass 2 GB: both are told to the writer.
    with zipfile.ZipFile(cast(IO[bytes], outbox), "w", zipfile.ZIP_STORED, allowZip64=True) as packed:
        for candidate in candidates:
            try:
                file = candidate.clip.file.storage.open(cast(str, candidate.clip.file.name), "rb")
            except OSError:
                logger.exception("The clip of %s is not in the storage and was not exported", candidate.code)
                missing.add(candidate.pk)
                continue
            with (
                file,
                packed.open(_entry(candidate.clip, _name(candidate)), "w", force_zip64=True) as to,
            ):
                while chunk := file.read(CHUNK):
                    to.write(chunk)
                    yield outbox.take()
            yield outbox.take()
        packed.writestr("shots.csv", report(candidates, missing).encode("utf-8", "replace"))
    yield outbox.take()


def _name(candidate: Candidate) -> str:
    """The provider's own file under the clip's code; its kind was read from its bytes when it came."""
    return f"{candidate.code}{PurePath(str(candidate.clip.file.name)).suffix or '.mp4'}"


def _entry(clip: Clip, name: str) -> zipfile.ZipInfo:
    made = clip.created_at
    # The format knows no year before 1980 and no time zone.
    entry = zipfile.ZipInfo(
        name, (max(1980, made.year), made.month, made.day, made.hour, made.minute, made.second)
    )
    entry.external_attr = 0o644 << 16
    return entry


def report(candidates: list[Candidate], missing: set[int]) -> str:
    """`shots.csv` of the archive: what each clip is, what it cost, and who approved it."""
    prices = _prices(candidates)
    decisions = _approvals(candidates)
    return csv_text(
        HEADER,
        (_line(row, prices.get(row.pk), decisions.get(row.pk), gone=row.pk in missing) for row in candidates),
    )


def _prices(candidates: list[Candidate]) -> dict[int, Decimal]:
    settled = LedgerEntry.objects.filter(candidate__in=candidates, kind=LedgerEntry.Kind.SETTLED)
    sums = settled.order_by().values("candidate").annotate(sum=Sum("amount"))
    return {row["candidate"]: row["sum"] for row in sums}


def _approvals(candidates: list[Candidate]) -> dict[int, ReviewDecision]:
    standing = ReviewDecision.objects.filter(
        candidate__in=candidates, verdict=Verdict.APPROVE, undone_at=None
    )
    return {decision.candidate_id: decision for decision in standing.select_related("by")}


def _line(row: Candidate, price: Decimal | None, approval: ReviewDecision | None, *, gone: bool) -> list[str]:
    clip = row.clip
    who = "the project's policy" if approval is None or approval.by is None else approval.by.display_name
    return [
        row.shot.code,
        row.version.label,
        row.slot_label,
        "missing from the storage" if gone else _name(row),
        row.version.text,
        row.version.negative_text,
        row.provider,
        row.model,
        row.choice_why,
        "" if row.seed is None else str(row.seed),
        f"{clip.duration_s:.3f}",
        str(clip.frames),
        f"{clip.fps_num}/{clip.fps_den}" if clip.fps_den != 1 else str(clip.fps_num),
        str(clip.width),
        str(clip.height),
        str(clip.size),
        clip.sha256,
        "" if price is None else number(price),
        who,
        "" if approval is None else approval.at.isoformat(timespec="seconds"),
    ]
