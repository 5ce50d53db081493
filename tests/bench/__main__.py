"""`make bench`: the figures of the loop, printed as one table."""

from __future__ import annotations

import asyncio
import io
import time
from typing import TYPE_CHECKING

from tests.bench.stage import PROMPT, Figure, Stage, running
from tests.cast import SANDBOX_SECRET

if TYPE_CHECKING:
    from reviewapp.models import Candidate

CLIPS = 20
# Runway's documentation asks for no poll more often than this, and its examples sleep for as long.
PLAIN_POLL_S = 5.0


def reject_to_wire(stage: Stage) -> tuple[Figure, list[Candidate]]:
    """From the click on "reject" to the retake's POST at the vendor, hold 0."""
    from reviewapp.models import Candidate

    project, shots = stage.shots(CLIPS, "reject-to-wire")
    clips = stage.wait_in_review(stage.generate(project, shots), 120)
    seconds, retakes = [], []
    for clip in clips:
        clicked = stage.reject(clip, "the boat should be blue")
        retake = Candidate.objects.whole().get(replaces=clip)
        seconds.append(stage.posted_at(retake.seed) - clicked)
        retakes.append(retake)
    return Figure(
        "reject click → the retake's POST on the wire", "s", seconds, "a person copying it over"
    ), retakes


def done_to_playable(stage: Stage, retakes: list[Candidate]) -> Figure:
    """From the vendor's "done" to a clip that was fetched, checked and stands in the queue."""
    rows = stage.wait_in_review(retakes, 120)
    seconds = [
        row.in_review_at.timestamp() - stage.finished_at(row.provider_job_id)
        for row in rows
        if row.in_review_at
    ]
    plain = asyncio.run(_plain_script(stage, len(rows)))
    words = (
        f"a script that polls every {PLAIN_POLL_S:.0f} s, unchecked: {plain.median:.2f} / {plain.p95:.2f} s"
    )
    return Figure("vendor done → playable in the queue", "s", seconds, words)


async def _plain_script(stage: Stage, count: int) -> Figure:
    """What a user would do instead: the vendor's example loop, one job after the other started together."""
    from providers import registry
    from providers.contract import GenerationRequest, JobState, VideoProvider

    sandbox = f"127.0.0.1:{stage.house.sandbox_port}"
    options = {"base_url": f"http://{sandbox}/runway", "api_key": SANDBOX_SECRET, "private_hosts": [sandbox]}

    async def one(provider: VideoProvider, seed: int) -> float:
        await asyncio.sleep(seed * 0.37 % PLAIN_POLL_S)
        request = GenerationRequest(
            model="gen4.5", prompt=PROMPT, duration_s=5, width=1280, height=720, seed=seed
        )
        job = await provider.submit(request)
        while job.state != JobState.SUCCEEDED:
            await asyncio.sleep(PLAIN_POLL_S)
            job = await provider.poll(job.id)
        await provider.download(job.outputs[0], io.BytesIO())
        return time.time() - stage.finished_at(job.id)

    provider = registry.load("runway", options)
    return Figure("", "s", await asyncio.gather(*(one(provider, seed) for seed in range(count))))


def clips_a_minute(stage: Stage, *, instant: bool) -> Figure:
    """Whole line: from the order to "in review", clips rendered by the sandbox on the same machine or not."""
    stage.settings(instant=instant, capacity=8, min_seconds=0.2)
    project, shots = stage.shots(CLIPS, f"whole-line-{'instant' if instant else 'rendered'}")
    began = time.time()
    rows = stage.wait_in_review(stage.generate(project, shots), 400)
    took = sorted(row.in_review_at.timestamp() - began for row in rows if row.in_review_at)
    # The rate over each clip's own share of the way, so that median and p95 say how even it is.
    rates = [60 * (place + 1) / seconds for place, seconds in enumerate(took)]
    words = "pre-rendered clips" if instant else "rendering on the same two cores"
    return Figure(f"clips a minute through the whole line ({words})", "/min", rates)


def main() -> None:
    with running() as stage:
        stage.settings(instant=True, capacity=CLIPS, min_seconds=1.0)
        wire, retakes = reject_to_wire(stage)
        figures = [wire, done_to_playable(stage, retakes)]
        figures += [clips_a_minute(stage, instant=True), clips_a_minute(stage, instant=False)]
    width = max(len(figure.name) for figure in figures)
    print(f"\n{'figure':<{width}}  {'median':>10}  {'p95':>10}  beside")
    for figure in figures:
        median, p95 = (f"{value:.2f} {figure.unit}" for value in (figure.median, figure.p95))
        print(f"{figure.name:<{width}}  {median:>10}  {p95:>10}  {figure.beside}")


if __name__ == "__main__":
    main()
