"""The obvious numpy versions that every oxitk result is compared with.

Per-axis arguments are in array order. Nothing here is fast; everything is meant to be read.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def native(a) -> np.ndarray:
    """`a` in C order and this machine's byte order."""
    a = np.asarray(a)
    return np.array(a, dtype=a.dtype.newbyteorder("="), order="C")


def per_axis(value, ndim: int) -> tuple:
    return tuple(value) if np.ndim(value) else (value,) * ndim


def naive_median(a, radius=1, nan_policy: str = "propagate") -> np.ndarray:
    """Element n//2 of each sorted window; pixels beyond the border repeat the border."""
    a = native(a)
    radius = per_axis(radius, a.ndim)
    if a.size == 0:
        return a
    padded = np.pad(a, [(r, r) for r in radius], mode="edge")
    windows = sliding_window_view(padded, [2 * r + 1 for r in radius])
    windows = windows.reshape(*a.shape, -1)
    if a.dtype.kind != "f":
        return np.sort(windows, axis=-1)[..., windows.shape[-1] // 2]
    nan = np.isnan(windows)
    ordered = _from_keys(np.sort(_keys(windows), axis=-1), a.dtype)
    if nan_policy == "omit":  # NaN sorts last, so the rest comes first
        kept = (~nan).sum(axis=-1)
        middle = np.take_along_axis(ordered, (kept // 2)[..., None], axis=-1)[..., 0]
        return np.where(kept == 0, a.dtype.type(np.nan), middle)
    middle = ordered[..., windows.shape[-1] // 2]
    if nan_policy == "propagate":
        middle = np.where(nan.any(axis=-1), a.dtype.type(np.nan), middle)
    return middle


def weighted_median(a, radius) -> np.ndarray:
    """`naive_median` for windows too large to write out. No NaN."""
    a = native(a)
    out = np.empty_like(a)
    for index in itertools.product(*map(range, a.shape)):
        out[index] = weighted_median_at(a, radius, index)
    return out


def weighted_median_at(a: np.ndarray, radius, index: tuple[int, ...]):
    """One pixel of `weighted_median`: each pixel counts as often as the clamped window meets it."""
    total, weights = 1, np.array(1, object)  # Python ints: 10**6 on four axes exceeds 64 bits
    for at, r, size in zip(index, per_axis(radius, a.ndim), a.shape, strict=True):
        total *= 2 * r + 1
        weights = np.multiply.outer(weights, _axis_weights(at, r, size))
    order = np.argsort(_keys(a).ravel(), kind="stable")
    running = np.cumsum(np.asarray(weights, object).ravel()[order])
    return a.ravel()[order][np.argmax(running > total // 2)]


def naive_mean(a, radius=1, dtype=None) -> np.ndarray:
    """Samples added in float64 one by one, last axis fastest, divided by their number; see `cast`."""
    a = native(a)
    radius = per_axis(radius, a.ndim)
    total = np.zeros(a.shape)
    if a.size:
        padded = np.pad(a.astype(np.float64), [(r, r) for r in radius], mode="edge")
        with np.errstate(all="ignore"):
            for offset in itertools.product(*(range(2 * r + 1) for r in radius)):
                total = total + padded[tuple(slice(o, o + n) for o, n in zip(offset, a.shape, strict=True))]
            total = total / float(np.prod([2.0 * r + 1 for r in radius]))
    return cast(total, dtype or (np.uint8 if a.dtype.kind == "b" else a.dtype))


# Of each order, from the pixel before to the pixel after.
COEFFICIENTS = {
    0: (1.0,),
    1: (-0.5, 0.0, 0.5),
    2: (1.0, -2.0, 1.0),
    3: (-0.5, 1.0, 0.0, -1.0, 0.5),
    4: (1.0, -4.0, 6.0, -4.0, 1.0),
    5: (-0.5, 2.0, -2.5, 0.0, 2.5, -2.0, 0.5),
    6: (1.0, -6.0, 15.0, -20.0, 15.0, -6.0, 1.0),
}


def inner_product(a, operator) -> np.ndarray:
    """The sum over an operator's weights times a pixel's neighbours, float64, last axis fastest, border repeated."""
    operator = np.asarray(operator, np.float64)
    padded = np.pad(native(a).astype(np.float64), [(n // 2, n // 2) for n in operator.shape], mode="edge")
    total = np.zeros(np.shape(a))
    with np.errstate(all="ignore"):
        for at in np.ndindex(operator.shape):
            total = total + operator[at] * padded[tuple(slice(i, i + n) for i, n in zip(at, total.shape, strict=True))]
    return total


def along(weights, axis: int, ndim: int) -> np.ndarray:
    """Weights along one axis, as an operator."""
    return np.reshape(weights, [-1 if k == axis % ndim else 1 for k in range(ndim)])


def natural(a) -> np.dtype:
    """float64 for float64, else float32."""
    return np.dtype(np.float64 if np.asarray(a).dtype.newbyteorder("=") == np.float64 else np.float32)


def naive_derivative(a, order=1, axis=-1, spacing=1.0, dtype=None) -> np.ndarray:
    """ITK's: the coefficients are divided by the spacing once."""
    if np.size(a) == 0:
        return np.zeros(np.shape(a), dtype or natural(a))
    weights = np.array(COEFFICIENTS[order]) * (1.0 / spacing)
    return cast(inner_product(a, along(weights, axis, np.ndim(a))), dtype or natural(a))


def naive_gradient(a, spacing=1.0, direction_xyz=None, dtype=None) -> np.ndarray:
    """ITK's: components x first; coefficients and components have the type of the result, and are turned in float64."""
    dtype, ndim = np.dtype(dtype or natural(a)), np.ndim(a)
    spacing = per_axis(spacing, ndim)
    local = []
    with np.errstate(all="ignore"):
        for axis in reversed(range(ndim)):
            weights = (np.array(COEFFICIENTS[1]) * (1.0 / np.float64(spacing[axis]))).astype(dtype)
            local.append(inner_product(a, along(weights, axis, ndim)).astype(dtype).astype(np.float64))
        if direction_xyz is not None:
            rows, parts = np.asarray(direction_xyz, np.float64), local
            local = []
            for row in rows:
                total = np.zeros(np.shape(a))
                for weight, part in zip(row, parts, strict=True):
                    total = total + weight * part
                local.append(total)
        return np.stack([part.astype(dtype) for part in local], -1)


def sobel_operator(axis: int, ndim: int, legacy_coefficients: bool = True) -> np.ndarray:
    """Of one axis of an array, as ITK 5 has it for three axes, and 1, 2, 1 along each other one else."""
    across = np.ones(())
    for _ in range(ndim - 1):
        across = np.multiply.outer(across, [1.0, 2.0, 1.0])
    if ndim == 3 and legacy_coefficients:
        across = np.array([[1.0, 3.0, 1.0], [3.0, 6.0, 3.0], [1.0, 3.0, 1.0]])
    return np.moveaxis(np.multiply.outer(across, [-1.0, 0.0, 1.0]), -1, axis)


def naive_sobel(a, legacy_coefficients: bool = True, dtype=None) -> np.ndarray:
    """ITK's: each operator's result and all from there on are images of the output's real type."""
    dtype, ndim = np.dtype(dtype or natural(a)), np.ndim(a)
    if np.size(a) == 0:
        return np.zeros(np.shape(a), dtype)
    real = np.float64 if dtype == np.float64 else np.float32
    total = np.zeros(np.shape(a))
    with np.errstate(all="ignore"):
        for axis in reversed(range(ndim)):
            edges = inner_product(a, sobel_operator(axis, ndim, legacy_coefficients)).astype(real)
            total = total + (edges * edges).astype(np.float64)
        return cast(np.sqrt(total.astype(real)).astype(np.float64), dtype)


def naive_gradient_magnitude(a, spacing=None, dtype=None, precision="double") -> np.ndarray:
    """ITK's operations in ITK's order, in float64, or differences in float32; see `exact_gradient` and `cast`."""
    a = np.asarray(a)
    if dtype is None:
        dtype = np.float64 if a.dtype.newbyteorder("=") == np.float64 else np.float32
    gradient = exact_gradient if precision == "double" else single_gradient
    return cast(gradient(a, spacing).astype(np.float64), dtype)


def exact_gradient(a, spacing=None) -> np.ndarray:
    """The float64 magnitude before the conversion to the output type.

    Separate ufunc calls never contract to a fused multiply-add, and the axes are summed x first.
    """
    a = native(a)
    spacing = per_axis(1.0 if spacing is None else spacing, a.ndim)
    f = a.astype(np.float64)
    total = np.zeros(a.shape)
    if a.size == 0:
        return total
    with np.errstate(all="ignore"):
        for axis in reversed(range(a.ndim)):
            c = 0.5 * (1.0 / np.float64(spacing[axis]))
            below, above = beside(f, axis)
            g = ((0.0 + c * below) + 0.0 * f) + (-c) * above
            total = total + g * g
        return np.sqrt(total)


def single_gradient(a, spacing=None) -> np.ndarray:
    """The float32 magnitude that ``precision="single"`` is."""
    a = native(a)
    spacing = per_axis(1.0 if spacing is None else spacing, a.ndim)
    total = np.zeros(a.shape, np.float32)
    if a.size == 0:
        return total
    with np.errstate(all="ignore"):
        f = a.astype(np.float64).astype(np.float32)
        for axis in reversed(range(a.ndim)):
            below, above = beside(f, axis)
            g = np.float32(0.5 * (1.0 / np.float64(spacing[axis]))) * (below - above)
            total = total + g * g
        return np.sqrt(total) + np.float32(0) * f


def beside(f: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """The neighbours below and above along an axis, the nearest pixel beyond the border."""
    below = np.concatenate([f.take([0], axis), f], axis).take(range(f.shape[axis]), axis)
    return below, np.concatenate([f, f.take([-1], axis)], axis).take(range(1, f.shape[axis] + 1), axis)


def cast(x: np.ndarray, dtype) -> np.ndarray:
    """float64 to `dtype`: integers truncate toward zero and saturate, NaN becomes 0."""
    dtype = np.dtype(dtype)
    with np.errstate(all="ignore"):
        if dtype.kind == "f":
            return x.astype(dtype)
        info = np.iinfo(dtype)
        low, high = float(info.min), float(info.max)
        inside = (x > low) & (x < high)
        out = np.trunc(np.where(inside, x, 0.0)).astype(dtype)
    out[x >= high] = info.max
    out[x <= low] = info.min
    return out


def same_bits(got, want) -> bool:
    """Equal dtype, shape and bytes, where every NaN is the same NaN."""
    got, want = np.asarray(got), np.asarray(want)
    if got.dtype != want.dtype or got.shape != want.shape:
        return False
    return bool(np.array_equal(_bits(got), _bits(want)))


def explain(got, want) -> str:
    """What differs, for an assertion's message."""
    got, want = np.asarray(got), np.asarray(want)
    if got.dtype != want.dtype or got.shape != want.shape:
        return f"got {got.dtype} {got.shape}, want {want.dtype} {want.shape}"
    places = np.argwhere(_bits(got) != _bits(want))
    if not len(places):
        return "equal"
    first = tuple(map(int, places[0]))
    return f"{len(places)} of {got.size} pixels differ, first at {first}: got {got[first]!r}, want {want[first]!r}"


def assert_same(got, want, note: str = "") -> None:
    assert same_bits(got, want), f"{note} {explain(got, want)}"


def _bits(a: np.ndarray) -> np.ndarray:
    a = native(a)
    if a.dtype.kind != "f":
        return a
    return np.where(np.isnan(a), a.dtype.type(np.nan), a).view(f"u{a.dtype.itemsize}")


def _keys(a: np.ndarray) -> np.ndarray:
    """Unsigned integers in the order of the pixels: -0 below +0, NaN above all."""
    if a.dtype.kind != "f":
        return a
    bits = _bits(a)
    sign = bits.dtype.type(1 << (8 * a.dtype.itemsize - 1))
    return np.where(bits & sign, ~bits, bits | sign)


def _from_keys(keys: np.ndarray, dtype: np.dtype) -> np.ndarray:
    sign = keys.dtype.type(1 << (8 * dtype.itemsize - 1))
    return np.where(keys & sign, keys ^ sign, ~keys).view(dtype)


def _axis_weights(at: int, radius: int, size: int) -> np.ndarray:
    """How often the window at `at` meets each of `size` pixels when coordinates are clamped."""
    weights = [1 if abs(k - at) <= radius else 0 for k in range(size)]
    weights[0] += max(0, radius - at)
    weights[-1] += max(0, radius - (size - 1 - at))
    return np.array(weights, object)


def where_itk_defines(a, spacing, itk_result) -> tuple[np.ndarray, np.ndarray]:
    """ITK's gradient with saturated values where ITK's cast is undefined, and the mask of defined pixels.

    ITK converts the magnitude to an integer by a C cast, undefined when it does not fit.
    """
    want = itk_result.copy()
    defined = np.ones(want.shape, bool)
    if want.dtype.kind in "iu":
        defined = exact_gradient(a, spacing) < float(np.iinfo(want.dtype).max) + 1.0
        want[~defined] = np.iinfo(want.dtype).max
    return want, defined
