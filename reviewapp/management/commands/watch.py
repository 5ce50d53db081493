from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from jobs.watch import main
from reviewapp import logs
from reviewapp.environment_keys import read_environment


class Command(BaseCommand):
    help = "Watch the line: poll the providers, end holds, send lost messages again. Run as many as you like."
    # They run inside `migrate`, before anything is started, and a killed watcher should be back soon.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        logs.name_process("watch")
        read_environment()
        main()
