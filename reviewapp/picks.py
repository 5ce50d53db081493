"""The rows' side of ranking: a report gets its score, and the clips of a round get their order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from reviewapp import check_words, ranking
from reviewapp.models import Candidate, PickDoubt, Project, QualityReport, RankModel, Status

# The mark of a finding that the checks called suspect and the project accepts.
ACCEPTED: Final = "accepted"
Told = Mapping[str, Any]
# What a report owes to its project and not to the checks.
OF_THE_PROJECT: Final = (
    "findings", "verdict", "score", "coverage", "learned_score", "learned_by_id", "learned_why",
)  # fmt: skip


# --- what the project accepts ---


def accepted_in(project_id: int) -> list[str]:
    """The kinds of finding that are a remark in this project as it stands now."""
    kinds: list[str] = Project.objects.values_list("accepted_findings", flat=True).get(pk=project_id)
    return kinds


def as_found(findings: Iterable[Told]) -> list[Told]:
    """Findings as the checks gave them, whatever the project accepts."""
    return [
        {name: value for name, value in told.items() if name != ACCEPTED} | {"severity": "suspect"}
        if told.get(ACCEPTED)
        else told
        for told in findings
    ]


def as_accepted(findings: Iterable[Told], kinds: Collection[str]) -> list[Told]:
    """Findings as a project sees them that accepts these kinds: of a suspect one it makes a remark with a
    mark, by which the remark can be told from the checks' own. What would reject a clip is never softened.
    """
    return [
        {**told, "severity": "info", ACCEPTED: True}
        if told.get("kind") in kinds and told.get("severity") == "suspect"
        else told
        for told in as_found(findings)
    ]


def accept(report: QualityReport, kinds: Collection[str]) -> bool:
    """Bring a report's findings and verdict to what the project accepts; whether that changed anything.

    Scores follow by `score`. A training of before knows the kind as suspect; it simply reads a remark now,
    which counts by its smaller amount, until there is a training on decisions about such remarks.
    """
    findings = as_accepted(report.findings, kinds)
    if findings == report.findings:
        return False
    report.findings = findings
    severities = set(look_of(report).findings.values())
    report.verdict = next((grave for grave in ("reject", "suspect") if grave in severities), "pass")
    return True


# --- scores ---


def look_of(report: QualityReport) -> ranking.Look:
    """What ranking reads of a report."""
    return ranking.read(report.verdict, report.parts, report.findings, report.model_mark)


def score(report: QualityReport, model: RankModel | None) -> None:
    """Fill in the rules' score and the coverage, and what the project's own decisions make of the clip.

    A report without parts keeps the score it came with.
    """
    look = look_of(report)
    if report.parts:
        report.score, report.coverage = ranking.score(look), ranking.coverage(look)
    learn(report, model)


def learn(report: QualityReport, model: RankModel | None) -> None:
    """Fill in the learned score and its reasons; a model of another checker says nothing of this report."""
    report.learned_score, report.learned_by, report.learned_why = None, None, []
    if model is None or model.checker_version != report.checker_version:
        return
    look, learned = look_of(report), ranking.Model.from_numbers(model.numbers)
    report.learned_by, report.learned_score = model, learned.score(look)
    if report.learned_score is not None:
        report.learned_why = [
            {"words": term_words(term), "term": round(term.value, 2)} for term in learned.why(look)
        ]


def model_for(project_id: int) -> RankModel | None:
    """The model whose scores this project shows; None while it goes by the rules alone."""
    return RankModel.objects.filter(project=project_id, active=True, project__learns=True).first()


def term_words(term: ranking.Term) -> str:
    """What a clip has, or lacks, that moves its learned score: `flicker`, `sharpness: lower than usual`."""
    sort, _, name = term.name.partition(":")
    if sort == "seen":
        return kind_words(name) if term.high else f"no finding “{kind_words(name)}”"
    words = check_words.part_words(name)
    words = words[:1].lower() + words[1:]
    if sort == "missing":
        return f"{words}: not measured" if term.high else f"{words}: measured"
    return f"{words}: {'higher' if term.high else 'lower'} than usual"


def kind_words(kind: str) -> str:
    """A kind of finding as people read it."""
    return kind.replace("_", " ")


# --- the order ---


def bring_up_to_date(shot_id: int) -> None:
    """Bring the clips of a shot that wait for eyes to what its project accepts now and to the score of the
    model that counts now, and put them in their order.

    The caller holds the shot. All of them in one go, so that siblings are never compared by two models.
    What is decided keeps the report it was decided by.
    """
    waiting = Candidate.objects.filter(shot=shot_id, status=Status.IN_REVIEW)
    project_id = Project.objects.values_list("pk", flat=True).get(shots=shot_id)
    accepted, model = accepted_in(project_id), model_for(project_id)
    reports = QualityReport.objects.filter(candidate__in=waiting)
    QualityReport.objects.bulk_update(
        [report for report in reports if _follows(report, accepted, model)], OF_THE_PROJECT
    )
    for version_id in sorted(set(waiting.order_by().values_list("version_id", flat=True))):
        rank(version_id)


def _follows(report: QualityReport, accepted: Collection[str], model: RankModel | None) -> bool:
    """Bring one report to what the project says now; whether that changed anything."""
    before = [getattr(report, column) for column in OF_THE_PROJECT]
    accept(report, accepted)
    score(report, model)
    return before != [getattr(report, column) for column in OF_THE_PROJECT]


def rank(version_id: int) -> None:
    """Put the clips of one version that wait for eyes in their order, and say how clear the first place is.

    The caller holds the shot. What is decided keeps the place it had when people saw it.
    """
    rows = Candidate.objects.filter(version=version_id, status=Status.IN_REVIEW, quality__isnull=False)
    waiting = {row.pk: row for row in rows.select_related("quality")}
    found = ranking.order(_siblings(list(waiting.values())))
    for place, key in enumerate(found.keys, start=1):
        row, doubt = waiting[key], PickDoubt(found.doubt) if place == 1 and found.doubt else ""
        if (row.rank, row.pick_doubt) != (place, doubt):
            Candidate.objects.filter(pk=key).update(rank=place, pick_doubt=doubt)


def _siblings(rows: Sequence[Candidate]) -> list[ranking.Sibling]:
    looks = [(row, look_of(row.quality)) for row in rows]
    # Scores of two trainings are on two scales.
    one_scale = len({row.quality.learned_by_id for row, look in looks if look.measured}) == 1
    return [
        ranking.Sibling(
            key=row.pk,
            slot=row.slot,
            look=look,
            score=row.quality.score,
            coverage=row.quality.coverage,
            learned=row.quality.learned_score if one_scale else None,
        )
        for row, look in looks
    ]
