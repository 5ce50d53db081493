from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from reviewapp import keyrotation


class Command(BaseCommand):
    help = (
        "Encrypt every stored key with the newest of RETAKE_ENCRYPTION_KEYS. "
        "It may run twice, and while the app runs."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        told = keyrotation.rotate()
        self.stdout.write(
            f"{told.rotated} of {told.stored} stored keys were encrypted anew; {told.current} were already "
            "encrypted with the newest encryption key."
        )
        for name in told.unreadable:
            self.stderr.write(
                f"The key “{name}” was stored with an encryption key that is not configured here; it stays "
                "as it is. Put that one back into RETAKE_ENCRYPTION_KEYS and run this again, or enter the "
                "provider's key anew."
            )
        if told.unreadable:
            sys.exit(1)
        self.stdout.write("Older encryption keys are no longer needed here.")
