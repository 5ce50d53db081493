"""Counting a text in a model's own unit."""

from __future__ import annotations

import re

from reviewapp.refine.values import Limits, Unit

_NAMES = {"chars": "characters", "utf16": "UTF-16 characters", "tokens": "tokens"}


def units(text: str, unit: Unit) -> int:
    """The length of the text.

    Tokens are estimated from above, since every vendor's tokenizer differs: a word is one token for each four
    letters begun, every other sign is one, and a letter beyond ASCII is one for each of its UTF-8 bytes.
    """
    if unit == "chars":
        return len(text)
    if unit == "utf16":
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    count = 0
    for piece in re.findall(r"[A-Za-z]+|[^\sA-Za-z]", text):
        count += -(-len(piece) // 4) if piece.isascii() else len(piece.encode("utf-8", "surrogatepass"))
    return count


def fits(text: str, most: int | None, unit: Unit) -> bool:
    return most is None or units(text, unit) <= most


def reason(limits: Limits) -> str:
    return f"does not fit the model's limit of {limits.max_units} {_NAMES[limits.unit]}"
