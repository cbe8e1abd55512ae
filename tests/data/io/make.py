"""Writes written/ with ITK, and facts.tsv with what ITK reads from every file here. See README.md."""

import pathlib

import itk
import numpy as np

HERE = pathlib.Path(__file__).parent
WRITTEN = HERE / "written"
ITK_NAMES = {"unsigned_char": "uint8", "char": "int8", "short": "int16", "unsigned_short": "uint16", "int": "int32",
             "unsigned_int": "uint32", "long_long": "int64", "unsigned_long_long": "uint64", "float": "float32",
             "double": "float64"}
KINDS = {"symmetric_second_rank_tensor": "symmetric_tensor"}
TYPES = {"unsigned_char": itk.UC, "float": itk.F}


def placed(image, n):
    image.SetSpacing([0.1 * (k + 1) + 0.3 for k in range(n)])
    image.SetOrigin([10.1, -20.2, 30.3, 1e-7][:n])
    return image


def write():
    flat = placed(itk.image_from_array(np.arange(24, dtype=np.uint8).reshape(4, 6)), 2)
    oblique = placed(itk.image_from_array((np.arange(60, dtype=np.float32) / 7 - 3).reshape(3, 4, 5)), 3)
    c, s = np.cos(0.3), np.sin(0.3)
    oblique.SetDirection(itk.matrix_from_array(np.array([[c, -s, 0], [s, c, 0], [0, 0, -1.0]])))
    for key, value in {"a b": "x", "mykey": "some text", "num": 3, "real": 1.5}.items():
        oblique[key] = value
    four = placed(itk.image_from_array(np.arange(-12, 12, dtype=np.int16).reshape(2, 3, 2, 2)), 4)
    images = {"flat": flat, "oblique": oblique, "four": four}
    for dtype in ("uint16", "int32", "uint32", "float64"):
        images[dtype] = itk.image_from_array((np.arange(6) * 1000).astype(dtype).reshape(2, 3))
    long = itk.Image[itk.ULL, 2].New(Regions=[3, 2])
    long.Allocate(True)
    long.SetPixel([2, 1], 2**64 - 1)
    images["uint64"] = long
    for name, kind in {"rgb": itk.RGBPixel[itk.UC], "rgba": itk.RGBAPixel[itk.UC], "vector": itk.Vector[itk.F, 3],
                       "covariant": itk.CovariantVector[itk.F, 2]}.items():
        image = itk.Image[kind, 3].New(Regions=[2, 3, 2])
        image.Allocate(True)
        view = itk.array_view_from_image(image)
        view[:] = np.arange(view.size).reshape(view.shape)
        images[name] = image
    for name, image in images.items():
        for ending in ("mha", "nrrd"):
            itk.imwrite(image, str(WRITTEN / f"{name}.{ending}"))
    for ending in ("mhd", "nhdr"):
        itk.imwrite(four, str(WRITTEN / f"pair.{ending}"))
        itk.imwrite(four, str(WRITTEN / f"packed.{ending}"), compression=True)
    for ending in ("mha", "nrrd"):
        itk.imwrite(four, str(WRITTEN / f"packed.{ending}"), compression=True)
    for name in ("flat", "uint16"):
        itk.imwrite(images[name], str(WRITTEN / f"{name}.png"))
    for name in ("rgb", "rgba"):
        array = itk.array_from_image(images[name])[0]
        itk.imwrite(itk.image_from_array(array, is_vector=True), str(WRITTEN / f"{name}.png"))


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def fact(path):
    io = itk.ImageIOFactory.CreateImageIO(str(path), itk.CommonEnums.IOFileMode_ReadMode)
    io.SetFileName(str(path))
    io.ReadImageInformation()
    n = io.GetNumberOfDimensions()
    component = io.GetComponentTypeAsString(io.GetComponentType())
    kind = io.GetPixelTypeAsString(io.GetPixelType())
    count = 1 if kind == "scalar" else io.GetNumberOfComponents()
    try:
        image = itk.imread(str(path))
        array = itk.array_from_image(image)
    except Exception:  # no such pixel type in Python: the components all the same
        reader = itk.ImageFileReader[itk.VectorImage[TYPES[component], n]].New(FileName=str(path))
        reader.Update()
        image = reader.GetOutput()
        array = itk.array_from_image(image)
    direction = itk.array_from_matrix(image.GetDirection())
    numbers = lambda values: " ".join(repr(float(v) + 0.0) for v in values)
    flat = array.ravel()
    return [KINDS.get(kind, kind), ITK_NAMES[component], str(count), " ".join(map(str, itk.size(image))),
            numbers(image.GetSpacing()), numbers(image.GetOrigin()), numbers(direction.ravel()),
            " ".join(str(v) for v in flat[:3]), " ".join(str(v) for v in flat[-3:]),
            fnv(array.astype(array.dtype.newbyteorder("<")).tobytes())]


if __name__ == "__main__":
    WRITTEN.mkdir(exist_ok=True)
    write()
    with open(HERE / "facts.tsv", "w") as table:
        for path in sorted([*HERE.iterdir(), *WRITTEN.iterdir()]):
            if path.suffix in (".mha", ".mhd", ".nrrd", ".nhdr", ".png") and path.name != "MetaImageError.mhd":
                print(path.relative_to(HERE), *fact(path), sep="\t", file=table)
