"""How long a prompt is in the unit in which its model counts."""

from __future__ import annotations

import math
import re

from providers.catalog_data import Model

# A word, a single mark, or a single letter of a script that is not written with Latin letters.
_PIECES = re.compile(r"[A-Za-z0-9]+|[^\sA-Za-z0-9]")


def prompt_length(text: str, unit: str) -> int:
    """The length in `chars`, `utf16` (code units) or `tokens`.

    Tokens are an estimate on the safe side, as no vendor publishes a way to count them offline: one for each
    begun four Latin letters or digits, one for each mark, two for each letter of any other script.
    """
    if unit == "chars":
        return len(text)
    if unit == "utf16":
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    if unit == "tokens":
        return sum(_tokens(piece) for piece in _PIECES.findall(text))
    raise ValueError(f"unknown unit of prompt length: {unit!r}")


def prompt_over(model: Model, text: str) -> int:
    """By how many units the text is over the model's limit; 0 when it fits."""
    return max(0, prompt_length(text, model.prompt_unit) - model.prompt_limit)


def _tokens(piece: str) -> int:
    if piece[0].isascii():
        return math.ceil(len(piece) / 4)
    return 2
