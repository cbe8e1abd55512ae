"""The filters, as functions and as objects that join by `|`."""

from typing import Literal, SupportsIndex, TypeAlias, TypeVar, final, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from oxitk._arguments import Filter, Floats, Ints, NanPolicy, Precision, Progress
from oxitk.image import Image
from oxitk.threads import CancelToken

_Scalar = TypeVar("_Scalar", bound=np.generic)
_Other = TypeVar("_Other", bound=np.generic)
_Becomes32: TypeAlias = np.bool_ | np.integer | np.float16 | np.float32

__all__ = [
    "Chain",
    "Derivative",
    "Gradient",
    "GradientMagnitude",
    "GradientMagnitudeRecursiveGaussian",
    "Mean",
    "Median",
    "RecursiveGaussian",
    "SmoothingRecursiveGaussian",
    "Sobel",
    "derivative",
    "gradient",
    "gradient_magnitude",
    "gradient_magnitude_recursive_gaussian",
    "mean",
    "median",
    "recursive_gaussian",
    "smoothing_recursive_gaussian",
    "sobel",
]

@final
class Median:
    """The median as an object: called with an image, picklable, hashable, and joined to others by ``|``.

    Parameters
    ----------
    radius, axes, channel_axis, nan_policy
        As in `median`.

    See Also
    --------
    median : The same as a function, with all there is to know.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> f = oxitk.Median(1) | oxitk.GradientMagnitude()
    >>> f(np.array([0, 9, 0, 0], dtype=np.uint8))
    array([0., 0., 0., 0.], dtype=float32)
    """

    def __new__(
        cls,
        radius: Ints = 1,
        *,
        axes: Ints | None = None,
        channel_axis: SupportsIndex | None = None,
        nan_policy: NanPolicy = "propagate",
    ) -> Median: ...
    @overload
    def __call__(
        self,
        image: Image,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: Image,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: NDArray[_Other],
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[_Other]: ...
    @overload
    def __call__(
        self,
        image: NDArray[_Scalar],
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[_Scalar]: ...
    @overload
    def __call__(
        self,
        image: ArrayLike,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[np.generic]:
        """Call self as a function."""

    def __or__(self, other: Filter | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, tuple[()]]: ...

@final
class GradientMagnitude:
    """The gradient magnitude as an object: called with an image, picklable, hashable, joined by ``|``.

    Parameters
    ----------
    spacing, axes, channel_axis, precision, dtype
        As in `gradient_magnitude`.

    See Also
    --------
    gradient_magnitude : The same as a function, with all there is to know.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> oxitk.GradientMagnitude(spacing=2)(np.array([0., 4., 8.]))
    array([1., 2., 1.])
    """

    def __new__(
        cls,
        *,
        spacing: Floats | None = None,
        axes: Ints | None = None,
        channel_axis: SupportsIndex | None = None,
        precision: Precision = "double",
        dtype: DTypeLike | None = None,
    ) -> GradientMagnitude: ...
    @overload
    def __call__(
        self,
        image: Image,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: Image,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: NDArray[_Other],
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[_Other]: ...
    @overload
    def __call__(
        self,
        image: ArrayLike,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[np.generic]:
        """Call self as a function."""

    def __or__(self, other: Filter | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, tuple[()]]: ...

@final
class Derivative:
    """The derivative as an object: called with an image, picklable, hashable, joined by ``|``.

    Parameters
    ----------
    order, axis, spacing, channel_axis, dtype
        As in `derivative`.

    See Also
    --------
    derivative : The same as a function, with all there is to know.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> oxitk.Derivative(2)(np.array([0., 1., 4., 9.]))
    array([ 1.,  2.,  2., -5.])
    """

    def __new__(
        cls,
        order: SupportsIndex = 1,
        axis: SupportsIndex = -1,
        *,
        spacing: Floats | None = None,
        channel_axis: SupportsIndex | None = None,
        dtype: DTypeLike | None = None,
    ) -> Derivative: ...
    @overload
    def __call__(
        self,
        image: Image,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: Image,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: NDArray[_Other],
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[_Other]: ...
    @overload
    def __call__(
        self,
        image: ArrayLike,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[np.generic]:
        """Call self as a function."""

    def __or__(self, other: Filter | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, tuple[()]]: ...

@final
class Gradient:
    """The gradient as an object: called with an image, picklable, hashable, joined by ``|``.

    Parameters
    ----------
    spacing, use_image_direction, dtype
        As in `gradient`.

    See Also
    --------
    gradient : The same as a function, with all there is to know.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> oxitk.Gradient(spacing=2)(np.array([0., 4., 8.]))
    array([[1.],
           [2.],
           [1.]])
    """

    def __new__(
        cls,
        *,
        spacing: Floats | None = None,
        use_image_direction: bool = True,
        dtype: DTypeLike | None = None,
    ) -> Gradient: ...
    @overload
    def __call__(
        self,
        image: Image,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: Image,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: NDArray[_Other],
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[_Other]: ...
    @overload
    def __call__(
        self,
        image: ArrayLike,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[np.generic]:
        """Call self as a function."""

    def __or__(self, other: Filter | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, tuple[()]]: ...

@final
class Sobel:
    """Sobel's edges as an object: called with an image, picklable, hashable, joined by ``|``.

    Parameters
    ----------
    axes, channel_axis, legacy_coefficients, dtype
        As in `sobel`.

    See Also
    --------
    sobel : The same as a function, with all there is to know.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> oxitk.Sobel()(np.array([[0., 4., 8.]]))
    array([[16., 32., 16.]])
    """

    def __new__(
        cls,
        *,
        axes: Ints | None = None,
        channel_axis: SupportsIndex | None = None,
        legacy_coefficients: bool = True,
        dtype: DTypeLike | None = None,
    ) -> Sobel: ...
    @overload
    def __call__(
        self,
        image: Image,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: Image,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: NDArray[_Other],
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[_Other]: ...
    @overload
    def __call__(
        self,
        image: ArrayLike,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[np.generic]:
        """Call self as a function."""

    def __or__(self, other: Filter | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, tuple[()]]: ...

@final
class Mean:
    """The mean as an object: called with an image, picklable, hashable, and joined to others by ``|``.

    Parameters
    ----------
    radius, axes, channel_axis, dtype
        As in `mean`.

    See Also
    --------
    mean : The same as a function, with all there is to know.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> oxitk.Mean(2)(np.array([0., 5., 10.]))
    array([3., 5., 7.])
    """

    def __new__(
        cls,
        radius: Ints = 1,
        *,
        axes: Ints | None = None,
        channel_axis: SupportsIndex | None = None,
        dtype: DTypeLike | None = None,
    ) -> Mean: ...
    @overload
    def __call__(
        self,
        image: Image,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: Image,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: NDArray[_Other],
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[_Other]: ...
    @overload
    def __call__(
        self,
        image: ArrayLike,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[np.generic]:
        """Call self as a function."""

    def __or__(self, other: Filter | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, tuple[()]]: ...

@final
class RecursiveGaussian:
    """The recursive Gaussian along one axis as an object: called with an image, picklable, hashable, joined by ``|``.

    Parameters
    ----------
    sigma, order, axis, normalize_across_scale, spacing, channel_axis, dtype
        As in `recursive_gaussian`.

    See Also
    --------
    recursive_gaussian : The same as a function, with all there is to know.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> slope = oxitk.RecursiveGaussian(1.0, order=1)
    >>> slope(np.arange(0, 60, 3, dtype=np.float64))[9:11].round(2)
    array([3., 3.])
    """

    def __new__(
        cls,
        sigma: float = 1.0,
        *,
        order: Literal[0, 1, 2] = 0,
        axis: SupportsIndex = -1,
        normalize_across_scale: bool = False,
        spacing: float | None = None,
        channel_axis: SupportsIndex | None = None,
        dtype: DTypeLike | None = None,
    ) -> RecursiveGaussian: ...
    @overload
    def __call__(
        self,
        image: Image,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: Image,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: NDArray[_Other],
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[_Other]: ...
    @overload
    def __call__(
        self,
        image: ArrayLike,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[np.generic]:
        """Call self as a function."""

    def __or__(self, other: Filter | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, tuple[()]]: ...

@final
class SmoothingRecursiveGaussian:
    """Smoothing with a Gaussian as an object: called with an image, picklable, hashable, joined by ``|``.

    Parameters
    ----------
    sigma, spacing, axes, channel_axis, dtype
        As in `smoothing_recursive_gaussian`.

    See Also
    --------
    smoothing_recursive_gaussian : The same as a function, with all there is to know.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> f = oxitk.SmoothingRecursiveGaussian(2) | oxitk.GradientMagnitude()
    >>> float(f(np.full((6, 6), 7, dtype=np.uint8)).max().round(3))
    0.0
    """

    def __new__(
        cls,
        sigma: Floats = 1.0,
        *,
        spacing: Floats | None = None,
        axes: Ints | None = None,
        channel_axis: SupportsIndex | None = None,
        dtype: DTypeLike | None = None,
    ) -> SmoothingRecursiveGaussian: ...
    @overload
    def __call__(
        self,
        image: Image,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: Image,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: NDArray[_Other],
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[_Other]: ...
    @overload
    def __call__(
        self,
        image: ArrayLike,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[np.generic]:
        """Call self as a function."""

    def __or__(self, other: Filter | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, tuple[()]]: ...

@final
class GradientMagnitudeRecursiveGaussian:
    """The magnitude of the smoothed gradient as an object: called with an image, picklable, hashable, joined by ``|``.

    Parameters
    ----------
    sigma, normalize_across_scale, spacing, axes, channel_axis, dtype
        As in `gradient_magnitude_recursive_gaussian`.

    See Also
    --------
    gradient_magnitude_recursive_gaussian : The same as a function, with all there is to know.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> f = oxitk.GradientMagnitudeRecursiveGaussian(1.0)
    >>> f(np.arange(0, 60, 3, dtype=np.float64))[9:11].round(2)
    array([3., 3.])
    """

    def __new__(
        cls,
        sigma: float = 1.0,
        *,
        normalize_across_scale: bool = False,
        spacing: Floats | None = None,
        axes: Ints | None = None,
        channel_axis: SupportsIndex | None = None,
        dtype: DTypeLike | None = None,
    ) -> GradientMagnitudeRecursiveGaussian: ...
    @overload
    def __call__(
        self,
        image: Image,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: Image,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: NDArray[_Other],
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[_Other]: ...
    @overload
    def __call__(
        self,
        image: ArrayLike,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[np.generic]:
        """Call self as a function."""

    def __or__(self, other: Filter | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, tuple[()]]: ...

@final
class Chain:
    """Filters one after the other; what ``|`` makes.

    Parameters
    ----------
    *filters : filter objects, such as Median, or Chain
        At least one.

    Attributes
    ----------
    filters : tuple
        The filters in the order in which they are applied.

    Notes
    -----
    The result is that of one call after the other, to the bit. Where windows are small and images are not, all filters work on
    one piece of the output before the next, so that no image is made between them.

    Examples
    --------
    >>> import oxitk
    >>> oxitk.Median(2) | oxitk.GradientMagnitude()
    oxitk.Median(2) | oxitk.GradientMagnitude()
    """

    def __new__(cls, *filters: Filter | Chain) -> Chain: ...
    @property
    def filters(self) -> tuple[Filter, ...]:
        """The filters in the order in which they are applied."""
    @overload
    def __call__(
        self,
        image: Image,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: Image,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike | Image,
        out: NDArray[_Other],
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[_Other]: ...
    @overload
    def __call__(
        self,
        image: ArrayLike,
        out: None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        num_threads: SupportsIndex | None = None,
    ) -> NDArray[np.generic]:
        """Call self as a function."""

    def __or__(self, other: Filter | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __len__(self) -> int: ...
    def __reduce__(self) -> tuple[type[Chain], tuple[Filter, ...]]: ...

@overload
def median(
    image: Image,
    radius: Ints = 1,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    nan_policy: NanPolicy = "propagate",
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
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
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
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
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
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
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
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
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.generic]:
    """Median of a box window around each pixel.

    Parameters
    ----------
    image : array_like or oxitk.Image
        Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
        layout and byte order. Read, never copied as a whole.
    radius : int or sequence of int, default 1
        The window has ``2 * radius + 1`` pixels along an axis. One number, or one for each filtered axis in
        array order, slowest axis first (ITK's order is the opposite). 0 leaves an axis alone.
    axes : int or sequence of int, optional
        The axes to filter along. Default all.
    channel_axis : int, optional
        An axis not to filter along, such as the colours of an image. An image of RGB or vector pixels needs
        ``channel_axis=-1``.
    nan_policy : {'propagate', 'omit', 'raise'}, default 'propagate'
        What a NaN in the window does: the result is NaN; it is left out (of `m` other samples the one with
        ``m // 2`` smaller ones; NaN where there is none); ValueError.
    out : ndarray or oxitk.Image, optional
        Where to write, of the input's shape and dtype; must not share memory with the input.
    progress : bool, callable or object with ``update``, optional
        Called on this thread while others work: a callable with the fraction done, ``update`` with increments, as
        tqdm has it; True shows a bar. A call that raises stops the work. See ``docs/threads.md``.
    cancel : oxitk.CancelToken, optional
        Stops the work from any thread.
    num_threads : int, optional
        Use at most this many threads, and never more than `get_num_threads`. Results do not depend on it.

    Returns
    -------
    ndarray or oxitk.Image
        As the input, with the same dtype; `out` if it was given. An image keeps its geometry and metadata.

    Raises
    ------
    TypeError
        If the dtype is not supported, or a radius is no integer.
    ValueError
        If a radius is negative or there is a wrong number of them, or `out` does not fit.
    ProcessAborted
        If it was cancelled; `out` is half written then.

    See Also
    --------
    Median : The same as an object that can be kept, sent and joined.

    Notes
    -----
    Beyond the border the nearest pixel inside counts. Equal to ``itk.median_image_filter(image, radius=radius)``
    to the bit, and to ``scipy.ndimage.median_filter(image, size=2 * radius + 1, mode="nearest")``. -0.0 sorts
    before 0.0. Runs without the GIL on all threads (see `set_num_threads`).

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> a = np.array([[1, 1, 1], [1, 200, 1], [1, 1, 9]], dtype=np.uint8)
    >>> oxitk.median(a)
    array([[1, 1, 1],
           [1, 1, 1],
           [1, 1, 9]], dtype=uint8)
    """

@overload
def gradient_magnitude(
    image: Image,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    precision: Precision = "double",
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def gradient_magnitude(
    image: ArrayLike | Image,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    precision: Precision = "double",
    dtype: DTypeLike | None = None,
    out: Image,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def gradient_magnitude(
    image: ArrayLike | Image,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    precision: Precision = "double",
    dtype: DTypeLike | None = None,
    out: NDArray[_Other],
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def gradient_magnitude(
    image: ArrayLike,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    precision: Precision = "double",
    dtype: type[_Other] | np.dtype[_Other],
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def gradient_magnitude(  # type: ignore[overload-overlap]
    image: NDArray[np.float64],
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    precision: Precision = "double",
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.float64]: ...
@overload
def gradient_magnitude(
    image: NDArray[_Becomes32],
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    precision: Precision = "double",
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.float32]: ...
@overload
def gradient_magnitude(
    image: ArrayLike,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    precision: Precision = "double",
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.generic]:
    """Magnitude of the gradient by central differences.

    Parameters
    ----------
    image : array_like or oxitk.Image
        Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
        layout and byte order. Read, never copied as a whole.
    spacing : float or sequence of float, optional
        Distance between pixels: one number, or one for each filtered axis in array order, slowest axis first
        (ITK's order is the opposite). Default the image's own spacing, or 1 for an array.
    axes : int or sequence of int, optional
        The axes to differentiate along. Default all.
    channel_axis : int, optional
        An axis not to differentiate along, such as the colours of an image.
    precision : {'double', 'single'}, default 'double'
        ``'single'`` computes in float32, which is faster and no longer equal to ITK. See Notes.
    dtype : dtype, optional
        Type of the result: float64 for float64, else float32, unless given here or by `out`. Integers are
        truncated toward zero; values that don't fit become the nearest that do, and NaN becomes 0.
    out : ndarray or oxitk.Image, optional
        Where to write, of the input's shape; must not share memory with the input.
    progress : bool, callable or object with ``update``, optional
        Called on this thread while others work: a callable with the fraction done, ``update`` with increments, as
        tqdm has it; True shows a bar. A call that raises stops the work. See ``docs/threads.md``.
    cancel : oxitk.CancelToken, optional
        Stops the work from any thread.
    num_threads : int, optional
        Use at most this many threads, and never more than `get_num_threads`. Results do not depend on it.

    Returns
    -------
    ndarray or oxitk.Image
        As the input; `out` if it was given. The unit is that of the pixels over that of the spacing.

    Raises
    ------
    TypeError
        If a dtype is not supported.
    ValueError
        If the spacing is not positive, `precision` is neither of the two, there is a wrong number of values, or `out`
        does not fit.
    ProcessAborted
        If it was cancelled; `out` is half written then.

    See Also
    --------
    GradientMagnitude : The same as an object that can be kept, sent and joined.

    Notes
    -----
    Equal to ``itk.gradient_magnitude_image_filter(image)`` to the bit, computed in double precision; for the
    result type that ITK takes, pass ``dtype=image.dtype``. At the border the nearest pixel inside counts, so the
    difference there is half of a one-sided one. ``scipy.ndimage`` has no twin; of
    ``scipy.ndimage.generic_gradient_magnitude`` with a central difference it is one, with ``mode="nearest"``.
    The direction of an image is not looked at. Runs without the GIL on all threads.

    With ``precision="single"`` and n axes, float results are off by at most (4 + n / 2) * 2**-24 of themselves, where
    float32 holds the pixels and no difference or square is beyond its range: slopes above 1e19 give infinity, those
    below 1e-18 fade. Pixels that it does not hold are rounded to it first. A spacing whose inverse it does not hold has all
    computed in double precision.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> oxitk.gradient_magnitude(np.array([0, 10, 20, 30], dtype=np.uint8), spacing=0.5)
    array([10., 20., 20., 10.], dtype=float32)
    """

@overload
def mean(
    image: Image,
    radius: Ints = 1,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def mean(
    image: ArrayLike | Image,
    radius: Ints = 1,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: Image,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def mean(
    image: ArrayLike | Image,
    radius: Ints = 1,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: NDArray[_Other],
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def mean(
    image: ArrayLike,
    radius: Ints = 1,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: type[_Other] | np.dtype[_Other],
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def mean(  # type: ignore[overload-overlap]
    image: NDArray[np.bool_],
    radius: Ints = 1,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.uint8]: ...
@overload
def mean(
    image: NDArray[_Scalar],
    radius: Ints = 1,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Scalar]: ...
@overload
def mean(
    image: ArrayLike,
    radius: Ints = 1,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.generic]:
    """Mean of a box window around each pixel.

    Parameters
    ----------
    image : array_like or oxitk.Image
        Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
        layout and byte order. Read, never copied as a whole.
    radius : int or sequence of int, default 1
        The window has ``2 * radius + 1`` pixels along an axis. One number, or one for each filtered axis in
        array order, slowest axis first (ITK's order is the opposite). 0 leaves an axis alone.
    axes : int or sequence of int, optional
        The axes to filter along. Default all.
    channel_axis : int, optional
        An axis not to filter along, such as the colours of an image. An image of RGB or vector pixels needs
        ``channel_axis=-1``.
    dtype : dtype, optional
        Type of the result: the input's (uint8 for bool), unless given here or by `out`. Integers are truncated toward
        zero; values that don't fit become the nearest that do, and NaN becomes 0.
    out : ndarray or oxitk.Image, optional
        Where to write, of the input's shape; must not share memory with the input.
    progress : bool, callable or object with ``update``, optional
        Called on this thread while others work: a callable with the fraction done, ``update`` with increments, as
        tqdm has it; True shows a bar. A call that raises stops the work. See ``docs/threads.md``.
    cancel : oxitk.CancelToken, optional
        Stops the work from any thread.
    num_threads : int, optional
        Use at most this many threads, and never more than `get_num_threads`. Results do not depend on it.

    Returns
    -------
    ndarray or oxitk.Image
        As the input; `out` if it was given. An image keeps its geometry and metadata.

    Raises
    ------
    TypeError
        If a dtype is not supported, or a radius is no integer.
    ValueError
        If a radius is negative, there is a wrong number of them, a window has more than 2**24 samples, or `out` does
        not fit.
    ProcessAborted
        If it was cancelled; `out` is half written then.

    See Also
    --------
    Mean : The same as an object that can be kept, sent and joined.

    Notes
    -----
    Beyond the border the nearest pixel inside counts. Equal to ``itk.mean_image_filter(image, radius=radius)`` to the bit:
    samples are added in double precision in ITK's order wherever the order can matter. Where it can't (integers, and
    floats that are multiples of a common step), sums run, and the time does not depend on the radius.
    ``scipy.ndimage.uniform_filter(image, size=2 * radius + 1, mode="nearest")`` differs by its rounding. Runs without
    the GIL on all threads (see `set_num_threads`).

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> a = np.array([0, 3, 6, -20], dtype=np.int16)
    >>> oxitk.mean(a)
    array([  1,   3,  -3, -11], dtype=int16)
    >>> oxitk.mean(a, dtype="float64")[:2]
    array([1., 3.])
    """

@overload
def recursive_gaussian(
    image: Image,
    sigma: float = 1.0,
    *,
    order: Literal[0, 1, 2] = 0,
    axis: SupportsIndex = -1,
    normalize_across_scale: bool = False,
    spacing: float | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def recursive_gaussian(
    image: ArrayLike | Image,
    sigma: float = 1.0,
    *,
    order: Literal[0, 1, 2] = 0,
    axis: SupportsIndex = -1,
    normalize_across_scale: bool = False,
    spacing: float | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: Image,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def recursive_gaussian(
    image: ArrayLike | Image,
    sigma: float = 1.0,
    *,
    order: Literal[0, 1, 2] = 0,
    axis: SupportsIndex = -1,
    normalize_across_scale: bool = False,
    spacing: float | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: NDArray[_Other],
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def recursive_gaussian(
    image: ArrayLike,
    sigma: float = 1.0,
    *,
    order: Literal[0, 1, 2] = 0,
    axis: SupportsIndex = -1,
    normalize_across_scale: bool = False,
    spacing: float | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: type[_Other] | np.dtype[_Other],
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def recursive_gaussian(  # type: ignore[overload-overlap]
    image: NDArray[np.float64],
    sigma: float = 1.0,
    *,
    order: Literal[0, 1, 2] = 0,
    axis: SupportsIndex = -1,
    normalize_across_scale: bool = False,
    spacing: float | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.float64]: ...
@overload
def recursive_gaussian(
    image: NDArray[_Becomes32],
    sigma: float = 1.0,
    *,
    order: Literal[0, 1, 2] = 0,
    axis: SupportsIndex = -1,
    normalize_across_scale: bool = False,
    spacing: float | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.float32]: ...
@overload
def recursive_gaussian(
    image: ArrayLike,
    sigma: float = 1.0,
    *,
    order: Literal[0, 1, 2] = 0,
    axis: SupportsIndex = -1,
    normalize_across_scale: bool = False,
    spacing: float | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.generic]:
    """Gaussian of any width along one axis, or its first or second derivative.

    Parameters
    ----------
    image : array_like or oxitk.Image
        Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
        layout and byte order. Read, never copied as a whole.
    sigma : float, default 1.0
        Standard deviation, in the unit of the spacing.
    order : {0, 1, 2}, default 0
        Which derivative of the Gaussian; 0 smooths.
    axis : int, default -1
        The axis to filter along, in array order: -1 is the last one, ITK's direction 0.
    normalize_across_scale : bool, default False
        Multiply by sigma once an order, so that derivatives at several sigmas may be compared.
    spacing : float, optional
        Distance between pixels along the axis. Default the image's own, or 1 for an array.
    channel_axis : int, optional
        An axis that counts as separate images. An image of RGB or vector pixels needs ``channel_axis=-1``.
    dtype : dtype, optional
        Type of the result: float64 for float64, else float32, unless given here or by `out`. Integers are
        truncated toward zero; values that don't fit become the nearest that do, and NaN becomes 0.
    out : ndarray or oxitk.Image, optional
        Where to write, of the input's shape; must not share memory with the input.
    progress : bool, callable or object with ``update``, optional
        Called on this thread while others work: a callable with the fraction done, ``update`` with increments, as
        tqdm has it; True shows a bar. A call that raises stops the work. See ``docs/threads.md``.
    cancel : oxitk.CancelToken, optional
        Stops the work from any thread.
    num_threads : int, optional
        Use at most this many threads, and never more than `get_num_threads`. Results do not depend on it.

    Returns
    -------
    ndarray or oxitk.Image
        As the input; `out` if it was given. Derivatives are those by the number of pixels, not divided by the spacing.

    Raises
    ------
    TypeError
        If a dtype is not supported.
    ValueError
        If sigma or the spacing is not positive, there is a wrong number of values, a filtered axis has fewer than 4 pixels,
        or `out` does not fit.
    ProcessAborted
        If it was cancelled; `out` is half written then.

    See Also
    --------
    RecursiveGaussian : The same as an object that can be kept, sent and joined.
    smoothing_recursive_gaussian : Along all axes.

    Notes
    -----
    Equal to ``itk.recursive_gaussian_image_filter(image, sigma=sigma, order=order, direction=...)``, computed in double
    precision: Deriche's recursion, whose cost does not depend on sigma. Beyond the border the nearest pixel inside counts.
    ``scipy.ndimage.gaussian_filter1d(image, sigma, mode="nearest")`` is close; its kernel is cut off at 4 sigma. Runs without
    the GIL on all threads.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> step = np.repeat(np.array([0, 100], dtype=np.uint8), 4)
    >>> oxitk.recursive_gaussian(step, 1.0, dtype=np.uint8)
    array([  0,   0,   5,  29,  70,  94,  99, 100], dtype=uint8)
    """

@overload
def smoothing_recursive_gaussian(
    image: Image,
    sigma: Floats = 1.0,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def smoothing_recursive_gaussian(
    image: ArrayLike | Image,
    sigma: Floats = 1.0,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: Image,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def smoothing_recursive_gaussian(
    image: ArrayLike | Image,
    sigma: Floats = 1.0,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: NDArray[_Other],
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def smoothing_recursive_gaussian(
    image: ArrayLike,
    sigma: Floats = 1.0,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: type[_Other] | np.dtype[_Other],
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def smoothing_recursive_gaussian(  # type: ignore[overload-overlap]
    image: NDArray[np.float64],
    sigma: Floats = 1.0,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.float64]: ...
@overload
def smoothing_recursive_gaussian(
    image: NDArray[_Becomes32],
    sigma: Floats = 1.0,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.float32]: ...
@overload
def smoothing_recursive_gaussian(
    image: ArrayLike,
    sigma: Floats = 1.0,
    *,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.generic]:
    """Smooth with a Gaussian of any width.

    Parameters
    ----------
    image : array_like or oxitk.Image
        Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
        layout and byte order. Read, never copied as a whole.
    sigma : float or sequence of float, default 1.0
        Standard deviation, in the unit of the spacing: one number, or one for each filtered axis in array order, slowest
        axis first (ITK's order is the opposite).
    spacing : float or sequence of float, optional
        Distance between pixels: one number, or one for each filtered axis in array order, slowest axis first
        (ITK's order is the opposite). Default the image's own spacing, or 1 for an array.
    axes : int or sequence of int, optional
        The axes to filter along. Default all.
    channel_axis : int, optional
        An axis not to filter along, such as the colours of an image.
    dtype : dtype, optional
        Type of the result: float64 for float64, else float32, unless given here or by `out`. Integers are
        truncated toward zero; values that don't fit become the nearest that do, and NaN becomes 0.
    out : ndarray or oxitk.Image, optional
        Where to write, of the input's shape; must not share memory with the input.
    progress : bool, callable or object with ``update``, optional
        Called on this thread while others work: a callable with the fraction done, ``update`` with increments, as
        tqdm has it; True shows a bar. A call that raises stops the work. See ``docs/threads.md``.
    cancel : oxitk.CancelToken, optional
        Stops the work from any thread.
    num_threads : int, optional
        Use at most this many threads, and never more than `get_num_threads`. Results do not depend on it.

    Returns
    -------
    ndarray or oxitk.Image
        As the input; `out` if it was given.

    Raises
    ------
    TypeError
        If a dtype is not supported.
    ValueError
        If sigma or the spacing is not positive, there is a wrong number of values, a filtered axis has fewer than 4 pixels,
        or `out` does not fit.
    ProcessAborted
        If it was cancelled; `out` is half written then.

    See Also
    --------
    SmoothingRecursiveGaussian : The same as an object that can be kept, sent and joined.
    recursive_gaussian : Along one axis, and derivatives.

    Notes
    -----
    Equal to ``itk.smoothing_recursive_gaussian_image_filter(image, sigma=sigma)``; for the result type that ITK takes, pass
    ``dtype=image.dtype``. Each pass along an axis computes in double precision and is rounded to float32, for float64 too, as
    in ITK; `recursive_gaussian` axis by axis keeps float64. Beyond the border the nearest pixel inside counts.
    ``scipy.ndimage.gaussian_filter(image, sigma, mode="nearest")`` is close; its cost grows with sigma. Runs without the GIL on
    all threads.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> a = np.zeros((5, 5), dtype=np.float32)
    >>> a[2, 2] = 100
    >>> oxitk.smoothing_recursive_gaussian(a, 0.7)[2].round(1)
    array([ 0.5, 11.8, 32.7, 11.8,  0.5], dtype=float32)
    """

@overload
def gradient_magnitude_recursive_gaussian(
    image: Image,
    sigma: float = 1.0,
    *,
    normalize_across_scale: bool = False,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def gradient_magnitude_recursive_gaussian(
    image: ArrayLike | Image,
    sigma: float = 1.0,
    *,
    normalize_across_scale: bool = False,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: Image,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def gradient_magnitude_recursive_gaussian(
    image: ArrayLike | Image,
    sigma: float = 1.0,
    *,
    normalize_across_scale: bool = False,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: NDArray[_Other],
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def gradient_magnitude_recursive_gaussian(
    image: ArrayLike,
    sigma: float = 1.0,
    *,
    normalize_across_scale: bool = False,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: type[_Other] | np.dtype[_Other],
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def gradient_magnitude_recursive_gaussian(  # type: ignore[overload-overlap]
    image: NDArray[np.float64],
    sigma: float = 1.0,
    *,
    normalize_across_scale: bool = False,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.float64]: ...
@overload
def gradient_magnitude_recursive_gaussian(
    image: NDArray[_Becomes32],
    sigma: float = 1.0,
    *,
    normalize_across_scale: bool = False,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.float32]: ...
@overload
def gradient_magnitude_recursive_gaussian(
    image: ArrayLike,
    sigma: float = 1.0,
    *,
    normalize_across_scale: bool = False,
    spacing: Floats | None = None,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.generic]:
    """Magnitude of the gradient of the image smoothed with a Gaussian of any width.

    Parameters
    ----------
    image : array_like or oxitk.Image
        Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
        layout and byte order. Read, never copied as a whole.
    sigma : float, default 1.0
        Standard deviation, in the unit of the spacing.
    normalize_across_scale : bool, default False
        Multiply by sigma, so that gradients at several sigmas may be compared.
    spacing : float or sequence of float, optional
        Distance between pixels: one number, or one for each filtered axis in array order, slowest axis first
        (ITK's order is the opposite). Default the image's own spacing, or 1 for an array.
    axes : int or sequence of int, optional
        The axes to filter along. Default all.
    channel_axis : int, optional
        An axis not to filter along, such as the colours of an image.
    dtype : dtype, optional
        Type of the result: float64 for float64, else float32, unless given here or by `out`. Integers are
        truncated toward zero; values that don't fit become the nearest that do, and NaN becomes 0.
    out : ndarray or oxitk.Image, optional
        Where to write, of the input's shape; must not share memory with the input.
    progress : bool, callable or object with ``update``, optional
        Called on this thread while others work: a callable with the fraction done, ``update`` with increments, as
        tqdm has it; True shows a bar. A call that raises stops the work. See ``docs/threads.md``.
    cancel : oxitk.CancelToken, optional
        Stops the work from any thread.
    num_threads : int, optional
        Use at most this many threads, and never more than `get_num_threads`. Results do not depend on it.

    Returns
    -------
    ndarray or oxitk.Image
        As the input; `out` if it was given. The unit is that of the pixels over that of the spacing.

    Raises
    ------
    TypeError
        If a dtype is not supported.
    ValueError
        If sigma or the spacing is not positive, there is a wrong number of values, a filtered axis has fewer than 4 pixels,
        or `out` does not fit.
    ProcessAborted
        If it was cancelled; `out` is half written then.

    See Also
    --------
    GradientMagnitudeRecursiveGaussian : The same as an object that can be kept, sent and joined.
    gradient_magnitude : By differences of neighbours, without smoothing.

    Notes
    -----
    Equal to ``itk.gradient_magnitude_recursive_gaussian_image_filter(image, sigma=sigma)``; for the result type that ITK takes,
    pass ``dtype=image.dtype``. Each pass along an axis computes in double precision and is rounded to float32, for float64 too,
    as in ITK. Beyond the border the nearest pixel inside counts. The direction of an image is not looked at.
    ``scipy.ndimage.gaussian_gradient_magnitude(image, sigma, mode="nearest")`` is close. Runs without the GIL on all threads.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> ramp = np.tile(np.arange(0, 100, 5, dtype=np.uint8), (4, 1))
    >>> oxitk.gradient_magnitude_recursive_gaussian(ramp, 1.0)[0, 8:12].round(2)
    array([5., 5., 5., 5.], dtype=float32)
    """

@overload
def derivative(
    image: Image,
    order: SupportsIndex = 1,
    axis: SupportsIndex = -1,
    *,
    spacing: Floats | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def derivative(
    image: ArrayLike | Image,
    order: SupportsIndex = 1,
    axis: SupportsIndex = -1,
    *,
    spacing: Floats | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: Image,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def derivative(
    image: ArrayLike | Image,
    order: SupportsIndex = 1,
    axis: SupportsIndex = -1,
    *,
    spacing: Floats | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: NDArray[_Other],
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def derivative(
    image: ArrayLike,
    order: SupportsIndex = 1,
    axis: SupportsIndex = -1,
    *,
    spacing: Floats | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: type[_Other] | np.dtype[_Other],
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def derivative(  # type: ignore[overload-overlap]
    image: NDArray[np.float64],
    order: SupportsIndex = 1,
    axis: SupportsIndex = -1,
    *,
    spacing: Floats | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.float64]: ...
@overload
def derivative(
    image: NDArray[_Becomes32],
    order: SupportsIndex = 1,
    axis: SupportsIndex = -1,
    *,
    spacing: Floats | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.float32]: ...
@overload
def derivative(
    image: ArrayLike,
    order: SupportsIndex = 1,
    axis: SupportsIndex = -1,
    *,
    spacing: Floats | None = None,
    channel_axis: SupportsIndex | None = None,
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.generic]:
    """Derivative along one axis, of any order, by central differences.

    Parameters
    ----------
    image : array_like or oxitk.Image
        Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
        layout and byte order. Read, never copied as a whole.
    order : int, default 1
        How often to differentiate, 0 to 52.
    axis : int, default -1
        The axis of the array to differentiate along. The default is the last one, x, which is direction 0 for ITK.
    spacing : float or sequence of float, optional
        Distance between pixels: one number, or one for each axis in array order, slowest axis first (ITK's order is the
        opposite). Default the image's own spacing, or 1 for an array.
    channel_axis : int, optional
        An axis that counts as separate images. An image of RGB or vector pixels needs ``channel_axis=-1``.
    dtype : dtype, optional
        Type of the result: float64 for float64, else float32, unless given here or by `out`. Integers are
        truncated toward zero; values that don't fit become the nearest that do, and NaN becomes 0.
    out : ndarray or oxitk.Image, optional
        Where to write, of the input's shape; must not share memory with the input.
    progress : bool, callable or object with ``update``, optional
        Called on this thread while others work: a callable with the fraction done, ``update`` with increments, as
        tqdm has it; True shows a bar. A call that raises stops the work. See ``docs/threads.md``.
    cancel : oxitk.CancelToken, optional
        Stops the work from any thread.
    num_threads : int, optional
        Use at most this many threads, and never more than `get_num_threads`. Results do not depend on it.

    Returns
    -------
    ndarray or oxitk.Image
        As the input; `out` if it was given.

    Raises
    ------
    TypeError
        If a dtype is not supported.
    ValueError
        If an order or axis is out of range, the spacing is not positive, there is a wrong number of values, or `out` does not fit.
    ProcessAborted
        If it was cancelled; `out` is half written then.

    See Also
    --------
    Derivative : The same as an object that can be kept, sent and joined.
    gradient : The first derivatives along all axes.

    Notes
    -----
    Equal to ITK's DerivativeImageFilter to the bit; for its result type, pass ``dtype=image.dtype``. As there, the
    coefficients are divided by the spacing once, whatever the order. At the border the nearest pixel inside counts, so the
    first derivative there is half of a one-sided one, where ``np.gradient`` has the whole. Runs without the GIL on all
    threads.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> squares = np.array([0, 1, 4, 9, 16])
    >>> oxitk.derivative(squares)
    array([0.5, 2. , 4. , 6. , 3.5], dtype=float32)
    >>> oxitk.derivative(squares, 2, dtype="int16")
    array([ 1,  2,  2,  2, -7], dtype=int16)
    """

@overload
def gradient(
    image: Image,
    *,
    spacing: Floats | None = None,
    use_image_direction: bool = True,
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def gradient(
    image: ArrayLike | Image,
    *,
    spacing: Floats | None = None,
    use_image_direction: bool = True,
    dtype: DTypeLike | None = None,
    out: Image,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def gradient(
    image: ArrayLike | Image,
    *,
    spacing: Floats | None = None,
    use_image_direction: bool = True,
    dtype: DTypeLike | None = None,
    out: NDArray[_Other],
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def gradient(
    image: ArrayLike,
    *,
    spacing: Floats | None = None,
    use_image_direction: bool = True,
    dtype: type[_Other] | np.dtype[_Other],
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def gradient(  # type: ignore[overload-overlap]
    image: NDArray[np.float64],
    *,
    spacing: Floats | None = None,
    use_image_direction: bool = True,
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.float64]: ...
@overload
def gradient(
    image: NDArray[_Becomes32],
    *,
    spacing: Floats | None = None,
    use_image_direction: bool = True,
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.float32]: ...
@overload
def gradient(
    image: ArrayLike,
    *,
    spacing: Floats | None = None,
    use_image_direction: bool = True,
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.generic]:
    """Gradient by central differences, as a vector at each pixel.

    Parameters
    ----------
    image : array_like or oxitk.Image
        Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
        layout and byte order. Read, never copied as a whole.
    spacing : float or sequence of float, optional
        Distance between pixels: one number, or one for each axis in array order, slowest axis first (ITK's order is the
        opposite). Default the image's own spacing, or 1 for an array.
    use_image_direction : bool, default True
        Whether the vectors of an image are turned by its direction, so that they are vectors of space; else they are
        along its axes, as those of an array are.
    dtype : dtype, optional
        Type of the result, float32 or float64: float64 for float64, else float32, unless given here or by `out`.
    out : ndarray or oxitk.Image, optional
        Where to write, of the input's shape and one axis more at the end; must not share memory with the input.
    progress : bool, callable or object with ``update``, optional
        Called on this thread while others work: a callable with the fraction done, ``update`` with increments, as
        tqdm has it; True shows a bar. A call that raises stops the work. See ``docs/threads.md``.
    cancel : oxitk.CancelToken, optional
        Stops the work from any thread.
    num_threads : int, optional
        Use at most this many threads, and never more than `get_num_threads`. Results do not depend on it.

    Returns
    -------
    ndarray or oxitk.Image
        As the input; `out` if it was given. An array has one axis more, the last one; an image has pixels of the kind
        ``covariant_vector``. The components are in ITK's order, x first: component 0 is along the array's last axis.

    Raises
    ------
    TypeError
        If a dtype is not supported.
    ValueError
        If the spacing is not positive, there is a wrong number of values, or `out` does not fit.
    ProcessAborted
        If it was cancelled; `out` is half written then.

    See Also
    --------
    Gradient : The same as an object that can be kept, sent and joined.
    gradient_magnitude : The length of the vectors.

    Notes
    -----
    Equal to ``itk.gradient_image_filter(image)`` to the bit; that has float32 vectors for float64 images too, for which
    pass ``dtype="float32"``. At the border the nearest pixel inside counts, so the difference there is half of a
    one-sided one, where ``np.gradient`` has the whole; and the order of its list is that of the array's axes. Runs without
    the GIL on all threads.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> ramp = np.array([[0, 1, 2], [10, 11, 12]])
    >>> oxitk.gradient(ramp)[0]
    array([[0.5, 5. ],
           [1. , 5. ],
           [0.5, 5. ]], dtype=float32)
    """

@overload
def sobel(
    image: Image,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    legacy_coefficients: bool = True,
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def sobel(
    image: ArrayLike | Image,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    legacy_coefficients: bool = True,
    dtype: DTypeLike | None = None,
    out: Image,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> Image: ...
@overload
def sobel(
    image: ArrayLike | Image,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    legacy_coefficients: bool = True,
    dtype: DTypeLike | None = None,
    out: NDArray[_Other],
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def sobel(
    image: ArrayLike,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    legacy_coefficients: bool = True,
    dtype: type[_Other] | np.dtype[_Other],
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[_Other]: ...
@overload
def sobel(  # type: ignore[overload-overlap]
    image: NDArray[np.float64],
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    legacy_coefficients: bool = True,
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.float64]: ...
@overload
def sobel(
    image: NDArray[_Becomes32],
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    legacy_coefficients: bool = True,
    dtype: None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.float32]: ...
@overload
def sobel(
    image: ArrayLike,
    *,
    axes: Ints | None = None,
    channel_axis: SupportsIndex | None = None,
    legacy_coefficients: bool = True,
    dtype: DTypeLike | None = None,
    out: None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    num_threads: SupportsIndex | None = None,
) -> NDArray[np.generic]:
    """Magnitude of the gradient by Sobel's operators.

    Parameters
    ----------
    image : array_like or oxitk.Image
        Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
        layout and byte order. Read, never copied as a whole.
    axes : int or sequence of int, optional
        The axes to differentiate along. Default all.
    channel_axis : int, optional
        An axis not to differentiate along, such as the colours of an image.
    legacy_coefficients : bool, default True
        Whether operators of three axes have the numbers of ITK 5, 1, 3, 1 and 3, 6, 3; else they are 1, 2, 1 along each axis, as
        those of two axes always are.
    dtype : dtype, optional
        Type of the result: float64 for float64, else float32, unless given here or by `out`. Integers are
        truncated toward zero; values that don't fit become the nearest that do, and NaN becomes 0.
    out : ndarray or oxitk.Image, optional
        Where to write, of the input's shape; must not share memory with the input.
    progress : bool, callable or object with ``update``, optional
        Called on this thread while others work: a callable with the fraction done, ``update`` with increments, as
        tqdm has it; True shows a bar. A call that raises stops the work. See ``docs/threads.md``.
    cancel : oxitk.CancelToken, optional
        Stops the work from any thread.
    num_threads : int, optional
        Use at most this many threads, and never more than `get_num_threads`. Results do not depend on it.

    Returns
    -------
    ndarray or oxitk.Image
        As the input; `out` if it was given. The spacing is not looked at.

    Raises
    ------
    TypeError
        If a dtype is not supported.
    ValueError
        If there is no such axis, or `out` does not fit.
    ProcessAborted
        If it was cancelled; `out` is half written then.

    See Also
    --------
    Sobel : The same as an object that can be kept, sent and joined.
    gradient_magnitude : By central differences, with the spacing.

    Notes
    -----
    Equal to ``itk.sobel_edge_detection_image_filter(image)`` to the bit, for float32 and float64, which are all the types
    that it takes. At the border the nearest pixel inside counts. ``scipy.ndimage.sobel`` is one operator alone. Runs without
    the GIL on all threads.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> oxitk.sobel(np.array([[0, 0, 10, 10]], dtype=np.uint8))
    array([[ 0., 40., 40.,  0.]], dtype=float32)
    """

def __dir__() -> list[str]: ...
