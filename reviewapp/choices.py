"""The models on offer: which there are, whether a key reaches them, and how one is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone

from providers import catalog
from providers.catalog import Model
from providers.errors import Unsupported
from reviewapp import model_words, routing
from reviewapp.market import leads_elsewhere
from reviewapp.models import Project, ProviderKey, Routing, Shot

POLICY = "policy:"


# --- keys ---


@dataclass(frozen=True)
class KeyState:
    """Whether a vendor's models can be asked for on this site: `word` is ready, sandbox, paused or none.

    `names` are for admins only. `elsewhere` says that a usable key leads to a host of its own, which may
    still serve what the vendor has switched off.
    """

    word: str = "none"
    names: tuple[str, ...] = ()
    elsewhere: bool = False

    @property
    def usable(self) -> bool:
        return self.word in ("ready", "sandbox")


def key_states() -> dict[str, KeyState]:
    """The state of every vendor's keys, in one query."""
    keys: dict[str, list[ProviderKey]] = {}
    for key in ProviderKey.objects.order_by("name"):
        keys.setdefault(key.provider, []).append(key)
    return {vendor.name: _state(keys.get(vendor.name, [])) for vendor in catalog.vendors()}


def _state(keys: list[ProviderKey]) -> KeyState:
    now = timezone.now()
    ready = [key for key in keys if key.usable and not key.rests(now)]
    elsewhere = any(leads_elsewhere(key) for key in ready)
    if ready:
        drawn = all(key.is_sandbox for key in ready)
        return KeyState("sandbox" if drawn else "ready", tuple(key.name for key in ready), elsewhere)
    paused = [key for key in keys if key.enabled]
    return KeyState("paused", tuple(key.name for key in paused)) if paused else KeyState()


def reaches(key: KeyState, model: Model) -> bool:
    """Whether a vendor's usable keys lead to a host that serves the model."""
    return key.elsewhere or not model.is_retired()


# --- choosing ---


@dataclass(frozen=True)
class Choice:
    """How the model of a clip is chosen, as one value of a form: `policy:cheapest`, `runway/gen4.5`, or empty
    for what stands above (the project for a shot).
    """

    routing: str = ""
    provider: str = ""
    model: str = ""

    @classmethod
    def read(cls, value: str) -> Choice:
        if value.startswith(POLICY):
            return cls(routing=value.removeprefix(POLICY))
        # A vendor's name holds no slash, a model's may.
        provider, _, model = value.partition("/")
        return cls(Routing.CHOSEN, provider, model) if model else cls()

    @classmethod
    def of_model(cls, model: Model) -> Choice:
        return cls(Routing.CHOSEN, model.vendor, model.id)

    @classmethod
    def of_project(cls, project: Project) -> Choice:
        if project.routing != Routing.CHOSEN:
            return cls(routing=project.routing)
        return cls(Routing.CHOSEN, project.provider, project.model)

    @classmethod
    def of_shot(cls, shot: Shot) -> Choice:
        if shot.model:
            return cls(Routing.CHOSEN, shot.effective_provider, shot.model)
        return cls(routing=shot.routing)

    @property
    def value(self) -> str:
        if self.model:
            return f"{self.provider}/{self.model}"
        return f"{POLICY}{self.routing}" if self.routing else ""

    @property
    def label(self) -> str:
        """The model's or the policy's name."""
        if self.model:
            return model_label(self.provider, self.model)
        return str(Routing(self.routing).label) if self.routing in Routing.values else self.routing

    def columns(self) -> dict[str, str]:
        """The three columns of a shot."""
        return {"routing": self.routing, "provider": self.provider, "model": self.model}


def model_label(vendor: str, model_id: str) -> str:
    try:
        return catalog.model(vendor, model_id).label
    except Unsupported:
        return model_id


def policies() -> list[tuple[str, str, str]]:
    """The ways in which Retake chooses a model itself: value, label, and what it does in one sentence."""
    return [policy for policy in routing.policies() if policy[0] != Routing.CHOSEN]


def on_offer(keys: Mapping[str, KeyState] | None = None) -> list[Model]:
    """The models that can be chosen: living ones, and retired ones that a key still reaches."""
    states = key_states() if keys is None else keys
    return [
        model for model in catalog.models() if not model.is_retired() or reaches(states[model.vendor], model)
    ]


Options = list[tuple[str, str | list[tuple[str, str]]]]


def options(models: Sequence[Model], keys: Mapping[str, KeyState], now: Choice) -> Options:
    """The choices of a form's one list: policies, then each vendor's models with their price.

    `now` is what is chosen already; it stays in the list though it may be offered no more.
    """
    found: Options = [
        (
            "Retake chooses",
            [
                (f"{POLICY}{value}", label)
                for value, label, _ in routing.policies()
                if value != Routing.CHOSEN
            ],
        )
    ]
    for vendor in catalog.vendors():
        mine = [
            (f"{vendor.name}/{model.id}", _option(model, keys))
            for model in models
            if model.vendor == vendor.name
        ]
        if mine:
            found.append((vendor.label, mine))
    listed = {value for _, group in found if isinstance(group, list) for value, _ in group}
    if now.value and now.value not in listed:
        # What was switched off since is still what the row says, until a producer changes it.
        found.append(("Chosen before", [(now.value, f"{now.label} · no longer offered")]))
    return found


def _option(model: Model, keys: Mapping[str, KeyState]) -> str:
    words = [model.label, model_words.price_words(model)]
    if "text" not in model.modes:
        words.append("starts from a picture" if model.image_input else "edits a clip")
    if model.is_retired():
        words.append("retired by its vendor")
    state = keys[model.vendor]
    if not state.usable:
        words.append("key paused" if state.word == "paused" else "no key here")
    return " · ".join(words)
