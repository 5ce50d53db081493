from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand

from reviewapp import logs
from reviewapp.lifeline import tie_forks


class Command(BaseCommand):
    help = (
        "Serve the sandbox: the providers' wire formats and real clips, on this machine and free of charge."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        usual = urlsplit(settings.SANDBOX_URL)
        parser.add_argument(
            "--host", default=usual.hostname or "127.0.0.1", help="loopback address to listen on"
        )
        parser.add_argument("--port", type=int, default=usual.port or 8100, help="port to listen on")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        from providers.sandbox.server import serve
        from providers.sandbox.settings import Settings

        # Its renderers are processes of their own and must not render on without it.
        tie_forks()
        logs.name_process("sandbox")
        speed = Settings(capacity=settings.SANDBOX_CAPACITY, min_seconds=settings.SANDBOX_SECONDS)
        sys.exit(serve(host, port, settings.DATA_DIR / "sandbox", speed))
