"""Our settings with django-q2's queue as it comes, for comparison: polled every 0.2 s, results kept."""

from __future__ import annotations

from reviewapp.settings import *  # noqa: F403

Q_CLUSTER = {"name": "submit", "orm": "default", "workers": 2, "timeout": 120, "retry": 150}
