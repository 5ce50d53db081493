"""Reading back the sentences that `statements` writes, so that a later round replaces or strengthens them."""

from __future__ import annotations

import re
from collections.abc import Callable

from reviewapp.refine.camera import STILL
from reviewapp.refine.grammar import ARTICLES, split_words, third
from reviewapp.refine.look_words import LOOK_OF_SENTENCE
from reviewapp.refine.statements import FAULTS, REMEDY_OF_SENTENCE, TAG_OF_SENTENCE, Instruction, parse
from reviewapp.refine.words import COLOUR, DIRECTIONS, MOTION_VERBS, PLACES, POSTURES, STYLES, TIMES, WEATHER


def recognise(sentence: str) -> tuple[Instruction, int] | None:
    """The instruction and its level that one of our sentences says; None for any other sentence."""
    core, level = parse(sentence)
    known = _recognise_core(core)
    if known is None or known.core.lower() != core.lower():
        return None
    return known, level


def _recognise_core(core: str) -> Instruction | None:
    lower = core.lower()
    if lower in LOOK_OF_SENTENCE:
        axis, value = LOOK_OF_SENTENCE[lower]
        return Instruction("look", axis, value)
    if lower in TAG_OF_SENTENCE:
        return Instruction("tag", "", TAG_OF_SENTENCE[lower])
    if lower in REMEDY_OF_SENTENCE:
        return Instruction("remedy", "", REMEDY_OF_SENTENCE[lower])
    if len(core) > 160:
        return None
    for pattern, build in _READERS:
        match = pattern.fullmatch(core)
        if match is not None and (instruction := build(match)) is not None:
            return instruction
    return None


def _read_camera(match: re.Match[str]) -> Instruction | None:
    words = match["move"].split()
    move = " ".join([_bare_move(words[0]), *words[1:]])
    return Instruction("camera", "", STILL if move == STILL else move)


def _bare_move(verb: str) -> str:
    return _CAMERA_VERBS[verb.lower()]


_CAMERA_VERBS = {
    third(verb): verb
    for verb in split_words(
        "pan tilt zoom push pull dolly truck track crane move orbit circle follow rise descend stay hold"
    )
}
_ACTION_VERBS = {form: verb for verb in POSTURES for form in (verb, third(verb))}
_MOTION_VERBS = {form: verb for verb in MOTION_VERBS.split("|") for form in (verb, third(verb))}


def _read_is(match: re.Match[str]) -> Instruction | None:
    subject, value = _plain_subject(match["who"]), match["what"]
    if len(subject.split()) > 4 or not subject:
        return None
    if value in PLACES:
        return Instruction("place", subject, value)
    if re.fullmatch(COLOUR, value, re.IGNORECASE):
        return Instruction("colour", subject, value)
    return Instruction("state", subject, value) if len(value.split()) <= 3 else None


def _plain_subject(text: str) -> str:
    words = text.split()
    return " ".join(
        words[1:]
        if words and words[0].lower() in ARTICLES - {"my", "our", "his", "her", "its", "their"}
        else words
    )


def _read_there(match: re.Match[str]) -> Instruction:
    what = match["what"]
    for pattern, value in (
        (r"no (.+)", "none"),
        (r"only a (?:few|little) (.+)", "little"),
        (r"(?:many|a lot of) (.+)", "much"),
    ):
        if found := re.fullmatch(pattern, what):
            return Instruction("presence", found[1], value)
    if found := re.fullmatch(r"exactly (\w+) (.+)", what):
        return Instruction("presence", found[2], found[1])
    return Instruction("presence", what, "some")


def _read_motion(match: re.Match[str]) -> Instruction | None:
    subject, verb, rest = _plain_subject(match["who"]), match["verb"], match["rest"] or ""
    base = _MOTION_VERBS.get(verb.lower())
    if base and rest in {"slowly", "quickly"}:
        return Instruction("pace", subject, f"{base} {rest}")
    if base and rest in DIRECTIONS:
        return Instruction("direction", subject, f"{base} {rest}")
    posture = _ACTION_VERBS.get(verb.lower())
    return Instruction("action", subject, f"{posture} {rest}".strip()) if posture else None


def _read_fault(match: re.Match[str]) -> Instruction | None:
    subject = _plain_subject(match["who"])
    for name in FAULTS:
        candidate = Instruction("fault", subject, name)
        if candidate.core.lower() == match[0].lower():
            return candidate
    return None


def _listed(kind: str, names: tuple[str, ...]) -> Callable[[re.Match[str]], Instruction | None]:
    return lambda match: Instruction(kind, "", match["what"]) if match["what"] in names else None


def _read_time(match: re.Match[str]) -> Instruction | None:
    for name, (phrase, _words) in TIMES.items():
        if phrase == match["what"]:
            return Instruction("time", "", name)
    return None


_MOTION = "|".join(sorted({*_MOTION_VERBS, *_ACTION_VERBS}, key=len, reverse=True))
_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Instruction | None]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), build)
    for pattern, build in (
        (r"The camera is static", lambda _match: Instruction("camera", "", STILL)),
        (
            r"Keep (?P<what>.+) as (?:it is|they are)",
            lambda match: Instruction("as is", _plain_subject(match["what"])),
        ),
        (r"The camera does not (?P<move>.+)", lambda match: Instruction("camera not", "", match["move"])),
        (rf"The camera (?P<move>(?:{'|'.join(_CAMERA_VERBS)})\b[^,;:]*)", _read_camera),
        (r"There (?:is|are) (?P<what>.+)", _read_there),
        (r"The scene is set (?P<what>.+)", _read_time),
        (r"The weather is (?P<what>.+)", _listed("weather", tuple(WEATHER))),
        (r"The visual style is (?P<what>.+)", _listed("style", tuple(STYLES))),
        (
            r"(?P<who>[\w'’ -]{1,60}?) keeps? (?P<what>\w+ing\b.*) throughout",
            lambda match: Instruction("keep", _plain_subject(match["who"]), match["what"]),
        ),
        (r"Avoid this: (?P<what>.+)", lambda match: Instruction("avoid", "", match["what"])),
        (
            r"(?P<who>[\w'’ -]{1,60}?) (?:keeps?|stays?|has|have|looks?) .+",
            _read_fault,
        ),
        (rf"(?P<who>[\w'’ -]{{1,60}}?) (?P<verb>{_MOTION})(?: (?P<rest>.+))?", _read_motion),
        (r"(?P<who>[\w'’ -]{1,60}?) (?:is|are) (?P<what>.+)", _read_is),
    )
)
