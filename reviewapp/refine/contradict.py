"""Which words of a brief an instruction contradicts, and what stands in their place.

Every function gives edits (start, end, new text) for one text; nothing is removed that the instruction does
not contradict.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from . import camera
from .brief import described, noun, numbers_of
from .clean import sentence_spans
from .grammar import plural, singular, split_words, third, without_article
from .statements import Instruction, subject_key
from .words import (
    BRIEF_LOOKS,
    COLOUR,
    COUNT,
    DIRECTIONS,
    OPPOSITE_DIRECTION,
    PLACES,
    POSTURES,
    STATE_GROUP,
    STYLES,
    TIMES,
    WEATHER,
    count_word,
    whole_word,
)

Edit = tuple[int, int, str]
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


def _colour(instruction: Instruction, text: str) -> list[Edit]:
    found: list[Edit] = []
    for start, end in described(text, instruction.subject, COLOUR):
        if text[start:end].lower() != instruction.value:
            found.append((start, end, _cased(text[start:end], instruction.value)))
    return _with_articles(text, found)


def _cased(old: str, new: str) -> str:
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def _with_articles(text: str, found: list[Edit]) -> list[Edit]:
    """An orange boat that turns blue needs "a", so the article before the words changes with them."""
    fitted = []
    for start, end, new in found:
        article = re.search(r"\b(an?) $", text[:start], re.IGNORECASE)
        fitting = "an" if new[:1].lower() in "aeiou" else "a"
        if article and article[1].lower() != fitting:
            start, new = article.start(1), f"{_cased(article[1], fitting)} {new}"
        fitted.append((start, end, new))
    return fitted


def _presence(instruction: Instruction, text: str) -> list[Edit]:
    if instruction.value == "none":
        return _deletions(instruction.subject, text)
    if instruction.value in {"little", "much"}:
        old, new = (
            (r"thick|heavy|dense|deep|strong", "light")
            if instruction.value == "little"
            else (r"light|thin|faint", "thick")
        )
        return [
            (start, end, _cased(text[start:end], new))
            for start, end in described(text, instruction.subject, old)
        ]
    if re.fullmatch(COUNT, instruction.value):
        return _recounted(instruction, text)
    return []


def _recounted(instruction: Instruction, text: str) -> list[Edit]:
    wanted, found = instruction.value, []
    one = singular(subject_key(instruction.subject).split()[-1]) if subject_key(instruction.subject) else ""
    for start, end in numbers_of(text, instruction.subject):
        if count_word(text[start:end]) == wanted or (
            wanted == "one" and text[start:end].lower() in {"a", "an"}
        ):
            continue
        found.append((start, end, _cased(text[start:end], wanted)))
        name = re.compile(
            rf"(?<![\w-])(?:{noun(instruction.subject)})(?![\w-])(?: (?P<verb>[a-z]+))?", re.IGNORECASE
        ).search(text, end)
        if name is None:
            continue
        shown = text[name.start() : name.end()].split(" ")[0]
        fitting = one if wanted == "one" else plural(one)
        if shown.lower() != fitting:
            found.append((name.start(), name.start() + len(shown), _cased(shown, fitting)))
            found.extend(_agreeing(text, name, wanted))
    return found


def _agreeing(text: str, name: re.Match[str], wanted: str) -> list[Edit]:
    """The verb right after the noun in the number that the noun now has, for the verbs that surely are
    verbs."""
    verb = name["verb"]
    known = {**{third(base): base for base in _SURE_VERBS}, "is": "are", "has": "have"}
    if wanted == "one":
        known = {many: single for single, many in known.items()}
    if not verb or verb.lower() not in known:
        return []
    return [(name.start("verb"), name.end("verb"), known[verb.lower()])]


_SURE_VERBS = (
    *POSTURES,
    *split_words(
        "move drift sail drive float roll slide glide ride bounce fall rise spin turn swing cross hover "
        "sway play chase eat look"
    ),
)


def _deletions(subject: str, text: str) -> list[Edit]:
    """What can go without breaking the sentence: ", with a red car" before a pause, or a sentence about it
    alone."""
    name = noun(subject)
    phrase = rf"(?:(?:a|an|the|some|several|many|two|three|his|her|their|its) )?(?:[\w-]+ ){{0,2}}?(?:{name})"
    attached = re.compile(
        rf"(?:,? (?:and|with|plus|next to|beside|near|behind|wearing|holding|carrying)|,) {phrase}(?= "
        rf"(?:and|with|in|on|at|under)\b|[,.;:!?]|$)",
        re.IGNORECASE,
    )
    stop = re.compile(r" (?:and|with|in|on|at|of|to) ", re.IGNORECASE)
    found: list[Edit] = []
    for match in attached.finditer(text):
        inner = match[0].strip(" ,")
        inner = re.sub(
            r"^(?:and|with|plus|next to|beside|near|behind|wearing|holding|carrying) ",
            "",
            inner,
            flags=re.IGNORECASE,
        )
        if not stop.search(f" {inner} "):
            found.append((match.start(), match.end(), ""))
    return found or _whole_sentence(
        text, re.compile(rf"(?:There (?:is|are) )?{phrase}(?![\w-])", re.IGNORECASE), text
    )


def _whole_sentence(text: str, opening: re.Pattern[str], _text: str) -> list[Edit]:
    spans = sentence_spans(text)
    for index, (start, end) in enumerate(spans):
        if index and opening.match(text, start, end) and not re.search(r"\bno\b|\bnot\b", text[start:end]):
            before = spans[index - 1][1]
            return [(before, end, "")]
    return []


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
                    _cased(match[0], new.rstrip()) + (" " if match[0].endswith(" ") else ""),
                )
            )
    return _first_only(_with_articles(text, found))


def _first_only(found: list[Edit]) -> list[Edit]:
    """Patterns are listed from the exact to the loose; a loose one gives way where an exact one matched."""
    kept: list[Edit] = []
    for edit in found:
        if all(edit[1] <= other[0] or edit[0] >= other[1] for other in kept):
            kept.append(edit)
    return kept


def _pace(instruction: Instruction, text: str) -> list[Edit]:
    """The adverbs of the sentences that speak of the subject."""
    value = "slow" if instruction.value.endswith("slowly") else "fast"
    found: list[Edit] = []
    for start, end in _sentences_about(instruction.subject, text):
        as_look = Instruction("look", "speed", value)
        found.extend((start + a, start + b, new) for a, b, new in _look(as_look, text[start:end]))
    return found


def _sentences_about(subject: str, text: str) -> list[tuple[int, int]]:
    name = whole_word(noun(subject))
    return [(start, end) for start, end in sentence_spans(text) if name.search(text, start, end)]


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
        found.extend((m.start(), m.end(), _cased(m[0], phrase)) for m in setting.finditer(text))
        bare_word = own_words[-1].replace("-?", "")
        shorter = {"night": "night", "day": "daylight"}.get(instruction.value, bare_word)
        found.extend((m.start(), m.end(), _cased(m[0], shorter)) for m in whole_word(named).finditer(text))
    return _first_only(sorted(found, key=lambda edit: edit[0] - edit[1]))


def _weather(instruction: Instruction, text: str) -> list[Edit]:
    found: list[Edit] = []
    for name, words in WEATHER.items():
        if name == instruction.value:
            continue
        describing = whole_word(words[0])
        found.extend((m.start(), m.end(), _cased(m[0], instruction.value)) for m in describing.finditer(text))
    return found


def _style(instruction: Instruction, text: str) -> list[Edit]:
    # "Cinematic" is a quality that goes with any style, so nothing is taken away for it or because of it.
    if instruction.value == "cinematic":
        return []
    found: list[Edit] = []
    for name, pattern in STYLES.items():
        if name not in {instruction.value, "cinematic"}:
            found.extend(
                (m.start(), m.end(), _cased(m[0], instruction.value))
                for m in whole_word(pattern).finditer(text)
            )
    return _with_articles(text, _first_only(found))


def _place(instruction: Instruction, text: str) -> list[Edit]:
    found: list[Edit] = []
    for start, end in _sentences_about(instruction.subject, text):
        for name, pattern in PLACES.items():
            if name == instruction.value:
                continue
            for match in whole_word(pattern).finditer(text[start:end]):
                if not match[0].lower().startswith("to the"):
                    found.append(
                        (start + match.start(), start + match.end(), _cased(match[0], instruction.value))
                    )
    return _first_only(found)


def _direction(instruction: Instruction, text: str) -> list[Edit]:
    wanted = " ".join(instruction.value.split()[1:])
    pattern = DIRECTIONS.get(OPPOSITE_DIRECTION.get(wanted, ""), "")
    if not pattern:
        return []
    found: list[Edit] = []
    # A bare "left" may be a left hand; only whole phrases of direction are turned round.
    phrases = "|".join(part for part in pattern.split("|") if " " in part or "ward" in part or "wise" in part)
    for start, end in _sentences_about(instruction.subject, text):
        if "camera" not in text[start:end].lower() or "camera" in wanted:
            found.extend(
                (start + m.start(), start + m.end(), wanted)
                for m in whole_word(phrases).finditer(text[start:end])
            )
    return found


def _state(instruction: Instruction, text: str) -> list[Edit]:
    word = instruction.value.split()[-1].lower()
    group, side = STATE_GROUP.get(word, ("", 0))
    if not group:
        return []
    others = "|".join(other for other, (name, at) in STATE_GROUP.items() if name == group and at != side)
    found = [(a, b, _cased(text[a:b], word)) for a, b in described(text, instruction.subject, others)]
    return _with_articles(text, found)


def _action(instruction: Instruction, text: str) -> list[Edit]:
    wanted = instruction.value.split()[0]
    found: list[Edit] = []
    others = "|".join(third(verb) for verb in POSTURES if verb != wanted)
    for match in re.finditer(
        rf"(?<![\w-])(?:{noun(instruction.subject)}) (?P<verb>{others})(?![\w-])", text, re.IGNORECASE
    ):
        found.append((*match.span("verb"), third(wanted)))
    return found


_EDITORS: dict[str, Callable[[Instruction, str], list[Edit]]] = {
    "colour": _colour,
    "presence": _presence,
    "camera": _camera,
    "camera not": _camera_not,
    "look": _look,
    "pace": _pace,
    "time": _time,
    "weather": _weather,
    "style": _style,
    "place": _place,
    "direction": _direction,
    "state": _state,
    "action": _action,
}
