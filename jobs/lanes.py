"""How many polls each account may have under way, so that one vendor's trouble slows its own polls alone."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from providers.errors import ProviderError, RateLimited, VendorUnavailable

# Enough for ten thousand jobs of one account that are asked about every five seconds.
MOST: Final = 1000
# A vendor that is silent is still asked about a few jobs: that is how its return is noticed.
FEWEST: Final = 4
LONGEST_REST_S: Final = 300.0
# Of an account that was not throttled for so long the throttling is forgotten.
FORGOTTEN_S: Final = 60.0


@dataclass
class Lane:
    """One account's polls: a window that halves when the vendor is silent or throttles, and grows again with
    each good answer. A vendor that throttles is left alone for as long as it says, else longer each time.
    """

    window: float = MOST
    under_way: int = 0
    _rests_until: float = 0.0
    _throttled: int = 0

    def places(self, now: float) -> int:
        """How many more polls may be sent now."""
        return 0 if now < self._rests_until else max(0, int(self.window) - self.under_way)

    def heard(self, answer: object, now: float) -> None:
        """Learn from what came of one poll."""
        match answer:
            case RateLimited():
                self._throttle(answer, now)
            case VendorUnavailable():
                self.window = max(FEWEST, self.window / 2)
            case ProviderError():
                # About this one job or key, and no sign of how much the vendor can take.
                pass
            case _ if self._throttled and now < self._rests_until + FORGOTTEN_S:
                self.window = min(MOST, self.window + 1 / self.window)
            case _:
                self._throttled = 0
                self.window = min(MOST, self.window + 1)

    def _throttle(self, error: RateLimited, now: float) -> None:
        # The answers to all that was under way come together, and count once.
        if now < self._rests_until:
            return
        self._throttled = min(self._throttled + 1, 10)
        self.window = max(1.0, min(self.window, self.under_way + 1) / 2)
        wait_s = max(error.retry_after or 0.0, 2.0**self._throttled * random.uniform(0.75, 1.25))  # noqa: S311
        self._rests_until = now + min(LONGEST_REST_S, wait_s)


@dataclass
class Lanes:
    """The lanes of all accounts that were asked since the start, by the number of their key."""

    _lanes: dict[int | None, Lane] = field(default_factory=lambda: defaultdict(Lane))

    def places(self) -> Mapping[int | None, int]:
        now = time.monotonic()
        return {key: lane.places(now) for key, lane in self._lanes.items()}

    def begin(self, key: int | None) -> None:
        self._lanes[key].under_way += 1

    def end(self, key: int | None, answer: object) -> None:
        lane = self._lanes[key]
        lane.under_way -= 1
        lane.heard(answer, time.monotonic())
