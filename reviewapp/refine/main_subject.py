"""Whom "they" or "it" means: the first thing the brief speaks of. A pronoun is nobody's name."""

from __future__ import annotations

import re
from dataclasses import replace

from reviewapp.refine.brief import wanted
from reviewapp.refine.grammar import be, is_plural, key, lower_first, split_words, without_article
from reviewapp.refine.look_words import LOOK_WORDS
from reviewapp.refine.statements import Instruction
from reviewapp.refine.words import COLOURS, COUNT, MOTION_VERBS, POSTURES, STATE_GROUP, STOP_WORDS

PRONOUNS = frozenset(
    ("they", "them", "it", "he", "him", "she", "her", "this", "that", "these", "those", "everything", "all")
)
_MANY = frozenset(("they", "them", "these", "those"))
_ABOUT = frozenset(("colour", "state", "place", "direction", "pace", "action", "fault", "keep"))
_FRAMING = re.compile(
    r"^(?:[^:.\n]{0,30}: )?(?:an? |the )?(?:[\w-]+ ){0,2}(?:close-?up|shot|view|portrait|photo|video|"
    r"clip) of ",
    re.IGNORECASE,
)
_LED = re.compile(rf"(?:an?|the|his|her|some|several|many|{COUNT})\s+", re.IGNORECASE)
_WISHED = re.compile(
    r"(?P<who>they|these|those|he|she|it|this|that|everything|all)(?: (?:all|both))? "
    r"(?P<rest>(?:should|must|needs? to|has to|have to|ought to|(?:is|are) supposed to) (?P<what>.+))",
    re.IGNORECASE,
)
_TOO = re.compile(
    r"(?P<who>they|these|those|he|she|it|this|that|everything|all) (?:is|are|looks?|seems?) "
    r"(?:a (?:bit|little) |much |way |far )?too (?P<word>[a-z]+)",
    re.IGNORECASE,
)
_ACTS = frozenset((*MOTION_VERBS.split("|"), *POSTURES))


def main_subject(brief: str) -> str:
    """The noun of the first thing in the brief, in its number ("boat", "swans"); "" where none is sure."""
    text = _FRAMING.sub("", brief.strip())
    text = re.sub(r"^[^:.\n]{0,30}: ", "", text)
    led = _LED.match(text)
    words = re.findall(r"[\w'’-]+|[^\s\w]", text[led.end() if led else 0 :])[:8]
    found = ""
    for index, raw in enumerate(words):
        word = raw.lower()
        after = words[index + 1].lower() if index + 1 < len(words) else "."
        if not word[0].isalpha() or word in STOP_WORDS or word.endswith("ly"):
            break
        verb = word.endswith("ing") or (
            word.endswith("ed")
            and word not in COLOURS
            and (after in STOP_WORDS or not after[0].isalpha() or after.endswith("ly"))
        )
        if found and (verb or (led and led[0].strip().lower() in {"a", "an"} and is_plural(word))):
            break
        found = word
        if is_plural(word):
            break
    sure = found and (led or is_plural(found)) and found not in COLOURS | {"camera", "pans"}
    return found if sure and "camera" not in {word.lower() for word in words[:3]} else ""


def named(pronoun: str, brief: str) -> str:
    """The main subject, else words that suit whatever is in the picture."""
    return main_subject(brief) or ("main subjects" if pronoun.lower() in _MANY else "main subject")


def without_pronoun(clause: str, brief: str) -> str | None:
    """The wish with its subject by name; None where it has no pronoun or may mean the whole picture."""
    big = _TOO.fullmatch(clause)
    if big is not None and big["word"].lower() in STATE_GROUP and big["word"].lower() not in LOOK_WORDS:
        subject = named(big["who"], brief)
        return f"the {subject} {be(subject)} too {big['word']}"
    match = _WISHED.fullmatch(clause)
    if match is None:
        return None
    who, what = match["who"].lower(), match["what"].lower()
    value = re.sub(r"^be (?:a (?:bit|little) |much |way )?", "", what)
    words = re.split(r"(?:, | and )+", value)
    whole = who in {"it", "this", "that", "everything", "all"}
    state = what.startswith("be ") and all(word.removesuffix("er") in STATE_GROUP or word in STATE_GROUP
                                           for word in words)  # fmt: skip
    state = state or re.search(r" the (?:left|right|cent(?:er|re)|middle|foreground|background)\b", what)
    if whole and not state and what.split()[0] not in _ACTS:
        return None
    return f"the {named(who, brief)} {match['rest']}"


def settled(instruction: Instruction, brief: str) -> Instruction:
    """The instruction about the main subject, where a pronoun stood for it."""
    subject = without_article(instruction.subject).lower()
    if instruction.kind not in _ABOUT or (subject and subject not in PRONOUNS):
        return instruction
    said = next((word for word in key(instruction.subject).split() if word in PRONOUNS), "it")
    return replace(instruction, subject=named(said, brief))


def is_flat(sentence: str, brief: str) -> bool:
    """Whether the sentence plainly tells what happens in the clip, without any word of wishing.

    Whoever rejects a clip speaks of what is wrong with it, so such a sentence names a fault.
    """
    text = lower_first(sentence)
    if len(text.split()) > 20 or _WISHING.search(text) or ":" in text:
        return False
    match = _TELLS.match(text)
    if match is None:
        return False
    verb, before = match["verb"], match["before"].split()
    if before == ["there"] and wanted(brief, text[match.end() :].strip()):
        return False
    if verb in {"is", "are", "was", "were", "has", "have"}:
        return True
    name = before[-1]
    if (
        name in PRONOUNS
        or verb.removesuffix("es") in _ACTS | _EVENTS
        or verb.removesuffix("s") in _ACTS | _EVENTS
    ):
        return name not in STOP_WORDS and (be(name) == "is" or not verb.endswith("s"))
    known = re.search(rf"\b{re.escape(name)}\b", brief, re.IGNORECASE) is not None
    return known and verb.endswith("s") and not verb.endswith("ss") and not is_plural(name)


_EVENTS = frozenset(
    split_words(
        "sink break crash explode burn leak tip wake talk speak smile laugh cry look wave hold carry "
        "wear eat drink vanish appear open close start end come leave touch hit miss follow lose drop "
        "shake grow shrink"
    )
)
_WISHING = re.compile(
    r"\b(?:should|must|please|more|less|want|need|needs|would|could|may|can|let|ought|supposed|instead|like|"
    r"exactly|only|only a|throughout|as described)\b|[“”\"]",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"(?P<before>(?:there|it|he|she|they|(?:the|a|an|his|her|its|their|my|our|one|some|this|that)(?: "
    r"[\w'’-]+){1,4}?"
    r"|[\w'’-]+)) (?P<verb>is|are|was|were|has|have|[a-z]+s?)(?= |$)",
    re.IGNORECASE,
)
