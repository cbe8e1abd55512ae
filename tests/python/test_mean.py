from __future__ import annotations

import numpy as np
import oracle
import oxitk
import pytest
from arrays import DTYPES, EMPTY_SHAPES, LAYOUTS, SHAPES, laid_out, noise
from cases import SplitMix, cases, pixels

NUMBERS = [d for d in DTYPES if d != "?"]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_equals_the_oracle(dtype, shape):
    rng = SplitMix(len(shape) * 31 + ord(dtype[0]))
    a = noise(dtype, shape)
    for _ in range(3):
        radius = tuple(rng.integer(0, 3 if len(shape) < 5 else 1) for _ in shape)
        oracle.assert_same(oxitk.mean(a, radius), oracle.naive_mean(a, radius), f"radius {radius}")


@pytest.mark.parametrize("to", NUMBERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type_to_every_type(dtype, to):
    a = noise(dtype, (7, 70))
    oracle.assert_same(oxitk.mean(a, (2, 1), dtype=to), oracle.naive_mean(a, (2, 1), to))


def test_cases_in_their_own_type():
    for case in cases():
        oracle.assert_same(oxitk.mean(case.array, case.radius), oracle.naive_mean(case.array, case.radius), case.name)


@pytest.mark.parametrize("fill", ["bits", "tiny", "infinite", "few", "moderate"])
@pytest.mark.parametrize("dtype", ("f2", "f4", "f8"))
def test_floats_of_every_magnitude(dtype, fill):
    a = pixels(SplitMix(8), dtype, (11, 90), fill)
    for radius in (1, (0, 20), 4):
        oracle.assert_same(oxitk.mean(a, radius), oracle.naive_mean(a, radius), f"radius {radius}")


def test_nan_reaches_its_windows_and_no_others():
    a = np.ones((9, 9), "f4")
    a[4, 4] = np.nan
    got = oxitk.mean(a, (1, 2))
    want = np.ones((9, 9), "f4")
    want[3:6, 2:7] = np.nan
    oracle.assert_same(got, want)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ("u1", "i4", "f4", "f8"))
def test_layouts(dtype, layout):
    a = noise(dtype, (5, 6, 33))
    oracle.assert_same(oxitk.mean(laid_out(a, layout), (1, 2, 3)), oracle.naive_mean(a, (1, 2, 3)))
    out = laid_out(np.zeros_like(a), layout)
    if out.flags.writeable and out.dtype.isnative:
        assert oxitk.mean(a, 1, out=out) is out
        oracle.assert_same(oracle.native(out), oracle.naive_mean(a, 1))


@pytest.mark.parametrize("shape", EMPTY_SHAPES, ids=str)
def test_empty(shape):
    assert oxitk.mean(np.zeros(shape, "i2"), 2).shape == shape


def test_windows_beyond_the_image():
    a = noise("u1", (5, 40))
    for radius in ((50, 0), (0, 100), (9, 300)):
        oracle.assert_same(oxitk.mean(a, radius), oracle.naive_mean(a, radius), f"radius {radius}")


def test_integers_truncate_toward_zero():
    assert oxitk.mean(np.array([0, 3, 6, -20], "i2")).tolist() == [1, 3, -3, -11]
    assert oxitk.mean(np.array([True, True, False])).tolist() == [1, 0, 0]


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_threads_do_not_change_a_bit(threads):
    a = pixels(SplitMix(3), "f4", (9, 60, 70), "moderate")
    oracle.assert_same(oxitk.mean(a, 2, num_threads=threads), oracle.naive_mean(a, 2))


def test_axes_and_channels():
    a = noise("i2", (4, 5, 6))
    oracle.assert_same(oxitk.mean(a, 2, axes=(0, 2)), oracle.naive_mean(a, (2, 0, 2)))
    oracle.assert_same(oxitk.mean(a, (1, 2), channel_axis=-1), oracle.naive_mean(a, (1, 2, 0)))


def test_an_image_stays_an_image(data):
    image = oxitk.imread(data / "HeadMRVolume.mha")
    got = oxitk.mean(image, (0, 1, 2))
    oracle.assert_same(np.asarray(got), oracle.naive_mean(np.asarray(image), (0, 1, 2)))
    assert got.spacing_xyz == image.spacing_xyz and got.origin_xyz == image.origin_xyz


@pytest.mark.parametrize("radius, error", [(-1, ValueError), (1.5, TypeError), ((1, 1, 1), ValueError), (2048, ValueError)])
def test_radii_that_make_no_sense(radius, error):
    with pytest.raises(error, match="mean: radius"):
        oxitk.mean(np.zeros((4, 5), "u1"), radius)
