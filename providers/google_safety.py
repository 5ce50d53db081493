"""What Google's safety systems say, and the meaning of their support codes."""

from __future__ import annotations

import re

# https://cloud.google.com/vertex-ai/generative-ai/docs/video/responsible-ai-and-usage-guidelines
_MEANINGS = {
    "a child": ("58061214", "17301594"),
    "a well-known person": ("29310472", "15236754"),
    "a finished picture that is not safe": ("64151117", "42237218"),
    "dangerous content": ("62263041",),
    "hate": ("57734940", "22137204"),
    "other reasons of safety": ("74803281", "29578790", "42876398"),
    "prohibited content": ("89371032", "49114662", "63429089", "72817394", "60599140"),
    "content that belongs to a third party": ("35561574", "35561575"),
    "sexual content": ("90789179", "43188360"),
    "toxic content": ("78610348",),
    "violence": ("61493863", "56562880"),
    "vulgar content": ("32635315",),
}
_MEANING = {code: meaning for meaning, codes in _MEANINGS.items() for code in codes}
_CODES = re.compile(r"support codes?:?((?:[\s,;]*\d{6,12})+)", re.IGNORECASE)
# A sentence that only names a field, such as safety_settings, must not pass for a refusal of the content.
_FIELD = re.compile(r"`[\w.]+`[^.]*(?:isn't|is not) supported", re.IGNORECASE)
_WHAT = r"(?:safety|polic(?:y|ies)|guidelines?|terms of|responsible ai|harmful|sensitive)"
_DID = r"(?:block|violat|prohibit|filter|refus)\w*"
_REFUSAL = re.compile(
    rf"support codes?:|usage guidelines|sensitive words|{_DID}[^.]*{_WHAT}|{_WHAT}[^.]*{_DID}", re.IGNORECASE
)


def is_refusal(words: str) -> bool:
    """Whether a sentence of Google's says that the content was refused, and not the form of the request."""
    return _REFUSAL.search(words) is not None and _FIELD.search(words) is None


def support_codes(words: str) -> tuple[str, ...]:
    """The support codes in a sentence, each once."""
    found = (code for group in _CODES.findall(words) for code in re.findall(r"\d+", group))
    return tuple(dict.fromkeys(found))


def meaning_of(words: str) -> str:
    """What the support codes in a sentence stand for, such as `violence`; empty where none is known."""
    known = (_MEANING[code] for code in support_codes(words) if code in _MEANING)
    return " and ".join(dict.fromkeys(known))


def explained(words: str) -> str:
    """The sentence with the meaning of its codes behind it."""
    meaning = meaning_of(words)
    return f"{words} (Google's code for: {meaning}.)" if meaning else words
