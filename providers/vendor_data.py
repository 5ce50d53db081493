"""What a vendor is, beside its models: its adapter, its address, what a key consists of, its manners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

WEBHOOKS = ("none", "standard", "ed25519", "token")
KINDS = ("text", "json")


@dataclass(frozen=True, kw_only=True)
class Credential:
    """One thing an account needs to be used. `secret` ones are encrypted and never shown again.

    `kind` is text, or json for a whole document. Credentials that share `either` with others are ways to do
    the same: each way is named in `either` as "group:way", and one complete way is enough.
    """

    name: str
    label: str
    help: str = ""
    kind: str = "text"
    secret: bool = True
    required: bool = True
    either: str = ""


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """One provider. `adapter` is the class that speaks its format, written with its module.

    `webhook` says how its webhooks are believed: signed as Standard Webhooks say, with Ed25519 and published
    keys, or not at all, so that the address itself carries a token. `free` is a studio's own hardware, which
    has no price. `retired_on` is the day on which the vendor closed the service, `retired_words` what it
    means; a key with an address of its own may still reach a host that serves the format. `concurrency` and
    `requests_per_minute` are the usual limits of an account, where the vendor names or shows them.
    `keeps_for_s` is for how many seconds he keeps a finished clip, where he says so and not with each job.
    """

    name: str
    label: str
    adapter: str
    base_url: str
    docs: str
    credentials: tuple[Credential, ...]
    webhook: str = "none"
    find: bool = False
    free: bool = False
    retired_on: date | None = None
    retired_words: str = ""
    concurrency: int | None = None
    requests_per_minute: int | None = None
    keeps_for_s: int | None = None

    def is_retired(self, today: date | None = None) -> bool:
        """Whether the vendor has closed its own service by `today`."""
        return self.retired_on is not None and self.retired_on <= (today or date.today())


def read_vendor(name: str, entry: Mapping[str, Any]) -> Vendor:
    """One `[vendors.<name>]` table. Raises `ValueError` or `TypeError` with what is wrong."""
    credentials = tuple(Credential(**one) for one in entry["credentials"])
    vendor = Vendor(name=name, **{**entry, "credentials": credentials})
    for wrong, words in _faults(vendor):
        if wrong:
            raise ValueError(words)
    return vendor


def _faults(vendor: Vendor) -> list[tuple[bool, str]]:
    names = [credential.name for credential in vendor.credentials]
    limits = (vendor.concurrency, vendor.requests_per_minute, vendor.keeps_for_s)
    return [
        (not vendor.label or "." not in vendor.adapter, "label and adapter must be given"),
        (vendor.webhook not in WEBHOOKS, f"webhook must be one of {WEBHOOKS}"),
        (len(names) != len(set(names)), "each credential has a name of its own"),
        (any(credential.kind not in KINDS for credential in vendor.credentials), f"kind is one of {KINDS}"),
        (
            any(credential.either.count(":") > 1 for credential in vendor.credentials),
            "either is written group:way",
        ),
        (any(limit is not None and limit < 1 for limit in limits), "limits are at least 1"),
        (vendor.retired_on is not None and not vendor.retired_words, "say what the retirement means"),
    ]
