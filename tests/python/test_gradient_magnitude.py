from __future__ import annotations

import math

import numpy as np
import oracle
import oxitk
import pytest
from arrays import DTYPES, SHAPES, noise
from cases import SplitMix, cases, pixels

NUMBERS = [d for d in DTYPES if d != "?"]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_equals_the_oracle(dtype, shape):
    rng = SplitMix(len(shape))
    a = noise(dtype, shape)
    for spacing in (None, 0.3, tuple(0.1 + 3 * rng.unit(len(shape)))):
        oracle.assert_same(
            oxitk.gradient_magnitude(a, spacing=spacing), oracle.naive_gradient_magnitude(a, spacing), f"spacing {spacing}"
        )


@pytest.mark.parametrize("to", NUMBERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type_to_every_type(dtype, to):
    a = noise(dtype, (7, 70))
    got = oxitk.gradient_magnitude(a, spacing=(1.7, 0.9), dtype=to)
    oracle.assert_same(got, oracle.naive_gradient_magnitude(a, (1.7, 0.9), to))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_single_precision_equals_the_oracle(dtype, shape):
    a = noise(dtype, shape)
    for spacing, to in ((None, "f4"), (0.3, "f8"), (tuple(range(1, 1 + len(shape))), "u1"), (7, "f2")):
        got = oxitk.gradient_magnitude(a, spacing=spacing, precision="single", dtype=to)
        oracle.assert_same(got, oracle.naive_gradient_magnitude(a, spacing, to, "single"), f"spacing {spacing}")


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "f2", "f4"])
def test_single_precision_is_as_near_as_it_says(dtype, shape):
    a = (np.random.default_rng(3).normal(90, 40, shape)).astype(dtype)
    exact = oxitk.gradient_magnitude(a, spacing=0.7, dtype="f8")
    single = oxitk.gradient_magnitude(a, spacing=0.7, dtype="f8", precision="single")
    assert (np.abs(single - exact) <= (4 + len(shape) / 2) * 2.0**-24 * exact).all()


def test_cases_in_the_default_type():
    for case in cases():
        got = oxitk.gradient_magnitude(case.array, spacing=case.spacing)
        oracle.assert_same(got, oracle.naive_gradient_magnitude(case.array, case.spacing), case.name)


@pytest.mark.parametrize("dtype", DTYPES)
def test_result_type(dtype):
    want = np.float64 if dtype == "f8" else np.float32
    assert oxitk.gradient_magnitude(np.zeros((3, 3), dtype)).dtype == want


@pytest.mark.parametrize("dtype", [np.uint8, "uint8", "u1", np.dtype("u1")], ids=repr)
def test_dtype_in_every_form(dtype):
    assert oxitk.gradient_magnitude(np.zeros((3, 3), "f4"), dtype=dtype).dtype == np.uint8


def test_a_ramp_by_hand():
    ramp = np.arange(5, dtype="f8") * 3
    assert oxitk.gradient_magnitude(ramp).tolist() == [1.5, 3, 3, 3, 1.5]
    assert oxitk.gradient_magnitude(ramp, spacing=0.5).tolist() == [3, 6, 6, 6, 3]
    plane = 3 * np.arange(5.0)[:, None] + 4 * np.arange(6.0)
    assert (oxitk.gradient_magnitude(plane)[1:-1, 1:-1] == 5).all()


def test_integers_truncate_toward_zero():
    # ITK: 1.5 gives 1, 0.707 gives 0
    ramp = np.arange(0, 15, 3, dtype="u1")
    assert oxitk.gradient_magnitude(ramp, dtype="u1").tolist() == [1, 3, 3, 3, 1]
    corner = np.array([[0, 1], [1, 2]], "u1")
    assert oxitk.gradient_magnitude(corner, dtype="u1").tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("to", [d for d in NUMBERS if d[0] in "iu"])
def test_integers_saturate_and_nan_is_zero(to):
    top = np.iinfo(to).max
    a = np.array([0.0, 1e30, 0.0, 0.0, 0.0, np.nan, 0.0])
    assert oxitk.gradient_magnitude(a, dtype=to).tolist() == [top, 0, top, 0, 0, 0, 0]


def test_the_centre_is_multiplied_by_zero():
    # So an infinity is NaN at its own pixel and infinite beside it, as in ITK.
    got = oxitk.gradient_magnitude(np.array([0, 0, np.inf, 0, 0], "f4"))
    assert np.isnan(got).tolist() == [False, False, True, False, False]
    assert np.isinf(got).tolist() == [False, True, False, True, False]


@pytest.mark.parametrize("dtype", ("f2", "f4", "f8"))
@pytest.mark.parametrize("fill", ["bits", "tiny", "infinite", "few"])
def test_floats_of_every_magnitude(dtype, fill):
    a = pixels(SplitMix(8), dtype, (11, 90), fill)
    oracle.assert_same(oxitk.gradient_magnitude(a, spacing=(0.2, 7)), oracle.naive_gradient_magnitude(a, (0.2, 7)))


@pytest.mark.parametrize("dtype", ("u8", "i8"))
def test_integers_beyond_53_bits_are_rounded_first(dtype):
    info = np.iinfo(dtype)
    a = np.array([info.max, info.max - 1, info.min, 2**53 + 1, 2**53, info.max], dtype)
    oracle.assert_same(oxitk.gradient_magnitude(a, dtype="f8"), oracle.naive_gradient_magnitude(a, None, "f8"))
    oracle.assert_same(oxitk.gradient_magnitude(a, dtype=dtype), oracle.naive_gradient_magnitude(a, None, dtype))


def test_axes_are_summed_x_first():
    """Squares of very different sizes: another order of the sum gives other last bits."""
    a = pixels(SplitMix(4), "f8", (6, 7, 8), "moderate")
    spacing = (1 / 3, 0.9, 3.3)
    want = oracle.naive_gradient_magnitude(a, spacing)
    other = oracle.naive_gradient_magnitude(a.transpose(2, 1, 0), spacing[::-1]).transpose(2, 1, 0)
    assert not np.array_equal(want, other)
    oracle.assert_same(oxitk.gradient_magnitude(a, spacing=spacing), want)


def test_spacing_is_in_array_order_and_any_number():
    a = noise("u1", (20, 30))
    got = oxitk.gradient_magnitude(a, spacing=(3, 0.5))
    oracle.assert_same(got, oracle.naive_gradient_magnitude(a, (3.0, 0.5)))
    oracle.assert_same(got, oxitk.gradient_magnitude(a, spacing=np.array([3, 0.5])))
    oracle.assert_same(got, oxitk.gradient_magnitude(a, spacing=[np.float32(3), np.float64(0.5)]))
    oracle.assert_same(oxitk.gradient_magnitude(a, spacing=2), oxitk.gradient_magnitude(a, spacing=(2.0, 2.0)))


def test_axes_choose_what_is_summed():
    a = noise("f8", (5, 6, 7))
    got = oxitk.gradient_magnitude(a, axes=(0, 2), spacing=(2.0, 0.5))
    flat = [oracle.exact_gradient(a[:, k], (2.0, 0.5)) for k in range(6)]
    oracle.assert_same(got, np.stack(flat, 1))
    oracle.assert_same(oxitk.gradient_magnitude(a, axes=-1), np.stack([[oracle.exact_gradient(r) for r in s] for s in a]))


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_channels_are_filtered_apart(axis):
    a = noise("i2", (4, 5, 6))
    want = np.stack([oxitk.gradient_magnitude(np.take(a, k, axis)) for k in range(a.shape[axis])], axis)
    oracle.assert_same(oxitk.gradient_magnitude(a, channel_axis=axis), want)


@pytest.mark.parametrize("to", NUMBERS)
def test_out_decides_the_type(to):
    a = noise("i2", (6, 35))
    out = np.zeros((12, 35), to)[::2]
    assert oxitk.gradient_magnitude(a, out=out) is out
    oracle.assert_same(out, oracle.naive_gradient_magnitude(a, None, to))


def test_image_uses_its_own_spacing_and_ignores_its_direction():
    a = noise("u1", (4, 5, 6))
    turned = ((0.0, -1.0, 0.0), (1.0, 1.0, 0.0), (0.0, 0.0, 2.0))
    image = oxitk.Image.from_array(a, spacing_xyz=(0.5, 2.0, 3.0), origin_xyz=(7, 8, 9), direction_xyz=turned, index_xyz=(1, 2, 3))
    got = oxitk.gradient_magnitude(image)
    assert isinstance(got, oxitk.Image)
    oracle.assert_same(np.asarray(got), oracle.naive_gradient_magnitude(a, (3.0, 2.0, 0.5)))
    for name in ("spacing_xyz", "origin_xyz", "direction_xyz", "index_xyz"):
        assert getattr(got, name) == getattr(image, name), name
    oracle.assert_same(np.asarray(oxitk.gradient_magnitude(image, spacing=1)), oracle.naive_gradient_magnitude(a))


def test_one_pixel_has_no_gradient():
    for shape in ((1,), (1, 1), (1, 1, 1, 1)):
        assert oxitk.gradient_magnitude(np.full(shape, 9, "u1")).item() == 0.0


def test_the_input_is_not_touched():
    a = noise("f4", (9, 33))
    before = a.tobytes()
    oxitk.gradient_magnitude(a)
    assert a.tobytes() == before


def test_a_real_volume(data):
    image = oxitk.imread(data / "HeadMRVolume.mha")
    got = oxitk.gradient_magnitude(oxitk.median(image, 1))
    want = oracle.naive_gradient_magnitude(oracle.naive_median(np.asarray(image)), 4.0)
    oracle.assert_same(np.asarray(got), want)
    assert got.spacing_xyz == (4.0, 4.0, 4.0) and math.isfinite(float(np.asarray(got).max()))
