"""The machine's verbs: how a candidate goes from QUEUED to a reviewer's eyes. The stations in jobs/ call
only these.

Each verb is one short transaction around one move: what money does, what the row says and what the queue is
told commit together or not at all. No verb waits for anything outside the database.
"""

from __future__ import annotations

from reviewapp.line.files import (
    begin_check,
    begin_ingest,
    begin_urgent_ingest,
    check_out_of_time,
    check_postponed,
    check_refused,
    checked,
    hand_back,
    ingest_failed,
    ingested,
    keep_lease,
    rechecked,
)
from reviewapp.line.people import (
    CannotAskAgain,
    JobTaken,
    ask_again,
    resolve_made,
    resolve_not_made,
    was_made,
)
from reviewapp.line.poll import record_cancel, record_polls
from reviewapp.line.running import claim_polls, hint
from reviewapp.line.submit import begin_submit, is_still_claimed, submit_accepted, submit_failed
from reviewapp.line.sweep import drop_claims, due_now, next_due_in, sweep, take_over

__all__ = [
    "CannotAskAgain",
    "JobTaken",
    "ask_again",
    "begin_check",
    "begin_ingest",
    "begin_submit",
    "begin_urgent_ingest",
    "check_out_of_time",
    "check_postponed",
    "check_refused",
    "checked",
    "claim_polls",
    "drop_claims",
    "due_now",
    "hand_back",
    "hint",
    "ingest_failed",
    "ingested",
    "is_still_claimed",
    "keep_lease",
    "next_due_in",
    "rechecked",
    "record_cancel",
    "record_polls",
    "resolve_made",
    "resolve_not_made",
    "submit_accepted",
    "submit_failed",
    "sweep",
    "take_over",
    "was_made",
]
