"""The arithmetic of byte ranges (RFC 9110, section 14): pure, so that every corner can be tested."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Nineteen digits hold every file size there is; a longer number is ignored as malformed.
_ONE_RANGE = re.compile(r"bytes=[ \t]*([0-9]{1,19})?-([0-9]{1,19})?[ \t]*", re.IGNORECASE)


class Unsatisfiable(Exception):
    """The range is well formed and lies outside of the file: the answer is 416."""


@dataclass(frozen=True)
class Span:
    """Bytes `first` to `last`, both included, of a file of `size` bytes."""

    first: int
    last: int
    size: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    @property
    def content_range(self) -> str:
        return f"bytes {self.first}-{self.last}/{self.size}"


def read_range(header: str, size: int) -> Span | None:
    """The one range a `Range` header asks for; None means "send all of it".

    As the standard has it, a header that is malformed, in another unit or asks for several ranges is ignored.
    Raises Unsatisfiable when nothing of the range lies inside the file.
    """
    found = _ONE_RANGE.fullmatch(header.strip())
    if found is None or found.groups() == (None, None):
        return None
    first, last = (None if part is None else int(part) for part in found.groups())
    if first is None:
        # "-n": the last n bytes.
        if not last or not size:
            raise Unsatisfiable
        return Span(max(0, size - last), size - 1, size)
    if last is not None and last < first:
        return None
    if first >= size:
        raise Unsatisfiable
    return Span(first, size - 1 if last is None else min(last, size - 1), size)
