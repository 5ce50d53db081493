"""What a prompt says: instructions, each with how clearly it is said."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from providers.sandbox.picture import words
from providers.sandbox.picture.colours import WORDS as COLOUR_WORDS

_THINGS = words.finders(words.THINGS, plural=True)
_BACKGROUNDS = words.finders(words.BACKGROUNDS)
_COLOUR = words.finder("|".join(sorted(COLOUR_WORDS, key=len, reverse=True)))
_BACKDROP_NOUN = re.compile(
    r"^(?:[\w-]+ ){0,2}?(?:sky|background|backdrop|horizon|light|lights|lighting|wall|walls|sunset|glow)\b"
)
_BACKDROP_IS = re.compile(
    r"\b(?:sky|background|backdrop|wall) (?:is|are|must clearly be|must be|turns|glows)(?: \w+){0,2}? $"
)
_SENTENCE = re.compile(r"[^.!?;\n]+")
_INSTRUCTS = re.compile(
    r"^(?:(?:most )?important: )?(?:the |there |all |every|everything |no |keep |make |only |use )[^,]*?"
    r"\b(?:is|are|must|stays?|keeps?|has|have|does|do|pans?|tilts?|push(?:es)?|pulls?|zooms?|moves?|[a-z]{3,}s)\b"
)
_COUNTS = {number: words.finder(pattern) for number, pattern in words.COUNTS.items()}
_TABLES: tuple[tuple[str, dict[str, re.Pattern[str]]], ...] = (
    ("speed", words.finders(words.SPEEDS)),
    ("light", words.finders(words.LIGHTS)),
    ("weather", words.finders(words.WEATHERS)),
    ("background", _BACKGROUNDS),
)
# In "the boat drifts left while the camera pans right" only the first move is the boat's.
_CAMERA_CLAUSE = re.compile(r"(?:while |as |and |with )?(?:the |a )?(?:[\w-]+ing )?camera\b[^,]*")
# Snow and rain fall; that says nothing about how the subject moves.
_WEATHER_FALLS = re.compile(
    r"\b(?:snow(?:flakes?)?|rain(?:drops?)?|night|mist|dusk)(?: \w+){0,2}? (?:falls?|falling)\b"
)
_CAMERAS = words.finders(words.CAMERAS)
_MOTIONS = words.finders(words.MOTIONS)
_PLACES = words.finders(words.PLACES)
_SIZES = words.finders(words.SIZES)
_CARES = words.finders(words.CARES)


@dataclass(frozen=True)
class Said:
    """One mention: of what (`kind` and `subject`), and what (`value`).

    `doubt` multiplies the chance that it is ignored.
    """

    kind: str
    subject: str
    value: str
    doubt: float
    negated: bool = False


@dataclass
class Reading:
    """All mentions in the order of the text, the things in the order of their first mention."""

    said: list[Said] = field(default_factory=list)
    things: list[str] = field(default_factory=list)
    length: int = 0
    unsafe: bool = False


@dataclass(frozen=True)
class _Sentence:
    text: str
    doubt: float
    all_negated: bool

    def negated(self, start: int) -> bool:
        """Whether a negation stands within the four words before the place."""
        if self.all_negated:
            return True
        before = " ".join(re.split(r"[,:]| but | and the ", self.text[:start])[-1].split()[-4:])
        return words.NEGATION.search(before) is not None


def read(prompt: str, negative: str = "") -> Reading:
    """The instructions of a prompt, and of a negative prompt as absences."""
    text = prompt.lower().replace("’", "'")
    reading = Reading(length=len(text.split()), unsafe=words.UNSAFE.search(text) is not None)
    sentences = _sentences(text)
    if negative.strip():
        sentences.append(_Sentence(negative.lower(), 0.6, all_negated=True))
    for sentence in sentences:
        for name, finder in _THINGS.items():
            match = finder.search(sentence.text)
            if match and not sentence.negated(match.start()) and name not in reading.things:
                reading.things.append(name)
    first = {name: min(_position(text, name), len(text)) for name in reading.things}
    reading.things.sort(key=lambda name: first[name])
    for sentence in sentences:
        _read_sentence(sentence, reading)
    return reading


def _position(text: str, name: str) -> int:
    match = _THINGS[name].search(text)
    return match.start() if match else len(text)


def _sentences(text: str) -> list[_Sentence]:
    found: list[_Sentence] = []
    for match in _SENTENCE.finditer(text):
        sentence = " ".join(match[0].split())
        if not sentence:
            continue
        count = len(sentence.split())
        doubt = min(1.4, max(0.4, count / 14))
        if _INSTRUCTS.match(sentence) and count <= 16:
            doubt *= 0.6
        if words.EMPHASIS.search(sentence):
            doubt *= 0.4
        # The start of a prompt counts most, as it does with the real models.
        doubt *= 0.85 if match.start() < 40 else 1.0 + 0.25 * match.start() / max(400, len(text))
        avoided = re.match(r"(?:avoid|negative(?: prompt)?|exclude)\b", sentence) is not None
        found.append(_Sentence(sentence, doubt, avoided))
    return found


def _read_sentence(sentence: _Sentence, reading: Reading) -> None:
    about_camera = words.CAMERA_WORD.search(sentence.text) is not None
    camera_only = about_camera and _subject_in(sentence.text, reading) == ""
    subject = _subject_in(sentence.text, reading) or (reading.things[0] if reading.things else "")
    for kind, table in _TABLES:
        _read_table(sentence, reading, kind, "", table)
    if about_camera or words.CAMERA_ALONE.search(sentence.text):
        _read_first(sentence, reading, "camera", "", _CAMERAS)
    if not camera_only:
        rest = _CAMERA_CLAUSE.sub(" ", sentence.text) if about_camera else sentence.text
        rest = _WEATHER_FALLS.sub(" ", rest)
        _read_first(replace(sentence, text=rest), reading, "motion", subject, _MOTIONS)
    _read_table(sentence, reading, "place", subject, _PLACES)
    if subject:
        _read_table(sentence, reading, "size", subject, _SIZES)
    _read_table(sentence, reading, "care", "", _CARES)
    _read_things(sentence, reading)
    _read_colours(sentence, reading, subject)


def _subject_in(sentence: str, reading: Reading) -> str:
    """The thing that is named first in the sentence."""
    places = [(match.start(), name) for name in reading.things if (match := _THINGS[name].search(sentence))]
    return min(places)[1] if places else ""


def _read_table(
    sentence: _Sentence, reading: Reading, kind: str, subject: str, table: dict[str, re.Pattern[str]]
) -> None:
    for value, finder in table.items():
        if match := finder.search(sentence.text):
            negated = kind != "care" and sentence.negated(match.start())
            reading.said.append(Said(kind, subject, value, sentence.doubt, negated))


def _read_first(
    sentence: _Sentence, reading: Reading, kind: str, subject: str, table: dict[str, re.Pattern[str]]
) -> None:
    """Tables whose entries exclude each other, the telling ones before the general ones."""
    for value, finder in table.items():
        if match := finder.search(sentence.text):
            negated = sentence.negated(match.start()) and "not move" not in match[0]
            reading.said.append(Said(kind, subject, value, sentence.doubt, negated))
            return


def _read_things(sentence: _Sentence, reading: Reading) -> None:
    for name, finder in _THINGS.items():
        for match in finder.finditer(sentence.text):
            negated = sentence.negated(match.start())
            reading.said.append(Said("thing", name, "none" if negated else "some", sentence.doubt, negated))
            before = " ".join(sentence.text[: match.start()].split()[-5:])
            if not negated and (number := _count_before(before)):
                reading.said.append(Said("count", name, str(number), sentence.doubt))
            break


def _count_before(text: str) -> int:
    """The number in the words that lead up to a noun; the nearest one, 0 for none."""
    places = [(m.end(), number) for number, finder in _COUNTS.items() for m in finder.finditer(text)]
    return max(places)[1] if places else 0


def _read_colours(sentence: _Sentence, reading: Reading, subject: str) -> None:
    text = sentence.text
    for match in _COLOUR.finditer(text):
        rest, before = text[match.end() :].lstrip(" -"), text[: match.start()]
        if match[0] == "golden" and rest.startswith("hour"):
            continue
        of_backdrop = _BACKDROP_NOUN.match(rest) and not _names_a_thing(rest.split(" ", 1)[0])
        if of_backdrop or _BACKDROP_IS.search(before):
            kind, owner = "backdrop colour", ""
        else:
            kind, owner = "colour", _owner(rest, before, reading) or subject
        negated = sentence.negated(match.start())
        reading.said.append(Said(kind, owner, COLOUR_WORDS[match[0]], sentence.doubt, negated))


def _names_a_thing(word: str) -> bool:
    return any(finder.fullmatch(word) for finder in _THINGS.values())


def _owner(rest: str, before: str, reading: Reading) -> str:
    """The thing a colour belongs to: the noun right after it, else the last one before "is"."""
    ahead = " ".join(re.split(r"[,.]| and | in | on | with | over | near ", rest)[0].split()[:4])
    after = [(m.start(), name) for name in reading.things if (m := _THINGS[name].search(ahead))]
    if after:
        return min(after)[1]
    behind = [(m.end(), name) for name in reading.things for m in _THINGS[name].finditer(before)]
    return max(behind)[1] if behind else ""
