"""What a project's decisions teach: gathered, trained, numbered, and brought to the clips that wait."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from reviewapp import dispatch, picks, ranking, turns
from reviewapp.models import (
    Candidate,
    Project,
    QualityReport,
    RankModel,
    ReviewDecision,
    Shot,
    Status,
    Verdict,
)

KIND: Final = "learn"
# How often somebody looks whether a project has decided enough to learn anew.
ASK_EVERY: Final = timedelta(minutes=10)
# So many decisions since the last training, or this share of all, are worth another; and any after a day.
NEW, NEW_SHARE = 10, 0.1
OLD: Final = timedelta(days=1)
# The newest decisions are learned from: older ones were of other models and another taste.
MOST: Final = 5000
# After so long the mails that wait come first, and another message goes on.
SLICE_S: Final = 20.0
SWITCHED_OFF: Final = "Learning is switched off for this project."


def ask_when_due() -> bool:
    """For the watcher's housekeeping: send the message that looks what there is to learn."""
    if not turns.ask(KIND, ASK_EVERY):
        return False
    dispatch.learn()
    return True


# --- the decisions ---


def words_of_people() -> QuerySet[ReviewDecision]:
    """The verdicts that people gave and did not take back."""
    return ReviewDecision.objects.filter(by__isnull=False, undone_at=None)


def decided(project: Project, checker_version: str) -> list[ranking.Decided]:
    """Each clip that people decided about, as that checker saw it; the newest first, at most `MOST`.

    What the project's policy approved or passed over by itself teaches nothing, nor does the time of which
    only the approved clips are left.
    """
    rows = words_of_people().filter(
        candidate__shot__project=project, candidate__quality__checker_version=checker_version
    )
    if (complete_since := _complete_since(project, checker_version)) is not None:
        rows = rows.filter(at__gt=complete_since)
    columns = ("verdict", "parts", "findings", "model_mark")
    read = [f"candidate__quality__{column}" for column in columns]
    found: dict[int, ranking.Decided] = {}
    wanted = rows.order_by("-pk").values_list(
        "candidate_id", "candidate__shot_id", "verdict", "candidate__audited", *read
    )
    for candidate_id, shot_id, verdict, audited, *seen in wanted[:MOST]:
        look = ranking.read(*seen)
        approved = verdict == Verdict.APPROVE
        found.setdefault(candidate_id, ranking.Decided(look, shot_id, approved, audited))
    return list(found.values())


def _complete_since(project: Project, checker_version: str) -> datetime | None:
    """From when on approved and rejected clips are all there for this checker; None when they always are.

    Retention removes the files of rejected clips alone, and no newer checker can look at them. What is left
    of that time would teach that people approve nearly everything.
    """
    lost = words_of_people().filter(
        candidate__shot__project=project, candidate__clip__removed_at__isnull=False
    )
    when: datetime | None = lost.exclude(candidate__quality__checker_version=checker_version).aggregate(
        last=Max("at")
    )["last"]
    return when


@dataclass(frozen=True)
class _Count:
    """How many decisions there are to learn from, and how many were ever taken back."""

    standing: int = 0
    undone: int = 0

    def news(self, since: _Count) -> int:
        return abs(self.standing - since.standing) + abs(self.undone - since.undone)


def _counts(checker_version: str) -> dict[int, _Count]:
    """By project."""
    rows = ReviewDecision.objects.filter(
        by__isnull=False,
        candidate__shot__project__learns=True,
        candidate__quality__checker_version=checker_version,
    )
    told = rows.order_by().values_list("candidate__shot__project")
    counted = told.annotate(
        standing=Count("pk", filter=Q(undone_at=None)), undone=Count("pk", filter=Q(undone_at__isnull=False))
    )
    return {project_id: _Count(standing, undone) for project_id, standing, undone in counted}


# --- learning ---


def due(checker_version: str) -> list[Project]:
    """The projects that have decided enough since their last training, or a day ago, or that have taken back
    what it learned from.
    """
    counts = _counts(checker_version)
    projects = Project.objects.filter(pk__in=counts).order_by("pk")
    return [project for project in projects if _is_due(project, counts[project.pk], checker_version)]


def _is_due(project: Project, count: _Count, checker_version: str) -> bool:
    last = _last(project)
    if last is None or last.checker_version != checker_version or last.why == SWITCHED_OFF:
        return count.standing > 0
    if last.active and _taught_what_was_taken_back(last):
        return True
    news = count.news(_Count(**last.figures.get("counted", {})))
    many = max(NEW, NEW_SHARE * count.standing)
    return news >= many or (news > 0 and last.trained_at < timezone.now() - OLD)


def _taught_what_was_taken_back(training: RankModel) -> bool:
    """Whether a decision that was learned from has been undone since: it must not go on to teach."""
    return ReviewDecision.objects.filter(
        candidate__shot__project=training.project_id,
        by__isnull=False,
        at__lte=training.trained_at,
        undone_at__gt=training.trained_at,
    ).exists()


def _last(project: Project) -> RankModel | None:
    return project.rank_models.order_by("-number").first()


def train(project: Project, checker_version: str) -> RankModel | None:
    """Learn from the project's decisions and keep what came of it, shown or not, beside all earlier ones.

    None when another process has done it meanwhile. The clips that wait for eyes follow by `refresh`.
    """
    before, count = _last(project), _counts(checker_version).get(project.pk, _Count())
    rows = decided(project, checker_version)
    result = ranking.train(rows)
    facts = {
        "checker_version": checker_version,
        "decisions": len(rows),
        "approved": sum(row.approved for row in rows),
        "shots": len({row.group for row in rows}),
        "numbers": result.model.numbers() if result.model else {},
        "figures": {"counted": asdict(count)} | (asdict(result.figures) if result.figures else {}),
        "why": result.why,
    }
    return _keep(project, before, facts, shown=result.shown)


@transaction.atomic
def _keep(
    project: Project, before: RankModel | None, facts: dict[str, Any], *, shown: bool
) -> RankModel | None:
    fresh = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    last = _last(fresh)
    if last != before:
        return None
    fresh.rank_models.filter(active=True).update(active=False)
    number = last.number + 1 if last else 1
    return RankModel.objects.create(project=fresh, number=number, active=shown and fresh.learns, **facts)


def switched(project: Project) -> None:
    """The project's switch was turned, in the caller's transaction: what it shows follows before long."""
    if not project.learns:
        project.rank_models.filter(active=True).update(active=False, why=SWITCHED_OFF)
    dispatch.learn()


# --- the clips that wait ---


def refresh(project: Project, ends: float) -> bool:
    """Bring every waiting clip to what the project accepts now and to the score of the model that counts now,
    or take an old one away; False when there is more to do at the time `ends`.

    Shot by shot; what is decided keeps the report and the score it was decided by. Nothing is approved by
    itself because of it.
    """
    model = picks.model_for(project.pk)
    scored_before = set(_stale(project, model).values_list("candidate__shot", flat=True))
    for shot_id in sorted(scored_before | _shots_that_accept_otherwise(project)):
        if time.monotonic() >= ends:
            return False
        _refresh_shot(shot_id)
    return True


def _waiting(project: Project) -> QuerySet[QualityReport]:
    return QualityReport.objects.filter(
        candidate__shot__project=project, candidate__status=Status.IN_REVIEW
    ).order_by()


def _shots_that_accept_otherwise(project: Project) -> set[int]:
    accepted = picks.accepted_in(project.pk)
    told = _waiting(project).values_list("candidate__shot", "findings")
    return {shot_id for shot_id, findings in told if picks.as_accepted(findings, accepted) != findings}


def _stale(project: Project, model: RankModel | None) -> QuerySet[QualityReport]:
    waiting = _waiting(project)
    if model is None:
        return waiting.filter(learned_by__isnull=False)
    same = Q(checker_version=model.checker_version)
    return waiting.filter(
        (same & (Q(learned_by=None) | ~Q(learned_by=model))) | (~same & Q(learned_by__isnull=False))
    )


@transaction.atomic
def _refresh_shot(shot_id: int) -> None:
    Shot.objects.select_for_update(no_key=True).get(pk=shot_id)
    picks.bring_up_to_date(shot_id)


def run(checker_version: str, slice_s: float = SLICE_S) -> None:
    """All there is to do: train the projects that are due, and bring it to the clips that wait, also where a
    killed process left them. What takes longer than a slice goes on in another message.
    """
    ends = time.monotonic() + slice_s
    with turns.taken(KIND) as turn:
        done = turn is None or _learn_until(ends, checker_version)
    if not done:
        dispatch.learn()


def _learn_until(ends: float, checker_version: str) -> bool:
    for project in due(checker_version):
        if time.monotonic() >= ends:
            return False
        train(project, checker_version)
    # Also where nothing was learned: an undone decision brings a clip back with the report it was decided by.
    waiting = Candidate.objects.filter(status=Status.IN_REVIEW).values("shot__project")
    return all(refresh(project, ends) for project in Project.objects.filter(pk__in=waiting).order_by("pk"))
