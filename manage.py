#!/usr/bin/env python
"""Retake's command line."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A wrong value in the environment is a person's to mend, and a traceback tells them nothing.
        sys.stderr.write(f"Retake is not set up right: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
