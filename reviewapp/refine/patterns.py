"""Reading a reviewer's text into instructions.

A clause is offered to the readers in order; the first that understands all of it wins. What none understands is kept
as a plain sentence, so that nothing a reviewer wrote is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from . import read_camera, read_faults, read_looks, read_things
from .clean import LONGEST_CLAUSE, clauses, clean, is_vague, sentences, without_politeness
from .grammar import key, sentence_case
from .statements import Instruction
from .values import Feedback, Limits

Reader = Callable[[str, str], list[Instruction]]

# Only so many sentences of one remark are searched for patterns; a whole essay is kept sentence by sentence.
MOST_READ = 40
_READERS: tuple[Reader, ...] = (
    *read_things.FIRST,
    *read_camera.READERS,
    *read_looks.READERS,
    *read_faults.READERS,
    *read_things.LAST,
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
    if not is_vague(text):
        for index, sentence in enumerate(sentences(text)):
            wish = without_politeness(sentence)
            if is_vague(wish):
                continue
            found.extend(read_sentence(wish, brief) if index < MOST_READ else [_free(wish)])
    if not found:
        found = [tagged(tag, brief) for tag in feedback.tags if tag != "other" and tag in _known_tags()]
    hint = time_hint(feedback, limits)
    return [_with_hint(one, hint) for one in found]


def _known_tags() -> frozenset[str]:
    return frozenset({"anatomy", "motion", "continuity", "camera", "light", "style", "text", "content", "audio"})


def tagged(tag: str, brief: str) -> Instruction:
    """What a tag without a text asks for."""
    wants_text = read_things.BRIEF_HAS_TEXT.search(brief) is not None
    value = "lettering" if tag == "text" and wants_text else tag
    negatives = () if value == "lettering" else _TAG_NEGATIVES.get(tag, ())
    return Instruction("tag", "", value, said=tag, negatives=negatives)


def read_sentence(sentence: str, brief: str) -> list[Instruction]:
    """The instructions of one sentence: of the whole of it, else of its clauses, else the sentence itself."""
    if len(sentence) > LONGEST_CLAUSE:
        return [_free(sentence)]
    if whole := _read_clause(sentence, brief):
        return whole
    for index, parts in enumerate(clauses(sentence)):
        read_parts = [_read_clause(without_politeness(part), brief) for part in parts]
        understood = sum(1 for one in read_parts if one)
        # A cut at "and" may split "the man and the woman": it counts only when every part is understood.
        if understood == len(parts) or (index == 0 and understood and _cut_at_commas(parts, sentence)):
            return [
                instruction
                for part, one in zip(parts, read_parts, strict=True)
                for instruction in (one or ([] if is_vague(part) else [_free(without_politeness(part))]))
            ]
    return [_free(sentence)]


def _cut_at_commas(parts: list[str], sentence: str) -> bool:
    """Whether each part is long enough to stand alone: "in the park, slowly" is not two sentences."""
    return all(len(part.split()) >= 2 for part in parts) and " and " not in f" {parts[-1]} "[:5]


def _read_clause(clause: str, brief: str) -> list[Instruction]:
    for reader in _READERS:
        if found := reader(clause, brief):
            return [replace(one, said=one.said or clause) for one in found]
    return []


def _free(sentence: str) -> Instruction:
    return Instruction("free", "", sentence_case(sentence.rstrip(" ,:;-")), said=sentence)


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


_TIMED = ("the end", "the start", "the beginning", "second", "midway", "halfway", "throughout", "every frame", "the last")


def _with_hint(instruction: Instruction, hint: str) -> Instruction:
    """A fault has a moment; the colour of a boat has none, and neither has a text that names its own moment."""
    if not hint or instruction.kind not in {"free", "fault", "tag"}:
        return instruction
    said = f" {key(instruction.core)} {key(instruction.said)} "
    if any(f" {word}" in said for word in _TIMED) or instruction.core[-1:] in ".!?…":
        return instruction
    return replace(instruction, hint=hint)
