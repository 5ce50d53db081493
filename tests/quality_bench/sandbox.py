"""The sandbox's own faults: whether the checks find what it plants, at the rate at which it plants it.

The clips are drawn by the sandbox's own code, and its plan is the truth. A fault is only held against the
checks where it can be seen: a thing that was at rest anyway cannot stop, and a fog at rest cannot freeze.
What an instruction asked for and the picture does not show is for people, so it is counted and not judged.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from jobs.quality import expect
from jobs.quality.report import Finding, Ordered
from providers.sandbox.picture.clip import render
from providers.sandbox.picture.plan import ScenePlan, plan
from providers.sandbox.picture.planted import RATES, PlantedFault
from tests.quality_bench import judge
from tests.quality_bench.film import Size
from tests.quality_bench.look import Looked, look_at
from tests.quality_bench.store import Clip, processes
from tests.quality_bench.tables import table

SECONDS, SIZE = 5.0, Size(1280, 720)
MODELS: Final = ("gen4.5", "veo-3.1", "sora-2", "kling-2.5-turbo", "ray-3")
PROMPTS: Final = (
    "A red paper boat drifts slowly to the right on a calm sea. The camera is static. It is dusk.",
    "A sort of dreamy vessel, maybe floating somewhere, with a general mood of longing and everything",
    "A blue car drives fast to the left on a street at night in the rain.",
    "Three yellow birds fly to the right in a bright sky.",
    "A white cat sits in a room by the window.",
    "An orange fox runs through a snowy forest. The camera pans right.",
    "Perhaps some kind of city thing with lights and traffic and lots of atmosphere",
    "A hot-air balloon rises over the mountains at dawn.",
    "A green ball rolls to the right across a field.",
    "A rocket rises into space among the stars. The camera tilts up.",
    "A goldfish swims to the left underwater.",
    "A candle and a cup on a table in a dark room, something cosy I guess",
)
# The kinds of finding that name each fault. A thing that stops is one part of the picture that stands.
NAMED: Final[dict[str, frozenset[str]]] = {
    "freeze": frozenset({"frozen"}),
    "flicker": frozenset({"flicker", "photosensitive"}),
    "black": frozenset({"black"}),
    "jump": frozenset({"jump", "camera_jump", "hard_cut"}),
    "stop": frozenset({"frozen", "part_frozen"}),
    "blur": frozenset({"goes_soft", "soft"}),
}
# A fault can be seen where a part of the picture differs by so many grey levels from the clip without it.
SEEN_LEVELS = 8.0


@dataclass(frozen=True)
class Seen:
    """A checked clip of the sandbox, its plan, and which of its faults can be seen in it."""

    looked: Looked
    plan: ScenePlan
    visible: tuple[bool, ...]
    by_chance: bool

    @property
    def truth(self) -> dict[str, object]:
        return self.plan.truth() | {"visible": self.visible}


def seen(folder: Path, count: int, jobs: int, model: Path | None) -> list[Seen]:
    """So many clips over all prompts, models and some seeds: drawn where they are not there yet, checked."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = _numbers(count)
    with processes(jobs) as run:
        waiting = [run(_drawn, folder, number) for number in numbers]
        drawn = [told() for told in waiting]
    clips = [clip for clip, _, _ in drawn]
    return [
        Seen(looked, scene, visible, number < _by_chance(count))
        for looked, (_, scene, visible), number in zip(
            look_at(clips, jobs, model), drawn, numbers, strict=True
        )
    ]


def _by_chance(count: int) -> int:
    return count * 2 // 3


def _numbers(count: int) -> list[int]:
    """Two thirds as they come, so that rates are true; the rest chosen for the faults of which there are
    fewest, so that each kind is there several times.
    """
    numbers = list(range(_by_chance(count)))
    kinds = Counter(dict.fromkeys(RATES, 0))
    kinds.update(fault.kind for number in numbers for fault in _plan(number).faults)
    number = len(numbers)
    while len(numbers) < count:
        planted = [fault.kind for fault in _plan(number).faults]
        if any(kinds[kind] == min(kinds.values()) for kind in planted):
            numbers.append(number)
            kinds.update(planted)
        number += 1
    return numbers


def _plan(number: int) -> ScenePlan:
    prompt, model = PROMPTS[number % len(PROMPTS)], MODELS[number % len(MODELS)]
    return plan(prompt, number, model, SIZE.width, SIZE.height, SECONDS)


def _drawn(folder: Path, number: int) -> tuple[Clip, ScenePlan, tuple[bool, ...]]:
    scene, prompt = _plan(number), PROMPTS[number % len(PROMPTS)]
    path = _rendered(folder, scene)
    visible = tuple(
        _visible(path, _rendered(folder, replace(scene, faults=())), scene, fault) for fault in scene.faults
    )
    wanted = expect.read(prompt)
    ordered = Ordered(
        duration_s=SECONDS,
        width=SIZE.width,
        height=SIZE.height,
        prompt=prompt,
        still_wanted=wanted.still_wanted,
        person_wanted=wanted.person_wanted,
        cuts_wanted=wanted.cuts_wanted,
    )
    clip = Clip(
        path=path,
        name=path.stem,
        kind="sandbox",
        scene=" ".join(part for part in (scene.background, scene.weather) if part),
        seed=number,
        fps=scene.fps,
        seconds=SECONDS,
        width=SIZE.width,
        height=SIZE.height,
        truth=None,
        ordered=ordered,
    )
    return clip, scene, visible


def _rendered(folder: Path, scene: ScenePlan) -> Path:
    # The plan holds everything the drawing depends on; a changed renderer needs an empty folder.
    mark = hashlib.sha256(repr(scene).encode()).hexdigest()[:16]
    path = folder / f"{mark}.mp4"
    if not path.exists():
        render(scene, path)
    return path


def _visible(spoilt: Path, whole: Path, scene: ScenePlan, fault: PlantedFault) -> bool:
    """Whether the frames of a fault differ from the same clip's without any."""
    begins, ends = round(fault.start_s * scene.fps), round(fault.end_s * scene.fps) + 1
    pairs = zip(_small(spoilt), _small(whole), strict=True)
    gaps = [
        float(np.percentile(np.abs(one - other), 99.5))
        for number, (one, other) in enumerate(pairs)
        if begins <= number <= ends
    ]
    return max(gaps, default=0.0) >= SEEN_LEVELS


def _small(path: Path) -> Iterator[NDArray[np.int16]]:
    with av.open(str(path)) as opened:
        for frame in opened.decode(video=0):
            grey = frame.to_ndarray(format="gray")
            yield cv2.resize(grey, (160, 90), interpolation=cv2.INTER_AREA).astype(np.int16)


def _naming(looked: Looked, fault: PlantedFault) -> list[Finding]:
    return [
        finding
        for finding in judge.doubts(looked)
        if finding.kind in NAMED[fault.kind]
        and finding.start_s <= fault.end_s + judge.NEAR_S
        and finding.end_s >= fault.start_s - judge.NEAR_S
    ]


def found(seen: Sequence[Seen]) -> str:
    """Per fault: how many were planted, how many can be seen, and of those how many were named."""
    cases: dict[str, list[tuple[Seen, PlantedFault, bool]]] = defaultdict(list)
    for one in seen:
        for fault, visible in zip(one.plan.faults, one.visible, strict=True):
            cases[fault.kind].append((one, fault, visible))
    ordinary = sum(one.by_chance for one in seen)
    rows = [_of_fault(kind, cases[kind], ordinary) for kind in RATES]
    rows.append(_of_fault("all", [case for some in cases.values() for case in some], ordinary))
    ignored = [told for one in seen for told in one.plan.heard]
    disobeyed = sum(not told.obeyed for told in ignored)
    head = (
        "fault",
        "planted (rate)",
        "can be seen",
        "named",
        "flagged",
        "found of the seen",
        "missed",
    )
    told = table(f"Faults that the sandbox planted in {len(seen)} clips", head, rows)
    return f"{told}\nInstructions not obeyed: {disobeyed} of {len(ignored)}: for people, or for a CLIP model."


def _of_fault(kind: str, cases: Sequence[tuple[Seen, PlantedFault, bool]], clips: int) -> Sequence[str]:
    able = [(one, fault) for one, fault, visible in cases if visible]
    named = [(one, fault) for one, fault in able if _naming(one.looked, fault)]
    missed = [
        f"{one.looked.clip.scene} at {fault.start_s:.1f} s"
        for one, fault in able
        if (one, fault) not in named
    ]
    return (
        kind,
        f"{len(cases)} ({sum(one.by_chance for one, _, _ in cases) / clips:.1%})",
        str(len(able)),
        str(len(named)),
        str(sum(judge.flagged(one.looked) for one, _ in able)),
        f"{len(named) / len(able):.0%}" if able else "–",
        "" if kind == "all" else ", ".join(missed),
    )


def alarms(seen: Sequence[Seen]) -> str:
    """Clips without any fault that were flagged all the same, by scene."""
    scenes: dict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        if not one.plan.faults:
            scenes[one.looked.clip.scene].append(one)
    rows = []
    for scene, some in sorted(scenes.items()):
        wrong = [one.looked for one in some if judge.flagged(one.looked)]
        rows.append((scene, str(len(some)), str(len(wrong)), "; ".join(map(judge.reasons, wrong))))
    whole = [one.looked for some in scenes.values() for one in some]
    flagged, rejected = sum(map(judge.flagged, whole)), sum(one.verdict == "reject" for one in whole)
    share = f"{flagged / len(whole):.1%}, {rejected} rejected" if whole else ""
    rows.append(("all", str(len(whole)), str(flagged), share))
    return table(
        "The sandbox's clips without a fault that were flagged (!: reject)",
        ("scene", "n", "flagged", "reasons"),
        rows,
    )
