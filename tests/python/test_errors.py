"""Every bad argument gets an error of the right type that says what came and what is allowed."""

from __future__ import annotations

import pickle

import numpy as np
import oxitk
import pytest

A = np.arange(20, dtype="u1").reshape(4, 5)
F = A.astype("f4")


class NoIndex:
    def __index__(self):
        raise ZeroDivisionError("from __index__")


@pytest.mark.parametrize(
    "arguments, error, says",
    [
        ({"radius": -1}, ValueError, r"^median: radius must be >= 0, got -1 \(axis 0\)$"),
        ({"radius": (1, -7)}, ValueError, r"^median: radius must be >= 0, got -7 \(axis 1\)$"),
        ({"radius": np.int8(-1)}, ValueError, "got -1"),
        ({"radius": 1.5}, TypeError, "radius.*(1.5|float)"),
        ({"radius": 1.0}, TypeError, "radius"),
        ({"radius": np.float64(1)}, TypeError, "radius"),
        ({"radius": np.array([1.0, 2.0])}, TypeError, "radius"),
        ({"radius": True}, TypeError, "radius.*bool"),
        ({"radius": (True, 1)}, TypeError, "radius.*bool"),
        ({"radius": np.bool_(True)}, TypeError, "radius.*bool"),
        ({"radius": np.array([True, False])}, TypeError, "radius.*bool"),
        ({"radius": "2"}, TypeError, "radius.*str"),
        ({"radius": b"12"}, TypeError, "radius"),
        ({"radius": None}, TypeError, "radius"),
        ({"radius": {}}, TypeError, "radius"),
        ({"radius": (1,)}, ValueError, "radius.*2.*got 1"),
        ({"radius": (1, 2, 3)}, ValueError, "radius.*2.*got 3"),
        ({"radius": ()}, ValueError, "radius"),
        ({"radius": np.ones((2, 2), int)}, (TypeError, ValueError), "radius"),
        ({"radius": [[1, 2]]}, (TypeError, ValueError), "radius"),
        ({"nan_policy": "Raise"}, ValueError, "nan_policy.*propagate.*omit.*raise"),
        ({"nan_policy": None}, TypeError, "nan_policy"),
        ({"nan_policy": 1}, TypeError, "nan_policy"),
        ({"axes": 2}, ValueError, "axes.*2"),
        ({"axes": -3}, ValueError, "axes.*-3"),
        ({"axes": (0, 0)}, ValueError, "axes"),
        ({"axes": (0, -2)}, ValueError, "axes"),
        ({"axes": 0.5}, TypeError, "axes"),
        ({"axes": "x"}, TypeError, "axes"),
        ({"axes": (0,), "radius": (1, 2)}, ValueError, "radius"),
        ({"channel_axis": 2}, ValueError, "channel_axis.*2"),
        ({"channel_axis": 0.0}, TypeError, "channel_axis"),
        ({"channel_axis": (0,)}, TypeError, "channel_axis"),
        ({"radius": 1, "size": 3}, TypeError, "size"),
        ({"raduis": 1}, TypeError, "raduis"),
    ],
    ids=lambda v: repr(v) if isinstance(v, dict) else "",
)
def test_median(arguments, error, says):
    with pytest.raises(error, match=says):
        oxitk.median(A, **arguments)


@pytest.mark.parametrize(
    "arguments, error, says",
    [
        ({"spacing": 0}, ValueError, "spacing.*0"),
        ({"spacing": (1, 0.0)}, ValueError, "spacing.*0"),
        ({"spacing": -2.0}, ValueError, "spacing.*-2"),
        ({"spacing": (1.0,)}, ValueError, "spacing"),
        ({"spacing": (1.0, 2.0, 3.0)}, ValueError, "spacing"),
        ({"spacing": "1"}, TypeError, "spacing"),
        ({"spacing": (1, "2")}, TypeError, "spacing"),
        ({"spacing": 1j}, TypeError, "spacing"),
        ({"spacing": {}}, TypeError, "spacing"),
        ({"dtype": "complex64"}, TypeError, "complex64"),
        ({"dtype": "no such type"}, TypeError, "no such type"),
        ({"dtype": object}, TypeError, "object"),
        ({"dtype": "M8[s]"}, TypeError, "datetime64"),
        ({"precision": "half"}, ValueError, "precision must be 'double' or 'single', got \"half\""),
        ({"precision": 1}, TypeError, "precision"),
        ({"axes": 2}, ValueError, "axes"),
        ({"axes": (1, 1)}, ValueError, "axes"),
        ({"axes": (0,), "spacing": (1, 2)}, ValueError, "spacing"),
        ({"channel_axis": -3}, ValueError, "channel_axis"),
        ({"sigma": 1}, TypeError, "sigma"),
    ],
    ids=lambda v: repr(v) if isinstance(v, dict) else "",
)
def test_gradient_magnitude(arguments, error, says):
    with pytest.raises(error, match=says):
        oxitk.gradient_magnitude(A, **arguments)


def test_options_are_keyword_only():
    with pytest.raises(TypeError):
        oxitk.median(A, 1, (0,))
    with pytest.raises(TypeError):
        oxitk.gradient_magnitude(A, 1.0)
    with pytest.raises(TypeError):
        oxitk.median()


def test_an_error_from_user_code_is_passed_on():
    with pytest.raises(ZeroDivisionError, match="from __index__"):
        oxitk.median(A, NoIndex())

    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise ZeroDivisionError("from __array__")

    with pytest.raises(ZeroDivisionError, match="from __array__"):
        oxitk.median(Broken())


@pytest.mark.parametrize("name", ["median", "gradient_magnitude"])
@pytest.mark.parametrize(
    "out, error, says",
    [
        (np.zeros((4, 6), "f4"), ValueError, r"out.*\(4, 6\)"),
        (np.zeros((5, 4), "f4"), ValueError, r"out.*\(5, 4\)"),
        (np.zeros((4, 5, 1), "f4"), ValueError, "out"),
        (np.zeros(20, "f4"), ValueError, "out"),
        (np.zeros((4, 5), ">f4"), (TypeError, ValueError), "out.*byte"),
        (np.zeros((4, 5), "c8"), TypeError, "out"),
        (np.zeros((4, 5), object), TypeError, "out"),
        ([[0.0] * 5] * 4, TypeError, "out"),
        (1, TypeError, "out"),
        ("x", TypeError, "out"),
        (np.ma.zeros((4, 5), "f4"), TypeError, "out"),
    ],
    ids=lambda v: f"{v.dtype}{v.shape}" if isinstance(v, np.ndarray) else "",
)
def test_out(name, out, error, says):
    with pytest.raises(error, match=says):
        getattr(oxitk, name)(F, out=out)


@pytest.mark.parametrize("name", ["median", "gradient_magnitude"])
def test_out_must_be_writable(name):
    out = np.zeros((4, 5), "f4")
    out.flags.writeable = False
    with pytest.raises(ValueError, match="out.*(read-only|writ)"):
        getattr(oxitk, name)(F, out=out)
    with pytest.raises(ValueError, match="out"):
        getattr(oxitk, name)(F, out=np.broadcast_to(np.zeros((1, 5), "f4"), (4, 5)))


@pytest.mark.parametrize("name", ["median", "gradient_magnitude"])
def test_out_that_meets_itself_is_refused(name):
    writable = np.lib.stride_tricks.as_strided(np.zeros(8, "f4"), (4, 5), (4, 4))
    with pytest.raises(ValueError, match="out"):
        getattr(oxitk, name)(F, out=writable)


@pytest.mark.parametrize("name", ["median", "gradient_magnitude"])
def test_out_may_not_overlap_the_input(name):
    field = np.zeros((8, 5), "f4")
    for a, out in ((field[:4], field[:4]), (field[:4], field[3:7]), (field[:4], field[3::-1]), (field[1:5], field[:4])):
        with pytest.raises(ValueError, match="overlap"):
            getattr(oxitk, name)(a, out=out)
    image = oxitk.Image.from_array(field[:4])
    with pytest.raises(ValueError, match="overlap"):
        getattr(oxitk, name)(np.asarray(image), out=field[2:6])
    assert getattr(oxitk, name)(field[:4], out=field[4:]).base is field, "neighbours are fine"


def test_median_out_has_the_inputs_type():
    with pytest.raises((TypeError, ValueError), match="out.*(uint8|float64)"):
        oxitk.median(A, out=np.zeros((4, 5)))


def test_gradient_out_and_dtype_must_agree():
    with pytest.raises((TypeError, ValueError), match="dtype"):
        oxitk.gradient_magnitude(A, out=np.zeros((4, 5), "f4"), dtype="f8")
    assert oxitk.gradient_magnitude(A, out=np.zeros((4, 5), "f8"), dtype="f8").any()


@pytest.mark.parametrize("name", ["median", "gradient_magnitude"])
def test_colour_is_refused_with_the_way_out(name):
    image = oxitk.Image.from_array(np.zeros((4, 5, 3), "u1"), pixel_kind="rgb")
    with pytest.raises((TypeError, ValueError), match="channel_axis") as caught:
        getattr(oxitk, name)(image)
    assert "pixel_type" in str(caught.value)


def test_a_refused_call_leaves_everything_usable():
    out = np.full((4, 5), 9, "u1")
    with pytest.raises(ValueError):
        oxitk.median(A, -1, out=out)
    assert (out == 9).all()
    assert oxitk.median(A, 1, out=out) is out and not (out == 9).all()


@pytest.mark.parametrize("n", [0, -1])
def test_thread_count_must_be_positive(n):
    before = oxitk.get_num_threads()
    with pytest.raises(ValueError, match="thread"):
        oxitk.set_num_threads(n)
    assert oxitk.get_num_threads() == before


@pytest.mark.parametrize("n", [1.5, "2", None, True])
def test_thread_count_must_be_an_integer(n):
    with pytest.raises(TypeError):
        oxitk.set_num_threads(n)


@pytest.mark.parametrize(
    "name, bases",
    [
        ("MetadataKeyError", (KeyError, RuntimeError)),
        ("MissingFileError", (FileNotFoundError, RuntimeError)),
        ("FileFormatError", (OSError, RuntimeError)),
        ("InternalError", (RuntimeError,)),
        ("ProcessAborted", (RuntimeError,)),
        ("InvalidRequestedRegionError", (ValueError, RuntimeError)),
    ],
)
def test_exceptions(name, bases):
    error = getattr(oxitk, name)
    assert all(issubclass(error, base) for base in bases)
    back = pickle.loads(pickle.dumps(error("why")))
    assert type(back) is error and back.args == ("why",)


@pytest.mark.parametrize("value", ["sse9", "AVX 2", "avx1024"])
def test_an_unknown_simd_level_lists_the_known(run, value):
    done = run("-c", "import oxitk; oxitk.median([1, 2, 3])", env={"OXITK_SIMD": value})
    assert done.returncode == 1
    assert "baseline" in done.stderr and value in done.stderr and "panicked" not in done.stderr
