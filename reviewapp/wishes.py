"""What a shot asks for, held against the models that may make it: what they offer, what is in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from providers import catalog
from providers.catalog import Model
from providers.contract import GenerationRequest, Media
from providers.errors import FieldIssue, Unsupported
from providers.routing import fitted
from reviewapp import model_words
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


def issues(model: Model, wish: Wish, *, in_4k: bool = False) -> tuple[FieldIssue, ...]:
    """Everything about the wish that the model cannot express; empty when it can be asked for."""
    given: dict[str, Any] = {role: Media() for role in wish.roles if role != Kind.REFERENCE}
    request = GenerationRequest(
        model=model.id,
        prompt=wish.prompt,
        negative_prompt=wish.negative_prompt,
        duration_s=None if wish.duration_s is None else float(wish.duration_s),
        references=tuple(Media() for role in wish.roles if role == Kind.REFERENCE),
        **given,
    )
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
    the wish as it is, `stopped` says for each field how many cannot because of it.
    """

    choice: Choice
    models: tuple[Model, ...]
    able: tuple[Model, ...]
    seconds: tuple[int, ...]
    aspects: tuple[str, ...]
    negative: bool
    seed: bool
    stopped: Mapping[str, int]

    @property
    def one(self) -> Model | None:
        """The chosen model; None for a policy."""
        return self.models[0] if self.choice.model and self.models else None


def makers(choice: Choice, wish: Wish, models: Sequence[Model]) -> Makers:
    """Ask every model that the choice allows, of those on offer, about the wish."""
    asked = tuple(model for model in models if allows(choice, model))
    able, stopped = [], Counter[str]()
    for model in asked:
        found = issues(model, wish, in_4k=choice.routing == Routing.CHEAPEST_4K)
        stopped.update({issue.field for issue in found})
        if not found:
            able.append(model)
    return Makers(
        choice=choice,
        models=asked,
        able=tuple(able),
        seconds=tuple(sorted({length for model in asked for length in _lengths(model, wish)})),
        aspects=tuple(dict.fromkeys(shape for model in asked for shape in _aspects(model, wish))),
        negative=any(model.negative_prompt for model in asked),
        seed=any(model.seed is not None for model in asked),
        stopped=stopped,
    )


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
    reasons = sorted(found.stopped.items(), key=lambda pair: -pair[1])
    words = "; ".join(f"{count} {_WHY.get(name, 'cannot make it')}" for name, count in reasons)
    return f"None of {len(found.models)} models can make this: {words}."
