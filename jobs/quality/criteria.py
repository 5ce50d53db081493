"""The shot's acceptance criteria, each checked as far as a machine can.

A line may hold several demands ("5 s, no cut, sharp"). It is met when all of them are, and unmet when one is
not; when one of them is nothing that was measured, the line waits for a person. Words are taken only where
the whole demand is understood: "sharp" is, "sharp teeth" is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from jobs.quality.criteria_rules import Answer, Evidence
from jobs.quality.criteria_words import RULES
from jobs.quality.report import Criterion, Finding, Ordered, PromptPart, VideoFacts

_BETWEEN = re.compile(r"\bbetween ([\d.]+) ?(?:s|sec|seconds)? and ([\d.]+)")
_POINT = re.compile(r"(?<=\d),(?=\d)")
_SHORTENED = re.compile(r"\b(min|max|secs?)\.")
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SECONDS = re.compile(rf"\b({'|'.join(_NUMBERS)})(?=[ -]seconds?\b)")
# "A single, continuous shot" is one demand; what stands in brackets or behind a dash is one of its own.
_OF_ONE_SHOT = re.compile(
    r"\b(single|continuous|unbroken|uninterrupted|long), (?=(?:\w+,? )?(?:shot|take)\b)"
)
_PARTS = re.compile(r"[,;.!](?!\d)|[()]|(?<!\d) [-–—]+ | [-–—]+ (?!\d)|\band\b|\bor\b|\bbut\b|\bas well as\b")
_LABELLED = re.compile(r"^([^:]+): (.+)$")
_NONE = frozenset(("none", "no", "off", "not wanted", "nothing"))
# "no cuts, flicker or shake" denies all three.
_NO = re.compile(r"^(?:no|without(?: any)?|free of)\b")
# What may stand around a demand without changing it.
_BEFORE = re.compile(
    r"^(?:(?:the|this) )?(?:(?:whole |entire |final )?(?:clip|video|shot|footage|result|image|picture|it) )?"
    r"(?:(?:must|should|has to|needs to|shall|is to) (?:be |have |stay |remain )?"
    r"|(?:is|are|has|have|stays|remains|shows) )?(?:please )?"
)
_AFTER = re.compile(
    r" (?:at all|please|throughout|the whole time|all the time|anywhere"
    r"|in the (?:clip|video|shot|picture|image|frame))$"
)


def judge(
    ordered: Ordered,
    facts: VideoFacts,
    findings: Sequence[Finding],
    measures: Mapping[str, float | None],
    prompt_parts: Sequence[PromptPart] = (),
    unmeasured: Mapping[str, str] | None = None,
) -> tuple[Criterion, ...]:
    """One answer per line of `ordered.acceptance`, in its order. `unmeasured` has the reasons of measures
    that are None.
    """
    evidence = Evidence(facts, findings, measures, prompt_parts, unmeasured or {})
    return tuple(_judged(line, evidence) for line in ordered.acceptance)


def _judged(line: str, evidence: Evidence) -> Criterion:
    answers = [_answer(demand, evidence) for demand in demands(line)] or [Answer("person")]
    for state in ("unmet", "person", "unmeasured", "met"):
        told = [answer for answer in answers if answer.state == state]
        if told:
            # What else was measured of the line helps the person who judges the rest.
            known = [*told, *(one for one in answers if state == "person" and one.state == "met")]
            why = "; ".join(dict.fromkeys(answer.why for answer in known if answer.why))
            starts = [answer.start_s for answer in told if answer.start_s is not None]
            return Criterion(text=line, state=state, why=why, start_s=min(starts, default=None))
    raise AssertionError(line)


def demands(line: str) -> Iterator[str]:
    """The demands of a line, in lower case, without the words around them."""
    denied = ""
    for part in _PARTS.split(_plain(line)):
        for words in _labelled(part.strip(" .:")):
            alone = _bare(words)
            if _NO.match(words):
                denied = "no "
            elif denied and not _understood(alone) and _understood(denied + alone):
                alone = denied + alone
            else:
                denied = ""
            yield alone


def _plain(line: str) -> str:
    plain = _POINT.sub(".", " ".join(line.lower().replace("’", "'").split()))
    plain = _SECONDS.sub(lambda match: str(_NUMBERS.index(match[1])), _SHORTENED.sub(r"\1", plain))
    return _OF_ONE_SHOT.sub(r"\1 ", _BETWEEN.sub(r"\1 to \2", plain))


def _labelled(words: str) -> list[str]:
    """What is said with a colon: "sound: none" is "no sound", "face: visible" one demand, and "a still:
    nothing moves" are two.
    """
    match = _LABELLED.match(words)
    if match is None or _understood(_bare(words)):
        return [words] if words else []
    label, rest = match[1], match[2]
    if rest in _NONE:
        return [f"no {label}"]
    if _understood(_bare(f"{label} {rest}")):
        return [f"{label} {rest}"]
    return [label, rest] if _understood(_bare(label)) else [words]


def _bare(words: str) -> str:
    return _AFTER.sub("", _BEFORE.sub("", words, count=1))


def _understood(demand: str) -> bool:
    return any(pattern.fullmatch(demand) for pattern, _rule in RULES)


def _answer(demand: str, evidence: Evidence) -> Answer:
    for pattern, rule in RULES:
        match = pattern.fullmatch(demand)
        if match:
            return rule(match, evidence)
    return _by_prompt(demand, evidence)


def _by_prompt(demand: str, evidence: Evidence) -> Answer:
    """A part of the prompt: how well it matches is told, but a cosine alone decides nothing."""
    wanted = set(re.findall(r"\w+", demand)) - _LITTLE_WORDS
    for part in evidence.prompt_parts:
        words = set(re.findall(r"\w+", part.words.lower())) - _LITTLE_WORDS
        if wanted and wanted <= words and part.match is not None:
            return Answer(
                "person", f"the pictures match “{part.words}” by {part.match:.2f}, which decides nothing"
            )
    return Answer("person")


_LITTLE_WORDS = frozenset(
    (
        "a",
        "an",
        "the",
        "is",
        "are",
        "be",
        "visible",
        "seen",
        "shown",
        "in",
        "on",
        "of",
        "there",
        "must",
        "should",
    )
)
