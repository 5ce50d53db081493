"""Reading wishes and observations about one thing: "should be red", "make it red", "is blue"."""

from __future__ import annotations

import re

from reviewapp.refine.brief import colour_of, coloured_noun, mentions
from reviewapp.refine.grammar import (
    be,
    definite,
    is_plural,
    lower_first,
    sentence_case,
    third,
    without_article,
)
from reviewapp.refine.look_words import LOOK_WORDS, WHOLE
from reviewapp.refine.read_looks import look, setting
from reviewapp.refine.read_things import added, amount, counted, exactly, removed
from reviewapp.refine.statements import Instruction
from reviewapp.refine.words import (
    COLOUR,
    COUNT,
    DIRECTIONS,
    MOTION_VERBS,
    OPPOSITE_DIRECTION,
    PLACES,
    POSTURES,
    STATE_GROUP,
)

_SHOULD = re.compile(
    r"(?P<who>.+?) (?:should|must|has to|have to|needs? to|ought to|(?:is|are) supposed to|shall|has got to)"
    r"(?: (?P<not>not|never|no longer))? (?:always |really |clearly |all |definitely |actually |just "
    r")?(?P<what>.+)",
    re.IGNORECASE,
)


def required(clause: str, brief: str) -> list[Instruction]:
    """Reads "The boat should be red", "the dog must run to the left", "it needs to be at night"."""
    match = _SHOULD.fullmatch(clause)
    if match is None:
        return []
    who, what = match["who"].strip(), match["what"].strip()
    if len(who.split()) > 6:
        return []
    if match["not"]:
        return _forbidden(who, what)
    be_match = re.fullmatch(
        r"(?:change to|be|look|appear|stay|remain|become|turn|get|keep)(?: like)? (?P<value>.+)",
        what,
        re.IGNORECASE,
    )
    if be_match is not None:
        parts = re.split(r",? and |, ", be_match["value"])
        each = [look(part.split()[-1], who, False, brief) for part in parts if part]
        # "Bigger and slower" are two wishes about one thing.
        if len(parts) > 1 and len(each) == len(parts) and all(each) and all(" " not in one for one in parts):
            return [one for found in each for one in found]
        return described(who, be_match["value"], brief) or stated(who, what)
    return doing(who, what, brief) or stated(who, what)


def _forbidden(who: str, what: str) -> list[Instruction]:
    who = without_article(who)
    verb = "do" if is_plural(who) else "does"
    if what.lower().startswith("be "):
        return [Instruction("free", "", sentence_case(f"{definite(who)} {be(who)} not {what[3:]}"))]
    return [Instruction("free", "", sentence_case(f"{definite(who)} {verb} not {what}"))]


def stated(who: str, what: str) -> list[Instruction]:
    """The wish as a plain sentence in the present tense."""
    if who.lower() in {"it", "there", "this", "that"} or who.lower().startswith(("i ", "we ", "you ")):
        return []
    subject = definite(who)
    rest = what[3:] if what.lower().startswith("be ") else what
    if what.lower().startswith("be "):
        verb = be(subject)
    elif is_plural(subject):
        verb = ""
    else:
        first, _space, tail = what.partition(" ")
        verb, rest = third(first.lower()), tail
    return [Instruction("free", "", sentence_case(" ".join(word for word in (subject, verb, rest) if word)))]


def described(who: str, value: str, brief: str) -> list[Instruction]:
    """Reads "Who is value": a colour, a place, a time, a number, a look or a state."""
    value = value.strip().rstrip(",; ")
    if not value:
        return []
    subject = without_article(
        re.sub(r"^the colou?r of |['’]s colou?r$| colou?r$", "", who, flags=re.IGNORECASE)
    )
    if who.lower() == "there":
        return counted(value, brief) or added(f"add {value}", brief)
    colour = re.fullmatch(
        rf"(?:(?:in|all|completely|fully|entirely|more) )?(?P<colour>{COLOUR})", value, re.IGNORECASE
    )
    if colour is not None:
        subject = _colour_subject(subject, brief) if subject.lower() in WHOLE else subject
        return [Instruction("colour", subject, colour["colour"].lower())] if subject else []
    for place, pattern in PLACES.items():
        if re.fullmatch(pattern, value, re.IGNORECASE) and subject.lower() not in WHOLE:
            return [Instruction("place", subject, place)]
    if subject.lower() in WHOLE | {"time", "style", "weather"} and (found := setting(value, brief)):
        return found
    if re.fullmatch(COUNT, value, re.IGNORECASE) and subject.lower() not in WHOLE:
        return [exactly(value, subject)]
    if found := look(value, who, False, brief) if " " not in value else []:
        return found
    words = value.split()
    if (
        subject.lower() in WHOLE
        or not subject
        or len(subject.split()) > 4
        or len(words) > 3
        or words[0].lower() in {"a", "an", "the"}
    ):
        return []
    return [Instruction("state", subject, lower_first(value))]


def _colour_subject(_whole: str, brief: str) -> str:
    """What "it should be red" speaks of: the one coloured thing of the brief, when there is one."""
    match = re.search(COLOUR, brief, re.IGNORECASE)
    return (coloured_noun(brief, match[0]) or "") if match else ""


def doing(who: str, what: str, _brief: str) -> list[Instruction]:
    """Reads "Who does what": a direction, a pace or a posture."""
    subject, what = without_article(who), what.strip()
    match = re.fullmatch(rf"(?P<verb>{MOTION_VERBS})(?: (?P<rest>.+))?", what, re.IGNORECASE)
    if (
        subject.lower() in WHOLE
        or len(subject.split()) > 4
        or (match is None and what.split()[0].lower() not in POSTURES)
    ):
        return []
    verb, _space, rest = what.lower().partition(" ")
    pace = re.fullmatch(
        r"(?:much |a (?:bit|little) |more |very )*(?P<pace>slow(?:er|ly)?|fast(?:er)?|quick(?:er|ly)?)", rest
    )
    if pace is not None:
        return [
            Instruction(
                "pace", subject, f"{verb} {'slowly' if pace['pace'].startswith('slow') else 'quickly'}"
            )
        ]
    for direction, pattern in DIRECTIONS.items():
        if re.fullmatch(pattern, rest, re.IGNORECASE):
            return [Instruction("direction", subject, f"{verb} {direction}")]
    return [Instruction("action", subject, f"{verb} {rest}".strip())] if verb in POSTURES else []


def made(clause: str, brief: str) -> list[Instruction]:
    """Reads "Make the boat red", "the boat to be red", "put the boat on the left"."""
    opening = r"(?:make|turn|paint|colou?r|dye|keep|have|get|put|place|move|position|set|let)"
    match = re.fullmatch(rf"(?P<verb>{opening} )?(?P<rest>.+)", clause, re.IGNORECASE)
    if match is None or (
        match["verb"] is None
        and not re.match(r"(?:the|it|them|his|her|their|my|our)\b", clause, re.IGNORECASE)
    ):
        return []
    words = match["rest"].split()
    for cut in range(1, min(len(words), 6)):
        who, value = " ".join(words[:cut]), " ".join(words[cut:])
        plain = re.sub(r"^(?:to be |be |look |to |into )", "", value, flags=re.IGNORECASE)
        if re.search(
            r"\b(?:is|are|was|not|no|should|must|of|and|or)$|^(?:it|them) .", who, re.IGNORECASE
        ) or is_article(who):
            continue
        known = _is_known(plain) or (plain != value and value.lower().startswith(("to be ", "be ")))
        if (known and (found := described(who, plain, brief))) or (
            value.lower().startswith("to ") and (found := doing(who, value[3:], brief))
        ):
            return found
    return []


def is_article(words: str) -> bool:
    return not without_article(words)


def _is_known(value: str) -> bool:
    lower = value.lower()
    return (
        re.fullmatch(rf"(?:in |all )?{COLOUR}", lower) is not None
        or lower in STATE_GROUP
        or lower in LOOK_WORDS
        or any(re.fullmatch(pattern, lower) for pattern in PLACES.values())
        or bool(setting(lower, ""))
    )


def observed(clause: str, brief: str) -> list[Instruction]:
    """Reads "The boat is blue": a complaint where the brief says another colour, else a wish."""
    match = re.fullmatch(
        rf"(?P<who>[\w' -]+?) (?:is|are|looks?|turned|was)(?P<not> not)? (?P<colour>{COLOUR})",
        clause,
        re.IGNORECASE,
    )
    if match is None:
        return []
    subject = without_article(match["who"])
    if not subject or subject.lower() in WHOLE or len(subject.split()) > 4:
        return []
    asked = None if match["not"] else colour_of(brief, subject)
    return [Instruction("colour", subject, asked or match["colour"].lower())]


def coloured(clause: str, brief: str) -> list[Instruction]:
    """Reads "Red boat", "a red boat", "red"."""
    match = re.fullmatch(
        rf"(?:an? |the )?(?P<colour>{COLOUR})(?P<rest>(?: [\w'-]+){{0,3}})(?: please)?", clause, re.IGNORECASE
    )
    if match is None:
        return []
    subject = match["rest"].strip() or _colour_subject("", brief)
    known = subject and (mentions(brief, subject) or not match["rest"].strip())
    return [Instruction("colour", subject, match["colour"].lower())] if known else []


def wrong_way(clause: str, brief: str) -> list[Instruction]:
    """Reads "wrong direction" and "the boat goes the wrong way": the direction of the brief, on its own."""
    match = re.fullmatch(
        rf"(?:the )?(?P<who>[\w' -]+?)? ?(?P<verb>(?:{MOTION_VERBS})(?:e?s|ing)? )?(?:is |are |in |the |"
        rf"going |moving )*(?:wrong|opposite) (?:direction|way)",
        clause,
        re.IGNORECASE,
    )
    if match is None:
        return []
    who = re.sub(r" (?:is|are)(?: \w+ing)?$", "", without_article(match["who"] or ""))
    for direction in OPPOSITE_DIRECTION:
        if (
            re.search(rf"\b{direction}\b", brief, re.IGNORECASE)
            and who
            and who.lower() not in {"he", "she", "they"}
        ):
            return [Instruction("direction", who, f"move {direction}")]
    subject = "The motion" if not who or who.lower() in WHOLE | {"he", "she", "they"} else definite(who)
    verb = "go" if is_plural(subject) else "goes"
    return [Instruction("free", "", sentence_case(f"{subject} {verb} the other way"))]


READERS = (wrong_way, removed, amount, coloured, required, made, observed, added)
