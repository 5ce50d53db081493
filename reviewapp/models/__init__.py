"""The rows. `candidates.py` holds the one status column and its one mover."""

from __future__ import annotations

from reviewapp.models.accounts import AuditEntry, User
from reviewapp.models.candidates import Candidate, PickDoubt, StaleCandidate, Status, Transition
from reviewapp.models.cleaning import CleaningRun, VendorCopy
from reviewapp.models.clips import Clip, EarlierReport, Playable, QualityReport
from reviewapp.models.inputs import ShotInput
from reviewapp.models.keys import ProviderKey
from reviewapp.models.learning import MeasuredFix, RankModel
from reviewapp.models.money import GenerationOrder, LedgerCarry, LedgerEntry
from reviewapp.models.notices import (
    Event,
    EventKind,
    HookStyle,
    Mail,
    MailKind,
    MailTiming,
    Notice,
    NotifyChoice,
    OutgoingDelivery,
    OutgoingHook,
    PushSubscription,
)
from reviewapp.models.paces import Pace
from reviewapp.models.processes import Heartbeat
from reviewapp.models.projects import (
    BudgetMode,
    BudgetScope,
    Membership,
    Project,
    PromptVersion,
    Role,
    Routing,
    Shot,
    ShotStatus,
)
from reviewapp.models.reviews import Draft, Note, NoteCheck, ReviewDecision, Verdict
from reviewapp.models.webhooks import WebhookDelivery

__all__ = [
    "AuditEntry",
    "BudgetMode",
    "BudgetScope",
    "Candidate",
    "CleaningRun",
    "Clip",
    "Draft",
    "EarlierReport",
    "Event",
    "EventKind",
    "GenerationOrder",
    "Heartbeat",
    "HookStyle",
    "LedgerCarry",
    "LedgerEntry",
    "Mail",
    "MailKind",
    "MailTiming",
    "MeasuredFix",
    "Membership",
    "Note",
    "NoteCheck",
    "Notice",
    "NotifyChoice",
    "OutgoingDelivery",
    "OutgoingHook",
    "Pace",
    "PickDoubt",
    "Playable",
    "Project",
    "PromptVersion",
    "ProviderKey",
    "PushSubscription",
    "QualityReport",
    "RankModel",
    "ReviewDecision",
    "Role",
    "Routing",
    "Shot",
    "ShotInput",
    "ShotStatus",
    "StaleCandidate",
    "Status",
    "Transition",
    "User",
    "VendorCopy",
    "Verdict",
    "WebhookDelivery",
]
