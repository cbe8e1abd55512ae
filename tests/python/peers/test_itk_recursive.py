"""The recursive Gaussian filters beside the real ITK, bit for bit."""

from __future__ import annotations

import itk
import itk_peer
import numpy as np
import oracle
import oxitk
import pytest
from cases import Case, SplitMix, pixels

# A warning that is an error while itk 5.4.7 loads one of its modules ends in a segmentation fault.
pytestmark = pytest.mark.filterwarnings("default")

FILLS = {"u1": ["full", "ramp"], "i2": ["full", "few"], "u2": ["full"], "f4": ["moderate", "infinite", "bits"], "f8": ["moderate", "bits"]}
SHAPES = [(4, 4), (9, 33), (5, 7, 6), (4, 6, 4, 5)]
CASES = [(dtype, fill, shape) for dtype in FILLS for fill in FILLS[dtype] for shape in SHAPES]
every_case = pytest.mark.parametrize("dtype, fill, shape", CASES, ids=str)


def make(dtype, fill, shape) -> Case:
    rng = SplitMix(CASES.index((dtype, fill, shape)))
    spacing = tuple(float(s) for s in 0.3 + 3.0 * rng.unit(len(shape)))
    return Case(name="", array=pixels(rng, dtype, shape, fill), radius=(1,) * len(shape), spacing=spacing)


def check(case, ours, made, note="") -> None:
    """Equal bits; where ITK casts to an integer that cannot hold the number, C leaves the result undefined."""
    made.Update()
    want = itk_peer.pixels(made.GetOutput())
    got = ours(dtype=case.array.dtype)
    if got.dtype.kind in "iu":
        info, exact = np.iinfo(got.dtype), ours(dtype="f8")
        defined = (exact > info.min - 1.0) & (exact < info.max + 1.0)
        want = np.where(defined, want, got)
    oracle.assert_same(got, want, note)


@every_case
def test_recursive_gaussian(dtype, fill, shape):
    case = make(dtype, fill, shape)
    source = itk_peer.spaced(case)
    for axis in range(len(shape)):
        for order in (0, 1, 2):
            for sigma in (0.4, 1.0, 5.0):
                made = itk.RecursiveGaussianImageFilter.New(source, Sigma=sigma, Direction=len(shape) - 1 - axis)
                made.SetOrder(order)
                made.SetNormalizeAcrossScale(sigma > 1)
                options = {"order": order, "axis": axis, "normalize_across_scale": sigma > 1, "spacing": case.spacing[axis]}
                check(
                    case,
                    lambda dtype, sigma=sigma, options=options: oxitk.recursive_gaussian(case.array, sigma, dtype=dtype, **options),
                    made,
                    f"axis {axis} order {order} sigma {sigma}",
                )


@every_case
def test_smoothing_recursive_gaussian(dtype, fill, shape):
    case = make(dtype, fill, shape)
    sigma = tuple(0.5 + k for k in range(len(shape)))
    made = itk.SmoothingRecursiveGaussianImageFilter.New(itk_peer.spaced(case), SigmaArray=list(reversed(sigma)))
    check(case, lambda dtype: oxitk.smoothing_recursive_gaussian(case.array, sigma, spacing=case.spacing, dtype=dtype), made)


@every_case
@pytest.mark.parametrize("normalize", [False, True])
def test_gradient_magnitude_recursive_gaussian(dtype, fill, shape, normalize):
    case = make(dtype, fill, shape)
    made = itk.GradientMagnitudeRecursiveGaussianImageFilter.New(itk_peer.spaced(case), Sigma=1.3)
    made.SetNormalizeAcrossScale(normalize)
    options = {"normalize_across_scale": normalize, "spacing": case.spacing}
    check(case, lambda dtype: oxitk.gradient_magnitude_recursive_gaussian(case.array, 1.3, dtype=dtype, **options), made)


@pytest.mark.parametrize("shape", [(3, 9), (9, 3), (2, 9, 9)])
def test_both_refuse_short_lines_in_the_same_words(shape):
    array = np.zeros(shape, "f4")
    said = r"The number of pixels along (direction|dimension) \d is less than 4. This filter requires a minimum of four pixels along"
    for name in ("smoothing_recursive_gaussian", "gradient_magnitude_recursive_gaussian"):
        with pytest.raises(ValueError, match=said):
            getattr(oxitk, name)(array)
        with pytest.raises(RuntimeError, match=said):
            getattr(itk, f"{name}_image_filter")(itk_peer.image(array))
