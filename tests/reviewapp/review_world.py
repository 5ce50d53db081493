"""A project with real clips in review, brought there by the machine's own verbs and no network."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache

import av
import numpy as np
from django.core.files.base import ContentFile
from numpy.typing import NDArray

from jobs.quality.pictures import Pictures
from providers.contract import JobState, Output, ProviderJob
from reviewapp import generation, line
from reviewapp.models import (
    Candidate,
    Clip,
    PromptVersion,
    ProviderKey,
    QualityReport,
    ReviewDecision,
    Shot,
    Status,
    User,
)
from reviewapp.notes import Feedback
from reviewapp.review import reject

# The frame's number stands in the picture as bits: white and black squares along the upper edge.
BITS = 10


def _picture(frame: int, frames: int, size: tuple[int, int], hue: int, coded: bool) -> NDArray[np.uint8]:
    """A boat on the sea under a low sun; it crosses from left to right over the clip."""
    width, height = size
    y = np.linspace(0, 1, height)[:, None]
    x = np.linspace(0, 1, width)[None, :]
    tint = np.array([[250, 176, 110], [120, 150, 190], [190, 120, 130], [150, 170, 130]][hue % 4])
    sky = tint * (0.35 + 0.65 * y[..., None]) * np.ones((1, width, 1))
    waves = 0.06 * np.sin(60 * y + 14 * x + frame / 5)
    sea = np.array([28, 66, 88]) * (0.7 + 0.8 * (1 - y[..., None])) * (1 + waves[..., None])
    image = np.where(y[..., None] < 0.58, sky, sea)
    sun = (x - 0.72) ** 2 * (width / height) ** 2 + (y - 0.5) ** 2 < 0.006
    image[sun & (y < 0.58)] = [255, 236, 200]
    at = 0.1 + 0.7 * frame / max(1, frames - 1)
    hull = (abs(x - at) < 0.075 - 0.35 * np.clip(y - 0.56, 0, 1)) & (y > 0.56) & (y < 0.64)
    sail = (x > at - 0.05) & (x < at + 0.002) & (y > 0.3 + 1.6 * abs(x - at)) & (y < 0.55)
    image[hull], image[sail] = [150, 32, 30], [238, 232, 220]
    if coded:
        side = width // (BITS + 2)
        for bit in range(BITS):
            image[: side // 2, bit * side : (bit + 1) * side] = 235 if frame >> bit & 1 else 20
    return np.clip(image, 0, 255).astype(np.uint8)


@cache
def clip_bytes(
    frames: int = 48,
    fps: Fraction = Fraction(24),
    size: tuple[int, int] = (320, 180),
    hue: int = 0,
    coded: bool = True,
) -> bytes:
    """A real H.264 file whose every frame says its own number."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream(
            "libx264", rate=fps, options={"crf": "20", "preset": "veryfast", "g": "12"}
        )
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            picture = av.VideoFrame.from_ndarray(_picture(number, frames, size, hue, coded), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return target.getvalue()


@cache
def pictures_of(content: bytes) -> tuple[bytes, bytes, int]:
    """Poster, filmstrip and its number of tiles, as the check makes them."""
    with av.open(io.BytesIO(content), "r") as container:
        frames = list(container.decode(video=0))
    last = frames[-1]
    made = Pictures(float((last.time or 0) + 1 / 24))
    for frame in frames:
        made.see(frame, float(frame.time or 0), frame.to_ndarray(format="gray").astype(np.uint8))
    strip, tiles = made.filmstrip(float((last.time or 0) + 1 / 24))
    return made.poster(), strip, tiles


def make_key() -> ProviderKey:
    key = ProviderKey(name="Key of the tests", provider="runway")
    key.set_credentials({"api_key": "key_" + "0123456789abcdef" * 8})
    key.save()
    return key


def to_vendor(candidate: Candidate, progress: float | None = None) -> Candidate:
    """QUEUED to GENERATING: reserved, sent, taken."""
    if not ProviderKey.objects.exists():
        make_key()
    claimed = line.begin_submit(candidate.pk)
    assert claimed is not None, candidate.status
    line.submit_accepted(claimed, ProviderJob(id=f"job-{uuid.uuid4()}", state=JobState.RUNNING))
    if progress is not None:
        Candidate.objects.filter(pk=candidate.pk).update(progress=progress)
    return Candidate.objects.whole().get(pk=candidate.pk)


def arrive(
    candidate: Candidate,
    *,
    content: bytes | None = None,
    score: float | None = 0.8,
    findings: Sequence[dict[str, object]] = (),
    measures: dict[str, float | None] | None = None,
    report: Mapping[str, object] | None = None,
    file: Mapping[str, object] | None = None,
) -> Candidate:
    """From wherever the machine has it to IN_REVIEW, with its money settled and a playable file.

    `report` are more columns of what the checks saw, `file` more of the clip's own.
    """
    row = Candidate.objects.whole().get(pk=candidate.pk)
    if row.status == Status.QUEUED:
        row = to_vendor(row)
    done = ProviderJob(
        id=row.provider_job_id, state=JobState.SUCCEEDED, outputs=(Output(url="https://x.example/1"),)
    )
    line.record_polls([(row, done)])
    row = Candidate.objects.whole().get(pk=candidate.pk)
    body = content if content is not None else clip_bytes()
    clip = Clip(sha256=hashlib.sha256(body).hexdigest(), size=len(body))
    clip.file.save(f"{row.uid}.mp4", ContentFile(body), save=False)
    line.ingested(row, clip)
    row = Candidate.objects.whole().get(pk=candidate.pk)
    told = {
        "checker_version": "2",
        "verdict": "pass" if not findings else "suspect",
        "score": score,
        "measures": measures or {"motion_pct_s": 4.2, "flicker_pct": 0.4, "prompt_match": None},
        "unmeasured": {"prompt_match": "No CLIP model is set up."},
        "findings": list(findings),
    }
    line.checked(row, QualityReport(**(told | dict(report or {}))), _facts(clip, body) | dict(file or {}))
    return Candidate.objects.whole().get(pk=candidate.pk)


def _facts(clip: Clip, body: bytes) -> dict[str, object]:
    try:
        with av.open(io.BytesIO(body)) as container:
            stream = container.streams.video[0]
            rate = stream.average_rate or Fraction(24)
            size, frames = (stream.width, stream.height), stream.frames
        poster, strip, tiles = pictures_of(body)
    except av.error.FFmpegError:
        return {"frames": 48, "width": 320, "height": 180, "duration_s": 2.0}
    clip.poster.save(f"{clip.sha256[:12]}.jpg", ContentFile(poster), save=False)
    clip.filmstrip.save(f"{clip.sha256[:12]}.jpg", ContentFile(strip), save=False)
    return {
        "width": size[0],
        "height": size[1],
        "frames": frames,
        "fps_num": rate.numerator,
        "fps_den": rate.denominator,
        "duration_s": float(frames / rate),
        "poster": clip.poster.name,
        "filmstrip": clip.filmstrip.name,
        "filmstrip_tiles": tiles,
    }


def generate(shot: Shot, by: User, count: int = 2) -> list[Candidate]:
    return generation.generate(shot.project, [shot], by, token=uuid.uuid4(), count=count)


def in_review(shot: Shot, by: User, count: int = 2, **facts: object) -> list[Candidate]:
    """`count` candidates of the shot's first version, all waiting for eyes."""
    rows = generate(shot, by, count)
    return [arrive(row, score=round(0.9 - index / 10, 2), **facts) for index, row in enumerate(rows)]  # type: ignore[arg-type]


def finding(
    severity: str, start_s: float, end_s: float, sentence: str, *, kind: str = "freeze", **more: object
) -> dict[str, object]:
    """One finding as a report keeps it."""
    told: dict[str, object] = {"kind": kind, "severity": severity, "start_s": start_s, "end_s": end_s}
    return told | {"sentence": sentence, "value": None, "place": None} | more


def rejected(candidate: Candidate, by: User, text: str = "Make it night.", **facts: object) -> ReviewDecision:
    row = Candidate.objects.whole().get(pk=candidate.pk)
    return reject(row, by, row.revision, Feedback(text=text, **facts))  # type: ignore[arg-type]


def retake_of(decision: ReviewDecision) -> tuple[PromptVersion, Candidate]:
    version = decision.retake
    assert version is not None
    return version, Candidate.objects.whole().get(version=version, replaces=decision.candidate)
