"""Which words of a brief an instruction contradicts, and what stands in their place.

Every function gives edits (start, end, new text) for one text; nothing is removed that the instruction does
not contradict.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from reviewapp.refine import camera, contradict_things
from reviewapp.refine.clean import sentence_spans
from reviewapp.refine.edit_words import Edit, cased, first_only, sentences_about, with_articles
from reviewapp.refine.grammar import without_article
from reviewapp.refine.look_words import BRIEF_LOOKS
from reviewapp.refine.statements import Instruction, subject_key
from reviewapp.refine.words import COLOUR, STYLES, TIMES, WEATHER, whole_word

_LOOK_BASE = {"brighter": "bright", "darker": "dark", "slower": "slow", "faster": "fast"}


def edits(instruction: Instruction, text: str) -> list[Edit]:
    """Edits from left to right that do not overlap."""
    found = _EDITORS[instruction.kind](instruction, text) if instruction.kind in _EDITORS else []
    if not found and instruction.instead_of:
        found = _named(instruction, text)
    kept: list[Edit] = []
    for edit in sorted(set(found)):
        if (not kept or edit[0] >= kept[-1][1]) and text[edit[0] : edit[1]] != edit[2]:
            kept.append(edit)
    return kept


def _named(instruction: Instruction, text: str) -> list[Edit]:
    """The words the reviewer called wrong, where they stand in the brief."""
    wrong = without_article(instruction.instead_of)
    right = instruction.subject if instruction.kind == "presence" else instruction.value
    if not wrong or instruction.kind not in {"presence", "colour", "state", "time", "weather", "style"}:
        return []
    # A colour gives way to a colour and a thing to a thing; "two birds, not blue" exchanges nothing.
    colours = re.fullmatch(COLOUR, wrong, re.IGNORECASE) is not None
    if colours != (instruction.kind == "colour") or (
        instruction.kind == "presence" and instruction.value != "some"
    ):
        return []
    if (
        subject_key(wrong) == subject_key(instruction.subject)
        or wrong.lower() == without_article(right).lower()
    ):
        return []
    found: list[Edit] = []
    for match in re.finditer(
        rf"(?<![\w-])(?:(?P<article>an?|the) )?{re.escape(wrong)}(?![\w-])", text, re.IGNORECASE
    ):
        new = without_article(right)
        if article := match["article"]:
            fitting = "the" if article.lower() == "the" else ("an" if new[:1].lower() in "aeiou" else "a")
            new = f"{fitting.capitalize() if article[0].isupper() else fitting} {new}"
        elif match[0][0].isupper():
            new = new[:1].upper() + new[1:]
        found.append((match.start(), match.end(), new))
    return found


def _camera(instruction: Instruction, text: str) -> list[Edit]:
    found: list[Edit] = []
    for start, end in sentence_spans(text):
        found.extend(
            (start + a, start + b, new)
            for a, b, new in camera.replacements(text[start:end], instruction.value)
        )
    return found


def _camera_not(instruction: Instruction, text: str) -> list[Edit]:
    """A forbidden move gives way to a still camera, in the sentences that ask for it."""
    found: list[Edit] = []
    for start, end in sentence_spans(text):
        sentence = text[start:end]
        for a, b, new in camera.replacements(sentence, camera.STILL):
            said = camera.normal_move(sentence[a:b])
            if said.split()[0] == instruction.value.split()[0] and not re.search(r"\bnot\b|\bno\b", sentence):
                found.append((start + a, start + b, new))
    return found


def _look(instruction: Instruction, text: str) -> list[Edit]:
    value = _LOOK_BASE.get(instruction.value, instruction.value)
    found: list[Edit] = []
    for pattern, new in BRIEF_LOOKS.get((instruction.subject, value), ()):
        for match in re.finditer(rf"(?<![\w-])(?:{pattern})(?:(?<=\s)|(?!\w))", text, re.IGNORECASE):
            found.append(
                (
                    match.start(),
                    match.end(),
                    cased(match[0], new.rstrip()) + (" " if match[0].endswith(" ") else ""),
                )
            )
    return first_only(with_articles(text, found))


def _pace(instruction: Instruction, text: str) -> list[Edit]:
    """The adverbs of the sentences that speak of the subject."""
    value = "slow" if instruction.value.endswith("slowly") else "fast"
    found: list[Edit] = []
    for start, end in sentences_about(instruction.subject, text):
        as_look = Instruction("look", "speed", value)
        found.extend((start + a, start + b, new) for a, b, new in _look(as_look, text[start:end]))
    return found


def _time(instruction: Instruction, text: str) -> list[Edit]:
    phrase, own_words = TIMES[instruction.value]
    found: list[Edit] = []
    for name, (_phrase, words) in TIMES.items():
        if name == instruction.value:
            continue
        named = "|".join(words)
        adjectives = (
            r"(?:(?:bright|sunny|clear|warm|cold|early|late|beautiful|dark|grey|gray|broad|full) ){0,2}"
        )
        setting = re.compile(
            rf"(?<![\w-])(?:at|in|during|by|on|under)(?: the| a| an)? {adjectives}(?:{named})(?![\w-])",
            re.IGNORECASE,
        )
        found.extend(_fragments(named, text))
        found.extend((m.start(), m.end(), cased(m[0], phrase)) for m in setting.finditer(text))
        bare_word = own_words[-1].replace("-?", "")
        shorter = {"night": "night", "day": "daylight"}.get(instruction.value, bare_word)
        found.extend((m.start(), m.end(), cased(m[0], shorter)) for m in whole_word(named).finditer(text))
    return first_only(sorted(found, key=lambda edit: edit[0] - edit[1]))


def _fragments(named: str, text: str) -> list[Edit]:
    """Sentences that say the old time and nothing else, such as "Soft daylight.": they go as a whole."""
    only = re.compile(rf"(?:[\w-]+ ){{0,2}}(?:{named})(?: light)?[.!]?", re.IGNORECASE)
    spans = sentence_spans(text)
    return [
        (before[1], one[1], "")
        for before, one in pairwise(spans)
        if only.fullmatch(text[slice(*one)]) and text[before[1] - 1] in ".!?"
    ]


def _weather(instruction: Instruction, text: str) -> list[Edit]:
    found: list[Edit] = []
    for name, words in WEATHER.items():
        if name == instruction.value:
            continue
        describing = whole_word(words[0])
        found.extend((m.start(), m.end(), cased(m[0], instruction.value)) for m in describing.finditer(text))
    return found


def _style(instruction: Instruction, text: str) -> list[Edit]:
    # "Cinematic" is a quality that goes with any style, so nothing is taken away for it or because of it.
    if instruction.value == "cinematic":
        return []
    found: list[Edit] = []
    for name, pattern in STYLES.items():
        if name not in {instruction.value, "cinematic"}:
            found.extend(
                (m.start(), m.end(), cased(m[0], instruction.value))
                for m in whole_word(pattern).finditer(text)
            )
    return with_articles(text, first_only(found))


_EDITORS: dict[str, Callable[[Instruction, str], list[Edit]]] = {
    "colour": contradict_things.colour,
    "presence": contradict_things.presence,
    "camera": _camera,
    "camera not": _camera_not,
    "look": _look,
    "pace": _pace,
    "time": _time,
    "weather": _weather,
    "style": _style,
    "place": contradict_things.place,
    "direction": contradict_things.direction,
    "state": contradict_things.state,
    "action": contradict_things.action,
}
