"""The native part of oxitk; use the names of the package `oxitk` instead."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Literal, SupportsFloat, SupportsIndex, TypeAlias, TypeVar, final, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

_Scalar = TypeVar("_Scalar", bound=np.generic)
_Other = TypeVar("_Other", bound=np.generic)
_Ints: TypeAlias = SupportsIndex | Sequence[SupportsIndex] | NDArray[np.integer]
_Floats: TypeAlias = SupportsFloat | Sequence[SupportsFloat] | NDArray[np.floating] | NDArray[np.integer]
_Rows: TypeAlias = Sequence[Sequence[SupportsFloat]] | NDArray[np.floating] | NDArray[np.integer]
_NanPolicy: TypeAlias = Literal["propagate", "omit", "raise"]
_PixelKind: TypeAlias = Literal[
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
_Metadata: TypeAlias = Mapping[str, str | int | float]
_Becomes32: TypeAlias = np.bool_ | np.integer | np.float16 | np.float32

__version__: str

@final
class Image:
    """An image: pixels with spacing, origin, direction, start index and metadata."""

    @classmethod
    def from_array(
        cls,
        a: ArrayLike,
        copy: bool = False,
        *,
        spacing_xyz: _Floats | None = None,
        origin_xyz: _Floats | None = None,
        direction_xyz: _Rows | None = None,
        index_xyz: _Ints | None = None,
        pixel_kind: _PixelKind = "scalar",
        metadata: _Metadata | None = None,
    ) -> Image:
        """Make an image of an array, over the same memory unless told to copy."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def ndim(self) -> int: ...
    @property
    def dtype(self) -> np.dtype[np.generic]: ...
    @property
    def size_xyz(self) -> tuple[int, ...]: ...
    @property
    def index_xyz(self) -> tuple[int, ...]: ...
    @property
    def index_zyx(self) -> tuple[int, ...]: ...
    @property
    def spacing_xyz(self) -> tuple[float, ...]: ...
    @property
    def spacing_zyx(self) -> tuple[float, ...]: ...
    @property
    def origin_xyz(self) -> tuple[float, ...]: ...
    @property
    def origin_zyx(self) -> tuple[float, ...]: ...
    @property
    def direction_xyz(self) -> tuple[tuple[float, ...], ...]: ...
    @property
    def direction_zyx(self) -> tuple[tuple[float, ...], ...]: ...
    @property
    def pixel_kind(self) -> _PixelKind: ...
    @property
    def components(self) -> int: ...
    @property
    def metadata(self) -> dict[str, str | int | float]: ...
    def copy(self) -> Image:
        """A copy with pixels of its own."""

    def transform_index_to_physical_point(self, index_xyz: _Ints) -> tuple[float, ...]:
        """The position of a pixel."""

    def transform_physical_point_to_index(self, point_xyz: _Floats) -> tuple[int, ...]:
        """The index of the pixel nearest to a position; it may lie outside of the image."""

    def __getitem__(self, key: str, /) -> str | int | float: ...
    def __array__(self, dtype: DTypeLike | None = None, *, copy: bool | None = None) -> NDArray[np.generic]: ...
    def __dlpack__(self, **options: object) -> object: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
    def __copy__(self) -> Image: ...
    def __deepcopy__(self, _memo: object, /) -> Image: ...
    def __reduce__(self) -> tuple[object, tuple[NDArray[np.generic]]]: ...
    def _repr_png_(self) -> bytes | None: ...
    def _repr_html_(self) -> str: ...

@final
class Median:
    """The median as an object: called with an image, picklable, hashable, and joined to others by `|`."""

    def __new__(
        cls,
        radius: _Ints = 1,
        *,
        axes: _Ints | None = None,
        channel_axis: SupportsIndex | None = None,
        nan_policy: _NanPolicy = "propagate",
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
        spacing: _Floats | None = None,
        axes: _Ints | None = None,
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
    radius: _Ints = 1,
    *,
    axes: _Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    nan_policy: _NanPolicy = "propagate",
    out: None = None,
) -> Image: ...
@overload
def median(
    image: ArrayLike | Image,
    radius: _Ints = 1,
    *,
    axes: _Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    nan_policy: _NanPolicy = "propagate",
    out: Image,
) -> Image: ...
@overload
def median(
    image: ArrayLike | Image,
    radius: _Ints = 1,
    *,
    axes: _Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    nan_policy: _NanPolicy = "propagate",
    out: NDArray[_Other],
) -> NDArray[_Other]: ...
@overload
def median(
    image: NDArray[_Scalar],
    radius: _Ints = 1,
    *,
    axes: _Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    nan_policy: _NanPolicy = "propagate",
    out: None = None,
) -> NDArray[_Scalar]: ...
@overload
def median(
    image: ArrayLike,
    radius: _Ints = 1,
    *,
    axes: _Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    nan_policy: _NanPolicy = "propagate",
    out: None = None,
) -> NDArray[np.generic]:
    """Median of a box window around each pixel."""

@overload
def gradient_magnitude(
    image: Image,
    *,
    spacing: _Floats | None = None,
    axes: _Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: None = None,
) -> Image: ...
@overload
def gradient_magnitude(
    image: ArrayLike | Image,
    *,
    spacing: _Floats | None = None,
    axes: _Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: Image,
) -> Image: ...
@overload
def gradient_magnitude(
    image: ArrayLike | Image,
    *,
    spacing: _Floats | None = None,
    axes: _Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: NDArray[_Other],
) -> NDArray[_Other]: ...
@overload
def gradient_magnitude(
    image: ArrayLike,
    *,
    spacing: _Floats | None = None,
    axes: _Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: type[_Other] | np.dtype[_Other],
    out: None = None,
) -> NDArray[_Other]: ...
@overload
def gradient_magnitude(  # type: ignore[overload-overlap]
    image: NDArray[np.float64],
    *,
    spacing: _Floats | None = None,
    axes: _Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: None = None,
    out: None = None,
) -> NDArray[np.float64]: ...
@overload
def gradient_magnitude(
    image: NDArray[_Becomes32],
    *,
    spacing: _Floats | None = None,
    axes: _Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: None = None,
    out: None = None,
) -> NDArray[np.float32]: ...
@overload
def gradient_magnitude(
    image: ArrayLike,
    *,
    spacing: _Floats | None = None,
    axes: _Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: None = None,
) -> NDArray[np.generic]:
    """Magnitude of the gradient by central differences."""


def imread(path: str | PathLike[str], pixel_type: DTypeLike | None = None) -> Image:
    """Read an image from a file."""

def imwrite(image: Image | ArrayLike, path: str | PathLike[str], *, compress: bool = False) -> None:
    """Write an image or array to a file."""

def get_num_threads() -> int:
    """The number of threads that oxitk uses."""

def set_num_threads(n: SupportsIndex) -> None:
    """Set how many threads oxitk uses, 1 to 128."""

def _live_buffers() -> int: ...
def _simd_level() -> str: ...
def _simd_levels() -> list[str]: ...
def _run_cli(args: Sequence[str]) -> int: ...
