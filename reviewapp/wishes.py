"""What a shot asks for, held against the models that may make it: what they offer, what is in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from providers import catalog
from providers.catalog import Model
from providers.contract import GenerationRequest
from providers.errors import FieldIssue, Unsupported
from providers.routing import Offer, asked_of, fitted
from reviewapp import model_words, routing
from reviewapp.choices import Choice
from reviewapp.models import Routing, ShotInput

Kind = ShotInput.Kind
# The issues that end when a picture or a clip is added or taken away; they do not make a brief wrong.
INPUT_FIELDS = frozenset({"first_frame", "last_frame", "references", "source_video"})


@dataclass(frozen=True)
class Wish:
    """What a shot asks for, as far as models differ in it: the whole prompt with the project's style text,
    the length in seconds (None where it could not be read), the shape (empty likewise), and what it starts
    from, by role.
    """

    prompt: str = ""
    negative_prompt: str = ""
    duration_s: Decimal | None = None
    aspect: str = ""
    roles: tuple[str, ...] = ()

    @property
    def mode(self) -> str:
        if Kind.SOURCE_VIDEO in self.roles:
            return "video"
        return "image" if {Kind.FIRST_FRAME, Kind.LAST_FRAME} & set(self.roles) else "text"


def _outline(wish: Wish) -> GenerationRequest:
    pins = [{"role": role} for role in wish.roles]
    request = routing.outline(wish.prompt, wish.negative_prompt, wish.duration_s or 0, pins)
    return request if wish.duration_s is not None else replace(request, duration_s=None)


def issues(model: Model, wish: Wish, *, in_4k: bool = False) -> tuple[FieldIssue, ...]:
    """Everything about the wish that the model cannot express; empty when it can be asked for."""
    request = replace(_outline(wish), model=model.id)
    shape: tuple[FieldIssue, ...] = ()
    try:
        if wish.aspect:
            request = fitted(request, model, wish.aspect, in_4k=in_4k)
    except Unsupported as error:
        shape = error.issues
        if not catalog.durations_of(model, request):
            request = replace(request, duration_s=None)
    # Only what is on offer is ever asked about, so a retired model is one that a key still reaches.
    return (*shape, *catalog.check_request(request, model.vendor, even_retired=True))


def of_brief(issues: Iterable[FieldIssue]) -> list[FieldIssue]:
    """Without those that a picture or a clip more, or one less, would end."""
    return [issue for issue in issues if issue.field not in INPUT_FIELDS]


@dataclass(frozen=True)
class Makers:
    """The models that a choice may come to, what they offer to a wish, and which of them can make it.

    `seconds` and `aspects` are those of one model, or of all together; `able` are the models that can make
    the wish as it is, `stopped` says for each field how many cannot because of it. `issues` are those of the
    model that was named; a policy has none of its own.
    """

    choice: Choice
    wish: Wish
    models: tuple[Model, ...]
    able: tuple[Model, ...]
    seconds: tuple[int, ...]
    aspects: tuple[str, ...]
    stopped: Mapping[str, int]
    issues: tuple[FieldIssue, ...] = ()

    @property
    def one(self) -> Model | None:
        """The model that was named; None for a policy."""
        return self.models[0] if self.choice.model and self.models else None

    @property
    def negative(self) -> bool:
        return any(model.negative_prompt for model in self.models)


def makers(choice: Choice, wish: Wish, models: Sequence[Model]) -> Makers:
    """Ask every model that the choice allows, of those on offer, about the wish."""
    asked = tuple(model for model in models if allows(choice, model))
    found = [issues(model, wish, in_4k=choice.routing == Routing.CHEAPEST_4K) for model in asked]
    return Makers(
        choice=choice,
        wish=wish,
        models=asked,
        able=tuple(model for model, wrong in zip(asked, found, strict=True) if not wrong),
        seconds=tuple(sorted({length for model in asked for length in _lengths(model, wish)})),
        aspects=tuple(dict.fromkeys(shape for model in asked for shape in _aspects(model, wish))),
        stopped=Counter(name for wrong in found for name in {issue.field for issue in wrong}),
        issues=found[0] if choice.model and found else (),
    )


def can_be_made(choice: Choice, wish: Wish, models: Sequence[Model]) -> bool:
    """Whether any model of the choice can make the wish, whatever pictures it still needs."""
    in_4k = choice.routing == Routing.CHEAPEST_4K
    return any(allows(choice, model) and not of_brief(issues(model, wish, in_4k=in_4k)) for model in models)


def price(model: Model, wish: Wish, source_s: float | None = None) -> Decimal | None:
    """What one clip costs in US dollars; None where the model cannot make it."""
    try:
        offer = Offer(vendor=model.vendor, model=model, even_retired=True)
        asked = asked_of(offer, _outline(wish), wish.aspect, source_s=source_s)
    except Unsupported:
        return None
    return asked.price_usd


def allows(choice: Choice, model: Model) -> bool:
    """Whether a choice may come to this model."""
    if choice.model:
        return (choice.provider, choice.model) == (model.vendor, model.id)
    return choice.routing != Routing.CHEAPEST_4K or model_words.makes_4k(model)


def _lengths(model: Model, wish: Wish) -> tuple[int, ...]:
    mode = model.modes.get(wish.mode)
    if mode is None:
        return model_words.lengths(model)
    if Kind.REFERENCE in wish.roles and mode.reference_durations is not None:
        return mode.reference_durations
    return model.durations if mode.durations is None else mode.durations


def _aspects(model: Model, wish: Wish) -> tuple[str, ...]:
    mode = model.modes.get(wish.mode)
    return model.aspects if mode is None else tuple(dict.fromkeys(size.aspect for size in mode.sizes))


def roles_of(choice: Choice, models: Sequence[Model]) -> dict[str, str]:
    """What a shot may start from with this choice: roles and their names."""
    asked = [model for model in models if allows(choice, model)]
    takes = {
        Kind.FIRST_FRAME: any(model.image_input for model in asked),
        Kind.LAST_FRAME: any(model.last_frame for model in asked),
        Kind.REFERENCE: any(model.max_references for model in asked),
        Kind.SOURCE_VIDEO: any(model.video_input for model in asked),
    }
    return {role.value: str(role.label) for role, taken in takes.items() if taken}


_WHY = {
    "duration_s": "do not make clips of this length",
    "size": "do not make this shape",
    "prompt": "have no room for a prompt of this length",
    "negative_prompt": "have no negative prompt",
    "references": "do not take as many reference pictures",
    "first_frame": "cannot start from what is given",
    "last_frame": "take no last frame, or none alone",
    "source_video": "cannot edit a clip, or do nothing else",
}


def why_none(found: Makers) -> str:
    """Why no model that a policy may choose can make the wish, the commonest reason first."""
    if not found.models:
        return "There is no such model in the catalogue."
    if found.wish.mode == "video" and {Kind.FIRST_FRAME, Kind.LAST_FRAME} & set(found.wish.roles):
        return "A clip to edit and a frame to start from cannot be sent together. Remove one."
    reasons = sorted(found.stopped.items(), key=lambda pair: -pair[1])
    words = "; ".join(f"{count} {_WHY.get(name, 'cannot make it')}" for name, count in reasons)
    return f"None of {len(found.models)} models can make this: {words}."
