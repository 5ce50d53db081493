"""What is cleaned by schedule, and what never is. The station `jobs/clean.py` does the work.

Nothing approved, nothing in review and nothing that is still referenced is ever removed; the ledger, the
transitions and the audit log are never touched. Every removal is claimed in the database first, so that it
may be cut off anywhere and goes on the next time.
"""

from __future__ import annotations

from reviewapp.cleaning.clips import RETENTION_KEPT, claim_clip, expired, files_of, forget_files, leftover
from reviewapp.cleaning.copies import (
    GIVE_UP_AFTER,
    begin_deletion,
    copies_due,
    copy_gone,
    copy_stays,
    given_up,
)
from reviewapp.cleaning.inputs import forget_input, is_pinned, unused_inputs
from reviewapp.cleaning.named import FOLDERS, YOUNGEST, is_named, named_in, rows_with_files
from reviewapp.cleaning.rows import OLD_ROWS, delete_some
from reviewapp.cleaning.runs import KINDS, LeaseLost, Run, ask_when_due, begin, due, go_on_later, last_runs

__all__ = [
    "FOLDERS",
    "GIVE_UP_AFTER",
    "KINDS",
    "OLD_ROWS",
    "RETENTION_KEPT",
    "YOUNGEST",
    "LeaseLost",
    "Run",
    "ask_when_due",
    "begin",
    "begin_deletion",
    "claim_clip",
    "copies_due",
    "copy_gone",
    "copy_stays",
    "delete_some",
    "due",
    "expired",
    "files_of",
    "forget_files",
    "forget_input",
    "given_up",
    "go_on_later",
    "is_named",
    "is_pinned",
    "last_runs",
    "leftover",
    "named_in",
    "rows_with_files",
    "unused_inputs",
]
