"""Edits of a text, and what the editors share: case, articles, the sentences about a subject."""

from __future__ import annotations

import re

from reviewapp.refine.brief import noun
from reviewapp.refine.clean import sentence_spans
from reviewapp.refine.words import whole_word

Edit = tuple[int, int, str]


def cased(old: str, new: str) -> str:
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def with_articles(text: str, found: list[Edit]) -> list[Edit]:
    """An orange boat that turns blue needs "a", so the article before the words changes with them."""
    fitted = []
    for start, end, new in found:
        article = re.search(r"\b(an?) $", text[:start], re.IGNORECASE)
        fitting = "an" if new[:1].lower() in "aeiou" else "a"
        if article and article[1].lower() != fitting:
            start, new = article.start(1), f"{cased(article[1], fitting)} {new}"
        fitted.append((start, end, new))
    return fitted


def first_only(found: list[Edit]) -> list[Edit]:
    """Patterns are listed from the exact to the loose; a loose one gives way where an exact one matched."""
    kept: list[Edit] = []
    for edit in found:
        if all(edit[1] <= other[0] or edit[0] >= other[1] for other in kept):
            kept.append(edit)
    return kept


def sentences_about(subject: str, text: str) -> list[tuple[int, int]]:
    name = whole_word(noun(subject))
    return [(start, end) for start, end in sentence_spans(text) if name.search(text, start, end)]
