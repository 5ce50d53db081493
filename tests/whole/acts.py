"""What tests do to a house from outside: a person's hand in it, and a look at what its sandbox saw."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import httpx

from tests.whole.house import HOME, House


def hand(house: House, *words: str) -> Any:
    """Let a person act in the house."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.whole.hand", *words],
        cwd=HOME,
        env=house.variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def statuses(house: House) -> Counter[str]:
    return Counter(status for status, _ in hand(house, "state")["rows"].values())


def control(house: House, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    url = f"http://127.0.0.1:{house.sandbox_port}/_control/{path}"
    return httpx.request(method, url, json=body, timeout=10).raise_for_status().json()


def sandbox_answers(house: House) -> bool:
    try:
        control(house, "GET", "health")
    except httpx.HTTPError:
        return False
    return True
