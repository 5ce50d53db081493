"""Looking things up in the brief: what it calls a noun, its colour, its number, its verb."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewapp.refine.grammar import bare, plural, singular
from reviewapp.refine.statements import subject_key
from reviewapp.refine.words import COLOUR, COUNT, STOP_WORDS, count_word

_NUMBER = (
    rf"(?:{COUNT}|an?|several|many|some|a few|a couple of|a pair of|a group of|a flock of|lots of|"
    r"dozens of|both)"
)


def noun(subject: str) -> str:
    """A pattern for the noun of the subject in both numbers."""
    words = subject_key(subject).split()
    if not words:
        return r"(?!)"
    one = words[-1]
    return "|".join(sorted({re.escape(one), re.escape(plural(one))}, key=len, reverse=True))


def described(brief: str, subject: str, describing: str) -> Iterator[tuple[int, int]]:
    """Spans of the describing words that belong to the subject: before it, or after its "is"."""
    name = noun(subject)
    # Words between belong to the same noun phrase only when none of them ends one.
    before = re.compile(
        rf"(?<![\w-])(?P<word>{describing})(?P<between>(?:,? [\w-]+){{0,3}}?),? (?:{name})(?![\w-])",
        re.IGNORECASE,
    )
    for match in before.finditer(brief):
        between = {word.strip(",").lower() for word in match["between"].split()}
        if not between & STOP_WORDS:
            yield match.span("word")
    after = re.compile(
        rf"(?<![\w-])(?:{name}) (?:is|are|was|were) (?P<word>{describing})(?![\w-])", re.IGNORECASE
    )
    for match in after.finditer(brief):
        yield match.span("word")


def colour_of(brief: str, subject: str) -> str | None:
    for start, end in described(brief, subject, COLOUR):
        return brief[start:end].lower()
    return None


def numbers_of(brief: str, subject: str) -> Iterator[tuple[int, int]]:
    return described(brief, subject, _NUMBER)


def count_of(brief: str, subject: str) -> str | None:
    """The number of the subject in the brief as a word, where the brief gives one."""
    for start, end in numbers_of(brief, subject):
        if re.fullmatch(COUNT, brief[start:end], re.IGNORECASE):
            return count_word(brief[start:end])
    return None


def mentions(brief: str, subject: str) -> bool:
    return re.search(rf"(?<![\w-])(?:{noun(subject)})(?![\w-])", brief, re.IGNORECASE) is not None


def coloured_noun(brief: str, colour: str) -> str | None:
    """The noun that the brief gives this colour: "a blue paper boat drifts" gives "boat"."""
    match = re.search(rf"(?<![\w-]){re.escape(colour)}((?: [\w-]+){{1,4}})", brief, re.IGNORECASE)
    if match is None:
        return None
    one_thing = re.search(r"\ban? (?:[\w-]+ ){0,2}$", brief[: match.start()], re.IGNORECASE) is not None
    found: str | None = None
    for word in match[1].split():
        lower = word.lower()
        ends_like_verb = lower.endswith(("ing", "ed")) or (lower.endswith("s") and not lower.endswith("ss"))
        if lower in STOP_WORDS or (found and ends_like_verb and one_thing):
            break
        found = singular(lower) if one_thing else lower
        if ends_like_verb:
            break
    return found


def verb_of(brief: str, subject: str) -> str | None:
    """What the brief has the subject do, in dictionary form: "a boat drifts" gives "drift"."""
    match = re.search(
        rf"(?<![\w-])(?:{noun(subject)}) (?:slowly |quickly )?([a-z]+s)\b", brief, re.IGNORECASE
    )
    if match is None or match[1].lower() in STOP_WORDS | {"is", "was", "has", "its", "this", "towards"}:
        return None
    return bare(match[1].lower())
