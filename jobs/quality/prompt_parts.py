"""A prompt taken apart into short phrases that a model of pictures and words can judge one by one.

What no single picture shows (a camera's move, a direction, a speed, a sound) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from jobs.quality import prompt_words as known

Kind = Literal["subject", "action", "place", "light", "camera", "style"]
MOST: Final = 6
_ORDER: Final[tuple[Kind, ...]] = ("subject", "action", "place", "light", "camera", "style")
_MOST_OF: Final[dict[Kind, int]] = {
    "subject": 3, "action": 2, "place": 2, "light": 2, "camera": 1, "style": 1,
}  # fmt: skip
# What stands behind a label such as "Setting:" is taken as it is.
_SAID_WHOLE: Final[dict[str, Kind]] = {
    "subject": "subject", "place": "place", "light": "light", "style": "style",
}  # fmt: skip
_MOST_WORDS: Final = 14
# In words: what stands behind them in one clause is no part that could be judged.
_LONGEST_CLAUSE: Final = 60
_MOST_SIGNS: Final = 120
_LABEL: Final = re.compile(r"^\W*(\w+)\s*:\s*")
_ASIDE: Final = re.compile(r"[\"“”][^\"“”]*[\"“”]|\([^()]*\)")
_JOINT: Final = re.compile(
    r"\s*,\s*|\s+[-–—]+\s+|\s+(?:while|then|and then|as (?=(?:an?|the|his|her|its|their|he|she|it|they) ))\s*"
)
_OPENING: Final = re.compile(r"^(?:and|then|while|as|but|or|there (?:is|are)|we see)\s+", re.IGNORECASE)


class Piece(NamedTuple):
    """One part of a prompt: what it is about, and its words."""

    kind: Kind
    words: str


def split(prompt: str) -> tuple[str, ...]:
    """The words of `pieces`."""
    return tuple(piece.words for piece in pieces(prompt))


def pieces(prompt: str) -> tuple[Piece, ...]:
    """At most MOST parts, those of one kind in the prompt's order; empty for a prompt without any."""
    found: dict[Kind, list[str]] = {kind: [] for kind in _ORDER}
    for kind, words in _Reader().read(prompt):
        phrase = _tidy(words)
        if phrase and phrase.lower() not in (each.lower() for each in found[kind]):
            found[kind].append(phrase)
    # The first of each kind comes before a second of any.
    ranked = [
        (place, _ORDER.index(kind), Piece(kind, phrase))
        for kind in _ORDER
        for place, phrase in enumerate(found[kind][: _MOST_OF[kind]])
    ]
    chosen = sorted(ranked)[:MOST]
    return tuple(piece for _, _, piece in sorted(chosen, key=lambda one: (one[1], one[0])))


def _tidy(words: str) -> str:
    """The phrase as it is shown and judged; empty where nothing is left to judge."""
    phrase = " ".join(words.split()[:_MOST_WORDS])[:_MOST_SIGNS].strip(" ,.;:-–—")
    if not any(sign.isalpha() for sign in phrase):
        return ""
    name = phrase[1:2].isupper()
    return phrase if name else phrase[:1].lower() + phrase[1:]


class _Reader:
    """Reads clause after clause, and remembers whom the later ones are about."""

    def __init__(self) -> None:
        self._subject = ""

    def read(self, prompt: str) -> Iterator[Piece]:
        for sentence in re.split(r"[.!?;\n]+(?:\s|$)", _ASIDE.sub("", prompt)):
            label = _LABEL.match(sentence)
            about = known.LABELS.get(label[1].lower(), "") if label else ""
            text = sentence[label.end() :] if label and about else sentence
            if about != "unseen":
                for clause in _clauses(text):
                    yield from self._clause(clause, about)

    def _clause(self, clause: str, about: str) -> Iterator[Piece]:
        framing = known.FRAMING.search(clause)
        if framing:
            yield Piece("camera", framing[1])
            clause = re.sub(r"^\s*(?:of|on|at|showing)\b\s*", "", known.FRAMING.sub("", clause).strip())
        clause = known.MEDIUM.sub("", clause).strip()
        if known.CAMERA_MOVE.search(clause) and known.CAMERA_OF.match(clause):
            clause = known.CAMERA_OF.sub("", clause)
        if not clause or about == "camera" or known.CAMERA_MOVE.search(clause) or known.UNSEEN.search(clause):
            return
        if about == "subject":
            self._subject = clause
        if about in _SAID_WHOLE:
            yield Piece(_SAID_WHOLE[about], clause)
        elif light := known.LIGHT.match(clause):
            yield Piece("light", light["light"])
        elif known.SOME_LIGHT.match(clause):
            yield Piece("light", clause)
        elif known.STYLE.search(clause) and _verb(clause.split()) is None:
            yield Piece("style", clause)
        else:
            yield from self._main(clause)

    def _main(self, clause: str) -> Iterator[Piece]:
        """A clause that says who does what, and where."""
        if weather := known.WEATHER.match(clause):
            yield Piece("light", weather["light"])
            clause = clause[weather.end() :]
        for light in known.LIGHT_TAIL.finditer(clause):
            yield Piece("light", light["light"])
        clause = known.CROSSING.sub("", known.SIDE_OF.sub("", known.LIGHT_TAIL.sub("", clause)))
        clause = " ".join(clause.split())
        first = known.LIGHT_FIRST.match(clause)
        if first and first["rest"].split()[0].lower() in known.PREPOSITIONS:
            yield Piece("light", first["light"])
            clause = first["rest"]
        words = _without_manner(clause.split())
        for start, end in _sentences(words):
            yield from self._said(words[start:end])

    def _said(self, words: list[str]) -> Iterator[Piece]:
        at = _verb(words)
        if at is None and self._subject and words and _is_doing(words[0].lower()):
            at = 0
        if at is None:
            yield from self._thing(words)
            return
        named = at
        while named and words[named - 1].lower() in known.LINKS:
            named -= 1
        who = " ".join(words[:named])
        if who and who.lower() not in known.PRONOUNS and not _is_preposition(words[0]):
            self._subject = who
            yield Piece("subject", who)
        where: list[Piece] = []
        done = [self._subject]
        for chunk in _chunks(words[at:]):
            if _is_place(chunk) and not (chunk[0] == "at" and known.LOOKS_AT.match(words[at])):
                where.append(Piece("place", " ".join(chunk)))
            elif not _is_direction(chunk):
                done += chunk
        if self._subject:
            yield Piece("action", " ".join(done))
        yield from where

    def _thing(self, words: list[str]) -> Iterator[Piece]:
        """Words without a verb: a thing and where it is, or more of the thing that was named before."""
        chunks = [chunk for chunk in _chunks(words) if not _is_direction(chunk)]
        thing = [word for chunk in chunks if not _is_place(chunk) for word in chunk]
        if thing and thing[0].lower() == "with" and self._subject:
            yield Piece("subject", " ".join([self._subject, *thing]))
        elif thing and known.PLACE_NAMES.fullmatch(thing[-1]) and thing[0].lower() not in known.DETERMINERS:
            yield Piece("place", " ".join(thing))
        elif thing and " ".join(thing).lower() not in known.NO_THING:
            named = thing[1:] if _is_preposition(thing[0]) else thing
            self._subject = self._subject or " ".join(named)
            yield Piece("subject", " ".join(named))
        for chunk in chunks:
            if _is_place(chunk):
                yield Piece("place", " ".join(chunk))


def _clauses(sentence: str) -> list[str]:
    """What stands between commas, with "a tall, thin man" left whole."""
    found: list[str] = []
    for clause in _JOINT.split(sentence):
        clause = known.TELLING.sub("", _OPENING.sub("", " ".join(clause.split()[:_LONGEST_CLAUSE])))
        begun = found[-1].lower().split() if found else []
        if len(begun) == 2 and begun[0] in known.DETERMINERS and begun[1] in known.QUALITIES:
            found[-1] += f" {clause}"
        elif clause:
            found.append(clause)
    return found


def _without_manner(words: list[str]) -> list[str]:
    """Without the words for how fast and in what manner, which no single picture shows."""
    return [
        word
        for word in words
        if not (
            word.lower() in known.MANNER
            or (word.lower().endswith("ly") and len(word) > 4 and word.lower() not in known.NO_MANNER)
        )
    ]


def _sentences(words: list[str]) -> Iterator[tuple[int, int]]:
    """Where one doing ends and the next begins: "opens the door and walks out" are two."""
    start = 0
    for at, word in enumerate(words[:-1]):
        if word.lower() != "and" or at == start:
            continue
        following, rest = words[at + 1].lower(), words[at + 1 :]
        two = _verb(words[start:at]) is not None and _verb(rest) is not None
        if two or following in known.VERBS_THIRD or _is_doing(following):
            yield start, at
            start = at + 1
    yield start, len(words)


def _verb(words: list[str]) -> int | None:
    """Where the doing begins, an "is" or "are" before it left behind; None where nothing is done."""
    unsure: int | None = None
    for at, word in enumerate(words):
        low, before = word.lower(), words[at - 1].lower() if at else ""
        if _is_doing(low) and before not in known.DETERMINERS and _ends_here(words, at):
            return at
        if at == 0 and low in known.VERBS_THIRD and len(words) > 1 and _ends_here(words, at):
            return at
        fit = ("people", "men", "women", "children", "fish", "they", "must", "should", "will", "can")
        plain = before.endswith("s") or before in fit or "and" in words[:at]
        if low in known.VERBS_THIRD or (low in known.VERBS_BASE and plain):
            if low not in known.AMBIGUOUS:
                return at
            alone = at > 0 and words[0].lower() not in known.DETERMINERS
            if (
                unsure is None
                and (at > 1 or alone)
                and not known.PREPOSITIONS & {each.lower() for each in words[:at]}
            ):
                unsure = at
    return unsure


def _is_doing(word: str) -> bool:
    return word.endswith("ing") and len(word) > 4 and word not in known.NOT_DOING


def _ends_here(words: list[str], at: int) -> bool:
    """Whether "running" is what somebody does and not what kind of thing the next word is."""
    if at + 1 == len(words):
        return True
    following = words[at + 1].lower()
    return following in known.PREPOSITIONS | known.DETERMINERS | {"and"}


def _chunks(words: list[str]) -> list[list[str]]:
    """The words cut before each preposition; except where it belongs to what stands before."""
    chunks: list[list[str]] = []
    for word in words:
        before = chunks[-1][-1] if chunks else ""
        # "filled with light" and "the surface of the moon" are one.
        belongs = word.lower() == "of" or (word.lower() == "with" and before.endswith("ed"))
        if not chunks or (_is_preposition(word) and not belongs):
            chunks.append([word])
        else:
            chunks[-1].append(word)
    return chunks


def _is_preposition(word: str) -> bool:
    return word.lower() in known.PREPOSITIONS


def _is_place(chunk: list[str]) -> bool:
    return (
        len(chunk) > 1
        and chunk[0].lower() in known.PLACE_PREPOSITIONS
        and chunk[1].lower() not in known.POSSESSIVES
        and not _is_direction(chunk)
        and not known.WORN.search(" ".join(chunk))
    )


def _is_direction(chunk: list[str]) -> bool:
    if not _is_preposition(chunk[0]):
        return False
    return len(chunk) == 1 or known.DIRECTION.search(re.sub(r" of$", "", " ".join(chunk))) is not None
