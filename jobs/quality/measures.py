"""From what the scan saw to measures, findings, verdict and score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jobs.quality.report import Finding, Ordered, Severity, VideoFacts
from jobs.quality.scan import Scan, Stretch

# Fewer frames than this say nothing about motion or light.
LEAST_FRAMES = 12
FADE_S = 1.0
FREEZE_REJECT_S, FREEZE_END_REJECT_S = 1.0, 0.6
# Rain and flames average out over time and move all the same: both figures must be low.
STILL_LEVELS, STILL_PCT_S = 3.0, 1.0
FLICKER_SUSPECT, FLICKER_REJECT = 1.2, 4.0
DURATION_LEAST_S, DURATION_SHARE = 0.35, 0.08
ASPECT_SHARE = 0.02
_COSTS = {"info": 1.0, "suspect": 0.75, "reject": 0.25}

Measures = dict[str, float | None]


def measure(scan: Scan) -> Measures:
    """The figures of a clip; None where one could not be taken.

    Shares are 0 to 1 of the frames, motion is % of the long side per second, change is grey levels, flicker
    is % of the brightness.
    """
    count = len(scan.times)
    enough = count >= LEAST_FRAMES
    # Black frames stand still as well; they are counted once, as black.
    frozen = sum(scan.black[start:end].count(False) for start, end in scan.frozen)
    return {
        "black_share": sum(scan.black) / count,
        "frozen_share": frozen / count,
        "mean_luma": float(np.mean(scan.luma)),
        "motion_pct_s": float(np.median(scan.motion)) * scan.fps * 100 if enough else None,
        "change_levels": _change(scan) if enough else None,
        "flicker_pct": _flicker(scan) if enough else None,
    }


def _change(scan: Scan) -> float:
    """The largest change of any block between averages of 0.4 s: grain and noise fall out, motion does
    not.
    """
    span = max(1, round(0.4 * scan.fps))
    averages = [
        np.mean(scan.blocks[start : start + span], axis=0)
        for start in range(0, len(scan.blocks) - span // 2, span)
    ]
    if len(averages) < 2:
        averages = [scan.blocks[0], scan.blocks[-1]]
    return float(np.ptp(np.stack(averages), axis=0).max())


def _flicker(scan: Scan) -> float:
    """RMS of the second difference of the light over the worst 0.75 s, median over blocks, in % of the
    brightness.

    The second difference passes steady fades and pans; what is left swings from frame to frame. Black frames
    are left out, because a cut to black is not a flicker.
    """
    light = np.stack(scan.blocks)
    swing = np.abs(light[2:] - 2 * light[1:-1] + light[:-2]) / (light[1:-1] + 24)
    typical = np.median(swing, axis=(1, 2))
    black = np.array(scan.black)
    typical[black[2:] | black[1:-1] | black[:-2]] = 0
    span = min(len(typical), max(1, round(0.75 * scan.fps)))
    power = np.convolve(typical**2, np.ones(span) / span, mode="valid")
    # A single cut swings once and is no flicker: the two largest swings of the worst stretch do not count.
    worst = int(power.argmax())
    inside = np.sort(typical[worst : worst + span])[: -2 or None]
    return float(np.sqrt(np.mean(inside**2))) * 100 if inside.size else 0.0


def findings(scan: Scan, measures: Measures, facts: VideoFacts, ordered: Ordered) -> list[Finding]:
    """Everything seen, in the order of time. One cause gives one finding."""
    found = [*_black(scan), *_frozen(scan, measures, ordered), *_against_order(facts, ordered)]
    flicker = measures["flicker_pct"]
    if flicker is not None and flicker > FLICKER_SUSPECT:
        severity: Severity = "reject" if flicker > FLICKER_REJECT else "suspect"
        found.append(_whole("flicker", severity, facts, f"brightness flickers ({flicker:.1f} %)"))
    return sorted(found, key=lambda finding: (finding.start_s, finding.kind))


def verdict_of(found: list[Finding]) -> str:
    """`pass`, `suspect` or `reject`, as the gravest finding says."""
    severities = {finding.severity for finding in found}
    return next((severity for severity in ("reject", "suspect") if severity in severities), "pass")


def score_of(measures: Measures, found: list[Finding]) -> float | None:
    """0 to 1, higher is better: liveliness and steady light, lowered by each kind of event.

    Average figures alone choose wrongly (they reward frozen and blurred clips), so the events weigh most.
    None when nothing could be measured.
    """
    parts = []
    motion, flicker = measures["motion_pct_s"], measures["flicker_pct"]
    if motion is not None:
        # A band: anything that moves is good, only hardly anything and a wild rush are worth less.
        parts.append(min(1.0, motion / 0.4) * (1.0 if motion < 70 else max(0.3, 1 - (motion - 70) / 100)))
    if flicker is not None:
        parts.append(1 - min(1.0, flicker / FLICKER_REJECT))
    if not parts:
        return None
    score = 0.5 + 0.5 * sum(parts) / len(parts)
    for _kind, severity in {(finding.kind, finding.severity) for finding in found}:
        score *= _COSTS[severity]
    return round(score, 4)


def _black(scan: Scan) -> list[Finding]:
    return [
        _stretch(scan, stretch, "fade", "info", "fades")
        if _is_fade(scan, stretch)
        else _stretch(scan, stretch, "black", "reject", "black")
        for stretch in _runs(np.array(scan.black))
    ]


def _is_fade(scan: Scan, stretch: Stretch) -> bool:
    """A short black stretch at an end whose neighbour is dark as well belongs to a fade."""
    start, end = stretch
    if (end - start) / scan.fps > FADE_S:
        return False
    if start == 0 and end < len(scan.luma):
        return scan.luma[min(end + 1, len(scan.luma) - 1)] < 60
    return end == len(scan.luma) and start > 2 and scan.luma[start - 2] < 60


def _frozen(scan: Scan, measures: Measures, ordered: Ordered) -> list[Finding]:
    share, change, motion = (
        measures["frozen_share"] or 0.0,
        measures["change_levels"],
        measures["motion_pct_s"],
    )
    at_rest = change is not None and motion is not None and change < STILL_LEVELS and motion < STILL_PCT_S
    still = share > 0.95 or at_rest
    if still and not all(scan.black):
        if ordered.still_wanted:
            return []
        return [_stretch(scan, (0, len(scan.times)), "still", "reject", "nothing moves", timed=False)]
    found = []
    for start, end in scan.frozen:
        if all(scan.black[start:end]):
            continue
        length = (end - start) / scan.fps
        at_end = end == len(scan.times) and length >= FREEZE_END_REJECT_S
        severity: Severity = "reject" if length >= FREEZE_REJECT_S or at_end else "suspect"
        found.append(_stretch(scan, (start, end), "frozen", severity, "frozen"))
    return found


def _against_order(facts: VideoFacts, ordered: Ordered) -> list[Finding]:
    found = []
    if ordered.width and ordered.height:
        asked, got = ordered.width / ordered.height, facts.width / facts.height
        sizes = f"asked for {ordered.width}x{ordered.height}, got {facts.width}x{facts.height}"
        if abs(got - asked) > ASPECT_SHARE * asked:
            found.append(_whole("wrong_shape", "suspect", facts, f"wrong shape: {sizes}"))
        elif (facts.width, facts.height) != (ordered.width, ordered.height):
            found.append(_whole("other_size", "info", facts, f"other size: {sizes}"))
    asked_s = ordered.duration_s
    if asked_s and abs(facts.duration_s - asked_s) > max(DURATION_LEAST_S, DURATION_SHARE * asked_s):
        sentence = f"wrong length: asked for {asked_s:g} s, got {facts.duration_s:.1f} s"
        found.append(_whole("wrong_length", "suspect", facts, sentence))
    return found


def _runs(mask: NDArray[np.bool_]) -> list[Stretch]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _stretch(
    scan: Scan, stretch: Stretch, kind: str, severity: Severity, words: str, *, timed: bool = True
) -> Finding:
    start = round(scan.times[stretch[0]], 2)
    end = round(scan.times[stretch[1] - 1] + 1 / scan.fps, 2)
    sentence = f"{words} from {start:.1f} s to {end:.1f} s" if timed else words
    return Finding(kind=kind, severity=severity, start_s=start, end_s=end, sentence=sentence)


def _whole(kind: str, severity: Severity, facts: VideoFacts, sentence: str) -> Finding:
    return Finding(
        kind=kind, severity=severity, start_s=0.0, end_s=round(facts.duration_s, 2), sentence=sentence
    )
