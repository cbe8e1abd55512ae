"""What has to be reached, each as one row: a case, its bound, and how it is measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import gradient
import numpy as np
import worst
from measure import AVX2, DIFFERS, TWO_THREADS, Bench, Config, figure, short
from peers import OXITK, Radius, window
from timing import CPU_TIME, QUICK, batch, best

NOISE_RADII = (1, 2, 3, 5, 7, 10, 15, 25, 50)
PHOTO_RADII = (7, 10, 15, 25, 50)
VOLUME_RADII = (1, 2, 3)
ANISOTROPIC: tuple[Radius, ...] = ((3, 1), (1, 5), (2, 2, 1), (4, 0, 0))
WIDTHS = (("uint8", "int8"), ("int16", "uint16", "float16"), ("int32", "uint32", "float32"))


@dataclass(frozen=True)
class Case:
    """A row: what is asked, the bound, its unit, and the measurement, which may give nothing."""

    label: str
    bound: float
    unit: str
    ask: Callable[[], float | None]
    at_most: bool = False

    def met(self, value: float) -> bool:
        """Whether a measured value keeps the bound."""
        # A comparison of numpy's numbers is no bool that JSON takes.
        return bool(value <= self.bound if self.at_most else value >= self.bound)

    def wanted(self) -> str:
        """The bound as text."""
        return f"{'≤' if self.at_most else '≥'} {self.bound:g} {self.unit}"


def plotted() -> list[Config]:
    """The configurations of the speed table and the plot."""
    found = [Config(dtype, (r, r)) for dtype in ("uint8", "uint16", "float32") for r in NOISE_RADII]
    found += [Config("uint8", (r, r), "photo") for r in PHOTO_RADII]
    found += [Config(dtype, (r, r, r)) for dtype in ("uint8", "uint16", "float32") for r in VOLUME_RADII]
    return found + [Config(dtype, (1, 1, 1)) for dtype in ("int16", "float64")]


def all_cases(bench: Bench) -> list[Case]:
    """Every row, in the order of the report."""
    return [
        *_beside_peers(bench),
        *_avx2(bench),
        *_worst(bench),
        *_types(bench),
        *_threads(bench),
        *_overheads(bench),
        *_anisotropic(bench),
        *(Case(*row) for row in gradient.rows(bench)),
    ]


def _ratio(bench: Bench, config: Config, bound: float, *peers: str, ours: str = OXITK.name) -> Case:
    def ask() -> float | None:
        own = bench.speed(config, ours)
        theirs = [speed for peer in peers if (speed := bench.speed(config, peer)) is not None]
        return own / max(theirs) if own and len(theirs) == len(peers) else None

    level = ours.removeprefix(OXITK.name).replace(", ", ", forced to ")
    against = " and ".join(peers)
    return Case(f"{config.label}{level}, {against}", bound, f"× {'best of ' * (len(peers) > 1)}{against}", ask)


def _square(dtype: str, k: int, content: str = "noise", axes: int = 2) -> Config:
    return Config(dtype, (k // 2,) * axes, content)


def _beside_peers(bench: Bench) -> Iterable[Case]:
    yield _ratio(bench, _square("uint8", 3), 1.25, "IPP")
    yield _ratio(bench, _square("uint16", 3), 1.2, "IPP")
    yield _ratio(bench, _square("float32", 3), 0.95, "IPP", "OpenCV")
    for dtype, bound in (("uint8", 400), ("uint16", 400), ("float32", 300)):
        yield _ratio(bench, _square(dtype, 3), bound, "ITK")
    for dtype, bound in (("uint8", 2.5), ("uint16", 2.5), ("float32", 1.7)):
        yield _ratio(bench, _square(dtype, 5), bound, "IPP")
    for k, dtype, bound, peer in (
        (7, "uint8", 60, "OpenCV"),
        (7, "uint16", 100, "IPP"),
        (7, "float32", 150, "IPP"),
        (11, "uint8", 25, "OpenCV"),
        (11, "uint16", 60, "IPP"),
        (11, "float32", 100, "IPP"),
    ):
        yield _ratio(bench, _square(dtype, k), bound, peer)
    for k, noise, photo in ((15, 9, 5), (21, 4.5, 2), (31, 5, 1.8), (51, 5, 1.4), (101, 3, 1)):
        yield _ratio(bench, _square("uint8", k), noise, "OpenCV")
        yield _ratio(bench, _square("uint8", k, "photo"), photo, "OpenCV")
    yield _ratio(bench, _square("float32", 15), 200, "ITK")
    yield _ratio(bench, _square("uint16", 21), 200, "ITK")
    yield _ratio(bench, _square("float32", 21), 200, "ITK")
    for dtype, bound in (("uint8", 1000), ("uint16", 450), ("int16", 450), ("float32", 200), ("float64", 80)):
        yield _ratio(bench, _square(dtype, 3, axes=3), bound, "ITK")
    for k, dtype, bound in ((5, "uint8", 450), (5, "float32", 120), (7, "uint8", 350), (7, "float32", 80)):
        yield _ratio(bench, _square(dtype, k, axes=3), bound, "ITK")


def _avx2(bench: Bench) -> Iterable[Case]:
    for dtype, k, bound, peer in (
        ("uint8", 3, 1.05, "IPP"),
        ("uint8", 5, 1.7, "IPP"),
        ("uint8", 7, 40, "OpenCV"),
        ("float32", 5, 1.1, "IPP"),
    ):
        config = _square(dtype, k)
        yield _ratio(bench, bench.need(config, AVX2), bound, peer, ours=AVX2.name)


def _worst(bench: Bench) -> Iterable[Case]:
    quick = bench.effort is QUICK
    size = 256 if quick else 512
    for dtype, bound in (("uint8", 0.8), ("uint16", 60), ("float32", 60)):
        for radius in (10,) if quick else (3, 10, 50) if dtype == "uint8" else (3, 10):

            def ask(dtype: str = dtype, radius: int = radius) -> float | None:
                found = worst.search(dtype, radius, size, bench.effort, keep=1)[0]
                times = figure(found.ratio)
                what = f"worst content for {short(dtype)}, radius {radius}: {found.content}, {times} times the peer"
                bench.say(f"  {what}")
                bench.remarks.append(what)
                if not found.equal:
                    bench.problems.append(f"{found.content}, radius {radius}: oxitk {DIFFERS} the peer")
                return found.ratio

            peer = worst.opponent(dtype).name
            k = 2 * radius + 1
            yield Case(f"{short(dtype)} {k}x{k} worst content, {peer}", bound, f"× {peer}", ask)


def _types(bench: Bench) -> Iterable[Case]:
    measured: dict[tuple[str, ...], list[list[float]]] = {}

    def speeds(width: tuple[str, ...]) -> list[list[float]]:
        if width not in measured:
            sets = [[(OXITK, Config(dtype, (r, r))) for dtype in width] for r in (1, 2, 3, 5, 10)]
            sets += [[(OXITK, Config(dtype, (r, r, r))) for dtype in width] for r in (1, 2)]
            measured[width] = [bench.together(*one) for one in sets]
        return measured[width]

    for width in WIDTHS:
        for i, dtype in enumerate(width[1:], 1):

            def ask(width: tuple[str, ...] = width, i: int = i) -> float | None:
                ratios = [row[i] / row[0] for row in speeds(width) if row]
                return min(ratios, default=None)

            yield Case(f"type {short(dtype)}, lowest of 7 windows", 0.85, f"× {short(width[0])}", ask)


def _threads(bench: Bench) -> Iterable[Case]:
    configs = [_square(dtype, k) for dtype in ("uint8", "uint16", "float32") for k in (5, 7, 11, 21)]
    configs += [_square(dtype, 5, axes=3) for dtype in ("uint8", "float32")]
    for config in configs:

        def ask(config: Config = config) -> float | None:
            speeds = [] if CPU_TIME else bench.together((OXITK, config), (TWO_THREADS, config))
            return speeds[1] / speeds[0] if speeds else None

        yield Case(f"2 threads, {config.label}", 1.85, "× one thread", ask)


def _overheads(bench: Bench) -> Iterable[Case]:
    def tiny() -> float:
        run = OXITK.prepare(Config("uint8", (1, 1), shape=(64, 64)).image(), (1, 1))
        times = best({kind: OXITK.job(getattr(run, kind)) for kind in ("warm", "fresh")}, bench.effort)
        return max(times.values()) * 1e6

    yield Case("a call for u8 64x64, 3x3, fresh or not", 8, "µs", tiny, at_most=True)
    for dtype in ("uint8", "uint16", "float32"):

        def fresh(dtype: str = dtype) -> float:
            image = Config(dtype, (1, 1)).image()
            run = OXITK.prepare(image, (1, 1))
            jobs = {kind: OXITK.job(getattr(run, kind)) for kind in ("warm", "fresh")}
            times = best(jobs | {"touch": batch(lambda: np.empty_like(image).fill(0))}, bench.effort)
            return times["fresh"] / (times["warm"] + times["touch"])

        unit = "× reused output and np.empty_like filled"
        yield Case(f"fresh output, {short(dtype)} 3x3", 1, unit, fresh, at_most=True)


def _anisotropic(bench: Bench) -> Iterable[Case]:
    for dtype in ("uint8", "uint16", "float32"):
        for radius in ANISOTROPIC:

            def ask(dtype: str = dtype, radius: Radius = radius) -> float | None:
                size, axes = window(radius), len(radius)
                r = max(r for r in range(20) if (2 * r + 1) ** axes <= size)
                wanted = [Config(dtype, radius), Config(dtype, (r,) * axes), Config(dtype, (r + 1,) * axes)]
                speeds = bench.together(*((OXITK, config) for config in wanted))
                if not speeds:
                    return None
                low, high = (math.log(window(config.radius)) for config in wanted[1:])
                share = (math.log(size) - low) / (high - low)
                return speeds[0] / math.exp((1 - share) * math.log(speeds[1]) + share * math.log(speeds[2]))

            label = "(" + ", ".join(map(str, radius)) + ")"
            yield Case(f"radii {label}, {short(dtype)}", 0.6, "× cubes of that size, interpolated", ask)
