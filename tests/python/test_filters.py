"""Filter objects: parameters once, called often, joined by `|`."""

from __future__ import annotations

import copy
import pickle
import threading

import cloudpickle
import numpy as np
import oracle
import oxitk
import pytest
from arrays import noise

A = noise("i2", (6, 9, 20))

FILTERS = [
    oxitk.Median(),
    oxitk.Median(2),
    oxitk.Median((1, 0, 2)),
    oxitk.Median(np.array([1, 0, 2]), nan_policy="omit"),
    oxitk.Median(1, axes=(0, 2)),
    oxitk.Median(1, channel_axis=-1),
    oxitk.GradientMagnitude(),
    oxitk.GradientMagnitude(spacing=(0.5, 2, 3), dtype="float64"),
    oxitk.GradientMagnitude(dtype=np.uint8, axes=1),
    oxitk.GradientMagnitude(precision="single", spacing=3),
    oxitk.Mean(),
    oxitk.Mean((1, 0, 2), dtype="float64"),
    oxitk.RecursiveGaussian(),
    oxitk.RecursiveGaussian(2, order=1, axis=0, normalize_across_scale=True, spacing=0.5, dtype="f8"),
    oxitk.RecursiveGaussian(1.5, axis=1, channel_axis=-1),
    oxitk.SmoothingRecursiveGaussian((1, 2, 3), spacing=(0.5, 2, 3)),
    oxitk.SmoothingRecursiveGaussian(1.5, axes=(0, 2), dtype=np.uint8),
    oxitk.GradientMagnitudeRecursiveGaussian(),
    oxitk.GradientMagnitudeRecursiveGaussian(2.5, normalize_across_scale=True, axes=1),
    oxitk.Median(1) | oxitk.GradientMagnitude(),
    oxitk.Mean(2) | oxitk.Median(1),
    oxitk.Derivative(),
    oxitk.Derivative(2, 0, spacing=(0.5, 2, 3), dtype="int16"),
    oxitk.Derivative(1, 0, channel_axis=-1),
    oxitk.Gradient(),
    oxitk.Gradient(spacing=2, use_image_direction=False, dtype="float64"),
    oxitk.Sobel(),
    oxitk.Sobel(axes=(0, 2), legacy_coefficients=False, dtype="uint8"),
    oxitk.Sobel() | oxitk.Derivative(1, 0),
    oxitk.Median(1) | oxitk.GradientMagnitude(spacing=2.0) | oxitk.Median((0, 1, 1)),
]
every_filter = pytest.mark.parametrize("f", FILTERS, ids=repr)


def test_calls_are_the_functions():
    oracle.assert_same(oxitk.Median(2)(A), oxitk.median(A, 2))
    oracle.assert_same(oxitk.Median((1, 0, 2), nan_policy="omit")(A), oxitk.median(A, (1, 0, 2), nan_policy="omit"))
    oracle.assert_same(oxitk.Median(1, axes=(0, 2))(A), oxitk.median(A, 1, axes=(0, 2)))
    oracle.assert_same(oxitk.Median(1, channel_axis=0)(A), oxitk.median(A, 1, channel_axis=0))
    oracle.assert_same(oxitk.GradientMagnitude()(A), oxitk.gradient_magnitude(A))
    options = {"spacing": (0.5, 2, 3), "precision": "single", "dtype": "u1"}
    oracle.assert_same(oxitk.GradientMagnitude(**options)(A), oxitk.gradient_magnitude(A, **options))


def test_a_chain_is_its_steps():
    first, second, third = oxitk.Median(1), oxitk.GradientMagnitude(spacing=(1, 2, 3)), oxitk.Median((0, 1, 1))
    chain = first | second | third
    assert isinstance(chain, oxitk.Chain) and chain.filters == (first, second, third)
    oracle.assert_same(chain(A), third(second(first(A))))
    assert (first | (second | third)) == chain and ((first | second) | third) == chain
    assert ((first | second) | (third | first)).filters == (first, second, third, first)


@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_a_chain_in_pieces_is_its_steps(dtype):
    a = noise(dtype, (20, 300, 500))
    expected = oxitk.gradient_magnitude(oxitk.median(a, radius=1), spacing=(2, 1, 0.5))
    chain = oxitk.Median(1) | oxitk.GradientMagnitude(spacing=(2, 1, 0.5))
    np.testing.assert_array_equal(chain(a), expected)
    out = np.zeros_like(expected)
    assert chain(a, out=out) is out
    np.testing.assert_array_equal(out, expected)
    turned = np.asfortranarray(a)[::-1]
    np.testing.assert_array_equal(
        chain(turned), oxitk.gradient_magnitude(oxitk.median(turned, radius=1), spacing=(2, 1, 0.5))
    )


def test_a_chain_passes_types_on():
    a = noise("u1", (8, 9))
    assert (oxitk.GradientMagnitude(dtype="i4") | oxitk.Median())(a).dtype == np.int32
    assert (oxitk.Median() | oxitk.GradientMagnitude())(a.astype("f8")).dtype == np.float64


def test_an_image_keeps_its_geometry_through_a_chain():
    image = oxitk.Image.from_array(A, spacing_xyz=(1, 2, 3), origin_xyz=(4, 5, 6), index_xyz=(7, 8, 9))
    got = (oxitk.Median() | oxitk.GradientMagnitude())(image)
    assert isinstance(got, oxitk.Image)
    assert (got.spacing_xyz, got.origin_xyz, got.index_xyz) == (image.spacing_xyz, image.origin_xyz, image.index_xyz)
    oracle.assert_same(np.asarray(got), oxitk.gradient_magnitude(oxitk.median(A), spacing=(3, 2, 1)))


@every_filter
def test_out(f):
    want = f(A)
    out = np.zeros((2 * len(want), *want.shape[1:]), want.dtype)[::2]
    assert f(A, out=out) is out
    oracle.assert_same(out, want)
    out[...] = 0
    assert f(A, out) is out
    oracle.assert_same(out, want)


@every_filter
def test_out_is_checked(f):
    with pytest.raises(ValueError, match="out"):
        f(A, out=np.zeros((1, 2, 3), f(A).dtype))


def test_a_chain_refuses_out_over_its_input():
    field = np.zeros((4, 5, 6), "f4")
    with pytest.raises(ValueError, match="overlap"):
        (oxitk.Median() | oxitk.GradientMagnitude())(field, out=field)


@every_filter
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(f, protocol):
    back = pickle.loads(pickle.dumps(f, protocol))
    assert type(back) is type(f) and back == f and hash(back) == hash(f) and repr(back) == repr(f)
    oracle.assert_same(back(A), f(A))


@every_filter
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda f: cloudpickle.loads(cloudpickle.dumps(f))], ids=["copy", "deepcopy", "cloudpickle"])
def test_copies(f, duplicate):
    assert duplicate(f) == f and hash(duplicate(f)) == hash(f)


@every_filter
def test_repr_makes_it_again(f):
    assert eval(repr(f), {"oxitk": oxitk}) == f


def test_equality_and_hash():
    assert oxitk.Median() == oxitk.Median(1) == oxitk.Median(radius=1)
    assert oxitk.Median((1, 2)) == oxitk.Median([1, 2]) == oxitk.Median(np.array([1, 2]))
    assert oxitk.GradientMagnitude(dtype="u1") == oxitk.GradientMagnitude(dtype=np.uint8)
    assert oxitk.GradientMagnitude(spacing=2) == oxitk.GradientMagnitude(spacing=2.0)
    assert len(set(FILTERS)) == len(FILTERS)
    assert len({*FILTERS, *pickle.loads(pickle.dumps(FILTERS))}) == len(FILTERS)
    assert oxitk.Median(1) != oxitk.Median(2)
    assert oxitk.Median(1) != oxitk.GradientMagnitude()
    assert oxitk.Median(1) != 1 and oxitk.Median(1) != "Median(1)"
    assert (oxitk.Median(1) | oxitk.Median(2)) != (oxitk.Median(2) | oxitk.Median(1))


@every_filter
def test_frozen(f):
    with pytest.raises(AttributeError):
        f.radius = 5
    with pytest.raises(AttributeError):
        f.something_new = 5


@pytest.mark.parametrize("other", [1, None, "median", np.zeros(3), lambda a: a], ids=repr)
def test_only_filters_join(other):
    with pytest.raises(TypeError):
        oxitk.Median() | other
    with pytest.raises(TypeError):
        other | oxitk.Median()


@pytest.mark.parametrize(
    "make, error, says",
    [
        (lambda: oxitk.Median(-1), ValueError, "radius must be >= 0, got -1"),
        (lambda: oxitk.Median(1.5), TypeError, "radius"),
        (lambda: oxitk.Median(True), TypeError, "bool"),
        (lambda: oxitk.Median(nan_policy="x"), ValueError, "nan_policy"),
        (lambda: oxitk.Median(1, (0,)), TypeError, None),
        (lambda: oxitk.GradientMagnitude(1.0), TypeError, None),
        (lambda: oxitk.GradientMagnitude(spacing=0), ValueError, "spacing"),
        (lambda: oxitk.GradientMagnitude(spacing="x"), TypeError, "spacing"),
        (lambda: oxitk.GradientMagnitude(dtype="c8"), TypeError, "complex64"),
        (lambda: oxitk.Median(raduis=1), TypeError, "raduis"),
    ],
)
def test_bad_parameters_are_refused_at_once(make, error, says):
    with pytest.raises(error, match=says):
        make()


def test_what_depends_on_the_image_is_refused_at_the_call():
    f = oxitk.Median((1, 2))
    with pytest.raises(ValueError, match="radius"):
        f(A)
    with pytest.raises(TypeError):
        f(np.zeros((2, 2), "c8"))
    with pytest.raises(TypeError):
        f()
    oracle.assert_same(f(A[0]), oxitk.median(A[0], (1, 2)))


def test_one_filter_in_many_threads():
    f, want, wrong = oxitk.Median(1) | oxitk.GradientMagnitude(), None, []
    want = f(A)

    def work():
        for _ in range(25):
            if not oracle.same_bits(f(A), want):
                wrong.append(1)

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_many_steps():
    chain = oxitk.Median(0)
    for _ in range(40):
        chain = chain | oxitk.Median(0)
    assert len(chain.filters) == 41
    oracle.assert_same(chain(A), A)


def test_the_components_of_an_image_are_filtered_one_by_one():
    a = np.arange(9 * 8 * 3, dtype="u1").reshape(9, 8, 3) * np.uint8(37)
    image = oxitk.Image.from_array(a, pixel_kind="rgb", spacing_xyz=(2, 3))
    smooth = oxitk.median(image, channel_axis=-1)
    edges = oxitk.gradient_magnitude(image, channel_axis=2)
    assert smooth.pixel_kind == edges.pixel_kind == "rgb" and edges.spacing_xyz == (2.0, 3.0)
    for c in range(3):
        oracle.assert_same(np.asarray(smooth)[..., c], oxitk.median(a[..., c].copy()))
        oracle.assert_same(np.asarray(edges)[..., c], oxitk.gradient_magnitude(a[..., c].copy(), spacing=(3, 2)))
    for axis in (None, 0):
        with pytest.raises(TypeError, match="channel_axis=-1"):
            oxitk.median(image, channel_axis=axis)
