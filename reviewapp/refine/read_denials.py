"""Reading what does not happen, or happens otherwise than the brief says: "the boat is not moving"."""

from __future__ import annotations

import re

from reviewapp.refine.brief import (
    colour_of,
    coloured_noun,
    count_of,
    direction_of,
    place_of,
    verb_of,
)
from reviewapp.refine.brief import (
    described as span_of,
)
from reviewapp.refine.complaint_words import STILL_WORDS
from reviewapp.refine.grammar import bare, definite, gerund, is_plural, sentence_case, without_article
from reviewapp.refine.look_words import WHOLE
from reviewapp.refine.read_complaints import moment
from reviewapp.refine.read_looks import look, setting
from reviewapp.refine.read_things import exactly
from reviewapp.refine.read_wishes import described, doing, stated
from reviewapp.refine.statements import Instruction
from reviewapp.refine.words import COLOUR, COLOURS, DIRECTIONS, MOTION_VERBS, STATE_GROUP

_WHO = r"(?P<who>(?:the |his |her |their |its |my |our |a |an )?(?:[\w'’-]+ ){0,2}?[\w'’-]+)"
_NOT_SUBJECTS = re.compile(
    r"(?:it|this|that|there|i|we|you|what|who|nothing|something|why|camera|shot|and|but|not|no)$",
    re.IGNORECASE,
)
# "Hold the camera still" orders; nobody is called "hold the camera".
_ORDERS = re.compile(
    r"(?:hold|keep|bring|move|put|get|turn|make|pull|push|raise|lower|let|give|show|use|try|stop|start) ",
    re.IGNORECASE,
)
_STILL = re.compile(
    rf"{_WHO} (?:{STILL_WORDS.pattern})(?P<when> (?:at|near|after|halfway|midway|in|for|towards?|"
    rf"again|suddenly|all) ?.*)?",
    re.IGNORECASE,
)
_IS_NOT = re.compile(rf"{_WHO} (?:is|are|was|were|gets|looks|seems) not (?P<what>.+)", re.IGNORECASE)
_DOES_NOT = re.compile(
    rf"{_WHO} (?:(?:does|do|did|will|would) not|never|barely|hardly) (?P<what>.+)", re.IGNORECASE
)
_SHOULD_MOVE = re.compile(
    rf"{_WHO} (?:should|must|needs? to|has to|have to) (?:be )?(?:keep |actually |really )?mov(?:e|ing)",
    re.IGNORECASE,
)
_ASKED_FOR = re.compile(
    r"(?:it |this |that |the (?:clip|video|shot|scene) )?(?:is|are|does|do)?(?: not|not) (?:at all "
    r")?(?:what (?:i|we) (?:asked|wanted|"
    r"ordered|said|described).*|(?:like |as |in )?(?:the |my )?(?:brief|prompt|script|described|"
    r"asked|description)|(?:match|follow|"
    r"fit)(?:es|s)? (?:the |my )?(?:brief|prompt|script|description))|ignor(?:es|ed|ing) (?:the |my "
    r")?(?:brief|prompt|script)|"
    r"(?:totally |completely )?(?:wrong|different) (?:scene|video|clip|content|thing|shot)",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"(?:(?:the |a )?(?P<who>[\w'’ -]+?)(?:['’]s)? (?:(?:is|are|has|have|looks|got|was|goes|with|in|"
    r"on|at)(?: in| on| at)? )*(?:the |a )?)?"
    r"wrong (?P<what>colou?r|place|position|side|spot|size|number|amount|count)(?: (?:of|for|on) "
    r"(?:the )?(?P<of>[\w'’ -]+))?|"
    r"(?:the )?(?P<kind>colou?r|place|position|size|number|amount|count) of (?:the "
    r")?(?P<of2>[\w'’ -]+?) (?:is|are) (?:wrong|off|incorrect)|"
    r"(?:the )?(?P<who3>[\w'’-]+)(?:['’]s)? (?P<kind3>colou?r|position|size|number|count) (?:is|are) "
    r"(?:wrong|off|incorrect)",
    re.IGNORECASE,
)
_WRONG_OTHER = re.compile(
    r"(?:(?:it is |this is )?(?:the |a )?wrong|not the right) (?P<what>[\w'’-]+(?: [\w'’-]+)?)", re.IGNORECASE
)


def not_as_asked(clause: str, _brief: str) -> list[Instruction]:
    """Reads "Not what I asked for": the clip as a whole is something else."""
    return [Instruction("tag", "", "content")] if _ASKED_FOR.fullmatch(clause) else []


def still(clause: str, brief: str) -> list[Instruction]:
    """Reads "The boat is frozen", "boat is not moving", "the boat should move"."""
    match = _SHOULD_MOVE.fullmatch(clause) or _STILL.fullmatch(clause)
    if match is None or not _is_thing(match["who"]):
        return []
    return [_moving(match["who"], brief, moment(clause))]


def _is_thing(who: str) -> bool:
    name = without_article(who)
    return (
        bool(name)
        and name.lower() not in WHOLE
        and _NOT_SUBJECTS.match(name) is None
        and not (len(name.split()) > 1 and _ORDERS.match(name))
        and not re.search(r"\b(?:is|are|it|should|must|not|no|nothing|why)\b", name, re.IGNORECASE)
    )


def _moving(who: str, brief: str, hint: str = "") -> Instruction:
    """The motion of the subject as the brief has it, else that it moves at all."""
    subject = without_article(who)
    verb = verb_of(brief, subject) or ""
    if direction := direction_of(brief, subject):
        return Instruction(
            "direction", subject, f"{verb if verb in MOTION_VERBS.split('|') else 'move'} {direction}"
        )
    own = verb in {
        "bounce",
        "spin",
        "rotate",
        "rise",
        "fall",
        "sway",
        "hover",
        "orbit",
        "circle",
        "hop",
        "jump",
        "swing",
        "zigzag",
        "climb",
    }
    return Instruction("keep", subject, gerund(verb) if own else "moving", hint=hint)


def denied(clause: str, brief: str) -> list[Instruction]:
    """Reads "It is not raining", "the man is not wearing a hat", "the ball does not bounce"."""
    if match := _IS_NOT.fullmatch(clause):
        return _is_not(match["who"], match["what"], clause, brief)
    if match := _DOES_NOT.fullmatch(clause):
        return _does_not(match["who"], match["what"], clause, brief)
    return []


def _is_not(who: str, what: str, clause: str, brief: str) -> list[Instruction]:
    what = re.sub(
        r"(?: at all| anymore| any more| really| yet)$|^(?:really|very|at all|actually|clearly) ", "", what
    )
    first = what.split()[0].lower()
    if re.search(r"\benough$|^(?:so|too|that|like) ", what):
        return []
    if not _is_thing(who):
        found = setting(what, brief)
        return found or (look(what, who, False, brief) if " " not in what else [])
    if first.endswith("ing") and len(first) > 4:
        return _does_not(who, what, clause, brief)
    return described(who, what, brief) or ([] if len(what.split()) > 6 else stated(who, f"be {what}"))


def _does_not(who: str, what: str, clause: str, brief: str) -> list[Instruction]:
    if not _is_thing(who):
        return []
    what = re.sub(r"(?: at all| anymore| any more| really| enough| much| yet| properly)+$", "", what)
    subject, (first, _space, rest) = without_article(who), what.partition(" ")
    verb = first.lower()
    if verb in {"stop", "stay", "keep"}:
        return []
    if verb in {"look", "feel", "seem", "appear", "looking"}:
        plain = re.sub(r"^(?:very|really|at all|like) ", "", rest)
        if re.fullmatch(r"(?:right|natural|real|realistic|good|correct|ok|okay|believable|like .+)", plain):
            return [Instruction("fault", subject, "natural", hint=moment(clause))]
        return described(who, plain, brief)
    if verb in {"match", "follow", "fit"}:
        return [
            Instruction(
                "free",
                "",
                sentence_case(f"{definite(who)} {'are' if is_plural(who) else 'is'} exactly as described"),
            )
        ]
    base = _verb_of_gerund(verb)
    if base in {"move", "go"} and not rest:
        return [_moving(who, brief, moment(clause))]
    if base in MOTION_VERBS.split("|") or verb.endswith("ing"):
        asked = direction_of(brief, subject)
        if asked and (not rest or re.search(r"left|right|up|down|toward|away", rest)):
            return [Instruction("direction", subject, f"{base} {asked}")]
        if rest and (found := doing(who, f"{base} {rest}", brief)):
            return found
        doing_it = verb if verb.endswith("ing") else gerund(base)
        return [Instruction("keep", subject, f"{doing_it} {rest}".strip())]
    return stated(who, what)


def _verb_of_gerund(verb: str) -> str:
    return next((base for base in MOTION_VERBS.split("|") if verb in {base, gerund(base)}), verb)


def wrong(clause: str, brief: str) -> list[Instruction]:
    """Reads "Wrong colour", "the boat is the wrong size", "wrong number of birds": what the brief says."""
    match = _WRONG.fullmatch(clause)
    if match is None:
        return _wrong_thing(clause, brief)
    what = (match["what"] or match["kind"] or match["kind3"] or "").lower()
    who = without_article((match["who"] or match["of"] or match["of2"] or match["who3"] or "").strip())
    if who.lower() in WHOLE:
        who = ""
    if what.startswith("colo"):
        colour = re.search(COLOUR, brief, re.IGNORECASE)
        who = who or (coloured_noun(brief, colour[0]) if colour else "") or ""
        asked = colour_of(brief, who) if who else None
        return [Instruction("colour", who, asked)] if asked else _as_described(who or "colours", brief)
    if not who:
        return _as_described("subject", brief)
    if what in {"place", "position", "side", "spot"} and (place := place_of(brief, who)):
        return [Instruction("place", who, place)]
    if what in {"number", "amount", "count"} and (count := count_of(brief, who)):
        return [exactly(count, who)]
    sizes = "|".join(word for word, (group, _side) in STATE_GROUP.items() if group == "size")
    if what == "size":
        for start, end in span_of(brief, who, sizes):
            return [Instruction("state", who, brief[start:end].lower())]
    return _as_described(who, brief)


def _as_described(who: str, _brief: str) -> list[Instruction]:
    return [
        Instruction(
            "free",
            "",
            sentence_case(f"{definite(who)} {'are' if is_plural(who) else 'is'} exactly as described"),
        )
    ]


def _wrong_thing(clause: str, brief: str) -> list[Instruction]:
    match = _WRONG_OTHER.fullmatch(clause)
    if match is None or match["what"].lower().split()[0] in {"way", "direction", "text", "spelling"}:
        return []
    what = match["what"].lower()
    if what.split()[0] == "camera":
        return [Instruction("tag", "", "camera")]
    if what in {"style", "light", "lighting"}:
        return [Instruction("tag", "", "style" if what == "style" else "light")]
    return _as_described("time of day" if what in {"time", "time of"} else what, brief)


def shown(clause: str, brief: str) -> list[Instruction]:
    """Reads "The boat goes left", "the boat is on the left": a complaint where the brief says otherwise."""
    match = re.fullmatch(
        rf"{_WHO} (?:is |are |keeps )?(?P<verb>(?:{MOTION_VERBS})(?:e?s|ing)?|flies|flying) (?P<rest>.+)",
        clause,
        re.IGNORECASE,
    )
    if match is not None and _is_thing(match["who"]):
        subject, asked = without_article(match["who"]), direction_of(brief, match["who"])
        for pattern in DIRECTIONS.values():
            if asked and re.fullmatch(pattern, match["rest"], re.IGNORECASE):
                verb = match["verb"].lower()
                base = _verb_of_gerund(verb) if verb.endswith("ing") else bare(verb)
                return [Instruction("direction", subject, f"{base} {asked}")]
    at = re.fullmatch(rf"{_WHO} (?:is|are) (?P<rest>(?:on|in|at) the .+)", clause, re.IGNORECASE)
    if at is not None and _is_thing(at["who"]) and (place := place_of(brief, at["who"])):
        seen = described(at["who"], at["rest"], brief)
        return (
            [Instruction("place", without_article(at["who"]), place)]
            if seen and seen[0].kind == "place"
            else []
        )
    return _plainly(clause, brief)


def far(clause: str, _brief: str) -> list[Instruction]:
    """Reads "The boat is too far away": nearer or further is a matter of the camera."""
    match = re.fullmatch(
        rf"{_WHO} (?:(?:is|are|looks?|seems?) )?(?:a bit |a little |way |much )?too (?P<how>far|"
        rf"distant|close|near)(?: (?:away|off|back|up))?",
        clause,
        re.IGNORECASE,
    )
    if match is None or not _is_thing(match["who"]):
        return []
    return [
        Instruction("look", "distance", "close" if match["how"].lower() in {"far", "distant"} else "wide")
    ]


def _plainly(clause: str, brief: str) -> list[Instruction]:
    """Reads "The boat is tiny", "the sky is dark": the other end, unless the brief asks for just that."""
    match = re.fullmatch(
        rf"{_WHO} (?:is|are|looks?|seems?) (?:so |very |really |way |just )?(?P<word>[\w-]+)",
        clause,
        re.IGNORECASE,
    )
    if match is None or not _is_thing(match["who"]) or match["word"].lower() in COLOURS:
        return []
    word, subject = match["word"].lower(), without_article(match["who"])
    group, side = STATE_GROUP.get(word, ("", 0))
    if group not in {"size", "brightness"} or any(True for _ in span_of(brief, subject, re.escape(word))):
        return []
    other = {"size": ("small", "large"), "brightness": ("dark", "bright")}[group][0 if side == 0 else 1]
    return [Instruction("state", subject, other)]


READERS = (not_as_asked, still, wrong, far, denied, shown)
