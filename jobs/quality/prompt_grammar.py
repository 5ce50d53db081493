"""How the words of a prompt hang together: clauses, doings, places and groups, by lists of words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jobs.quality import prompt_words as known

# In words: what stands behind them in one clause is no part that could be judged.
_LONGEST_CLAUSE: Final = 60
_JOINT: Final = re.compile(
    r"\s*,\s*|\s+[-–—]+\s+|\s+(?:while|then|and then|as (?=(?:an?|the|his|her|its|their|he|she|it|they) ))\s*"
)
_OPENING: Final = re.compile(r"^(?:and|then|while|as|but|or|there (?:is|are)|we see)\s+", re.IGNORECASE)
_ENDING: Final = re.compile(r"(?<=\w\w)(?:ing|es|e|s)$")


def clauses(sentence: str) -> list[str]:
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


def without_manner(words: list[str]) -> list[str]:
    """Without the words for how fast and in what manner, which no single picture shows."""
    return [
        word
        for word in words
        if not (
            word.lower() in known.MANNER
            or (word.lower().endswith("ly") and len(word) > 4 and word.lower() not in known.NO_MANNER)
        )
    ]


def sentences(words: list[str]) -> Iterator[tuple[int, int]]:
    """Where one doing ends and the next begins: "opens the door and walks out" are two."""
    start = 0
    for at, word in enumerate(words[:-1]):
        if word.lower() != "and" or at == start:
            continue
        following, rest = words[at + 1].lower(), words[at + 1 :]
        two = verb(words[start:at]) is not None and verb(rest) is not None
        if two or following in known.VERBS_THIRD or is_doing(following):
            yield start, at
            start = at + 1
    yield start, len(words)


def verb(words: list[str]) -> int | None:
    """Where the doing begins, an "is" or "are" before it left behind; None where nothing is done."""
    unsure: int | None = None
    for at, word in enumerate(words):
        low, before = word.lower(), words[at - 1].lower() if at else ""
        if is_doing(low) and before not in known.DETERMINERS and _ends_here(words, at):
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


def is_doing(word: str) -> bool:
    return word.endswith("ing") and len(word) > 4 and word not in known.NOT_DOING


def _ends_here(words: list[str], at: int) -> bool:
    """Whether "running" is what somebody does and not what kind of thing the next word is."""
    if at + 1 == len(words):
        return True
    following = words[at + 1].lower()
    return following in known.PREPOSITIONS | known.DETERMINERS | {"and"}


def chunks(words: list[str]) -> list[list[str]]:
    """The words cut before each preposition; except where it belongs to what stands before."""
    chunks: list[list[str]] = []
    for word in words:
        before = chunks[-1][-1] if chunks else ""
        # "filled with light" and "the surface of the moon" are one.
        belongs = word.lower() == "of" or (word.lower() == "with" and before.endswith("ed"))
        if not chunks or (is_preposition(word) and not belongs):
            chunks.append([word])
        else:
            chunks[-1].append(word)
    return chunks


def is_preposition(word: str) -> bool:
    return word.lower() in known.PREPOSITIONS


def is_place(chunk: list[str]) -> bool:
    return (
        len(chunk) > 1
        and chunk[0].lower() in known.PLACE_PREPOSITIONS
        and chunk[1].lower() not in known.POSSESSIVES
        and not is_direction(chunk)
        and not known.WORN.search(" ".join(chunk))
    )


def is_direction(chunk: list[str]) -> bool:
    if not is_preposition(chunk[0]):
        return False
    return len(chunk) == 1 or known.DIRECTION.search(re.sub(r" of$", "", " ".join(chunk))) is not None


def groups(phrase: str, *, doing: bool) -> list[list[str]]:
    """The things of a phrase in small letters, without articles, prepositions and "and", and with `doing`
    what is done, without its ending: of "a woman smiles on a floured table" "woman", "smil", "floured table".
    """
    words = phrase.replace(",", "").split()
    begins = verb(words) if doing else None
    found: list[list[str]] = [[]]
    for at, word in enumerate(map(str.lower, words)):
        if at == begins or word == "and" or word in known.DETERMINERS or is_preposition(word):
            found.append([])
        if word not in known.SAYS_NOTHING and not is_preposition(word):
            found[-1].append(_ENDING.sub("", word) if at == begins else word)
    return [group for group in found if group]
