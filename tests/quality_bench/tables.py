"""The figures as tables that one can read."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence

from tests.quality_bench import choice, judge
from tests.quality_bench.look import Looked
from tests.quality_bench.scenes import FILMED
from tests.quality_bench.truth import FURTHER, REASONS

Row = Sequence[str]


def table(title: str, head: Row, rows: Iterable[Row]) -> str:
    """Columns as wide as their widest cell; the first is flush left, the others right."""
    lines = [head, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    said = [
        "  ".join(
            cell.ljust(width) if place in (0, len(head) - 1) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([f"\n{title}", said[0], "-" * max(map(len, said)), *said[1:]])


def detection(looked: Sequence[Looked]) -> str:
    """Per kind of defect: how many were named, how many at least raised a doubt, and how far off in time."""
    kinds: dict[str, list[Looked]] = defaultdict(list)
    for one in looked:
        if one.clip.truth is not None:
            kinds[one.clip.kind].append(one)
    rows = [_of_kind(kind, kinds[kind]) for kind in REASONS if kinds[kind]]
    first = [one for kind in REASONS if kind not in FURTHER for one in kinds[kind]]
    rest = [one for kind in REASONS if kind in FURTHER for one in kinds[kind]]
    totals = [("all of the first group", first), ("all of the further kinds", rest), ("all", first + rest)]
    rows += [_of_kind(words, some) for words, some in totals if some]
    head = ("defect", "n", "right reason", "flagged", "start error, median / max s", "missed")
    return table("Defects found (right reason: named as what it is, within its time)", head, rows)


def _of_kind(words: str, some: Sequence[Looked]) -> Row:
    off = [error for one in some if (error := judge.start_error(one)) is not None]
    told = f"{statistics.median(off):.2f} / {max(off):.2f}" if off else "–"
    named, flagged = sum(bool(judge.right(one)) for one in some), sum(map(judge.flagged, some))
    missed = ", ".join(f"{one.clip.scene} (seed {one.clip.seed})" for one in some if not judge.right(one))
    return words, str(len(some)), str(named), str(flagged), told, "" if words.startswith("all") else missed


def false_alarms(looked: Sequence[Looked]) -> str:
    """Good clips that raised a doubt, with the reasons."""
    good = [one for one in looked if one.clip.truth is None]
    rows = [
        (one.clip.scene, str(one.clip.seed), one.verdict, judge.reasons(one))
        for one in good
        if judge.flagged(one)
    ]
    first = [one for one in good if one.clip.scene in FILMED or one.clip.scene.startswith("face-")]
    rest = [one for one in good if one not in first]
    for words, some in (("first kinds", first), ("further kinds", rest), ("all", good)):
        if some:
            wrong, rejected = (
                sum(map(judge.flagged, some)),
                sum(one.verdict == "reject" for one in some),
            )
            rows.append(
                (f"{words}: {wrong} of {len(some)}", "", f"{wrong / len(some):.1%}", f"{rejected} rejected")
            )
    return table("Good clips that were flagged (!: reject)", ("scene", "seed", "verdict", "reasons"), rows)


def choices(looked: Sequence[Looked]) -> str:
    """Right first choices among siblings: any scenes with the first kinds of defect and with all of them, and
    siblings of one scene.
    """
    first = [one for one in looked if one.clip.kind not in FURTHER]
    ways = {
        "any scenes, first kinds": choice.choices(choice.groups_of(first, of_one_scene=False)),
        "any scenes, all kinds": choice.choices(choice.groups_of(looked, of_one_scene=False)),
        "siblings of one scene, all kinds": choice.choices(choice.groups_of(looked, of_one_scene=True)),
    }
    shares = {way: {one.rule: f"{one.right:.1%}" for one in ones} for way, ones in ways.items()}
    rules = dict.fromkeys(rule for told in shares.values() for rule in told)
    rows = [(rule, *(told.get(rule, "–") for told in shares.values())) for rule in rules]
    return table(
        f"Right first choice, 1 good and {choice.SIBLINGS} defective, {choice.GROUPS} groups",
        ("chosen by", *shares),
        rows,
    )


def areas(looked: Sequence[Looked]) -> str:
    rows = [(name, f"{area:.3f}") for name, area in choice.areas(looked).items()]
    return table("Good against defective (area under the curve; 0.5 says nothing)", ("by", "AUC"), rows)


def costs(looked: Sequence[Looked]) -> str:
    """Seconds and memory per clip, by its size."""
    sizes: dict[str, list[Looked]] = defaultdict(list)
    for one in looked:
        sizes[f"{one.clip.width}x{one.clip.height} at {one.clip.fps}"].append(one)
    rows = []
    for size, some in sorted(sizes.items()):
        computing = [one.cost.cpu_s for one in some]
        shares = [one.cost.cpu_s / one.clip.seconds for one in some]
        peaks = [one.cost.peak_mb for one in some]
        rows.append(
            (
                size,
                str(len(some)),
                f"{statistics.median(computing):.2f} / {max(computing):.2f}",
                f"{statistics.median(one.cost.wall_s for one in some):.2f}",
                f"{statistics.median(peaks):.0f} / {max(peaks):.0f}",
                f"{statistics.median(shares):.0%}",
            )
        )
    head = (
        "size and frames a second",
        "n",
        "computing s, median / max",
        "by the clock s",
        "peak MB, median / max",
        "computing per second of clip",
    )
    return table("Cost of a check, the guarded child's start included", head, rows)
