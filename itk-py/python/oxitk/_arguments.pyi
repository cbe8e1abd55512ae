"""What arguments may be, for checkers only: there is no such module at run time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol, SupportsFloat, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import NDArray

from oxitk.filters import (
    Derivative,
    Gradient,
    GradientMagnitude,
    GradientMagnitudeRecursiveGaussian,
    Mean,
    Median,
    RecursiveGaussian,
    SmoothingRecursiveGaussian,
    Sobel,
)

Ints: TypeAlias = SupportsIndex | Sequence[SupportsIndex] | NDArray[np.integer]
Floats: TypeAlias = SupportsFloat | Sequence[SupportsFloat] | NDArray[np.floating] | NDArray[np.integer]
Rows: TypeAlias = Sequence[Sequence[SupportsFloat]] | NDArray[np.floating] | NDArray[np.integer]
Metadata: TypeAlias = Mapping[str, str | int | float]
NanPolicy: TypeAlias = Literal["propagate", "omit", "raise"]
Precision: TypeAlias = Literal["double", "single"]
Filter: TypeAlias = (
    Derivative
    | Gradient
    | GradientMagnitude
    | GradientMagnitudeRecursiveGaussian
    | Mean
    | Median
    | RecursiveGaussian
    | SmoothingRecursiveGaussian
    | Sobel
)
PixelKind: TypeAlias = Literal[
    "scalar",
    "complex",
    "rgb",
    "rgba",
    "vector",
    "covariant_vector",
    "point",
    "symmetric_tensor",
    "variable_length",
]

class Updatable(Protocol):
    """What has `update` for increments, as tqdm's bars have."""

    def update(self, step: float, /) -> object: ...

Progress: TypeAlias = bool | Callable[[float], object] | Updatable
