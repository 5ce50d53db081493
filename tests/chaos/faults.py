"""What goes wrong at the vendors during a storm, and how often."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

# Every kind the sandbox knows, at the calls where it hurts. The chance of each is small: together about a
# third of all creations, a tenth of all polls and a quarter of all downloads meet one.
CREATION = {"role": "creation"}
ORDERS: tuple[dict[str, Any], ...] = (
    {"kind": "drop_after", "match": CREATION, "probability": 0.06},
    {"kind": "drop_before", "match": CREATION, "probability": 0.04},
    {"kind": "status", "code": 500, "match": CREATION, "probability": 0.03},
    {"kind": "status", "code": 429, "retry_after": 1, "match": CREATION, "probability": 0.05},
    {"kind": "status", "code": 503, "match": CREATION, "probability": 0.03},
    {"kind": "malformed_json", "match": CREATION, "probability": 0.03},
    {"kind": "latency", "seconds": 3.0, "when": "after", "match": CREATION, "probability": 0.05},
    {"kind": "latency", "seconds": 3.0, "when": "before", "match": CREATION, "probability": 0.04},
    # Longer than the app waits for a paid call.
    {"kind": "latency", "seconds": 7.0, "when": "after", "match": CREATION, "probability": 0.02},
    {"kind": "fail", "probability": 0.03},
    {"kind": "refuse", "probability": 0.03},
    {"kind": "status", "code": 500, "match": {"role": "poll"}, "probability": 0.03},
    {"kind": "status", "code": 429, "retry_after": 1, "match": {"role": "poll"}, "probability": 0.02},
    {"kind": "drop_after", "match": {"role": "poll"}, "probability": 0.02},
    {"kind": "malformed_json", "match": {"role": "poll"}, "probability": 0.02},
    {"kind": "unknown_status", "probability": 0.02},
    {"kind": "truncate", "probability": 0.08},
    {"kind": "html", "probability": 0.04},
    {"kind": "expired_link", "probability": 0.06},
    {"kind": "wrong_content_type", "probability": 0.03},
    {"kind": "redirect", "probability": 0.02},
    {"kind": "drop_after", "match": {"role": "download"}, "probability": 0.04},
    {"kind": "webhook_lost", "probability": 0.2},
    {"kind": "webhook_late", "seconds": 2.0, "probability": 0.1},
    {"kind": "webhook_twice", "probability": 0.1},
    {"kind": "webhook_forged", "probability": 0.1},
    {"kind": "webhook_reordered", "probability": 0.1},
)


@dataclass
class Weather:
    """The faults on order at one sandbox. It forgets them when it is killed, so they are ordered anew."""

    url: str
    seed: int
    struck: Counter[str] = field(default_factory=Counter)
    _orders: tuple[dict[str, Any], ...] = ORDERS
    _seen: Counter[str] = field(default_factory=Counter)

    def look(self) -> None:
        """Count what has struck, and order the faults where the sandbox has none. Raises httpx.HTTPError."""
        told = httpx.get(f"{self.url}/_control/faults", timeout=5).json()["faults"]
        now = Counter[str]()
        for fault in told:
            now[fault["kind"]] += fault["struck"]
        if not told:
            self._seen.clear()
            for number, order in enumerate(self._orders):
                wish = order | {"times": -1, "seed": self.seed + number}
                httpx.post(f"{self.url}/_control/faults", json=wish, timeout=5).raise_for_status()
            self.seed += len(self._orders)
        self.struck += now - self._seen
        self._seen = now

    def clear(self) -> None:
        """No more faults from here on. Raises httpx.HTTPError."""
        self.look()
        self._orders = ()
        httpx.delete(f"{self.url}/_control/faults", timeout=5).raise_for_status()
