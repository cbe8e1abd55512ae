"""Rows for medians of images with NaN: a part of the rate without, and beside numpy's nanmedian, which leaves NaN out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from cases import Case
from contents import noise
from measure import DIFFERS, Bench, figure
from peers import OXITK
from timing import Batch, batch, best

SHAPE = (2048, 2048)  # yx
PART = 256  # rows and columns that are compared, and that numpy gets


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
        yield Case(label, asked.least, "× without", partial(_beside_none, bench, asked, label))
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


def _windows(part: np.ndarray) -> np.ndarray:
    """The 9 samples around each pixel, along the last axis."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(part, 1, mode="edge"), (3, 3))
    return windows.reshape(*part.shape, 9)


def _expected(part: np.ndarray, policy: str) -> np.ndarray:
    """The median by sorting: NaN comes last, so that the numbers are in front."""
    samples = np.sort(_windows(part), axis=-1)
    numbers = np.count_nonzero(~np.isnan(samples), axis=-1, keepdims=True)
    median = np.take_along_axis(samples, numbers // 2, axis=-1)
    return np.where(numbers < 9, np.nan, median)[..., 0] if policy == "propagate" else median[..., 0]


def _rates(bench: Bench, label: str, jobs: dict[str, tuple[Batch, int]]) -> dict[str, float]:
    """Pixels a second of jobs, each with its number of pixels."""
    times = best({name: job for name, (job, _) in jobs.items()}, bench.effort)
    speeds = {name: pixels / times[name] / 1e6 for name, (_, pixels) in jobs.items()}
    bench.say(f"  {label}: " + ", ".join(f"{name} {figure(speed)} Mpix/s" for name, speed in speeds.items()))
    return speeds


def _beside_none(bench: Bench, asked: WithNan, label: str) -> float:
    image, holes = _images(asked)
    part = np.ascontiguousarray(holes[:PART, :PART])
    want = _expected(part, asked.policy).astype(part.dtype)
    if not np.array_equal(_median(part, asked.policy)(), want, equal_nan=True):
        bench.problems.append(f"{label}: oxitk {DIFFERS} sorting")
    jobs = {
        "without": (OXITK.job(_median(image, asked.policy)), image.size),
        "with": (OXITK.job(_median(holes, asked.policy)), image.size),
    }
    speeds = _rates(bench, label, jobs)
    return speeds["with"] / speeds["without"]


def _beside_numpy(bench: Bench, asked: WithNan, label: str) -> float:
    _, holes = _images(asked)
    part = np.ascontiguousarray(holes[:PART, :PART])
    jobs = {
        "oxitk": (OXITK.job(_median(holes, asked.policy)), holes.size),
        "numpy": (batch(lambda: np.nanmedian(_windows(part), axis=-1)), part.size),
    }
    speeds = _rates(bench, label, jobs)
    return speeds["oxitk"] / speeds["numpy"]
