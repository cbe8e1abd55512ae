"""Derivative, gradient and Sobel beside their obvious versions."""

from __future__ import annotations

import numpy as np
import oracle
import oxitk
import pytest
from arrays import DTYPES, EMPTY_SHAPES, LAYOUTS, SHAPES, laid_out, noise
from cases import SplitMix, cases, pixels

NUMBERS = [d for d in DTYPES if d != "?"]
TURNED = ((0.6, -0.8, 0.0), (0.8, 0.6, 0.0), (0.1, 0.0, 2.0))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_equal_the_oracles(dtype, shape):
    a = noise(dtype, shape)
    spacing = tuple(0.1 + 3 * SplitMix(len(shape)).unit(len(shape)))
    oracle.assert_same(oxitk.gradient(a, spacing=spacing), oracle.naive_gradient(a, spacing, np.eye(len(shape))))
    oracle.assert_same(oxitk.sobel(a), oracle.naive_sobel(a))
    for order in range(7):
        axis = order % len(shape)
        got = oxitk.derivative(a, order, axis, spacing=spacing)
        oracle.assert_same(got, oracle.naive_derivative(a, order, axis, spacing[axis]), f"order {order}")


@pytest.mark.parametrize("to", NUMBERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type_to_every_type(dtype, to):
    a = noise(dtype, (7, 70))
    oracle.assert_same(oxitk.derivative(a, 2, dtype=to), oracle.naive_derivative(a, 2, dtype=to))
    oracle.assert_same(oxitk.sobel(a, dtype=to), oracle.naive_sobel(a, dtype=to))
    if to in ("f4", "f8"):
        oracle.assert_same(oxitk.gradient(a, dtype=to), oracle.naive_gradient(a, 1.0, np.eye(2), to))
    else:
        with pytest.raises(TypeError, match="gradient: pixel type"):
            oxitk.gradient(a, dtype=to)


def test_cases():
    for case in cases():
        rank = case.array.ndim
        oracle.assert_same(oxitk.sobel(case.array), oracle.naive_sobel(case.array), case.name)
        got = oxitk.gradient(case.array, spacing=case.spacing)
        oracle.assert_same(got, oracle.naive_gradient(case.array, case.spacing, np.eye(rank)), case.name)


@pytest.mark.parametrize("fill", ["bits", "tiny", "infinite", "few"])
@pytest.mark.parametrize("dtype", ("f2", "f4", "f8"))
def test_floats_of_every_magnitude(dtype, fill):
    a = pixels(SplitMix(8), dtype, (11, 90), fill)
    oracle.assert_same(oxitk.gradient(a, spacing=(0.2, 7)), oracle.naive_gradient(a, (0.2, 7), np.eye(2)))
    oracle.assert_same(oxitk.sobel(a), oracle.naive_sobel(a))
    oracle.assert_same(oxitk.derivative(a, 3, 0), oracle.naive_derivative(a, 3, 0))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ("u1", "f4", "f8"))
def test_layouts(dtype, layout):
    a = noise(dtype, (3, 6, 33))
    b = laid_out(a, layout)
    oracle.assert_same(oxitk.gradient(b), oracle.naive_gradient(a, 1.0, np.eye(3)))
    oracle.assert_same(oxitk.sobel(b), oracle.naive_sobel(a))
    oracle.assert_same(oxitk.derivative(b), oracle.naive_derivative(a))
    out = laid_out(np.zeros((3, 6, 33, 3), "f8"), layout)
    if out.flags.writeable and out.dtype.isnative:
        assert oxitk.gradient(a, out=out) is out
        oracle.assert_same(oracle.native(out), oracle.naive_gradient(a, 1.0, np.eye(3), "f8"))


@pytest.mark.parametrize("shape", EMPTY_SHAPES, ids=str)
def test_empty(shape):
    a = np.zeros(shape, "i2")
    assert oxitk.sobel(a).shape == oxitk.derivative(a).shape == shape
    assert oxitk.gradient(a).shape == (*shape, len(shape))


def test_gradient_of_an_image_is_a_vector_of_space():
    a = noise("u1", (4, 5, 6))
    image = oxitk.Image.from_array(a, spacing_xyz=(0.5, 2.0, 3.0), direction_xyz=TURNED, index_xyz=(1, 2, 3))
    got = oxitk.gradient(image)
    assert isinstance(got, oxitk.Image) and (got.pixel_kind, got.components) == ("covariant_vector", 3)
    oracle.assert_same(np.asarray(got), oracle.naive_gradient(a, (3.0, 2.0, 0.5), TURNED))
    for name in ("spacing_xyz", "origin_xyz", "direction_xyz", "index_xyz"):
        assert getattr(got, name) == getattr(image, name), name
    oracle.assert_same(np.asarray(oxitk.gradient(image, use_image_direction=False)), oracle.naive_gradient(a, (3.0, 2.0, 0.5)))
    oracle.assert_same(np.asarray(oxitk.gradient(image, spacing=1)), oracle.naive_gradient(a, 1.0, TURNED))


def test_gradient_beside_numpy():
    a = noise("f8", (9, 12))
    inner = (slice(1, -1), slice(1, -1))
    y, x = np.gradient(a)
    np.testing.assert_allclose(oxitk.gradient(a)[inner], np.stack([x, y], -1)[inner], rtol=1e-12)


def test_derivative_of_an_image_uses_the_spacing_of_its_axis():
    a = noise("i2", (4, 5, 6))
    image = oxitk.Image.from_array(a, spacing_xyz=(0.5, 2.0, 3.0), direction_xyz=TURNED)
    for axis, spacing in enumerate((3.0, 2.0, 0.5)):
        got = oxitk.derivative(image, 1, axis)
        oracle.assert_same(np.asarray(got), oracle.naive_derivative(a, 1, axis, spacing))
        oracle.assert_same(np.asarray(oxitk.derivative(image, 1, axis - 3)), np.asarray(got))
    oracle.assert_same(np.asarray(oxitk.derivative(image, spacing=1)), oracle.naive_derivative(a))


def test_derivative_of_channels():
    a = noise("u1", (5, 6, 3))
    want = oracle.naive_derivative(a, 1, 0, 2.0)
    oracle.assert_same(oxitk.derivative(a, 1, 0, spacing=(2, 1), channel_axis=-1), want)
    rgb = oxitk.Image.from_array(a, pixel_kind="rgb", spacing_xyz=(1.0, 2.0))
    got = oxitk.derivative(rgb, 1, 0, channel_axis=-1)
    oracle.assert_same(np.asarray(got), want)
    assert got.spacing_xyz == rgb.spacing_xyz
    with pytest.raises(ValueError, match="other than channel_axis, got -1"):
        oxitk.derivative(rgb, channel_axis=-1)


def test_sobel_of_axes_and_channels():
    a = noise("u1", (4, 5, 6))
    want = np.stack([oracle.naive_sobel(a[..., k]) for k in range(6)], -1)
    oracle.assert_same(oxitk.sobel(a, channel_axis=-1), want)
    oracle.assert_same(oxitk.sobel(a, axes=(0, 1)), want)
    oracle.assert_same(oxitk.sobel(a, legacy_coefficients=False), oracle.naive_sobel(a, legacy_coefficients=False))
    assert not np.array_equal(oxitk.sobel(a), oxitk.sobel(a, legacy_coefficients=False))


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_threads_do_not_change_a_bit(threads):
    a = pixels(SplitMix(3), "f4", (9, 60, 70), "moderate")
    oracle.assert_same(oxitk.sobel(a, num_threads=threads), oracle.naive_sobel(a))
    oracle.assert_same(oxitk.gradient(a, num_threads=threads), oracle.naive_gradient(a, 1.0, np.eye(3)))
    oracle.assert_same(oxitk.derivative(a, 2, 0, num_threads=threads), oracle.naive_derivative(a, 2, 0))


@pytest.mark.parametrize(
    "arguments, error, says",
    [
        ({"order": -1}, ValueError, "order must be >= 0"),
        ({"order": 53}, ValueError, "order must be at most 52"),
        ({"order": 1.5}, TypeError, "order must be an integer"),
        ({"axis": 2}, ValueError, "axis must be an axis of an array of 2, other than channel_axis, got 2"),
        ({"axis": -3}, ValueError, "axis must be an axis of an array of 2, other than channel_axis, got -3"),
        ({"spacing": 0}, ValueError, "spacing must be positive"),
        ({"spacing": (1, 1, 1)}, ValueError, "spacing must be one number or 2"),
        ({"dtype": object}, TypeError, "dtype"),
    ],
)
def test_arguments_that_make_no_sense(arguments, error, says):
    with pytest.raises(error, match=says):
        oxitk.derivative(np.zeros((4, 5), "u1"), **arguments)


def test_vectors_are_no_scalars():
    vectors = oxitk.gradient(oxitk.Image.from_array(np.zeros((4, 5), "u1")))
    for call in (oxitk.gradient, oxitk.sobel, oxitk.derivative):
        with pytest.raises((TypeError, ValueError), match="scalar"):
            call(vectors)


def test_vectors_go_through_files_and_pipelines(tmp_path):
    image = oxitk.Image.from_array(noise("u1", (4, 5, 6)), spacing_xyz=(0.5, 2.0, 3.0))
    want = oxitk.gradient(image)
    oxitk.imwrite(want, tmp_path / "vectors.nrrd")
    read = oxitk.imread(tmp_path / "vectors.nrrd")
    assert read.pixel_kind == "covariant_vector"
    oracle.assert_same(np.asarray(read), np.asarray(want))
    node = oxitk.pipeline.filter(oxitk.Median(1) | oxitk.Gradient(), image)
    node.update()
    oracle.assert_same(np.asarray(node.output), np.asarray(oxitk.gradient(oxitk.median(image, 1))))
