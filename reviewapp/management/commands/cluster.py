from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from reviewapp.lifeline import tie_forks


class Command(BaseCommand):
    help = "Work on one queue: `submit` makes the paid calls, `media` downloads and checks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = [settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]]
        parser.add_argument("name", choices=names)

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        # A worker whose guard was killed would go on taking messages with nobody to restart or stop it.
        tie_forks()
        call_command("qcluster", cluster_name=name)
