"""Whether a model can express a request, in a producer's words, each sentence tied to one of our fields."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from providers.catalog_data import Mode, Model, Size
from providers.contract import GenerationRequest
from providers.errors import FieldIssue
from providers.media import inputs_of
from providers.prompts import prompt_over

# Vendors round their own shapes to pixels that codecs like: 1584 × 672 is called 21:9 and is 1 % off.
_SHAPE_TOLERANCE = 0.03
_UNIT_WORDS = {"chars": "characters", "utf16": "characters (emoji count twice)", "tokens": "tokens"}


def mode_name(request: GenerationRequest) -> str:
    """How the request asks: `video` from a clip, `image` from a frame, else `text`."""
    if request.source_video is not None:
        return "video"
    return "image" if request.first_frame is not None or request.last_frame is not None else "text"


def closest_size(mode: Mode, width: int, height: int) -> Size | None:
    """The listed size that stands for these pixels: the same, or the same shape where only shape counts."""
    for size in mode.sizes:
        if (size.width, size.height) == (width, height):
            return size
    if not (mode.shape_only or mode.follows_input):
        return None
    wanted = width / height
    best = min(
        mode.sizes,
        key=lambda size: (
            abs(size.width / size.height - wanted),
            abs(size.width * size.height - width * height),
        ),
    )
    close = abs(best.width / best.height / wanted - 1) <= _SHAPE_TOLERANCE
    return best if close or mode.follows_input else None


def durations_of(model: Model, request: GenerationRequest) -> tuple[int, ...]:
    """The lengths the model can make of what this request starts from; empty where the source decides."""
    mode = model.modes.get(mode_name(request))
    if mode is not None and request.references and mode.reference_durations is not None:
        return mode.reference_durations
    return model.durations if mode is None or mode.durations is None else mode.durations


def issues_of(model: Model, request: GenerationRequest, *, retired: bool) -> tuple[FieldIssue, ...]:
    """Everything about the request that the model cannot express; empty when it fits."""
    if retired:
        return (FieldIssue("model", _retired_words(model)),)
    mode = model.modes.get(mode_name(request))
    found = [*_input_issues(model, request), *_prompt_issues(model, mode, request)]
    found += [*_duration_issues(model, request), *_size_issues(model, mode, request)]
    found += [*_setting_issues(model, request)]
    return tuple(found)


def _retired_words(model: Model) -> str:
    when = f" on {model.retired_on.isoformat()}" if model.retired_on else ""
    successor = model.successor.rpartition("/")[2]
    return f"{model.label} was switched off by its vendor{when}. Use {successor} instead."


def _input_issues(model: Model, request: GenerationRequest) -> Iterator[FieldIssue]:
    wanted = mode_name(request)
    frames = request.first_frame is not None or request.last_frame is not None
    if wanted == "video" and frames:
        field = "first_frame" if request.first_frame is not None else "last_frame"
        yield FieldIssue(
            field, "A clip to edit and a frame to start from cannot be sent together. Remove one."
        )
    if wanted not in model.modes:
        yield _missing_input(model, wanted)
    elif wanted == "image" and request.last_frame is not None:
        if not model.modes["image"].last_frame:
            yield FieldIssue(
                "last_frame", f"{model.label} takes no last frame. Remove it or choose another model."
            )
        elif request.first_frame is None and not model.modes["image"].last_alone:
            yield FieldIssue(
                "last_frame", f"{model.label} takes a last frame only together with a first one."
            )
    if wanted in model.modes and model.modes[wanted].links_only:
        yield from _file_issues(model, request)
    most = model.modes[wanted].max_references if wanted in model.modes else model.max_references
    if len(request.references) > most:
        takes = f"at most {most}" if most else "no"
        beside = {"text": "", "image": " beside a frame", "video": " beside a clip"}[wanted]
        yield FieldIssue("references", f"{model.label} takes {takes} reference pictures{beside}.")


def _file_issues(model: Model, request: GenerationRequest) -> Iterator[FieldIssue]:
    """A file is refused here and not at the vendor, so that nobody is offered what cannot be sent."""
    for field, media in inputs_of(request).items():
        if not media.url:
            words = f"{model.label} fetches pictures from the web and takes no files of yours. "
            yield FieldIssue(field, words + "Remove it or choose another model.")


def _missing_input(model: Model, wanted: str) -> FieldIssue:
    if wanted == "video":
        return FieldIssue("source_video", f"{model.label} cannot edit a clip. Choose a model that can.")
    if "video" in model.modes:
        return FieldIssue(
            "source_video", f"{model.label} edits a clip and cannot start without one. Choose the clip."
        )
    if wanted == "text":
        return FieldIssue("first_frame", f"{model.label} cannot start from words alone. Add a first frame.")
    return FieldIssue("first_frame", f"{model.label} takes no picture to start from. Remove it.")


def _prompt_issues(model: Model, mode: Mode | None, request: GenerationRequest) -> Iterator[FieldIssue]:
    if not request.prompt.strip() and (mode is None or mode.prompt_required):
        yield FieldIssue("prompt", f"{model.label} needs a prompt.")
    for field, text in (("prompt", request.prompt), ("negative_prompt", request.negative_prompt)):
        if any("\ud800" <= c <= "\udfff" for c in text):
            yield FieldIssue(
                field, "The text holds half of a character, from a broken copy. Type that part again."
            )
        over = prompt_over(model, text)
        if over:
            yield FieldIssue(
                field,
                f"The text is {over} over the limit of {model.label}: {model.prompt_limit} "
                f"{_UNIT_WORDS[model.prompt_unit]}.",
            )
    if request.negative_prompt and not model.negative_prompt:
        yield FieldIssue(
            "negative_prompt",
            f"{model.label} has no negative prompt. Say it in the prompt, or choose a model that has one.",
        )


def _duration_issues(model: Model, request: GenerationRequest) -> Iterator[FieldIssue]:
    durations = durations_of(model, request)
    if request.duration_s is None or request.duration_s in durations:
        return
    if not durations:
        words = "makes a clip as long as the one it edits. Leave the length empty."
    else:
        start = " from reference pictures" if request.references and durations != model.durations else ""
        words = f"makes clips of {_listed(durations)} s{start}, not of {request.duration_s:g} s."
    yield FieldIssue("duration_s", f"{model.label} {words}")


def _size_issues(model: Model, mode: Mode | None, request: GenerationRequest) -> Iterator[FieldIssue]:
    width, height = request.width, request.height
    if width is None and height is None:
        return
    if width is None or height is None or width <= 0 or height <= 0:
        yield FieldIssue("size", "Give both width and height, or neither.")
    elif mode is not None and closest_size(mode, width, height) is None:
        words = f"{model.label} cannot make {width} × {height} {_mode_words(mode)}. "
        words += f"It makes {_sizes_words(mode)}."
        image = model.modes.get("image")
        if mode.name == "text" and image is not None and closest_size(image, width, height):
            words += " With a first frame it can."
        yield FieldIssue("size", words)


def _mode_words(mode: Mode) -> str:
    return {"text": "from words alone", "image": "from a first frame", "video": "from a clip"}[mode.name]


def _sizes_words(mode: Mode) -> str:
    if mode.shape_only:
        return "the shapes " + _joined([size.aspect for size in mode.sizes])
    return _joined([f"{size.width} × {size.height}" for size in mode.sizes])


def _setting_issues(model: Model, request: GenerationRequest) -> Iterator[FieldIssue]:
    if request.fps is not None and request.fps not in model.fps:
        gives = (
            f"gives {_listed(model.fps)} frames a second" if model.fps else "cannot be asked for a frame rate"
        )
        yield FieldIssue("fps", f"{model.label} {gives}. Leave the frame rate empty.")
    if request.seed is not None:
        if model.seed is None:
            yield FieldIssue("seed", f"{model.label} takes no seed. Leave it empty.")
        elif not model.seed[0] <= request.seed <= model.seed[1]:
            yield FieldIssue("seed", f"{model.label} takes seeds from {model.seed[0]} to {model.seed[1]}.")
    if request.audio is True and model.audio == "none":
        yield FieldIssue(
            "audio", f"{model.label} makes no sound. Switch the sound off or choose another model."
        )
    if request.audio is False and model.audio == "always":
        yield FieldIssue("audio", f"{model.label} always makes sound. It cannot be switched off.")


def _listed(numbers: tuple[int, ...] | tuple[float, ...]) -> str:
    """`2 to 10` for a run of three or more whole numbers, else `4, 6 or 8`."""
    if len(numbers) > 2 and all(b - a == 1 for a, b in pairwise(numbers)):
        return f"{numbers[0]:g} to {numbers[-1]:g} (whole numbers)"
    return _joined([f"{number:g}" for number in numbers])


def _joined(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
