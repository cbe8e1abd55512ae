"""The recursive Gaussian filters: values, arguments, refusals."""

from __future__ import annotations

import numpy as np
import oracle
import oxitk
import pytest
import recursion_oracle
from arrays import DTYPES, noise
from cases import SplitMix, pixels

NUMBERS = [d for d in DTYPES if d != "?"]
SHAPES = [(9,), (6, 70), (5, 8, 37), (4, 5, 4, 9)]
FUNCTIONS = [oxitk.recursive_gaussian, oxitk.smoothing_recursive_gaussian, oxitk.gradient_magnitude_recursive_gaussian]
every_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_equals_the_oracle(dtype, shape):
    a, rng = noise(dtype, shape), SplitMix(len(shape))
    natural = "f8" if dtype == "f8" else "f4"
    spacing = tuple(0.3 + 2 * rng.unit(a.ndim))
    for order in (0, 1, 2):
        for axis in range(a.ndim):
            got = oxitk.recursive_gaussian(a, 1.3, order=order, axis=axis, spacing=spacing[axis], normalize_across_scale=axis > 0)
            want = recursion_oracle.recursive_gaussian(a, 1.3, order, axis, axis > 0, spacing[axis])
            oracle.assert_same(got, oracle.cast(want, natural), f"order {order} axis {axis}")
    sigma = tuple(0.4 + rng.unit(a.ndim))
    want = recursion_oracle.smoothing_recursive_gaussian(a, sigma, spacing)
    oracle.assert_same(oxitk.smoothing_recursive_gaussian(a, sigma, spacing=spacing), oracle.cast(want, natural))
    want = recursion_oracle.gradient_magnitude_recursive_gaussian(a, 1.1, True, spacing)
    got = oxitk.gradient_magnitude_recursive_gaussian(a, 1.1, normalize_across_scale=True, spacing=spacing)
    oracle.assert_same(got, oracle.cast(want, natural))


@pytest.mark.parametrize("to", NUMBERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type_to_every_type(dtype, to):
    a = noise(dtype, (7, 70))
    oracle.assert_same(
        oxitk.recursive_gaussian(a, 2, order=1, dtype=to), oracle.cast(recursion_oracle.recursive_gaussian(a, 2.0, 1), to)
    )
    want = oracle.cast(recursion_oracle.smoothing_recursive_gaussian(a, 0.8), to)
    oracle.assert_same(oxitk.smoothing_recursive_gaussian(a, 0.8, dtype=to), want)


@pytest.mark.parametrize("fill", ["bits", "tiny", "infinite", "few"])
@pytest.mark.parametrize("dtype", ("f2", "f4", "f8"))
def test_floats_of_every_magnitude(dtype, fill):
    a = pixels(SplitMix(8), dtype, (11, 40), fill)
    want = recursion_oracle.gradient_magnitude_recursive_gaussian(a, 1.0)
    oracle.assert_same(oxitk.gradient_magnitude_recursive_gaussian(a, dtype="f8"), want)


@every_function
@pytest.mark.parametrize("layout", ["fortran", "reversed", "swapped", "strided", "readonly"])
def test_every_layout(function, layout):
    a = noise("i2", (6, 7, 40))
    want = function(a, 1.5)
    other = {
        "fortran": lambda: np.asfortranarray(a),
        "reversed": lambda: a[::-1, :, ::-1].copy()[::-1, :, ::-1],
        "swapped": lambda: a.astype(a.dtype.newbyteorder()),
        "strided": lambda: np.repeat(np.repeat(a, 2, 2), 3, 0)[::3, :, ::2],
        "readonly": lambda: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
    }[layout]()
    oracle.assert_same(function(other, 1.5), want)


@every_function
def test_out(function):
    a = noise("u1", (8, 30))
    want = function(a, 1.0)
    for out in (np.empty((8, 30), "f4"), np.empty((8, 30), "f4", "F"), np.empty((16, 60), "f4")[::2, ::-2]):
        assert function(a, 1.0, out=out) is out
        oracle.assert_same(out.astype("f4"), want)
    oracle.assert_same(function(a, 1.0, out=np.empty((8, 30), "i2")), function(a, 1.0, dtype="i2"))
    with pytest.raises(ValueError, match="shape"):
        function(a, 1.0, out=np.empty((8, 31), "f4"))
    b = np.zeros((8, 30), "f4")
    with pytest.raises(ValueError, match="memory"):
        function(b, 1.0, out=b)


@every_function
def test_results_do_not_depend_on_threads(function):
    a = noise("f4", (40, 90, 50))
    want = function(a, 2.0, num_threads=1)
    oracle.assert_same(function(a, 2.0), want)


@every_function
def test_an_image_uses_its_spacing_and_stays_one(function):
    a = noise("u2", (5, 6, 9))
    image = oxitk.Image.from_array(a, spacing_xyz=(0.5, 2.0, 3.0), origin_xyz=(4, 5, 6))
    got = function(image, 2.0)
    assert isinstance(got, oxitk.Image) and got.spacing_xyz == (0.5, 2.0, 3.0) and got.origin_xyz == (4, 5, 6)
    spacing = 0.5 if function is oxitk.recursive_gaussian else (3.0, 2.0, 0.5)
    oracle.assert_same(np.asarray(got), function(a, 2.0, spacing=spacing))


@every_function
def test_channels_are_separate_images(function):
    a = noise("u1", (9, 8, 3))
    options = {"axis": 1} if function is oxitk.recursive_gaussian else {}
    got = function(a, 1.0, channel_axis=-1, **options)
    rgb = np.asarray(function(oxitk.Image.from_array(a, pixel_kind="rgb"), 1.0, channel_axis=-1, **options))
    for c in range(3):
        want = function(a[..., c].copy(), 1.0)
        oracle.assert_same(got[..., c].copy(), want)
        oracle.assert_same(rgb[..., c].copy(), want)
    with pytest.raises(TypeError, match="channel_axis=-1"):
        function(oxitk.Image.from_array(a, pixel_kind="rgb"), 1.0)


def test_axes():
    a = noise("f8", (6, 2, 9))
    for function in FUNCTIONS[1:]:
        got = function(a, 1.0, axes=(0, 2))
        for y in range(2):
            oracle.assert_same(got[:, y].copy(), function(a[:, y].copy(), 1.0))
    oracle.assert_same(oxitk.recursive_gaussian(a, axis=-3), oxitk.recursive_gaussian(a, 1.0, axis=0))
    got = oxitk.smoothing_recursive_gaussian(a, (1.0, 2.0), axes=(2, 0))
    oracle.assert_same(got, oxitk.smoothing_recursive_gaussian(a, (2.0, 1.0), axes=(0, 2)))


@every_function
def test_a_constant_stays_and_has_no_slope(function):
    a = np.full((5, 6, 7), 50.0)
    got = function(a, 3.0)
    want = 0.0 if function is oxitk.gradient_magnitude_recursive_gaussian else 50.0
    np.testing.assert_allclose(got, want, atol=1e-4)


def test_it_is_close_to_scipys_gaussian_by_its_formula():
    x = np.arange(-60, 61)
    a = np.zeros(121)
    a[60] = 1
    for sigma in (2.0, 5.0):
        gauss = np.exp(-((x / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))
        for order, want, bound in ((0, gauss, 0.004), (1, -x / sigma**2 * gauss, 0.005)):
            got = oxitk.recursive_gaussian(a, sigma, order=order)
            assert np.abs(got - want).max() < bound * np.abs(want).max()


@every_function
@pytest.mark.parametrize("shape", [(3,), (5, 3), (0,), (0, 3)], ids=str)
def test_short_lines_are_refused(function, shape):
    with pytest.raises(ValueError, match="The number of pixels along direction 0 is less than 4. This filter requires a minimum"):
        function(np.zeros(shape, "f4"))


@every_function
def test_no_pixels_on_another_axis(function):
    options = {} if function is oxitk.recursive_gaussian else {"axes": -1}
    assert function(np.zeros((0, 5), "u1"), **options).shape == (0, 5)


@every_function
@pytest.mark.parametrize("bad", [0, -1.0, np.nan, np.inf, 0.0])
def test_sigma_and_spacing_are_positive(function, bad):
    name = function.__name__
    with pytest.raises(ValueError, match=f"{name}: sigma must be positive and finite, got"):
        function(np.zeros((5, 5)), bad)
    with pytest.raises(ValueError, match=f"{name}: spacing must be positive and finite, got"):
        function(np.zeros((5, 5)), spacing=bad)
    with pytest.raises(ValueError, match="spacing must be at least 1e-8"):
        function(np.zeros((5, 5)), spacing=1e-9)


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda a: oxitk.recursive_gaussian(a, order=3), ValueError, "order must be 0, 1 or 2, got 3"),
        (lambda a: oxitk.recursive_gaussian(a, order=1.0), TypeError, "order must be an integer"),
        (lambda a: oxitk.recursive_gaussian(a, axis=2), ValueError, "axis must be an axis of an array of 2"),
        (lambda a: oxitk.recursive_gaussian(a, axis=-3), ValueError, "axis must be an axis of an array of 2"),
        (lambda a: oxitk.recursive_gaussian(a, axis=1, channel_axis=1), ValueError, "other than channel_axis"),
        (lambda a: oxitk.recursive_gaussian(a, (1, 2)), ValueError, "sigma must be one number"),
        (lambda a: oxitk.recursive_gaussian(a, "1"), TypeError, "sigma must be a number"),
        (lambda a: oxitk.recursive_gaussian(a, None), TypeError, "sigma must be a number"),
        (lambda a: oxitk.recursive_gaussian(a, spacing=(1, 2)), ValueError, "spacing must be one number or 1"),
        (lambda a: oxitk.smoothing_recursive_gaussian(a, (1, 2, 3)), ValueError, "sigma must be one number or 2"),
        (lambda a: oxitk.smoothing_recursive_gaussian(a, axes=()), ValueError, "axes must be at least one axis"),
        (lambda a: oxitk.gradient_magnitude_recursive_gaussian(a, (1, 1)), ValueError, "sigma must be one number"),
        (lambda a: oxitk.smoothing_recursive_gaussian(a.astype("c8")), TypeError, "complex64"),
    ],
)
def test_bad_arguments(call, error, says):
    with pytest.raises(error, match=says):
        call(np.zeros((6, 6)))


@every_function
def test_progress_ends_at_one_and_cancel_stops(function):
    a, seen = noise("f4", (60, 100, 100)), []
    function(a, 2.0, progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 1.0
    token = oxitk.CancelToken()
    token.cancel()
    with pytest.raises(oxitk.ProcessAborted):
        function(a, 2.0, cancel=token)


def test_objects_are_the_functions_and_join():
    a = noise("i2", (8, 9, 10))
    line = oxitk.RecursiveGaussian(1.5, order=1, axis=0, normalize_across_scale=True)
    oracle.assert_same(line(a), oxitk.recursive_gaussian(a, 1.5, order=1, axis=0, normalize_across_scale=True))
    smooth = oxitk.SmoothingRecursiveGaussian((1, 2, 3), spacing=2.0, dtype="i2")
    oracle.assert_same(smooth(a), oxitk.smoothing_recursive_gaussian(a, (1, 2, 3), spacing=2.0, dtype="i2"))
    slope = oxitk.GradientMagnitudeRecursiveGaussian(0.7, axes=(0, 2))
    oracle.assert_same(slope(a), oxitk.gradient_magnitude_recursive_gaussian(a, 0.7, axes=(0, 2)))
    chain = smooth | oxitk.Median(1) | slope
    oracle.assert_same(chain(a), slope(oxitk.median(smooth(a), 1)))


def test_a_pipeline_gives_the_same_in_pieces():
    a = noise("u2", (20, 30, 25))
    node = oxitk.pipeline.filter(oxitk.SmoothingRecursiveGaussian(1.5), a)
    pieces = oxitk.pipeline.streaming(node, divisions=4)
    oracle.assert_same(pieces.numpy(), oxitk.smoothing_recursive_gaussian(a, 1.5))
