"""How values cross between a guarded child and its parent: as JSON, rebuilt from their own annotations."""

from __future__ import annotations

import base64
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union

Value = TypeVar("Value")


def to_json(value: object) -> Any:
    """The value in what JSON has: dataclasses and mappings as objects, tuples as lists, bytes in base64.

    numpy's numbers come out as plain ones. Raises TypeError for what has no way back.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: to_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): to_json(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(each) for each in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item"):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def from_json(kind: type[Value], value: Any) -> Value:
    """The value that `to_json` wrote, by the annotations of `kind`. Raises TypeError where they differ."""
    return typing.cast(Value, _built(kind, value))


def arguments(function: typing.Callable[..., object], order: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of a function, each rebuilt as the function's own annotations say."""
    hints = typing.get_type_hints(function)
    return {name: _built(hints[name], value) for name, value in order.items()}


def _built(kind: Any, value: Any) -> Any:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        some = [each for each in inner if each is not type(None)]
        return value if value is None or len(some) > 1 else _built(some[0], value)
    if kind is Any or origin is Literal:
        return value
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _built(hints[name], each) for name, each in value.items()})  # type: ignore[operator]
    if origin is tuple:
        each_kind = inner[:1] * len(value) if inner[1:] == (...,) else inner
        return tuple(_built(part, each) for part, each in zip(each_kind, value, strict=True))
    if origin is list:
        return [_built(inner[0], each) for each in value]
    if origin is not None and issubclass(origin, Mapping):
        return {name: _built(inner[1], each) for name, each in value.items()}
    return _plain(kind, value)


def _plain(kind: Any, value: Any) -> Any:
    if kind is bytes:
        return base64.b64decode(value, validate=True)
    if kind is Path:
        return Path(value)
    if kind is float and isinstance(value, int):
        return float(value)
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} was promised, {type(value).__name__} came")
    return value
