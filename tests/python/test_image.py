from __future__ import annotations

import copy
import gc
import math
import pickle

import cloudpickle
import numpy as np
import oracle
import oxitk
import pytest
from arrays import DTYPES, EMPTY_SHAPES, noise

PNG = b"\x89PNG\r\n\x1a\n"
TURNED = ((0.0, -1.0, 0.0), (0.6, 0.0, -0.8), (0.8, 0.0, 0.6))


def sample() -> oxitk.Image:
    return oxitk.Image.from_array(
        noise("i2", (4, 5, 6)),
        spacing_xyz=(0.5, 0.25, 3.0),
        origin_xyz=(-10.1, 20.2, 0.0),
        direction_xyz=TURNED,
        index_xyz=(7, -8, 9),
        metadata={"who": "me", "empty": "", "ключ": "значение"},
    )


def attributes(image) -> dict:
    names = "shape ndim dtype size_xyz index_xyz spacing_xyz origin_xyz direction_xyz pixel_kind components metadata".split()
    return {name: getattr(image, name) for name in names}


def test_defaults():
    image = oxitk.Image.from_array(np.zeros((4, 5, 6), "u2"))
    assert image.shape == (4, 5, 6) and image.ndim == 3 and image.dtype == np.uint16
    assert image.size_xyz == (6, 5, 4)
    assert image.index_xyz == (0, 0, 0)
    assert image.spacing_xyz == (1.0, 1.0, 1.0)
    assert image.origin_xyz == (0.0, 0.0, 0.0)
    assert image.direction_xyz == ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    assert image.pixel_kind == "scalar" and image.components == 1
    assert image.metadata == {}


def test_both_axis_orders():
    image = sample()
    assert image.spacing_zyx == (3.0, 0.25, 0.5) == image.spacing_xyz[::-1]
    assert image.origin_zyx == image.origin_xyz[::-1]
    assert image.index_zyx == (9, -8, 7)
    assert image.direction_xyz == TURNED
    assert image.direction_zyx == tuple(tuple(row[::-1]) for row in TURNED[::-1])


def test_attributes_are_plain_python():
    image = sample()
    assert all(type(v) is float for v in image.spacing_xyz + image.origin_zyx + sum(image.direction_xyz, ()))
    assert all(type(v) is int for v in image.size_xyz + image.index_xyz + image.shape)
    assert isinstance(image.dtype, np.dtype)


def test_attributes_cannot_be_set():
    image = sample()
    for name in ("spacing_xyz", "shape", "origin_zyx", "metadata", "pixel_kind"):
        with pytest.raises(AttributeError):
            setattr(image, name, getattr(image, name))


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_pixel_type(dtype):
    image = oxitk.Image.from_array(np.zeros((2, 3), dtype))
    assert image.dtype == np.dtype(dtype) == np.asarray(image).dtype


@pytest.mark.parametrize("ndim", range(1, 7))
def test_one_to_six_axes(ndim):
    a = noise("u1", tuple(range(1, ndim + 1)))
    image = oxitk.Image.from_array(a, spacing_xyz=tuple(range(1, ndim + 1)))
    assert image.ndim == ndim and image.shape == a.shape and image.size_xyz == a.shape[::-1]
    assert image.spacing_xyz == tuple(map(float, range(1, ndim + 1)))
    oracle.assert_same(np.asarray(image), a)


@pytest.mark.parametrize("shape", EMPTY_SHAPES, ids=str)
def test_no_pixels(shape):
    image = oxitk.Image.from_array(np.zeros(shape, "f4"))
    assert image.shape == shape and np.asarray(image).shape == shape
    assert isinstance(repr(image), str) and isinstance(image._repr_html_(), str)


def test_geometry_takes_any_sequence_of_numbers():
    plain = oxitk.Image.from_array(np.zeros((2, 3)), spacing_xyz=(1, 2), origin_xyz=(3, 4), direction_xyz=((0, 1), (1, 0)))
    arrays = oxitk.Image.from_array(
        np.zeros((2, 3)),
        spacing_xyz=np.array([1, 2]),
        origin_xyz=[np.float32(3), np.int8(4)],
        direction_xyz=np.array([[0, 1], [1, 0]]),
        index_xyz=np.array([0, 0]),
    )
    assert attributes(plain) == attributes(arrays)


@pytest.mark.parametrize("kind, components, dtype", [("rgb", 3, "u1"), ("rgba", 4, "u2"), ("vector", 1, "f4"), ("vector", 5, "f8"), ("complex", 2, "f4")])
def test_components_are_the_last_axis(kind, components, dtype):
    a = noise(dtype, (4, 5, components))
    image = oxitk.Image.from_array(a, pixel_kind=kind, spacing_xyz=(2, 3))
    assert image.pixel_kind == kind and image.components == components
    assert image.shape == (4, 5, components) and image.size_xyz == (5, 4) and image.spacing_xyz == (2.0, 3.0)
    oracle.assert_same(np.asarray(image), a)


@pytest.mark.parametrize(
    "shape, arguments, error, says",
    [
        ((2, 3), {"spacing_xyz": (1, 0)}, ValueError, "spacing.*0"),
        ((2, 3), {"spacing_xyz": (1, -2.5)}, ValueError, "spacing.*-2.5"),
        ((2, 3), {"spacing_xyz": (1,)}, ValueError, "spacing"),
        ((2, 3), {"spacing_xyz": (1, 2, 3)}, ValueError, "spacing"),
        ((2, 3), {"spacing_xyz": "12"}, TypeError, "spacing"),
        ((2, 3), {"spacing_xyz": (1, "2")}, TypeError, "spacing"),
        ((2, 3), {"origin_xyz": (1, 2, 3)}, ValueError, "origin"),
        ((2, 3), {"origin_xyz": (1, None)}, TypeError, "origin"),
        ((2, 3), {"direction_xyz": ((1, 2), (2, 4))}, ValueError, "direction.*(singular|determinant)"),
        ((2, 3), {"direction_xyz": ((0, 0), (0, 0))}, ValueError, "direction"),
        ((2, 3), {"direction_xyz": ((1, 0, 0), (0, 1, 0))}, ValueError, "direction"),
        ((2, 3), {"direction_xyz": ((1, 0),)}, ValueError, "direction"),
        ((2, 3), {"direction_xyz": (1, 0)}, (TypeError, ValueError), "direction"),
        ((2, 3), {"direction_xyz": 1}, TypeError, "direction"),
        ((2, 3), {"index_xyz": (1,)}, ValueError, "index"),
        ((2, 3), {"index_xyz": (0.5, 1)}, TypeError, "index"),
        ((2, 3), {"pixel_kind": "rgb", "spacing_xyz": (1, 1)}, ValueError, "rgb|spacing"),
        ((2, 4), {"pixel_kind": "rgb"}, ValueError, "3.*rgb|rgb.*3"),
        ((2, 3), {"pixel_kind": "rgba"}, ValueError, "4.*rgba|rgba.*4"),
        ((2, 3), {"pixel_kind": "RGB"}, ValueError, "pixel_kind.*rgb"),
        ((2, 3), {"pixel_kind": 3}, TypeError, "pixel_kind"),
        ((2, 3), {"metadata": 3}, TypeError, "metadata"),
        ((2, 3), {"metadata": {1: "x"}}, TypeError, "metadata"),
        ((2, 3), {"spacing": (1, 1)}, TypeError, "spacing"),
        ((), {}, ValueError, "0-d"),
        ((1,) * 7, {}, ValueError, "7"),
    ],
    ids=repr,
)
def test_refused(shape, arguments, error, says):
    with pytest.raises(error, match=says):
        oxitk.Image.from_array(np.zeros(shape), **arguments)


@pytest.mark.parametrize("bad", [np.zeros((2, 2), "c8"), np.zeros((2, 2), object), np.ma.zeros((2, 2)), np.zeros((2, 2), "U1"), None, "x"], ids=repr)
def test_what_is_not_a_pixel_is_a_type_error(bad):
    for share in (False, True):
        with pytest.raises(TypeError):
            oxitk.Image.from_array(bad, share)


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="long double is float64 here")
def test_long_double_is_refused():
    with pytest.raises(TypeError, match="float128|longdouble|float96"):
        oxitk.Image.from_array(np.zeros((2, 2), np.longdouble), copy=True)


def test_nan_geometry_is_allowed_as_in_itk():
    image = oxitk.Image.from_array(np.zeros((2, 3)), spacing_xyz=(math.nan, 1), origin_xyz=(math.nan, 0))
    assert math.isnan(image.spacing_xyz[0]) and math.isnan(image.origin_xyz[0])


def test_odd_directions_are_allowed_as_in_itk():
    for direction in (((2.0, 0.0), (0.0, 3.0)), ((1.0, 1.0), (1.0, 1.0 + 1e-10)), ((-1.0, 0.5), (0.0, -1.0))):
        assert oxitk.Image.from_array(np.zeros((2, 3)), direction_xyz=direction).direction_xyz == direction


def test_index_to_point_by_the_formula():
    image = sample()
    for index in ((0, 0, 0), (1, 0, 0), (7, -8, 9), (3, 2, 1), (-5, 100, 12345)):
        want = []
        for row, start in zip(TURNED, image.origin_xyz, strict=True):
            for cosine, spacing, i in zip(row, image.spacing_xyz, index, strict=True):
                start += (cosine * spacing) * i
            want.append(start)
        assert image.transform_index_to_physical_point(index) == tuple(want)


def test_point_to_index_comes_back():
    image = sample()
    for index in ((0, 0, 0), (7, -8, 9), (-5, 100, 12345)):
        got = image.transform_physical_point_to_index(image.transform_index_to_physical_point(index))
        assert got == index and all(type(v) is int for v in got)


@pytest.mark.parametrize(
    "x, want",
    [(-1.5, -1), (-0.5, 0), (0.5, 1), (2.5, 3), (0.49999999999999994, 1), (-0.51, -1), (8.4999, 8), (-8.5001, -9), (0.0, 0)],
)
def test_half_rounds_up_as_in_itk(x, want):
    assert oxitk.Image.from_array(np.zeros(3)).transform_physical_point_to_index((x,)) == (want,)


@pytest.mark.parametrize("bad", [(1,), (1, 2, 3, 4), (), "abc", None, 1, (1, "x", 2)], ids=repr)
def test_transforms_refuse_the_wrong_shape(bad):
    for transform in (sample().transform_index_to_physical_point, sample().transform_physical_point_to_index):
        with pytest.raises((TypeError, ValueError)):
            transform(bad)


@pytest.mark.parametrize("point", [(math.nan, 0, 0), (math.inf, 0, 0), (1e300, 0, 0)], ids=repr)
def test_a_point_without_an_index_is_refused(point):
    with pytest.raises((ValueError, OverflowError)):
        sample().transform_physical_point_to_index(point)


def test_metadata():
    image = sample()
    assert image.metadata == {"who": "me", "empty": "", "ключ": "значение"}
    assert image["who"] == "me" and image["ключ"] == "значение"
    image.metadata["who"] = "you"
    assert image["who"] == "me", "the dict is a fresh one"


@pytest.mark.parametrize("base", [oxitk.MetadataKeyError, KeyError, RuntimeError])
def test_a_missing_key(base):
    with pytest.raises(base, match="no such key") as caught:
        sample()["no such key"]
    assert type(caught.value) is oxitk.MetadataKeyError


def test_an_image_is_neither_sized_nor_iterable():
    image = sample()
    with pytest.raises(TypeError):
        len(image)
    with pytest.raises(TypeError):
        iter(image)
    with pytest.raises(TypeError):
        image[0]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_keeps_everything(protocol):
    image = sample()
    back = pickle.loads(pickle.dumps(image, protocol))
    assert type(back) is oxitk.Image and attributes(back) == attributes(image)
    oracle.assert_same(np.asarray(back), np.asarray(image))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, oxitk.Image.copy, lambda i: cloudpickle.loads(cloudpickle.dumps(i))], ids=str)
def test_copies_keep_everything(duplicate):
    image = sample()
    back = duplicate(image)
    assert attributes(back) == attributes(image)
    np.asarray(back)[...] = 0
    assert np.asarray(image).any()


@pytest.mark.parametrize("layout", ["F", "negative", "read only", "rgb"])
def test_pickle_of_shared_layouts(layout):
    a = noise("f4", (4, 5, 3))
    b = {"F": np.asfortranarray(a), "negative": a[::-1, :, ::-1], "read only": a.copy(), "rgb": a}[layout]
    b.flags.writeable = layout != "read only"
    image = oxitk.Image.from_array(b, pixel_kind="rgb" if layout == "rgb" else "scalar")
    back = pickle.loads(pickle.dumps(image))
    assert attributes(back) == attributes(image)
    oracle.assert_same(np.asarray(back), b)


def test_repr_says_what_it_is():
    text = repr(sample())
    for part in ("Image", "int16", "0.5", "0.25"):
        assert part in text, text
    assert len(text) < 1000


def test_html_has_slices_and_geometry():
    html = sample()._repr_html_()
    assert "data:image/png;base64," in html and "<table" in html
    for part in ("0.25", "int16", "-10.1"):
        assert part in html
    hostile = oxitk.Image.from_array(np.zeros((3, 3)), metadata={"<script>": "<img onerror=x>"})._repr_html_()
    assert "<script>" not in hostile and "<img onerror" not in hostile


@pytest.mark.parametrize("ndim", range(1, 7))
@pytest.mark.parametrize("dtype", DTYPES)
def test_png_of_any_image(dtype, ndim, tmp_path):
    image = oxitk.Image.from_array(noise(dtype, (3, 4, 5, 2, 2, 3)[:ndim]))
    png = image._repr_png_()
    assert png[:8] == PNG
    (tmp_path / "shown.png").write_bytes(png)
    assert np.asarray(oxitk.imread(tmp_path / "shown.png")).size > 0


@pytest.mark.parametrize(
    "a",
    [np.full((4, 5), np.nan), np.array([[np.inf, -np.inf, 0.0]]), np.full((3, 3), 7, "u8"), np.array([[-1.7e308, 1.7e308]]), np.zeros((0, 3))],
    ids=["nan", "infinite", "flat", "widest", "empty"],
)
def test_png_of_odd_values(a):
    png = oxitk.Image.from_array(a)._repr_png_()
    assert png is None if a.size == 0 else png[:8] == PNG


def test_png_of_colour(tmp_path):
    image = oxitk.Image.from_array(noise("u1", (6, 7, 3)), pixel_kind="rgb")
    (tmp_path / "shown.png").write_bytes(image._repr_png_())
    assert oxitk.imread(tmp_path / "shown.png").pixel_kind in ("rgb", "rgba")


def test_a_cycle_through_metadata_is_impossible():
    """Values are text or numbers, so an image can never keep itself alive."""
    holder = []
    with pytest.raises(TypeError, match="metadata"):
        oxitk.Image.from_array(np.zeros((2, 2)), metadata={"self": holder})
    gc.collect()
