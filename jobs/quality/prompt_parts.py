"""A prompt taken apart into short phrases that a model of pictures and words can judge one by one.

What no single picture shows (a camera's move, a direction, a speed, a sound) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final, Literal, NamedTuple

from jobs.quality import prompt_grammar as grammar
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
# "Morning light" is "morning", and "golden hour" the "golden hour light".
_LIGHT: Final = ("light", "lighting")
_MOST_WORDS: Final = 14
# Whatever stands behind so many things that were said is left out.
_MOST_READ: Final = 200
_MOST_SIGNS: Final = 120
_LABEL: Final = re.compile(r"^\W*(\w+)\s*:\s*")
_ASIDE: Final = re.compile(r"[\"“”][^\"“”]*[\"“”]|\([^()]*\)")


class Piece(NamedTuple):
    """One part of a prompt: what it is about, and its words."""

    kind: Kind
    words: str

    def tells(self, other: Piece) -> bool:
        """Whether it says all that the other does: "a red boat drifts" tells of "the boat"."""
        mine, asked = self._things(), other._things()
        # "The boat is red" says of one thing what "a red boat" does.
        together = [word for group in asked for word in group]
        return bool(asked) and (all(_is_among(group, mine) for group in asked) or _is_among(together, mine))

    def _things(self) -> list[list[str]]:
        told = grammar.groups(self.words, doing=self.kind == "action")
        if self.kind != "light":
            return told
        return [group[:-1] if group[1:] and group[-1] in _LIGHT else group for group in told]


def _is_among(group: list[str], others: list[list[str]]) -> bool:
    """Whether one of the others is the same thing, perhaps in more words: its last word names it."""
    return any(set(group) <= set(other) and other[-1] in group for other in others)


def split(prompt: str) -> tuple[str, ...]:
    """The words of `pieces`."""
    return tuple(piece.words for piece in pieces(prompt))


def pieces(prompt: str) -> tuple[Piece, ...]:
    """At most MOST parts, those of one kind in the prompt's order; empty for a prompt without any.

    None says again what another one tells: "a red boat drifts" stands for "a red boat" as well.
    """
    found: dict[Kind, list[Piece]] = {kind: [] for kind in _ORDER}
    for kind, words in islice(_Reader().read(prompt), _MOST_READ):
        if phrase := _tidy(words):
            _add(Piece(kind, phrase), found[kind], _MOST_OF[kind])
    # The first of each kind comes before a second of any.
    ranked = sorted(
        (place, _ORDER.index(kind), piece) for kind in _ORDER for place, piece in enumerate(found[kind])
    )
    chosen: list[Piece] = []
    for _, _, piece in ranked:
        _add(piece, chosen, MOST)
    return tuple(piece for kind in _ORDER for piece in found[kind] if piece in chosen)


def _add(piece: Piece, chosen: list[Piece], most: int) -> None:
    """Choose a piece, if there is room: instead of those whose words it tells, and never where one that is
    chosen tells its own.
    """
    if any(one.tells(piece) for one in chosen):
        return
    told = [one for one in chosen if piece.tells(one)]
    if told:
        chosen[chosen.index(told[0])] = piece
        chosen[:] = [one for one in chosen if one not in told]
    elif len(chosen) < most:
        chosen.append(piece)


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
                for clause in grammar.clauses(text):
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
        elif known.STYLE.search(clause) and grammar.verb(clause.split()) is None:
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
        words = grammar.without_manner(clause.split())
        for start, end in grammar.sentences(words):
            yield from self._said(words[start:end])

    def _said(self, words: list[str]) -> Iterator[Piece]:
        at = grammar.verb(words)
        if at is None and self._subject and words and grammar.is_doing(words[0].lower()):
            at = 0
        if at is None:
            yield from self._thing(words)
            return
        named = at
        while named and words[named - 1].lower() in known.LINKS:
            named -= 1
        who = " ".join(words[:named])
        if who and who.lower() not in known.PRONOUNS and not grammar.is_preposition(words[0]):
            self._subject = who
            yield Piece("subject", who)
        where: list[Piece] = []
        done = [self._subject]
        for chunk in grammar.chunks(words[at:]):
            if grammar.is_place(chunk) and not (chunk[0] == "at" and known.LOOKS_AT.match(words[at])):
                where.append(Piece("place", " ".join(chunk)))
            elif not grammar.is_direction(chunk):
                done += chunk
        if self._subject:
            yield Piece("action", " ".join(done))
        yield from where

    def _thing(self, words: list[str]) -> Iterator[Piece]:
        """Words without a verb: a thing and where it is, or more of the thing that was named before."""
        chunks = [chunk for chunk in grammar.chunks(words) if not grammar.is_direction(chunk)]
        thing = [word for chunk in chunks if not grammar.is_place(chunk) for word in chunk]
        if thing and thing[0].lower() == "with" and self._subject:
            yield Piece("subject", " ".join([self._subject, *thing]))
        elif thing and known.PLACE_NAMES.fullmatch(thing[-1]) and thing[0].lower() not in known.DETERMINERS:
            yield Piece("place", " ".join(thing))
        elif thing and " ".join(thing).lower() not in known.NO_THING:
            named = thing[1:] if grammar.is_preposition(thing[0]) else thing
            self._subject = self._subject or " ".join(named)
            yield Piece("subject", " ".join(named))
        for chunk in chunks:
            if grammar.is_place(chunk):
                yield Piece("place", " ".join(chunk))
