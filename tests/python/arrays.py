"""Arrays of every dtype, byte order and layout, with the same pixels as a plain one."""

from __future__ import annotations

import numpy as np
from cases import SplitMix, pixels

DTYPES = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", "?")
SHAPES = ((1,), (37,), (6, 1), (5, 35), (3, 4, 18), (2, 3, 2, 9), (2, 1, 3, 2, 5), (2, 2, 1, 2, 3, 4))
EMPTY_SHAPES = ((0,), (0, 3), (3, 0), (2, 0, 4), (0, 0))


def noise(dtype, shape, seed: int = 1) -> np.ndarray:
    """C-ordered pixels of the whole range of `dtype`, in native order, in memory of its own; floats stay finite."""
    dtype, rng = np.dtype(dtype), SplitMix(seed * 1_000_003 + sum(shape))
    if dtype.kind == "b":
        return np.array(pixels(rng, np.uint8, shape, "full") & 1, bool)
    return pixels(rng, dtype, shape, "wide" if dtype.kind == "f" else "full").copy()


def _fortran(a):
    return np.asfortranarray(a)


def _transposed(a):
    return np.ascontiguousarray(a.T).T


def _stepped(a):
    wide = np.zeros([2 * n + 1 for n in a.shape], a.dtype)
    view = wide[tuple(slice(1, 1 + 2 * n, 2) for n in a.shape)]
    view[...] = a
    return view


def _negative(a):
    flip = (slice(None, None, -1),) * a.ndim
    return np.ascontiguousarray(a[flip])[flip]


def _negative_last(a):
    return np.ascontiguousarray(a[..., ::-1])[..., ::-1]


def _part(a):
    """Rows inside longer rows: contiguous pixels, gaps between the rows."""
    wide = np.zeros([n + 3 for n in a.shape], a.dtype)
    view = wide[tuple(slice(1, 1 + n) for n in a.shape)]
    view[...] = a
    return view


def _read_only(a):
    copy = a.copy()
    copy.flags.writeable = False
    return copy


def _misaligned(a):
    raw = np.zeros(a.nbytes + 1, np.uint8)
    view = raw[1:].view(a.dtype).reshape(a.shape)
    view[...] = a
    return view


def _swapped(a):
    return a.astype(a.dtype.newbyteorder("S"))


def _swapped_fortran(a):
    return np.asfortranarray(_swapped(a))


LAYOUTS = {
    "c": np.ascontiguousarray,
    "fortran": _fortran,
    "transposed": _transposed,
    "stepped": _stepped,
    "negative": _negative,
    "negative_last": _negative_last,
    "part": _part,
    "read_only": _read_only,
    "misaligned": _misaligned,
    "swapped": _swapped,
    "swapped_fortran": _swapped_fortran,
}


def laid_out(a: np.ndarray, layout: str) -> np.ndarray:
    made = LAYOUTS[layout](a)
    assert made.shape == a.shape and np.array_equal(made, a, equal_nan=a.dtype.kind == "f")
    return made
