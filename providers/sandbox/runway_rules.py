"""What Runway accepts in a body: every issue of a body at once, with the codes its validator uses.

The facts are in runway_models.json. A field's name ends in `*` there when it is required; its shape is
the name of a shape or a shape itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from providers.sandbox.media import MediaProblem
from providers.sandbox.runway_media import Library

Place = list[str | int]
Issue = dict[str, Any]


@cache
def facts() -> dict[str, Any]:
    """The tables of shapes, models and endpoints."""
    text = (Path(__file__).parent / "runway_models.json").read_text(encoding="utf-8")
    tables: dict[str, Any] = json.loads(text)
    return tables


def utf16_units(text: str) -> int:
    """The length as the vendor counts it; a letter beyond the basic plane counts twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass
class Check:
    """One body's check. `issues` is what is wrong; `media` holds the files that were handed in, by field."""

    endpoint: str
    library: Library
    issues: list[Issue] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
    prompt_limit: int | None = None

    def body(self, body: Mapping[str, Any]) -> None:
        """Look at the whole body."""
        models = facts()["endpoints"][self.endpoint]
        model = body.get("model")
        if not isinstance(model, str) or model not in models:
            valid = ", ".join(f'"{name}"' for name in models)
            self.add("invalid_union", ["model"], f"No matching discriminator. Expected one of: {valid}")
            return
        self.prompt_limit = facts()["models"][model]["prompt_utf16"]
        self._object({"model*": {"enum": [model]}, **models[model]}, body, [])
        self._together(model, body)

    def add(self, code: str, place: Place, message: str, **more: Any) -> None:
        self.issues.append({"code": code, "path": place, "message": message, **more})

    def value(self, shape: str | Mapping[str, Any], value: object, place: Place) -> None:
        """Check one value against its shape."""
        rule: Mapping[str, Any] = facts()["shapes"][shape] if isinstance(shape, str) else shape
        kind = next(name for name in _KINDS if name in rule)
        _KINDS[kind](self, rule, value, place)

    def expect(self, what: str, value: object, place: Place) -> None:
        self.add(
            "invalid_type", place, f"Invalid input: expected {what}, received {_type(value)}", expected=what
        )

    def _object(self, fields: Mapping[str, Any], value: object, place: Place) -> None:
        if not isinstance(value, Mapping):
            self.expect("object", value, place)
            return
        known = {name.rstrip("*"): (shape, name.endswith("*")) for name, shape in fields.items()}
        for name, (shape, required) in known.items():
            if name in value:
                self.value(shape, value[name], [*place, name])
            elif required:
                self.expect(_wanted(shape), _MISSING, [*place, name])
        if unknown := [name for name in value if name not in known]:
            names = ", ".join(f'"{name}"' for name in unknown)
            message = f"Unrecognized key{'s' if len(unknown) > 1 else ''}: {names}"
            self.add("unrecognized_keys", place, message, keys=unknown)

    def _together(self, model: str, body: Mapping[str, Any]) -> None:
        """Rules over more than one field."""
        if "proresProfile" in body and body.get("outputFormat") != "prores":
            self.add("custom", ["proresProfile"], "`proresProfile` needs `outputFormat` to be `prores`.")
        # A prompt may be missing only where something else says what is to be seen.
        settings = body.get("providerSettings")
        shots = isinstance(settings, Mapping) and settings.get("multiPrompt")
        alone = self.endpoint == "text_to_video" and not body.get("promptText")
        if alone and not shots and "promptText" in facts()["endpoints"][self.endpoint][model]:
            self.add("custom", ["promptText"], "Either `promptText` or `multiPrompt` must be given.")
        if shots and isinstance(shots, list):
            seconds: list[Any] = [shot.get("duration") for shot in shots if isinstance(shot, Mapping)]
            whole: list[int] = [one for one in seconds if _is_whole(one)]
            if len(whole) == len(shots) and not 3 <= sum(whole) <= 15:
                self.add(
                    "custom", ["providerSettings", "multiPrompt"], "The shots must last 3 to 15 seconds."
                )

    # Shapes, one method each.

    def _text(self, rule: Mapping[str, Any], value: object, place: Place) -> None:
        if not isinstance(value, str):
            self.expect("string", value, place)
        elif any("\ud800" <= letter <= "\udfff" for letter in value):
            self.add("custom", place, "The text is not valid Unicode.")

    def _prompt(self, rule: Mapping[str, Any], value: object, place: Place) -> None:
        self._text(rule, value, place)
        if not isinstance(value, str):
            return
        if not value:
            self.add("too_small", place, "Too small: expected string to have >=1 characters", minimum=1)
        most = self.prompt_limit
        if most is not None and utf16_units(value) > most:
            message = f"Too big: expected string to have <={most} UTF-16 code units"
            self.add("too_big", place, message, maximum=most)

    def _bool(self, rule: Mapping[str, Any], value: object, place: Place) -> None:
        if not isinstance(value, bool):
            self.expect("boolean", value, place)

    def _number(self, rule: Mapping[str, Any], value: object, place: Place) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.expect("number", value, place)
        else:
            self._range(rule.get("number"), value, place)

    def _int(self, rule: Mapping[str, Any], value: object, place: Place) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.expect("number", value, place)
        elif not _is_whole(value):
            self.expect("int", value, place)
        else:
            self._range(rule.get("int"), value, place)

    def _range(self, ends: object, value: float, place: Place) -> None:
        if not isinstance(ends, list):
            return
        least, most = ends
        if value < least:
            self.add("too_small", place, f"Too small: expected number to be >={least}", minimum=least)
        if value > most:
            self.add("too_big", place, f"Too big: expected number to be <={most}", maximum=most)

    def _seconds(self, rule: Mapping[str, Any], value: object, place: Place) -> None:
        seconds = rule["seconds"]
        if value == "auto" and seconds.get("auto"):
            return
        if "only" in seconds:
            self._enum({"enum": seconds["only"]}, value, place)
        else:
            self._int(seconds, value, place)

    def _enum(self, rule: Mapping[str, Any], value: object, place: Place) -> None:
        allowed = rule["enum"]
        if isinstance(value, bool) or value not in allowed:
            listed = "|".join(json.dumps(one) for one in allowed)
            said = f"Invalid option: expected one of {listed}"
            self.add("invalid_value", place, said, values=allowed)

    def _uri(self, rule: Mapping[str, Any], value: object, place: Place) -> None:
        if not isinstance(value, str):
            self.expect("string", value, place)
            return
        try:
            content = self.library.fetch(value, rule["uri"])
        except MediaProblem as exc:
            self.add(exc.code, place, str(exc))
        else:
            self.media[".".join(str(step) for step in place)] = content

    def _uris(self, rule: Mapping[str, Any], value: object, place: Place) -> None:
        fields: dict[str, Any] = {"uri*": {"uri": rule["uris"]}}
        if rule.get("typed"):
            fields["type*"] = {"enum": [rule["uris"]]}
        if rule.get("positions"):
            fields["position"] = {"enum": ["first", "last"]}
        if rule.get("or_one") and isinstance(value, str):
            self._uri({"uri": rule["uris"]}, value, place)
        else:
            self._list({"list": {"object": fields}, "most": rule.get("most")}, value, place)

    def _list(self, rule: Mapping[str, Any], value: object, place: Place) -> None:
        if not isinstance(value, list):
            self.expect("array", value, place)
            return
        most = rule.get("most")
        if most is not None and len(value) > most:
            self.add("too_big", place, f"Too big: expected array to have <={most} items", maximum=most)
        for index, one in enumerate(value):
            self.value(rule["list"], one, [*place, index])

    def _frames(self, rule: Mapping[str, Any], value: object, place: Place) -> None:
        if isinstance(value, str):
            self._uri({"uri": "image"}, value, place)
            return
        position = "position" if rule.get("loose") else "position*"
        fields = {"uri*": {"uri": "image"}, position: {"enum": rule["frames"]}}
        self._list({"list": {"object": fields}}, value, place)
        if isinstance(value, list):
            self._positions([one.get("position") for one in value if isinstance(one, Mapping)], rule, place)

    def _positions(self, positions: list[object], rule: Mapping[str, Any], place: Place) -> None:
        named = [one for one in positions if one is not None and one != "middle"]
        if not positions:
            self.add("too_small", place, "Too small: expected array to have >=1 items", minimum=1)
            return
        if named and any(one is None for one in positions):
            self.add("custom", place, "Either every image or no image has a position.")
        if any(named.count(one) > 1 for one in named):
            self.add("custom", place, "Duplicate position values are not allowed. Use each position once.")
        if "first" not in named and (named or not rule.get("loose")):
            self.add("custom", place, "You must specify a frame in position `first`.")

    def _keyframes(self, rule: Mapping[str, Any], value: object, place: Place) -> None:
        ends = {"start_seconds*": {"int": True}, "end_seconds*": {"int": True}}
        shared: dict[str, Any] = {"uri*": {"uri": "image"}, "range": {"object": ends}}
        if not isinstance(value, list):
            self.expect("array", value, place)
            return
        if len(value) > rule["keyframes"]:
            self.add("too_big", place, f"Too big: expected array to have <={rule['keyframes']} items")
        for index, one in enumerate(value):
            when: Any = {"at*": {"number": [0, 1]}} if isinstance(one, Mapping) and "at" in one else None
            self._object(shared | (when or {"seconds*": {"number": True}}), one, [*place, index])
        ranged = {"range" in one for one in value if isinstance(one, Mapping)}
        if len(ranged) > 1:
            self.add("custom", place, "Either every keyframe or no keyframe has a range.")

    def _inner(self, rule: Mapping[str, Any], value: object, place: Place) -> None:
        self._object(rule["object"], value, place)


_MISSING = object()
_KINDS: dict[str, Callable[[Check, Mapping[str, Any], object, Place], None]] = {
    "prompt": Check._prompt,
    "text": Check._text,
    "bool": Check._bool,
    "number": Check._number,
    "int": Check._int,
    "seconds": Check._seconds,
    "enum": Check._enum,
    "uri": Check._uri,
    "uris": Check._uris,
    "frames": Check._frames,
    "keyframes": Check._keyframes,
    "list": Check._list,
    "object": Check._inner,
}
_WANTED = {"prompt": "string", "text": "string", "uri": "string", "bool": "boolean", "object": "object"}
_WANTED |= {"list": "array", "uris": "array", "keyframes": "array", "frames": "string"}


def _wanted(shape: str | Mapping[str, Any]) -> str:
    rule: Mapping[str, Any] = facts()["shapes"][shape] if isinstance(shape, str) else shape
    if "enum" in rule:
        return "string"
    return next((word for kind, word in _WANTED.items() if kind in rule), "number")


def _is_whole(value: object) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _type(value: object) -> str:
    if value is _MISSING:
        return "undefined"
    if value is None:
        return "null"
    names = {bool: "boolean", str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names[type(value)]
