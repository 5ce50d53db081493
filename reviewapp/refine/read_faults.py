"""Reading complaints about broken pictures: "hand melts", "six fingers", "the hat disappears"."""

from __future__ import annotations

import re

from reviewapp.refine.complaint_words import THING_FAULTS
from reviewapp.refine.grammar import definite, is_plural, sentence_case, split_words, without_article
from reviewapp.refine.look_words import WHOLE
from reviewapp.refine.read_complaints import moment
from reviewapp.refine.read_looks import is_verb
from reviewapp.refine.statements import Instruction

_WHEN = (
    r"(?: (?:a (?:bit|little|lot)|badly|weirdly|strangely|suddenly|totally|completely|too much|"
    r"(?:at|near|towards?|in|from|around|halfway|midway|during|after|when|while|as|for|every|once|again|"
    r"through|before) ?.{0,50}))?"
)
_SUBJECT = (
    r"(?P<who>(?:the |his |her |their |its |my |our |a |an |one )?"
    r"(?:(?:left|right|woman['’]s|man['’]s|girl['’]s|boy['’]s|[\w'’-]+) ){0,2}[\w'’-]+?)"
)
_COMPLAINTS = tuple(
    (
        name,
        re.compile(
            rf"{_SUBJECT}(?: is| are| gets?| looks?| feels?| seems?| keeps?| moves?| starts?(?: to)?)? "
            rf"(?:{verbs}){_WHEN}",
            re.IGNORECASE,
        ),
        negatives,
    )
    for name, verbs, negatives in THING_FAULTS
)
_FINGERS = re.compile(
    r"(?:.*\b)?(?:(?:\d+|four|six|seven|eight|too many|extra|missing|wrong number of|more than five) "
    r"(?:fingers?|toes|arms|legs|limbs|hands|heads|eyes|ears)|"
    r"(?:three|five) (?:arms|legs|hands|heads|eyes|ears|feet))\b.*",
    re.IGNORECASE,
)
_NOT_SUBJECTS = frozenset(
    split_words("it this that camera shot something everything what who nothing and but not no i you we")
)


def complaint(clause: str, _brief: str) -> list[Instruction]:
    for name, pattern, negatives in _COMPLAINTS:
        match = pattern.fullmatch(clause)
        if match is None:
            continue
        who = re.sub(r"^(?:the|a|an|one) ", "", match["who"], flags=re.IGNORECASE)
        who = re.sub(r" (?:is|are|gets?|keeps?|starts?|looks?|feels?|seems?|moves?|goes|go|runs?)$", "", who)
        who = without_article(
            re.sub(r"^(?:why|and|but|also|so) (?:is |are |does |do )?", "", who, flags=re.IGNORECASE)
        )
        # "His hat falls off" is told of the hat, not of "hat falls".
        ends_in_verb = " " in who and is_verb(who.split()[-1]) and who.endswith("s")
        if (
            ends_in_verb
            or who.lower() in _NOT_SUBJECTS | WHOLE
            or not who
            or re.search(
                r"\b(?:should|must|not|no|it|is|are|and|but|or|like|make|let|have|feels?|looks?|"
                r"seems?|keep)\b",
                who.lower(),
            )
        ):
            return []
        # A complaint keeps its own moment: "at the end" is worth telling the model.
        return [Instruction("fault", who, name, negatives=negatives, said=clause, hint=moment(clause))]
    return []


def fingers(clause: str, _brief: str) -> list[Instruction]:
    if _FINGERS.fullmatch(clause) is None or re.search(
        r"\b(?:should|must|add|want)\b", clause, re.IGNORECASE
    ):
        return []
    return [Instruction("tag", "", "anatomy", negatives=("deformed hands", "extra fingers", "extra limbs"))]


def resembles(clause: str, _brief: str) -> list[Instruction]:
    """Reads "The skin looks like plastic" complains; a wish would say "should"."""
    match = re.fullmatch(
        rf"{_SUBJECT} (?P<verb>looks?|feels?|moves?) like (?P<what>.+)", clause, re.IGNORECASE
    )
    if (
        match is None
        or match["who"].lower() in _NOT_SUBJECTS
        or re.search(r"\b(?:should|must|not)\b", match["who"])
    ):
        return []
    who = re.sub(r"^(?:the|a|an) ", "", match["who"], flags=re.IGNORECASE)
    verb = match["verb"].lower() if not match["verb"].lower().endswith("s") else match["verb"].lower()[:-1]
    subject = sentence_case(definite(who))
    return [
        Instruction(
            "free", "", f"{subject} {'do' if is_plural(who) else 'does'} not {verb} like {match['what']}"
        )
    ]


READERS = (fingers, complaint, resembles)
