"""Reading what a clause says about the look of the whole picture, its pace, time of day, weather and
style."""

from __future__ import annotations

import re

from reviewapp.refine.brief import verb_of
from reviewapp.refine.grammar import bare, be, is_plural, without_article
from reviewapp.refine.look_words import LOOK_NOUNS, LOOK_WORDS, OTHER_END, SOFTER, WHOLE
from reviewapp.refine.statements import Instruction
from reviewapp.refine.words import MOTION_VERBS, OTHER_STATE, POSTURES, STATE_GROUP, STYLES, TIMES, WEATHER

_LITTLE = r"(?:a (?:tiny |little )?bit|a little|a touch|slightly|somewhat|a tad|kind of|rather)"
_MUCH = r"(?:much|way|far|a lot|lots|really|very|so|considerably|significantly|still)"
_LINKS = r"(?:is|are|was|looks?|feels?|seems?|gets?|appears?|becomes?)"
_OPENING = (
    r"(?:(?:make|turn|keep|have|get|go|use|with|set)(?: it| the (?:shot|scene|video|clip|whole thing|"
    r"picture|image))?(?: to be| in| look)?|"
    r"(?:it|the (?:shot|scene|video|clip|whole thing|picture|image))(?: (?:should|must|needs to|has to|"
    r"to))?(?: be| look| take place| happen| feel| play)?(?: like| in)?|"
    r"(?:should|must)(?: be| look| feel)?(?: like)?|be)"
)
_TOO = re.compile(
    rf"(?:(?P<who>.+?) (?:(?P<verb>[a-z]+) )?)?(?:(?P<little>{_LITTLE}) )?(?:{_MUCH} )?too "
    rf"(?P<word>[\w-]+)(?P<rest> (?:at|in|for|on|during|near|here|overall|right).*)?",
    re.IGNORECASE,
)
_ENOUGH = re.compile(
    rf"(?:(?P<who>.+?) )?(?:{_LINKS} )?(?:not|n['’]t|isn['’]t|aren['’]t|not nearly) (?P<word>[\w-]+) enough",
    re.IGNORECASE,
)
_NOT_SO = re.compile(
    rf"(?:(?P<who>.+?) )?(?:(?:{_LINKS}|should be|make it|be) )?(?:not|less) (?:so |too |as |that "
    rf")?(?P<word>[\w-]+)",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"(?:(?:make|turn|keep|have|slow|let|bring|move|put|get|pull|push|raise|lower|show|stop|start|"
    r"hold|give|try|use) "
    r")?(?:(?P<who>.+?) )?(?:(?:should|must|needs? to|has to|have to|"
    r"can|could|to) )?(?:be |look |feel |get |go |move |become )?"
    r"(?P<more>more )?(?P<word>[\w-]+)",
    re.IGNORECASE,
)
_COMPARATIVES = frozenset(
    word for word in LOOK_WORDS if word.endswith("er") and word not in {"cluttered"}
) | {
    "bigger",
    "larger",
    "smaller",
    "taller",
    "older",
    "younger",
    "thicker",
    "thinner",
    "longer",
    "shorter",
    "happier",
    "sadder",
    "calmer",
    "cleaner",
    "wider",
    "further",
}
_SLOW_DOWN = re.compile(
    r"slow (?P<who>.+ )?down(?P<rest> .*)?|slow(?: it)? down|speed (?P<fast>.+ )?up|slow motion|in slow "
    r"motion",
    re.IGNORECASE,
)


def _whole(who: str | None) -> bool:
    return who is None or without_article(who).lower() in WHOLE or not without_article(who)


def look(word: str, who: str | None, soft: bool, brief: str, verb: str | None = None) -> list[Instruction]:
    """The instruction that asks for this describing word, of the whole picture or of one thing in it."""
    word = word.lower()
    axis, value = LOOK_WORDS.get(word, ("", ""))
    about_camera = who is not None and without_article(who).lower() in {
        "camera",
        "shot",
        "framing",
        "camera move",
        "camera movement",
    }
    if axis == "speed" and about_camera and without_article(who or "").lower() != "shot":
        return [Instruction("free", "", f"The camera moves {'slowly' if value == 'slow' else 'quickly'}")]
    if axis and (_whole(who) or (about_camera and axis in {"steadiness", "distance"})):
        return [Instruction("look", axis, SOFTER.get(value, value) if soft else value)]
    if who is None or _whole(who) or len(who.split()) > 4:
        return []
    who = without_article(who)
    if axis == "speed":
        action = verb or verb_of(brief, who) or "move"
        return [Instruction("pace", who, f"{action} {'slowly' if value == 'slow' else 'quickly'}")]
    return [Instruction("state", who, word)] if word in STATE_GROUP or axis else []


def opposite(
    word: str, who: str | None, soft: bool, brief: str, verb: str | None = None
) -> list[Instruction]:
    """The instruction that answers "too X" or "not so X"."""
    word = word.lower()
    axis, value = LOOK_WORDS.get(word, ("", ""))
    if not _whole(who) and word in OTHER_STATE and axis != "speed" and not _camera(who):
        return look(OTHER_STATE[word], who, soft, brief)
    if axis:
        other = OTHER_END[value]
        if _whole(who) or _camera(who) or axis == "speed":
            if axis == "grain":
                return [Instruction("look", "grain", "clean")]
            if axis == "contrast":
                return [Instruction("look", "contrast", other)]
            return look(_word_for(axis, other), who, soft, brief, verb)
    return []


def _word_for(axis: str, value: str) -> str:
    """A describing word that stands for this value of the scale."""
    return next(word for word, named in LOOK_WORDS.items() if named == (axis, value))


def _camera(who: str | None) -> bool:
    return who is not None and without_article(who).lower() in {"camera", "framing"}


def too(clause: str, brief: str) -> list[Instruction]:
    """Reads "Too dark", "the ball bounces too fast", "a bit too shaky"."""
    match = _TOO.fullmatch(clause)
    if match is None:
        return []
    who, verb, word = match["who"], match["verb"], match["word"].lower()
    if re.search(r"\b(?:and|but|or)\b|,", f"{who or ''} {verb or ''}"):
        return []
    if who and verb and not without_article(who):
        who, verb = f"{who} {verb}", None
    if who and verb is None and re.fullmatch(_LINKS, who, re.IGNORECASE):
        who = None
    if word in {"much", "many", "few", "little"}:
        return []
    linking = verb is None or re.fullmatch(_LINKS, verb, re.IGNORECASE) is not None
    soft = match["little"] is not None
    base = None if linking or verb is None else (verb if is_plural(who or "") else bare(verb.lower()))
    if found := opposite(word, who, soft, brief, base):
        return found
    thing = without_article(who) if who else "look"
    if not linking or len(thing.split()) > 4:
        return []
    return [Instruction("free", "", f"The {thing} {be(thing)} less {word}")]


def enough(clause: str, brief: str) -> list[Instruction]:
    """Reads "Not bright enough"."""
    match = _ENOUGH.fullmatch(clause)
    return look(match["word"], _linked(match["who"]), False, brief) if match else []


def _linked(who: str | None) -> str | None:
    """The subject without the verb that a greedy match may have left on it."""
    stripped = re.sub(rf"(?:^| )(?:{_LINKS}|should|must|make)$", "", who or "", flags=re.IGNORECASE).strip()
    return re.sub(r"^make ", "", stripped, flags=re.IGNORECASE) or None


def not_so(clause: str, brief: str) -> list[Instruction]:
    """Reads "Less dark", "not so fast", "less shaky"."""
    match = _NOT_SO.fullmatch(clause)
    if match is None:
        return []
    who = _linked(match["who"])
    # "The sky is not dark" complains that it should be; "not so dark" and "should not be dark" ask for less.
    if re.search(rf"\b{_LINKS} not [\w-]+$", clause, re.IGNORECASE) and "should" not in clause.lower():
        return look(match["word"], who, False, brief)
    return opposite(match["word"], who, False, brief)


def compared(clause: str, brief: str) -> list[Instruction]:
    """Reads "Slower", "make it a bit brighter", "the sky should be darker", "more realistic"."""
    soft = re.search(rf"\b{_LITTLE} (?:more )?[\w-]+$", clause, re.IGNORECASE) is not None
    clause = re.sub(rf"\b(?:{_LITTLE}|{_MUCH}) (?=(?:more )?[\w-]+$)", "", clause, flags=re.IGNORECASE)
    match = _COMPARED.fullmatch(clause)
    if match is None:
        return []
    word, who = match["word"].lower(), _linked(match["who"])
    describing = word in _COMPARATIVES or word in LOOK_WORDS
    asked = (
        match["more"] is not None
        or word in _COMPARATIVES
        or word in {"slowly", "quickly"}
        or _asks(clause, who)
    )
    if not describing or not asked or (word in LOOK_NOUNS and match["more"]):
        return []
    if who and re.search(r"\b(?:not|no|less|never|too|is|are|and|or)\b|,", who, re.IGNORECASE):
        return []
    doing = re.fullmatch(r"(?P<who>.*\w) (?P<verb>[a-z]+s)", who or "", re.IGNORECASE)
    if doing and word in {"slowly", "quickly"} and is_verb(doing["verb"]):
        return [
            Instruction(
                "pace", without_article(doing["who"]) or doing["who"], f"{bare(doing['verb'].lower())} {word}"
            )
        ]
    return look(word, who, soft, brief)


def is_verb(word: str) -> bool:
    return bare(word.lower()) in {*MOTION_VERBS.split("|"), *POSTURES}


def compared_first(clause: str, brief: str) -> list[Instruction]:
    """Reads "Bigger boat", "brighter colours"."""
    match = re.fullmatch(
        r"(?:make it |use |have |with )?(?:a |an |the )?(?P<word>[a-z]+er) (?P<who>[\w'-]+(?: [\w'-]+)?)",
        clause,
        re.IGNORECASE,
    )
    if (
        match is None
        or match["word"].lower() not in _COMPARATIVES
        or re.search(r"\b(?:and|or|than|in|on)\b", match["who"])
    ):
        return []
    return look(match["word"], match["who"], False, brief)


def _asks(clause: str, who: str | None) -> bool:
    """Reads "It should be dark" and "make it dark" ask; "dark" alone may complain, so it does not."""
    return (
        _whole(who)
        and re.match(r"(?:make|turn|keep|.*\b(?:should|must|needs? to|to be)\b)", clause, re.IGNORECASE)
        is not None
    )


def paced(clause: str, brief: str) -> list[Instruction]:
    """Reads "Slow down", "slow the ball down", "speed it up", "slow motion"."""
    match = _SLOW_DOWN.fullmatch(clause)
    if match is None:
        return []
    who = (match["who"] or match["fast"] or "").strip() or None
    return look("fast" if clause.lower().startswith("speed") else "slow", who, False, brief)


def more_or_less(clause: str, _brief: str) -> list[Instruction]:
    """Reads "More contrast", "less noise", "no camera shake", "too much grain", "not enough light"."""
    match = re.fullmatch(
        r"(?:make it |with |use |add |there (?:is|should be) |needs? |it needs |has )?(?:a (?:bit|little) |"
        r"much |way |far |some )?"
        r"(?P<how>more|less|no|without|reduce(?: the)?|increase(?: the)?|remove(?: the)?|too much|too "
        r"little|not enough|stop(?: the)?) (?P<what>[\w -]+)",
        clause,
        re.IGNORECASE,
    )
    if match is None or match["what"].lower() not in LOOK_NOUNS:
        return []
    what, how = match["what"].lower(), match["how"].lower()
    if how.split()[0] in {"no", "without", "remove", "stop"} and what in {
        "light",
        "lighting",
        "speed",
        "contrast",
    }:
        return []
    axis, value = LOOK_NOUNS[what]
    more = how.split()[0] in {"more", "increase"} or how in {"too little", "not enough"}
    return [Instruction("look", axis, value if more else OTHER_END[value])]


def setting(clause: str, _brief: str) -> list[Instruction]:
    """Time of day, weather and style: "make it night", "in the rain", "should look like anime"."""
    what = re.sub(rf"^{_OPENING} ", "", clause, flags=re.IGNORECASE)
    parts = re.split(r"\s*(?:,|\bwith\b|\band\b)\s*", what)
    if len(parts) > 1:
        each = [setting(part, _brief) if part else [] for part in parts]
        return [one for found in each for one in found] if all(each) else []
    what = re.sub(r"^(?:be |look |like |to be |set |more |all |an? )+", "", what, flags=re.IGNORECASE).strip()
    lead = r"(?:(?:at|in|during|by|on|under)(?: the| a| an)? )?(?:the )?"
    for name, (_phrase, words) in TIMES.items():
        if re.fullmatch(
            rf"{lead}(?:{'|'.join(words)})(?:[ -]?(?:time|light|scene|shot))?", what, re.IGNORECASE
        ):
            return [Instruction("time", "", name)]
    for name, weathers in WEATHER.items():
        if (
            re.fullmatch(rf"{lead}(?:{'|'.join(weathers)})(?: weather)?", what, re.IGNORECASE)
            and what.lower() != "snow"
        ):
            return [Instruction("weather", "", name)]
    for name, pattern in STYLES.items():
        if re.fullmatch(
            rf"(?:in (?:an? )?)?(?:{pattern})(?:[ -](?:style|look|film|like))?(?: please)?",
            what,
            re.IGNORECASE,
        ):
            return [Instruction("style", "", name)]
    return []


READERS = (paced, setting, too, enough, more_or_less, not_so, compared, compared_first)
