"""Reading what is no fault and no change: praise, settings of the shot, a whole scene, what is only seen."""

from __future__ import annotations

import re

from reviewapp.refine.brief import wanted
from reviewapp.refine.grammar import lower_first, split_words, without_article
from reviewapp.refine.look_words import WHOLE
from reviewapp.refine.read_wishes import doing, stated
from reviewapp.refine.statements import Instruction
from reviewapp.refine.words import MOTION_VERBS, POSTURES

_GOOD = (
    r"(?:great|lovely|nice|beautiful|perfect|excellent|amazing|awesome|gorgeous|fantastic|wonderful|"
    r"brilliant|"
    r"stunning|superb|good)"
)
_VERY = r"(?:(?:so|very|really|just|absolutely|simply|all|quite|pretty|is|looks?) )*"
_KEEP = (
    r"(?:[,.!]? (?:and )?(?:please )?keep (?:it|them|this|that)"
    r"(?: (?:as (?:it is|they are|is)|like (?:this|that)))?)"
)
_PRAISE = re.compile(
    rf"(?:(?:what an? |such an? |an? |the |really |very |so )*{_GOOD}(?: (?P<thing>[\w'’-]+(?: [\w'’-]+)?))??"
    rf"(?P<where> (?:on|in|at|of|here|there|work|job)\b[\w'’ -]*)?"
    rf"|(?:i |we )?(?:really |just |absolutely |do )*(?:love|like|adore|enjoy)(?:d)? (?:the |this |"
    rf"that |how )?"
    rf"(?P<loved>[\w'’ -]+?)"
    rf"|(?:the |this |that )?(?P<named>[\w'’ -]+?) (?:is|are|looks?|works?|feels?|was) "
    rf"{_VERY}(?:{_GOOD}|well|fine|ok|okay)"
    rf"(?: (?:here|now|as (?:it is|they are)))?)"
    rf"(?P<keep>{_KEEP})?",
    re.IGNORECASE,
)
_AS_IS = re.compile(
    r"keep (?P<thing>(?:the |his |her |their |this |that )?[\w'’-]+(?: [\w'’-]+)?)"
    r"(?P<same> (?:as (?:it is|they are|is)|like (?:this|that)|the same|unchanged))?",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:should|must|but|too|more|less|not|no|never|needs?|make|add|remove|instead|if|could|would|"
    r"than|want|"
    r"wanted|please|change|without|except|until|look like|looks like|like a|like an|has|have|does)\b",
    re.IGNORECASE,
)
_KEPT_NOUNS = frozenset(
    split_words(
        "light lighting colour colours color colors mood camera style look motion pace framing "
        "composition background music sound sky water"
    )
)


def praise(text: str) -> list[Instruction]:
    """Reads "Great light, keep it" and "love it": nothing to change, at most something to keep."""
    text = re.sub(r"[\s?!.]+$", "", text)
    match = _PRAISE.fullmatch(text)
    if (
        match is None
        or (_ASKS.search(text) and not match["keep"])
        or _ASKS.search(text[: match.start("keep")] or "")
    ):
        return []
    thing = without_article((match["thing"] or match["named"] or match["loved"] or "").strip())
    if match["keep"] and thing and thing.lower() not in WHOLE - _KEPT_NOUNS and len(thing.split()) <= 4:
        return [Instruction("as is", lower_first(thing), said=text)]
    return [Instruction("setting", "", "praise", said=text)]


def kept(clause: str, brief: str) -> list[Instruction]:
    """Reads "Keep the light as it is" and "keep the light"; "keep it" alone is praise."""
    match = _AS_IS.fullmatch(clause)
    if match is None:
        return []
    thing = without_article(match["thing"]).lower()
    if not thing or (thing in WHOLE and thing not in _KEPT_NOUNS):
        return [Instruction("setting", "", "praise")]
    named = thing in _KEPT_NOUNS or wanted(brief, thing)
    return [Instruction("as is", thing)] if match["same"] or (named and len(thing.split()) == 1) else []


_SIZE = (
    r"(?:[248]k|(?:full |ultra )?hd|uhd|(?:480|720|1080|1440|2160)p|\d{3,4} ?x ?\d{3,4}|\d{2,3} ?(?:fps|hz|"
    r"frames? (?:per|a|each) second)|\d{1,2}:\d{1,2}|wide ?screen|(?:vertical|horizontal|portrait|"
    r"landscape|square)"
    r"(?: (?:video|format|clip|orientation))|(?:higher|lower|better|more|full|increase(?: the)?|raise "
    r"the|lower the) "
    r"(?:resolution|bit ?rate|frame ?rate|fps|definition)|(?:\d+ ?mbps|\d+ ?kbps)|(?:an? |the "
    r")?(?:aspect ratio|"
    r"resolution|frame ?rate|bit ?rate)(?: (?:of|to|at|is|should be) .{1,20})?)(?: (?:resolution|video|"
    r"quality|"
    r"format|aspect(?: ratio)?|clip))?"
)
_OPEN = (
    r"(?:(?:make|render|shoot|export|use|change|set|have|give me|do|it|the (?:clip|video|shot)|should|"
    r"must|needs? to|"
    r"be|to|in|at|with|a|an|of) )*"
)
_SIZES = re.compile(rf"{_OPEN}{_SIZE}(?:(?:,| and|,? at|,? in|,? with|/)+ ?{_OPEN}{_SIZE})*", re.IGNORECASE)
_LENGTH = re.compile(
    rf"{_OPEN}(?:at least |about |only |exactly )?\d{{1,3}}[ -]?(?:s|secs?|seconds?|minutes?)(?: long| "
    rf"clip| video)?",
    re.IGNORECASE,
)


def served_elsewhere(clause: str, _brief: str) -> list[Instruction]:
    """Reads "Make it 4K, 60 fps" and "10 seconds long": words of a shot's settings."""
    text = re.sub(r"[\s?!.]+$", "", clause)
    if _SIZES.fullmatch(text):
        return [Instruction("setting", "", "format")]
    return [Instruction("setting", "", "duration")] if _LENGTH.fullmatch(text) else []


_SCENE = re.compile(
    r"(?:it|this|the (?:scene|place|shot|picture|background))? ?(?:should|must|needs to|has to) "
    r"(?:be|show|have|take place (?:in|on)|play (?:in|on)) (?P<what>an? .+?)(?:,? (?:and )?not "
    r"(?P<wrong>.+))?",
    re.IGNORECASE,
)


def scene(clause: str, _brief: str) -> list[Instruction]:
    """Reads "It should be a street with houses, not mountains": what is there, and what is not."""
    match = _SCENE.fullmatch(clause)
    if match is None or len(match["what"].split()) > 8 or "," in match["what"]:
        return []
    wrong = without_article((match["wrong"] or "").strip())
    if not wrong or len(wrong.split()) > 3:
        return []
    return [
        Instruction("presence", wrong, "none", negatives=(wrong.lower(),)),
        Instruction("presence", lower_first(match["what"]), "some"),
    ]


_SEEN = re.compile(r"there (?:is|are) (?P<what>(?:(?:an?|some) )?[\w'’-]+(?: [\w'’-]+){0,6})", re.IGNORECASE)
_NOT_SEEN = re.compile(
    r"\b(?:no|not|never|only|exactly|more|less|fewer|many|few|lot|too|nothing|something|clear|should|"
    r"must|is|are|"
    r"and|but|or|that|which|enough|please)\b",
    re.IGNORECASE,
)


def seen(clause: str, brief: str) -> list[Instruction]:
    """Reads "There is a person in the background", where the brief asks for nobody."""
    match = _SEEN.fullmatch(clause)
    if match is None or _NOT_SEEN.search(match["what"]) or wanted(brief, match["what"]):
        return []
    what = without_article(match["what"])
    return [Instruction("presence", what, "none", negatives=(what.lower(),))] if what else []


_CAUSED = re.compile(
    rf"(?:make|let|have|get) (?P<who>(?:the|his|her|their|its) (?:[\w'’-]+ )?[\w'’-]+) (?:to )?"
    rf"(?P<what>(?:{MOTION_VERBS}|{'|'.join(POSTURES)}|sink)\b.*)",
    re.IGNORECASE,
)
_FRAMED = re.compile(
    r"(?:keep|hold|get) (?P<who>(?:the|his|her|their) [\w'’-]+(?: [\w'’-]+)?) "
    r"(?:in|inside|within) (?:the )?(?:frame|shot|picture|view)",
    re.IGNORECASE,
)


def caused(clause: str, brief: str) -> list[Instruction]:
    """Reads "Let the boat drift", "make the boat sink", "keep the boat in frame"."""
    if match := _FRAMED.fullmatch(clause):
        return [Instruction("fault", without_article(match["who"]), "framed")]
    match = _CAUSED.fullmatch(clause)
    if match is None or re.search(r"\bcamera\b", match["who"], re.IGNORECASE):
        return []
    return doing(match["who"], match["what"], brief) or stated(match["who"], match["what"])


FIRST = (served_elsewhere, kept, caused)
LAST = (seen,)
