"""What no pattern understood: is it a complaint? A fault is never written down as if it were wished for."""

from __future__ import annotations

import re
from dataclasses import replace

from reviewapp.refine.complaint_words import CLIP_FAULTS, LOOK_FAULTS, NEGATIVE, POSITIVE, THING_FAULTS
from reviewapp.refine.grammar import sentence_case, third
from reviewapp.refine.statements import Instruction

_NEVER_A_WISH = re.compile(
    r"\b(?:why|too|cannot|can not|could not|no longer|nobody|hardly|barely|does not|did not|do not "
    r"(?:like|get|understand|see)|is not|are not|"
    r"isn't|doesn't|makes no sense|for no reason|out of nowhere|all over|half of|not sure|hate|did "
    r"nothing)\b",
    re.IGNORECASE,
)
_SEEMS = re.compile(
    r"\b(?:looks?|seems?|feels?|appears?|keeps?|gets?|got|turned|turns|became|becomes|sounds?) ",
    re.IGNORECASE,
)
_FAULT = re.compile(
    r"\b(?:"
    + "|".join(
        words
        for _name, words, _terms in (*CLIP_FAULTS, *THING_FAULTS)
        if _name not in {"one take", "lively", "look", "path", "present", "framed"}
    )
    + "|"
    + "|".join(
        words for _axis, _value, words in LOOK_FAULTS if _axis not in {"speed", "brightness", "warmth"}
    )
    + r")\b",
    re.IGNORECASE,
)
_OPENS_WISH = re.compile(
    r"(?:please |also )?(?:make|let|add|use|give|show|keep|try|have|ensure|change|put|bring|remove|"
    r"replace|focus|avoid|do|don't|ignore|stay|"
    r"bring|pull|push|raise|lower|get|hold|stop(?= the\b)|move|turn|start|end|set|shoot|film|render|no|"
    r"not|never|without)\b",
    re.IGNORECASE,
)


def is_complaint(sentence: str) -> bool:
    """Whether the sentence tells a fault rather than a wish, by its words alone."""
    if re.search(r"\b(?:should|must|needs? to|has to|supposed to|i want|we want)\b", sentence, re.IGNORECASE):
        return False
    if _OPENS_WISH.match(sentence):
        return False
    words = set(re.findall(r"[a-z]+", sentence.lower()))
    bad = (
        bool(words & NEGATIVE)
        or _NEVER_A_WISH.search(sentence) is not None
        or _FAULT.search(sentence) is not None
    )
    if bad:
        return True
    return (
        _SEEMS.search(sentence) is not None
        and not words & POSITIVE
        and " like " not in f" {sentence.lower()} "
    )


def wished(found: list[Instruction], sentence: str) -> list[Instruction]:
    """A plain statement with a "please" is a wish after all."""
    if not re.search(
        r"\b(?:please|pls|plz|(?:i|we) (?:want|need)|i(?:['’]d| would) like)\b", sentence, re.IGNORECASE
    ):
        return found
    return [
        replace(one, kind="free", value=sentence_case(one.value), negatives=())
        if one.kind == "avoid" and not is_complaint(one.value)
        else one
        for one in found
    ]


def avoided(sentence: str) -> str:
    """The fault as a short term: "the boat looks lonely!!" gives "the boat looks lonely"."""
    text = re.sub(r"[\s?!.…]+$", "", re.sub(r"[,;:]\s*", " ", sentence))
    if asked := re.fullmatch(
        r"why does (?P<who>(?:the )?[\w'’-]+) (?P<verb>[a-z]+)(?P<rest>.*)", text, re.IGNORECASE
    ):
        text = f"{asked['who']} {third(asked['verb'])}{asked['rest']}"
    text = re.sub(r"^why (is|are) ((?:the )?[\w'’-]+) ", r"\2 \1 ", text, flags=re.IGNORECASE)
    return re.sub(r"^(?:why (?:is|are|does|do) |and |but |so )", "", text, flags=re.IGNORECASE).strip()
