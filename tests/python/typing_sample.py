"""Calls and the types that a checker must find; `test_stubs.py` runs mypy on this file."""

from pathlib import Path
from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import oxitk

grey: NDArray[np.uint8] = np.zeros((4, 5), np.uint8)
wide: NDArray[np.float64] = np.zeros((4, 5), np.float64)
image = oxitk.imread(Path("in.mha"), pixel_type="float32")

assert_type(oxitk.median(grey, (1, 2), nan_policy="omit"), NDArray[np.uint8])
assert_type(oxitk.median(image, 2), oxitk.Image)
assert_type(oxitk.mean(grey, 3), NDArray[np.uint8])
assert_type(oxitk.mean(grey > 3, dtype=np.float32), NDArray[np.float32])
assert_type(oxitk.derivative(grey, 2, dtype=np.int16), NDArray[np.int16])
assert_type(oxitk.gradient(wide), NDArray[np.float64])
assert_type(oxitk.sobel(image), oxitk.Image)
assert_type(oxitk.gradient_magnitude(grey, spacing=(2.0, 1.0)), NDArray[np.float32])
assert_type(oxitk.gradient_magnitude(wide), NDArray[np.float64])
assert_type(oxitk.gradient_magnitude(grey, precision="single"), NDArray[np.float32])
assert_type(oxitk.gradient_magnitude(image), oxitk.Image)
assert_type(oxitk.Image.from_array(grey, spacing_xyz=(1.0, 2.0)), oxitk.Image)
assert_type(oxitk.Median(2) | oxitk.GradientMagnitude(), oxitk.Chain)
assert_type(image.spacing_xyz, tuple[float, ...])
assert_type(oxitk.imwrite(image, "out.nrrd", compress=True), None)
assert_type(oxitk.get_num_threads(), int)
assert_type(oxitk.filters.median(grey), NDArray[np.uint8])
assert_type(oxitk.io.formats()[0].endings, tuple[str, ...])
assert_type(oxitk.config.default_factory_loading, bool)
assert_type(oxitk.image.Image.from_array(grey), oxitk.Image)
