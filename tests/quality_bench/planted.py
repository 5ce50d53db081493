"""Every clip of the planted set of one seed: its name, its truth, and how to draw it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests.quality_bench import defects, defects_more, portraits
from tests.quality_bench.camera import Sprite, Studio, sprite, stream, view
from tests.quality_bench.defects import Defect, Spoilt
from tests.quality_bench.film import HD, Film, Picture, Size
from tests.quality_bench.plates import plate
from tests.quality_bench.scenes import FILMED, Scene
from tests.quality_bench.scenes_more import FURTHER
from tests.quality_bench.truth import GOOD, REASONS

SCENES: dict[str, Scene] = {**FILMED, **FURTHER}
THIRTY = {"thing-crosses", "fast-pan", "hand-held", "fast-thing", "walking", "waving-hand"}
# Scenes in which much moves, so that every defect of time can be seen, the dark one among them.
LIVELY = (
    "pan",
    "zoom",
    "thing-crosses",
    "talking-head",
    "hand-held",
    "three-things",
    "water",
    "tilt",
    "turning-stars",
    "shallow-focus",
    "rain",
    "night",
)
# Those in which the whole picture moves steadily: where a frame more or less is seen anywhere.
STEADY = ("pan", "zoom", "tilt", "three-things", "fast-thing", "hand-held", "fast-pan", "walking")
CALM = ("pan", "slow-dolly", "tripod-grain", "hand-held", "zoom", "turning-stars", "water", "small-mover")
ENCODERS = ("superfast", "veryfast")


@dataclass(frozen=True)
class Planned:
    """A clip to be drawn. `truth` of a good clip is None; `seconds` come with the drawing."""

    name: str
    kind: str
    scene: str
    seed: int
    size: Size
    encoding: dict[str, str]
    draw: Callable[[], Spoilt]
    person_wanted: bool | None = None
    still_wanted: bool = False

    @property
    def good(self) -> bool:
        return self.kind == GOOD

    @property
    def expected(self) -> frozenset[str]:
        return REASONS.get(self.kind, frozenset())


@dataclass(frozen=True)
class Plan:
    """The seed, the size of the frame and the greatest length: what a whole set has in common."""

    seed: int
    size: Size = HD
    longest_s: float = 6.0

    def studio(self, name: str, scene: str = "") -> Studio:
        random = stream(self.seed, name)
        seconds = min(self.longest_s, float(random.uniform(5.0, 6.0)))
        return Studio(self.seed, self.size, 30 if scene in THIRTY else 24, seconds, random)

    def scene(self, name: str) -> Film:
        """The good clip of this scene; always the same in one set."""
        return SCENES[name](self.studio(name, name))

    def encoding(self, name: str) -> dict[str, str]:
        random = stream(self.seed, f"encoding of {name}")
        return {"crf": str(random.integers(18, 25)), "preset": ENCODERS[int(random.integers(len(ENCODERS)))]}

    def some(self, kind: str, scenes: tuple[str, ...], count: int) -> list[str]:
        """Scenes for a kind of defect, drawn by chance without repetition."""
        return [str(name) for name in stream(self.seed, kind).permutation(scenes)[:count]]

    # --- how the kinds of clips are put together ---

    def good(self, scene: str) -> Planned:
        def draw() -> Spoilt:
            return Spoilt(self.scene(scene), 0, 0)

        person = True if scene == "talking-head" else None
        return self._planned(f"good-{scene}", GOOD, scene, draw, person, still=scene == "still-life")

    def spoilt(
        self, kind: str, variant: str, scene: str, defect: Defect, encoding: dict[str, str] | None = None
    ) -> Planned:
        name = "-".join(part for part in (kind, variant, scene) if part)
        person = True if scene == "talking-head" else None
        planned = self._planned(
            name, kind, scene, lambda: defect(self.scene(scene), self.studio(name)), person
        )
        return replace(planned, encoding=encoding) if encoding else planned

    def face(self, kind: str, guise: int, spoil: Callable[[portraits.Sitting], Spoilt]) -> Planned:
        name = f"{kind}-{guise}" if kind != GOOD else f"good-face-{guise}"
        guises = (*portraits.GUISES, *portraits.LEAVING)

        def draw() -> Spoilt:
            return spoil(portraits.sit(self.studio(f"face {guise}"), guises[guise]))

        return self._planned(name, kind, f"face-{guise}", draw, person=True)

    def _planned(
        self,
        name: str,
        kind: str,
        scene: str,
        draw: Callable[[], Spoilt],
        person: bool | None,
        *,
        still: bool = False,
    ) -> Planned:
        return Planned(
            name=name, kind=kind, scene=scene, seed=self.seed, size=self.size, encoding=self.encoding(name),
            draw=draw, person_wanted=person, still_wanted=still,
        )  # fmt: skip

    def thing(self, name: str, low: float, high: float) -> Sprite:
        random = stream(self.seed, f"thing of {name}")
        what = ("cat", "coffee", "motorcycle", "garden", "coins")[int(random.integers(5))]
        return sprite(what, round(float(random.uniform(low, high)) * self.size.unit), self.seed)


def clips(plan: Plan) -> list[Planned]:
    """The whole set, the kinds mixed: whoever reads the first half has met every kind."""
    rows = [
        *_good(plan),
        *_of_time(plan),
        *_of_light(plan),
        *_of_the_picture(plan),
        *_of_things(plan),
        *_of_faces(plan),
    ]
    order = stream(plan.seed, "order").permutation(len(rows))
    return [rows[place] for place in order]


def _good(plan: Plan) -> Iterator[Planned]:
    for scene in SCENES:
        yield plan.good(scene)
    for guise in range(len(portraits.GUISES) + len(portraits.LEAVING)):
        yield plan.face(GOOD, guise, lambda sitting: Spoilt(sitting.film(), 0, 0))


def _each(
    plan: Plan, kind: str, variants: dict[str, Defect], scenes: tuple[str, ...], count: int
) -> Iterator[Planned]:
    """`count` clips of a kind: its variants in turn, each on a scene of its own."""
    names = list(variants)
    for place, scene in enumerate(plan.some(kind, scenes, count)):
        variant = names[place % len(names)]
        yield plan.spoilt(kind, variant, scene, variants[variant])


def _of_time(plan: Plan) -> Iterator[Planned]:
    freezes = {
        "short": defects.freeze(0.6),
        "mid": defects.freeze(1.6),
        "end": defects.freeze_at_the_end(2.0),
    }
    yield from _each(plan, "freeze", freezes, LIVELY, 6)
    yield from _each(plan, "uneven", {"": defects.uneven}, STEADY, 4)
    yield from _each(plan, "jump-back", {"": defects.jump_back(14)}, STEADY, 3)
    rests = {"": defects.at_rest(0), "grain": defects.at_rest(2.0)}
    yield from _each(plan, "still", rests, LIVELY, 4)
    yield from _each(plan, "duplicated", {"": defects.duplicated}, STEADY, 2)
    yield from _each(plan, "reversed", {"": defects.reversed_stretch}, STEADY, 2)
    for place, seconds in enumerate((1.0, 1.5, 2.0)):
        name = ("pan", "zoom", "tilt")[place]
        yield plan.spoilt("slideshow", f"{seconds:g}s", name, _slideshow(plan, place, seconds))


def _slideshow(plan: Plan, place: int, seconds: float) -> Defect:
    def spoil(film: Film, studio: Studio) -> Spoilt:
        return defects_more.slideshow(_slides(plan, place), seconds)(film, studio)

    return spoil


def _slides(plan: Plan, place: int) -> list[Picture]:
    names = stream(plan.seed, f"slides {place}").permutation(
        ["landscape", "coffee", "cat", "motorcycle", "rocket", "galaxies", "gravel", "garden", "town"]
    )
    return [view(plate(str(name), plan.size, 1.2, plan.seed), plan.size) for name in names[: 4 + place]]


def _of_light(plan: Plan) -> Iterator[Planned]:
    yield from _each(
        plan, "black", {"1f": defects.black(1), "4f": defects.black(4), "1s": defects.black()}, LIVELY, 6
    )
    flickers = {
        "6pc-12hz": defects.flicker(0.06, 12),
        "10pc-8hz": defects.flicker(0.10, 8, stretch=True),
        "4pc-random": defects.unsteady(0.04),
    }
    yield from _each(plan, "flicker", flickers, LIVELY, 6)
    yield from _each(plan, "colour-jump", {"": defects.colour_jump}, LIVELY, 6)
    yield from _each(plan, "green-tail", {"": defects.green_tail}, LIVELY, 3)
    yield plan.spoilt("blank", "green", "pan", defects.plain)
    yield from _each(plan, "flash", {"2f": defects.flash(2)}, LIVELY[:-1], 2)
    for kind, defect in {
        "pumping": defects.pumping,
        "strobe": defects.strobe,
        "hue-drift": defects.hue_drift,
    }.items():
        yield from _each(plan, kind, {"": defect}, LIVELY[:-1], 2)


def _of_the_picture(plan: Plan) -> Iterator[Planned]:
    blurs = {"s3": defects.blur(3), "s6": defects.blur(6), "mid5": defects.blur(5, stretch=True)}
    yield from _each(plan, "blur", blurs, LIVELY, 6)
    yield from _each(plan, "goes-soft", {"": defects.goes_soft}, LIVELY, 4)
    breaks = {"burst": defects_more.broken_blocks(6, 60), "long": defects_more.broken_blocks(24, 25)}
    yield from _each(plan, "broken-blocks", breaks, LIVELY, 6)
    yield from _each(plan, "shake", {"4px": defects.shake(4), "9px": defects.shake(9)}, LIVELY, 6)
    yield from _each(plan, "noise", {"s25": defects.noise(25)}, LIVELY, 3)
    yield from _each(plan, "melting", {"": defects.melting}, LIVELY, 4)
    for scene, crf in zip(plan.some("starved", LIVELY[:-1], 4), ("44", "46", "48", "46"), strict=True):
        yield plan.spoilt("starved", f"crf{crf}", scene, _unspoilt, {"crf": crf, "preset": "ultrafast"})
    further = {
        "ghosting": defects.ghosting, "salt-and-pepper": defects.salt_and_pepper, "torn": defects_more.torn,
        "line-dropouts": defects_more.line_dropouts, "half-corrupted": defects_more.half_corrupted,
        "zoom-pop": defects_more.zoom_pop, "mirrored": defects_more.mirrored, "bars": defects_more.bars,
        "part-frozen": defects_more.part_frozen,
    }  # fmt: skip
    for kind, defect in further.items():
        yield from _each(plan, kind, {"": defect}, STEADY if kind == "part-frozen" else LIVELY[:-1], 2)


def _unspoilt(film: Film, studio: Studio) -> Spoilt:
    return Spoilt(film, 0, film.count)


def _of_things(plan: Plan) -> Iterator[Planned]:
    others = plan.some("other scenes", LIVELY, len(LIVELY))
    for kind, count in (("cut", 6), ("dissolve", 2)):
        for place, scene in enumerate(plan.some(kind, LIVELY, count)):
            other = next(name for name in others[place:] + others if name != scene)
            yield plan.spoilt(kind, f"to-{other}", scene, _into(plan, kind, other))
    for scene in plan.some("teleport", CALM, 6):
        thing, jump = plan.thing(f"teleport {scene}", 110, 200), 1.65
        away = jump * thing.picture.shape[0] / plan.size.unit
        yield plan.spoilt("teleport", "", scene, defects_more.teleport(thing, away))
    for scene in plan.some("pop-in", CALM, 4):
        yield plan.spoilt("pop-in", "", scene, defects_more.pops_in(plan.thing(f"pop-in {scene}", 120, 170)))
    for scene in plan.some("vanishes", CALM, 3):
        yield plan.spoilt(
            "vanishes", "", scene, defects_more.vanishes(plan.thing(f"vanishes {scene}", 120, 170))
        )
    for scene in plan.some("text", CALM, 2):
        yield plan.spoilt("text", "", scene, defects_more.text_pops_in)


def _into(plan: Plan, kind: str, other: str) -> Defect:
    """To another scene; that one is drawn at the pace of the first."""

    def spoil(film: Film, studio: Studio) -> Spoilt:
        change = defects_more.cut_to if kind == "cut" else defects_more.dissolve_to
        return change(plan.scene(other))(film, studio)

    return spoil


def _of_faces(plan: Plan) -> Iterator[Planned]:
    spoils: dict[str, Callable[[portraits.Sitting, int, int], Film]] = {
        "face-vanishes": portraits.vanishes,
        "face-gone": lambda sitting, begins, ends: portraits.vanishes(sitting, begins, sitting.count),
        "face-melts": portraits.melts,
        "face-cat": lambda sitting, begins, ends: portraits.becomes_a_cat(sitting, begins),
        "face-doubles": lambda sitting, begins, ends: portraits.doubles(sitting, begins),
        "face-over": portraits.turns_over,
        "face-flickers": lambda sitting, begins, ends: portraits.flickers(sitting, begins, ends, 4),
    }
    lasting = {"face-gone", "face-cat", "face-doubles"}
    for guise in range(len(portraits.GUISES)):
        for kind, spoil in spoils.items():
            rare = kind in ("face-over", "face-flickers")
            if (rare and (guise + plan.seed) % 3) or (kind == "face-doubles" and (guise + plan.seed) % 2):
                continue
            yield plan.face(kind, guise, _stretch_of_face(plan, f"{kind}-{guise}", spoil, kind in lasting))


def _stretch_of_face(
    plan: Plan, name: str, spoil: Callable[[portraits.Sitting, int, int], Film], lasting: bool
) -> Callable[[portraits.Sitting], Spoilt]:
    def spoilt(sitting: portraits.Sitting) -> Spoilt:
        random = stream(plan.seed, f"time of {name}")
        begins = round(float(random.uniform(0.35, 0.5)) * sitting.count)
        ends = begins + round(float(random.uniform(0.13, 0.2)) * sitting.count)
        return Spoilt(spoil(sitting, begins, ends), begins, sitting.count if lasting else ends)

    return spoilt


def moments(spoilt: Spoilt) -> tuple[float, float]:
    """From when until when, in seconds."""
    return round(spoilt.begins / spoilt.film.fps, 3), round(spoilt.ends / spoilt.film.fps, 3)
