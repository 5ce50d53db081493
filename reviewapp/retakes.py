"""The retake: a rejection's notes become the next prompt, are held for a moment, and go out by themselves.

A retake is *open* while every one of its candidates is still HELD: until then it can be merged with, edited
and taken back free of charge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from providers import catalog
from reviewapp import bills, dispatch, events, inputs, shortage
from reviewapp.generation import new_candidate, next_number
from reviewapp.models import (
    Candidate,
    Note,
    Project,
    PromptVersion,
    ReviewDecision,
    Shot,
    StaleCandidate,
    Status,
    User,
    Verdict,
)
from reviewapp.models.candidates import MACHINE
from reviewapp.models.projects import Author, RetakePolicy
from reviewapp.remaking import makers_of
from reviewapp.rewriting import account_of, models_of, refined

# While someone edits the prompt the countdown stands still, but not for ever: a forgotten tab must not
# strand a retake.
EDIT_PAUSE_S = 600.0
# So many retakes that wait for a word are looked at each time, whichever they are.
LOOKED_AT = 20


class RetakeGone(Exception):
    """The retake has left or was taken back; nothing was changed."""


class EditRefused(ValueError):
    """The edited prompt cannot be sent as it is; the sentence says why."""


# --- opening ---


def rejected(decisions: Sequence[ReviewDecision]) -> PromptVersion | None:
    """What rejections of one shot set going, in their own transaction: the next version and its HELD
    candidates.

    None when the project waits for the whole round, or when the shot is at its cap and escalates instead.
    """
    shot = decisions[0].candidate.shot
    if shot.project.retake_policy == RetakePolicy.WHOLE_ROUND:
        return round_may_be_over(decisions[0].candidate.version)
    return _retake(shot, decisions)


def round_may_be_over(version: PromptVersion) -> PromptVersion | None:
    """Under the whole-round policy: once every candidate has its verdict and none is approved, retake them
    all.
    """
    shot = version.shot
    if shot.project.retake_policy != RetakePolicy.WHOLE_ROUND:
        return None
    Shot.objects.select_for_update(no_key=True).get(pk=shot.pk)
    round_candidates = version.candidates.all()
    if round_candidates.filter(status__in=[*MACHINE, Status.IN_REVIEW, Status.APPROVED]).exists():
        return None
    waiting = ReviewDecision.objects.filter(
        candidate__version=version, candidate__status=Status.REJECTED, undone_at=None, retake=None
    ).exclude(verdict=Verdict.APPROVE)
    return _retake(shot, list(waiting.select_related("candidate__version", "candidate__shot__project")))


def _retake(shot: Shot, decisions: Sequence[ReviewDecision]) -> PromptVersion | None:
    if not decisions:
        return None
    next_round = max(decision.candidate.version.round for decision in decisions) + 1
    if next_round > shot.round_cap:
        last = decisions[-1]
        escalate(shot, _cap_words(shot.round_cap), last.candidate.version, last.by)
        return None
    version = open_retake(shot) or _new_version(shot, next_round)
    for decision in decisions:
        decision.retake = version
        decision.save(update_fields=["retake"])
    pins = inputs.roles_of(shot)
    makers = makers_of(version, pins, [decision.candidate for decision in decisions])
    _write_text(version, [note for decision in decisions for note in decision.notes.all()], makers)
    for decision, maker in zip(decisions, makers, strict=True):
        _replacement(version, decision, maker, pins)
    _restart_hold(version)
    return version


def _cap_words(rounds: int) -> str:
    spent = "The only round is" if rounds == 1 else f"All {rounds} rounds are"
    return f"{spent} used up and the last clip was rejected."


def escalate(shot: Shot, reason: str, after: PromptVersion, by: User | None) -> None:
    """Hand the shot to its producer: it does not loop on."""
    Shot.objects.filter(pk=shot.pk).update(escalated_at=timezone.now(), escalation_reason=reason[:300])
    events.shot_escalated(shot, reason, after=after, by=by)


def open_retake(shot: Shot) -> PromptVersion | None:
    """The shot's retake that has not left yet, held fast against leaving; None when there is none."""
    latest = shot.latest_version()
    if latest is None or latest.parent_id is None or not _hold_fast(latest):
        return None
    return latest


def _hold_fast(version: PromptVersion) -> bool:
    """Make sure that an open retake cannot leave before this transaction ends; False when it is not open.

    The watcher that read a hold's end a moment ago carries the old fence, and its move will fail.
    """
    held = version.candidates.filter(status=Status.HELD).update(fence=F("fence") + 1)
    return held > 0 and is_open(version)


def is_open(version: PromptVersion) -> bool:
    living = version.candidates.exclude(status=Status.CANCELLED)
    held = version.withdrawn_at is None and living.exists()
    return held and not living.exclude(status=Status.HELD).exists()


def _new_version(shot: Shot, next_round: int) -> PromptVersion:
    parent = shot.latest_version()
    return PromptVersion.objects.create(
        shot=shot,
        number=next_number(shot),
        round=next_round,
        parent=parent,
        text=parent.text if parent else "",
        negative_text=parent.negative_text if parent else "",
        author_kind=Author.RULES,
    )


def _write_text(
    version: PromptVersion, fresh: Sequence[Note], makers: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Write the version anew from its parent and all notes; over a person's own edit only the fresh notes
    go. `makers` are those who will be asked with it besides the clips that are there.
    """
    edited = version.author_kind == Author.PERSON
    base = version if edited else version.parent
    if base is None:
        return
    notes = list(fresh) if edited else notes_behind(version)
    living = version.candidates.exclude(status=Status.CANCELLED).values_list("provider", "model")
    readers = [*living, *((maker["provider"], maker["model"]) for maker in makers)]
    account = account_of(refined(base, readers, notes))
    if edited:
        account["changes"] = [*version.changes, *account["changes"]]
        account["unserved"] = [*version.unserved, *account["unserved"]]
    for column, value in account.items():
        setattr(version, column, value)
    version.save(update_fields=[*account])


def notes_behind(version: PromptVersion) -> list[Note]:
    """Every note that asked for this version, of decisions that still stand."""
    return list(
        Note.objects.filter(decision__retake=version, decision__undone_at=None)
        .select_related("candidate__clip", "author")
        .order_by("pk")
    )


def basis(shot: Shot) -> tuple[PromptVersion | None, list[Note]]:
    """What the next rejection is written over: a version, and the notes that are written into it anew."""
    latest = shot.latest_version()
    if latest is None or latest.parent is None or latest.author_kind == Author.PERSON or not is_open(latest):
        return latest, []
    return latest.parent, notes_behind(latest)


def _replacement(
    version: PromptVersion,
    decision: ReviewDecision,
    maker: Mapping[str, Any],
    pins: Sequence[Mapping[str, Any]],
) -> Candidate:
    held = new_candidate(version, maker, pins, status=Status.HELD, due_in=None, replaces=decision.candidate)
    held.for_reviewer = decision.by
    held.save(update_fields=["for_reviewer"])
    return held


def _restart_hold(version: PromptVersion) -> None:
    """Start the countdown anew for every clip of the retake, or send at once where the project has no
    hold.
    """
    project = version.shot.project
    held = version.candidates.filter(status=Status.HELD)
    if project.confirm_retakes:
        held.update(due_at=None, short_of="")
        return
    if waits_for_word(version):
        return
    held.update(due_at=timezone.now() + timedelta(seconds=project.hold_seconds), short_of="")
    if project.hold_seconds == 0:
        for candidate in held:
            release_hold(candidate)


def waits_for_word(version: PromptVersion) -> bool:
    """Whether the held clips would go over a budget that warns: then they stay until a producer sends them,
    or until there is room. Nobody is there to be asked when a retake leaves by itself.
    """
    project = version.shot.project
    held = version.candidates.filter(status=Status.HELD)
    rows = list(held.select_related("shot"))
    if not bills.may_ask(project, {row.provider for row in rows}):
        return False
    price = bills.price_of_rows(project, rows)
    if not price.asks:
        return False
    limit = price.asks[0].limit
    held.update(due_at=None, short_of=limit.scope)
    shortage.tell(limit, price.usd, project, version.shot, None)
    return True


def end_confirmation(project: Project) -> None:
    """Nobody confirms retakes any more: those that waited for it get their countdown."""
    waiting = Candidate.objects.filter(shot__project=project, status=Status.HELD, due_at=None, short_of="")
    waiting.update(due_at=timezone.now() + timedelta(seconds=project.hold_seconds))


# --- leaving ---


def release_hold(candidate: Candidate, by: User | None = None, why: str = "the hold ended") -> None:
    """The hold is over: the clip goes out, unless it would go over a budget that warns and no person sends
    it. Harmless when someone was first.
    """
    actor = "" if by else "hold"
    try:
        with transaction.atomic():
            if by is None and waits_for_word(candidate.version):
                return
            candidate.move(Status.QUEUED, by=by, actor=actor, why=why, due_in=settings.REQUEUE_S)
            dispatch.submit(candidate)
    except StaleCandidate:
        return


def look_for_room() -> None:
    """Let held retakes go that waited for a word over a budget which has room by now: a day is over, or a
    call has cost less than was reserved. The watcher calls this now and then.
    """
    waiting = Candidate.objects.whole().filter(status=Status.HELD, due_at=None).exclude(short_of="")
    waiting = waiting.filter(shot__project__confirm_retakes=False)
    for candidate in waiting.order_by("?")[:LOOKED_AT]:
        release_hold(candidate, why="the budget has room again")


@transaction.atomic
def send_now(version: PromptVersion, by: User) -> None:
    """End the hold early; under the confirm policy this is the producer's confirmation."""
    _lock_open(version)
    for candidate in version.candidates.filter(status=Status.HELD):
        release_hold(candidate, by=by, why="sent now")


@transaction.atomic
def pause(version: PromptVersion) -> None:
    """Stop the countdown while someone edits the text."""
    _lock_open(version)
    due_at = timezone.now() + timedelta(seconds=EDIT_PAUSE_S)
    version.candidates.filter(status=Status.HELD, due_at__isnull=False).update(due_at=due_at)


@transaction.atomic
def resume(version: PromptVersion) -> None:
    """An edit was given up: the countdown begins anew."""
    _restart_hold(_lock_open(version))


@transaction.atomic
def edit(version: PromptVersion, by: User, text: str, negative_text: str = "") -> PromptVersion:
    """Replace the text before it leaves and start the countdown anew."""
    fresh = _lock_open(version)
    text, negative_text = text.strip(), negative_text.strip()
    if not text:
        raise EditRefused("The prompt is empty. Write what should be seen.")
    living = fresh.candidates.exclude(status=Status.CANCELLED).values_list("provider", "model")
    for model in models_of(living):
        if over := catalog.prompt_over(model, text):
            raise EditRefused(f"The prompt is {over} over {model.label}'s limit of {model.prompt_limit}.")
        if negative_text and not model.negative_prompt:
            raise EditRefused(f"{model.label} takes no negative prompt. Say it in the prompt itself.")
    fresh.text, fresh.negative_text = text, negative_text
    fresh.author_kind, fresh.author = Author.PERSON, by
    fresh.save(update_fields=["text", "negative_text", "author_kind", "author"])
    _restart_hold(fresh)
    return fresh


def _lock_open(version: PromptVersion) -> PromptVersion:
    Shot.objects.select_for_update(no_key=True).get(pk=version.shot_id)
    fresh = PromptVersion.objects.select_related("shot__project").get(pk=version.pk)
    if fresh.withdrawn_at is not None or not _hold_fast(fresh):
        raise RetakeGone("This retake has already left or was taken back.")
    return fresh


# --- taking back ---


def take_back(decision: ReviewDecision, by: User) -> tuple[int, int]:
    """Take back what a rejection asked for. Returns how many clips were recalled free of charge and how many
    were not.
    """
    version = decision.retake
    if version is None:
        return 0, 0
    replacements = Candidate.objects.filter(version=version, replaces=decision.candidate)
    recalled = 0
    for candidate in replacements.filter(status__in=[Status.HELD, Status.QUEUED]):
        try:
            candidate.move(Status.CANCELLED, by=by, why="the rejection was undone")
            recalled += 1
        except StaleCandidate:
            # It has just left: it counts among those that cannot be recalled.
            continue
    if not withdraw_if_empty(version) and version.author_kind == Author.RULES and _hold_fast(version):
        _write_text(version, [])
    return recalled, replacements.exclude(status=Status.CANCELLED).count()


def withdraw_if_empty(version: PromptVersion) -> bool:
    """Withdraw a retake of which nothing is left to come; the next one is then written from its parent."""
    version.refresh_from_db()
    if version.parent_id is None or version.candidates.exclude(status=Status.CANCELLED).exists():
        return False
    version.withdrawn_at = timezone.now()
    version.save(update_fields=["withdrawn_at"])
    return True


def stopped_by_approval(shot: Shot) -> list[ReviewDecision]:
    """The rejections whose retakes an approval has stopped unsent."""
    stopped = ReviewDecision.objects.filter(
        candidate__shot=shot,
        candidate__status=Status.REJECTED,
        undone_at=None,
        retake__withdrawn_at__isnull=False,
    )
    return list(stopped.select_related("candidate__version", "candidate__shot__project").order_by("pk"))


def give_back_stopped(shot: Shot) -> PromptVersion | None:
    """After an approval was undone: the rejections whose retakes it stopped unsent get them again."""
    decisions = stopped_by_approval(shot)
    if not decisions:
        return None
    ReviewDecision.objects.filter(pk__in=[decision.pk for decision in decisions]).update(retake=None)
    return rejected(decisions)
