"""What can be set about the sandbox, at its start and while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Settings:
    """`capacity` is what one key may run at once of one model; `daily_limit` counts a key's jobs of one model
    in 24 hours, None for no limit; `instant` serves one ready clip per size instead of rendering each;
    `dollars` is what a key has at vendors that count in money; `retired` has models the vendors have ended,
    as vendor/model.
    """

    capacity: int = 2
    min_seconds: float = 2.0
    link_seconds: float = 3600.0
    credits: int = 1_000_000
    daily_limit: int | None = None
    instant: bool = False
    dollars: float = 10_000.0
    retired: tuple[str, ...] = ()

    def changed(self, values: Mapping[str, Any]) -> Settings:
        """A copy with some values replaced. Raises ValueError with a sentence for a wrong one."""
        for name, value in values.items():
            if name not in asdict(self):
                raise ValueError(f"There is no setting “{name}”. There are: {', '.join(asdict(self))}.")
            _check(name, value)
        right = dict(values)
        if "retired" in right:
            right["retired"] = tuple(right["retired"])
        return replace(self, **right)

    def retires(self, vendor: str, model: str) -> bool:
        """Whether the vendor has ended this model."""
        return f"{vendor}/{model}" in self.retired


def _check(name: str, value: object) -> None:
    if name == "instant":
        if not isinstance(value, bool):
            raise ValueError("“instant” is true or false.")
        return
    if name == "retired":
        if not isinstance(value, list | tuple) or not all(_is_model(name) for name in value):
            raise ValueError("“retired” is a list of vendor/model.")
        return
    if name == "daily_limit" and value is None:
        return
    whole = name in {"capacity", "credits", "daily_limit"}
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise ValueError(f"“{name}” must be a {'whole ' if whole else ''}number.")
    least = 1 if name == "capacity" else 0
    if not least <= value < float("inf"):
        raise ValueError(f"“{name}” must be a number of at least {least}.")


def _is_model(name: object) -> bool:
    return isinstance(name, str) and 0 < name.find("/") < len(name) - 1
