"""Which words about one thing (its colour, number, place, path, state) an instruction contradicts."""

from __future__ import annotations

import re
from itertools import pairwise

from reviewapp.refine.brief import described, noun, numbers_of
from reviewapp.refine.clean import sentence_spans
from reviewapp.refine.edit_words import Edit, cased, first_only, sentences_about, with_articles
from reviewapp.refine.grammar import plural, singular, split_words, third
from reviewapp.refine.statements import Instruction, subject_key
from reviewapp.refine.words import (
    COLOUR,
    COUNT,
    DIRECTIONS,
    OPPOSITE_DIRECTION,
    PLACES,
    POSTURES,
    STATE_GROUP,
    count_word,
    whole_word,
)


def colour(instruction: Instruction, text: str) -> list[Edit]:
    found: list[Edit] = []
    for start, end in described(text, instruction.subject, COLOUR):
        if text[start:end].lower() != instruction.value:
            found.append((start, end, cased(text[start:end], instruction.value)))
    return with_articles(text, found)


def presence(instruction: Instruction, text: str) -> list[Edit]:
    if instruction.value == "none":
        return _deletions(instruction.subject, text)
    if instruction.value in {"little", "much"}:
        old, new = (
            (r"thick|heavy|dense|deep|strong", "light")
            if instruction.value == "little"
            else (r"light|thin|faint", "thick")
        )
        return [
            (start, end, cased(text[start:end], new))
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
        found.append((start, end, cased(text[start:end], wanted)))
        name = re.compile(
            rf"(?<![\w-])(?:{noun(instruction.subject)})(?![\w-])(?: (?P<verb>[a-z]+))?", re.IGNORECASE
        ).search(text, end)
        if name is None:
            continue
        shown = text[name.start() : name.end()].split(" ")[0]
        fitting = one if wanted == "one" else plural(one)
        if shown.lower() != fitting:
            found.append((name.start(), name.start() + len(shown), cased(shown, fitting)))
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
        rf"(?:,? (?:and|with|plus|next to|beside|near|behind|below|under|above|among|wearing|holding|"
        rf"carrying)|,) {phrase}(?= "
        rf"(?:and|with|in|on|at|under)\b|[,.;:!?]|$)",
        re.IGNORECASE,
    )
    stop = re.compile(r" (?:and|with|in|on|at|of|to) ", re.IGNORECASE)
    found: list[Edit] = []
    for match in attached.finditer(text):
        inner = match[0].strip(" ,")
        inner = re.sub(
            r"^(?:and|with|plus|next to|beside|near|behind|below|under|above|among|wearing|holding|"
            r"carrying) ",
            "",
            inner,
            flags=re.IGNORECASE,
        )
        if not stop.search(f" {inner} "):
            found.append((match.start(), match.end(), ""))
    return [*found, *_whole_sentences(text, rf"(?:There (?:is|are) )?{phrase}(?![\w-])")]


def _whole_sentences(text: str, opening: str) -> list[Edit]:
    """Sentences after the first that open with the words and say no "no", with the blank before them."""
    opens, spans = re.compile(opening, re.IGNORECASE), sentence_spans(text)
    return [
        (before[1], end, "")
        for before, (start, end) in pairwise(spans)
        if opens.match(text, start, end) and not re.search(r"\bno\b|\bnot\b", text[start:end])
    ]


def place(instruction: Instruction, text: str) -> list[Edit]:
    found: list[Edit] = []
    for start, end in sentences_about(instruction.subject, text):
        for name, pattern in PLACES.items():
            if name == instruction.value:
                continue
            for match in whole_word(pattern).finditer(text[start:end]):
                if not match[0].lower().startswith("to the"):
                    found.append(
                        (start + match.start(), start + match.end(), cased(match[0], instruction.value))
                    )
    return first_only(found)


def direction(instruction: Instruction, text: str) -> list[Edit]:
    wanted = " ".join(instruction.value.split()[1:])
    pattern = DIRECTIONS.get(OPPOSITE_DIRECTION.get(wanted, ""), "")
    if not pattern:
        return []
    found: list[Edit] = []
    # A bare "left" may be a left hand; only whole phrases of direction are turned round.
    phrases = "|".join(
        part for part in _alternatives(pattern) if " " in part or "ward" in part or "wise" in part
    )
    for start, end in sentences_about(instruction.subject, text):
        if "camera" not in text[start:end].lower() or "camera" in wanted:
            found.extend(
                (start + m.start(), start + m.end(), wanted)
                for m in whole_word(phrases).finditer(text[start:end])
            )
    return found


def _alternatives(pattern: str) -> list[str]:
    """The pattern cut at the bars outside its groups."""
    return re.split(r"\|(?![^(]*\))", pattern)


def state(instruction: Instruction, text: str) -> list[Edit]:
    word = instruction.value.split()[-1].lower()
    group, side = STATE_GROUP.get(word, ("", 0))
    if not group:
        return []
    others = "|".join(other for other, (name, at) in STATE_GROUP.items() if name == group and at != side)
    found = [(a, b, cased(text[a:b], word)) for a, b in described(text, instruction.subject, others)]
    return with_articles(text, found)


def action(instruction: Instruction, text: str) -> list[Edit]:
    wanted = instruction.value.split()[0]
    found: list[Edit] = []
    others = "|".join(third(verb) for verb in POSTURES if verb != wanted)
    for match in re.finditer(
        rf"(?<![\w-])(?:{noun(instruction.subject)}) (?P<verb>{others})(?![\w-])", text, re.IGNORECASE
    ):
        found.append((*match.span("verb"), third(wanted)))
    return found
