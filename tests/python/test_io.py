from __future__ import annotations

import gzip
import os
import pathlib
import struct
import zlib

import numpy as np
import oracle
import oxitk
import pytest
from arrays import DTYPES, LAYOUTS, laid_out, noise

STORED = [d for d in DTYPES if d not in ("f2", "?")]  # neither MetaImage nor NRRD has a half or a bool
CONTAINERS = (".mha", ".mhd", ".nrrd", ".nhdr")
SHAPES = {1: (7,), 2: (5, 7), 3: (4, 3, 6), 4: (2, 3, 4, 5), 5: (2, 1, 3, 2, 2)}
GEOMETRY = {
    "spacing_xyz": (0.3, 1 / 3, 2.5),
    "origin_xyz": (-10.1, 20.2, 1e-7),
    "direction_xyz": ((0.0, -1.0, 0.0), (0.6, 0.0, -0.8), (0.8, 0.0, 0.6)),
}


def mha(header: str, pixels: bytes) -> bytes:
    return header.encode() + b"\nElementDataFile = LOCAL\n" + pixels


SMALL_MHA = "ObjectType = Image\nNDims = 2\nBinaryData = True\nBinaryDataByteOrderMSB = False\nDimSize = 3 2\nElementType = MET_SHORT"
SIX = np.array([[1, -2, 3], [4, -5, 600]], "i2")


@pytest.mark.parametrize("ndim", SHAPES)
@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("suffix", CONTAINERS)
@pytest.mark.parametrize("dtype", STORED)
def test_round_trip(tmp_path, dtype, suffix, compress, ndim):
    a, path = noise(dtype, SHAPES[ndim]), tmp_path / f"image{suffix}"
    assert oxitk.imwrite(a, path, compress=compress) is None
    back = oxitk.imread(path)
    assert back.pixel_kind == "scalar" and back.spacing_xyz == (1.0,) * ndim
    oracle.assert_same(np.asarray(back), a)


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_geometry_round_trip(tmp_path, suffix):
    image = oxitk.Image.from_array(noise("f4", (4, 5, 6)), **GEOMETRY)
    oxitk.imwrite(image, tmp_path / f"image{suffix}")
    back = oxitk.imread(tmp_path / f"image{suffix}")
    for name, want in GEOMETRY.items():
        if suffix.startswith(".mh"):
            assert getattr(back, name) == want
        else:  # NRRD stores direction times spacing, which the reader divides again
            np.testing.assert_allclose(getattr(back, name), want, rtol=1e-15, atol=1e-16)


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_the_start_index_moves_the_origin(tmp_path, suffix):
    image = oxitk.Image.from_array(noise("u1", (4, 5)), spacing_xyz=(2, 3), index_xyz=(5, -1))
    oxitk.imwrite(image, tmp_path / f"image{suffix}")
    back = oxitk.imread(tmp_path / f"image{suffix}")
    assert back.origin_xyz == (10.0, -3.0) and back.index_xyz == (0, 0)


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_metadata_round_trip(tmp_path, suffix):
    image = oxitk.Image.from_array(noise("u1", (4, 5)), metadata={"Patient": "none", "note": "a = b: c"})
    oxitk.imwrite(image, tmp_path / f"image{suffix}")
    back = oxitk.imread(tmp_path / f"image{suffix}")
    assert back["Patient"] == "none" and back["note"] == "a = b: c"


@pytest.mark.parametrize("suffix", (".mha", ".nrrd"))
@pytest.mark.parametrize("hostile", [{"k": "one\ntwo"}, {"DimSize = 9 9\nx": "y"}, {"ElementDataFile": "other.raw"}, {"data file": "other.raw"}])
def test_metadata_cannot_forge_a_header(tmp_path, suffix, hostile):
    image = oxitk.Image.from_array(noise("u1", (4, 5)), metadata=hostile)
    try:
        oxitk.imwrite(image, tmp_path / f"image{suffix}")
    except ValueError:
        assert not list(tmp_path.iterdir())
        return
    oracle.assert_same(np.asarray(oxitk.imread(tmp_path / f"image{suffix}")), noise("u1", (4, 5)))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("suffix", (".mha", ".nrrd", ".png"))
def test_any_layout_is_written(tmp_path, suffix, layout):
    a = noise("u2", (9, 14))
    oxitk.imwrite(laid_out(a, layout), tmp_path / f"image{suffix}")
    oracle.assert_same(np.asarray(oxitk.imread(tmp_path / f"image{suffix}")), a)


def test_paths_of_every_kind(tmp_path, monkeypatch):
    a = noise("u1", (3, 4))
    monkeypatch.chdir(tmp_path)
    for path in ("plain.mha", pathlib.Path("a path.mha"), str(tmp_path / "ünïcode — 画像.mha"), tmp_path / "dots.in.name.mha"):
        oxitk.imwrite(a, path)
        oracle.assert_same(np.asarray(oxitk.imread(path)), a)
    assert sorted(os.listdir(tmp_path)) == sorted(["plain.mha", "a path.mha", "ünïcode — 画像.mha", "dots.in.name.mha"])


def test_compression_makes_files_smaller(tmp_path):
    flat = np.zeros((100, 100), "u2")
    for suffix in (".mha", ".nrrd"):
        for compress in (False, True):
            oxitk.imwrite(flat, tmp_path / f"{compress}{suffix}", compress=compress)
        assert (tmp_path / f"True{suffix}").stat().st_size * 10 < (tmp_path / f"False{suffix}").stat().st_size


def test_detached_data_stands_beside_its_header(tmp_path):
    oxitk.imwrite(noise("u1", (3, 4)), tmp_path / "a.mhd")
    oxitk.imwrite(noise("u1", (3, 4)), tmp_path / "b.nhdr", compress=True)
    names = sorted(os.listdir(tmp_path))
    assert len(names) == 4 and "a.raw" in names and "b.raw.gz" in names
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in names:
        (tmp_path / name).rename(moved / name)
    oracle.assert_same(np.asarray(oxitk.imread(moved / "a.mhd")), noise("u1", (3, 4)))
    oracle.assert_same(np.asarray(oxitk.imread(moved / "b.nhdr")), noise("u1", (3, 4)))


def test_an_existing_file_is_replaced(tmp_path):
    path = tmp_path / "x.mha"
    oxitk.imwrite(noise("u1", (30, 40)), path)
    oxitk.imwrite(noise("u1", (3, 4)), path)
    assert np.asarray(oxitk.imread(path)).shape == (3, 4)
    assert os.listdir(tmp_path) == ["x.mha"]


def test_meta_header_is_itks(tmp_path):
    image = oxitk.Image.from_array(np.zeros((2, 3), "u1"), spacing_xyz=(0.1, 2), origin_xyz=(10.1, -20.2))
    oxitk.imwrite(image, tmp_path / "x.mha")
    head = (tmp_path / "x.mha").read_bytes().partition(b"ElementDataFile = LOCAL\n")
    fields = [line.split(" = ") for line in head[0].decode().splitlines()]
    keys = [key for key, _ in fields]
    for earlier, later in (("ObjectType", "NDims"), ("NDims", "BinaryData"), ("TransformMatrix", "Offset"), ("DimSize", "ElementType")):
        assert keys.index(earlier) < keys.index(later)
    fields = dict(fields)
    assert fields["ElementType"] == "MET_UCHAR" and fields["DimSize"] == "3 2"
    assert fields["Offset"] == "10.1 -20.199999999999999"
    assert head[2] == bytes(6)


@pytest.mark.parametrize(
    "extra, pixels",
    [
        ("", SIX.tobytes()),
        ("\nBinaryDataByteOrderMSB = True", SIX.astype(">i2").tobytes()),
        ("\nHeaderSize = 5", None),
        ("\nHeaderSize = -1", b"skip me" + SIX.tobytes()),
        ("\nCompressedData = True", zlib.compress(SIX.tobytes())),
        ("\nCompressedData = True", gzip.compress(SIX.tobytes())),
        ("\nBinaryData = False", b"1 -2 3 4 -5 600\n"),
        ("\nElementSize = 1 1\nComment = some = text", SIX.tobytes()),
    ],
    ids=["plain", "big-endian", "skip", "skip to the end", "zlib", "gzip", "ascii", "unknown keys"],
)
def test_meta_variants(tmp_path, extra, pixels):
    if pixels is None:  # a header size counts from the start of a detached file
        (tmp_path / "six.raw").write_bytes(b"12345" + SIX.tobytes())
        raw = (SMALL_MHA + extra + "\nElementDataFile = six.raw\n").encode()
    else:
        raw = mha(SMALL_MHA + extra, pixels)
    (tmp_path / "x.mhd").write_bytes(raw)
    oracle.assert_same(np.asarray(oxitk.imread(tmp_path / "x.mhd")), SIX)


def test_meta_long_has_32_bits(tmp_path):
    (tmp_path / "x.mha").write_bytes(mha(SMALL_MHA.replace("SHORT", "LONG"), SIX.astype("<i4").tobytes()))
    oracle.assert_same(np.asarray(oxitk.imread(tmp_path / "x.mha")), SIX.astype("i4"))


@pytest.mark.parametrize(
    "encoding, pixels",
    [
        ("raw", SIX.tobytes()),
        ("gzip", gzip.compress(SIX.tobytes())),
        ("gz", gzip.compress(SIX.tobytes())),
        ("ascii", b"1 -2 3\n4 -5 600\n"),
        ("text", b"1 -2 3 4 -5 600"),
    ],
)
def test_nrrd_encodings(tmp_path, encoding, pixels):
    head = f"NRRD0004\n# a comment\ntype: int16_t\ndimension: 2\nsizes: 3 2\nendian: little\nencoding: {encoding}\nkey:=a value\n\n"
    (tmp_path / "x.nrrd").write_bytes(head.encode() + pixels)
    image = oxitk.imread(tmp_path / "x.nrrd")
    oracle.assert_same(np.asarray(image), SIX)
    assert image["key"] == "a value"


def test_a_negative_spacing_becomes_a_direction(data):
    image = oxitk.imread(data / "itkImageNegativeSpacing.mha")
    assert image.spacing_xyz == (1.2, 1.2) and image.direction_xyz == ((-1.0, 0.0), (0.0, -1.0))


def test_ras_becomes_lps(data):
    image = oxitk.imread(data / "box.nhdr")
    assert image.size_xyz == (20, 20, 20) and image.dtype == np.float32
    assert image.spacing_xyz == (1.0, 2.0, 3.0) and image.origin_xyz == (-1.1, -2.2, 3.3)
    assert image.direction_xyz == ((0.0, 0.0, -1.0), (0.0, -1.0, 0.0), (1.0, 0.0, 0.0))
    oracle.assert_same(np.asarray(image), np.fromfile(data / "box.raw", ">f4").reshape(20, 20, 20).astype("f4"))
    assert image["foo"] == "bar"


def test_a_real_volume(data):
    image = oxitk.imread(data / "HeadMRVolume.mha")
    assert image.shape == (42, 62, 48) and image.dtype == np.uint8 and image.spacing_xyz == (4.0, 4.0, 4.0)
    raw = (data / "HeadMRVolume.mha").read_bytes()[-48 * 62 * 42 :]
    assert np.asarray(image).tobytes() == raw


def test_components_are_read_last(data):
    assert (rgba := oxitk.imread(data / "testrgba.nrrd")).pixel_kind == "rgba"
    assert rgba.shape == (95, 120, 4) and rgba.size_xyz == (120, 95)
    vectors = oxitk.imread(data / "mini-vector-fast.nrrd")
    assert vectors.components == 4 and vectors.shape == (5, 5, 5, 4)
    assert np.asarray(vectors)[0, 0, :2].tolist() == [[0, 0, 0, 0], [1, 0, 0, 1]]


@pytest.mark.parametrize("kind, components", [("rgb", 3), ("rgba", 4), ("vector", 2), ("vector", 5)])
@pytest.mark.parametrize("suffix", (".nrrd", ".mha"))
def test_components_round_trip(tmp_path, suffix, kind, components):
    a = noise("u2", (4, 5, 6, components))
    oxitk.imwrite(oxitk.Image.from_array(a, pixel_kind=kind, spacing_xyz=(1, 2, 3)), tmp_path / f"x{suffix}")
    back = oxitk.imread(tmp_path / f"x{suffix}")
    oracle.assert_same(np.asarray(back), a)
    assert back.components == components and back.spacing_xyz == (1.0, 2.0, 3.0)
    assert back.pixel_kind == kind or suffix == ".mha"  # MetaImage stores only how many


# PNG

@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("kind, components", [("scalar", 0), ("rgb", 3), ("rgba", 4)])
@pytest.mark.parametrize("compress", [False, True])
def test_png_round_trip(tmp_path, dtype, kind, components, compress):
    a = noise(dtype, (9, 14, components) if components else (9, 14))
    image = oxitk.Image.from_array(a, pixel_kind=kind, spacing_xyz=(0.25, 0.75))
    oxitk.imwrite(image, tmp_path / "x.png", compress=compress)
    back = oxitk.imread(tmp_path / "x.png")
    assert back.pixel_kind == kind and back.spacing_xyz == (0.25, 0.75)
    oracle.assert_same(np.asarray(back), a)


def png(width: int, height: int, depth: int, colour: int, rows: list[bytes], *extra: tuple[bytes, bytes]) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = [(b"IHDR", head), *extra, (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks)


def test_png_spacing_is_in_scal_as_itk_writes_it(tmp_path):
    """ITK reads sCAL of either unit and ignores pHYs."""
    rows = [bytes([1, 2, 3]), bytes([4, 5, 6])]
    for chunk, want in (
        ((b"sCAL", b"\x010.25\x000.5"), (0.25, 0.5)),
        ((b"sCAL", b"\x02.3\x001E-7"), (0.3, 1e-7)),
        ((b"pHYs", struct.pack(">IIB", 2000, 4000, 1)), (1.0, 1.0)),
    ):
        (tmp_path / "x.png").write_bytes(png(3, 2, 8, 0, rows, chunk))
        image = oxitk.imread(tmp_path / "x.png")
        assert image.spacing_xyz == want
        assert np.asarray(image).tolist() == [[1, 2, 3], [4, 5, 6]]


def test_a_palette_is_read_as_colour(tmp_path):
    palette = (b"PLTE", bytes([255, 0, 0, 0, 255, 0, 9, 8, 7]))
    (tmp_path / "x.png").write_bytes(png(3, 1, 8, 3, [bytes([2, 0, 1])], palette))
    image = oxitk.imread(tmp_path / "x.png")
    assert image.pixel_kind == "rgb"
    assert np.asarray(image).tolist() == [[[9, 8, 7], [255, 0, 0], [0, 255, 0]]]


@pytest.mark.parametrize("a", [np.zeros((3, 4), "f4"), np.zeros((3, 4), "i2"), np.zeros((3, 4), "u4"), np.zeros((3, 4), "f2")], ids=lambda a: a.dtype.name)
def test_png_refuses_other_pixels_and_names_dtype(tmp_path, a):
    with pytest.raises((TypeError, ValueError, OSError), match="dtype=") as caught:
        oxitk.imwrite(a, tmp_path / "x.png")
    assert a.dtype.name in str(caught.value) and "uint16" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_png_refuses_a_volume(tmp_path):
    with pytest.raises((TypeError, ValueError, OSError), match="(?i)png"):
        oxitk.imwrite(np.zeros((3, 4, 5), "u1"), tmp_path / "x.png")
    assert not list(tmp_path.iterdir())


# pixel_type

def test_colour_is_read_as_itks_luma(tmp_path):
    a = noise("u1", (20, 30, 3))
    oxitk.imwrite(oxitk.Image.from_array(a, pixel_kind="rgb"), tmp_path / "x.png")
    red, green, blue = np.moveaxis(a.astype("f8"), -1, 0)
    luma = (2125.0 * red + 7154.0 * green + 721.0 * blue) / 10000.0
    for dtype in ("u1", "f8"):
        image = oxitk.imread(tmp_path / "x.png", pixel_type=dtype)
        assert image.pixel_kind == "scalar"
        oracle.assert_same(np.asarray(image), luma.astype(dtype))


@pytest.mark.parametrize("pixel_type", ["float32", "f4", np.float32, np.dtype("f4")], ids=repr)
def test_pixel_type_in_every_form(tmp_path, pixel_type):
    a = noise("i2", (4, 5))
    oxitk.imwrite(a, tmp_path / "x.mha")
    oracle.assert_same(np.asarray(oxitk.imread(tmp_path / "x.mha", pixel_type)), a.astype("f4"))
    oracle.assert_same(np.asarray(oxitk.imread(tmp_path / "x.mha", pixel_type=pixel_type)), a.astype("f4"))


def test_floats_are_read_as_integers_by_truncation_and_saturation(tmp_path):
    oxitk.imwrite(np.array([1.9, -1.9, 300.0, -1e9, np.nan, np.inf], "f4"), tmp_path / "x.mha")
    assert np.asarray(oxitk.imread(tmp_path / "x.mha", "i1")).tolist() == [1, -1, 127, -128, 0, 127]


@pytest.mark.parametrize("bad", ["complex64", "no such type", object, 3, [], "U3"], ids=repr)
def test_pixel_type_refused(data, bad):
    with pytest.raises(TypeError):
        oxitk.imread(data / "cthead1.png", pixel_type=bad)


# Refusals

@pytest.mark.parametrize("base", [oxitk.MissingFileError, FileNotFoundError, RuntimeError, OSError])
def test_a_missing_file(tmp_path, base):
    with pytest.raises(base, match="nowhere.mha") as caught:
        oxitk.imread(tmp_path / "nowhere.mha")
    assert type(caught.value) is oxitk.MissingFileError


def test_missing_detached_data(tmp_path):
    oxitk.imwrite(noise("u1", (3, 4)), tmp_path / "a.mhd")
    (tmp_path / "a.raw").unlink()
    with pytest.raises(OSError, match="a.raw"):
        oxitk.imread(tmp_path / "a.mhd")


@pytest.mark.parametrize("name", ["x", "x.", "x.unknown", "x.mha.bak"])
def test_an_unknown_suffix_lists_the_known(tmp_path, name):
    with pytest.raises((ValueError, OSError), match=r"\.mha.*\.nrrd.*\.png|\.mha") as caught:
        oxitk.imwrite(np.zeros((2, 2), "u1"), tmp_path / name)
    assert ".png" in str(caught.value) and not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [*CONTAINERS, ".png"])
@pytest.mark.parametrize("content", [b"", b"\0" * 300, b"NRRD0004\n", b"NDims = 3\n", b"\x89PNG\r\n\x1a\n", b"text"], ids=repr)
def test_nonsense_is_a_format_error(tmp_path, suffix, content):
    (tmp_path / f"x{suffix}").write_bytes(content)
    with pytest.raises(oxitk.FileFormatError, match=f"x\\{suffix}"):
        oxitk.imread(tmp_path / f"x{suffix}")


def test_itks_corrupt_png(data):
    with pytest.raises(oxitk.FileFormatError, match="corrupt.png"):
        oxitk.imread(data / "cthead1-257-corrupt.png")


@pytest.mark.parametrize("suffix", [".mha", ".nrrd", ".png"])
@pytest.mark.parametrize("compress", [False, True])
def test_every_truncation_is_a_format_error(tmp_path, suffix, compress):
    whole, cut = tmp_path / f"whole{suffix}", tmp_path / f"cut{suffix}"
    oxitk.imwrite(noise("u2", (5, 6)), whole, compress=compress)
    raw = whole.read_bytes()
    # A decoder may accept a stream that lacks only its checksum or end mark.
    for length in range(len(raw) - 24):
        cut.write_bytes(raw[:length])
        # "ElementDataFile = LOCA" names a file, which is missing.
        with pytest.raises((oxitk.FileFormatError, oxitk.MissingFileError)):
            oxitk.imread(cut)


@pytest.mark.parametrize(
    "field, value",
    [
        ("DimSize", "1000000 1000000"),
        ("DimSize", "18446744073709551615 18446744073709551615"),
        ("DimSize", "99999999999999999999999 2"),
        ("DimSize", "-3 2"),
        ("DimSize", "3"),
        ("DimSize", "three 2"),
        ("NDims", "0"),
        ("NDims", "-1"),
        ("NDims", "7"),
        ("NDims", "4000000000"),
        ("NDims", "x"),
        ("ElementType", "MET_NOTHING"),
        ("ElementType", ""),
        ("ElementNumberOfChannels", "0"),
        ("ElementNumberOfChannels", "-1"),
        ("ElementNumberOfChannels", "4611686018427387904"),
        ("ElementSpacing", "0 1"),
        ("ElementSpacing", "1"),
        ("ElementSpacing", "a b"),
        ("TransformMatrix", "0 0 0 0"),
        ("TransformMatrix", "1 0 0"),
        ("CompressedData", "True"),
        ("CompressedDataSize", "-5\nCompressedData = True"),
        ("CompressedDataSize", "99999999999999\nCompressedData = True"),
    ],
)
def test_a_hostile_header_is_refused_before_its_size_is_believed(tmp_path, field, value):
    lines = [line for line in SMALL_MHA.splitlines() if not line.startswith(f"{field} =")]
    (tmp_path / "x.mha").write_bytes(mha("\n".join([*lines, f"{field} = {value}"]), SIX.tobytes()))
    with pytest.raises(oxitk.FileFormatError, match="x.mha"):
        oxitk.imread(tmp_path / "x.mha")


def test_a_small_file_cannot_unpack_to_a_large_image(tmp_path):
    """A deflate bomb is stopped by the size that the header names."""
    bomb = zlib.compress(bytes(50_000_000), 9)
    (tmp_path / "x.mha").write_bytes(mha(SMALL_MHA + "\nCompressedData = True", bomb))
    try:
        image = oxitk.imread(tmp_path / "x.mha")
    except oxitk.FileFormatError:
        return
    assert image.shape == (2, 3)


def test_a_directory_is_not_an_image(tmp_path):
    (tmp_path / "d.mha").mkdir()
    with pytest.raises(OSError):
        oxitk.imread(tmp_path / "d.mha")
    with pytest.raises(OSError):
        oxitk.imwrite(np.zeros((2, 2), "u1"), tmp_path / "d.mha")
    assert os.listdir(tmp_path) == ["d.mha"] and not os.listdir(tmp_path / "d.mha")


def test_writing_into_nowhere(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        oxitk.imwrite(np.zeros((2, 2), "u1"), tmp_path / "nowhere" / "x.mha")
    assert not list(tmp_path.iterdir())


def test_a_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "x.png"
    oxitk.imwrite(noise("u1", (3, 4)), path)
    before = path.read_bytes()
    with pytest.raises(Exception, match="dtype="):
        oxitk.imwrite(np.zeros((3, 4)), path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["x.png"]


@pytest.mark.parametrize("suffix", [*CONTAINERS, ".png"])
@pytest.mark.parametrize("compress", [False, True])
def test_a_full_disk_is_an_os_error_and_leaves_nothing(run, tmp_path, suffix, compress):
    """The file size limit of a process stands in for the disk; Python ignores the signal."""
    code = f"""
import resource, numpy, oxitk
from arrays import noise
image = noise("u2", (200, 200))
resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
try:
    oxitk.imwrite(image, "x{suffix}", compress={compress})
except OSError:
    print("refused")
"""
    done = run("-c", code, env={"PYTHONPATH": str(pathlib.Path(__file__).parent)})
    assert done.stdout == "refused\n", done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [(), ("x.mha",), (None, "x.mha"), (np.zeros((2, 2), "u1"), None), (np.zeros((2, 2), "u1"), 3), ("x.mha", np.zeros((2, 2), "u1"))],
    ids=["none", "path", "None", "no path", "number", "swapped"],
)
def test_imwrite_wrong_arguments(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypeError):
        oxitk.imwrite(*arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", [None, 3, 1.5, [], object()], ids=repr)
def test_imread_wrong_arguments(path):
    with pytest.raises(TypeError):
        oxitk.imread(path)


def test_a_nul_in_a_path_is_an_error():
    with pytest.raises((ValueError, OSError)):
        oxitk.imread("a\0b.mha")
    with pytest.raises((ValueError, OSError)):
        oxitk.imwrite(np.zeros((2, 2), "u1"), "a\0b.mha")
