"""The rules' writer: from a prompt and what reviewers said about its clip to the next prompt."""

from __future__ import annotations

from collections.abc import Sequence

from reviewapp.refine.camera import STILL
from reviewapp.refine.clean import clean, quoted
from reviewapp.refine.draft import DROPPED, FULL, IN_PLACE, PLAIN, Draft, Wish, clash, same
from reviewapp.refine.grammar import key
from reviewapp.refine.limits import reason, units
from reviewapp.refine.patterns import is_about_sound, read
from reviewapp.refine.statements import SETTINGS, STRONGEST, Instruction
from reviewapp.refine.values import Feedback, Limits, Refined, Unserved

_STATIC = ("camera", STILL)


def refine(prompt: str, negative_prompt: str, feedback: Sequence[Feedback], limits: Limits) -> Refined:
    """The next prompt, with every change tied to the remarks that caused it.

    Every remark ends in at least one change or one `Unserved`. The same input gives the same output. What the
    prompt says already is said one level stronger and never twice, so that the same remark changes nothing
    more once its words are the strongest. A prompt that is over the model's limit already is not cut; it is
    only kept from growing.
    """
    unserved: list[Unserved] = []
    readings = _readings(prompt, feedback, limits, unserved)
    wishes = _settled(readings, unserved)
    before = Draft(prompt, negative_prompt, limits)
    for wish in wishes:
        wish.said = before.level_of(wish.instruction)
    draft = _fitted(prompt, negative_prompt, wishes, limits)
    unserved.extend(_left_over(draft, wishes, limits))
    return Refined(draft.prompt, draft.negative, tuple(draft.changes), tuple(dict.fromkeys(unserved)))


def _readings(
    prompt: str, feedback: Sequence[Feedback], limits: Limits, unserved: list[Unserved]
) -> list[tuple[Feedback, Instruction]]:
    """What each remark asks for, newest remark first and, inside one remark, its last words first."""
    found: list[tuple[Feedback, Instruction]] = []
    for one in sorted(feedback, key=lambda each: (-each.order, each.id)):
        instructions = read(one, prompt, limits)
        if not instructions:
            unserved.append(Unserved(one.id, _says_nothing(one)))
        for instruction in reversed(instructions):
            if instruction.kind == "setting":
                unserved.append(
                    Unserved(one.id, f"{quoted(instruction.said)}: {SETTINGS[instruction.value]}")
                )
                continue
            if not limits.audio and is_about_sound(instruction, one):
                about = quoted(instruction.said)
                unserved.append(
                    Unserved(
                        one.id,
                        f"{about} is about sound, and this model makes silent clips; choose a model with "
                        f"audio",
                    )
                )
                continue
            found.append((one, instruction))
    return found


def _says_nothing(one: Feedback) -> str:
    text = clean(one.text)
    if text:
        return f"{quoted(text)} does not say what to change; say what should be different"
    if "other" in one.tags:
        return "“other” alone does not say what to change; say what should be different"
    return "no tag and no words, so nothing says what to change; say what should be different"


def _settled(readings: list[tuple[Feedback, Instruction]], unserved: list[Unserved]) -> list[Wish]:
    """One wish for each thing asked; a newer one wins over an older one that contradicts it."""
    wishes: list[Wish] = []
    for one, instruction in readings:
        rival = next((wish for wish in wishes if clash(wish.instruction, instruction)), None)
        twin = next((wish for wish in wishes if same(wish.instruction, instruction)), None)
        if twin is not None:
            twin.ids = tuple(dict.fromkeys((*twin.ids, one.id)))
            twin.weight = max(twin.weight, one.weight)
        elif rival is not None:
            newer = "a later part of the same note" if one.id in rival.ids else "a newer note"
            unserved.append(
                Unserved(
                    one.id,
                    f"{quoted(instruction.said)} was replaced by {newer}: {quoted(rival.instruction.said)}",
                )
            )
        else:
            wishes.append(Wish(instruction, (one.id,), one.weight, one.order))
    return sorted(_without_moves(wishes), key=lambda wish: (-wish.weight, -wish.order, wish.ids))


def _without_moves(wishes: list[Wish]) -> list[Wish]:
    """A static camera makes no move, so one sentence serves "static camera" and "no pan" alike."""
    static = next((one for one in wishes if (one.instruction.kind, one.instruction.value) == _STATIC), None)
    if static is None:
        return wishes
    for wish in wishes:
        if wish.instruction.kind == "camera not":
            static.ids = tuple(dict.fromkeys((*static.ids, *wish.ids)))
            static.weight = max(static.weight, wish.weight)
    return [wish for wish in wishes if wish.instruction.kind != "camera not"]


def _composed(prompt: str, negative: str, wishes: Sequence[Wish], limits: Limits) -> Draft:
    draft = Draft(prompt, negative, limits, frozenset(key(wish.instruction.core) for wish in wishes))
    for wish in wishes:
        draft.apply(wish)
    draft.finish()
    return draft


def _fitted(prompt: str, negative: str, wishes: list[Wish], limits: Limits) -> Draft:
    """The fullest text inside the limit: all wishes, else all without emphasis, else by priority.

    The wishes that find no room still change contradicted words in place where that fits.
    """
    draft = _composed(prompt, negative, wishes, limits)
    if limits.max_units is None:
        return draft
    most = max(limits.max_units, units(prompt, limits.unit))
    if units(draft.prompt, limits.unit) <= most:
        return draft
    for form in (PLAIN, IN_PLACE):
        for wish in wishes:
            wish.form = form
        draft = _composed(prompt, negative, wishes, limits)
        if units(draft.prompt, limits.unit) <= most:
            break
    else:
        for wish in wishes:
            wish.form = DROPPED
    if wishes and wishes[0].form == PLAIN:
        return draft
    return _filled(prompt, negative, wishes, limits, most)


def _filled(prompt: str, negative: str, wishes: list[Wish], limits: Limits, most: int) -> Draft:
    """Give room to one wish after the other, the most important first, as long as it fits."""
    for wish in wishes:
        held = wish.form
        for form in (PLAIN, IN_PLACE):
            wish.form = form
            if units(_composed(prompt, negative, wishes, limits).prompt, limits.unit) <= most:
                break
        else:
            wish.form = held
    return _composed(prompt, negative, wishes, limits)


def _left_over(draft: Draft, wishes: Sequence[Wish], limits: Limits) -> list[Unserved]:
    """What is told about wishes that changed nothing."""
    left: list[Unserved] = []
    served = {(change.feedback_ids, change.why) for change in draft.changes}
    for wish in wishes:
        if (wish.ids, wish.why) in served:
            continue
        why = _why_nothing(draft, wish, limits)
        left.extend(Unserved(one, why) for one in wish.ids)
    return left


def _why_nothing(draft: Draft, wish: Wish, limits: Limits) -> str:
    if id(wish) in draft.said:
        sentence, level = draft.said[id(wish)]
        if level >= STRONGEST:
            return (
                f"the prompt already says this as strongly as words can: {quoted(sentence)}; "
                "another model may help; so may a change of the shot's own prompt"
            )
        louder = f"; to say it more strongly {reason(limits)}" if wish.form != FULL else ""
        return f"the prompt already says this: {quoted(sentence)}{louder}"
    if wish.form in {IN_PLACE, DROPPED}:
        return f"{quoted(wish.instruction.said)} {reason(limits)}"
    return f"the prompt already says this: {quoted(wish.instruction.core)}"
