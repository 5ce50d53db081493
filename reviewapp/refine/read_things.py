"""Reading what a clause says about the things in the picture: which, how many, what colour, where, doing
what."""

from __future__ import annotations

import re

from reviewapp.refine.brief import count_of
from reviewapp.refine.camera import read_move
from reviewapp.refine.grammar import lower_first, plural, singular, split_words, with_article, without_article
from reviewapp.refine.look_words import LOOK_WORDS
from reviewapp.refine.statements import Instruction
from reviewapp.refine.words import COLOUR, COUNT, count_word

BRIEF_HAS_TEXT = re.compile(
    r"\b(?:text|title|sign|logo|lettering|words|caption|reads|says|label|written|poster)\b|[\"“«]",
    re.IGNORECASE,
)
_REMOVE = re.compile(
    r"(?:remove|delete|erase|drop|lose|avoid|omit|exclude|take out|take away|get rid of|leave out|no|no "
    r"more|without|"
    r"don['’]?t (?:show|add|include|want|have|use)|do not (?:show|add|include|want|have|use)|"
    r"i don['’]?t want|there should be no|there should(?: not|n['’]t) be|there must be no|there must not "
    r"be|never show|stop showing|hide)"
    r"(?: (?:any|all|the|a|an|those|that|this|these|more|his|her|their|its|of))* (?P<what>.+?)"
    r"(?: (?:at all|anywhere|from (?:the )?(?:shot|frame|video|scene|clip|picture)|in (?:the )?(?:shot|"
    r"frame|video|scene|clip|picture)))?",
    re.IGNORECASE,
)
_ADD = re.compile(
    r"(?:add|include|insert|put in|bring back|show(?: me)?|give (?:me|it|us)|needs?(?: to have)?|we need|"
    r"missing|there (?:should|must) be|there needs to be|"
    r"where (?:is|are)|where['’]s|have|there is no|there are no|i (?:don['’]?t|can['’]?t|cannot) see|no "
    r"visible|with) (?P<what>.+?)(?: visible| to (?:it|the (?:shot|scene)))?",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"(?P<what>.+?) (?:is|are|seems|went) (?:missing|not (?:there|visible|shown|in (?:the )?(?:shot|frame|"
    r"picture))|gone|absent|nowhere(?: to be seen)?)",
    re.IGNORECASE,
)
_UNWANTED = re.compile(
    r"(?P<what>.+?) (?:should not|shouldn['’]?t|must not|mustn['’]?t|does(?: not|n['’]?t)) (?:be (?:there|"
    r"visible|in (?:the )?(?:shot|frame|scene|picture|video)|here|seen|shown)|appear|belong(?: (?:here|"
    r"there))?)",
    re.IGNORECASE,
)
_COUNTED_WRONG = re.compile(
    rf"(?:there (?:is|are|were)|i (?:see|count|get|got)|it shows|we (?:see|got|have)|shows|only|got)(?: "
    rf"only)? (?P<wrong>{COUNT}) (?P<what>[\w' -]+?)"
    rf"(?:[,;.]| but| instead of| when| and not| -)* ?(?:(?:but )?(?:i|we) (?:asked for|wanted|want|need|"
    rf"said|ordered)|should(?: be| have been)?|must be|there should be|not|instead of|it should be)? "
    rf"?(?:only |exactly )?(?P<right>{COUNT})(?: [\w' -]+)?",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    rf"(?:(?:there (?P<seen>is|are)|make it|show|exactly|only|just|we need|have|use|it should be|should be|"
    rf"should have|i see|i count) )*(?P<count>{COUNT}) (?P<what>(?:[\w'-]+ ){{0,2}}[\w'-]+?)(?: only| not "
    rf"\w+)?",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"(?:make it |with |add |there (?:is|are|should be) |needs? |has |reduce(?: the)? )?(?:a (?:bit|"
    r"little) |much |way |far |a lot |lots )?"
    r"(?P<how>more|less|fewer|too much|too many|too little|too few|not enough|reduce the(?: amount of)?) "
    r"(?P<what>[\w' -]+?)",
    re.IGNORECASE,
)
_ADJECTIVE = re.compile(
    r".+(?:ic|ful|ous|ive|ish|able|less|istic)$|foggy|misty|moody|scary|creepy|funny|gritty|dreamy|"
    r"realistic|natural|subtle|intense",
    re.IGNORECASE,
)
_NOUN_TAIL = re.compile(
    r" (?:at|in|on|for|near|during|towards?) the (?:start|beginning|end|middle).*$", re.IGNORECASE
)
_NOT_NOUNS = frozenset(split_words("it this that way one thing need sense wonder idea matter problem longer"))


def counted(clause: str, brief: str) -> list[Instruction]:
    """Reads "There are two birds, I asked for three", "only one boat", "three birds"."""
    wrong = _COUNTED_WRONG.fullmatch(clause)
    if wrong is not None:
        return [exactly(wrong["right"], wrong["what"])]
    match = _COUNTED.fullmatch(clause)
    if match is None or re.match(
        r"(?:seconds?|frames?|times?|of|or|more|is|are|and)\b|.*\b(?:is|are|should|must|at|in|on)\b",
        match["what"],
        re.IGNORECASE,
    ):
        return []
    count, asked = match["count"], count_of(brief, match["what"])
    # "There are two birds" under a brief that says three is a complaint, not a wish.
    complains = match["seen"] or re.match(r"(?:i see|i count)", clause, re.IGNORECASE)
    return [exactly(asked if complains and asked and asked != count_word(count) else count, match["what"])]


def exactly(count: str, what: str) -> Instruction:
    word, what = count_word(count), without_article(what).strip()
    *before, last = what.split()
    noun = singular(last) if word == "one" else plural(last)
    return Instruction("presence", " ".join([*before, noun]), word)


def amount(clause: str, brief: str) -> list[Instruction]:
    """Reads "Less fog", "more people", "too many birds"."""
    match = _AMOUNT.fullmatch(clause)
    if match is None:
        return []
    how, what = match["how"].lower(), _NOUN_TAIL.sub("", without_article(match["what"]))
    more = how in {"more", "too little", "too few", "not enough"}
    if re.fullmatch(COLOUR, what, re.IGNORECASE) or not what or len(what.split()) > 4:
        return []
    if how in {"more", "less"} and _ADJECTIVE.fullmatch(what):
        return [Instruction("free", "", f"The look is {how} {what.lower()}")]
    if what.split()[-1].lower().endswith("ly") or what.lower() in LOOK_WORDS:
        return []
    asked = count_of(brief, what)
    if asked and how.startswith(("too", "not")):
        return [exactly(asked, what)]
    if how in {"too many", "too few", "fewer"}:
        what = " ".join([*what.split()[:-1], plural(what.split()[-1])])
    return [Instruction("presence", what, "much" if more else "little")]


def removed(clause: str, _brief: str) -> list[Instruction]:
    """Reads "No text", "remove the car", "the hat should not be there"."""
    match = _REMOVE.fullmatch(clause) or _UNWANTED.fullmatch(clause)
    if match is None:
        return []
    what = without_article(match["what"]).strip()
    # "No text or logos" names two things, and each gets its own sentence.
    things = [
        without_article(re.sub(r"^no ", "", thing.strip(), flags=re.IGNORECASE))
        for thing in re.split(r"\s+(?:or|and|nor)\s+|\s*,\s*", what)
    ]
    if not things or any(
        not thing or len(thing.split()) > 5 or thing.lower() in _NOT_NOUNS for thing in things
    ):
        return []
    if re.search(r"\b(?:is|are|should|must|i|we|it)\b", what, re.IGNORECASE):
        return []
    # "No pan, static camera" speaks of what the camera does; no pan and no camera is to be seen anyway.
    if any(re.search(r"\bcamera\b", thing, re.IGNORECASE) or read_move(thing) for thing in things):
        return []
    return [Instruction("presence", thing, "none", negatives=(thing.lower(),)) for thing in things]


def added(clause: str, brief: str) -> list[Instruction]:
    """Reads "Add a lighthouse", "the dog is missing", "where is the hat"."""
    match = _ADD.fullmatch(clause) or _MISSING.fullmatch(clause)
    if match is not None:
        what = match["what"].strip(" ?")
    elif re.fullmatch(r"(?:a|an) [\w'-]+(?: [\w'-]+){0,3}", clause, re.IGNORECASE):
        what = clause
    else:
        return []
    if (
        re.search(r"\b(?:is|are|should|must|that|it|i|we|you|to|but)\b", what, re.IGNORECASE)
        or len(what.split()) > 10
        or re.match(r"show .* from ", clause, re.IGNORECASE)
    ):
        return []
    if re.fullmatch(COUNT, what.split()[0], re.IGNORECASE) and len(what.split()) > 1:
        return counted(what, brief)
    what = without_article(what) if re.match(r"(?:the|any|some)\b", what, re.IGNORECASE) else what
    return [Instruction("presence", lower_first(with_article(what)), "some")] if what else []


FIRST = (counted,)
