"""The real ITK behind the two calls that are compared, with its pitfalls fenced off."""

from __future__ import annotations

import itk
import numpy as np

PIXELS = {
    "uint8": itk.UC,
    "int16": itk.SS,
    "uint16": itk.US,
    "float32": itk.F,
    "float64": itk.D,
}


def version() -> str:
    return itk.Version.GetITKVersion()


def image(array: np.ndarray, pixel=None):
    """An itk image of a C-ordered scalar array.

    Allocated by ITK and filled through its view: 5.4.7 transposes arrays that are also Fortran
    contiguous, such as (N, 1), in `image_from_array`.
    """
    pixel = pixel or PIXELS[array.dtype.name]
    made = itk.Image[pixel, array.ndim].New()
    made.SetRegions([int(n) for n in reversed(array.shape)])
    made.Allocate()
    view = itk.array_view_from_image(made)
    assert view.shape == array.shape and view.dtype == array.dtype, (view.shape, view.dtype, array.shape)
    view[...] = array
    return made


def pixels(made) -> np.ndarray:
    """A copy of an itk image's pixels, shape checked against the image's own size."""
    array = itk.array_from_image(made)
    size = tuple(reversed([int(n) for n in itk.size(made)]))
    assert array.shape[: len(size)] == size, (array.shape, size)
    return array


def median(case) -> np.ndarray:
    return pixels(itk.median_image_filter(image(case.array), radius=list(reversed(case.radius))))


def mean(case) -> np.ndarray:
    return pixels(itk.mean_image_filter(image(case.array), radius=list(reversed(case.radius))))


def spaced(case):
    """The case's image with its spacing."""
    source = image(case.array)
    source.SetSpacing(list(reversed(case.spacing)))
    return source


def derivative(array: np.ndarray, order: int, axis: int, spacing) -> np.ndarray:
    source = image(array)
    source.SetSpacing(list(reversed(spacing)))
    made = itk.DerivativeImageFilter[type(source), type(source)].New(source, Order=order, Direction=array.ndim - 1 - axis)
    made.Update()
    return pixels(made.GetOutput())


def gradient(array: np.ndarray, spacing, direction_xyz, turned: bool) -> np.ndarray:
    source = image(array)
    source.SetSpacing(list(reversed(spacing)))
    source.SetDirection(np.asarray(direction_xyz, np.float64))
    made = itk.GradientImageFilter[type(source), itk.F, itk.F].New(source, UseImageDirection=turned)
    made.Update()
    return np.array(itk.array_view_from_image(made.GetOutput()))


def sobel(array: np.ndarray) -> np.ndarray:
    return pixels(itk.sobel_edge_detection_image_filter(image(array)))


def gradient_magnitude(case) -> np.ndarray:
    """ITK's result in the input's own type, the only one that the wheel wraps."""
    source = image(case.array)
    source.SetSpacing(list(reversed(case.spacing)))
    return pixels(itk.gradient_magnitude_image_filter(source))
