"""Which files of the storage a row names, so that all others are orphans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, Final

from django.apps import apps
from django.db.models import FileField, Model

# Only here; what else lies in a bucket or a folder is none of ours.
FOLDERS: Final = ("clips", "filmstrips", "inputs", "playables", "posters", "smalls")
# A file is written before its row is: younger ones are left alone.
YOUNGEST: Final = timedelta(days=1)


def columns() -> Iterator[tuple[type[Model], str]]:
    """Every column of every table of ours that names a file, those of later versions included."""
    for model in apps.get_app_config("reviewapp").get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, FileField):
                yield model, field.name


def named_in(names: Iterable[str]) -> set[str]:
    """Those of the names that some row names: one query a column, each over an index."""
    asked, found = list(names), set[str]()
    for model, column in columns():
        rows: Any = model._default_manager.filter(**{f"{column}__in": asked})
        found.update(rows.order_by().values_list(column, flat=True))
    return found


def is_named(name: str, *, except_row: Model | None = None) -> bool:
    """Whether a row names this file, besides the one that is being cleaned."""
    for model, column in columns():
        rows: Any = model._default_manager.filter(**{column: name})
        if except_row is not None and isinstance(except_row, model):
            rows = rows.exclude(pk=except_row.pk)
        if rows.exists():
            return True
    return False


def rows_with_files(after: str, most: int) -> list[tuple[str, str, str]]:
    """The next rows that name a file: (where to go on from, what it belongs to, the file's name).

    `after` is where the last call ended; an empty list means that the end has come.
    """
    found: list[tuple[str, str, str]] = []
    for place, (model, column) in enumerate(columns()):
        came_to, _, last = after.partition(":")
        if came_to and place < int(came_to):
            continue
        rows: Any = model._default_manager.exclude(**{column: ""}).order_by("pk")
        if came_to and place == int(came_to) and last:
            rows = rows.filter(pk__gt=int(last))
        for row in rows.values_list("pk", column)[: most - len(found)]:
            found.append((f"{place}:{row[0]}", f"{model._meta.verbose_name} {row[0]}", row[1]))
        if len(found) >= most:
            break
    return found
