"""Reading what a clause says about the camera."""

from __future__ import annotations

import re

from reviewapp.refine.camera import STILL, normal_move, read_move
from reviewapp.refine.statements import Instruction

_ASKED = re.compile(
    r"(?:the )?(?:camera|shot|lens)(?: movement| move)?"
    r"(?: should| must| needs? to| has to| ought to| is supposed to| to| can| shall|:|,)*(?: be)? "
    r"(?P<what>.+)",
    re.IGNORECASE,
)
_MADE = re.compile(
    r"(?:make|let|have|keep|get|hold) (?:the )?camera (?P<what>.+)|(?:make|use|do|have|add) (?:it "
    r")?(?P<noun>an? .+)",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"(?:no|not|without|avoid|stop(?: the)?|don['’]?t|do not|never|remove the|no more)(?: any| an?)? "
    r"(?P<what>.+)",
    re.IGNORECASE,
)
_CAMERA_NOT = re.compile(
    r"(?:the )?camera (?:should|must|does|do|may|can)?\s*(?:not|n['’]t|never) (?P<what>.+)|(?:the )?camera "
    r"(?:shouldn|mustn)['’]?t (?P<short>.+)",
    re.IGNORECASE,
)
_MOVING = re.compile(
    r"(?:stop moving (?:the )?camera|no camera (?:movement|motion|moves?)|(?:the )?camera (?:should|must) "
    r"not move|camera moves?|"
    r"(?:the )?camera is moving|(?:(?:a|use a|make it a) )?(?:static|fixed|still|locked(?:[ -]off)?) "
    r"(?:camera|shot|frame))",
    re.IGNORECASE,
)
_FRAMINGS = {
    "wide": (
        r"(?:a |use a |make it a )?(?:wide(?:r)?|long|full|establishing) "
        r"(?:shot|angle|frame|framing)|zoomed out|"
        r"show more of .+|(?:move |go |stand |step )?(?:further|farther) (?:away|back)|pull it back"
    ),
    "close": (
        r"(?:a |use a |make it a )?(?:close(?:r)?[ -]?up|closer|tight(?:er)? (?:shot|frame|framing))"
        r"(?: shot)?|"
        r"(?:get|go|move|come) (?:in )?closer|closer in"
    ),
}


def asked(clause: str, brief: str) -> list[Instruction]:
    """Reads "The camera should push in", "make it a slow pan left", "zoom out"."""
    if _MOVING.fullmatch(clause):
        return [Instruction("camera", "", STILL)]
    match = _ASKED.fullmatch(clause) or _MADE.fullmatch(clause)
    what = next((group for group in match.groups() if group), "") if match else clause
    move = read_move(what)
    if move is None or (match is None and _needs_camera(move, brief)):
        return []
    return [Instruction("camera", "", move)]


def _needs_camera(move: str, brief: str) -> bool:
    """Reads "Move left" or "rise" without the word camera may speak of the subject, so it is left to other
    readers."""
    verb = move.split()[0]
    return verb not in {"pan", "tilt", "zoom", "dolly", "push", "pull", "orbit", "track"} and not (
        move == STILL and "camera" in brief.lower()
    )


def forbidden(clause: str, _brief: str) -> list[Instruction]:
    """Reads "No pan", "the camera should not zoom", "don't tilt up"."""
    if re.fullmatch(r"(?:the )?camera (?:should|must) not (?:move|shake)", clause, re.IGNORECASE):
        shake = clause.lower().endswith("shake")
        return [Instruction("look", "steadiness", "steady") if shake else Instruction("camera", "", STILL)]
    match = _CAMERA_NOT.fullmatch(clause) or _NOT.fullmatch(clause)
    if match is None:
        return []
    what = next(group for group in match.groups() if group)
    parts = re.split(r"\s*,\s*(?:and |or |no )?|\s+(?:or|and|nor) (?:no )?", what)
    if len(parts) > 1:
        each = [forbidden(f"no {part}", _brief) for part in parts]
        return [one for found in each for one in found] if all(each) else []
    what = re.sub(r"^camera |\s*(?:movement|move|shot|of the camera)$|ming$", "", what.strip().lower())
    if what in {"camera", "moving", "movement", "camera movement"}:
        return [Instruction("camera", "", STILL)] if "camera" in clause.lower() else []
    move = read_move(what)
    if move is None or move == STILL or len(move.split()) > 3:
        return []
    core = normal_move(move)
    if (
        core.split()[0] not in {"pan", "tilt", "zoom", "dolly", "orbit", "push", "pull"}
        and "camera" not in clause.lower()
    ):
        return []
    return [Instruction("camera not", "", core, negatives=(f"camera {core.split()[0]}",))]


def framed(clause: str, _brief: str) -> list[Instruction]:
    """Reads "A wider shot", "closer", "further away"."""
    for value, pattern in _FRAMINGS.items():
        if re.fullmatch(
            rf"(?:the camera (?:should|must) (?:be |go |get )?)?(?:{pattern})", clause, re.IGNORECASE
        ):
            return [Instruction("look", "distance", value)]
    return []


_HANDLED = re.compile(
    r"(?P<verb>bring|move|put|get|keep|turn|make|pull|push|raise|lower|let|hold|stop|set|place|have|"
    r"take|swing|point)"
    r" (?:the )?(?:camera|lens|shot)(?: (?P<where>.+))?",
    re.IGNORECASE,
)
_NEAR = re.compile(
    r"(?:a (?:bit|little) |much |way |even )?(?:in )?(?:closer|nearer|close)(?: in)?(?: (?:to|on) .+)?",
    re.IGNORECASE,
)
_FAR = re.compile(
    r"(?:a (?:bit|little) |much |way |even )?(?:(?:further|farther)(?: (?:away|back|out))?|away)(?: "
    r"from .+)?",
    re.IGNORECASE,
)


def handled(clause: str, _brief: str) -> list[Instruction]:
    """Reads "Bring the camera closer", "raise the camera", "turn the camera left", "hold the camera"."""
    match = _HANDLED.fullmatch(clause)
    if match is None:
        return []
    verb, where = match["verb"].lower(), (match["where"] or "").lower()
    if _NEAR.fullmatch(where) or _FAR.fullmatch(where):
        return [Instruction("look", "distance", "close" if _NEAR.fullmatch(where) else "wide")]
    where = re.sub(r"^to the (?=left|right)", "", where)
    if not where:
        alone = {"raise": "rise", "lower": "descend", "hold": STILL, "stop": STILL}
        return [Instruction("camera", "", alone[verb])] if verb in alone else []
    if verb in {"hold", "keep", "stop"} and where in {"moving", "here", "there", "steady", "as it is"}:
        return [
            Instruction("look", "steadiness", "steady")
            if where == "steady"
            else Instruction("camera", "", STILL)
        ]
    if verb in {"turn", "swing", "point"} and where in {"left", "right", "up", "down"}:
        return [Instruction("camera", "", f"{'pan' if where in {'left', 'right'} else 'tilt'} {where}")]
    where = {"lower": "down", "higher": "up"}.get(where, where)
    for first in (verb if verb in {"push", "pull"} else "move", "move"):
        if move := read_move(f"{first} {where}"):
            return [Instruction("camera", "", move)]
    return []


READERS = (forbidden, handled, asked, framed)
