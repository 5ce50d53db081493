"""Reading what went wrong with the camera: "the camera drifts", "camera does not pan"."""

from __future__ import annotations

import re

from reviewapp.refine.brief import (
    camera_of,
)
from reviewapp.refine.camera import STILL, read_move, same_move
from reviewapp.refine.grammar import bare
from reviewapp.refine.statements import Instruction

_CAMERA = r"(?:the )?(?:camera|shot|frame|framing|view ?point)"
_CAMERA_MOVES = re.compile(
    rf"{_CAMERA} (?:is |are |keeps |keeps on |starts |starts to |slowly |slightly |still |always |"
    rf"suddenly )*(?:mov(?:es|ing)|drift(?:s|ing)|"
    r"wander(?:s|ing)|float(?:s|ing)|slid(?:es|ing)|not (?:static|still|fixed|locked(?: off)?|steady|"
    r"staying still)|does not (?:stay|hold|keep|stand) "
    r"(?:still|put|static|fixed))(?: (?:around|about|a bit|a little|a lot|slightly|all the time|too "
    r"much|constantly|randomly|though|at all|"
    r"when .+|at the .+|in the .+|on its own|by itself))*|(?:un(?:wanted|asked) )?camera (?:drift|"
    r"movement|motion|moves)|moving camera",
    re.IGNORECASE,
)
_CAMERA_RESTS = re.compile(
    rf"{_CAMERA} (?:is |stays |just |totally |completely |remains )*(?:(?:does|do|did|will) not "
    rf"move(?: at all)?|not moving(?: at all)?|static|"
    r"still|fixed|stuck|frozen|never moves|(?:does|did) not (?:do )?anything)",
    re.IGNORECASE,
)
_CAMERA_DOES = re.compile(
    rf"{_CAMERA} (?:is |keeps |starts |starts to )?(?P<not>(?:does|do|did|is|was) not |never "
    rf")?(?P<move>[a-z]+(?:s|ing)?\b.*)",
    re.IGNORECASE,
)
_CAMERA_WRONG = re.compile(
    rf"(?:{_CAMERA} )?(?:(?:goes|moves|pans|is|tilts|zooms|moving|going|panning) )*(?:in )?(?:the "
    rf")?wrong (?:camera(?: move\w*)?|way|direction)|"
    r"wrong camera(?: \w+)?|camera (?:is |looks )?wrong",
    re.IGNORECASE,
)


_WHY_MOVE = re.compile(
    r"why (?:does|did|is|are|do|was) (?:it|this|they|the shot|the camera|camera|there an?) (?:always |"
    r"suddenly |keep )?"
    r"(?P<move>[a-z]+\b.*?)\??",
    re.IGNORECASE,
)


def _why(move: str) -> list[Instruction]:
    """A question after a move is no wish for it."""
    seen = read_move(move)
    if seen is None or seen == STILL or seen.split()[0] not in _SURELY_CAMERA:
        return []
    core = " ".join(seen.split()[:2])
    return [Instruction("camera not", "", core, negatives=(f"camera {seen.split()[0]}",))]


_SURELY_CAMERA = frozenset(("pan", "tilt", "zoom", "dolly", "push", "pull", "orbit"))


def camera(clause: str, brief: str) -> list[Instruction]:
    """Reads "The camera drifts", "camera does not pan", "camera pans right" where the brief says left."""
    asked = camera_of(brief)
    if _CAMERA_MOVES.fullmatch(clause):
        return [Instruction("camera", "", STILL)]
    if _CAMERA_RESTS.fullmatch(clause):
        moves = asked if asked and asked != STILL else None
        return [Instruction("camera", "", moves)] if moves else [Instruction("camera", "", "move slowly")]
    if "camera" in clause.lower() and _CAMERA_WRONG.fullmatch(clause):
        return [Instruction("camera", "", asked)] if asked else [Instruction("tag", "", "camera")]
    if match := _WHY_MOVE.fullmatch(clause):
        return _why(match["move"])
    match = _CAMERA_DOES.fullmatch(clause)
    if match is None or re.search(r"\b(?:should|must|needs?|has to|supposed|too)\b", clause, re.IGNORECASE):
        return []
    verb, space, rest = match["move"].partition(" ")
    seen = read_move(f"{bare(verb.lower()) if not verb.endswith('ing') else verb}{space}{rest}")
    if seen is None or seen == STILL:
        return []
    if match["not"]:
        return (
            [Instruction("camera", "", asked if asked and asked.split()[0] == seen.split()[0] else seen)]
            if asked
            else []
        )
    observed = verb.lower().endswith(("s", "ing"))
    if not observed or (asked is not None and same_move(asked, seen)):
        return []
    if asked is not None:
        return [Instruction("camera", "", asked)]
    move = " ".join(seen.split()[:2])
    return [Instruction("camera not", "", move, negatives=(f"camera {seen.split()[0]}",))]


READERS = (camera,)
