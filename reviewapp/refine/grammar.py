"""The little English that the statements need: number, verb forms, articles, case."""

from __future__ import annotations

import re


def split_words(text: str) -> list[str]:
    """A word list written as one line of text: vocabularies stay readable that way."""
    return text.split()


IRREGULAR_PLURALS = {
    "people": "person",
    "men": "man",
    "women": "woman",
    "children": "child",
    "feet": "foot",
    "teeth": "tooth",
    "mice": "mouse",
    "geese": "goose",
    "leaves": "leaf",
    "wolves": "wolf",
    "knives": "knife",
    "loaves": "loaf",
}
IRREGULAR_SINGULARS = {one: many for many, one in IRREGULAR_PLURALS.items()}
# Words that end in "s" and name one thing, or that stand after a noun without being its verb.
SINGULAR_IN_S = frozenset(
    split_words(
        "bus gas lens glass grass dress cross class boss moss canvas cactus compass across this his "
        "always perhaps towards afterwards besides plus as us is was has"
    )
)
ARTICLES = frozenset(split_words("a an the this that these those my our his her its their some any"))


def is_plural(phrase: str) -> bool:
    """Whether the last noun of the phrase (before "of", "in", "with" ...) names several things."""
    words = head_of(phrase).split()
    if not words:
        return False
    if " and " in f" {head_of(phrase)} ":
        return True
    last = words[-1].lower()
    return last in IRREGULAR_PLURALS or (
        last.endswith("s") and last not in SINGULAR_IN_S and not last.endswith(("ss", "us", "is"))
    )


def head_of(phrase: str) -> str:
    """The noun phrase without what follows it: "a man with a hat" gives "a man"."""
    return re.split(
        r"\s+(?:of|in|on|at|with|near|behind|under|over|beside|by|from|to|above|below|between|inside|that|"
        r"who|"
        r"around|across|through|next|for)\b",
        phrase,
        maxsplit=1,
        flags=re.IGNORECASE,
    )[0].strip()


def singular(word: str) -> str:
    lower = word.lower()
    if lower in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[lower]
    if not is_plural(lower):
        return lower
    if lower.endswith("ies") and len(lower) > 4:
        return lower[:-3] + "y"
    if lower.endswith(("ches", "shes", "sses", "xes", "zes")):
        return lower[:-2]
    return lower[:-1]


def plural(word: str) -> str:
    lower = word.lower()
    if lower in IRREGULAR_SINGULARS:
        return IRREGULAR_SINGULARS[lower]
    if is_plural(lower) or lower in {"fish", "sheep", "deer"}:
        return word
    if lower.endswith(("ch", "sh", "ss", "x", "z", "s")):
        return word + "es"
    if re.search(r"[^aeiou]y$", lower):
        return word[:-1] + "ies"
    return word + "s"


def be(phrase: str) -> str:
    """The form of "to be" that fits the phrase."""
    return "are" if is_plural(phrase) else "is"


def third(verb: str) -> str:
    """Third person singular of the first word; what follows it is kept ("push in" gives "pushes in")."""
    first, space, rest = verb.partition(" ")
    known = {"be": "is", "have": "has", "do": "does", "go": "goes"}
    if first in known:
        return known[first] + space + rest
    if first.endswith(("ch", "sh", "ss", "x", "z", "o")):
        return first + "es" + space + rest
    if re.search(r"[^aeiou]y$", first):
        return first[:-1] + "ies" + space + rest
    return first + "s" + space + rest


_DOUBLED = frozenset(
    split_words("pan sit run zip cut swim stop hop spin drop skip step jog flap nod dip hug get")
)


def gerund(verb: str) -> str:
    first, space, rest = verb.partition(" ")
    if first in {"lie", "die", "tie"}:
        first = first[:-2] + "y"
    elif first.endswith("e") and not first.endswith("ee"):
        first = first[:-1]
    elif first in _DOUBLED:
        first += first[-1]
    return first + "ing" + space + rest


def bare(verb: str) -> str:
    """The dictionary form of a third person verb: "flies" gives "fly"."""
    known = {"is": "be", "are": "be", "has": "have", "does": "do", "goes": "go"}
    if verb in known:
        return known[verb]
    if verb.endswith("ies") and len(verb) > 4:
        return verb[:-3] + "y"
    if verb.endswith(("ches", "shes", "sses", "xes", "zes")):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb


def without_article(phrase: str) -> str:
    words = phrase.split()
    while words and words[0].lower() in ARTICLES:
        words = words[1:]
    return " ".join(words)


_MASS = split_words(
    "fog rain snow mist smoke water light grass sand fire traffic music text wind hair sunlight "
    "moonlight steam dust ice mud"
)


def with_article(phrase: str) -> str:
    """The phrase as a thing that is there: "lighthouse" gives "a lighthouse", "birds" stays."""
    words = phrase.split()
    mass = bool(words) and head_of(phrase).lower().split()[-1] in _MASS
    if not words or words[0].lower() in ARTICLES or words[0].isdigit() or is_plural(phrase) or mass:
        return phrase
    return f"{'an' if words[0][0].lower() in 'aeiou' else 'a'} {phrase}"


def definite(phrase: str) -> str:
    """The phrase as a thing spoken of: "boat" gives "the boat", "her dress" stays."""
    words = phrase.split()
    keep = {"my", "our", "his", "her", "its", "their", "everything", "everyone", "nothing", "it"}
    if words and words[0].lower() in keep:
        return phrase
    return f"the {without_article(phrase)}"


def sentence_case(text: str) -> str:
    """First letter in upper case, the rest as it was written."""
    for index, letter in enumerate(text):
        if letter.isalpha():
            return text[:index] + letter.upper() + text[index + 1 :] if len(letter.upper()) == 1 else text
        if letter.isdigit():
            return text
    return text


def lower_first(text: str) -> str:
    """First letter in lower case, unless the word is a name, an abbreviation or "I"."""
    word = text.split(" ", 1)[0]
    if word == "I" or (len(word) > 1 and word.upper() == word):
        return text
    return text[:1].lower() + text[1:]


def key(text: str) -> str:
    """Letters and digits only, in one case: two texts with one key say the same words."""
    return " ".join(re.findall(r"\w+", text.casefold()))
