"""`make bench`: the figures of the loop, printed as one table."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tests.bench import budget, checks, files, live, media, processes, watching
from tests.bench.stage import PROMPT, Figure, Stage, running

if TYPE_CHECKING:
    from reviewapp.models import Candidate

CLIPS = 20
# Runway's documentation asks for no poll more often than this, and its examples sleep for as long.
PLAIN_POLL_S = 5.0
# A rate is taken over this many clips in a row.
WINDOW = 5


def reject_to_wire(stage: Stage) -> Figure:
    """From the click on "reject" to the retake's POST at the vendor, hold 0."""
    seconds = []
    for clip in _waiting(stage, "reject-to-wire"):
        clicked = stage.reject(clip, "the boat should be blue")
        seconds.append(stage.posted_at(_retake_of(clip).seed) - clicked)
    return Figure("reject click → the retake's POST on the wire", "s", seconds, "a person copying it over")


def _waiting(stage: Stage, name: str) -> list[Candidate]:
    project, shots = stage.shots(CLIPS, name)
    return stage.wait_in_review(stage.generate(project, shots))


def _retake_of(clip: Candidate) -> Candidate:
    from reviewapp.models import Candidate

    return Candidate.objects.whole().get(replaces=clip)


def done_to_playable(stage: Stage) -> Figure:
    """From the vendor's "done" to a clip that was fetched, checked and stands in the queue, one at a time."""
    seconds = []
    for place, clip in enumerate(_waiting(stage, "done-to-playable")):
        stage.settings(min_seconds=_job_length(place))
        stage.reject(clip, "the boat should be blue")
        [row] = stage.wait_in_review([_retake_of(clip)])
        if row.in_review_at is not None:
            seconds.append(row.in_review_at.timestamp() - stage.finished_at(row.provider_job_id))
    plain = asyncio.run(_plain_script(stage))
    words = f"a script polling every {PLAIN_POLL_S:.0f} s, unchecked: {plain.median:.2f} / {plain.p95:.2f} s"
    return Figure("vendor done → playable in the queue", "s", seconds, words)


def _job_length(place: int) -> float:
    """Spread the ends of the jobs evenly over one interval of the plain script's polls."""
    return 1.0 + PLAIN_POLL_S * place / CLIPS


async def _plain_script(stage: Stage) -> Figure:
    """What a user would do instead: the vendor's example loop, for as many jobs at the same time."""
    from providers import registry
    from providers.contract import GenerationRequest, JobState, ProviderJob
    from tests.cast import SANDBOX_SECRET

    sandbox = f"127.0.0.1:{stage.house.sandbox_port}"
    options = {"base_url": f"http://{sandbox}/runway", "api_key": SANDBOX_SECRET, "private_hosts": [sandbox]}
    provider = registry.load("runway", options)

    async def follow(job: ProviderJob) -> float:
        while job.state != JobState.SUCCEEDED:
            await asyncio.sleep(PLAIN_POLL_S)
            job = await provider.poll(job.id)
        await provider.download(job.outputs[0], io.BytesIO())
        return time.time() - stage.finished_at(job.id)

    loops = []
    for place in range(CLIPS):
        stage.settings(min_seconds=_job_length(place))
        request = GenerationRequest(
            model="gen4.5", prompt=PROMPT, duration_s=5, width=1280, height=720, seed=place
        )
        loops.append(asyncio.create_task(follow(await provider.submit(request))))
    return Figure("", "s", await asyncio.gather(*loops))


def done_to_known(stage: Stage) -> Figure:
    """From the vendor's "done" to our row saying so, told by webhooks; beside it the same by polls alone."""
    told = _known(stage, "told-by-webhook")
    stage.fault(kind="webhook_lost", times=-1)
    polled = Figure("", "s", _known(stage, "found-by-polls"))
    stage.no_faults()
    words = f"polls of our own sandbox, one a second: {polled.median:.2f} / {polled.p95:.2f} s"
    return Figure("vendor done → known here, by webhook", "s", told, words)


def _known(stage: Stage, name: str) -> list[float]:
    """One clip after the other, so that no other work stands in the way."""
    project, shots = stage.shots(CLIPS, name, "kling/kling-2.5-turbo")
    seconds = []
    for place, shot in enumerate(shots):
        stage.settings(min_seconds=1.0 + place / CLIPS)
        [row] = stage.wait_in_review(stage.generate(project, [shot]))
        if row.vendor_done_at is not None:
            seconds.append(row.vendor_done_at.timestamp() - stage.finished_at(row.provider_job_id))
    return seconds


def price_an_order(stage: Stage) -> Figure:
    """Choosing a maker for each clip of 500 shots, priced and explained; beside it one model for all."""
    from reviewapp import generation
    from reviewapp.models import Shot

    project, _ = stage.shots(500, "long-order")

    def price(**how: str) -> list[float]:
        seconds = []
        for _ in range(3):
            rows = list(Shot.objects.with_status().filter(project=project).select_related("project"))
            began = time.perf_counter()
            assert generation.quote(project, rows, count=4, **how).clips == 4 * len(rows)
            seconds.append(time.perf_counter() - began)
        return seconds

    chosen = Figure("", "s", price())
    words = f"one chosen model: {chosen.median:.2f} / {chosen.p95:.2f} s"
    return Figure("2,000 clips priced, each with its maker and why", "s", price(routing="spread"), words)


def places_in_use(stage: Stage) -> Figure:
    """A long order on a key that takes three at once: how much of the three places was in use."""
    from reviewapp.models import ProviderKey

    ProviderKey.objects.filter(provider="kling").update(concurrency=3)
    stage.settings(min_seconds=1.0, capacity=CLIPS)
    project, shots = stage.shots(3 * CLIPS, "three-places", "kling/kling-2.5-turbo")
    began = time.time()
    rows = stage.wait_in_review(stage.generate(project, shots))
    lasted = max(stage.finished_at(row.provider_job_id) for row in rows) - began
    ProviderKey.objects.filter(provider="kling").update(concurrency=None)
    ideal = len(rows) / 3 * 1.0
    words = f"{len(rows)} clips of 1 s, 3 at a time: ideal {ideal:.0f} s, took {lasted:.1f} s"
    return Figure("places of a key in use during an order", "%", [100 * ideal / lasted], words, True)


def clips_a_minute(stage: Stage, *, instant: bool) -> Figure:
    """Whole line: from the order to "in review", clips rendered by the sandbox on the same machine or not."""
    stage.settings(instant=instant, capacity=8, min_seconds=0.2)
    project, shots = stage.shots(CLIPS, f"whole-line-{'instant' if instant else 'rendered'}")
    began = time.time()
    rows = stage.wait_in_review(stage.generate(project, shots))
    ends = [began, *sorted(row.in_review_at.timestamp() for row in rows if row.in_review_at)]
    rates = [60 * WINDOW / (ends[at + WINDOW] - ends[at]) for at in range(len(ends) - WINDOW)]
    words = "pre-rendered" if instant else "rendered on the same two cores"
    return Figure(f"clips a minute through the whole line, {words}", "/min", rates, more_is_better=True)


# On the running app, and each in processes of its own. `python -m tests.bench NAME …` measures some alone.
STAGED: dict[str, Callable[[Stage], Figure]] = {
    "reject": reject_to_wire,
    "playable": done_to_playable,
    "known": done_to_known,
    "places": places_in_use,
    "price": price_an_order,
    "instant": partial(clips_a_minute, instant=True),
    "rendered": partial(clips_a_minute, instant=False),
}
ALONE: dict[str, Callable[[], list[Figure]]] = {
    "checks": checks.rows,
    "files": files.rows,
    "budget": budget.rows,
    "live": live.rows,
    "media": media.rows,
    "messages": processes.tasks_a_second,
    "start": processes.start_up,
    "flight": watching.flight,
    "flight-paced": watching.flight_paced,
    "pace": watching.paced,
    "takeover": watching.takeover,
}


def main(names: Sequence[str]) -> None:
    if unknown := set(names) - {*STAGED, *ALONE}:
        raise SystemExit(f"There is no {', '.join(unknown)}. There are: {', '.join([*STAGED, *ALONE])}.")
    wanted = names or [*STAGED, *ALONE]
    figures = []
    if set(wanted) & set(STAGED):
        with running() as stage:
            stage.settings(instant=True, capacity=CLIPS, min_seconds=1.0)
            figures += [measure(stage) for name, measure in STAGED.items() if name in wanted]
    figures += [row for name, measure in ALONE.items() if name in wanted for row in measure()]
    width = max(len(figure.name) for figure in figures)
    print(f"\n{'figure':<{width}}  {'median':>10}  {'p95':>10}  beside")
    for figure in figures:
        median, p95 = (f"{value:.2f} {figure.unit}" for value in (figure.median, figure.p95))
        print(f"{figure.name:<{width}}  {median:>10}  {p95:>10}  {figure.beside}")


if __name__ == "__main__":
    main(sys.argv[1:])
