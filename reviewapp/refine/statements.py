"""Instructions, and the one short sentence that says each of them.

Every sentence written here is read back by `recognise`, so that a later round replaces or strengthens it and
the prompt does not grow without end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from reviewapp.refine.camera import STILL
from reviewapp.refine.grammar import (
    be,
    definite,
    head_of,
    is_plural,
    key,
    lower_first,
    sentence_case,
    singular,
    split_words,
    third,
    without_article,
)
from reviewapp.refine.look_words import LOOKS
from reviewapp.refine.words import STATE_GROUP, TIMES

STRONGEST = 3
_SIDES = frozenset(split_words("left right front back first second third last other upper lower"))

FAULTS: dict[str, str] = {
    "shape": "keeps a solid, natural shape",
    "presence": "stays in view throughout",
    "path": "stays in view throughout, on one continuous path",
    "framed": "stays fully inside the frame",
    "smooth": "stays in smooth, continuous motion",
    "focus": "stays sharp and in focus",
    "steady": "stays steady, without flicker",
    "contact": "stays solid and on its path, touching things naturally",
    "look": "keeps the same look from first frame to last",
    "fingers": "has the natural number of fingers",
    "natural": "looks natural and correct",
}
# What a fault of the whole clip is answered with. The sentences name no thing and no way of moving, so that
# they take nothing back from the brief.
REMEDIES: dict[str, str] = {
    "smooth": "All motion is smooth and continuous",
    "going": "The motion never stops",
    "lively": "There is clear, continuous motion from the first frame to the last",
    "steady light": "The light stays steady, without flicker",
    "visible": "The picture stays visible in every frame",
    "one take": "The shot is one continuous take without cuts",
    "present": "Everything stays in view throughout, on one continuous path",
    "solid": "Everything keeps a solid, natural shape",
    "same": "Everything keeps the same look from first frame to last",
    "physics": "All motion follows the laws of physics",
    "framed": "The whole subject stays inside the frame",
}
REMEDY_OF_SENTENCE = {text.lower(): name for name, text in REMEDIES.items()}
# What no prompt can change, and what the reviewer is told instead.
SETTINGS: dict[str, str] = {
    "duration": "the length of a clip is a setting of the shot and not of its prompt; change the "
    "shot's duration",
    "format": "the size and frame rate belong to the shot's settings, not to the prompt",
    "praise": "praise asks for no change",
}
TAG_SENTENCES: dict[str, str] = {
    "anatomy": "Hands, faces and bodies stay well formed and anatomically correct in every frame",
    "motion": "All motion is natural, steady and continuous",
    "continuity": "Clothing, objects and places stay the same from the first frame to the last",
    "camera": "The camera keeps exactly to the described framing and move",
    "light": "Light and colour are natural, even and the same throughout",
    "style": "The described style is kept in every frame",
    "text": "There are no letters, captions, logos or watermarks",
    "lettering": "All lettering is correctly spelled, sharp and stable",
    "content": "The shot shows exactly what is described and nothing else",
    "audio": "The sound is clear and matches the picture",
}
TAG_OF_SENTENCE = {text.lower(): tag for tag, text in TAG_SENTENCES.items()}


@dataclass(frozen=True)
class Instruction:
    """One thing to change, apart from the words in which it was asked.

    `kind`, `subject` and `value` say what; `instead_of` holds words the reviewer called wrong; `hint` says
    when in the clip; `said` is the reviewer's own wording; `negatives` are the terms for a negative prompt.
    """

    kind: str
    subject: str = ""
    value: str = ""
    instead_of: str = field(default="", compare=False)
    hint: str = field(default="", compare=False)
    said: str = field(default="", compare=False)
    negatives: tuple[str, ...] = field(default=(), compare=False)

    @property
    def topic(self) -> tuple[str, str]:
        """Two instructions with one topic cannot both hold; the newer one wins."""
        return _topic(self)

    @property
    def core(self) -> str:
        """The sentence without emphasis, hint or full stop."""
        return sentence_case(_CORES[self.kind](self))

    def sentence(self, level: int) -> str:
        """The sentence with its full stop. Level 1 is plain, 3 the strongest."""
        core = self.core
        strong = _must(core) if level >= 2 and self.kind not in _AS_THEY_ARE else core
        if level >= STRONGEST:
            strong = f"Most important: {lower_first(strong)}"
        elif level == 2 and strong == core:
            strong = f"Important: {lower_first(core)}"
        if self.hint and self.hint not in strong:
            strong = f"{strong}, {self.hint}"
        return strong if strong[-1:] in ".!?…。！？" else f"{strong}."


def subject_key(subject: str) -> str:
    """The noun that names the subject, in the singular, with what tells two of them apart."""
    words = without_article(head_of(subject.lower())).split()
    if not words:
        return ""
    sides = [word for word in words[:-1] if word in _SIDES or word.endswith(("'s", "’s"))]
    return " ".join([*sides, singular(words[-1])])


def _topic(instruction: Instruction) -> tuple[str, str]:
    kind, subject, value = instruction.kind, instruction.subject, instruction.value
    if kind in {"look", "free", "tag", "remedy", "avoid", "setting"}:
        return (kind, subject if kind == "look" else key(value))
    if kind in {"camera", "time", "weather", "style"}:
        return (kind, "")
    if kind == "camera not":
        return (kind, value)
    if kind == "fault":
        return (kind, f"{subject_key(subject)}|{value}")
    if kind == "state":
        group = STATE_GROUP.get(value.split()[-1].lower() if value else "", ("", 0))[0]
        return (kind, f"{subject_key(subject)}|{group or key(value)}")
    return (kind, subject_key(subject))


def _presence(instruction: Instruction) -> str:
    thing, value = instruction.subject, instruction.value
    if value == "none":
        return f"There {be(thing)} no {without_article(thing)}"
    if value == "some":
        return f"There {be(thing)} {thing}"
    if value == "little":
        return f"There {be(thing)} only a {'few' if be(thing) == 'are' else 'little'} {thing}"
    if value == "much":
        return f"There are many {thing}" if be(thing) == "are" else f"There is a lot of {thing}"
    return f"There {'is' if value == 'one' else 'are'} exactly {value} {thing}"


def _camera(instruction: Instruction) -> str:
    return "The camera is static" if instruction.value == STILL else f"The camera {third(instruction.value)}"


def _action(instruction: Instruction) -> str:
    verb = instruction.value if be(instruction.subject) == "are" else third(instruction.value)
    return f"{definite(instruction.subject)} {verb}"


def _keep(instruction: Instruction) -> str:
    verb = "keep" if be(instruction.subject) == "are" else "keeps"
    return f"{definite(instruction.subject)} {verb} {instruction.value} throughout"


def _fault(instruction: Instruction) -> str:
    words = FAULTS[instruction.value]
    if be(instruction.subject) == "are":
        first, rest = words.split(" ", 1)
        words = {"keeps": "keep", "stays": "stay", "has": "have", "moves": "move", "looks": "look"}[
            first
        ] + f" {rest}"
        words = words.replace(" its ", " their ").replace("a solid, natural shape", "solid, natural shapes")
    return f"{definite(instruction.subject)} {words}"


def _is(instruction: Instruction) -> str:
    return f"{definite(instruction.subject)} {be(instruction.subject)} {instruction.value}"


_CORES: dict[str, Callable[[Instruction], str]] = {
    "colour": _is,
    "state": _is,
    "place": _is,
    "presence": _presence,
    "camera": _camera,
    "camera not": lambda i: f"The camera does not {i.value}",
    "look": lambda i: LOOKS[i.subject][i.value],
    "time": lambda i: f"The scene is set {TIMES[i.value][0]}",
    "weather": lambda i: f"The weather is {i.value}",
    "style": lambda i: f"The visual style is {i.value}",
    "action": _action,
    "direction": _action,
    "pace": _action,
    "fault": _fault,
    "tag": lambda i: TAG_SENTENCES[i.value],
    "remedy": lambda i: REMEDIES[i.value],
    "keep": _keep,
    "as is": lambda i: f"Keep {definite(i.subject)} as {'they are' if is_plural(i.subject) else 'it is'}",
    "avoid": lambda i: f"Avoid this: {i.value}",
    "setting": lambda i: SETTINGS[i.value],
    "free": lambda i: i.value,
}

# Sentences that are not made stronger by a "must", only by a word in front.
_AS_THEY_ARE = frozenset({"free", "tag", "fault", "remedy", "keep", "avoid", "as is"})
# The hints that `patterns` gives out. They are no part of what an instruction says, only of when.
_HINT = re.compile(r", above all (?:in the first second|near the start|near the end|midway through)$")
_BE = re.compile(r"(?P<who>.+?) (?:is|are) (?P<what>.+)", re.IGNORECASE)
_MUST_BE = re.compile(r"(?P<who>.+?) must clearly be (?P<what>.+) throughout", re.IGNORECASE)
_MUST_NONE = re.compile(r"There must be no (?P<what>.+) anywhere in the shot", re.IGNORECASE)


def _must(core: str) -> str:
    """The core with "must" where it says what something is; any other core comes back as it is."""
    match = _BE.fullmatch(core)
    if match is None or len(core.split()) > 14 or core.lower() in TAG_OF_SENTENCE | REMEDY_OF_SENTENCE:
        return core
    if match["who"].lower() == "there" and match["what"].startswith("no "):
        return f"There must be {match['what']} anywhere in the shot"
    if _without_emphasis(strong := f"{match['who']} must clearly be {match['what']} throughout")[0] != core:
        return core
    return strong


def _without_emphasis(sentence: str) -> tuple[str, int]:
    """The core of one of our sentences, and the level at which it was said."""
    level = 1
    if match := re.match(r"(Most important|Important): ", sentence):
        level = STRONGEST if match[1] == "Most important" else 2
        sentence = sentence_case(sentence[match.end() :])
    if match := _MUST_NONE.fullmatch(sentence):
        return f"There {be(match['what'])} no {match['what']}", max(level, 2)
    if match := _MUST_BE.fullmatch(sentence):
        counted = match["who"].lower() == "there"
        verb = be(re.sub(r"^(?:exactly|only) ", "", match["what"])) if counted else be(match["who"])
        return f"{match['who']} {verb} {match['what']}", max(level, 2)
    return sentence, level


def parse(sentence: str) -> tuple[str, int]:
    """The core of any sentence (no emphasis, time hint or final stop), and its level of emphasis."""
    text = re.sub(r"[.!?…。！？]+$", "", sentence.strip())
    return _without_emphasis(_HINT.sub("", text))
