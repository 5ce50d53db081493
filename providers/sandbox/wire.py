"""What the sandbox has to know of a vendor's wire format; each vendor's file exports one `WIRE`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, QueryParams
from starlette.routing import BaseRoute

from providers.sandbox.call import Role
from providers.sandbox.job import Doom, Job

if TYPE_CHECKING:
    # The house holds the faults and the post, which both look at wires.
    from providers.sandbox.house import House
    from providers.sandbox.webhooks import Delivery

Place = tuple[str, str]
"""A method and a regular expression that is found in the path, the vendor's prefix included."""


@dataclass(frozen=True)
class Asked:
    """One call as a wire is shown it before its route runs. `body` is {} where it is no JSON object."""

    method: str
    path: str
    query: QueryParams
    body: Mapping[str, Any]


def bearer(headers: Mapping[str, str]) -> str:
    """The secret of `Authorization: Bearer …`, or ""."""
    kind, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def model_in_body(asked: Asked) -> str:
    """The usual place of the model's name; what is no text is none."""
    return _clean(asked.body.get("model"))


def no_callback(house: House, job: Job) -> list[Delivery]:
    """Of a vendor that never calls back."""
    return []


def plain_error(code: int, wait: float | None) -> Mapping[str, Any] | None:
    """Of a vendor whose errors need no form of their own: a sentence, and the wait in `Retry-After`."""
    return None


@dataclass(frozen=True)
class Wire:
    """One vendor's format under /<name>, with what lies beside it under /<name>-<something>.

    `doom(kind, code)` gives the vendor's code and words for a neutral kind of failure (see `Doom`); `code` is
    what a fault on order wants instead of the usual one, or "". `job_in` is the id of the job that a call
    speaks of. `callback` is asked at every change of a job's state.
    `slots` is how many jobs of a lane run at once, where that is not for the settings to say.
    `error_body` is the body of an error on order, with the wish to wait where the vendor puts it there.
    """

    name: str
    routes: Callable[[House], list[BaseRoute]]
    doom: Callable[[str, str], Doom]
    creations: tuple[Place, ...]
    polls: tuple[Place, ...]
    downloads: tuple[Place, ...]
    job_in: Callable[[Asked], str | None]
    model_in: Callable[[Asked], str] = model_in_body
    key_of: Callable[[Headers], str] = bearer
    callback: Callable[[House, Job], list[Delivery]] = no_callback
    slots: int | None = None
    deletions: tuple[Place, ...] = ()
    error_body: Callable[[int, float | None], Mapping[str, Any] | None] = plain_error

    def role(self, method: str, path: str) -> Role:
        """The part that a call of this vendor's client plays."""
        places = {
            Role.CREATION: self.creations,
            Role.POLL: self.polls,
            Role.DOWNLOAD: self.downloads,
            Role.DELETION: self.deletions,
        }
        for role, known in places.items():
            if any(method == verb and re.search(pattern, path) for verb, pattern in known):
                return role
        return Role.CALL if path.startswith(f"/{self.name}/") else Role.ASIDE


def vendor_of(path: str) -> str:
    """The vendor whose prefix the path carries: /runway and /runway-cdn are both Runway's."""
    return path.split("/")[1].partition("-")[0]


def _clean(text: object) -> str:
    """A name from a body, without what no database takes."""
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else ""


def job_in_path(pattern: re.Pattern[str]) -> Callable[[Asked], str | None]:
    """`Wire.job_in` of a vendor whose calls have the job's id in their path, as the pattern's first group."""

    def job_in(asked: Asked) -> str | None:
        found = pattern.search(asked.path)
        return found and found[1]

    return job_in


def doom_of(usual: Mapping[str, tuple[str, str]]) -> Callable[[str, str], Doom]:
    """`Wire.doom` of a vendor that has one usual code, and its words, for each kind of failure."""

    def doom(kind: str, code: str) -> Doom:
        known, words = usual[kind]
        return Doom(code or known, words)

    return doom
