"""The peers' speeds on the reference core, and whether the peers of a run are as fast as there.

Intel server core with AVX-512 (VBMI, 48 KB L1d, 2 MB L2, about 3.0 GHz), one thread, the versions in requirements.txt;
the lower end where a figure was a range. Mpix/s.
"""

from __future__ import annotations

from dataclasses import dataclass

from measure import Bench
from timing import BUSY, CPU_TIME, SPENT

TOLERANCE = 0.25
_NOISE_2D: dict[str, dict[str, dict[int, float]]] = {
    "OpenCV": {
        "u8": {3: 5218, 5: 800, 7: 22, 11: 24, 15: 17, 21: 25, 31: 32, 51: 31, 101: 51},
        "u16": {3: 3125, 5: 460},
        "f32": {3: 2350, 5: 395},
    },
    "IPP": {
        "u8": {3: 7800, 5: 1560, 7: 15, 11: 15, 15: 11},
        "u16": {3: 4650, 5: 820, 7: 6.6, 11: 4, 15: 3},
        "f32": {3: 2540, 5: 569, 7: 1.9, 11: 0.9, 15: 0.4},
    },
    "ITK": {
        "u8": {3: 8.5, 5: 2.5, 7: 1.5, 11: 0.62},
        "u16": {3: 8.3, 5: 2.5, 7: 1.2, 11: 0.64},
        "f32": {3: 6.6, 5: 2.2, 7: 1.2, 11: 0.6, 15: 0.3, 21: 0.18},
    },
    "scikit-image": {"u8": {11: 2.0, 21: 3.0}},
    "Pillow": {"u8": {3: 8.9, 5: 2.8, 11: 0.63, 21: 0.19}},
}
_PHOTO_2D = {"OpenCV": {"u8": {11: 40, 15: 33, 21: 41, 31: 35, 51: 50, 101: 50}}}
_NOISE_3D = {
    "ITK": {"u8": {3: 2.2, 5: 0.54, 7: 0.08}, "u16": {3: 2.1, 5: 0.57}, "f32": {3: 1.9, 5: 0.51, 7: 0.16}},
    "scipy": {"u8": {3: 0.8, 5: 0.16}},
}


def _figures() -> dict[tuple[str, str], float]:
    found = {}
    for table, axes, content in ((_NOISE_2D, 2, "noise"), (_PHOTO_2D, 2, "photo"), (_NOISE_3D, 3, "noise")):
        for peer, types in table.items():
            for dtype, speeds in types.items():
                for k, speed in speeds.items():
                    found[peer, f"{dtype} {'x'.join([str(k)] * axes)} {content}"] = speed
    return found


FIGURES = _figures()


@dataclass(frozen=True)
class Checked:
    """A peer's speed in this run beside its reference."""

    peer: str
    case: str
    here: float
    reference: float

    @property
    def slow(self) -> bool:
        """More than the tolerance below."""
        return self.here < (1 - TOLERANCE) * self.reference


def checked(bench: Bench) -> list[Checked]:
    """All figures that this run measured too."""
    return [
        Checked(name, config.label, speed.value, FIGURES[name, config.label])
        for config, speeds in bench.speeds.items()
        for name, speed in speeds.items()
        if (name, config.label) in FIGURES and speed.value and not config.shape
    ]


def verdict(rows: list[Checked], same_cpu: bool) -> str:
    """Whether the run counts, in a sentence."""
    if CPU_TIME:
        return "This run does not count: it was timed by CPU time."
    if SPENT.share() < BUSY:
        return f"This run does not count: the timed calls had only {SPENT.share():.0%} of a CPU, others were busy."
    slow = [row for row in rows if row.slow]
    names = ", ".join(f"{row.peer} {row.case} ({row.here / row.reference - 1:+.0%})" for row in slow)
    if same_cpu:
        if slow:
            return f"This run does not count: peers more than {TOLERANCE:.0%} below their figures: {names}."
        return f"This run counts: none of {len(rows)} peer figures is more than {TOLERANCE:.0%} below its reference."
    text = "The reference figures are of another CPU: peers not checked against them. This run is of this CPU only."
    return f"{text} More than {TOLERANCE:.0%} below them are: {names or 'none'}."
