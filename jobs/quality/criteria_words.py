"""The words of a single demand in an acceptance criterion, and the rule that each asks for.

In small letters, and without what stands around a demand (`criteria.py` takes it away).
"""

from __future__ import annotations

import re
from typing import Final

from jobs.quality import criteria_rules as rules
from jobs.quality.criteria_rules import Rule
from jobs.quality.people import PERSON

_N = r"(?P<{}>\d+(?:\.\d+)?)"
_S = r" ?-?(?:s|secs?|seconds?)\b"
_LONG = r"(?: (?:long|in length|in total|of length|duration))?"
_NOT_A = r"(?:no|without|not a single|free of)(?: any| visible)? "
_SEEN = r"(?: (?:is|are))?(?: clearly)?(?: (?:visible|seen|shown|there|in (?:the )?(?:frame|picture)))?"
_FACE = r"(?:(?:a|one|the|her|his|their|this|clear|(?:person|man|woman)'s) )*(?:human )?face"
_RESTS = r"(?:(?:is|stands|stays|remains) )?(?:(?:completely|perfectly|absolutely) )?(?:still|motionless)"
_PICTURE = r"(?:picture|image|photo(?:graph)?)"

Written = tuple[tuple[str, Rule], ...]

_FILE: Final[Written] = (
    (
        r"(?:duration|length|lasts?|runs?|takes?|a)?(?: of| is|:)? ?"
        r"(?:about|around|exactly|roughly|approximately|~)? ?"
        r"(?:(?P<least>at least|no shorter than|not shorter than|a minimum of|minimum|longer than|more than"
        r"|min|>=?|≥)"
        r"|(?P<most>at most|no longer than|not longer than|a maximum of|maximum|shorter than|less than|under"
        r"|up to|max|<=?|≤))? ?"
        rf"{_N.format('length')}{_S}(?: ?(?:±|\+/?-) ?{_N.format('within')}(?:{_S})?)?{_LONG}"
        r"(?: clip| video| shot)?",
        rules.length,
    ),
    (
        rf"(?:duration|length|lasts?|between)?(?: of| is|:)? ?{_N.format('from')}(?:{_S})? ?(?:-|–|to) ?"
        rf"{_N.format('to')}{_S}{_LONG}",
        rules.length_between,
    ),
    (r"(?:duration|length|lasts?|exactly)?(?: of|:)? ?(?P<frames>\d+) frames(?: long)?", rules.frames),
    (
        # A portrait and a landscape alone are pictures, and no shapes.
        r"(?:in |format:? )?(?:an? )?(?P<shape>vertical|upright|horizontal|widescreen|square"
        r"|(?:portrait|landscape)(?= (?:format|orientation|mode|aspect)))"
        r"(?: (?:format|orientation|mode|aspect(?: ratio)?|video|clip|picture|frame))?",
        rules.shape,
    ),
    (
        r"(?:in )?(?:(?:aspect(?: ratio)?|format)(?: of| is|:)? ?)?"
        r"(?P<shape>(?P<across>\d{1,2}):(?P<down>\d{1,2}))(?: format| aspect(?: ratio)?)?",
        rules.shape,
    ),
    (
        r"(?:in |at |at least |resolution(?: of|:)? ?)*(?P<size>full hd|hd|4k|uhd|(?P<lines>\d{3,4})p)"
        r"(?: resolution| or (?:more|better))?",
        rules.lines,
    ),
    (
        r"(?:in |at |resolution(?: of|:)? ?)*(?P<width>\d{3,4}) ?[x×] ?(?P<height>\d{3,4})(?: pixels| px)?",
        rules.pixels,
    ),
    (r"(?:at )?(?P<fps>\d{2,3}(?:\.\d+)?) ?(?:fps|frames (?:per|a) second)", rules.rate),
)
_PICTURES: Final[Written] = (
    (
        rf"(?:a )?still(?: {_PICTURE}| frame)?|static {_PICTURE}|freeze[- ]frame|{_RESTS}"
        r"|nothing (?:moves|is moving|may move|must move|should move)"
        r"|(?:there is |with )?(?:no|without(?: any)?) (?:motion|movement)"
        rf"|(?:everything|all|the (?:whole |entire )?(?:{_PICTURE}|scene)) {_RESTS}",
        rules.nothing_moves,
    ),
    (
        r"(?:something|the picture) moves|(?:there is )?(?:motion|movement)"
        rf"|not? (?:a )?still(?: {_PICTURE})?",
        rules.something_moves,
    ),
    (
        rf"{_NOT_A}(?:hard |jump )?(?:cuts?|edits?|scene changes?)|never cuts?|(?:does not|doesn't) cut|uncut"
        r"|(?:a |one )?(?:(?:one|single|continuous|unbroken|uninterrupted) ){1,3}(?:take|shot)"
        r"|(?:a |one )?(?:(?:single|continuous|unbroken|uninterrupted) )?long take",
        rules.no_cut,
    ),
    (
        rf"{_NOT_A}(?:flicker(?:ing)?|brightness flicker)|(?:the )?light (?:is )?steady|steady light",
        rules.no_flicker,
    ),
    (rf"{_NOT_A}(?:flash(?:es|ing)?|strob(?:e|es|ing))", rules.no_flash),
    (rf"{_NOT_A}black (?:frames?|pictures?|screens?)|never black", rules.never_black),
    (rf"{_NOT_A}fad(?:es?|ing)", rules.no_fade),
    (
        rf"{_NOT_A}(?:freez(?:es?|ing)|frozen frames?|freeze frames?)|never freezes",
        rules.never_frozen,
    ),
    (
        rf"sharp|(?:the )?(?:picture |image |everything )?(?:is )?(?:in focus|crisp|sharp)|{_NOT_A}blur"
        r"|not (?:blurry|blurred|soft)",
        rules.sharp,
    ),
    (
        r"(?:a )?steady (?:camera|picture|shot)|(?:the )?camera (?:is |stays )?steady|steady"
        rf"|{_NOT_A}(?:camera )?(?:shak(?:e|es|ing)|jitter)",
        rules.steady,
    ),
    (
        r"(?:the )?(?:camera (?:is |stays )?(?:static|fixed|locked(?:[- ]off)?|still)"
        r"|(?:static|fixed|locked[- ]off|still) camera)"
        r"|(?:the )?camera (?:does not|doesn't|never) moves?|tripod",
        rules.camera_rests,
    ),
    (rf"{_NOT_A}(?:visible )?(?:grain|noise)", rules.no_grain),
    (
        rf"{_NOT_A}(?:compression )?(?:artefacts?|artifacts?|blocks|blocking|glitch(?:es)?)",
        rules.no_artefact,
    ),
    (rf"{_NOT_A}(?:morphing|melting|warping|wobble)", rules.no_melting),
)
_PEOPLE: Final[Written] = (
    (
        rf"(?:only one|exactly one|one|a single|just one) (?:human )?face{_SEEN}"
        rf"|{_NOT_A}(?:second|extra|other) faces?",
        rules.one_face,
    ),
    (
        rf"{_FACE} (?:is )?(?:always|constantly|permanently) (?:visible|seen|in (?:the )?(?:frame|picture))"
        rf"|{_FACE} stays (?:visible|in (?:the )?(?:frame|picture))",
        rules.face_stays,
    ),
    (
        rf"{_FACE} (?:stays|remains|is) (?:the same|itself|consistent|recogni[sz]able|stable|steady)"
        r"|(?:consistent|stable|same) face|face consistency",
        rules.face_is_itself,
    ),
    (rf"{_FACE}{_SEEN}", rules.face_is_there),
    (
        rf"(?:only|exactly|just) one (?:person|human){_SEEN}|a single (?:person|human){_SEEN}",
        rules.one_person,
    ),
    (
        rf"(?:(?:a|one|the|at least one) )?(?:person|human(?: being)?){_SEEN}|(?:somebody|someone){_SEEN}",
        rules.person_is_there,
    ),
    (
        rf"(?:no|without(?: any)?) (?:people|persons?|humans?|faces?){_SEEN}|(?:nobody|no one){_SEEN}",
        rules.nobody,
    ),
    (rf"(?:(?:an?|one|the|two|three|some|\d) )?(?:{PERSON}|people){_SEEN}", rules.certain_person),
)
_SOUND: Final[Written] = (
    (
        r"(?:completely )?(?:silent|silence|muted?)|(?:no|without(?: any)?) (?:sound|audio)(?: track)?"
        r"|(?:sound|audio) (?:is )?(?:off|muted)",
        rules.silent,
    ),
    (
        r"(?:no|without(?: any)?) (?:(?:background )?music|speech|voices?|voice-?over|dialogue|talking)",
        rules.without_a_sort_of_sound,
    ),
    (
        r"(?:has |with |there is )?(?:sound|audio)(?: is (?:audible|heard))?|not silent|audible sound",
        rules.heard,
    ),
)
RULES: Final = tuple((re.compile(pattern), rule) for pattern, rule in (*_FILE, *_PICTURES, *_PEOPLE, *_SOUND))
