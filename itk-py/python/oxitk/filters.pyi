"""The filters, as functions and as objects that join by `|`."""

from typing import SupportsIndex, TypeAlias, TypeVar, final, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from oxitk._arguments import Floats, Ints, NanPolicy
from oxitk.image import Image

_Scalar = TypeVar("_Scalar", bound=np.generic)
_Other = TypeVar("_Other", bound=np.generic)
_Becomes32: TypeAlias = np.bool_ | np.integer | np.float16 | np.float32

__all__ = [
    "Chain",
    "GradientMagnitude",
    "Median",
    "gradient_magnitude",
    "median",
]

@final
class Median:
    """The median as an object: called with an image, picklable, hashable, and joined to others by `|`."""

    def __new__(
        cls,
        radius: Ints = 1,
        *,
        axes: Ints | None = None,
        channel_axis: SupportsIndex | None = None,
        nan_policy: NanPolicy = "propagate",
    ) -> Median: ...
    @overload
    def __call__(self, image: Image, out: None = None) -> Image: ...
    @overload
    def __call__(self, image: ArrayLike | Image, out: Image) -> Image: ...
    @overload
    def __call__(self, image: ArrayLike | Image, out: NDArray[_Other]) -> NDArray[_Other]: ...
    @overload
    def __call__(self, image: NDArray[_Scalar], out: None = None) -> NDArray[_Scalar]: ...
    @overload
    def __call__(self, image: ArrayLike, out: None = None) -> NDArray[np.generic]:
        """Apply the filter."""

    def __or__(self, other: Median | GradientMagnitude | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, tuple[()]]: ...

@final
class GradientMagnitude:
    """The gradient magnitude as an object: called with an image, picklable, hashable, joined by `|`."""

    def __new__(
        cls,
        *,
        spacing: Floats | None = None,
        axes: Ints | None = None,
        channel_axis: SupportsIndex | None = None,
        dtype: DTypeLike | None = None,
    ) -> GradientMagnitude: ...
    @overload
    def __call__(self, image: Image, out: None = None) -> Image: ...
    @overload
    def __call__(self, image: ArrayLike | Image, out: Image) -> Image: ...
    @overload
    def __call__(self, image: ArrayLike | Image, out: NDArray[_Other]) -> NDArray[_Other]: ...
    @overload
    def __call__(self, image: ArrayLike, out: None = None) -> NDArray[np.generic]:
        """Apply the filter."""

    def __or__(self, other: Median | GradientMagnitude | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, tuple[()]]: ...

@final
class Chain:
    """Filters one after the other; what `|` makes."""

    def __new__(cls, *filters: Median | GradientMagnitude | Chain) -> Chain: ...
    @property
    def filters(self) -> tuple[Median | GradientMagnitude, ...]: ...
    @overload
    def __call__(self, image: Image, out: None = None) -> Image: ...
    @overload
    def __call__(self, image: ArrayLike | Image, out: Image) -> Image: ...
    @overload
    def __call__(self, image: ArrayLike | Image, out: NDArray[_Other]) -> NDArray[_Other]: ...
    @overload
    def __call__(self, image: ArrayLike, out: None = None) -> NDArray[np.generic]:
        """Apply the filter."""

    def __or__(self, other: Median | GradientMagnitude | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __len__(self) -> int: ...
    def __reduce__(self) -> tuple[type[Chain], tuple[Median | GradientMagnitude, ...]]: ...

@overload
def median(
    image: Image,
    radius: Ints = 1,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    nan_policy: NanPolicy = "propagate",
    out: None = None,
) -> Image: ...
@overload
def median(
    image: ArrayLike | Image,
    radius: Ints = 1,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    nan_policy: NanPolicy = "propagate",
    out: Image,
) -> Image: ...
@overload
def median(
    image: ArrayLike | Image,
    radius: Ints = 1,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    nan_policy: NanPolicy = "propagate",
    out: NDArray[_Other],
) -> NDArray[_Other]: ...
@overload
def median(
    image: NDArray[_Scalar],
    radius: Ints = 1,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    nan_policy: NanPolicy = "propagate",
    out: None = None,
) -> NDArray[_Scalar]: ...
@overload
def median(
    image: ArrayLike,
    radius: Ints = 1,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    nan_policy: NanPolicy = "propagate",
    out: None = None,
) -> NDArray[np.generic]:
    """Median of a box window around each pixel."""

@overload
def gradient_magnitude(
    image: Image,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: None = None,
) -> Image: ...
@overload
def gradient_magnitude(
    image: ArrayLike | Image,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: Image,
) -> Image: ...
@overload
def gradient_magnitude(
    image: ArrayLike | Image,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: NDArray[_Other],
) -> NDArray[_Other]: ...
@overload
def gradient_magnitude(
    image: ArrayLike,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: type[_Other] | np.dtype[_Other],
    out: None = None,
) -> NDArray[_Other]: ...
@overload
def gradient_magnitude(  # type: ignore[overload-overlap]
    image: NDArray[np.float64],
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: None = None,
    out: None = None,
) -> NDArray[np.float64]: ...
@overload
def gradient_magnitude(
    image: NDArray[_Becomes32],
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: None = None,
    out: None = None,
) -> NDArray[np.float32]: ...
@overload
def gradient_magnitude(
    image: ArrayLike,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: None = None,
) -> NDArray[np.generic]:
    """Magnitude of the gradient by central differences."""

def __dir__() -> list[str]: ...
