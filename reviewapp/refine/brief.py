"""Looking things up in the brief: what it calls a noun, its colour, its number, its verb."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewapp.refine.camera import STILL, moves, normal_move
from reviewapp.refine.clean import sentence_spans
from reviewapp.refine.grammar import bare, plural, singular
from reviewapp.refine.statements import subject_key
from reviewapp.refine.words import COLOUR, COUNT, DIRECTIONS, MOTION_VERBS, PLACES, STOP_WORDS, count_word

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


_NEGATED = re.compile(r"\b(?:no|not|never|without|avoid)\b(?: [\w'’-]+){0,3} ?$", re.IGNORECASE)


def wanted(brief: str, subject: str) -> bool:
    """Whether the brief asks for the thing; a sentence that forbids it does not."""
    for match in re.finditer(rf"(?<![\w-])(?:{noun(subject)})(?![\w-])", brief, re.IGNORECASE):
        before = re.split(r"[.!?;:\n]", brief[: match.start()])[-1]
        if _NEGATED.search(before) is None:
            return True
    return False


def sentences_about(brief: str, subject: str) -> list[str]:
    """The sentences that name the subject and are not about the camera."""
    name = re.compile(rf"(?<![\w-])(?:{noun(subject)})(?![\w-])", re.IGNORECASE)
    found = [brief[start:end] for start, end in sentence_spans(brief)]
    return [one for one in found if name.search(one) and not re.search(r"\bcamera\b", one, re.IGNORECASE)]


def direction_of(brief: str, subject: str) -> str | None:
    """Where the brief has the subject go, in our words: "drifts left" gives "from right to left"."""
    for sentence in sentences_about(brief, subject):
        for direction, pattern in DIRECTIONS.items():
            # A bare "left" may be a left hand; it is a direction only right after a verb of motion.
            phrases, _bar, single = re.sub(r"\|(?=\w+$)", "\n", pattern).partition("\n")
            verb = rf"|(?:{MOTION_VERBS})(?:e?s|ing)? (?:slowly |quickly )?{single}" if single else ""
            at = re.search(rf"(?<![\w-])(?:{phrases}{verb})(?![\w-])(?! side)", sentence, re.IGNORECASE)
            if at is not None and not re.search(r"\bon $", sentence[: at.start()]):
                return direction
    return None


def place_of(brief: str, subject: str) -> str | None:
    for sentence in sentences_about(brief, subject):
        for place, pattern in PLACES.items():
            at = re.search(rf"(?<![\w-])(?:{pattern})(?![\w-])", sentence, re.IGNORECASE)
            if at is not None and not at[0].lower().startswith("to "):
                return place
    return None


def camera_of(brief: str) -> str | None:
    """The move the brief asks of the camera, in dictionary form."""
    for start, end in sentence_spans(brief):
        sentence = brief[start:end]
        if re.search(r"\b(?:no|not|without)\b", sentence, re.IGNORECASE):
            continue
        for found, _about in moves(sentence):
            return normal_move(found)
        if re.search(
            r"\b(?:static|locked|fixed|still)\b.*\b(?:camera|shot)\b|\bcamera\b.*\b(?:static|still)\b",
            sentence,
            re.IGNORECASE,
        ):
            return STILL
    return None
