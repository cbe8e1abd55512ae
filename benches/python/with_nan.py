"""Rows for medians of images with NaN: a part of the rate without, and beside numpy's nanmedian, which leaves NaN out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from cases import Case
from contents import noise
from measure import Bench, figure
from peers import OXITK
from timing import batch, best

SHAPE = (2048, 2048)  # yx


@dataclass(frozen=True)
class WithNan:
    """A median of f32 in 3x3 with some NaN at random places."""

    count: int
    policy: str
    least: float  # part of the rate without NaN
    numpy: float = 0  # times numpy's rate at least, where it takes part


ROWS = (
    WithNan(1, "propagate", 0.7),
    WithNan(400, "propagate", 0.3),
    WithNan(SHAPE[0] * SHAPE[1] // 2, "propagate", 0.15),
    WithNan(400, "omit", 0.2),
    WithNan(SHAPE[0] * SHAPE[1] // 100, "omit", 0.02, 50),
)


def rows(bench: Bench) -> Iterator[Case]:
    """One row a number of NaN and policy, and one beside numpy."""
    for asked in ROWS:
        label = f"f32 3x3 with {asked.count} NaN, {asked.policy}"
        yield Case(f"{label}, without NaN", asked.least, "× without", partial(_beside_none, bench, asked, label))
        if asked.numpy:
            yield Case(f"{label}, numpy", asked.numpy, "× numpy", partial(_beside_numpy, bench, asked, label))


def _images(asked: WithNan) -> tuple[np.ndarray, np.ndarray]:
    """Without NaN and with."""
    image = noise(SHAPE, "float32")
    holes = image.copy()
    holes.reshape(-1)[np.random.default_rng(0).choice(image.size, asked.count, replace=False)] = np.nan
    return image, holes


def _median(image: np.ndarray, policy: str) -> partial[object]:
    import oxitk

    return partial(oxitk.median, image, 1, nan_policy=policy, out=np.empty_like(image))


def _beside_none(bench: Bench, asked: WithNan, label: str) -> float:
    image, holes = _images(asked)
    jobs = {"without": _median(image, asked.policy), "with": _median(holes, asked.policy)}
    times = best({name: OXITK.job(job) for name, job in jobs.items()}, bench.effort)
    speeds = {name: image.size / seconds / 1e6 for name, seconds in times.items()}
    bench.say(f"  {label}: " + ", ".join(f"{name} {figure(speed)} Mpix/s" for name, speed in speeds.items()))
    return speeds["with"] / speeds["without"]


def _beside_numpy(bench: Bench, asked: WithNan, label: str) -> float:
    _, holes = _images(asked)
    part = np.ascontiguousarray(holes[:256, :256])

    def theirs() -> None:
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(part, 1, mode="edge"), (3, 3))
        np.nanmedian(windows, axis=(2, 3))

    times = best({"oxitk": OXITK.job(_median(holes, asked.policy)), "numpy": batch(theirs)}, bench.effort)
    speeds = {"oxitk": holes.size / times["oxitk"] / 1e6, "numpy": part.size / times["numpy"] / 1e6}
    bench.say(f"  {label}: " + ", ".join(f"{name} {figure(speed)} Mpix/s" for name, speed in speeds.items()))
    return speeds["oxitk"] / speeds["numpy"]
