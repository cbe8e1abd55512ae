"""Junk at the boundary: any call ends in a result or an ordinary exception, never in a panic.

A Rust panic is a BaseException (PanicException) or, caught at the job's door, an InternalError: both fail here.
"""

from __future__ import annotations

import contextlib
import os
import tempfile

import numpy as np
import oxitk
import pytest
from arrays import DTYPES, noise
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# tools/test-python.sh asks for fewer from all Pythons but one.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2000"))
many = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
pytestmark = pytest.mark.timeout(400)


def survive(function, *args, **kwargs) -> None:
    try:
        function(*args, **kwargs)
    except (KeyboardInterrupt, MemoryError):
        raise
    except oxitk.InternalError as panic:
        raise AssertionError(f"a panic inside {function}: {panic}") from panic
    except Exception as error:
        assert "panicked" not in str(error), error
    except BaseException as escaped:  # what `except Exception` of a user would miss
        raise AssertionError(f"{type(escaped)} escapes `except Exception`: {escaped}") from escaped


class Raises:
    """Every question is answered by an error."""

    def _no(self, *args, **kwargs):
        raise LookupError("no")

    __array__ = __index__ = __float__ = __int__ = __len__ = __getitem__ = __iter__ = __fspath__ = __bool__ = _no
    __eq__ = __or__ = __ror__ = _no
    __hash__ = object.__hash__


class Lies:
    """Answers with the wrong type."""

    shape, ndim, dtype, strides, size = "shape", -1, "dtype", None, 1e300
    __array_interface__ = {"shape": (3,), "typestr": "<f4", "data": (0, False), "version": 3}

    def __len__(self):
        return 2**62

    def __array__(self, dtype=None, copy=None):
        return "not an array"

    def __index__(self):
        return 2**70

    def __float__(self):
        return float("nan")

    def __fspath__(self):
        return "\udcff\ud800"


class SubArray(np.ndarray):
    @property
    def shape(self):
        return ("x",)

    @property
    def strides(self):
        return None


INTEGERS = st.one_of(st.integers(-3, 9), st.sampled_from([2**31, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), 10**30]))
FLOATS = st.floats(allow_nan=True, allow_infinity=True, width=64)
NUMBERS = st.one_of(
    INTEGERS, FLOATS, st.booleans(), st.complex_numbers(), INTEGERS.filter(lambda n: abs(n) < 128).map(np.int8), FLOATS.map(np.float64)
)
TEXTS = st.one_of(st.text(max_size=8), st.binary(max_size=8), st.sampled_from(["\0", "\ud800", "f4", "uint8", "omit", "rgb", "x.mha", ".nrrd"]))


@st.composite
def arrays(draw):
    """Mostly good arrays, with odd dtypes, ranks, layouts and classes among them."""
    if draw(st.integers(0, 3)):
        shape = tuple(draw(st.lists(st.integers(0, 5), max_size=4)))
        a = noise(draw(st.sampled_from(DTYPES)), shape, seed=draw(st.integers(0, 99)))
    else:
        shape = tuple(draw(st.lists(st.integers(0, 3), max_size=8)))
        dtype = draw(st.sampled_from(["c8", "c16", "O", "U3", "S2", "M8[s]", "m8", "V5", "g", "G", "u1,f4", ">f4", ">u2", ">c8"]))
        a = np.zeros(shape, dtype)
    change = draw(st.integers(0, 9))
    if change == 1 and a.ndim:
        a = a[tuple(slice(None, None, draw(st.sampled_from((-1, 2, -3)))) for _ in range(a.ndim))]
    elif change == 2:
        a = a.T
    elif change == 3:
        a.flags.writeable = False
    elif change == 4:
        a = a.view(SubArray)
    elif change == 5:
        a = np.ma.masked_array(a, mask=False)
    elif change == 6 and a.ndim:
        a = np.lib.stride_tricks.as_strided(a, a.shape, (0,) * a.ndim)
    elif change == 7 and a.dtype.kind in "fiu":
        a = a.astype(a.dtype.newbyteorder("S"))
    return a


ODD_OBJECTS = st.one_of(
    st.sampled_from([None, type, Ellipsis, slice(1), memoryview(b"abc"), np.float16, range(3), np.median]),
    st.builds(Raises),
    st.builds(Lies),
    st.builds(lambda: iter([1])),
)
LEAVES = st.one_of(NUMBERS, TEXTS, ODD_OBJECTS, arrays())
JUNK = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.lists(inner, max_size=3).map(tuple), st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=6,
)
IMAGES = st.builds(lambda a: oxitk.Image.from_array(a, copy=True), st.sampled_from(DTYPES).map(lambda d: noise(d, (3, 4))))
PIXELS = st.one_of(arrays(), arrays(), IMAGES, JUNK)
PER_AXIS = st.one_of(INTEGERS, st.lists(INTEGERS, max_size=4), st.lists(INTEGERS, max_size=4).map(tuple), arrays(), JUNK)
REALS = st.one_of(FLOATS, st.lists(FLOATS, max_size=4), st.lists(st.lists(FLOATS, max_size=3), max_size=3), arrays(), JUNK)


def options(**kinds):
    """Some of the keywords, each with its own kind of value or with junk."""
    return st.fixed_dictionaries({}, optional={name: st.one_of(kind, JUNK) for name, kind in kinds.items()})


SHARED = {"axes": PER_AXIS, "channel_axis": INTEGERS, "out": arrays()}
MEDIAN = options(radius=PER_AXIS, nan_policy=st.sampled_from(["propagate", "omit", "raise", "Omit"]), **SHARED)
GRADIENT = options(
    spacing=REALS,
    precision=st.sampled_from(["double", "single", "Single"]),
    dtype=st.sampled_from([*DTYPES, "c8", ">f4", float, None]),
    **SHARED,
)
IMAGE = options(
    copy=st.booleans(),
    spacing_xyz=REALS,
    origin_xyz=REALS,
    direction_xyz=REALS,
    index_xyz=PER_AXIS,
    pixel_kind=st.sampled_from(["scalar", "rgb", "rgba", "vector", "complex", "covariant vector", "RGB"]),
    metadata=st.dictionaries(st.text(max_size=3), LEAVES, max_size=3),
)


@many
@given(image=PIXELS, arguments=MEDIAN)
def test_median(image, arguments):
    survive(oxitk.median, image, **arguments)


@many
@given(image=PIXELS, arguments=GRADIENT)
def test_gradient_magnitude(image, arguments):
    survive(oxitk.gradient_magnitude, image, **arguments)


@many
@given(array=PIXELS, arguments=IMAGE)
def test_image_from_array(array, arguments):
    survive(look_at, array, arguments)


def look_at(array, arguments) -> None:
    image = oxitk.Image.from_array(array, **arguments)
    for use in (np.asarray, repr, oxitk.median, oxitk.Image._repr_html_, oxitk.Image._repr_png_, oxitk.Image.copy):
        survive(use, image)


@many
@given(a=JUNK, b=JUNK, which=st.integers(0, 8))
def test_methods_of_an_image(a, b, which):
    image = oxitk.Image.from_array(np.zeros((2, 3), "u1"), metadata={"k": "v"})
    calls = (
        lambda: image[a],
        lambda: image.transform_index_to_physical_point(a),
        lambda: image.transform_physical_point_to_index(a),
        lambda: image.__array__(a, copy=b),
        lambda: image.__dlpack__(stream=a, max_version=b),
        lambda: oxitk.Image(a, b),
        lambda: oxitk.Image.__new__(oxitk.Image, a),
        lambda: image == a,
        lambda: setattr(image, "spacing_xyz", a),
    )
    survive(calls[which])


@many
@given(arguments=MEDIAN.map(lambda o: {k: v for k, v in o.items() if k != "out"}), other=JUNK, image=PIXELS)
def test_filter_objects(arguments, other, image):
    def use():
        f = oxitk.Median(**arguments)
        for question in (repr, hash, lambda f: f == other, lambda f: f | other, lambda f: other | f, lambda f: f(image)):
            survive(question, f)

    survive(use)


@many
@given(n=JUNK)
def test_thread_count(n):
    before = oxitk.get_num_threads()
    if isinstance(n, (int, np.integer)) and not -9 < n < 9:
        return  # a machine may really start that many
    survive(oxitk.set_num_threads, n)
    oxitk.set_num_threads(before)


def test_an_object_without_a_repr():
    """An error's text must not need one."""

    class Shy:
        def __repr__(self):
            raise LookupError("no repr")

    for arguments in ({"radius": Shy()}, {"axes": Shy()}, {"nan_policy": Shy()}, {"out": Shy()}, {"channel_axis": Shy()}):
        survive(oxitk.median, np.zeros((3, 3)), **arguments)
    for call in (oxitk.median, oxitk.gradient_magnitude, oxitk.Image.from_array, oxitk.imread, oxitk.set_num_threads):
        survive(call, Shy())


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as path, contextlib.chdir(path):
        yield path


SUFFIXES = [".mha", ".mhd", ".nrrd", ".nhdr", ".png", "", ".txt"]


@many
@given(
    image=PIXELS,
    path=st.one_of(st.sampled_from(SUFFIXES).map("x".__add__), JUNK.filter(lambda p: not isinstance(p, int))),
    compress=st.one_of(st.booleans(), JUNK),
    pixel_type=st.one_of(st.none(), st.sampled_from(DTYPES), JUNK),
)
def test_imwrite_and_imread(folder, image, path, compress, pixel_type):
    if isinstance(path, (str, bytes)):  # never outside the folder
        path = os.path.basename(path)
    survive(oxitk.imwrite, image, path, compress=compress)
    survive(oxitk.imread, path, pixel_type)


def seeds() -> list[tuple[str, bytes]]:
    """One small valid file of each kind."""
    found = []
    with tempfile.TemporaryDirectory() as path:
        for suffix in (".mha", ".nrrd", ".png"):
            for compress in (False, True):
                oxitk.imwrite(noise("u2", (3, 4)), f"{path}/x{suffix}", compress=compress)
                with open(f"{path}/x{suffix}", "rb") as file:
                    found.append((suffix, file.read()))
    return found


TOKENS = [b"0", b"-1", b"nan", b"1e999", b"99999999999999999999", b"\0", b"\xff", b"\n", b" ", b"=", b":", b"(", b")", b"none", b"LIST", b"%d"]


@many
@given(data=st.data())
def test_mutated_files(folder, data):
    suffix, raw = data.draw(st.sampled_from(SEEDS))
    raw = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        end = min(len(raw), at + data.draw(st.integers(0, 6)))
        raw[at:end] = data.draw(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=4)))
    name = f"mutated{suffix}"
    with open(name, "wb") as file:
        file.write(raw)
    survive(oxitk.imread, name)


SEEDS = seeds()
