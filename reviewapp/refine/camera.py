"""Camera moves: reading them, saying them in one form, and finding them in a brief."""

from __future__ import annotations

import re

from reviewapp.refine.grammar import gerund, third

# Verb, the particles it takes, and the particles as we write them.
_MOVES: dict[str, tuple[str, ...]] = {
    "pan": ("left", "right", "across", ""),
    "tilt": ("up", "down", ""),
    "zoom": ("in", "out", ""),
    "push": ("in", "forward"),
    "pull": ("back", "out", "away"),
    "dolly": ("in", "out", "left", "right", "back", "forward", ""),
    "truck": ("left", "right"),
    "track": ("left", "right", "forward", "back", "along", ""),
    "crane": ("up", "down"),
    "move": ("in", "out", "left", "right", "forward", "back", "closer", "around", "up", "down"),
    "orbit": ("around", ""),
    "circle": ("around", ""),
    "follow": ("",),
    "rise": ("",),
    "descend": ("",),
    "stay": ("still", "static", "fixed", "locked"),
    "hold": ("still",),
}
# Verbs that hardly ever mean anything but a camera; the others count only next to "camera" or "shot".
_CAMERA_ONLY = ("pan", "tilt", "zoom", "dolly")
STILL = "stay still"
_STILL_WORDS = (
    r"(?:be |is |stay |stays |remain |remains |keep |keeps |hold |holds )?"
    r"(?:completely |perfectly |totally )?(?:static|fixed|still|locked(?:[ -](?:off|down))?|motionless|not "
    r"move)"
)
_SPEEDS = r"(?:very |more )?(?:slow(?:ly)?|quick(?:ly)?|fast|gentl[ey]|gently|smooth(?:ly)?|rapid(?:ly)?)"


def _forms(verb: str) -> str:
    return "|".join(sorted({verb, third(verb), gerund(verb)}, key=len, reverse=True))


def _alternatives(verbs: tuple[str, ...]) -> str:
    """A pattern for each verb in any form with its particle; particles are asked for, longest first."""
    parts = []
    for verb in verbs:
        particles = _MOVES[verb]
        named = "|".join(particle for particle in particles if particle)
        optional = "?" if "" in particles else ""
        tail = rf"(?:[ -](?:{named})\b){optional}" if named else ""
        parts.append(rf"(?:{_forms(verb)})\b{tail}")
    return "|".join(parts)


_ANY = re.compile(rf"\b(?:(?P<speed>{_SPEEDS}) )?(?P<move>{_alternatives(tuple(_MOVES))})", re.IGNORECASE)
_SURE = re.compile(
    rf"\b(?:(?P<speed>{_SPEEDS}) )?(?P<move>{_alternatives(_CAMERA_ONLY)}|push(?:es|ing)?[ -]in|pull(?:s|"
    rf"ing)?[ -]back)",
    re.IGNORECASE,
)
_STATIC_SHOT = re.compile(r"\b(?P<move>static|locked-off|fixed) (?=shot|camera|frame)", re.IGNORECASE)
_BASE_OF = {form: verb for verb in _MOVES for form in (verb, third(verb), gerund(verb))}


def read_move(text: str) -> str | None:
    """The move a reviewer asks for in its dictionary form with its speed ("push in slowly"), or None.

    Only a text that says a move and nothing but its speed and direction is read.
    """
    text = re.sub(r"^(?:do |use |have |make |try )?(?:an? )?", "", text.strip().lower())
    text = re.sub(r" (?:shot|move|movement|of the camera)$", "", text)
    if re.fullmatch(_STILL_WORDS, text) or text in {"static", "not move", "no movement"}:
        return STILL
    after = re.fullmatch(
        rf"(?P<body>.+?)(?: (?P<speed>{_SPEEDS}))?(?P<rest> (?:to|towards?|on|at|into|with) .{{2,60}})?", text
    )
    match = _ANY.match(text)
    if match is None or after is None:
        return None
    rest = text[match.end() :].strip()
    speed = match["speed"] or ""
    if found := re.match(rf"({_SPEEDS})\b", rest):
        speed, rest = found[1], rest[found.end() :].strip()
    if rest and not re.match(
        r"(?:to|towards?|on|at|into|with|around|the|her|him|them|it|from|along)\b", rest
    ):
        return None
    move = normal_move(match["move"])
    words = [move, rest, _adverb(speed)]
    return " ".join(word for word in words if word)


def _adverb(speed: str) -> str:
    """For example "slow" and "slowly" are one wish; "fast" has no other form."""
    word = speed.split()[-1] if speed else ""
    return {
        "slow": "slowly",
        "quick": "quickly",
        "gentle": "gently",
        "smooth": "smoothly",
        "rapid": "rapidly",
    }.get(word, word)


def normal_move(text: str) -> str:
    """For example "Panning left", "pans left" and "pan-left" are one move: "pan left"."""
    words = text.lower().replace("-", " ").split()
    verb = _BASE_OF.get(words[0], words[0])
    if words[0] in {"static", "locked", "fixed", "stay", "stays", "hold", "holds"}:
        return STILL
    return " ".join([verb, *words[1:]])


def same_move(one: str, other: str) -> bool:
    """Whether both are the same verb in the same direction, whatever their speed."""
    return one.split()[:2] == other.split()[:2] or one == other


def replacements(sentence: str, wanted: str) -> list[tuple[int, int, str]]:
    """Edits (start, end, new text) that put the wanted move in place of other moves of the sentence."""
    edits: list[tuple[int, int, str]] = []
    for found, match in moves(sentence):
        # "Pans left, following the dog" names one move and whom it is about.
        if edits and normal_move(found).split()[0] in {"follow", "track", "circle"}:
            continue
        if same_move(normal_move(found), wanted):
            continue
        edits.append(
            (match.start("move"), match.end("move"), _in_form(found, sentence[: match.start("move")], wanted))
        )
    return edits


def moves(sentence: str) -> list[tuple[str, re.Match[str]]]:
    """The camera moves that a sentence of a brief asks for, as it words them."""
    about_camera = re.search(r"\b(?:camera|shot|lens)\b", sentence, re.IGNORECASE) is not None
    found = [*(_ANY if about_camera else _SURE).finditer(sentence), *_STATIC_SHOT.finditer(sentence)]
    return [(one["move"], one) for one in found if not _is_a_thing(sentence, one, about_camera)]


def _is_a_thing(sentence: str, match: re.Match[str], about_camera: bool) -> bool:
    """Whether the words are no camera's move, as in "a pan on the stove" or "birds circle above"."""
    before = sentence[: match.start()].rstrip().lower()
    bare_noun = re.search(r"\b(?:a|an|the|his|her|train|race)$", before) is not None and match[
        "move"
    ].lower() in {
        "pan",
        "track",
        "truck",
        "crane",
        "orbit",
        "circle",
    }
    after = sentence[match.end() :].strip().lower()
    if bare_noun and not after.startswith(("shot", "of the camera")):
        return True
    return (
        about_camera
        and re.search(r"\b(?:camera|shot|lens)\b", before + " " + after[:12], re.IGNORECASE) is None
    )


def _in_form(found: str, before: str, wanted: str) -> str:
    """The wanted move in the verb form in which the other one stood."""
    first = found.lower().replace("-", " ").split()[0]
    core = " ".join(wanted.split()[:2]) if wanted.split()[0] in _MOVES else wanted
    if wanted.split()[1:] and wanted.split()[1].endswith("ly"):
        core = wanted.split()[0]
    verb = _BASE_OF.get(first, first)
    if first in {"static", "locked", "fixed"}:
        new = "static" if core == STILL else core.replace(" ", "-")
    elif first == gerund(verb):
        new = gerund(core)
    elif first == third(verb) and first != verb:
        new = "is static" if core == STILL else third(core)
    else:
        new = _noun_or_verb(before, core)
    return new[:1].upper() + new[1:] if found[:1].isupper() else new


def _noun_or_verb(before: str, core: str) -> str:
    after_article = re.search(r"\b(?:a|an|the|slow|quick|smooth|gentle|fast)\s*$", before, re.IGNORECASE)
    if after_article is None:
        return core
    return "static shot" if core == STILL else core.replace(" ", "-")
