"""Reading what was seen beside what was wished: "the boat is blue, it should be red".

Only the wish counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from reviewapp.refine.grammar import bare, without_article
from reviewapp.refine.look_words import WHOLE
from reviewapp.refine.read_things import exactly
from reviewapp.refine.read_wishes import stated
from reviewapp.refine.statements import Instruction
from reviewapp.refine.words import COUNT, MOTION_VERBS

_ALSO = r"(?:but|and|though|however|when|while|yet|although|even though|so|instead)"
_TURN = (
    r"(?P<turn>(?:(?:it|he|she|they|this|that|which|there|these) )?(?:(?:should|must)(?: have)?(?: "
    r"been| be)?|(?:needs?|has|have|ought) to"
    r"(?: be)?|(?:(?:is|was|are|were) )?supposed to(?: be)?)|(?:i|we|the (?:brief|prompt|script)|"
    r"brief|prompt|script) (?:really |clearly |had )?"
    r"(?:asked(?: for)?|wanted|want|said|says|ordered|expected|requested|specified|meant)(?: (?:it|"
    r"them|him|her))?(?: to be| to)?)"
)
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?P<seen>.+?)(?:\s*(?:[,:–—]|\s-\s)\s*(?:{_ALSO} )?|\s+{_ALSO} ){_TURN} (?P<wish>.+)",
        r"(?P<seen>.+? .+?) (?P<turn>(?:it|they|this|he|she|i|we) (?:should|must|(?:asked for|wanted|"
        r"said|expected))(?: be)?) (?P<wish>.+)",
    )
)
_VERB = (
    r"(?:is|are|was|were|looks?|goes|go|has|have|shows?|does|do|did|seems?|keeps?|stays?|turned|"
    r"turns|became|becomes|feels|pans|tilts|zooms|pushes|"
    rf"pulls|flies|(?:{MOTION_VERBS})(?:e?s|ing)?)"
)
_SEEN = re.compile(rf"(?P<who>[\w'’ -]+?) (?P<verb>{_VERB})\b ?(?P<what>.*)", re.IGNORECASE)
_THERE = re.compile(
    r"(?:there (?:is|are)|i (?:can )?(?:see|count|got|get)|we (?:see|got)|it shows|shows) (?P<what>.+)",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    rf"(?P<seen>(?:[\w'’-]+ ){{1,4}}?{_VERB}\b.*?)(?:,? (?:instead of|rather than)|,? and not|, not) "
    rf"(?P<wish>.+)",
    re.IGNORECASE,
)
_WISHES = re.compile(
    r"\b(?:should|must|want|make|needs?|please|would|to be|like|change|turn it|keep it|asked|let|"
    r"does not|do not|is not|are not)\b",
    re.IGNORECASE,
)

Read = Callable[[str, str], list[Instruction]]


def contrast(sentence: str, brief: str, clause: Read, whole: Read) -> list[Instruction]:
    """The wish of the sentence, read with the subject of what was seen; empty where there are not two halves.

    `clause` reads one clause, `whole` a sentence of its own.
    """
    match = next((found for form in _FORMS if (found := form.fullmatch(sentence))), None)
    turn = match["turn"].lower() if match else "should be"
    if match is None:
        match = _INSTEAD.fullmatch(sentence)
        if match is None or _WISHES.search(match["seen"]):
            return []
    before, _comma, seen = match["seen"].rpartition(", ")
    if re.search(r"\b(?:should|must|needs? to|want)\b", seen, re.IGNORECASE):
        return []
    wish, _stop, after = match["wish"].partition(", ")
    wish = re.split(r",? (?:and |but )?not |,? instead(?: of)?\b", wish)[0].strip()
    if not wish or (after and not re.match(r"(?:and |but |also |it |the |too |no )", after)):
        return []
    wished = _wished(seen.strip(), turn, wish, brief, clause)
    if not wished:
        return []
    wished = [replace(one, said=sentence) for one in wished]
    more = [one for part in (before, after) if part for one in whole(part, brief)]
    return [*more, *wished]


def _wished(seen: str, turn: str, wish: str, brief: str, clause: Read) -> list[Instruction]:
    counted = re.fullmatch(COUNT, wish, re.IGNORECASE)
    if there := _THERE.fullmatch(seen):
        return _instead_of_thing(there["what"], wish, turn, brief, clause)
    match = _SEEN.fullmatch(seen)
    who, verb = (match["who"], match["verb"].lower()) if match else ("it", "is")
    if re.fullmatch(r"(?:and|but|so|i|we|you|there)", who, re.IGNORECASE):
        who = "it"
    if counted:
        return [exactly(wish, who)] if without_article(who).lower() not in WHOLE else []
    tries = [f"{who} should be {wish}", f"{who} should {wish}"]
    if not turn.endswith(("be", "been")) and re.match(
        r"(?:it |they |he |she )?(?:should|must|needs|has|have)", turn
    ):
        tries.reverse()
    moving = bare(verb) if not verb.endswith("ing") else verb
    if moving in MOTION_VERBS.split("|") or moving in {"fly", "pan", "tilt", "zoom"}:
        tries.append(f"{who} should {moving} {wish}")
    tries.append(f"it should be {wish}")
    if without_article(who).lower() in WHOLE:
        tries.append(wish)
    for attempt in tries:
        if (found := clause(attempt, brief)) and all(one.kind not in {"free", "avoid"} for one in found):
            return found
    if without_article(who).lower() in WHOLE:
        return clause(wish, brief)
    return stated(who, f"be {wish}" if tries[0].endswith(f"should be {wish}") else wish)


def _instead_of_thing(seen: str, wish: str, turn: str, brief: str, clause: Read) -> list[Instruction]:
    """Reads "I see four birds" with "two" or "a lighthouse" as the wish."""
    words = seen.split()
    if re.fullmatch(COUNT, wish, re.IGNORECASE) and len(words) > 1:
        return [exactly(wish, words[-1])]
    if re.fullmatch(rf"{COUNT} .+", wish, re.IGNORECASE):
        return clause(f"there should be {wish}", brief)
    if re.match(r"(?:an? |the )", wish, re.IGNORECASE) and "asked" not in seen:
        return [Instruction("presence", wish, "some", instead_of=without_article(seen))]
    who = without_article(re.split(r" (?:that|which|in|on|at) ", seen)[0])
    return clause(f"the {who} should {'be ' if turn.endswith('be') else ''}{wish}", brief) or clause(
        f"there should be {wish}", brief
    )
