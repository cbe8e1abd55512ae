"""The filters, as functions and as objects that join by `|`."""

from typing import SupportsIndex, TypeAlias, TypeVar, final, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from oxitk._arguments import Floats, Ints, NanPolicy, Progress
from oxitk.image import Image
from oxitk.threads import CancelToken

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

    def __or__(self, other: Median | GradientMagnitude | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, tuple[()]]: ...

@final
class GradientMagnitude:
    """The gradient magnitude as an object: called with an image, picklable, hashable, joined by ``|``.

    Parameters
    ----------
    spacing, axes, channel_axis, dtype
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

    def __or__(self, other: Median | GradientMagnitude | Chain, /) -> Chain: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, tuple[()]]: ...

@final
class Chain:
    """Filters one after the other; what ``|`` makes.

    Parameters
    ----------
    *filters : Median, GradientMagnitude or Chain
        At least one.

    Attributes
    ----------
    filters : tuple
        The filters in the order in which they are applied.

    Examples
    --------
    >>> import oxitk
    >>> oxitk.Median(2) | oxitk.GradientMagnitude()
    oxitk.Median(2) | oxitk.GradientMagnitude()
    """

    def __new__(cls, *filters: Median | GradientMagnitude | Chain) -> Chain: ...
    @property
    def filters(self) -> tuple[Median | GradientMagnitude, ...]:
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
        If the spacing is not positive, there is a wrong number of values, or `out` does not fit.
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

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> oxitk.gradient_magnitude(np.array([0, 10, 20, 30], dtype=np.uint8), spacing=0.5)
    array([10., 20., 20., 10.], dtype=float32)
    """

def __dir__() -> list[str]: ...
