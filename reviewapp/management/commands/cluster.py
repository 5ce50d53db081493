from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from reviewapp import logs
from reviewapp.environment_keys import read_environment
from reviewapp.lifeline import tie_forks

NAME_VARIABLE = "Q_CLUSTER_NAME"


class Command(BaseCommand):
    help = (
        "Work on one queue: `submit` makes the paid calls, `media` fetches and checks, `notify` tells people."
    )

    # They run inside `migrate`, before anything is started, and a killed cluster should be back soon.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = [settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]]
        parser.add_argument("name", choices=names)

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        if os.environ.get(NAME_VARIABLE) != name:
            # django-q2 reads its settings while it is imported, and takes this name from nowhere else:
            # set later, a cluster would quietly work on the other queue.
            os.environ[NAME_VARIABLE] = name
            os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606  This very command again.
        from reviewapp.cluster.guard import guard_of

        # A worker whose guard was killed would go on taking messages with nobody to restart or stop it.
        tie_forks()
        read_environment()
        # What is told has addresses of pages in it: read once, before the workers are forked.
        import_module(settings.ROOT_URLCONF)
        logs.name_process(f"cluster:{name}")
        sys.exit(guard_of(name).run())
