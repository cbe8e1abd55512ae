"""Memory is shared in both directions, kept alive as long as anyone looks at it, and freed once."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import weakref

import numpy as np
import oracle
import oxitk
import pytest
from arrays import DTYPES, LAYOUTS, laid_out, noise

NATIVE_LAYOUTS = [name for name in LAYOUTS if "swapped" not in name]


def address(a: np.ndarray) -> int:
    return a.__array_interface__["data"][0]


def live_buffers() -> int:
    gc.collect()
    return oxitk._native._live_buffers()


@pytest.mark.parametrize("layout", NATIVE_LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_from_array_shares(dtype, layout):
    a = laid_out(noise(dtype, (4, 5, 6)), layout)
    before = live_buffers()
    image = oxitk.Image.from_array(a)
    view = np.asarray(image)
    assert address(view) == address(a)
    assert view.strides == a.strides and view.shape == a.shape and view.dtype == a.dtype
    assert view.flags.writeable == a.flags.writeable
    assert np.shares_memory(view, a)
    assert live_buffers() == before, "sharing made a buffer"


def test_writes_are_seen_on_both_sides():
    a = np.zeros((3, 4), "i2")
    image = oxitk.Image.from_array(a)
    a[1, 2] = 7
    assert np.asarray(image)[1, 2] == 7
    np.asarray(image)[0, 0] = -3
    assert a[0, 0] == -3


def test_a_read_only_array_stays_read_only():
    a = laid_out(noise("u1", (3, 4)), "read_only")
    view = np.asarray(oxitk.Image.from_array(a))
    assert not view.flags.writeable
    with pytest.raises(ValueError, match="WRITEABLE"):
        view.setflags(write=True)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_copy_true_shares_nothing(layout):
    a = laid_out(noise("u2", (4, 5)), layout)
    before = live_buffers()
    view = np.asarray(oxitk.Image.from_array(a, copy=True))
    assert not np.shares_memory(view, a)
    assert view.flags.writeable and view.dtype.isnative
    oracle.assert_same(view, oracle.native(a))
    assert live_buffers() == before + 1


@pytest.mark.parametrize("layout", ["swapped", "swapped_fortran"])
def test_a_swapped_array_cannot_be_shared(layout):
    with pytest.raises(ValueError, match="copy=True"):
        oxitk.Image.from_array(laid_out(noise("f4", (3, 4)), layout))


def test_the_owner_lives_as_long_as_the_image_and_its_views():
    a = noise("f4", (50, 60))
    want, gone = a.copy(), weakref.ref(a)
    image = oxitk.Image.from_array(a)
    del a
    gc.collect()
    assert gone() is not None
    view = np.asarray(image)
    part = view[3:9]
    del image, view
    gc.collect()
    assert gone() is not None
    oracle.assert_same(part, want[3:9])
    del part
    gc.collect()
    assert gone() is None


def test_the_owner_of_a_view_is_pinned_too():
    owner = noise("u1", (10, 10))
    gone = weakref.ref(owner)
    image = oxitk.Image.from_array(owner[2:5, ::2])
    del owner
    gc.collect()
    assert gone() is not None
    del image
    gc.collect()
    assert gone() is None


def test_references_come_back():
    a = noise("u1", (4, 5))
    before = sys.getrefcount(a)
    for _ in range(50):
        image = oxitk.Image.from_array(a)
        np.asarray(image)
        oxitk.median(image)
        oxitk.median(a)
    del image
    gc.collect()
    assert sys.getrefcount(a) == before


def test_a_shared_array_cannot_be_resized_away():
    a = np.arange(100.0)
    image = oxitk.Image.from_array(a)
    with pytest.raises(ValueError, match="resize"):
        a.resize(100_000, refcheck=False)
    assert np.asarray(image).sum() == 4950
    del image
    gc.collect()
    a.resize(10, refcheck=False)


@pytest.mark.parametrize("function", [oxitk.median, oxitk.gradient_magnitude], ids=["median", "gradient_magnitude"])
def test_results_own_one_buffer_and_free_it_once(function):
    a, before = noise("u1", (40, 50)), live_buffers()
    got = function(a)
    assert live_buffers() == before + 1
    assert got.base is not None and not got.flags.owndata, "the base owns the pixels"
    view = got[5:, ::-1]
    want = view.copy()
    del got
    assert live_buffers() == before + 1
    oracle.assert_same(view, want)
    del view
    assert live_buffers() == before


def test_images_of_results_free_their_buffer_once():
    before = live_buffers()
    image = oxitk.median(oxitk.Image.from_array(noise("u1", (9, 9)), copy=True))
    view, other = np.asarray(image), np.asarray(image)
    assert address(view) == address(other)
    again = oxitk.Image.from_array(view)
    assert address(np.asarray(again)) == address(view)
    assert live_buffers() == before + 1
    del image, view
    assert live_buffers() == before + 1
    del other, again
    assert live_buffers() == before


def test_buffers_are_64_byte_aligned():
    for n in (1, 3, 17):
        assert address(oxitk.median(np.zeros((n, n), "u1"))) % 64 == 0


def test_a_refused_call_leaves_no_buffer():
    before = live_buffers()
    for bad in ({"radius": -1}, {"nan_policy": "raise"}, {"out": np.zeros((1, 1))}):
        with pytest.raises(ValueError):
            oxitk.median(np.full((5, 5), np.nan), **bad)
    assert live_buffers() == before


def test_out_makes_no_buffer_of_its_own():
    a, before = noise("u1", (30, 40)), live_buffers()
    out = np.empty_like(a)
    oxitk.median(a, out=out)
    assert live_buffers() == before


def test_dlpack_shares():
    image = oxitk.Image.from_array(noise("f4", (5, 6)))
    assert tuple(image.__dlpack_device__()) == (1, 0)
    got = np.from_dlpack(image)
    assert address(got) == address(np.asarray(image))
    del image
    gc.collect()
    oracle.assert_same(got, noise("f4", (5, 6)))


def test_array_protocol():
    a = noise("u1", (4, 5))
    image = oxitk.Image.from_array(a)
    assert np.shares_memory(image.__array__(), a)
    assert np.shares_memory(image.__array__(copy=None), a)
    assert np.shares_memory(image.__array__(copy=False), a)
    assert not np.shares_memory(image.__array__(copy=True), a)
    oracle.assert_same(image.__array__(np.dtype("f4")), a.astype("f4"))
    oracle.assert_same(np.asarray(image, dtype="f8"), a.astype("f8"))
    assert not np.shares_memory(np.array(image), a)
    with pytest.raises(ValueError, match="copy"):
        image.__array__(np.dtype("f4"), copy=False)


def test_copies_are_copies():
    a = noise("u1", (4, 5))
    image = oxitk.Image.from_array(a)
    for made in (image.copy(), copy.copy(image), copy.deepcopy(image), pickle.loads(pickle.dumps(image))):
        assert not np.shares_memory(np.asarray(made), a)
        assert np.asarray(made).flags.writeable
        oracle.assert_same(np.asarray(made), a)


def test_colour_is_shared_with_its_components_last():
    a = noise("u1", (4, 5, 3))
    image = oxitk.Image.from_array(a, pixel_kind="rgb")
    assert address(np.asarray(image)) == address(a) and np.asarray(image).shape == (4, 5, 3)
