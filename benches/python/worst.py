"""The content that suits us least: images of many kinds, and the search for the worst ratio to a peer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from contents import mirrored, pictures
from measure import centre, fitted
from peers import OXITK, PEERS, Peer
from scipy import ndimage
from timing import GLANCE, Effort, best

Field = np.ndarray  # float32 in [0, 1)
Maker = Callable[[int, np.random.Generator], Field]


@dataclass(frozen=True)
class Found:
    """An image, by name, how many times as fast as the peer we are on it, and whether the results are equal."""

    content: str
    ratio: float
    equal: bool = True


def opponent(dtype: str) -> Peer:
    """The peer that a type is measured against: OpenCV for u8, ITK for the rest."""
    name = "OpenCV" if dtype == "uint8" else "ITK"
    return next(peer for peer in PEERS if peer.name == name)


def _grid(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.meshgrid(np.arange(n, dtype=np.float32), np.arange(n, dtype=np.float32), indexing="ij")


def _stretched(field: np.ndarray) -> Field:
    low, high = float(field.min()), float(field.max())
    return ((field - low) / max(high - low, 1e-9)).astype(np.float32)


def _uniform(n: int, random: np.random.Generator, low: float = 0.0, high: float = 1.0) -> Field:
    return random.random((n, n), dtype=np.float32) * (high - low) + low


def _normal(n: int, random: np.random.Generator, sigma: float) -> Field:
    return (0.5 + sigma * random.standard_normal((n, n), dtype=np.float32)).astype(np.float32)


def _tailed(n: int, random: np.random.Generator, power: float) -> Field:
    return random.random((n, n), dtype=np.float32) ** power


def _levels(n: int, random: np.random.Generator, count: int) -> Field:
    return random.integers(0, count, (n, n)).astype(np.float32) / max(count - 1, 1)


def _smooth(n: int, random: np.random.Generator, sigma: float, count: int = 0) -> Field:
    field = _stretched(ndimage.gaussian_filter(random.standard_normal((n, n), dtype=np.float32), sigma, mode="wrap"))
    return np.floor(field * count) / count if count else field


def _gradient(n: int, random: np.random.Generator, angle: float, noise: float) -> Field:
    y, x = _grid(n)
    ramp = _stretched(x * math.cos(angle) + y * math.sin(angle))
    return ramp + noise * (random.random((n, n), dtype=np.float32) - 0.5)


def _rings(n: int, random: np.random.Generator, period: float) -> Field:
    y, x = _grid(n)
    return 0.5 + 0.5 * np.sin(np.hypot(y - n / 2, x - n / 2) * (2 * math.pi / period))


def _stripes(n: int, random: np.random.Generator, period: int, way: int) -> Field:
    y, x = _grid(n)
    along = (x, y, x + y)[way]
    return (along // period % 2).astype(np.float32)


def _saw(n: int, random: np.random.Generator, period: int, way: int) -> Field:
    y, x = _grid(n)
    along = (x, y, x + 3 * y)[way]
    return (along % period / period).astype(np.float32)


def _checkers(n: int, random: np.random.Generator, cell: int, noise: float) -> Field:
    y, x = _grid(n)
    return (x // cell + y // cell) % 2 * (1 - noise) + noise * random.random((n, n), dtype=np.float32)


def _salted(n: int, random: np.random.Generator, base: Maker, density: float) -> Field:
    field, dice = base(n, random), random.random((n, n))
    return np.where(dice < density / 2, 0, np.where(dice > 1 - density / 2, 1, field)).astype(np.float32)


def _text(n: int, random: np.random.Generator, height: int, grey: float) -> Field:
    """Rows of random glyphs, dark on light."""
    page = np.ones((n, n), np.float32)
    for top in range(height // 2, n - height, 2 * height):
        left = height
        while left < n - height:
            glyph = ndimage.zoom(random.integers(0, 2, (5, 3)), (height / 5, height / 6), order=0)
            page[top : top + glyph.shape[0], left : left + glyph.shape[1]] -= (1 - grey) * glyph
            left += glyph.shape[1] + max(1, height // 6) * (1 + 3 * (random.random() < 0.15))
    return page


def _cells(n: int, random: np.random.Generator, count: int) -> Field:
    """Flat cells around random points."""
    seeds = np.ones((n, n), bool)
    places = random.integers(0, n, (2, count))
    seeds[tuple(places)] = False
    near = ndimage.distance_transform_edt(seeds, return_distances=False, return_indices=True)
    return random.random((n, n), dtype=np.float32)[tuple(near)]


def _picture(n: int, random: np.random.Generator, name: str, scale: int, noise: float) -> Field:
    picture = pictures()[name]
    top, left = (int(random.integers(0, max(1, have - n // scale))) for have in picture.shape)
    crop = mirrored(picture[top:, left:], (-(-n // scale),) * 2)
    grey = np.kron(crop, np.ones((scale, scale)))[:n, :n] if scale > 1 else crop
    fine = (grey + random.random((n, n))) / 256
    return (fine + noise * (random.random((n, n)) - 0.5)).astype(np.float32)


def _makers() -> Iterator[tuple[str, Maker]]:
    """All kinds, by name."""
    for high in (1 / 256, 2 / 256, 4 / 256, 8 / 256, 0.1, 0.5, 1.0):
        yield f"uniform noise below {high:.3f}", partial(_uniform, high=high)
    for sigma in (0.003, 0.01, 0.03, 0.1, 0.3):
        yield f"normal noise {sigma}", partial(_normal, sigma=sigma)
    for power in (2, 4, 8, 16, 0.2, 0.05):
        yield f"noise to the power {power}", partial(_tailed, power=power)
    for count in (1, 2, 3, 4, 6, 10, 16, 32, 64, 128):
        yield f"{count} levels of noise", partial(_levels, count=count)
    for sigma in (0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64):
        yield f"noise smoothed by {sigma}", partial(_smooth, sigma=sigma)
        yield f"noise smoothed by {sigma}, 8 levels", partial(_smooth, sigma=sigma, count=8)
    for angle in (0, 0.3, math.pi / 4, 1.2, math.pi / 2, 2.0):
        for noise in (0, 0.02, 0.2):
            yield f"gradient at {angle:.2f}, noise {noise}", partial(_gradient, angle=angle, noise=noise)
    for period in (4, 9, 20, 50, 150, 400):
        yield f"rings of {period}", partial(_rings, period=period)
    for period in (1, 2, 3, 5, 8, 13, 21, 50):
        for way in range(3):
            yield f"stripes of {period}, way {way}", partial(_stripes, period=period, way=way)
    for period in (7, 16, 50, 256):
        for way in range(3):
            yield f"saw of {period}, way {way}", partial(_saw, period=period, way=way)
    for cell in (1, 2, 3, 5, 8, 16, 32):
        for noise in (0, 0.1, 0.5):
            yield f"checkers of {cell}, noise {noise}", partial(_checkers, cell=cell, noise=noise)
    for density in (0.01, 0.05, 0.2, 0.5, 0.9):
        yield f"salt {density} on grey", partial(_salted, base=partial(_uniform, low=0.5, high=0.5), density=density)
        yield (
            f"salt {density} on a gradient",
            partial(_salted, base=partial(_gradient, angle=0.3, noise=0), density=density),
        )
        yield f"salt {density} on smooth noise", partial(_salted, base=partial(_smooth, sigma=8), density=density)
    for height in (5, 10, 20, 40):
        for grey in (0, 0.4):
            yield f"text of {height}, grey {grey}", partial(_text, height=height, grey=grey)
    for count in (5, 30, 200, 2000, 10000):
        yield f"{count} cells", partial(_cells, count=count)
    for name in pictures():
        for scale in (1, 2, 4):
            yield f"{name}, enlarged {scale}", partial(_picture, name=name, scale=scale, noise=0)
        for noise in (0.02, 0.1):
            yield f"{name}, noise {noise}", partial(_picture, name=name, scale=1, noise=noise)


@cache
def makers() -> dict[str, Maker]:
    """All kinds, by name: at least 200."""
    found = dict(_makers())
    assert len(found) >= 200, len(found)
    return found


def image(name: str, dtype: str, size: int, seed: int = 0) -> np.ndarray:
    """The image of a name, in the whole range of a type, floats in -1000 to 1000."""
    names = list(makers())
    random = np.random.default_rng([seed, names.index(name)])
    # float64, as f32 cannot hold the largest value of wide integers.
    field = np.clip(makers()[name](size, random), 0, np.nextafter(np.float32(1), np.float32(0))).astype(np.float64)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return (field * 2000 - 1000).astype(kind)
    limits = np.iinfo(kind)
    span = float(limits.max) - float(limits.min) + 1
    return np.floor(field * span + float(limits.min)).astype(kind)


def ratio(name: str, dtype: str, radius: int, size: int, effort: Effort, seed: int = 0) -> float:
    """How many times as fast as the peer we are on an image."""
    whole, peer = image(name, dtype, size, seed), opponent(dtype)
    jobs, pixels = {}, {}
    for contender in (OXITK, peer):
        run, shape = fitted(contender, whole, (radius, radius), effort)
        jobs[contender.name], pixels[contender.name] = contender.job(run.warm), math.prod(shape)
    times = best(jobs, effort)
    return (pixels[OXITK.name] / times[OXITK.name]) / (pixels[peer.name] / times[peer.name])


def equal(name: str, dtype: str, radius: int, size: int, seed: int = 0) -> bool:
    """Whether we and the peer give the same on the middle of an image."""
    side = max(24, min(size, int(1000 / (2 * radius + 1))))
    middle = centre(image(name, dtype, size, seed), (side, side))
    ours, theirs = (peer.prepare(middle, (radius, radius)).result() for peer in (OXITK, opponent(dtype)))
    return bool(np.array_equal(ours, theirs))


def search(dtype: str, radius: int, size: int, effort: Effort, keep: int = 5, seed: int = 0) -> list[Found]:
    """The worst contents: all are compared and timed shortly, then the worst dozen with care.

    Contents with unequal results come first.
    """
    found = [
        Found(n, ratio(n, dtype, radius, size, GLANCE, seed), equal(n, dtype, radius, size, seed)) for n in makers()
    ]
    found.sort(key=lambda one: (one.equal, one.ratio))
    worst = found[: max(12, 2 * keep)]
    worst = [replace(one, ratio=ratio(one.content, dtype, radius, size, effort, seed)) for one in worst]
    return sorted(worst, key=lambda one: (one.equal, one.ratio))[:keep]
