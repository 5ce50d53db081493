"""What tests do to a house from outside: a person's hand in it, and a look at what its sandbox saw."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx

from tests.patience import PATIENCE_S
from tests.whole.house import House


def hand(house: House, *words: str) -> Any:
    """Let a person act in the house."""
    return house.ask(*words)


def statuses(house: House) -> Counter[str]:
    return Counter(hand(house, "statuses"))


def control(house: House, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    url = f"http://127.0.0.1:{house.sandbox_port}/_control/{path}"
    return httpx.request(method, url, json=body, timeout=PATIENCE_S).raise_for_status().json()


def sandbox_answers(house: House) -> bool:
    try:
        control(house, "GET", "health")
    except httpx.HTTPError:
        return False
    return True
