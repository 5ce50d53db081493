"""What `deploy/` starts exists, is given time to end, and is told nothing that no setting knows."""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands, load_command_class

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
SERVICES: Mapping[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))[
    "services"
]
UNITS = {path.name: path for path in sorted((DEPLOY / "systemd").glob("*.service"))}


def unit(name: str) -> configparser.SectionProxy:
    """The [Service] part of a unit; a setting that stands twice (ExecStart may) keeps its last value."""
    read = configparser.ConfigParser(interpolation=None, strict=False)
    read.optionxform = str  # type: ignore[assignment, method-assign]  # Their names are case-sensitive.
    read.read(UNITS[name], encoding="utf-8")
    return read["Service"]


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command that something in deploy/ starts, with the place that says so."""
    for name, service in SERVICES.items():
        if command := service.get("command"):
            yield f"compose {name}", command
    for name, path in UNITS.items():
        for line in re.findall(r"^ExecStart=(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE):
            yield name, shlex.split(line.replace("%i", "submit"))


@pytest.mark.parametrize(("place", "command"), list(commands()), ids=lambda told: str(told)[:40])
def test_every_command_exists_and_takes_its_words(place: str, command: list[str]) -> None:
    text = " ".join(command)
    for words in re.findall(r"manage\.py ([^&]+)", text):
        name, *rest = words.split()
        load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(rest)
    if "gunicorn" in text:
        assert "--config=python:reviewapp.gunicorn_conf" in text
        assert "reviewapp.wsgi:application" in text
    assert "manage.py" in text or "gunicorn" in text, place


def test_every_cluster_and_a_watcher_are_started() -> None:
    clusters = {settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]}
    in_compose = {
        service["command"][-1] for service in SERVICES.values() if "cluster" in service.get("command", [])
    }
    target = (DEPLOY / "systemd" / "retake.target").read_text(encoding="utf-8")
    assert in_compose == set(re.findall(r"retake-cluster@(\w+)\.service", target)) == clusters
    assert "watch" in SERVICES
    assert "retake-watch.service" in target


def test_nothing_is_ended_before_it_could_finish_or_give_back() -> None:
    for name, grace_s in settings.STOP_GRACE_S.items():
        assert float(SERVICES[name]["stop_grace_period"].removesuffix("s")) > grace_s, name
    assert float(unit("retake-cluster@.service")["TimeoutStopSec"]) > max(settings.STOP_GRACE_S.values())


@pytest.mark.parametrize("name", ["retake-web.service", "retake-cluster@.service", "retake-watch.service"])
def test_a_unit_tells_only_its_main_process_to_stop_and_starts_it_again(name: str) -> None:
    assert (unit(name)["KillMode"], unit(name)["Restart"]) == ("mixed", "always")


def test_every_setting_that_is_given_is_known() -> None:
    known = (DEPLOY.parent / "docs" / "settings.md").read_text(encoding="utf-8")
    for path in sorted(DEPLOY.rglob("*")):
        if path.is_file():
            for name in set(re.findall(r"\bRETAKE_[A-Z_]+\b", path.read_text(encoding="utf-8"))):
                assert f"`{name}`" in known, f"{path.name}: {name}"
