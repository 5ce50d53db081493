"""From Kling's records to ours: states, costs and links of both standards, and what is left on an account."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qs, urlsplit

from providers.contract import JobState, Output

USD_PER_UNIT = Decimal("0.14")
# Files and records are kept so long after the last change.
KEPT = timedelta(days=30)
OVER = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.REFUSED})
# The older standard says succeed and the newer one succeeded; both are read wherever they come from.
_STATES = {
    "submitted": JobState.QUEUED,
    "processing": JobState.RUNNING,
    "succeed": JobState.SUCCEEDED,
    "succeeded": JobState.SUCCEEDED,
    "failed": JobState.FAILED,
}
# A failure has no code, only a sentence. The first of these is what accounts really get to read; the others
# follow the vendor's own descriptions ("triggering the content risk control of the platform").
_REFUSAL = re.compile(
    r"risk control|content (?:moderation|security|policy|review)|sensitive|prohibited", re.I
)
_PASSING = re.compile(r"internal|time ?d? ?out|busy|overload|unavailable|try again|later", re.I)


@dataclass(frozen=True)
class Record:
    """One job as Kling tells it, whatever the standard. `cost` is None where it tells none; `mark` is ours,
    empty where it is not told.
    """

    id: str
    mark: str
    status: str
    words: str
    outputs: tuple[Output, ...]
    cost: Decimal | None

    @property
    def state(self) -> JobState:
        """Our state for Kling's status; a failure whose sentence speaks of its content is a refusal."""
        state = _STATES.get(self.status, JobState.UNKNOWN)
        refused = state is JobState.FAILED and _REFUSAL.search(self.words) is not None
        return JobState.REFUSED if refused else state

    @property
    def retry_helps(self) -> bool:
        """Whether the very same order may succeed later, as far as the sentence tells."""
        return self.state is JobState.FAILED and (not self.words or bool(_PASSING.search(self.words)))


def new_record(data: object) -> Record | None:
    """A record of the newer standard, or None where the answer holds none."""
    if not isinstance(data, dict) or not _text(data, "id") or not _text(data, "status"):
        return None
    status = _text(data, "status")
    return Record(
        id=_text(data, "id"),
        mark=_text(data, "external_id"),
        status=status,
        words=_text(data, "message"),
        outputs=_outputs(
            [entry for entry in _dicts(data.get("outputs")) if entry.get("type", "video") == "video"],
            data.get("update_time"),
        ),
        cost=_billed(data.get("billing"), failed=status == "failed"),
    )


def legacy_record(data: object) -> Record | None:
    """A record of the older standard, or None where the answer holds none."""
    if not isinstance(data, dict) or not _text(data, "task_id") or not _text(data, "task_status"):
        return None
    result, info = data.get("task_result"), data.get("task_info")
    videos = result.get("videos") if isinstance(result, dict) else None
    return Record(
        id=_text(data, "task_id"),
        mark=_text(info, "external_task_id") if isinstance(info, dict) else "",
        status=_text(data, "task_status"),
        words=_text(data, "task_status_msg"),
        outputs=_outputs(_dicts(videos), data.get("updated_at")),
        cost=_deducted(data),
    )


def units_left(data: object) -> Decimal | None:
    """The units in the packs that are in force; None where there is no such pack."""
    packs = _dicts(data.get("resource_pack_subscribe_infos")) if isinstance(data, dict) else []
    left = [amount(pack.get("remaining_quantity")) for pack in packs if pack.get("status") == "online"]
    known = [one for one in left if one is not None]
    return sum(known, Decimal(0)) if known else None


def amount(value: object) -> Decimal | None:
    """A sum as Kling writes it: mostly text, sometimes a number; None for what is no sum."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and number >= 0 else None


def _billed(value: object, *, failed: bool) -> Decimal | None:
    """Dollars of a bill: units of a pack at their list price, and what was taken from the balance."""
    if not isinstance(value, list):
        return None
    if not value:
        # A failed job with an empty bill cost nothing. Of a finished one that says little, so it stays open.
        return Decimal(0) if failed else None
    sums = [_entry(entry) for entry in _dicts(value)]
    known = [one for one in sums if one is not None]
    # One entry in yuan or without a sum, and the whole is not known.
    return sum(known, Decimal(0)) if len(known) == len(value) else None


def _entry(entry: dict[str, Any]) -> Decimal | None:
    found = amount(entry.get("amount"))
    if found is None:
        return None
    if entry.get("charge_type") == "unit":
        return found * USD_PER_UNIT
    return found if entry.get("currency") == "USD" else None


def _deducted(data: dict[str, Any]) -> Decimal | None:
    """Dollars of the older standard. Its balance names no currency and is taken for dollars."""
    units = amount(data.get("final_unit_deduction"))
    balance = data.get("final_balance_deduction")
    cash = amount(balance.get("quota")) if isinstance(balance, dict) else None
    if units is None and cash is None:
        return None
    return (units or Decimal(0)) * USD_PER_UNIT + (cash or Decimal(0))


def _outputs(entries: list[dict[str, Any]], updated: object) -> tuple[Output, ...]:
    links = [link for entry in entries if (link := _text(entry, "url"))]
    return tuple(
        Output(url=link, expires_at=_expiry(link, updated), index=index) for index, link in enumerate(links)
    )


def _expiry(link: str, updated: object) -> datetime | None:
    """The moment a signed link names itself, else the end of the days for which files are kept."""
    try:
        until = parse_qs(urlsplit(link).query).get("Expires", [""])[0]
        if until.isascii() and until.isdecimal():
            return datetime.fromtimestamp(int(until), UTC)
        if isinstance(updated, int) and not isinstance(updated, bool):
            return datetime.fromtimestamp(updated / 1000, UTC) + KEPT
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _dicts(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
