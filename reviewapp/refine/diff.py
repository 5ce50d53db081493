"""Word-level difference of two prompts, and which remark caused each changed piece."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from reviewapp.refine.values import Change

PieceKind = Literal["same", "added", "removed"]

_TOKEN = re.compile(r"\s+|\w+(?:['’-]\w+)*|[^\w\s]")
# Comparing is quadratic at worst; beyond this many words the middle is shown as one replaced block.
_MOST_TOKENS = 6000


@dataclass(frozen=True)
class Piece:
    kind: PieceKind
    text: str
    feedback_ids: tuple[str, ...] = ()


def diff_pieces(old: str, new: str) -> tuple[Piece, ...]:
    """Pieces in reading order: same and removed join to the old text, same and added to the new one."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    return tuple(_joined(_pieces(before, after)))


def _pieces(before: list[str], after: list[str]) -> Iterator[Piece]:
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    yield Piece("same", "".join(before[:head]))
    yield from _middle(before[head : len(before) - tail], after[head : len(after) - tail])
    yield Piece("same", "".join(before[len(before) - tail :]))


def _middle(before: list[str], after: list[str]) -> Iterator[Piece]:
    if len(before) + len(after) > _MOST_TOKENS:
        yield Piece("removed", "".join(before))
        yield Piece("added", "".join(after))
        return
    matcher = SequenceMatcher(str.isspace, before, after, autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(before[i:i_end]))
        else:
            yield Piece("removed", "".join(before[i:i_end]))
            yield Piece("added", "".join(after[j:j_end]))


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Without empty pieces, and with neighbours of one kind as one piece."""
    held: Piece | None = None
    for piece in pieces:
        if not piece.text:
            continue
        if held is not None and held.kind == piece.kind:
            held = Piece(held.kind, held.text + piece.text)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held


def diff_with_causes(old: str, new: str, changes: Sequence[Change]) -> tuple[Piece, ...]:
    """The pieces, each changed one with the ids of the remarks whose changes it belongs to.

    A changed piece that no change covers by its words takes the ids of the nearest one that is covered: a
    space or a full stop that moved with a sentence belongs to that sentence.
    """
    pieces = list(diff_pieces(old, new))
    told = [
        change
        for change in changes
        if change.where == "prompt" or (change.before in old and change.after in new)
    ]
    gone = _spans(old, [(change.before, change) for change in told])
    come = _spans(new, [(change.after, change) for change in told])
    causes: list[tuple[str, ...]] = []
    at_old = at_new = 0
    for piece in pieces:
        spans, at = (gone, at_old) if piece.kind == "removed" else (come, at_new)
        causes.append(() if piece.kind == "same" else _ids(spans, at, at + len(piece.text)))
        at_old += len(piece.text) if piece.kind != "added" else 0
        at_new += len(piece.text) if piece.kind != "removed" else 0
    everyone = tuple(dict.fromkeys(one for change in changes for one in change.feedback_ids))
    return tuple(
        piece
        if piece.kind == "same"
        else Piece(piece.kind, piece.text, causes[index] or _nearest(causes, index) or everyone)
        for index, piece in enumerate(pieces)
    )


def _spans(text: str, wanted: list[tuple[str, Change]]) -> list[tuple[int, int, tuple[str, ...]]]:
    found = []
    for words, change in wanted:
        words = words.strip()
        if not words:
            continue
        at = text.find(words)
        while at >= 0:
            end = at + len(words)
            inside = (at and text[at - 1].isalnum() and words[0].isalnum()) or (
                end < len(text) and text[end].isalnum() and words[-1].isalnum()
            )
            if not inside:
                found.append((at, end, change.feedback_ids))
            at = text.find(words, end)
    return found


def _ids(spans: list[tuple[int, int, tuple[str, ...]]], start: int, end: int) -> tuple[str, ...]:
    ids = [one for a, b, some in spans if a < end and start < b for one in some]
    return tuple(dict.fromkeys(ids))


def _nearest(causes: list[tuple[str, ...]], index: int) -> tuple[str, ...]:
    for distance in range(1, len(causes)):
        for neighbour in (index - distance, index + distance):
            if 0 <= neighbour < len(causes) and causes[neighbour]:
                return causes[neighbour]
    return ()
