"""Reading what a reviewer saw go wrong with the whole clip, or with what should be in it."""

from __future__ import annotations

import re

from reviewapp.refine.brief import count_of, wanted
from reviewapp.refine.complaint_words import CLIP_FAULTS, LOOK_FAULTS, TOO_LONG_OR_SHORT, WRONG_SHAPE
from reviewapp.refine.grammar import is_plural, lower_first, with_article, without_article
from reviewapp.refine.look_words import SOFTER, WHOLE
from reviewapp.refine.read_things import BRIEF_HAS_TEXT, exactly
from reviewapp.refine.statements import Instruction

_END, _START, _MIDDLE = "above all near the end", "above all near the start", "above all midway through"
_WHEN = re.compile(
    r" (?:motions?|movements?|animation|lights?|picture|image|footage|video|clip|playback|look|colou?rs?)$|"
    r"[ ,]*\b(?:(?:right |just |only |mostly |even |especially )?(?:(?:at|near|towards?|in|by|from|"
    r"till|until) (?:the )?"
    r"(?:very )?(?:end|start|beginning|middle|first half|second half|last half|last second|first second)"
    r"(?: (?:of|in) (?:the|it)(?: \w+)?)?|"
    r"(?:for|in|during|at|after) (?:the )?(?:first|last) (?:\w+ )?(?:half|seconds?|secs?|part|bit|"
    r"frames?|moments?)|"
    r"(?:after|at|around|for|about|from) (?:about |like )?(?:an? |\d+(?:[.:]\d+)? ?)(?:few )?"
    r"(?:seconds?|secs?|s|moments?|while|bit)?|(?:half|mid)[ -]?way(?: through)?|at some point|"
    r"mid[- ](?:clip|shot|video)|"
    r"sometimes|from time to time|all the time|constantly|throughout|the whole time|a lot|a bit|a "
    r"little|too much|"
    r"so much|very much|badly|again|suddenly|once|twice|everywhere|overall|in (?:some )?places|here|"
    r"there|now|still|"
    r"every time|on and off|randomly|weirdly|slightly|for no reason|between (?:the )?frames|(?:of|"
    r"in) (?:the|this) "
    r"(?:clip|video|shot|one)|all over|early on|later on|way too much|as well|too))$",
    re.IGNORECASE,
)
_OPENINGS = re.compile(
    r"(?:and|but|also|why|does|do|it|this|that|they|the (?:whole |entire )?(?:clip|video|shot|motion|"
    r"movements?|animation|"
    r"picture|image|footage|scene|frames?|thing|screen|playback|colou?rs?|light(?:ing)?|look|quality|"
    r"result|speed|camera "
    r"work)|everything|all of it|whole thing|motions?|movements?|video|clip|animation|image|picture|"
    r"footage|shot|scene|"
    r"lighting|colou?rs|is|are|was|were|looks?|looking|feels?|feeling|seems?|gets?|got|becomes?|"
    r"keeps? on|keeps?|has|have|"
    r"had|there (?:is|are|was)|too|very|so|really|super|extremely|quite|rather|pretty|a bit|a little|"
    r"slightly|somewhat|"
    r"kinda|kind of|sort of|still|always|much|way|all|totally|completely|just|some|lots? of|a lot of|"
    r"too much|too many|"
    r"such|weird|strange|odd|ugly|bad|annoying|random|sudden|suddenly|constantly|sometimes|(?:i|we|"
    r"you) (?:can )?"
    r"(?:see|notice|noticed|saw)|an?|the|being|of|should not|must not|do not|fix|reduce|avoid|less|"
    r"no|remove|stop|without)"
    r"(?: the)? ",
    re.IGNORECASE,
)
_FAULTS = tuple((name, re.compile(words, re.IGNORECASE), terms) for name, words, terms in CLIP_FAULTS)
_LOOKS = tuple((axis, value, re.compile(words, re.IGNORECASE)) for axis, value, words in LOOK_FAULTS)
_LITTLE = re.compile(
    r"\b(?:a (?:tiny |little )?bit|a little|slightly|somewhat|a touch|a tad|rather)\b", re.IGNORECASE
)
_MARK = (
    r"text|letters?|lettering|words?|writing|watermarks?|logos?|captions?|subtitles?|signatures?|"
    r"time ?stamps?|numbers?"
)
_MARKS = re.compile(
    r"(?:why )?(?:there (?:is|are)|is there|are there|i (?:can )?see|it has|has|shows?)? ?(?:an? |"
    r"the |some |random |weird |"
    r"gibberish |strange |fake |unwanted |ugly |big |small |of |lots of )*"
    rf"(?P<what>{_MARK})(?P<rest> (?:is |are )?(?:appear\w*|show\w*|pop\w*|visible|there|burned in|"
    rf"on (?:the )?.{{2,30}}|"
    r"in (?:the )?.{2,30}|at (?:the )?.{2,30}|everywhere|over .{2,30}|garbled|gibberish|misspelled|"
    r"misspelt|wrong|"
    r"unreadable|illegible|nonsense|scrambled|not readable|makes? no sense))*",
    re.IGNORECASE,
)
_GARBLED = re.compile(
    r"garbled|gibberish|misspel|wrong|unreadable|illegible|nonsense|scrambled|not readable|no sense|typo",
    re.IGNORECASE,
)
_THERE_IS = r"(?:there (?:is|are|was|were)|it has|it shows|has|have)"
_IN_IT = (
    r"(?: (?:visible|anywhere|at all|to be seen|in sight|here|go|gone|there|in (?:it|the (?:shot|"
    r"frame|video|clip|picture|"
    r"scene|image))))*"
)
_LACKS = re.compile(
    rf"(?:where (?:is|are|did|has|have)|what happened to|(?:i |you |we |one )?(?:do not|cannot|can "
    rf"not|could not|did not) "
    rf"(?:see|find|spot|notice|get)(?: any)?|{_THERE_IS} (?:no|not an?|not any)|no visible|no sign "
    rf"of|missing|is missing|"
    rf"forgot|you forgot|it forgot|lacks?|lacking|it lacks|hardly any)(?: (?:the|an?|any|of|my|"
    rf"our))* (?P<what>.+?){_IN_IT}",
    re.IGNORECASE,
)
_NONE_OF = re.compile(rf"no (?P<what>[\w'’ -]+?){_IN_IT}", re.IGNORECASE)
_GONE = re.compile(
    r"(?P<what>.+?) (?:(?:is|are|was|were|has|have|seems?|went|got)(?: completely| totally| just| "
    r"been)* )?(?:missing|gone|"
    r"absent|lost|forgotten|invisible|hidden|nowhere(?: to be (?:seen|found))?|not (?:there|visible|"
    r"shown|present|seen|"
    r"in (?:it|the (?:shot|frame|picture|video|clip|scene)))(?: at all)?|(?:does|do|did) not "
    r"(?:appear|show(?: up)?|exist)"
    r"(?: at all)?|never (?:appears?|shows? up|comes?))",
    re.IGNORECASE,
)
_UNASKED = re.compile(
    r"(?:why (?:is|are) there|who (?:is|are)|what is|there (?:is|are)|i see|also|suddenly|and|random|"
    r"extra|unwanted|"
    r"unexpected|weird|strange|an?|some|the|that|this|\d+) .+",
    re.IGNORECASE,
)
_UNASKED_MARK = re.compile(
    r"^(?:why (?:is|are) there|who (?:is|are) (?:that|this|these|those)|what is (?:that|this))\b|"
    r"\b(?:random|unwanted|"
    r"unexpected|unasked|suddenly)\b|\b(?:out of nowhere|(?:i|we|nobody|no one) (?:did not|never) "
    r"(?:ask(?:ed)?|want(?:ed)?|"
    r"order(?:ed)?)(?: for)?(?: (?:it|that|this|them|one))?|(?:was|is|were|are) not (?:in the "
    r"(?:brief|prompt|script)|asked for)"
    r"|nobody asked for|not asked for)\b",
    re.IGNORECASE,
)
_NOT_A_THING = re.compile(
    r"\b(?:is|are|was|should|must|that|it|i|we|you|to|not|like|need|sense|reason|idea|way|point|"
    r"but|problem|longer|more|much|"
    r"one|thing|motion|movement|action|camera|pan|zoom|tilt|shake|clue|difference|change|changes|"
    r"dolly|be|looks?|seems?|and|"
    r"moving|blur|flicker|flickering|noise|grain|light|contrast|cuts?|jumps?|sound|audio|music|sync|"
    r"anything)\b",
    re.IGNORECASE,
)


def moment(clause: str) -> str:
    """When in the clip the clause says it happens, in words a model can follow; "" where it does not say."""
    lower = clause.lower()
    if re.search(
        r"\b(?:at|near|towards?|in|by|till|until) (?:the )?(?:very )?end\b|\blast (?:\w+ )?(?:second|"
        r"half|sec)",
        lower,
    ):
        return _END
    if re.search(
        r"\b(?:at|near|in|from) (?:the )?(?:very )?(?:start|beginning)\b|\bfirst (?:\w+ )?(?:second|half)",
        lower,
    ):
        return _START
    return (
        _MIDDLE
        if re.search(r"\b(?:half|mid)[ -]?way\b|\bin the middle(?: of|$)|\bmid[- ](?:clip|shot)", lower)
        else ""
    )


def unchangeable(clause: str, _brief: str) -> list[Instruction]:
    """Reads "Too short" and "should be vertical": settings of the shot, which no prompt can change."""
    if TOO_LONG_OR_SHORT.fullmatch(clause):
        return [Instruction("setting", "", "duration")]
    return [Instruction("setting", "", "format")] if WRONG_SHAPE.fullmatch(clause) else []


def clip(clause: str, brief: str) -> list[Instruction]:
    """Reads "Jerky", "it freezes at the end", "goes black halfway", "looks a bit washed out"."""
    text = _plain(clause)
    # "Keep it slow" orders what "it keeps slow" complains of.
    if re.match(r"(?:keep|make|let|get|turn) (?:it|this|them|the)\b", text, re.IGNORECASE):
        return []
    if _BAD_MOTION.fullmatch(text):
        return [Instruction("tag", "", "motion")]
    forms = [text]
    while (shorter := _WHEN.sub("", forms[-1]).strip()) != forms[-1] and shorter:
        forms.append(shorter)
    for form in forms:
        while form:
            if found := _fault(form, clause, brief):
                return found
            opening = _OPENINGS.match(form)
            if opening is None:
                break
            form = form[opening.end() :].strip()
    return []


_BAD_MOTION = re.compile(
    r"(?:the )?(?:motions?|movements?|animation|walk(?:ing)?|gait|run) (?:is|are|looks?|feels?|"
    r"seems?) (?:so |very |really |too |a bit |kind of "
    r"|all )?(?:weird|wrong|off|odd|strange|bad|unnatural|awkward|broken|unrealistic|fake|floaty|weightless)",
    re.IGNORECASE,
)


def _plain(clause: str) -> str:
    return re.sub(r"[?!.\s]+$", "", clause).strip()


def _fault(form: str, clause: str, brief: str) -> list[Instruction]:
    for name, pattern, negatives in _FAULTS:
        if pattern.fullmatch(form):
            # A brief that asks for a wide cut or a jump is not contradicted by the bare word.
            return [Instruction("remedy", "", name, hint=moment(clause), negatives=negatives, said=clause)]
    for axis, value, look in _LOOKS:
        if look.fullmatch(form):
            soft = _LITTLE.search(clause) is not None
            return [Instruction("look", axis, SOFTER.get(value, value) if soft else value)]
    return []


def marks(clause: str, brief: str) -> list[Instruction]:
    """Reads "There is a watermark", "random text in the corner", "the sign text is gibberish"."""
    match = _MARKS.fullmatch(_plain(clause))
    if match is None:
        garbled = _GARBLED.search(clause) and re.search(r"\b(?:sign|text|letters|words|logo|label)\b", clause)
        lettered = garbled and not re.search(r"\b(?:should|must)\b", clause) and BRIEF_HAS_TEXT.search(brief)
        return [Instruction("tag", "", "lettering", said=clause)] if lettered else []
    what, garbled = match["what"].lower(), _GARBLED.search(clause)
    asked = BRIEF_HAS_TEXT.search(brief) is not None and wanted(brief, what)
    if garbled and (asked or BRIEF_HAS_TEXT.search(brief)):
        return [Instruction("tag", "", "lettering", said=clause)]
    if asked or (clause.lower() == what and what in {"numbers", "number", "words", "word"}):
        return []
    return [Instruction("presence", what, "none", negatives=(what,))]


def missing(clause: str, brief: str) -> list[Instruction]:
    """Reads "Where is the dog??", "there are no birds", "no boat" where one was asked for."""
    text = _plain(clause)
    match = _LACKS.fullmatch(text) or _GONE.fullmatch(text)
    if match is None:
        match = _NONE_OF.fullmatch(text)
        unseen = re.search(r" (?:visible|to be seen|in sight)\b", text) is not None
        if match is None or not (unseen or wanted(brief, match["what"])):
            return []
    what = without_article(match["what"].strip(" ,"))
    if not what or len(what.split()) > 5 or what.lower() in WHOLE or _NOT_A_THING.search(what):
        return []
    asked = count_of(brief, what)
    if asked and asked != "one":
        return [exactly(asked, what)]
    return [Instruction("presence", lower_first(with_article(what)), "some")]


def unasked(clause: str, brief: str) -> list[Instruction]:
    """Reads "Why is there a car", "random people in the back", "a dog I did not ask for"."""
    text = _plain(clause)
    if _UNASKED_MARK.search(text) is None or _UNASKED.fullmatch(text) is None:
        return []
    what = _UNASKED_MARK.sub(" ", text)
    what = re.sub(
        r"^\s*(?:(?:there (?:is|are)|i see|also|and|an?|some|the|that|this|these|extra|weird|strange)\b\s*)+",
        "",
        what,
    )
    what = re.sub(
        r"[\s,]*\b(?:which|that|who|appears?|appearing|shows? up|is there|comes?|but|and)\b.*$|[\s,?]+$",
        "",
        what,
    )
    what = re.sub(r"\s+(?:in|on|at|behind|near) (?:the|my|a) .*$| there$| here$", "", " ".join(what.split()))
    if not what or len(what.split()) > 4 or wanted(brief, what) or _NOT_A_THING.search(what):
        return []
    return [Instruction("presence", what, "none", negatives=(what.lower(),))]


def doubled(clause: str, brief: str) -> list[Instruction]:
    """Reads "Extra boat", "the boat splits in two", "two of the same dog"."""
    match = re.fullmatch(
        r"(?:(?:there (?:is|are) )?(?:an? )?(?:extra|second|another|duplicate|duplicated|double) "
        r"(?P<one>[\w'-]+)|(?:the )?"
        r"(?P<two>[\w'-]+) (?:splits? (?:in|into) (?:two|2)|doubles|is (?:doubled|duplicated|cloned)|"
        r"duplicates|multiplies))",
        _plain(clause),
        re.IGNORECASE,
    )
    what = (match["one"] or match["two"]) if match else ""
    if not what or not wanted(brief, what) or is_plural(what):
        return []
    return [exactly(count_of(brief, what) or "one", what)]


READERS = (unchangeable, marks, missing, unasked, doubled, clip)
