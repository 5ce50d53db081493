"""What an order would cost: one line for each shot, split by who makes its clips."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from providers.routing import Choice
from reviewapp import budgets
from reviewapp.bills import Passed, Price
from reviewapp.models import BudgetScope, Shot

_NUMBERED = re.compile(r"^Clip \d+ of a round ")


@dataclass(frozen=True)
class Part:
    """The clips of one shot that one model makes at one price, and why it and not another."""

    label: str
    clips: int
    each_usd: Decimal
    why: str

    @property
    def reason(self) -> str:
        """`why` without the name and the price that stand beside it on a page."""
        named, colon, rest = self.why.removeprefix(self.label).partition(": ")
        if colon and (not named or named.startswith(" at $")):
            return rest[:1].upper() + rest[1:]
        return self.why


@dataclass(frozen=True)
class QuoteLine:
    """One shot of a quote: who makes each of its clips. `problems` are the sentences that keep it from being
    sent. `existing` clips are there already.
    """

    shot: Shot
    choices: Sequence[Choice] = ()
    problems: tuple[str, ...] = ()
    existing: int = 0

    @property
    def clips(self) -> int:
        return len(self.choices)

    @property
    def total_usd(self) -> Decimal:
        return Decimal(0) if self.problems else sum((c.price_usd for c in self.choices), Decimal(0))

    @property
    def reasons(self) -> tuple[str, ...]:
        """The problems without the shot's code, for a page on which it stands beside them."""
        return tuple(dict.fromkeys(words.removeprefix(f"{self.shot.code}: ") for words in self.problems))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The clips by who makes them, in the order in which they are asked for."""
        groups: dict[tuple[str, str, Decimal], list[Choice]] = {}
        for choice in self.choices:
            groups.setdefault((choice.vendor, choice.model.id, choice.price_usd), []).append(choice)
        return tuple(
            Part(group[0].model.label, len(group), group[0].price_usd, group[0].why)
            for group in groups.values()
        )

    @property
    def shared_reason(self) -> str:
        """One sentence for a round that is spread, of whose clips the same is said but for their numbers."""
        told = {_NUMBERED.sub("A round ", part.reason) for part in self.parts}
        return told.pop() if len(self.parts) > 1 and len(told) == 1 else ""


@dataclass(frozen=True)
class Quote:
    """What an order would cost and what stands in its way, before anything is spent."""

    lines: tuple[QuoteLine, ...]
    totals: budgets.Totals
    price: Price
    problems: tuple[str, ...] = field(default=())

    @property
    def sendable(self) -> tuple[QuoteLine, ...]:
        return tuple(line for line in self.lines if not line.problems)

    @property
    def clips(self) -> int:
        return sum(line.clips for line in self.sendable)

    @property
    def total_usd(self) -> Decimal:
        return sum((line.total_usd for line in self.lines), Decimal(0))

    @property
    def capped(self) -> Passed | None:
        """The cap of the project that the whole order does not fit under. One of the day, or of a key, stops
        no order: what has no room waits for it.
        """
        caps = (one for one in self.price.waits if one.limit.scope == BudgetScope.PROJECT)
        return next(caps, None)

    @property
    def may_be_sent(self) -> bool:
        return bool(self.sendable) and not self.problems and self.capped is None

    @property
    def sentence(self) -> str:
        shots = len(self.sendable)
        words = (
            f"{self.clips} clips for {shots} {'shot' if shots == 1 else 'shots'}, about ${self.total_usd:.2f}"
        )
        if self.totals.left is None:
            return f"{words}."
        return f"{words}; ${self.totals.left:.2f} of the budget is left."


class CannotGenerate(Exception):
    """Nothing of the order was sent; `quote` says why, line by line."""

    def __init__(self, quote: Quote) -> None:
        reasons = [*quote.problems, *(problem for line in quote.lines for problem in line.problems)]
        if quote.capped is not None:
            left = quote.capped.limit.left
            reasons.append(f"This order costs ${quote.total_usd:.2f} and the budget has ${left:.2f} left.")
        elif quote.may_be_sent:
            reasons += [one.sentence for one in quote.price.asks]
        super().__init__(" ".join(dict.fromkeys(reasons)) or "There is nothing to generate.")
        self.quote = quote
