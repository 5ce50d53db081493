"""A prompt being rewritten: every edit is made here and leaves a Change behind."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from reviewapp.refine.clean import quoted, sentence_spans
from reviewapp.refine.contradict import edits
from reviewapp.refine.grammar import key
from reviewapp.refine.limits import fits
from reviewapp.refine.recognise import recognise
from reviewapp.refine.statements import STRONGEST, Instruction, parse, subject_key
from reviewapp.refine.values import Change, ChangeKind, Limits, Where

FULL, PLAIN, IN_PLACE, DROPPED = "full", "plain", "in place", "dropped"
_ENDED = re.compile(r"""[.!?…。！？]["”’)\]]*$""")
# A longer first sentence would push our statements too far back to be "near the front".
_LONGEST_OPENING = 300


@dataclass
class Wish:
    """One instruction with everyone who asked for it.

    `said` is the level at which the prompt carried it before this call, 0 where it did not: who asks again
    has seen that the last words were not enough, so the next ones are one level stronger.
    """

    instruction: Instruction
    ids: tuple[str, ...]
    weight: int
    order: int
    form: str = FULL
    said: int = 0

    @property
    def level(self) -> int:
        return min(max(self.weight, self.said + 1), STRONGEST) if self.form == FULL else 1

    @property
    def why(self) -> str:
        if self.instruction.kind == "tag" and self.instruction.said in {self.instruction.value, "text"}:
            return f"you marked “{self.instruction.said}”"
        return f"you said {quoted(self.instruction.said)}"


def clash(newer: Instruction, older: Instruction) -> bool:
    """Whether both cannot hold in one picture."""
    if newer.topic == older.topic:
        return key(newer.core) != key(older.core)
    kinds = {newer.kind, older.kind}
    if kinds == {"camera", "camera not"}:
        return newer.value.split()[0] == older.value.split()[0]
    gone = next((one for one in (newer, older) if one.kind == "presence" and one.value == "none"), None)
    other = older if gone is newer else newer
    if gone is not None and other.subject and other.kind not in {"look", "presence"}:
        return subject_key(gone.subject) == subject_key(other.subject)
    wrong = subject_key(newer.instead_of)
    return (
        bool(wrong)
        and older.kind == "presence"
        and older.value != "none"
        and subject_key(older.subject) == wrong
    )


def same(one: Instruction, other: Instruction) -> bool:
    return key(one.core) == key(other.core)


def _is_absence(one: Instruction) -> bool:
    """Whether the instruction says what must not be there."""
    named = {("presence", "none"), ("tag", "text")}
    return one.kind in {"camera not", "avoid"} or (one.kind, one.value) in named


@dataclass
class Draft:
    """The text so far. `said` holds, for a wish that changed nothing, the sentence that already says it.

    `asked` holds what the wishes say, so that none of them edits the words of another.
    """

    prompt: str
    negative: str
    limits: Limits
    asked: frozenset[str] = frozenset()
    changes: list[Change] = field(default_factory=list)
    said: dict[int, tuple[str, int]] = field(default_factory=dict)
    added: list[tuple[Wish, str]] = field(default_factory=list)

    def note(self, kind: ChangeKind, before: str, after: str, wish: Wish, where: Where = "prompt") -> None:
        self.changes.append(Change(kind, before, after, where, wish.ids, wish.why))

    def replace(self, start: int, end: int, new: str, wish: Wish) -> None:
        old = self.prompt[start:end]
        if not new:
            # One blank beside the removed words goes with them, where they had one on each side.
            after = self.prompt[end : end + 1]
            if start and self.prompt[start - 1] == " " and (not after or after in " \n.,;:!?"):
                start -= 1
            elif not start and after == " ":
                end += 1
        self.prompt = self.prompt[:start] + new + self.prompt[end:]
        self.note("replaced" if new else "removed", old, new, wish)

    def apply(self, wish: Wish) -> None:
        if wish.form == DROPPED:
            return
        before = len(self.changes)
        stated = self._restate(wish)
        for start, end, new in reversed(self._edits(wish.instruction)):
            self.replace(start, end, new, wish)
        negative = self._negative(wish)
        if stated or self._find(wish.instruction) is not None:
            if len(self.changes) == before:
                self.said[id(wish)] = self._find(wish.instruction) or ("", 1)
        elif not negative and wish.form != IN_PLACE:
            self.added.append((wish, wish.instruction.sentence(wish.level)))

    def _sentences(self) -> list[tuple[int, int, str]]:
        return [(start, end, self.prompt[start:end]) for start, end in sentence_spans(self.prompt)]

    def level_of(self, instruction: Instruction) -> int:
        """How strongly the text carries the instruction; 0 where it does not."""
        found = self._find(instruction)
        if found is not None:
            return found[1]
        terms = {key(term) for term in self.negative.split(",")}
        listed = self.limits.negative_prompt and {key(term) for term in instruction.negatives} <= terms
        return 1 if listed and instruction.negatives and _is_absence(instruction) else 0

    def _find(self, instruction: Instruction) -> tuple[str, int] | None:
        """The sentence that says the instruction, and how strongly."""
        wanted = key(instruction.core)
        for _start, _end, sentence in self._sentences():
            core, level = parse(sentence)
            if key(core) == wanted:
                return sentence, level
        return None

    def _restate(self, wish: Wish) -> bool:
        """Bring the sentences that say this topic into line; whether one of them now says the instruction."""
        stated = False
        for start, end, sentence in reversed(self._sentences()):
            core, level = parse(sentence)
            if key(core) == key(wish.instruction.core):
                if stated:
                    self.replace(start, end, "", wish)
                elif wish.level > level:
                    self.replace(start, end, wish.instruction.sentence(wish.level), wish)
                stated = True
                continue
            known = recognise(sentence)
            if known is None or not clash(wish.instruction, known[0]):
                continue
            fresh = wish.instruction.sentence(wish.level)
            takes_place = (
                not stated and known[0].topic == wish.instruction.topic and not self._by_negative(wish)
            )
            self.replace(start, end, fresh if takes_place else "", wish)
            stated = stated or takes_place
        return stated

    def _edits(self, instruction: Instruction) -> list[tuple[int, int, str]]:
        """Edits of the brief; our own sentences and words under a "no" are left alone."""
        found = edits(instruction, self.prompt)
        if not found:
            return []
        own = [
            (start, end)
            for start, end, sentence in self._sentences()
            if recognise(sentence) is not None or key(parse(sentence)[0]) in self.asked
        ]
        return [
            edit
            for edit in found
            if not any(start <= edit[0] and edit[1] <= end for start, end in own)
            and not re.search(
                r"\b(?:no|not|never|without)\s(?:\w+\s)?$", self.prompt[: edit[0]], re.IGNORECASE
            )
        ]

    def _by_negative(self, wish: Wish) -> bool:
        """Whether a negative prompt says this wish better than a sentence: what must be absent, said once."""
        return _is_absence(wish.instruction) and self.limits.negative_prompt and wish.level == 1

    def _negative(self, wish: Wish) -> bool:
        """Keep the negative prompt in line; whether it now carries the wish, so that no sentence is
        needed."""
        if not self.limits.negative_prompt:
            return False
        terms = [term.strip() for term in self.negative.split(",") if term.strip()]
        one = wish.instruction
        if one.kind == "presence" and one.value != "none":
            unwanted = [term for term in terms if subject_key(term) == subject_key(one.subject)]
            for term in unwanted:
                self._set_negative(", ".join(kept for kept in terms if kept != term), "removed", term, wish)
        missing = [term for term in one.negatives if key(term) not in {key(known) for known in terms}]
        for term in missing:
            longer = f"{self.negative}, {term}" if self.negative.strip() else term
            if not fits(longer, self.limits.negative_max_units, self.limits.unit):
                return False
            self._set_negative(longer, "added", term, wish)
        if self._by_negative(wish) and one.negatives:
            if not missing:
                self.said.setdefault(id(wish), (", ".join(one.negatives), 1))
            return True
        return False

    def _set_negative(self, text: str, kind: ChangeKind, term: str, wish: Wish) -> None:
        self.negative = text
        self.note(kind, term if kind == "removed" else "", term if kind == "added" else "", wish, "negative")

    def finish(self) -> None:
        """Put the new sentences near the front: after the opening sentence, or before it where it is long."""
        if not self.added:
            return
        block = " ".join(sentence for _wish, sentence in self.added)
        spans = sentence_spans(self.prompt)
        end = spans[0][1] if spans else 0
        opening = self.prompt[:end]
        if end == 0 or end > _LONGEST_OPENING or opening[-1] in ":,;([{-" or opening.lstrip()[:1] in "{[":
            self.prompt = f"{block} {self.prompt}" if self.prompt.strip() else block
        else:
            stop = "" if _ENDED.search(opening) else "."
            self.prompt = f"{opening}{stop} {block}{self.prompt[end:]}"
        for wish, sentence in self.added:
            self.note("added", "", sentence, wish)
