"""oxitk beside the real ITK in one process: filters on every case, and files written by one, read by the other."""

from __future__ import annotations

import math
from pathlib import Path

import itk
import itk_peer
import numpy as np
import oracle
import oxitk
import pytest

# A warning that is an error while itk 5.4.7 loads one of its modules ends in a segmentation fault.
pytestmark = pytest.mark.filterwarnings("default")

DATA = Path(__file__).resolve().parents[2] / "data"
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "itk"

# Pixel types whose files itk 5.4.7 reads and writes.
IO_PIXELS = {**itk_peer.PIXELS, "int32": itk.SI, "uint32": itk.UI, "uint64": itk.ULL}
CONTAINERS = [
    pytest.param(suffix, compress, id=f"{suffix[1:]}{'-compressed' * compress}")
    for suffix in (".mha", ".mhd", ".nrrd", ".nhdr")
    for compress in (False, True)
]
SHAPES = {2: (5, 7), 3: (4, 3, 6), 4: (2, 3, 4, 5)}
REAL_FILES = (
    "HeadMRVolume.mha itkImageNegativeSpacing.mha box.nhdr testrgba.nrrd cthead1.png PythonMedianImageFilterTest.png"
).split()
SHARED_FILES = (
    "HeadMRVolume.mhd HeadMRVolumeCompressed.mha Input-RA-Short.nrrd cthead1.mha cthead1UC.png cthead1-257.png "
    "brainweb1e1a10f20.mha BigEndian.mhd LittleEndian.mhd BinarySquare4D.mhd Test64bit.mha Test64bit.nrrd "
    "HeliconiusNumataPaletteGrey.png HeliconiusNumataPaletteRGB.png"
).split()


def test_the_peer_is_the_one_that_made_the_goldens():
    assert itk_peer.version() == "5.4.7"


def test_median(case):
    got = oxitk.median(case.array, case.radius)
    want = itk_peer.median(case)
    assert got.dtype == want.dtype and got.shape == want.shape
    # == and not bits: where -0.0 and 0.0 tie, ITK's sign depends on the order of its comparisons
    assert np.array_equal(got, want), oracle.explain(got, want)


def test_mean(case):
    oracle.assert_same(oxitk.mean(case.array, case.radius), itk_peer.mean(case))


def test_derivative(case):
    # ITK has no derivative of unsigned integers.
    array = case.array.astype("float32") if case.array.dtype.kind == "u" else case.array
    for order in range(4):
        axis = order % array.ndim
        got = oxitk.derivative(array, order, axis, spacing=case.spacing, dtype=array.dtype)
        want = itk_peer.derivative(array, order, axis, case.spacing)
        if array.dtype.kind == "i":  # what does not fit is undefined in ITK
            fits = np.abs(oracle.naive_derivative(array, order, axis, case.spacing[axis], "float64")) < 32768
            got, want = np.where(fits, got, 0), np.where(fits, want, 0)
        oracle.assert_same(got, want, f"order {order}")


@pytest.mark.parametrize("turned", [True, False])
def test_gradient(case, turned):
    _, geometry = sample("uint8", case.array.ndim)
    image = oxitk.Image.from_array(
        case.array, spacing_xyz=tuple(reversed(case.spacing)), direction_xyz=geometry["direction_xyz"]
    )
    got = oxitk.gradient(image, use_image_direction=turned, dtype="float32")
    oracle.assert_same(np.asarray(got), itk_peer.gradient(case.array, case.spacing, geometry["direction_xyz"], turned))


def test_sobel(case):
    # ITK has operators of two and three axes, for floats.
    array = case.array[0] if case.array.ndim == 4 else case.array
    real = array if array.dtype.kind == "f" else array.astype("float32")
    oracle.assert_same(oxitk.sobel(array), itk_peer.sobel(real))


def test_gradient_magnitude(case):
    got = oxitk.gradient_magnitude(case.array, spacing=case.spacing, dtype=case.array.dtype)
    want, _ = oracle.where_itk_defines(case.array, case.spacing, itk_peer.gradient_magnitude(case))
    oracle.assert_same(got, want)


@pytest.mark.parametrize("rank", SHAPES)
@pytest.mark.parametrize("dtype", IO_PIXELS)
@pytest.mark.parametrize(("suffix", "compress"), CONTAINERS)
def test_itk_reads_what_oxitk_wrote(tmp_path, suffix, compress, dtype, rank):
    array, geometry = sample(dtype, rank)
    path = tmp_path / f"from oxitk{suffix}"
    oxitk.imwrite(oxitk.Image.from_array(array, **geometry), path, compress=compress)
    read = itk.imread(str(path), IO_PIXELS[dtype])
    oracle.assert_same(itk_peer.pixels(read), array)
    check_geometry(itk_geometry(read), geometry, exact=suffix.startswith(".mh"))


@pytest.mark.parametrize("rank", SHAPES)
@pytest.mark.parametrize("dtype", IO_PIXELS)
@pytest.mark.parametrize(("suffix", "compress"), CONTAINERS)
def test_oxitk_reads_what_itk_wrote(tmp_path, suffix, compress, dtype, rank):
    array, geometry = sample(dtype, rank)
    made = itk_peer.image(array, IO_PIXELS[dtype])
    made.SetSpacing(geometry["spacing_xyz"])
    made.SetOrigin(geometry["origin_xyz"])
    made.SetDirection(np.array(geometry["direction_xyz"]))
    path = tmp_path / f"from itk{suffix}"
    itk.imwrite(made, str(path), compression=compress)
    read = oxitk.imread(path)
    assert read.pixel_kind == "scalar"
    oracle.assert_same(np.asarray(read), array)
    check_geometry(our_geometry(read), geometry, exact=suffix.startswith(".mh"))


@pytest.mark.parametrize("suffix", [".mha", ".nrrd"])
def test_a_start_index_moves_the_origin_that_both_write(tmp_path, suffix):
    array, geometry = sample("int16", 3)
    index = (3, -2, 5)
    made = itk_peer.image(array)
    made.SetSpacing(geometry["spacing_xyz"])
    made.SetOrigin(geometry["origin_xyz"])
    made.SetDirection(np.array(geometry["direction_xyz"]))
    region = itk.ImageRegion[3](list(index), [int(n) for n in itk.size(made)])
    made.SetRegions(region)
    itk.imwrite(made, str(tmp_path / f"itk{suffix}"))
    oxitk.imwrite(oxitk.Image.from_array(array, **geometry, index_xyz=index), tmp_path / f"oxitk{suffix}")
    a, b = (itk.imread(str(tmp_path / f"{who}{suffix}"), itk.SS) for who in ("itk", "oxitk"))
    np.testing.assert_allclose(tuple(b.GetOrigin()), tuple(a.GetOrigin()), rtol=1e-15, atol=1e-14)


# ITK has no image of RGB<unsigned short> in Python.
@pytest.mark.parametrize("dtype, components", [("uint8", 1), ("uint16", 1), ("uint8", 3), ("uint8", 4)])
@pytest.mark.parametrize("writer", ["oxitk", "itk"])
def test_png_goes_both_ways_with_its_spacing(tmp_path, writer, dtype, components):
    shape = (9, 14) if components == 1 else (9, 14, components)
    array, path, spacing = noise(dtype, shape), tmp_path / "p.png", (0.3, 0.75)  # five digits: all that sCAL holds
    kind = {1: "scalar", 3: "rgb", 4: "rgba"}[components]
    if writer == "oxitk":
        oxitk.imwrite(oxitk.Image.from_array(array, spacing_xyz=spacing, pixel_kind=kind), path)
        read = itk.imread(str(path))
        got, got_spacing = itk_peer.pixels(read), tuple(read.GetSpacing())
    else:
        made = itk.image_from_array(array, is_vector=components > 1)
        made.SetSpacing(spacing)
        itk.imwrite(made, str(path))
        read = oxitk.imread(path)
        assert read.pixel_kind == kind
        got, got_spacing = np.asarray(read), read.spacing_xyz
    oracle.assert_same(got, array)
    assert got_spacing == spacing


@pytest.mark.parametrize("kind, components", [("rgb", 3), ("rgba", 4)])
@pytest.mark.parametrize("compress", [False, True])
def test_colour_nrrd_goes_both_ways(tmp_path, kind, components, compress):
    array = noise("uint8", (5, 6, components))
    oxitk.imwrite(oxitk.Image.from_array(array, pixel_kind=kind), tmp_path / "ours.nrrd", compress=compress)
    read = itk.imread(str(tmp_path / "ours.nrrd"))
    assert kind.upper() in type(read).__name__
    oracle.assert_same(itk_peer.pixels(read), array)
    itk.imwrite(itk.image_from_array(array, is_vector=True), str(tmp_path / "theirs.nrrd"), compression=compress)
    ours = oxitk.imread(tmp_path / "theirs.nrrd")
    assert (ours.pixel_kind, ours.components) == (kind, components)
    oracle.assert_same(np.asarray(ours), array)


@pytest.mark.parametrize("kind, components", [("rgb", 3), ("rgba", 4)])
def test_luma_of_a_colour_png_is_itks(tmp_path, kind, components):
    path = tmp_path / "c.png"
    oxitk.imwrite(oxitk.Image.from_array(noise("uint8", (40, 50, components)), pixel_kind=kind), path)
    oracle.assert_same(np.asarray(oxitk.imread(path, pixel_type="uint8")), itk_peer.pixels(itk.imread(str(path), itk.UC)))
    if kind == "rgb":  # for float pixels ITK multiplies by alpha as if 1 were opaque: 255 times too much
        oracle.assert_same(np.asarray(oxitk.imread(path, pixel_type="float32")), itk_peer.pixels(itk.imread(str(path), itk.F)))


@pytest.mark.parametrize("name", REAL_FILES)
def test_real_file(name):
    compare_real_file(DATA / name)


@pytest.mark.parametrize("name", SHARED_FILES)
def test_shared_file(name):
    if not (SHARED / name).exists():
        pytest.skip("needs ITK's test data in shared/data/itk beside the checkout")
    compare_real_file(SHARED / name)


def test_main_job_on_a_real_volume(tmp_path):
    path = str(DATA / "HeadMRVolume.mha")
    want = itk.gradient_magnitude_image_filter(itk.median_image_filter(itk.imread(path, itk.F), radius=2))
    got = oxitk.gradient_magnitude(oxitk.median(oxitk.imread(path, pixel_type="float32"), radius=2))
    oracle.assert_same(np.asarray(got), itk_peer.pixels(want))
    check_geometry(our_geometry(got), itk_geometry(want))


def compare_real_file(path: Path) -> None:
    theirs, ours = itk.imread(str(path)), oxitk.imread(path)
    oracle.assert_same(np.asarray(ours), itk_peer.pixels(theirs))
    check_geometry(our_geometry(ours), itk_geometry(theirs), exact=path.suffix.startswith(".mh"))


def noise(dtype: str, shape) -> np.ndarray:
    from cases import SplitMix, pixels

    return pixels(SplitMix(sum(shape)), dtype, shape, "full" if np.dtype(dtype).kind in "iu" else "bits")


def sample(dtype: str, rank: int):
    """Noise with odd spacing and origin and an oblique direction."""
    angle, direction = 0.3, np.eye(rank)
    for k in range(rank - 1):
        turn = np.eye(rank)
        turn[k : k + 2, k : k + 2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        direction, angle = direction @ turn, angle + 0.4
    geometry = {
        "spacing_xyz": tuple(0.7 + k / 3 for k in range(rank)),
        "origin_xyz": tuple(-10.1 + 7.77 * k for k in range(rank)),
        "direction_xyz": tuple(map(tuple, direction.tolist())),
    }
    return noise(dtype, SHAPES[rank]), geometry


def itk_geometry(made) -> dict:
    return {
        "spacing_xyz": tuple(made.GetSpacing()),
        "origin_xyz": tuple(made.GetOrigin()),
        "direction_xyz": tuple(map(tuple, np.asarray(made.GetDirection()).tolist())),
    }


def our_geometry(image) -> dict:
    return {name: getattr(image, name) for name in ("spacing_xyz", "origin_xyz", "direction_xyz")}


def check_geometry(got: dict, want: dict, exact: bool = True) -> None:
    """NRRD stores direction times spacing, which each reader divides again: equal but for rounding."""
    if exact:
        assert got == want
        return
    for name in want:
        np.testing.assert_allclose(got[name], want[name], rtol=1e-15, atol=1e-14, err_msg=name)
