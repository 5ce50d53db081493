"""What Google lets a body of Veo say, and from such a body to an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.sandbox.google_answers import Refused, unsupported
from providers.sandbox.media import MediaProblem, from_base64
from providers.sniff import image_type

ASPECTS = ("16:9", "9:16")
PICTURES = ("image/jpeg", "image/png", "image/webp")
MOST_PICTURE = 20_000_000
# Far more than the 1024 tokens that Google takes: how it counts them is its own secret.
MOST_PROMPT = 10_000


@dataclass(frozen=True)
class Rule:
    """One model. `usd` are millionths of a dollar for a second, by resolution; `whole` ones are 8 s long."""

    durations: tuple[int, ...]
    usd: Mapping[str, int]
    references: int = 0
    last_frame: bool = False
    whole: tuple[str, ...] = ()
    resolution: bool = True


_THREE = {"720p": 400_000, "1080p": 400_000}
_FAST = {"720p": 100_000, "1080p": 120_000, "4k": 300_000}
_LITE = {"720p": 50_000, "1080p": 80_000}
_LARGE = ("1080p", "4k")
_OLDER = {
    "veo-3.0-generate-001": Rule((4, 6, 8), _THREE),
    "veo-3.0-fast-generate-001": Rule((4, 6, 8), {"720p": 150_000, "1080p": 150_000}),
    "veo-2.0-generate-001": Rule((5, 6, 7, 8), {"720p": 350_000}, resolution=False),
}
VERTEX: Mapping[str, Rule] = {
    "veo-3.1-generate-001": Rule((4, 6, 8), _THREE | {"4k": 600_000}, 3, True),
    "veo-3.1-fast-generate-001": Rule((4, 6, 8), _FAST, 3, True),
    "veo-3.1-lite-generate-001": Rule((4, 6, 8), _LITE),
    **_OLDER,
}
GEMINI: Mapping[str, Rule] = {
    "veo-3.1-generate-preview": Rule((4, 6, 8), _THREE | {"4k": 600_000}, 3, True, _LARGE),
    "veo-3.1-fast-generate-preview": Rule((4, 6, 8), _FAST, 3, True, _LARGE),
    "veo-3.1-lite-generate-preview": Rule((4, 6, 8), _LITE, whole=_LARGE),
    **_OLDER,
}


@dataclass(frozen=True)
class OmniRule:
    """One model of Omni: lengths in seconds, and millionths of a dollar for a second by resolution."""

    usd: Mapping[str, int]
    shortest: int = 3
    longest: int = 10


OMNI: Mapping[str, OmniRule] = {
    "gemini-omni-flash-preview": OmniRule({"720p": 101_360}),
    "gemini-omni-1.1-flash": OmniRule({"720p": 101_360, "360p": 33_790, "1080p": 152_040, "4k": 304_080}),
    "gemini-omni-1.2-flash": OmniRule(
        {"720p": 69_500, "360p": 23_200, "1080p": 104_300, "4k": 208_500}, longest=15
    ),
}
COMMON = {"sampleCount", "durationSeconds", "aspectRatio", "resolution", "personGeneration"} | {
    "negativePrompt",
    "enhancePrompt",
}
PARAMETERS = {
    "vertex": COMMON
    | {"storageUri", "generateAudio", "seed", "resizeMode", "compressionQuality", "fps", "pubsubTopic"},
    "google": COMMON,
}
TOP = {"vertex": {"instances", "parameters", "labels"}, "google": {"instances", "parameters"}}
INSTANCE = {"prompt", "image", "lastFrame", "referenceImages"}
PERSONS = {
    "vertex": {"allow_adult", "dont_allow", "allow_all"},
    "google": {"allow_all", "allow_adult"},
}


@dataclass(frozen=True)
class Asked:
    """A body that is right."""

    prompt: str
    image: bytes
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        return int(self.parameters.get("durationSeconds", 8))

    @property
    def resolution(self) -> str:
        return str(self.parameters.get("resolution", "720p"))

    @property
    def aspect(self) -> str:
        return str(self.parameters.get("aspectRatio", "16:9"))

    @property
    def samples(self) -> int:
        return int(self.parameters.get("sampleCount", 1))


def read(surface: str, rule: Rule, body: Mapping[str, Any]) -> Asked:
    """Check a body as strictly as the service does. Raises `Refused` at the first thing that is wrong."""
    for name in sorted(set(body) - TOP[surface]):
        raise Refused(400, f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')
    instances, parameters = body.get("instances"), body.get("parameters", {})
    if not isinstance(instances, list) or len(instances) != 1 or not isinstance(instances[0], dict):
        raise Refused(400, "Exactly one instance is expected.")
    if not isinstance(parameters, dict):
        raise Refused(400, "`parameters` must be an object.")
    _check_parameters(surface, rule, parameters)
    image = _check_instance(surface, rule, instances[0])
    asked = Asked(str(instances[0].get("prompt", "")), image, parameters)
    if instances[0].get("referenceImages") and asked.seconds != 8:
        raise Refused(400, "`durationSeconds` must be 8 when reference images are used.")
    if asked.resolution in rule.whole and asked.seconds != 8:
        raise Refused(400, f"`durationSeconds` must be 8 for the resolution {asked.resolution}.")
    return asked


def _check_parameters(surface: str, rule: Rule, told: Mapping[str, Any]) -> None:
    for name in sorted(set(told) - PARAMETERS[surface]):
        raise unsupported(name)
    if "resolution" in told and not rule.resolution:
        raise unsupported("resolution")
    most = 4 if surface == "vertex" else 1
    _one_of("sampleCount", told, tuple(range(1, most + 1)))
    _one_of("durationSeconds", told, rule.durations)
    _one_of("aspectRatio", told, ASPECTS)
    _one_of("resolution", told, tuple(rule.usd))
    _one_of("personGeneration", told, tuple(sorted(PERSONS[surface])))
    for name in ("generateAudio", "enhancePrompt"):
        if not isinstance(told.get(name, True), bool):
            raise Refused(400, f"`{name}` must be a boolean.")
    for name in ("negativePrompt", "storageUri"):
        if not isinstance(told.get(name, ""), str):
            raise Refused(400, f"`{name}` must be a string.")
    seed = told.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise Refused(400, "`seed` must be between 0 and 4294967295.")
    if "storageUri" in told and not told["storageUri"].startswith("gs://"):
        raise Refused(400, "`storageUri` must begin with gs://.")


def _one_of(name: str, told: Mapping[str, Any], allowed: tuple[object, ...]) -> None:
    """A number given as a text is not the number; True is not 1."""
    value = told.get(name, allowed[0])
    if isinstance(value, bool) or value not in allowed:
        raise Refused(400, f"`{name}` must be one of {', '.join(map(str, allowed))}.")


def _check_instance(surface: str, rule: Rule, told: Mapping[str, Any]) -> bytes:
    """The first frame's bytes; b"" without one, and for one that lies in a bucket."""
    for name in sorted(set(told) - INSTANCE):
        raise unsupported(name)
    prompt = told.get("prompt", "")
    if not isinstance(prompt, str) or len(prompt) > MOST_PROMPT:
        raise Refused(400, "`prompt` must be a string of at most 1024 tokens.")
    references = told.get("referenceImages", [])
    if not prompt.strip() and "image" not in told:
        raise Refused(400, "A prompt is required where there is no image.")
    if "lastFrame" in told and "image" not in told:
        raise Refused(400, "`lastFrame` needs `image`.")
    if "lastFrame" in told and not rule.last_frame:
        raise unsupported("lastFrame")
    if references and not rule.references:
        raise unsupported("referenceImages")
    if references and "image" in told:
        raise Refused(400, "`referenceImages` cannot be combined with `image` or `lastFrame`.")
    _check_references(surface, rule, references)
    if "lastFrame" in told:
        _picture(surface, told["lastFrame"])
    return _picture(surface, told["image"]) if "image" in told else b""


def _check_references(surface: str, rule: Rule, references: object) -> None:
    if not isinstance(references, list) or len(references) > rule.references:
        raise Refused(400, f"`referenceImages` takes at most {rule.references} images.")
    for one in references:
        if not isinstance(one, dict) or set(one) != {"image", "referenceType"}:
            raise Refused(400, "A reference has `image` and `referenceType`.")
        # The documentation writes it small, the library in capitals.
        if str(one["referenceType"]).lower() != "asset":
            raise Refused(400, "`referenceType` must be asset.")
        _picture(surface, one["image"])


def _picture(surface: str, told: object) -> bytes:
    if not isinstance(told, dict):
        raise Refused(400, "An image must be an object.")
    known = {"bytesBase64Encoded", "mimeType"} | ({"gcsUri"} if surface == "vertex" else set())
    for name in sorted(set(told) - known):
        raise unsupported(name)
    if told.get("mimeType") not in PICTURES:
        raise Refused(400, "`mimeType` must be image/jpeg, image/png or image/webp.")
    if "gcsUri" in told and "bytesBase64Encoded" not in told:
        if not str(told["gcsUri"]).startswith("gs://"):
            raise Refused(400, "`gcsUri` must begin with gs://.")
        return b""
    try:
        content = from_base64(str(told.get("bytesBase64Encoded", "")))
    except MediaProblem as problem:
        raise Refused(400, f"`bytesBase64Encoded`: {problem}") from None
    if len(content) > MOST_PICTURE or not image_type(content):
        raise Refused(400, "`bytesBase64Encoded` holds no image that can be read, or one over 20 MB.")
    return content
