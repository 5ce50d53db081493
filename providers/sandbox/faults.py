"""Faults on order: which calls they meet, how often, and what goes wrong."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.sandbox.call import Call, Role

API = frozenset({Role.CREATION, Role.POLL, Role.CALL})
ANY = frozenset(Role) - {Role.WEBHOOK}
# The calls at which a kind makes sense when the fault names no path of its own.
ROLES: dict[str, frozenset[Role]] = {
    "latency": ANY,
    "status": ANY,
    "drop_before": ANY,
    "drop_after": ANY,
    "malformed_json": API,
    "refuse": frozenset({Role.CREATION}),
    "fail": frozenset({Role.CREATION}),
    "truncate": frozenset({Role.DOWNLOAD}),
    "html": frozenset({Role.DOWNLOAD}),
    "expired_link": frozenset({Role.DOWNLOAD}),
    "wrong_content_type": frozenset({Role.DOWNLOAD}),
    "redirect": frozenset({Role.DOWNLOAD}),
    "unknown_status": frozenset({Role.POLL}),
    "empty_output": frozenset({Role.POLL}),
    "webhook_lost": frozenset({Role.WEBHOOK}),
    "webhook_late": frozenset({Role.WEBHOOK}),
    "webhook_twice": frozenset({Role.WEBHOOK}),
    "webhook_forged": frozenset({Role.WEBHOOK}),
    "webhook_old": frozenset({Role.WEBHOOK}),
    "webhook_reordered": frozenset({Role.WEBHOOK}),
}
# Elsewhere these cannot act at all; a path of the fault's own narrows where they do and never widens it.
ONLY_THERE = {"refuse", "fail", "unknown_status", "empty_output", "malformed_json"}
OPTIONS: dict[str, dict[str, Any]] = {
    "latency": {"seconds": 1.0, "when": "before"},
    "status": {"code": 500, "retry_after": None, "body": None, "headers": None},
    "refuse": {"failureCode": ""},
    "fail": {"failureCode": ""},
    # How many bytes of the answer's body go out; None for half of them.
    "truncate": {"at": None},
    "redirect": {"to": "http://127.0.0.1:9/elsewhere.mp4"},
    "webhook_late": {"seconds": 5.0},
    "unknown_status": {"status": "REVIEWING"},
    "wrong_content_type": {"content_type": "text/html"},
}
COMMON = {"kind", "match", "times", "probability", "seed"}
MATCH = {"path", "method", "model", "vendor", "role", "nth"}


@dataclass
class Fault:
    """One order. `times` counts down to 0; -1 means always. `nth` means only the n-th call that matches."""

    id: int
    kind: str
    path: re.Pattern[str] | None
    method: str
    model: str
    vendor: str
    role: str
    nth: int | None
    times: int
    probability: float
    options: dict[str, Any]
    dice: random.Random
    seen: int = 0
    struck: int = 0

    def strikes(self, call: Call) -> bool:
        """Whether it meets this call; counts either way."""
        if self.times == 0 or not self._meets(call):
            return False
        self.seen += 1
        if self.nth is not None and self.seen != self.nth:
            return False
        if self.dice.random() >= self.probability:
            return False
        self.times -= self.times > 0
        self.struck += 1
        return True

    def _meets(self, call: Call) -> bool:
        bound = self.path is None or self.kind in ONLY_THERE
        if bound and call.role not in ROLES[self.kind]:
            return False
        return (
            (self.path is None or self.path.search(call.path) is not None)
            and self.method in {"", call.method}
            and self.model in {"", call.model}
            and self.vendor in {"", call.vendor}
            and self.role in {"", call.role.value}
        )

    def told(self) -> dict[str, Any]:
        """The fault as the control page shows it."""
        match = {
            "path": self.path and self.path.pattern,
            "method": self.method,
            "model": self.model,
            "vendor": self.vendor,
            "role": self.role,
            "nth": self.nth,
        }
        return {
            "id": self.id,
            "kind": self.kind,
            "match": {name: value for name, value in match.items() if value},
            "times": self.times,
            "probability": self.probability,
            "struck": self.struck,
            **self.options,
        }


@dataclass
class Faults:
    """The orders that are in force, oldest first."""

    orders: list[Fault] = field(default_factory=list)
    _last: int = 0

    def add(self, told: Mapping[str, Any]) -> Fault:
        """Take an order. Raises ValueError with a sentence."""
        fault = _read(self._last + 1, told)
        self._last += 1
        self.orders.append(fault)
        return fault

    def take(self, call: Call, *kinds: str) -> Fault | None:
        """The first order of these kinds that meets the call."""
        return next((fault for fault in self.orders if fault.kind in kinds and fault.strikes(call)), None)

    def take_all(self, call: Call, *kinds: str) -> list[Fault]:
        """Every order of these kinds that meets the call."""
        return [fault for fault in self.orders if fault.kind in kinds and fault.strikes(call)]

    def clear(self) -> None:
        self.orders.clear()


def _read(number: int, told: Mapping[str, Any]) -> Fault:
    kind, match = told.get("kind"), told.get("match") or {}
    if kind not in ROLES:
        raise ValueError(f"There is no fault “{kind}”. There are: {', '.join(ROLES)}.")
    options: dict[str, Any] = dict(OPTIONS.get(kind, {}))
    _check_names("fault", set(told), COMMON | set(options))
    if not isinstance(match, Mapping):
        raise ValueError("“match” must be an object.")
    _check_names("match", set(match), MATCH)
    options |= {name: told[name] for name in options if name in told}
    if options.get("when", "before") not in {"before", "after"}:
        raise ValueError("“when” is before or after.")
    _check_numbers(told, match, options)
    _check_answer(options)
    try:
        path = re.compile(str(match["path"])) if match.get("path") else None
    except re.error as exc:
        raise ValueError(f"“path” is no regular expression: {exc}.") from None
    return Fault(
        id=number,
        kind=kind,
        path=path,
        method=str(match.get("method") or "").upper(),
        model=str(match.get("model") or ""),
        vendor=str(match.get("vendor") or ""),
        role=_role(match.get("role")),
        nth=match.get("nth"),
        times=told.get("times", 1),
        probability=told.get("probability", 1.0),
        options=options,
        # Dice with a seed, so that a run can be repeated; nothing secret comes from them.
        dice=random.Random(told.get("seed")),  # noqa: S311
    )


def _check_names(what: str, given: set[str], known: set[str]) -> None:
    if unknown := sorted(given - known):
        raise ValueError(f"A {what} has no “{unknown[0]}”. It has: {', '.join(sorted(known))}.")


def _role(told: object) -> str:
    known = [role.value for role in Role]
    if told not in {None, "", *known}:
        raise ValueError(f"There is no role “{told}”. There are: {', '.join(known)}.")
    return str(told or "")


def _check_answer(options: Mapping[str, Any]) -> None:
    if not isinstance(options.get("body") or {}, Mapping):
        raise ValueError("“body” must be an object.")
    headers = options.get("headers") or {}
    if not isinstance(headers, Mapping) or not all(isinstance(value, str) for value in headers.values()):
        raise ValueError("“headers” must be an object of texts.")
    if not isinstance(options.get("failureCode", ""), str):
        raise ValueError("“failureCode” must be a text.")


def _check_numbers(told: Mapping[str, Any], match: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    whole = {"times": told.get("times"), "nth": match.get("nth"), "code": options.get("code")}
    whole["at"] = options.get("at")
    for name, value in whole.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise ValueError(f"“{name}” must be a whole number.")
    if (options.get("at") or 0) < 0:
        raise ValueError("“at” is at least 0.")
    some = {"probability": told.get("probability")}
    some |= {name: options.get(name) for name in ("seconds", "retry_after")}
    for name, number in some.items():
        if number is not None and (
            isinstance(number, bool) or not isinstance(number, int | float) or number < 0
        ):
            raise ValueError(f"“{name}” must be a number of at least 0.")
