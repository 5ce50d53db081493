"""Reading complaints about broken pictures: "hand melts", "six fingers", "the hat disappears"."""

from __future__ import annotations

import re

from reviewapp.refine.grammar import definite, is_plural, sentence_case, split_words
from reviewapp.refine.statements import Instruction

_VERBS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "shape",
        r"melt(?:s|ing|ed)?|warp(?:s|ing|ed)?|morph(?:s|ing|ed)?|distort(?:s|ed|ing)?|deform(?:s|ed|ing)?|"
        r"bend(?:s|ing)?|"
        r"stretch(?:es|ing)?|dissolv(?:es|ing)|merg(?:es|ing)|fus(?:es|ing)|mangled|malformed|twisted|"
        r"mutat(?:es|ed|ing)|blobby|mushy",
        ("melting", "warping", "deformed shapes"),
    ),
    (
        "presence",
        r"disappear(?:s|ing|ed)?|vanish(?:es|ing|ed)?|pop(?:s|ping) (?:in|out|up)(?: and out)?|fad(?:es|"
        r"ing) (?:out|away)|"
        r"appear(?:s|ing) (?:out of nowhere|suddenly)",
        ("objects popping in and out",),
    ),
    (
        "steady",
        r"flicker(?:s|ing)?|jitter(?:s|ing|y)?|shimmer(?:s|ing)?|strob(?:es|ing)|wobbl(?:es|ing)",
        ("flicker",),
    ),
    (
        "contact",
        r"clip(?:s|ping) (?:through|into) .{1,40}|pass(?:es|ing)? through .{1,40}|go(?:es|ing) through "
        r".{1,40}|"
        r"teleport(?:s|ing)?|float(?:s|ing) (?:above|over|in the air).{0,30}|slid(?:es|ing) (?:over|on) "
        r".{1,40}",
        ("objects passing through each other",),
    ),
    (
        "look",
        r"chang(?:es|ing|ed)(?: (?:colou?r|shape|clothes|size|look|halfway|suddenly|identity))?|swap(?:s|"
        r"ping)? .{1,30}",
        (),
    ),
    (
        "natural",
        r"(?:so |very |really |too |a bit |kind of )?(?:weird|wrong|strange|ugly|broken|unnatural|awkward|"
        r"off|bad|odd|creepy|"
        r"terrible|glitchy|unrealistic)",
        (),
    ),
    (
        "freeze",
        r"freez(?:es|ing)|stutter(?:s|ing)?|stops? moving|get(?:s|ting)? stuck|lag(?:s|ging)?",
        ("freezing frames",),
    ),
)
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
    for name, verbs, negatives in _VERBS
)
_FINGERS = re.compile(
    r"(?:.*\b)?(?:(?:\d+|four|six|seven|eight|too many|extra|missing|wrong number of|more than five) "
    r"(?:fingers?|toes|arms|legs|limbs|hands))\b.*",
    re.IGNORECASE,
)
_NOT_SUBJECTS = frozenset(
    split_words("it this that camera shot something everything what who nothing and but not no i you we")
)
_WHOLE = {"image", "picture", "video", "scene", "clip", "shot", "frame", "motion", "light", "lighting"}


def complaint(clause: str, _brief: str) -> list[Instruction]:
    for name, pattern, negatives in _COMPLAINTS:
        match = pattern.fullmatch(clause)
        if match is None:
            continue
        who = re.sub(r"^(?:the|a|an|one) ", "", match["who"], flags=re.IGNORECASE)
        who = re.sub(r" (?:is|are|gets?|keeps?|starts?|looks?|feels?|seems?|moves?)$", "", who)
        if who.lower() in _NOT_SUBJECTS or not who:
            return []
        # A complaint keeps its own moment: "at the end" is worth telling the model.
        return [Instruction("fault", who, name, negatives=negatives, said=clause, hint=_own_moment(clause))]
    return []


def _own_moment(clause: str) -> str:
    lower = clause.lower()
    if re.search(r"\b(?:at|near|towards?|in) the end\b|\blast second\b", lower):
        return "above all near the end"
    if re.search(r"\b(?:at|near|in) the (?:start|beginning)\b|\bfirst second\b", lower):
        return "above all near the start"
    return (
        "above all midway through" if re.search(r"\b(?:halfway|midway|in the middle of the)\b", lower) else ""
    )


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
