"""The one list in which the model of a clip is chosen, and what a form offers because of the choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django import forms

from providers import catalog
from providers.catalog import Model
from providers.errors import FieldIssue, Unsupported
from reviewapp import choices, model_words, wishes
from reviewapp.choices import Choice, KeyState
from reviewapp.shotlist.lines import BadValue, number, read_aspect, read_seconds
from reviewapp.wishes import Makers, Wish

# The catalogue names a request's fields; a form has its own.
FIELD_OF_ISSUE = {
    "prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "duration_s": "duration_s",
    "size": "aspect",
    "model": "engine",
}
GONE = "This model is no longer offered. Choose one that is."


@dataclass(frozen=True)
class FormOffer:
    """What a form shows beside its fields: what the choice offers, what it makes of what is typed, and how
    long the prompt is. `fits` says that at least one model can make it.
    """

    facts: str
    words: str
    fits: bool
    count: str
    over: int
    negative: bool


def read_choice(value: object, models: Sequence[Model]) -> Choice:
    """The choice that a form's value names. Raises `ValidationError` for one that is not on offer."""
    choice = Choice.read(str(value or ""))
    known = {policy for policy, _, _ in choices.policies()}
    if choice.model and not any(wishes.allows(choice, model) for model in models):
        raise forms.ValidationError(GONE)
    if choice.routing and not choice.model and choice.routing not in known:
        raise forms.ValidationError("There is no such way to choose a model. Choose one of the list.")
    return choice


def seconds_of(value: object) -> Decimal | None:
    """A length as it stands in a field, None while it cannot be read."""
    try:
        return read_seconds(str(value or ""))
    except BadValue:
        return None


def aspect_of(value: object) -> str:
    try:
        return read_aspect(str(value or ""))
    except BadValue:
        return ""


def offer_lengths(field: forms.Field, now: str, found: Makers) -> None:
    """Offer the lengths there are, and whatever stands there now: nothing typed is lost."""
    if found.one is not None and not found.seconds:
        listed = [(now, "as long as the clip it edits")]
    else:
        listed = [(str(length), f"{length} s") for length in found.seconds]
    _offer(field, listed, now, " s" if seconds_of(now) is not None else "")


def offer_aspects(field: forms.Field, now: str, found: Makers) -> None:
    _offer(field, [(aspect, aspect) for aspect in found.aspects], now)


def _offer(field: forms.Field, listed: list[tuple[str, str]], now: str, unit: str = "") -> None:
    seconds = seconds_of(now)
    # 5.00 and 5 are the same choice.
    now_too = number(seconds) if unit and seconds is not None else now
    if now and now_too not in {value for value, _ in listed}:
        listed = [*listed, (now, f"{now_too}{unit} · not offered")]
    cast(forms.Select, field.widget).choices = listed


# --- what is said about it ---


def offer_of(
    found: Makers, wish: Wish, keys: Mapping[str, KeyState], source_s: float | None = None
) -> FormOffer:
    """The words beside a form. An empty prompt is not complained of before anything is typed."""
    length, over = count_words(found, wish)
    wrong = [issue for issue in found.issues if issue.field != "prompt" or wish.prompt.strip()]
    model = found.one
    if model is not None:
        words = " ".join(dict.fromkeys(issue.message for issue in wrong)) or _price(model, wish, source_s)
        return FormOffer(facts(model), words, not wrong, length, over, found.negative)
    told, fits = _policy_words(found, keys)
    return FormOffer(_policy_facts(found), told, fits, length, over, found.negative)


def _price(model: Model, wish: Wish, source_s: float | None) -> str:
    if model_words.is_free(model):
        return f"{model.label} can make this, on your own hardware."
    price = wishes.price(model, wish, source_s) if wish.prompt.strip() and wish.aspect else None
    return f"{model.label} can make this: ${price:.2f} a clip." if price is not None else ""


def _policy_words(found: Makers, keys: Mapping[str, KeyState]) -> tuple[str, bool]:
    if not found.able:
        return wishes.why_none(found), False
    usable = sum(keys[model.vendor].usable for model in found.able)
    able, total = len(found.able), len(found.models)
    can = f"{able} of {total} models can make this" if total > 1 else "One model can make this"
    if usable == able:
        return f"{can}.", True
    return f"{can}; {usable or 'none'} of them with a usable key here.", bool(usable)


def _policy_facts(found: Makers) -> str:
    help_text = {value: words for value, _, words in choices.policies()}
    return help_text.get(found.choice.routing, "")


def facts(model: Model) -> str:
    """What the model can do, in one line."""
    starts = {"text": "words", "image": "a first frame", "video": "a clip to edit"}
    takes = [
        words for mode, words in starts.items() if mode in model.modes and not model.modes[mode].links_only
    ]
    if model.last_frame:
        takes.append("a last frame")
    if model.max_references:
        takes.append(f"up to {model.max_references} reference pictures")
    sound = {"none": "no sound", "optional": "sound if asked for", "always": "always with sound"}
    makes = f"{model_words.duration_words(model)}, up to {model_words.largest(model)}, {sound[model.audio]}"
    return ". ".join(
        [
            f"Takes {', '.join(takes)}",
            f"Makes {makes}",
            "Has a negative prompt" if model.negative_prompt else "Has no negative prompt",
            "Each clip gets a seed of its own" if model.seed else "Takes no seed",
            f"{model_words.price_words(model).capitalize()}.",
        ]
    )


def count_words(found: Makers, wish: Wish) -> tuple[str, int]:
    """How long the prompt is in the unit of the chosen model, and by how much it is over the limit."""
    model = found.one
    if model is None:
        room = sum(not catalog.prompt_over(model, wish.prompt) for model in found.models)
        length = catalog.prompt_length(wish.prompt, "chars")
        return f"{length:,} characters; {room} of {len(found.models)} models have room for it.", 0
    length, over = (
        catalog.prompt_length(wish.prompt, model.prompt_unit),
        catalog.prompt_over(model, wish.prompt),
    )
    about = "About " if model.prompt_unit == "tokens" else ""
    words = f"{about}{length:,} of {model.prompt_limit:,} {model_words.UNITS[model.prompt_unit]}"
    if model.prompt_unit == "utf16" and any(char > "\uffff" for char in wish.prompt):
        words += " (an emoji counts as two)"
    return f"{words}: over by {over:,}." if over else f"{words}.", over


# --- what is wrong with a brief ---


def issues_of(choice: Choice, wish: Wish, models: Sequence[Model]) -> list[tuple[str, str]]:
    """What keeps a brief from being made, as (field of the form, sentence). Pictures and clips that are still
    missing do not: they are added to a shot that is there.
    """
    if choice.model:
        model = next((model for model in models if wishes.allows(choice, model)), None)
        if model is None:
            return [("engine", gone_words(choice))]
        return _by_field(wishes.of_brief(wishes.issues(model, wish)))
    if wishes.can_be_made(choice, wish, models):
        return []
    found = wishes.makers(choice, wish, models)
    stopped = {name: count for name, count in found.stopped.items() if name in FIELD_OF_ISSUE}
    most = max(stopped, key=lambda name: stopped[name], default="model")
    return [(FIELD_OF_ISSUE[most], wishes.why_none(found))]


def _by_field(issues: Iterable[FieldIssue]) -> list[tuple[str, str]]:
    return [(FIELD_OF_ISSUE.get(issue.field, ""), issue.message) for issue in issues]


def gone_words(choice: Choice) -> str:
    """Why a chosen model cannot be used any more, and what stands in its place."""
    try:
        model = catalog.model(choice.provider, choice.model)
    except Unsupported:
        return GONE
    successor = model_words.successor_of(model)
    when = f" on {model.retired_on.isoformat()}" if model.retired_on else ""
    instead = f" Use {successor.label} in its place." if successor else ""
    return f"{model.label} was switched off by its vendor{when}.{instead}"


def select_of(
    field: Any, models: Sequence[Model], keys: Mapping[str, KeyState], now: Choice, first: str
) -> None:
    """Fill the list of a form: `first` is what leaving it empty means, where that is possible."""
    listed: list[Any] = [("", first)] if first else []
    cast(forms.ChoiceField, field).choices = [*listed, *choices.options(models, keys, now)]
