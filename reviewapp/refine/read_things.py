"""Reading what a clause says about the things in the picture: which, how many, what colour, where, doing
what."""

from __future__ import annotations

import re

from .brief import colour_of, coloured_noun, count_of, mentions
from .grammar import (
    be,
    definite,
    is_plural,
    lower_first,
    plural,
    sentence_case,
    singular,
    split_words,
    third,
    with_article,
    without_article,
)
from .read_looks import look, setting
from .statements import Instruction
from .words import (
    COLOUR,
    COUNT,
    DIRECTIONS,
    LOOK_WORDS,
    MOTION_VERBS,
    OPPOSITE_DIRECTION,
    PLACES,
    POSTURES,
    STATE_GROUP,
    WHOLE,
    count_word,
)

BRIEF_HAS_TEXT = re.compile(
    r"\b(?:text|title|sign|logo|lettering|words|caption|reads|says|label|written|poster)\b|[\"“«]",
    re.IGNORECASE,
)
_TEXT_THINGS = {
    "text",
    "texts",
    "letters",
    "lettering",
    "words",
    "caption",
    "captions",
    "subtitle",
    "subtitles",
    "writing",
}
_SHOULD = re.compile(
    r"(?P<who>.+?) (?:should|must|has to|have to|needs? to|ought to|(?:is|are) supposed to|shall|has got to)"
    r"(?: (?P<not>not|never|no longer))? (?:always |really |clearly |all |definitely |actually |just "
    r")?(?P<what>.+)",
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
        return [_exactly(wrong["right"], wrong["what"])]
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
    return [_exactly(asked if complains and asked and asked != count_word(count) else count, match["what"])]


def _exactly(count: str, what: str) -> Instruction:
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
        return [_exactly(asked, what)]
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
    things = [without_article(thing.strip()) for thing in re.split(r"\s+(?:or|and|nor)\s+|\s*,\s*", what)]
    if not things or any(
        not thing or len(thing.split()) > 5 or thing.lower() in _NOT_NOUNS for thing in things
    ):
        return []
    if re.search(r"\b(?:is|are|should|must|i|we|it)\b", what, re.IGNORECASE):
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
        re.search(r"\b(?:is|are|should|must|that|it|i|we|you|to)\b", what, re.IGNORECASE)
        or len(what.split()) > 10
    ):
        return []
    if re.fullmatch(COUNT, what.split()[0], re.IGNORECASE) and len(what.split()) > 1:
        return counted(what, brief)
    what = without_article(what) if re.match(r"(?:the|any|some)\b", what, re.IGNORECASE) else what
    return [Instruction("presence", lower_first(with_article(what)), "some")] if what else []


def required(clause: str, brief: str) -> list[Instruction]:
    """Reads "The boat should be red", "the dog must run to the left", "it needs to be at night"."""
    match = _SHOULD.fullmatch(clause)
    if match is None:
        return []
    who, what = match["who"].strip(), match["what"].strip()
    if len(who.split()) > 6:
        return []
    if match["not"]:
        return _forbidden(who, what)
    be_match = re.fullmatch(
        r"(?:change to|be|look|appear|stay|remain|become|turn|get|keep)(?: like)? (?P<value>.+)",
        what,
        re.IGNORECASE,
    )
    if be_match is not None:
        return described(who, be_match["value"], brief) or _stated(who, what)
    return doing(who, what, brief) or _stated(who, what)


def _forbidden(who: str, what: str) -> list[Instruction]:
    who = without_article(who)
    verb = "do" if is_plural(who) else "does"
    if what.lower().startswith("be "):
        return [Instruction("free", "", sentence_case(f"{definite(who)} {be(who)} not {what[3:]}"))]
    return [Instruction("free", "", sentence_case(f"{definite(who)} {verb} not {what}"))]


def _stated(who: str, what: str) -> list[Instruction]:
    """The wish as a plain sentence in the present tense."""
    if who.lower() in {"it", "there", "this", "that"} or who.lower().startswith(("i ", "we ", "you ")):
        return []
    subject = definite(who)
    rest = what[3:] if what.lower().startswith("be ") else what
    if what.lower().startswith("be "):
        verb = be(subject)
    elif is_plural(subject):
        verb = ""
    else:
        first, _space, tail = what.partition(" ")
        verb, rest = third(first.lower()), tail
    return [Instruction("free", "", sentence_case(" ".join(word for word in (subject, verb, rest) if word)))]


def described(who: str, value: str, brief: str) -> list[Instruction]:
    """Reads "Who is value": a colour, a place, a time, a number, a look or a state."""
    value = value.strip().rstrip(",; ")
    if not value:
        return []
    subject = without_article(
        re.sub(r"^the colou?r of |['’]s colou?r$| colou?r$", "", who, flags=re.IGNORECASE)
    )
    if who.lower() == "there":
        return counted(value, brief) or added(f"add {value}", brief)
    colour = re.fullmatch(
        rf"(?:(?:in|all|completely|fully|entirely|more) )?(?P<colour>{COLOUR})", value, re.IGNORECASE
    )
    if colour is not None:
        subject = _colour_subject(subject, brief) if subject.lower() in WHOLE else subject
        return [Instruction("colour", subject, colour["colour"].lower())] if subject else []
    for place, pattern in PLACES.items():
        if re.fullmatch(pattern, value, re.IGNORECASE) and subject.lower() not in WHOLE:
            return [Instruction("place", subject, place)]
    if subject.lower() in WHOLE | {"time", "style", "weather"} and (found := setting(value, brief)):
        return found
    if re.fullmatch(COUNT, value, re.IGNORECASE) and subject.lower() not in WHOLE:
        return [_exactly(value, subject)]
    if found := look(value, who, False, brief) if " " not in value else []:
        return found
    words = value.split()
    if (
        subject.lower() in WHOLE
        or not subject
        or len(subject.split()) > 4
        or len(words) > 3
        or words[0].lower() in {"a", "an", "the"}
    ):
        return []
    return [Instruction("state", subject, lower_first(value))]


def _colour_subject(_whole: str, brief: str) -> str:
    """What "it should be red" speaks of: the one coloured thing of the brief, when there is one."""
    match = re.search(COLOUR, brief, re.IGNORECASE)
    return (coloured_noun(brief, match[0]) or "") if match else ""


def doing(who: str, what: str, _brief: str) -> list[Instruction]:
    """Reads "Who does what": a direction, a pace or a posture."""
    subject, what = without_article(who), what.strip()
    match = re.fullmatch(rf"(?P<verb>{MOTION_VERBS})(?: (?P<rest>.+))?", what, re.IGNORECASE)
    if (
        subject.lower() in WHOLE
        or len(subject.split()) > 4
        or (match is None and what.split()[0].lower() not in POSTURES)
    ):
        return []
    verb, _space, rest = what.lower().partition(" ")
    pace = re.fullmatch(
        r"(?:much |a (?:bit|little) |more |very )*(?P<pace>slow(?:er|ly)?|fast(?:er)?|quick(?:er|ly)?)", rest
    )
    if pace is not None:
        return [
            Instruction(
                "pace", subject, f"{verb} {'slowly' if pace['pace'].startswith('slow') else 'quickly'}"
            )
        ]
    for direction, pattern in DIRECTIONS.items():
        if re.fullmatch(pattern, rest, re.IGNORECASE):
            return [Instruction("direction", subject, f"{verb} {direction}")]
    return [Instruction("action", subject, f"{verb} {rest}".strip())] if verb in POSTURES else []


def made(clause: str, brief: str) -> list[Instruction]:
    """Reads "Make the boat red", "the boat to be red", "put the boat on the left"."""
    opening = r"(?:make|turn|paint|colou?r|dye|keep|have|get|put|place|move|position|set|let)"
    match = re.fullmatch(rf"(?P<verb>{opening} )?(?P<rest>.+)", clause, re.IGNORECASE)
    if match is None or (
        match["verb"] is None
        and not re.match(r"(?:the|it|them|his|her|their|my|our)\b", clause, re.IGNORECASE)
    ):
        return []
    words = match["rest"].split()
    for cut in range(1, min(len(words), 6)):
        who, value = " ".join(words[:cut]), " ".join(words[cut:])
        plain = re.sub(r"^(?:to be |be |look |to |into )", "", value, flags=re.IGNORECASE)
        if re.search(
            r"\b(?:is|are|was|not|no|should|must|of|and|or)$|^(?:it|them) .", who, re.IGNORECASE
        ) or is_article(who):
            continue
        known = _is_known(plain) or (plain != value and value.lower().startswith(("to be ", "be ")))
        if (known and (found := described(who, plain, brief))) or (
            value.lower().startswith("to ") and (found := doing(who, value[3:], brief))
        ):
            return found
    return []


def is_article(words: str) -> bool:
    return not without_article(words)


def _is_known(value: str) -> bool:
    lower = value.lower()
    return (
        re.fullmatch(rf"(?:in |all )?{COLOUR}", lower) is not None
        or lower in STATE_GROUP
        or lower in LOOK_WORDS
        or any(re.fullmatch(pattern, lower) for pattern in PLACES.values())
        or bool(setting(lower, ""))
    )


def observed(clause: str, brief: str) -> list[Instruction]:
    """Reads "The boat is blue": a complaint where the brief says another colour, else a wish."""
    match = re.fullmatch(
        rf"(?P<who>[\w' -]+?) (?:is|are|looks?|turned|was)(?P<not> not)? (?P<colour>{COLOUR})",
        clause,
        re.IGNORECASE,
    )
    if match is None:
        return []
    subject = without_article(match["who"])
    if not subject or subject.lower() in WHOLE or len(subject.split()) > 4:
        return []
    asked = None if match["not"] else colour_of(brief, subject)
    return [Instruction("colour", subject, asked or match["colour"].lower())]


def coloured(clause: str, brief: str) -> list[Instruction]:
    """Reads "Red boat", "a red boat", "red"."""
    match = re.fullmatch(
        rf"(?:an? |the )?(?P<colour>{COLOUR})(?P<rest>(?: [\w'-]+){{0,3}})(?: please)?", clause, re.IGNORECASE
    )
    if match is None:
        return []
    subject = match["rest"].strip() or _colour_subject("", brief)
    known = subject and (mentions(brief, subject) or not match["rest"].strip())
    return [Instruction("colour", subject, match["colour"].lower())] if known else []


def wrong_way(clause: str, brief: str) -> list[Instruction]:
    """Reads "wrong direction" and "the boat goes the wrong way": the direction of the brief, on its own."""
    match = re.fullmatch(
        rf"(?:the )?(?P<who>[\w' -]+?)? ?(?P<verb>(?:{MOTION_VERBS})(?:e?s|ing)? )?(?:is |are |in |the |"
        rf"going |moving )*(?:wrong|opposite) (?:direction|way)",
        clause,
        re.IGNORECASE,
    )
    if match is None:
        return []
    for direction in OPPOSITE_DIRECTION:
        if re.search(rf"\b{direction}\b", brief, re.IGNORECASE) and match["who"]:
            return [Instruction("direction", without_article(match["who"]), f"move {direction}")]
    who = without_article(match["who"] or "")
    subject = "The motion" if not who or who.lower() in WHOLE else definite(who)
    verb = "go" if is_plural(subject) else "goes"
    return [Instruction("free", "", sentence_case(f"{subject} {verb} the other way"))]


FIRST = (counted,)
LAST = (wrong_way, removed, amount, coloured, required, made, observed, added)
