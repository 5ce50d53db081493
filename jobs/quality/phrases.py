"""English clauses and what is denied in them: the ground on which a shot's words are read."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A comma parts what is asked for from what is not, unless a list goes on: "no text, logos or people".
_CLAUSE = re.compile(r"[.!?;:\n|]+|\bbut\b|\bonly then\b")
_DENIALS = (
    r"no|not|never|without|nobody|none|nothing|neither|nor|avoid|avoids|exclude|excluding|free of|absence of"
    r"|don't|doesn't|do not|does not|must not|mustn't|should not|shouldn't|isn't|aren't|cannot|can't|won't"
)
# After a denial up to six words are denied with it; a new "a" or "the" begins something that is asked for.
_DENIED = re.compile(
    rf"\b(?:{_DENIALS})\b(?:\s+(?:a|an|any|the|single))?"
    r"(?:[\s,/]+(?!(?:a|an|the|she|he|while|as|only)\b)[\w'-]+){0,6}[\s,/]*$"
)


def clauses(text: str) -> Iterator[str]:
    """The text in lower case, clause by clause, with plain apostrophes and single spaces."""
    plain = text.lower().replace("’", "'")
    for clause in _CLAUSE.split(plain):
        words = " ".join(clause.split())
        if words:
            yield words


def denied(clause: str, start: int) -> bool:
    """Whether what begins at `start` of a clause is denied by the words before it."""
    return bool(_DENIED.search(clause[:start]))


def asked(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the text asks for what the pattern finds: it stands there and is not denied."""
    return any(
        not denied(clause, match.start()) for clause in clauses(text) for match in pattern.finditer(clause)
    )


def refused(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the text names what the pattern finds in order to have none of it."""
    return any(
        denied(clause, match.start()) for clause in clauses(text) for match in pattern.finditer(clause)
    )


def words_of(pattern: str) -> re.Pattern[str]:
    """A pattern over whole words of clauses."""
    return re.compile(rf"\b(?:{pattern})\b")
