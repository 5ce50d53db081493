"""The walls between the rooms, proved from the imports (docs/architecture.md draws them)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
VERBS = (
    "money", "budgets", "bills", "shortage", "carry", "ledger", "uncertain", "generation",
    "retakes", "rewriting", "review", "notes", "queue", "dispatch", "line", "people", "cleaning",
    "keyring", "projects", "shots", "credentials", "environment_keys", "keyhealth", "keyrotation",
    "inputs", "storage", "moving", "hooks", "limits", "routing", "market", "choices", "wishes",
    "quotes", "remaking", "standing", "events", "notices", "mailing", "letters", "outgoing",
    "receivers", "push", "live", "figures", "health", "picks", "policy", "learning", "rechecks",
    "fixes", "turns", "lessons", "preparing", "clip_store", "accepting",
)  # fmt: skip
PACKAGES = {"line", "cleaning", "health"}


def python_files(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        path = ROOT / room
        yield from [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module the file imports, wherever in the file it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively; say the whole name"
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def breaches(path: Path, forbidden: set[str]) -> set[str]:
    return {
        module
        for module in imports(path)
        if any(module == wall or module.startswith(f"{wall}.") for wall in forbidden)
    }


ADAPTERS = {
    f"providers.{path.stem}"
    for path in (ROOT / "providers").glob("*.py")
    if path.stem
    not in {
        "__init__",
        "catalog",
        "catalog_data",
        "contract",
        "errors",
        "offers",
        "prompts",
        "registry",
        "routing",
        "sniff",
        "vendor_data",
    }
}
WALLS = {
    "providers know no Django and no other room": (
        ("providers",),
        {"django", "django_q", "reviewapp", "jobs", "tests"},
    ),
    "adapters know nothing of the sandbox": (
        tuple(f"providers/{path.name}" for path in (ROOT / "providers").glob("*.py")),
        {"providers.sandbox", "starlette", "uvicorn", "av", "numpy"},
    ),
    "checks, refiner and timecode are pure": (
        (
            "jobs/quality",
            "jobs/media",
            "reviewapp/refine",
            "reviewapp/ranking",
            "reviewapp/timecode.py",
            "reviewapp/pacing.py",
        ),
        {"django", "django_q", "httpx", "providers", "jobs.submit", "reviewapp.models"},
    ),
    "models know no verb, view, adapter or job": (
        ("reviewapp/models",),
        {"httpx", "providers", "jobs", "django_q", "reviewapp.views", "reviewapp.forms"}
        | {f"reviewapp.{verb}" for verb in VERBS},
    ),
    "verbs know no view, adapter or job": (
        tuple(f"reviewapp/{verb}" if verb in PACKAGES else f"reviewapp/{verb}.py" for verb in VERBS),
        {"httpx", "jobs", "reviewapp.views", "reviewapp.forms", "django.http", *ADAPTERS},
    ),
    "views know no network, job or adapter": (
        ("reviewapp/views", "reviewapp/forms"),
        {"httpx", "jobs", "subprocess", "django_q", *ADAPTERS},
    ),
    "jobs know no page": (("jobs",), {"reviewapp.views", "reviewapp.forms", "reviewapp.urls", "django.http"}),
}


@pytest.mark.parametrize("law", WALLS)
def test_it_keeps_the_wall(law: str) -> None:
    rooms, forbidden = WALLS[law]
    files = list(python_files(*rooms))
    assert files, f"{law}: there is nothing to look at"
    found = {str(path.relative_to(ROOT)): bad for path in files if (bad := breaches(path, forbidden))}
    assert not found, law


def test_no_station_imports_another() -> None:
    stations = {path.stem for path in (ROOT / "jobs").glob("*.py")} & {
        "submit", "watch", "ingest", "check", "keys", "canary", "clean", "outgoing", "push",
        "learn", "recheck", "prepare",
    }  # fmt: skip
    for name in stations:
        others = {f"jobs.{other}" for other in stations - {name}}
        assert not breaches(ROOT / "jobs" / f"{name}.py", others), name


def test_only_dispatch_opens_the_door_to_the_queue() -> None:
    users = {
        str(path.relative_to(ROOT))
        for path in python_files("reviewapp", "jobs")
        if breaches(path, {"django_q.tasks", "django_q.brokers"})
    }
    # The broker only adds signs of life to django-q2's own; it sends nothing.
    assert users == {"reviewapp/dispatch.py", "reviewapp/cluster/broker.py"}


def _status_writes(path: Path) -> Iterator[str]:
    """Places that write a candidate's status: an assignment to `.status`, or `update(status=...)`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Attribute) and target.attr == "status" for target in targets):
                yield f"{path.relative_to(ROOT)}:{node.lineno}"
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr == "update" and any(keyword.arg == "status" for keyword in node.keywords):
            yield f"{path.relative_to(ROOT)}:{node.lineno}"


def test_only_the_mover_writes_a_status() -> None:
    writes = [place for path in python_files("reviewapp", "jobs") for place in _status_writes(path)]
    assert len(writes) == 1, writes
    assert writes[0].startswith("reviewapp/models/candidates.py:")
