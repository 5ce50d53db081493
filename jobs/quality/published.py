"""Three measures as they are published, kept for comparison and never used to judge.

VBench (Huang et al. 2024, "VBench: Comprehensive Benchmark Suite for Video Generative Models", and its
source): temporal flickering is 1 less the mean difference of neighbouring frames; motion smoothness drops
each second frame, foretells it from its neighbours and takes the difference; dynamic degree asks how many
pairs of frames, eight a second, have a largest twentieth of their flow beyond 6 pixels at a short side of
256. Here DIS flow stands in for the networks they use, and dynamic degree is given as a share instead of yes
or no.
"""

from __future__ import annotations

import numpy as np

from jobs.quality.report import Seen
from jobs.quality.scene import TOO_SHORT, Scene

_PAIRS_PER_S, _MOVES_PX, _OF_SIDE = 8.0, 6.0, 256.0
_LEAST_PAIRS = 5


def watch(scene: Scene) -> Seen:
    """The three figures, 0 to 1."""
    names = ("vb_flicker", "vb_smoothness", "vb_dynamic")
    flow = scene.flow
    if not scene.enough or len(flow.smoothness) <= _LEAST_PAIRS:
        reasons = dict.fromkeys(names[1:], TOO_SHORT)
        flicker = _flickering(scene) if len(scene.times) > 1 else None
        if flicker is None:
            reasons[names[0]] = TOO_SHORT
        return Seen(
            measures={"vb_flicker": flicker, "vb_smoothness": None, "vb_dynamic": None}, unmeasured=reasons
        )
    return Seen(
        measures={
            "vb_flicker": _flickering(scene),
            "vb_smoothness": 1 - float(flow.smoothness.mean()) / 255,
            "vb_dynamic": _dynamic(scene),
        }
    )


def _flickering(scene: Scene) -> float:
    return 1 - float(scene.samples.levels.change[1:].mean()) / 255


def _dynamic(scene: Scene) -> float:
    """The share of the moments, eight a second, whose liveliest flow adds up to more than the limit."""
    per_pair = max(1, round(scene.fps / _PAIRS_PER_S))
    moved = np.zeros(len(scene.times), np.float32)
    moved[scene.flow.frames] = np.nan_to_num(scene.flow.liveliest)
    whole = moved[: len(moved) // per_pair * per_pair].reshape(-1, per_pair).sum(axis=1)
    limit = _MOVES_PX * min(scene.flow.width, scene.flow.height) / _OF_SIDE
    return float((whole > limit).mean())
