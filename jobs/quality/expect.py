"""What a shot's own words ask for, where that decides what a finding means. English only.

A word that can be read two ways decides nothing: a check that stays silent costs a glance, one that accuses a
good clip costs the reviewer's trust.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.quality.people import asks_for_a_face, person_wanted
from jobs.quality.phrases import asked, clauses, denied, refused, words_of


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The answers, named as in `report.Ordered`. `person_wanted` is True when a face must be seen, False when
    none is asked for, None when the words leave it open; `sound_wanted` likewise.
    """

    still_wanted: bool
    person_wanted: bool | None
    face_wanted: bool
    cuts_wanted: bool
    sound_wanted: bool | None


def read(prompt: str, acceptance: Sequence[str] = (), negative_prompt: str = "") -> Expected:
    """Read the prompt, the acceptance criteria and the negative prompt of one shot."""
    text = "\n".join((prompt, *acceptance))
    return Expected(
        still_wanted=asks_for_a_still(text) or any(map(_A_STILL.fullmatch, _lines("\n".join(acceptance)))),
        person_wanted=person_wanted(text, negative_prompt),
        face_wanted=asks_for_a_face(text),
        cuts_wanted=asks_for_cuts(text),
        sound_wanted=sound_wanted(text, negative_prompt),
    )


# A camera that is asked to rest says nothing about the picture: its words are taken out first.
_CAMERA_RESTS = words_of(
    r"(?:camera|shot|frame|framing|lens|tripod|view|angle)(?: [\w'-]+){0,3} (?:still|motionless)"
)
_ALL_STILL = words_of(
    r"still life|nothing (?:moves|is moving|should move|may move)|(?:no|without any|without) (?:motion"
    r"|movement)(?! (?:of|from|by|in)\b)|freeze[- ]frame|(?:a|one) (?:completely "
    r"|perfectly )?still (?:picture|image|photo(?:graph)?)|static (?:picture|image|photo(?:graph)?)"
    r"|tableau vivant"
)
_ONE_RESTS = re.compile(
    r"\b(?:motionless\b|frozen (?:in time|moment)\b|(?:lie|lies|lying|sit|sits|sitting|stand|stands"
    r"|standing|stay|stays|hold|holds|holding|remain|remains|completely|perfectly"
    r"|absolutely) still\b(?! (?:visible|there|in (?:frame|view)|burning|\w+ing\b))|(?:is|are) still(?=$|,"
    r"| and\b| as\b| while\b| in a\b| on a\b))"
)
_MOVES = words_of(
    r"(?:mov|drift|float|glid|fly|fl[uo]tter|swim|run|walk|jump|danc|spin|rotat|turn|roll|sway|swing|flow"
    r"|blow|wav|ris|pass|driv|race|rush|stream|bob|pan|tilt|orbit|zoom|track|follow|circl|push|pull"
    r"|doll(?:y|i)|explod|splash|ripple|flicker|twinkl|crash|cross|gallop|hover)(?:e?s|ies|es|ing)|flies"
    r"|rises|(?:rain|snow|leaves|petals) falls?|(?:while|as) (?:[\w-]+ ){1,3}(?:fly|run|walk|drift|float"
    r"|flow|fall|swim|roll|dance|pass|move)"
)

# As a line of the acceptance criteria; in a prompt the words say too little.
_A_STILL = re.compile(
    r"(?:an? )?(?:(?:completely|perfectly|absolutely) )?still(?: picture| image| photo(?:graph)?| frame)?"
)


def asks_for_a_still(text: str) -> bool:
    """Whether a picture is asked for in which nothing moves, so that standing still is no fault.

    A subject that rests while something else moves, or while the camera does, is no such picture.
    """
    plain = "\n".join(_CAMERA_RESTS.sub("camera", clause) for clause in clauses(text))
    if asked(_ALL_STILL, plain):
        return True
    return asked(_ONE_RESTS, plain) and not asked(_MOVES, plain)


_CUTS = words_of(
    r"montage|supercut|slideshow|split[- ]screen|intercut(?:s|ting)?|cross-?cut(?:s|ting)?|(?:quick|fast"
    r"|rapid|jump|smash|match|hard|multiple|several|many|some) cuts?|cuts? (?:back )?(?:between|away)"
    r"|(?:then |we |scene |camera |shot |film |it |and )?cuts? (?:back )?to (?:a|an|the|her|his|their"
    r"|another|black|close[- ]ups?|wide)|cutting (?:between|to)|(?:dissolv|cross-?fad|transition"
    r"|morph)(?:es|e|s|ing)? (?:in)?to (?:a|an|the|another)|(?:series|sequence|succession"
    r"|collage) of (?:[\w-]+ ){0,2}(?:shots|scenes|clips|images|pictures|photos)|(?:multiple|several"
    r"|different|various) (?:different )?(?:shots|scenes|camera angles|angles)|changes? of scene"
    r"|scene changes?|multi-?shot|time ?jump"
)
# Cutting with a knife is no cut of the film.
_NO_FILM_CUT = words_of(
    r"(?:is|are) cut to|cuts? (?:back )?to (?:the|a) (?:chase|bone|core|quick|piece|slice|size|length)s?"
)
_NUMBERED = re.compile(r"\b(?:shot|scene) ?(?:2|two)\b")
_SPANS = re.compile(r"\b\d+(?:\.\d)?\s?[-–]\s?\d+(?:\.\d)?\s?s(?:ec|econds)?\b|\d:\d\d\s?[-–]\s?\d?\d:\d\d")
_ONE_TAKE = words_of(
    r"(?:(?:single|one|unbroken|continuous|uninterrupted),? ){1,2}(?:take|shot)|long take|oner|uncut"
    r"|without cutting"
)
_ANY_CUT = words_of(r"cuts?|cutting|montage|scene changes?|jump cuts?|hard cuts?|edits")


def asks_for_cuts(text: str) -> bool:
    """Whether more than one picture in a row is asked for. A demand for one take overrules it."""
    if forbids_cuts(text):
        return False
    plain = _NO_FILM_CUT.sub("", "\n".join(clauses(text)))
    lower = text.lower()
    return asked(_CUTS, plain) or bool(_NUMBERED.search(lower)) or len(_SPANS.findall(lower)) > 1


def forbids_cuts(text: str) -> bool:
    """Whether the words ask for one take, or for no cut at all."""
    return asked(_ONE_TAKE, text) or refused(_ANY_CUT, text)


_SOUND = r"(?:sound|sounds|audio|soundtrack)"
_HEARD = words_of(
    r"(?:with|has|have|having|hear|add|natural|ambient|clear) (?:the |its |clear |natural |ambient "
    r"|synchroni[sz]ed )*"
    rf"{_SOUND}|{_SOUND} of|sound effects?|sfx|soundscape|dialogue|voice-?over|narration|narrator|audible"
    r"|(?:is|are|can be|be) heard|we hear|music (?:plays|playing|swells|is playing)|(?:background|upbeat"
    r"|soft|gentle) music|lip[- ]sync(?:ed|hed)?"
)
_SAID = re.compile(r"\b(?:says|whispers|shouts|sings|replies|asks)\s?[,:]?\s*[\"“‘']")
_LABEL = re.compile(
    r"(?:^|[\n.] ?)(?:audio|sound|sfx|music|dialogue|voice-?over)\s?: ?(?!none|no\b|silent|silence|mute)\w"
)
_NONE = re.compile(r"(?:^|[\n.] ?)(?:audio|sound)\s?: ?(?:none|no\b|off|silent|silence|mute)")
_SILENT = re.compile(
    r"\b(?:clip|video|shot|result|output|it) (?:is|must be|should be|has to be|to be|stays) (?:silent"
    r"|mute[d]?)\b|\bsilent (?:clip|video|shot)\b|^(?:completely |fully |entirely )?(?:silent|silence"
    r"|muted?)$|\b(?:audio|sound) (?:is |should be |must be )?(?:off|muted)\b"
)
_ANY_SOUND = words_of(rf"{_SOUND}(?! effects?| of\b)(?: at all)?")


def sound_wanted(text: str, negative_prompt: str = "") -> bool | None:
    """True when something is to be heard, False when nothing is, None when the words leave it open.

    A silent street is a mood and "no music" is one sort of sound: neither asks for a clip without sound.
    """
    lower = text.lower()
    silent = any(
        not denied(clause, match.start()) for clause in _lines(lower) for match in _SILENT.finditer(clause)
    )
    if (
        silent
        or refused(_ANY_SOUND, text)
        or _NONE.search(lower)
        or _names(negative_prompt, "audio sound sounds")
    ):
        return False
    spoken = _SAID.search(lower) or _LABEL.search(lower)
    return True if spoken or asked(_HEARD, text) or _says_sound(lower) else None


def _lines(text: str) -> list[str]:
    """Clauses, parted at commas as well: "5 s, no cut, silent" holds three demands."""
    return [part.strip() for clause in clauses(text) for part in clause.split(",")]


def _says_sound(text: str) -> bool:
    return any(part in {"sound", "audio", "with sound", "with audio", "has sound"} for part in _lines(text))


def _names(negative_prompt: str, words: str) -> bool:
    """Whether one of the words is an item of its own in a negative prompt."""
    items = {item.strip() for item in re.split(r"[,;.\n|]+", negative_prompt.lower())}
    return bool(items & {form for word in words.split() for form in (word, f"any {word}", f"no {word}")})
