"""The shot list in the database: what stands there, and the writing of a plan that was previewed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from providers import catalog
from reviewapp import choices
from reviewapp.choices import Choice
from reviewapp.models import AuditEntry, Candidate, Project, Shot, User
from reviewapp.shotlist import lines, planning, table
from reviewapp.shotlist.lines import Value
from reviewapp.shots import BRIEF, STEP

BATCH = 500
# The columns that one value of the file speaks of.
ENGINE = ("routing", "provider", "model")


class PlanChanged(Exception):
    """The shots have changed since the preview; nothing was written. `plan` is what would be done now."""

    def __init__(self, plan: planning.Plan) -> None:
        super().__init__("The shot list has changed since this preview. Look again, then import.")
        self.plan = plan


def values_of(shot: Shot) -> dict[str, Value]:
    values = {field: getattr(shot, field) for field in BRIEF if field not in ENGINE}
    return values | {"engine": Choice.of_shot(shot).value}


def columns_of(values: Mapping[str, Value]) -> dict[str, Value]:
    """A line's values by the shot's own columns."""
    columns = {field: value for field, value in values.items() if field != "engine"}
    if "engine" in values:
        columns |= Choice.read(str(values["engine"])).columns()
    return columns


def engine_names() -> lines.EngineNames:
    """Every way to write a model: its value, its id, its label; policies by value and label.

    A retired model is known too, so that a list comes in as it went out; the preview says what is wrong.
    """
    names: dict[str, dict[str, None]] = {}
    living = choices.on_offer()
    for model in living:
        value = Choice.of_model(model).value
        for name in (value, model.id, model.label):
            names.setdefault(name.lower(), {})[value] = None
    for policy, label, _ in choices.policies():
        value = Choice(routing=policy).value
        for name in (value, policy, label):
            names.setdefault(name.lower(), {})[value] = None
    for model in catalog.models():
        if model not in living:
            names.setdefault(Choice.of_model(model).value.lower(), {Choice.of_model(model).value: None})
    vendors = {
        name.lower(): vendor.name for vendor in catalog.vendors() for name in (vendor.name, vendor.label)
    }
    return lines.EngineNames({name: tuple(values) for name, values in names.items()}, vendors)


def shot_rows(project: Project) -> Iterator[dict[str, Value]]:
    """Every shot in the list's order, as the CSV file has it."""
    for shot in project.shots.iterator(chunk_size=1000):
        yield {"code": shot.code, **values_of(shot)}


def existing(project: Project) -> dict[str, planning.Existing]:
    generated = set(
        Candidate.objects.filter(shot__project=project).order_by().values_list("shot", flat=True).distinct()
    )
    return {
        shot.code.lower(): planning.Existing(shot.pk, shot.code, values_of(shot), shot.pk in generated)
        for shot in project.shots.all()
    }


def preview(project: Project, text: str) -> tuple[table.Table, planning.Plan]:
    """Read a decoded file and hold it against the list. Raises NotAShotList. Writes nothing."""
    found = table.read_table(text)
    return found, planning.plan(lines.read_lines(found, engine_names()), existing(project))


@transaction.atomic
def apply(project: Project, text: str, fingerprint: str, by: User) -> planning.Plan:
    """Write exactly the plan that was previewed, or nothing: PlanChanged when it would do something else by
    now. Wrong lines are left out, and no shot is ever deleted.
    """
    # Two imports at once stand in line, and the second sees what the first has done.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    found, plan = preview(project, text)
    if plan.fingerprint != fingerprint:
        raise PlanChanged(plan)
    _write_changed(plan)
    _write_new(project, plan)
    counts = plan.counts
    detail = f"{counts['new']} new, {counts['changed']} changed, {counts['wrong']} wrong of {len(found.rows)}"
    AuditEntry.record(by, "imported shots", project.slug, detail)
    return plan


def _write_changed(plan: planning.Plan) -> None:
    """One statement for each batch, whatever the number of shots; the values are all there already."""
    changed = {line.shot_pk: line for line in plan.of(planning.Kind.CHANGED)}
    pks = [pk for pk in changed if pk is not None]
    now = timezone.now()
    for start in range(0, len(pks), BATCH):
        shots = list(Shot.objects.filter(pk__in=pks[start : start + BATCH]))
        for shot in shots:
            for field, value in columns_of(changed[shot.pk].line.values).items():
                setattr(shot, field, value)
            shot.revision += 1
            shot.updated_at = now
        _overwrite(shots, [*BRIEF, "revision", "updated_at"])


def _overwrite(shots: list[Shot], fields: list[str]) -> None:
    # An upsert on the primary key: a bulk_update of this size spends seconds on its CASE expressions.
    Shot.objects.bulk_create(
        shots, batch_size=BATCH, update_conflicts=True, update_fields=fields, unique_fields=["id"]
    )


def _write_new(project: Project, plan: planning.Plan) -> None:
    fresh = plan.of(planning.Kind.NEW)
    if not fresh:
        return
    defaults: Mapping[str, Any] = {"duration_s": project.duration_s, "aspect": project.aspect}
    made = {
        id(line): Shot(project=project, code=line.code, **{**defaults, **columns_of(line.line.values)})
        for line in fresh
    }
    moved = _give_places(project, plan, made)
    Shot.objects.bulk_create(made.values(), batch_size=BATCH)
    if moved:
        _overwrite(moved, ["position"])


def _give_places(project: Project, plan: planning.Plan, made: Mapping[int, Shot]) -> list[Shot]:
    """Put every new shot behind the line that stands before it in the file, at the end where there is none.

    Returns the old shots that had to make room.
    """
    listed = list(project.shots.all())
    behind: dict[int | None, list[Shot]] = {}
    anchor: int | None = None
    for line in plan.lines:
        if line.kind == planning.Kind.NEW:
            behind.setdefault(anchor, []).append(made[id(line)])
        elif line.shot_pk is not None:
            anchor = line.shot_pk
    order: list[Shot] = []
    for shot in listed:
        order += [shot, *behind.get(shot.pk, [])]
    order += behind.get(None, [])
    moved = []
    for place, shot in enumerate(order):
        if shot.position != place * STEP:
            shot.position = place * STEP
            if shot.pk is not None:
                moved.append(shot)
    return moved
