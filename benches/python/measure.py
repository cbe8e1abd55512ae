"""Measurements: one configuration, all its contenders, their results compared first, then timed in turns."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from child import ForcedOxitk
from contents import CONTENTS
from peers import OXITK, PEERS, Oxitk, Peer, Radius, Run, window
from timing import Effort, best

SHORT = {"uint": "u", "int": "i", "float": "f"}
SHAPES = {2: (2048, 2048), 3: (64, 256, 256)}
CHECKED_WORK = 2_000_000  # pixels times window of the images whose results are compared by every peer
DIFFERS = "differs from"  # in a problem that makes a run worthless
AVX2 = ForcedOxitk("avx2")
TWO_THREADS = Oxitk(threads=2)


def short(dtype: str) -> str:
    """`u8` for `uint8`."""
    kind = dtype.rstrip("0123456789")
    return SHORT[kind] + str(8 * np.dtype(dtype).itemsize)


@dataclass(frozen=True)
class Config:
    """What is filtered, and by which window."""

    dtype: str
    radius: Radius
    content: str = "noise"
    shape: tuple[int, ...] = ()

    @property
    def size(self) -> tuple[int, ...]:
        """The image's shape."""
        return self.shape or SHAPES[len(self.radius)]

    @property
    def label(self) -> str:
        """`u8 3x3 noise`."""
        window = "x".join(str(2 * r + 1) for r in self.radius)
        return f"{short(self.dtype)} {window} {self.content}"

    def image(self) -> np.ndarray:
        """The pixels."""
        return _image(self.dtype, self.content, self.size)


@cache
def _image(dtype: str, content: str, shape: tuple[int, ...]) -> np.ndarray:
    return CONTENTS[content](shape, dtype)


Prepared = tuple[Peer, Config, Run, tuple[int, ...]]


@dataclass
class Speed:
    """Mpix/s of one contender, and the shape of its image."""

    shape: tuple[int, ...]
    warm: float | None = None
    fresh: float | None = None

    @property
    def value(self) -> float | None:
        """With a reused output where the contender has one."""
        return self.fresh if self.warm is None else self.warm


@dataclass
class Bench:
    """All measurements of a run; each configuration is measured once."""

    effort: Effort
    peers: tuple[Peer, ...] = PEERS
    speeds: dict[Config, dict[str, Speed]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    extras: dict[Config, tuple[Peer, ...]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    broken: frozenset[str] = frozenset()
    say: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True)

    def need(self, config: Config, *extra: Peer) -> Config:
        """Have further contenders take part when the configuration is measured."""
        known = self.extras.get(config, ())
        self.extras[config] = known + tuple(peer for peer in extra if peer not in known)
        return config

    def speed(self, config: Config, name: str) -> float | None:
        """Mpix/s of a contender with a reused output, measured now if need be; None when it takes no part."""
        found = self.of(config).get(name)
        return None if found is None else found.value

    def of(self, config: Config) -> dict[str, Speed]:
        """All contenders of a configuration."""
        if config not in self.speeds:
            self.speeds[config] = self._measure(config)
        return self.speeds[config]

    def _contenders(self, config: Config) -> list[Peer]:
        wanted = (OXITK, *self.extras.get(config, ()), *self.peers)
        return [peer for peer in wanted if peer.name not in self.broken and peer.takes(config.dtype, config.radius)]

    def _measure(self, config: Config) -> dict[str, Speed]:
        contenders = self._prepared([(peer, config) for peer in self._contenders(config)])
        self._compare_whole(config, contenders)

        jobs, speeds = {}, {}
        for peer, _, run, shape in contenders:
            speeds[peer.name] = Speed(shape)
            for kind in ("warm", "fresh"):
                # With a crop, thus slow, a fresh output would tell nothing.
                told = kind == "warm" or run.warm is None or shape == config.size
                if getattr(run, kind) is not None and told:
                    jobs[peer.name, kind] = peer.job(getattr(run, kind))
        for (name, kind), seconds in best(jobs, self.effort).items():
            setattr(speeds[name], kind, math.prod(speeds[name].shape) / seconds / 1e6)
        self.say(f"  {config.label}: " + ", ".join(f"{n} {figure(s.value)}" for n, s in speeds.items()))
        return speeds

    def together(self, *wanted: tuple[Peer, Config]) -> list[float]:
        """Mpix/s of contenders on configurations of their own, all in turns, with reused outputs."""
        prepared = self._prepared(list(wanted))
        if len(prepared) < len(wanted):
            return []
        jobs = {i: peer.job(run.warm) for i, (peer, _, run, _) in enumerate(prepared)}
        times = best(jobs, self.effort)
        speeds = [math.prod(shape) / times[i] / 1e6 for i, (*_, shape) in enumerate(prepared)]
        self.say("  " + ", ".join(f"{c.label} {p.name} {figure(s)}" for (p, c), s in zip(wanted, speeds, strict=True)))
        return speeds

    def _prepared(self, wanted: list[tuple[Peer, Config]]) -> list[Prepared]:
        """Runs of those that work, results compared on a small image."""
        made = []
        for peer, config in wanted:
            try:
                image = config.image()
                self._compare(config, peer)
                made.append((peer, config, *fitted(peer, image, config.radius, self.effort)))
            except Exception as error:  # a contender that fails is left out, and said so
                self.problems.append(f"{config.label}: {peer.name} failed: {error}")
        return made

    def _compare(self, config: Config, peer: Peer) -> None:
        """Compare a contender's result on a small image, borders included where it replicates them."""
        image, want = example(config)
        got = peer.prepare(image, config.radius).result()
        if not peer.replicates:
            inner = tuple(slice(r, n - r) for r, n in zip(config.radius, image.shape, strict=True))
            got, want = got[inner], want[inner]
        if not same(got, want):
            self.problems.append(f"{config.label}: {peer.name} {DIFFERS} scipy")

    def _compare_whole(self, config: Config, contenders: list[Prepared]) -> None:
        """Compare the results of all who are fast enough for the whole image."""
        whole = [(peer, run) for peer, _, run, shape in contenders if shape == config.size and peer.replicates]
        if len(whole) > 1:
            first = np.array(whole[0][1].result())
            for peer, run in whole[1:]:
                if not same(run.result(), first):
                    self.problems.append(f"{config.label}: {peer.name} {DIFFERS} {whole[0][0].name}")


def figure(value: float | None) -> str:
    """A number of Mpix/s or a ratio, with three digits that say something."""
    if value is None:
        return "–"
    return f"{value:,.0f}".replace(",", " ") if value >= 100 else f"{value:.3g}"


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal types and values; -0 equals 0."""
    return a.dtype == b.dtype and np.array_equal(a, b)


def expected(image: np.ndarray, radius: Radius) -> np.ndarray:
    """The median by scipy; f16, which scipy lacks, by way of f32, which holds all its values."""
    from scipy import ndimage

    wide = image.astype(np.float32) if image.dtype == np.float16 else image
    return ndimage.median_filter(wide, size=tuple(2 * r + 1 for r in radius), mode="nearest").astype(image.dtype)


def centre(image: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The middle of an image, contiguous."""
    if shape == image.shape:
        return image
    begins = [(have - n) // 2 for have, n in zip(image.shape, shape, strict=True)]
    return image[tuple(slice(b, b + n) for b, n in zip(begins, shape, strict=True))].copy()


@cache
def example(config: Config) -> tuple[np.ndarray, np.ndarray]:
    """A middle of the image, small enough for the slowest peers and of unlike sides, and its median by scipy."""
    image, radius = config.image(), config.radius
    side = min(64, int((CHECKED_WORK / window(radius)) ** (1 / image.ndim)))
    crop = centre(image, tuple(min(n, side + 3 * axis) for axis, n in enumerate(image.shape)))
    return crop, expected(crop, radius)


def fitted(peer: Peer, image: np.ndarray, radius: Radius, effort: Effort) -> tuple[Run, tuple[int, ...]]:
    """A run on the whole image or, for the slow, on a middle of it."""
    shape = tuple(map(min, peer.smallest(radius), image.shape))
    while True:
        run = peer.prepare(centre(image, shape), radius)
        if shape == image.shape:
            return run, shape
        job = peer.job(run.warm or run.fresh)
        seconds = max(min(job(1), job(1)), 1e-6)
        # Small images tell little of large ones: this step is not too large.
        if math.prod(image.shape) / math.prod(shape) < min(effort.whole / seconds, 200):
            shape = image.shape
            continue
        if seconds > effort.call / 2:
            return run, shape
        factor = min(32.0, effort.call / seconds) ** (1 / image.ndim)
        shape = tuple(min(have, math.ceil(n * factor)) for n, have in zip(shape, image.shape, strict=True))
