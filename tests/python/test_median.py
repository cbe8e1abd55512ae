from __future__ import annotations

import numpy as np
import oracle
import oxitk
import pytest
from arrays import DTYPES, SHAPES, noise
from cases import SplitMix, pixels

FLOATS = ("f2", "f4", "f8")


def with_nan(dtype, shape, seed=3) -> np.ndarray:
    """About one pixel in seven is a NaN of some sign and payload."""
    a = noise(dtype, shape, seed)
    at = SplitMix(seed + 99).words(a.size).reshape(shape)
    a[at % np.uint64(14) == 0] = np.nan
    bits = a.view(f"u{a.itemsize}")
    bits[at % np.uint64(14) == 7] = ~bits.dtype.type(0) - bits.dtype.type(1)  # negative, odd payload
    assert np.isnan(a).any()
    return a


# itkMedianImageFilterGTest.cxx: images filled 1..N, radius 1; ITK's sizes are xyz.
@pytest.mark.parametrize(
    "shape, want",
    [
        ((1, 1), [1]),
        ((2, 1), [1, 2]),
        ((1, 2), [1, 2]),
        ((2, 2), [2, 2, 3, 3]),
        ((3, 3), [2, 3, 3, 4, 5, 6, 7, 7, 8]),
        ((2, 2, 2), [3, 3, 3, 4, 5, 6, 6, 6]),
    ],
)
@pytest.mark.parametrize("dtype", ("u1", "i8", "f2", "f8"))
def test_itk_gtest_vectors(shape, want, dtype):
    counting = np.arange(1, len(want) + 1, dtype=dtype).reshape(shape)
    oracle.assert_same(oxitk.median(counting), np.array(want, dtype).reshape(shape))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_equals_the_oracle(dtype, shape):
    rng = SplitMix(len(shape) * 31 + ord(dtype[0]))
    a = noise(dtype, shape)
    for _ in range(3):
        radius = tuple(rng.integer(0, 3 if len(shape) < 5 else 1) for _ in shape)
        oracle.assert_same(oxitk.median(a, radius), oracle.naive_median(a, radius), f"radius {radius}")


@pytest.mark.parametrize("radius", range(8))
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_small_radius_on_an_image_of_many_rows(dtype, radius):
    a = noise(dtype, (41, 150), seed=radius)
    oracle.assert_same(oxitk.median(a, radius), oracle.naive_median(a, radius))


@pytest.mark.parametrize("dtype", ("u1", "i2", "u2", "f4", "f8"))
@pytest.mark.parametrize("radius", [(1, 1, 1), (2, 1, 3), (0, 3, 2), (4, 0, 0), (3, 3, 3)], ids=str)
def test_volume(dtype, radius):
    a = noise(dtype, (9, 17, 70), seed=7)
    oracle.assert_same(oxitk.median(a, radius), oracle.naive_median(a, radius))


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_flat_image_stays_flat(dtype):
    a = np.full((5, 6), 1, dtype)
    oracle.assert_same(oxitk.median(a, (2, 5)), a)


@pytest.mark.parametrize("dtype", DTYPES)
def test_few_values_and_extremes(dtype):
    kind = np.dtype(dtype).kind
    if kind == "b":
        a = noise(dtype, (20, 90))
    else:
        a = pixels(SplitMix(5), dtype, (20, 90), "few" if kind == "f" else "extremes")
    for radius in (1, 2, 5):
        oracle.assert_same(oxitk.median(a, radius), oracle.naive_median(a, radius))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("fill", ["infinite", "tiny", "bits"])
def test_floats_of_every_magnitude(dtype, fill):
    a = pixels(SplitMix(6), dtype, (13, 71), fill)
    for radius in (1, (0, 4), 3):
        oracle.assert_same(oxitk.median(a, radius), oracle.naive_median(a, radius))


@pytest.mark.parametrize("dtype", FLOATS)
def test_minus_zero_is_below_zero(dtype):
    a = np.array([0.0, -0.0, 0.0, -0.0, -0.0], dtype)
    got = oxitk.median(a)
    assert np.signbit(got).tolist() == [False, False, True, True, True]


@pytest.mark.parametrize("radius", [1, (1,), [1], np.int64(1), np.uint8(1), np.array(1), np.array([1]), np.array([1], "u2")], ids=repr)
def test_radius_in_every_form(radius):
    oracle.assert_same(oxitk.median(np.array([3, 1, 2]), radius), np.array([3, 2, 2]))
    oracle.assert_same(oxitk.median(np.array([3, 1, 2]), radius=radius), np.array([3, 2, 2]))


def test_radius_is_in_array_order():
    a = noise("u1", (30, 40))
    oracle.assert_same(oxitk.median(a, (2, 0)), oxitk.median(a.T, (0, 2)).T)
    assert not np.array_equal(oxitk.median(a, (2, 0)), oxitk.median(a, (0, 2)))


def test_default_radius_is_one():
    a = noise("u2", (9, 9))
    oracle.assert_same(oxitk.median(a), oxitk.median(a, 1))


@pytest.mark.parametrize("dtype", DTYPES)
def test_radius_zero_is_a_copy(dtype):
    a = noise(dtype, (4, 5))
    got = oxitk.median(a, 0)
    oracle.assert_same(got, a)
    assert not np.shares_memory(got, a)


@pytest.mark.parametrize("shape", [(7,), (5, 4), (3, 2, 4), (2, 3, 2, 2)], ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_huge_radius_counts_the_border(dtype, shape):
    # (2 * 10**6 + 1)**4 does not fit 64 bits
    a = noise(dtype, shape)
    oracle.assert_same(oxitk.median(a, 10**6), oracle.weighted_median(a, 10**6))
    mixed = (10**6, *range(1, len(shape)))
    oracle.assert_same(oxitk.median(a, mixed), oracle.weighted_median(a, mixed))


def test_the_weighted_oracle_is_the_naive_one():
    for dtype, radius in (("i2", (2, 9)), ("f4", (7, 1)), ("u1", (0, 3))):
        a = noise(dtype, (4, 5))
        oracle.assert_same(oracle.weighted_median(a, radius), oracle.naive_median(a, radius))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("dtype", ("u1", "i2", "f4", "f8"))
def test_huge_radius_costs_what_the_image_costs(dtype):
    """The window has 4e12 pixels, or 8e18: only a cost bounded by the image ends in time."""
    for shape in ((60, 70), (12, 14, 16)):
        a = noise(dtype, shape)
        got = oxitk.median(a, 10**6)
        for index in ((0,) * a.ndim, tuple(n // 2 for n in shape), tuple(n - 1 for n in shape)):
            assert got[index] == oracle.weighted_median_at(a, 10**6, index)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(50,), (9, 40), (4, 5, 19)], ids=str)
@pytest.mark.parametrize("policy", ["propagate", "omit"])
def test_nan_policy(dtype, shape, policy):
    a = with_nan(dtype, shape)
    for radius in (0, 1, (2,) + (1,) * (len(shape) - 1), 3):
        got = oxitk.median(a, radius, nan_policy=policy)
        oracle.assert_same(got, oracle.naive_median(a, radius, policy), f"radius {radius}")


def test_propagate_is_the_default_and_spreads_over_the_window():
    a = np.zeros((7, 7), "f4")
    a[3, 3] = np.nan
    want = np.zeros((7, 7), bool)
    want[2:5, 1:6] = True
    assert np.array_equal(np.isnan(oxitk.median(a, (1, 2))), want)


def test_omit_of_nothing_but_nan():
    a = np.full((3, 4), np.nan)
    assert np.isnan(oxitk.median(a, nan_policy="omit")).all()


def test_omit_takes_the_upper_of_two_middles():
    oracle.assert_same(oxitk.median(np.array([1.0, np.nan, 3.0]), 1, nan_policy="omit")[1:2], np.array([3.0]))


@pytest.mark.parametrize("dtype", FLOATS)
def test_raise_refuses_a_nan_and_only_a_nan(dtype):
    a = noise(dtype, (6, 40))
    oracle.assert_same(oxitk.median(a, nan_policy="raise"), oracle.naive_median(a))
    a[5, 39] = np.nan
    with pytest.raises(ValueError, match="(?i)nan"):
        oxitk.median(a, nan_policy="raise")


@pytest.mark.parametrize("policy", ["propagate", "omit", "raise"])
@pytest.mark.parametrize("dtype", ("u1", "i4", "?"))
def test_nan_policy_is_free_for_integers(policy, dtype):
    a = noise(dtype, (5, 6))
    oracle.assert_same(oxitk.median(a, nan_policy=policy), oracle.naive_median(a))


def test_axes_choose_where_the_window_extends():
    a = noise("u2", (4, 5, 30))
    oracle.assert_same(oxitk.median(a, 2, axes=(0, 2)), oxitk.median(a, (2, 0, 2)))
    oracle.assert_same(oxitk.median(a, 2, axes=(-1,)), oxitk.median(a, (0, 0, 2)))
    oracle.assert_same(oxitk.median(a, 2, axes=1), oxitk.median(a, (0, 2, 0)))
    oracle.assert_same(oxitk.median(a, (1, 3), axes=(0, 2)), oxitk.median(a, (1, 0, 3)))
    oracle.assert_same(oxitk.median(a, (3, 1), axes=(2, 0)), oxitk.median(a, (1, 0, 3)))


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_channels_are_filtered_apart(axis):
    a = noise("u1", (4, 5, 6))
    want = np.stack([oxitk.median(np.take(a, k, axis), 1) for k in range(a.shape[axis])], axis)
    oracle.assert_same(oxitk.median(a, 1, channel_axis=axis), want)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["C", "F", "stepped"])
def test_out_is_filled_and_given_back(dtype, order):
    a = noise(dtype, (6, 35))
    out = np.zeros((12, 70), dtype)[::2, ::2] if order == "stepped" else np.zeros(a.shape, dtype, order=order)
    assert oxitk.median(a, (1, 2), out=out) is out
    oracle.assert_same(out, oracle.naive_median(a, (1, 2)))


def test_out_beside_a_hole_leaves_the_hole_alone():
    field = np.full((8, 20), 7, "u1")
    oxitk.median(noise("u1", (4, 10)), out=field[2:6, 5:15])
    field[2:6, 5:15] = 7
    assert (field == 7).all()


def test_the_input_is_not_touched():
    a = noise("f4", (9, 33))
    before = a.tobytes()
    oxitk.median(a, 2)
    assert a.tobytes() == before


def test_image_in_image_out_with_its_geometry():
    a = noise("i2", (5, 6, 7))
    image = oxitk.Image.from_array(
        a, spacing_xyz=(0.5, 2, 3), origin_xyz=(1, 2, 3), index_xyz=(4, -5, 6), metadata={"who": "me"},
        direction_xyz=((0, -1, 0), (1, 0, 0), (0, 0, 1)),
    )
    got = oxitk.median(image, (1, 2, 0))
    assert isinstance(got, oxitk.Image)
    oracle.assert_same(np.asarray(got), oracle.naive_median(a, (1, 2, 0)))
    for name in ("spacing_xyz", "origin_xyz", "direction_xyz", "index_xyz", "size_xyz", "pixel_kind", "metadata"):
        assert getattr(got, name) == getattr(image, name), name


# Rows of a page and of no whole registers: how columns are covered and in which order depends on where the result lies.
@pytest.mark.parametrize("place", [0, 16, 64, 200, 256, 4032])
@pytest.mark.parametrize("radius", [(0, 1), (1, 0), (2, 0), (1, 1), (3, 3)], ids=str)
@pytest.mark.parametrize("dtype", ("u1", "u2", "f4"))
def test_out_anywhere_in_a_page_is_filled_and_nothing_beside_it(dtype, radius, place):
    page = 4096
    for width in (page // np.dtype(dtype).itemsize, 333):
        a = noise(dtype, (17, width))
        memory = np.full(a.nbytes + 3 * page, 165, "u1")
        start = (a.ctypes.data + place - memory.ctypes.data) % page
        out = memory[start : start + a.nbytes].view(dtype).reshape(a.shape)
        oxitk.median(a, radius, out=out)
        oracle.assert_same(out, oracle.naive_median(a, radius), f"width {width}")
        assert (memory[:start] == 165).all()
        assert (memory[start + a.nbytes :] == 165).all()
