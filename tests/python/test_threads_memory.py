"""Arrays that other threads change, or let go of, while a kernel is inside: never a memory error, never a wrong shape."""

from __future__ import annotations

import gc
import warnings
import weakref

import numpy as np
import oracle
import oxitk
import pytest
from arrays import noise
from gates import Call, gate, has_gil, needs_detach, until
from oxitk import _native

SHAPE = (30, 41)
MEDIAN = {"median": lambda a, **kw: oxitk.median(a, 2, **kw), "gradient_magnitude": oxitk.gradient_magnitude}


def assign(name: str, value: object):
    def change(a: np.ndarray) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # newer numpys advise against it
            setattr(a, name, value)

    return change


# What another thread does to the input, and whether its pixels stay.
HARMLESS = {
    "shape": assign("shape", (41, 30)),
    "flat": assign("shape", (-1,)),
    "strides": assign("strides", (2, 2)),
    "dtype": assign("dtype", np.dtype("u1")),
    "setflags": lambda a: a.setflags(write=False),
    "delete": lambda a: None,
}


@needs_detach
@pytest.mark.parametrize("kernel", MEDIAN)
@pytest.mark.parametrize("change", HARMLESS)
def test_geometry_is_that_of_the_call(kernel, change):
    a = noise("u2", SHAPE)
    want = MEDIAN[kernel](a.copy())
    with gate(kernel) as held:
        call = Call(MEDIAN[kernel], a)
        until(held.entered)
        HARMLESS[change](a)
        del a
        gc.collect()
        held.open()
        oracle.assert_same(call.result(), want)
        assert held.passed()


@needs_detach
@pytest.mark.parametrize("kernel", MEDIAN)
@pytest.mark.parametrize("refcheck", [True, False])
def test_resize_is_refused_meanwhile(kernel, refcheck):
    a = noise("f4", SHAPE)
    want = MEDIAN[kernel](a.copy())
    with gate(kernel) as held:
        call = Call(MEDIAN[kernel], a)
        until(held.entered)
        with pytest.raises(ValueError, match="resize"):
            a.resize((500, 500), refcheck=refcheck)
        held.open()
        oracle.assert_same(call.result(), want)
    del call
    gc.collect()
    a.resize((2, 2), refcheck=False)


@needs_detach
def test_out_and_the_owner_of_a_view_are_pinned_too():
    owner, out = noise("u2", (60, 41)), np.zeros(SHAPE, "u2")
    want = oxitk.median(owner[::2].copy(), 2)
    with gate("median") as held:
        call = Call(oxitk.median, owner[::2], 2, out=out)
        until(held.entered)
        for pinned in (owner, out):
            with pytest.raises(ValueError, match="resize"):
                pinned.resize((1, 1), refcheck=False)
        assign("shape", (-1,))(out)
        held.open()
        call.result()
    oracle.assert_same(out.reshape(SHAPE), want)


@needs_detach
def test_memory_of_other_owners_cannot_be_taken_away(tmp_path):
    import mmap

    raw = bytearray(noise("u1", SHAPE).tobytes())
    path = tmp_path / "pixels"
    path.write_bytes(raw)
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        for owner, take in ((raw, lambda: raw.append(0)), (mapped, mapped.close)):
            a = np.frombuffer(owner, "u1").reshape(SHAPE)
            with gate("median") as held:
                call = Call(oxitk.median, a, 2)
                del a
                until(held.entered)
                with pytest.raises(BufferError):
                    take()
                held.open()
                oracle.assert_same(call.result(), oracle.naive_median(noise("u1", SHAPE), 2))
            del call
            gc.collect()


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
@pytest.mark.parametrize("layout", ["C", "F"])
def test_writes_while_it_is_read_change_pixels_only(dtype, layout):
    """Each result pixel is some pixel that was there at some time: values come from the two that are written."""
    a = np.full((120, 130), 3, dtype, order=layout)
    stop = []

    def write() -> None:
        while not stop:
            a[...] = 200
            a[::2] = 3

    writer = Call(write)
    try:
        for radius in (1, 2, 4, (3, 9)):
            for _ in range(15):
                result = oxitk.median(a, radius)
                assert result.shape == a.shape and result.dtype == a.dtype
                if a.itemsize == 1:  # wider ones may be torn
                    assert np.isin(result, (3, 200)).all()
        for _ in range(15):
            assert oxitk.gradient_magnitude(a).shape == a.shape
    finally:
        stop.append(True)
        writer.result()
    oracle.assert_same(oxitk.median(np.ascontiguousarray(a), 2), oracle.naive_median(a, 2))


# numpy by itself corrupts memory where one thread resizes and another assigns, or after `dtype` was set: so geometry
# here, and size there, in one thread.
CHANGES = {
    "geometry": """
            lambda: a.__setitem__(Ellipsis, k),
            lambda: setattr(a, "shape", (-1,)),
            lambda: setattr(a, "strides", (4,) * a.ndim),
            lambda: setattr(a, "dtype", "u1"),
            lambda: setattr(a, "dtype", "f4"),
            lambda: setattr(a, "shape", (90, 100)),
            lambda: a.setflags(write=bool(k % 2)),
""",
    "size": """
            lambda: a.resize((90 + k % 40, 100), refcheck=False),
            lambda: a.__setitem__(Ellipsis, k),
""",
}


@pytest.mark.parametrize("changes", CHANGES)
def test_every_change_at_once_in_a_process_of_its_own(run, changes):
    """Whatever could end the process would be seen as its exit code."""
    if not has_gil():
        pytest.skip("without a GIL numpy ends the process here by itself, without oxitk too")
    code = HOSTILE.replace("CHANGES", CHANGES[changes]).replace("THREADS", "1" if changes == "size" else "3")
    done = run("-W", "ignore", "-c", code)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr


HOSTILE = """
import contextlib, threading
import numpy as np, oxitk
rng = np.random.default_rng(0)
a = rng.integers(0, 1000, (90, 100)).astype("f4")
untouched = a.copy()
want = oxitk.median(untouched, 3)
stop = False
def hostile():
    k = 0
    while not stop:
        k += 1
        for change in (CHANGES):
            with contextlib.suppress(Exception):
                change()
threads = [threading.Thread(target=hostile) for _ in range(THREADS)]
for thread in threads: thread.start()
for k in range(150):
    with contextlib.suppress(ValueError, TypeError):
        oxitk.median(a, 3)
    with contextlib.suppress(ValueError, TypeError):
        oxitk.gradient_magnitude(a)
    assert np.array_equal(oxitk.median(untouched, 3), want)
stop = True
for thread in threads: thread.join()
print("alive")
"""


def test_rank_and_shape_are_read_together():
    """Python 3.11 may collect garbage, and so run any code, wherever an object is made; here that changes the rank."""
    shapes = [(12, 10), (120,), (4, 5, 6)]
    pixels = noise("u2", shapes[0])
    for shape in shapes[1:]:
        for _ in range(5):
            a = pixels.copy()

            def change(phase, info, a=a, relabel=assign("shape", shape)) -> None:
                relabel(a)

            threshold = gc.get_threshold()
            gc.callbacks.append(change)
            gc.set_threshold(1)
            try:
                result = oxitk.median(a, 0)
            finally:
                gc.set_threshold(*threshold)
                gc.callbacks.remove(change)
            assert result.shape in shapes and np.array_equal(result.ravel(), pixels.ravel())


@needs_detach
def test_image_array_and_filter_may_be_deleted_while_the_kernel_is_inside():
    before = _native._live_buffers()
    a = noise("u2", SHAPE)
    image, filter = oxitk.Image.from_array(a.copy(), copy=True), oxitk.Median(2)
    want = oxitk.median(a, 2)
    gone = weakref.ref(image)
    with gate("median") as held:
        call = Call(filter, image)
        until(held.entered)
        del image, filter
        gc.collect()
        held.open()
        result = call.result()
        view = np.asarray(result)
        del call, result
        gc.collect()
        assert gone() is None, "the input outlives its call"
        oracle.assert_same(view, want)
        part = view[3:7]
        del view
        gc.collect()
        oracle.assert_same(part, want[3:7])
    del part, want
    gc.collect()
    assert _native._live_buffers() == before


@needs_detach
def test_input_and_output_that_overlap_are_refused_in_every_thread():
    a = noise("u2", (64, 64))

    def work() -> None:
        for out in (a, a[::-1], a.T):
            with pytest.raises(ValueError, match="overlap"):
                oxitk.median(a, 1, out=out)
        frozen = np.zeros_like(a)
        frozen.setflags(write=False)
        with pytest.raises(ValueError, match="writable"):
            oxitk.median(a, 1, out=frozen)

    for call in [Call(work) for _ in range(4)]:
        call.result()
