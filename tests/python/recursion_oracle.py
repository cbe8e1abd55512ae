"""The recursive Gaussian filters in numpy, operation by operation in ITK's order. Per-axis arguments are in array order."""

from __future__ import annotations

import math

import numpy as np
from oracle import cast, native, per_axis

_FREQUENCY, _DECAY = (0.6681, 2.0787), (-1.3932, -1.3732)
_SERIES = ((1.3530, 1.8151, -0.3531, 0.0902), (-0.6724, -3.4327, 0.6724, 0.6100), (-1.3563, 5.2318, 0.3446, -2.2355))


def recursive_gaussian(a, sigma, order=0, axis=-1, normalize_across_scale=False, spacing=1.0) -> np.ndarray:
    """One pass, in float64."""
    n, d, m = _coefficients(sigma, spacing, order, normalize_across_scale)
    x = np.moveaxis(native(a).astype(np.float64), axis, 0)
    with np.errstate(all="ignore"):
        out = _forwards(x, n, d, _settled(n, d)) + _forwards(x[::-1], (0.0, *m), d, _settled(m, d))[::-1]
    return np.moveaxis(out, 0, axis)


def smoothing_recursive_gaussian(a, sigma, spacing=1.0) -> np.ndarray:
    """The last axis of ITK first, each pass rounded to float32."""
    a = native(a)
    sigma, spacing = per_axis(sigma, a.ndim), per_axis(spacing, a.ndim)
    for axis in (0, *range(a.ndim - 1, 0, -1)):
        a = cast(recursive_gaussian(a, sigma[axis], axis=axis, spacing=spacing[axis]), "f4")
    return a.astype("f8")


def gradient_magnitude_recursive_gaussian(a, sigma, normalize_across_scale=False, spacing=1.0) -> np.ndarray:
    """A derivative along each axis of ITK, smoothed along the others, each pass and the sum rounded to float32."""
    a = native(a)
    spacing = per_axis(spacing, a.ndim)
    total = np.zeros(a.shape, "f4")
    for along in reversed(range(a.ndim)):
        slope = recursive_gaussian(a, sigma, 1, along, normalize_across_scale, spacing[along])
        slope = cast(slope, "f4")
        for axis in reversed(range(a.ndim)):
            if axis != along:
                slope = cast(recursive_gaussian(slope, sigma, axis=axis, spacing=spacing[axis]), "f4")
        with np.errstate(all="ignore"):
            part = slope.astype("f8") / spacing[along]
            total = (total.astype("f8") + part * part).astype("f4")
    return np.sqrt(total.astype("f8"))


def _sum(terms):
    first, *rest = terms
    for term in rest:
        first = first + term
    return first


def _settled(n, d) -> tuple[float, ...]:
    """What stands for `d` before a line that was constant for ever."""
    return tuple(k * _sum(n) / _sum((1.0, *d)) for k in d)


def _forwards(x, n, d, before) -> np.ndarray:
    """`n` has the coefficient of the pixel itself first, which is 0 backwards: it is left out then, as 0 * inf is NaN."""
    y = np.empty_like(x)
    for i in range(len(x)):
        direct = _sum(x[max(i - k, 0)] * c for k, c in enumerate(n) if k or len(n) == 4)
        y[i] = direct - _sum(y[i - k] * d[k - 1] if i >= k else x[0] * before[k - 1] for k in (1, 2, 3, 4))
    return y


def _coefficients(sigma, spacing, order, normalize_across_scale):
    s = sigma / spacing
    sin, cos = [math.sin(w / s) for w in _FREQUENCY], [math.cos(w / s) for w in _FREQUENCY]
    e, f = (math.exp(x / s) for x in _DECAY)
    d = (
        -2.0 * (f * cos[1] + e * cos[0]),
        4.0 * cos[1] * cos[0] * e * f + (e * e + f * f),
        -2.0 * cos[0] * e * f * f + -2.0 * cos[1] * f * e * e,
        e * e * f * f,
    )
    sd = _sum((1.0, *d))
    dd = d[0] + 2.0 * d[1] + 3.0 * d[2] + 4.0 * d[3]
    ed = d[0] + 4.0 * d[1] + 9.0 * d[2] + 16.0 * d[3]

    def series(a1, b1, a2, b2):
        n0 = a1 + a2
        n1 = f * (b2 * sin[1] - (a2 + 2.0 * a1) * cos[1]) + e * (b1 * sin[0] - (a1 + 2.0 * a2) * cos[0])
        n2 = ((a1 + a2) * cos[1] * cos[0] - (b1 * cos[1] * sin[0] + b2 * cos[0] * sin[1])) * (2.0 * e * f)
        n2 = n2 + (a2 * e * e + a1 * f * f)
        n3 = f * e * e * (b2 * sin[1] - a2 * cos[1]) + e * f * f * (b1 * sin[0] - a1 * cos[0])
        return n0, n1, n2, n3, n0 + n1 + n2 + n3, n1 + 2.0 * n2 + 3.0 * n3, n1 + 4.0 * n2 + 9.0 * n3

    n = series(*_SERIES[order])
    scale = sigma**order if order < 2 else sigma * sigma
    if order == 0:
        alpha = 2.0 * n[4] / sd - n[0]
    elif order == 1:
        alpha = 2.0 * (n[4] * dd - n[5] * sd) / (sd * sd)
    else:
        smooth = series(*_SERIES[0])
        beta = -(2.0 * n[4] - sd * n[0]) / (2.0 * smooth[4] - sd * smooth[0])
        n = tuple(k + beta * g for k, g in zip(n, smooth, strict=True))
        alpha = n[6] * sd * sd - ed * n[4] * sd - 2.0 * n[5] * dd * sd + 2.0 * dd * dd * n[4]
        alpha /= sd * sd * sd
    factor = (scale if normalize_across_scale else 1.0) / alpha
    n = tuple(k * factor for k in n[:4])
    sign = -1.0 if order == 1 else 1.0
    m = (n[1] - d[0] * n[0], n[2] - d[1] * n[0], n[3] - d[2] * n[0], -d[3] * n[0])
    return n, d, tuple(sign * k for k in m)
