"""Whatever the layout, the result is that of the same pixels in a plain array."""

from __future__ import annotations

import numpy as np
import oracle
import oxitk
import pytest
from arrays import DTYPES, EMPTY_SHAPES, LAYOUTS, SHAPES, laid_out, noise
from hypothesis import given, settings
from hypothesis import strategies as st

FUNCTIONS = {
    "median": (lambda a: oxitk.median(a, 1), lambda a: oracle.naive_median(a, 1)),
    "gradient_magnitude": (oxitk.gradient_magnitude, oracle.naive_gradient_magnitude),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_layout(dtype, layout, function):
    ours, naive = FUNCTIONS[function]
    for shape in SHAPES:
        plain = noise(dtype, shape)
        got = ours(laid_out(plain, layout))
        oracle.assert_same(got, ours(np.ascontiguousarray(plain)), f"shape {shape}")
        oracle.assert_same(got, naive(plain), f"shape {shape}")


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_broadcast(dtype, function):
    ours, naive = FUNCTIONS[function]
    for small, shape in (((1, 30), (5, 30)), ((6, 1), (6, 30)), ((3, 1, 4), (3, 7, 4)), ((1, 1), (4, 9))):
        a = np.broadcast_to(noise(dtype, small), shape)
        assert 0 in a.strides
        oracle.assert_same(ours(a), naive(a))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("shape", EMPTY_SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_pixels(dtype, shape, function):
    ours, naive = FUNCTIONS[function]
    for layout in LAYOUTS.values():
        a = layout(np.zeros(shape, dtype))
        oracle.assert_same(ours(a), naive(a))


@st.composite
def any_array(draw):
    """Any dtype, rank 1 to 4 and layout: a random view of a random block, maybe swapped, frozen or misaligned."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4).filter(lambda s: np.prod(s) <= 700))
    a = noise(dtype, tuple(shape), seed=draw(st.integers(0, 2**20)))
    if draw(st.booleans()):
        a = a.astype(dtype.newbyteorder("S"))
    if draw(st.booleans()):
        a = LAYOUTS["misaligned"](a)
    a = a.transpose(draw(st.permutations(range(a.ndim))))
    a = a[tuple(slice(None, None, draw(st.sampled_from((1, 1, -1, 2, -2)))) for _ in shape)]
    if draw(st.booleans()):
        axis = draw(st.integers(0, a.ndim - 1))
        a = np.broadcast_to(a.take([0], axis), a.shape)
    if draw(st.booleans()):
        a.flags.writeable = False
    return a


@settings(max_examples=1000, deadline=None, database=None)
@given(a=any_array(), data=st.data())
def test_any_array_median(a, data):
    radius = tuple(data.draw(st.lists(st.integers(0, 3), min_size=a.ndim, max_size=a.ndim)))
    got = oxitk.median(a, radius)
    oracle.assert_same(got, oxitk.median(np.ascontiguousarray(a), radius))
    oracle.assert_same(got, oracle.naive_median(a, radius))


@settings(max_examples=1000, deadline=None, database=None)
@given(a=any_array(), data=st.data())
def test_any_array_gradient_magnitude(a, data):
    spacing = data.draw(st.lists(st.floats(1e-3, 1e3), min_size=a.ndim, max_size=a.ndim))
    got = oxitk.gradient_magnitude(a, spacing=spacing)
    oracle.assert_same(got, oxitk.gradient_magnitude(np.ascontiguousarray(a), spacing=spacing))
    oracle.assert_same(got, oracle.naive_gradient_magnitude(a, spacing))


@settings(max_examples=500, deadline=None, database=None)
@given(a=any_array())
def test_any_array_as_an_image(a):
    native = a.dtype.isnative
    image = oxitk.Image.from_array(a, copy=not native)
    assert image.shape == a.shape and image.dtype == a.dtype.newbyteorder("=")
    oracle.assert_same(np.asarray(image), oracle.native(a))
    oracle.assert_same(np.asarray(oxitk.median(image)), oracle.naive_median(a))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_result_is_a_plain_writable_array(layout, function):
    got = FUNCTIONS[function][0](laid_out(noise("f4", (5, 6)), layout))
    assert type(got) is np.ndarray
    assert got.flags.writeable and got.flags.c_contiguous and got.flags.aligned and got.dtype.isnative
    got[...] = 0
    assert not got.any()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_array_likes(function, tmp_path):
    ours, naive = FUNCTIONS[function]

    class Wrapped:
        def __array__(self, dtype=None, copy=None):
            return np.arange(12, dtype="u2").reshape(3, 4)

    mapped = np.memmap(tmp_path / "pixels", "u2", "w+", shape=(3, 4))
    mapped[...] = np.arange(12).reshape(3, 4)
    want = naive(np.arange(12, dtype="u2").reshape(3, 4))
    oracle.assert_same(ours(Wrapped()), want)
    oracle.assert_same(ours(mapped), want)
    oracle.assert_same(ours(memoryview(np.arange(12, dtype="u2").reshape(3, 4))), want)
    nested = [[1, 5, 2], [9, 0, 7]]
    oracle.assert_same(ours(nested), naive(np.array(nested)))
    oracle.assert_same(ours(((0.5, 2.5), (1.5, 0.0))), naive(np.array(((0.5, 2.5), (1.5, 0.0)))))
    oracle.assert_same(ours(range(9)), naive(np.arange(9)))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    "bad, says",
    [
        (np.zeros((3, 3), "c8"), "complex64"),
        (np.zeros((3, 3), "c16"), "complex128"),
        (np.zeros((3, 3), object), "object"),
        (np.zeros((3, 3), "U4"), "U4|str"),
        (np.zeros((3, 3), "S4"), "S4|bytes"),
        (np.zeros((3, 3), "M8[s]"), "datetime64"),
        (np.zeros((3, 3), "m8[s]"), "timedelta64"),
        (np.zeros((3, 3), [("x", "f4"), ("y", "f4")]), "'x'|void|structured"),
        (np.zeros((3, 3), "V8"), "V8|void"),
        (np.ma.masked_array(np.zeros((3, 3)), mask=np.eye(3)), "(?i)mask"),
        ("text", "str|U4"),
        (None, "None|object"),
        ({"a": 1}, "dict|object"),
    ],
    ids=lambda v: v if isinstance(v, str) else type(v).__name__,
)
def test_what_is_not_a_pixel_is_a_type_error(function, bad, says):
    with pytest.raises(TypeError, match=says) as caught:
        getattr(oxitk, function)(bad)
    assert function in str(caught.value) or "image" in str(caught.value)


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="long double is float64 here")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_long_double_is_refused(function):
    with pytest.raises(TypeError, match="float128|longdouble|float96"):
        getattr(oxitk, function)(np.zeros((3, 3), np.longdouble))
    with pytest.raises(TypeError, match="complex256|clongdouble|complex192"):
        getattr(oxitk, function)(np.zeros((3, 3), np.clongdouble))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_refused_dtype_is_told_what_is_allowed(function):
    with pytest.raises(TypeError) as caught:
        getattr(oxitk, function)(np.zeros((3, 3), "c8"))
    for allowed in ("uint8", "float16", "float64", "bool"):
        assert allowed in str(caught.value)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("scalar", [np.zeros(()), np.float32(1), 3, 2.5, True], ids=repr)
def test_zero_dimensions_are_refused(function, scalar):
    with pytest.raises(ValueError, match="0-d"):
        getattr(oxitk, function)(scalar)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("ndim", [7, 12, 32])
def test_more_than_six_axes_are_refused(function, ndim):
    with pytest.raises(ValueError, match=rf"\b{ndim}\b") as caught:
        getattr(oxitk, function)(np.zeros((1,) * ndim, "u1"))
    assert "6" in str(caught.value)
