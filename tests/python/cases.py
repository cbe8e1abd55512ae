"""Seeded differential cases, shared by the goldens and by the live comparison with ITK.

The numbers come from splitmix64 written out here, not from numpy's generators: their streams may change
between versions, and a golden must meet the input it was made from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

DTYPES = ("uint8", "int16", "uint16", "float32", "float64")  # the scalars that the itk wheel wraps
RANKS = (2, 3, 4)
PER_KIND = 22  # cases of one dtype and rank; 15 kinds
SEED = 0x0F1C

_MASK = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15
_LONGEST = {2: 26, 3: 9, 4: 5}
_INT_FILLS = ("full", "few", "full", "extremes", "ramp")
_FLOAT_FILLS = ("bits", "wide", "few", "moderate", "tiny", "infinite")


class SplitMix:
    """splitmix64: the same words on every machine and numpy."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def words(self, count: int) -> np.ndarray:
        """The next `count` words, uint64."""
        steps = np.arange(1, count + 1, dtype=np.uint64) * np.array([_GAMMA], np.uint64)
        z = steps + np.array([self._state], np.uint64)
        self._state = (self._state + count * _GAMMA) & _MASK
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = (z ^ (z >> np.uint64(shift))) * np.array([factor], np.uint64)
        return z ^ (z >> np.uint64(31))

    def integer(self, low: int, high: int) -> int:
        """One integer of low..=high."""
        return low + int(self.words(1)[0]) % (high - low + 1)

    def unit(self, count: int) -> np.ndarray:
        """Floats of [0, 1), multiples of 2**-53."""
        return (self.words(count) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def choice(self, options):
        return options[self.integer(0, len(options) - 1)]


@dataclass(frozen=True)
class Case:
    """One input and its parameters; per-axis values are in array order, slowest first."""

    name: str
    array: np.ndarray
    radius: tuple[int, ...]
    spacing: tuple[float, ...]


def cases(seed: int = SEED) -> list[Case]:
    """Every case of a seed, in an order that never changes."""
    return [
        _case(SplitMix((seed << 24) ^ (kind << 8) ^ number), dtype, rank, number)
        for kind, (dtype, rank) in enumerate((d, r) for d in DTYPES for r in RANKS)
        for number in range(PER_KIND)
    ]


def pixels(rng: SplitMix, dtype, shape: tuple[int, ...], fill: str) -> np.ndarray:
    """A C-ordered array of `dtype` (native), filled in the named way; never NaN."""
    dtype, count = np.dtype(dtype), math.prod(shape)
    make = _float_pixels if dtype.kind == "f" else _int_pixels
    flat = make(rng, dtype, count, fill)
    assert flat.dtype == dtype
    return np.ascontiguousarray(flat).reshape(shape)


def _case(rng: SplitMix, dtype: str, rank: int, number: int) -> Case:
    shape = _shape(rng, rank, number)
    radius = [rng.integer(0, 3) for _ in shape]
    if number % 6 == 5:  # beyond the image
        axis = rng.integer(0, rank - 1)
        radius[axis] = shape[axis] + rng.integer(0, 2)
        radius = [r if k == axis else min(r, 2) for k, r in enumerate(radius)]
    if number % 11 == 10:
        radius = [0] * rank
    fills = _FLOAT_FILLS if np.dtype(dtype).kind == "f" else _INT_FILLS
    fill = fills[number % len(fills)]
    return Case(
        name=f"{dtype}-{rank}d-{number:02}-{fill}",
        array=pixels(rng, dtype, shape, fill),
        radius=tuple(radius),
        spacing=tuple(_spacing(rng) for _ in shape),
    )


def _shape(rng: SplitMix, rank: int, number: int) -> tuple[int, ...]:
    if number == 0:
        return (1,) * rank
    if number in (1, 2):  # a line along one axis; axis 0 gives arrays that are both C and F contiguous
        axis = rng.integer(0, rank - 1) if number == 2 else 0
        return tuple(rng.integer(2, 30) if k == axis else 1 for k in range(rank))
    if number == 3:
        return (2,) * rank
    if number % 5 == 4:  # rows longer than any SIMD register of bytes, with a tail
        return (*(rng.integer(1, 2) for _ in range(rank - 1)), rng.integer(33, 140))
    return tuple(rng.integer(1, _LONGEST[rank]) for _ in range(rank))


def _spacing(rng: SplitMix) -> float:
    kind = rng.integer(0, 7)
    if kind == 0:
        return 1.0
    if kind == 1:
        return 1.0 / 3.0
    if kind == 2:
        return float(rng.choice((1e-3, 0.1, 7.0, 1e3)))
    return float(0.2 + 5.0 * rng.unit(1)[0])  # odd mantissas: 1/s rounds


def _int_pixels(rng: SplitMix, dtype: np.dtype, count: int, fill: str) -> np.ndarray:
    info = np.iinfo(dtype)
    if fill == "ramp":
        start = rng.integer(0, 50)
        return (np.arange(count) % 100 + start).astype(dtype)
    if fill == "few":
        options = [rng.integer(int(info.min), int(info.max)) for _ in range(3)]
    elif fill == "extremes":
        options = [int(info.min), int(info.min) + 1, int(info.max) - 1, int(info.max)]
    else:
        return rng.words(count).astype(f"u{dtype.itemsize}").view(dtype)  # low bytes: the whole range
    which = (rng.words(count) % np.uint64(len(options))).astype(np.intp)
    return np.array(options, dtype)[which]


def _float_pixels(rng: SplitMix, dtype: np.dtype, count: int, fill: str) -> np.ndarray:
    info = np.finfo(dtype)
    if fill == "few":
        options = [0.0, -0.0, 1.0, -1.5, float(info.tiny)]
        which = (rng.words(count) % np.uint64(len(options))).astype(np.intp)
        return np.array(options, dtype)[which]
    if fill == "moderate":
        return ((rng.unit(count) - 0.5) * 2000.0).astype(dtype)
    if fill in ("wide", "infinite"):
        reach = int(0.9 * info.maxexp)
        exponent = (rng.words(count) % np.uint64(2 * reach + 1)).astype(np.int64) - reach
        sign = np.where(rng.words(count) & np.uint64(1), -1.0, 1.0)
        values = np.ldexp(sign * (1.0 + rng.unit(count)), exponent).astype(dtype)
        if fill == "infinite":
            values[rng.words(count) % np.uint64(9) == 0] = np.inf
            values[rng.words(count) % np.uint64(9) == 0] = -np.inf
        return values
    word = np.dtype(f"u{dtype.itemsize}")
    bits = rng.words(count).astype(word)
    exponent_bits = np.array(np.inf, dtype).view(word)
    if fill == "tiny":  # denormals and the smallest normals
        lowest = np.array(info.tiny, dtype).view(word)
        bits &= ~exponent_bits | lowest
    finite = (bits & exponent_bits) != exponent_bits
    bits = np.where(finite, bits, bits ^ (exponent_bits & ~(exponent_bits >> word.type(1))))
    return bits.view(dtype)
