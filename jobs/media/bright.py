"""Bringing high dynamic range down to what every screen shows, as a table of colours for FFmpeg's `lut3d`.

The curves are those of Rec. ITU-R BT.2100; white of a page is 203 nits (Report ITU-R BT.2408), and 1000 nits
is taken as the brightest there is. The brightest of red, green and blue is brought down by Reinhard's
extended curve and the other two with it, so that no colour changes its hue.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Curve = Literal["pq", "hlg"]

_POINTS: Final = 33
_PAGE_WHITE, _PEAK = 203.0, 1000.0
# Linear BT.2020 to linear BT.709 (Rec. ITU-R BT.2087).
_TO_709: Final = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
)
_LUMINANCE: Final = np.array([0.2627, 0.6780, 0.0593])


def write_table(curve: Curve, into: Path) -> None:
    """Write the table as a .cube file: from coded BT.2020 colours to coded BT.709 ones, red running first."""
    steps = np.linspace(0, 1, _POINTS)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    coded = np.stack([red, green, blue], axis=-1).reshape(-1, 3)
    nits = _pq(coded) if curve == "pq" else _hlg(coded)
    lines = [f"LUT_3D_SIZE {_POINTS}", *(" ".join(f"{part:.5f}" for part in one) for one in _shown(nits))]
    into.write_text("\n".join(lines) + "\n", encoding="ascii")


def _pq(coded: NDArray[np.float64]) -> NDArray[np.float64]:
    root = coded ** (1 / 78.84375)
    lit: NDArray[np.float64] = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    return 10_000 * lit ** (1 / 0.1593017578125)


def _hlg(coded: NDArray[np.float64]) -> NDArray[np.float64]:
    scene = np.where(
        coded <= 0.5, coded**2 / 3, (np.exp((coded - 0.55991073) / 0.17883277) + 0.28466892) / 12
    )
    # A screen of 1000 nits gives the scene back with this much more contrast.
    luminance = np.maximum(scene @ _LUMINANCE, 1e-9)[:, None]
    nits: NDArray[np.float64] = _PEAK * scene * luminance**0.2
    return nits


def _shown(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    light = np.maximum(nits @ _TO_709.T, 0) / _PAGE_WHITE
    most = np.maximum(light.max(axis=1, keepdims=True), 1e-9)
    brightest = _PEAK / _PAGE_WHITE
    lowered = most * (1 + most / brightest**2) / (1 + most)
    coded: NDArray[np.float64] = np.clip(light * lowered / most, 0, 1) ** (1 / 2.4)
    return coded
