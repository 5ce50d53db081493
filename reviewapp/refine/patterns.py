"""Reading a reviewer's text into instructions.

A clause is offered to the readers in order; the first that understands all of it wins. What none understands
is kept as a plain sentence, so that nothing a reviewer wrote is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from reviewapp.refine import (
    contrast,
    read_camera,
    read_camera_faults,
    read_complaints,
    read_denials,
    read_faults,
    read_looks,
    read_plain,
    read_things,
    read_wishes,
    sentiment,
)
from reviewapp.refine.brief import coloured_noun, mentions
from reviewapp.refine.clean import (
    LONGEST_CLAUSE,
    clauses,
    clean,
    in_full,
    is_vague,
    sentence_spans,
    sentences,
    without_politeness,
)
from reviewapp.refine.grammar import key, lower_first, sentence_case, with_article, without_article
from reviewapp.refine.main_subject import is_flat, settled, without_pronoun
from reviewapp.refine.recognise import recognise
from reviewapp.refine.statements import TAG_SENTENCES, Instruction, parse
from reviewapp.refine.values import Feedback, Limits
from reviewapp.refine.words import COLOUR

Reader = Callable[[str, str], list[Instruction]]

# Only so many sentences of one remark are searched for patterns; a whole essay is kept sentence by sentence.
MOST_READ = 40
_READERS: tuple[Reader, ...] = (
    *read_plain.FIRST,
    *read_things.FIRST,
    *read_complaints.READERS,
    *read_camera_faults.READERS,
    *read_denials.READERS,
    *read_camera.READERS,
    *read_looks.READERS,
    *read_faults.READERS,
    *read_wishes.READERS,
    *read_plain.LAST,
)
_TAG_NEGATIVES = {
    "anatomy": ("deformed hands", "extra fingers", "distorted faces"),
    "motion": ("jerky motion", "flicker"),
    "text": ("text", "captions", "logos", "watermarks"),
}


def read(feedback: Feedback, brief: str, limits: Limits) -> list[Instruction]:
    """What the remark asks for; empty when it does not say what to change."""
    text = clean(feedback.text)
    found: list[Instruction] = []
    for index, sentence in enumerate(sentences(text)):
        if index < MOST_READ and (praised := read_plain.praise(in_full(sentence))):
            found.extend(praised)
            continue
        wish = without_politeness(in_full(sentence))
        if is_vague(wish) or is_vague(text):
            continue
        one = read_sentence(wish, brief) if index < MOST_READ else [_free(wish, brief)]
        found.extend(sentiment.wished(one, sentence))
    if all((one.kind, one.value) == ("setting", "praise") for one in found):
        found += [tagged(tag, brief) for tag in feedback.tags if tag != "other" and tag in _known_tags()]
    hint = time_hint(feedback, limits)
    return [_with_hint(one, hint) for one in found]


def _known_tags() -> frozenset[str]:
    return frozenset(
        {"anatomy", "motion", "continuity", "camera", "light", "style", "text", "content", "audio"}
    )


def tagged(tag: str, brief: str) -> Instruction:
    """What a tag without a text asks for."""
    wants_text = read_things.BRIEF_HAS_TEXT.search(brief) is not None
    value = "lettering" if tag == "text" and wants_text else tag
    if tag == "text":
        # What an earlier round decided stays, whatever words have joined the brief since.
        said = _said_in(brief)
        value = next((one for one in ("text", "lettering") if key(TAG_SENTENCES[one]) in said), value)
    negatives = () if value == "lettering" else _TAG_NEGATIVES.get(tag, ())
    return Instruction("tag", "", value, said=tag, negatives=negatives)


def read_sentence(sentence: str, brief: str) -> list[Instruction]:
    """The instructions of one sentence: of the whole of it, else of its clauses, else the sentence itself."""
    if len(sentence) > LONGEST_CLAUSE:
        return [_free(sentence, brief)]
    if key(sentence) not in _said_in(brief) and (
        wished := contrast.contrast(sentence, brief, _read_clause, read_sentence)
    ):
        return wished
    whole = _read_clause(sentence, brief)
    # A whole that came out as a plain sentence may still hold clauses that are better understood on their
    # own.
    if whole and all(one.kind != "free" for one in whole):
        return whole
    for index, parts in enumerate(clauses(sentence)):
        read_parts = [
            read_plain.praise(part) or _read_clause(without_politeness(part), brief) for part in parts
        ]
        understood = sum(1 for one in read_parts if one)
        # A cut at "and" may split "the man and the woman": it counts only when every part is understood.
        if understood == len(parts) or (index == 0 and understood and _cut_at_commas(parts, sentence)):
            return [
                instruction
                for part, one in zip(parts, read_parts, strict=True)
                for instruction in (one or _rest(part, brief))
            ]
    return whole or [_free(sentence, brief)]


def _rest(part: str, brief: str) -> list[Instruction]:
    """A clause that was not understood: cut further, else kept."""
    return [] if is_vague(part) else read_sentence(without_politeness(part), brief)


def _cut_at_commas(parts: list[str], sentence: str) -> bool:
    """Whether each part is long enough to stand alone: "in the park, slowly" is not two sentences."""
    return all(len(part.split()) >= 2 for part in parts) and " and " not in f" {parts[-1]} "[:5]


@lru_cache(maxsize=16)
def _said_in(brief: str) -> frozenset[str]:
    """What each sentence of the brief says, by its words alone."""
    return frozenset(key(parse(brief[start:end])[0]) for start, end in sentence_spans(brief))


def _read_clause(clause: str, brief: str) -> list[Instruction]:
    # Words that stand in the brief as they are must not be read anew in each round's other surroundings.
    if key(clause) in _said_in(brief):
        return [_free(clause, brief)]
    named = without_pronoun(clause, brief) or clause
    for reader in (read_plain.scene, _replacement, *_READERS):
        if found := reader(named, brief):
            return [
                replace(settled(one, brief), said=clause if named != clause else one.said or clause)
                for one in found
            ]
    return []


_REPLACEMENTS = (
    re.compile(r"(?P<right>.+?),? (?:instead of|rather than|in place of) (?P<wrong>.+)", re.IGNORECASE),
    re.compile(r"(?:instead of|rather than|not) (?P<wrong>.+?)(?:,| but|, but) (?P<right>.+)", re.IGNORECASE),
    re.compile(
        r"(?:replace|swap|change|exchange|turn|switch) (?P<wrong>.+?) (?:with|by|to|into|for) (?P<right>.+)",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<wrong>.+?) ?(?:->|→|=>) ?(?P<right>.+)", re.IGNORECASE),
    re.compile(
        r"(?P<wrong>.+?) (?:is|are) [\w-]+(?:,| but|, but) (?P<right>(?:it |they )?(?:should|must|needs? "
        r"to) .+)",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?P<right>.+?),? (?:and )?not (?P<wrong>(?:an? |the |at |in )?[\w-]+(?: [\w-]+){0,2})",
        re.IGNORECASE,
    ),
)


def _replacement(clause: str, brief: str) -> list[Instruction]:
    """Reads "red instead of blue", "replace the car with a truck", "should be red, not blue"."""
    for pattern in _REPLACEMENTS:
        match = pattern.fullmatch(clause)
        if match is None:
            continue
        right, wrong = without_politeness(match["right"]), without_article(match["wrong"])
        if found := _replaced(right, wrong, brief):
            return [replace(one, instead_of=wrong, said=clause) for one in found]
    return []


def _replaced(right: str, wrong: str, brief: str) -> list[Instruction]:
    """What stands in place of the wrong words, read with what the brief says about them."""
    # "Do not zoom" is no exchange of "do" for "zoom".
    if re.search(
        r"\b(?:do|does|did|is|are|was|were|should|must|can|could|will|has|have|may|it|there)$",
        right,
        re.IGNORECASE,
    ):
        return []
    if re.match(
        r"(?:it |they )?(?:should|must|needs? to) ", right, re.IGNORECASE
    ) and not right.lower().startswith("it "):
        right = f"it {right}" if not right.lower().startswith("they ") else right
    described = re.sub(r"^it (?:should|must|needs? to) be ", "", right, flags=re.IGNORECASE)
    if re.fullmatch(COLOUR, described, re.IGNORECASE):
        colours = re.fullmatch(COLOUR, wrong, re.IGNORECASE) is not None
        subject = (coloured_noun(brief, wrong) or coloured_noun(brief, described)) if colours else wrong
        subject = re.sub(r"^colou?r of (?:the )?| colou?r$", "", subject or "", flags=re.IGNORECASE)
        if subject:
            return [Instruction("colour", subject, described.lower())]
    for reader in _READERS:
        if found := reader(right, brief):
            return found
    if (
        not (mentions(brief, wrong) or mentions(brief, right))
        or len(right.split()) > 4
        or re.search(r"\b(?:should|must|is|are|to)\b", right, re.IGNORECASE)
    ):
        return []
    return [Instruction("presence", lower_first(with_article(without_article(right))), "some")]


def _free(sentence: str, brief: str) -> Instruction:
    """The sentence as it stands; where it happens to be one of ours, what that says; a fault as a fault."""
    core = parse(sentence.rstrip(" ,:;-"))[0] or sentence
    known = recognise(core)
    told = known is None or known[0].kind in {"state", "action", "presence", "pace", "direction"}
    flat = told and key(sentence) not in _said_in(brief) and is_flat(sentence, brief)
    if flat or (known is None and sentiment.is_complaint(core)):
        term = lower_first(sentiment.avoided(core))
        return Instruction("avoid", "", term, negatives=(term.lower(),), said=sentence)
    return replace(known[0] if known else Instruction("free", "", sentence_case(core)), said=sentence)


_SOUND = re.compile(
    r"\b(?:audio|sounds?|music|voices?|voice-?over|volume|noise track|soundtrack|dialogue|speech|silent|"
    r"silence|louder|quieter|"
    r"loud|lip[ -]?sync|hear|narration|sfx)\b",
    re.IGNORECASE,
)


def is_about_sound(instruction: Instruction, feedback: Feedback) -> bool:
    """Whether a silent model could not serve this: a sound tag alone, or words about sound."""
    if instruction.kind == "tag":
        return instruction.value == "audio"
    return instruction.kind in {"free", "presence"} and (
        _SOUND.search(instruction.said) is not None or feedback.tags == ("audio",)
    )


def time_hint(feedback: Feedback, limits: Limits) -> str:
    """The range of the remark in words a model can follow; "" for the whole clip or an unknown place."""
    start, end, length = feedback.start_s, feedback.end_s, limits.duration_s
    if start is None:
        return ""
    end = start if end is None else max(end, start)
    if length and (end - start) > 0.6 * length:
        return ""
    if end <= 1.0:
        return "above all in the first second"
    if not length or length <= 0:
        return ""
    middle = (start + end) / 2 / length
    if middle >= 0.66:
        return "above all near the end"
    return "above all near the start" if middle <= 0.33 else "above all midway through"


_TIMED = (
    "the end",
    "the start",
    "the beginning",
    "second",
    "midway",
    "halfway",
    "throughout",
    "every frame",
    "the last",
)


def _with_hint(instruction: Instruction, hint: str) -> Instruction:
    """A fault has a moment; the colour of a boat has none, and neither has a text that names its own
    moment."""
    if not hint or instruction.hint or instruction.kind not in {"free", "fault", "tag", "remedy", "keep"}:
        return instruction
    said = f" {key(instruction.said)} "
    if any(f" {word}" in said for word in _TIMED) or instruction.core[-1:] in ".!?…":
        return instruction
    return replace(instruction, hint=hint)
