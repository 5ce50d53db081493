"""`manage.py load_demo`: the demo's people, key and project. Running it again changes nothing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from reviewapp import demo


class Command(BaseCommand):
    help = "Put the demo there: alice, bob, charlie and dana, a key of the sandbox, and a small film to make."

    def handle(self, *args: Any, **options: Any) -> None:
        told = demo.load()
        self.stdout.write("\n".join(f"Made {line}." for line in told) or "The demo is there already.")
