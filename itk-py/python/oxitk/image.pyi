"""Images: pixels with spacing, origin, direction, start index and metadata."""

from typing import final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from oxitk._arguments import Floats, Ints, Metadata, PixelKind, Rows

__all__ = ["Image"]

@final
class Image:
    """An image: pixels with spacing, origin, direction, start index and metadata.

    Made by `Image.from_array`, `imread`, or a filter. ``numpy.asarray(image)`` shows the pixels without copying
    them. Attributes that end in ``_xyz`` are in ITK's order, x (the fastest axis) first, those in ``_zyx`` in
    numpy's. Geometry never changes; pixels may be written through numpy where the memory is writable.

    Attributes
    ----------
    shape : tuple of int
        As numpy's, slowest axis first; components last where a pixel has several.
    ndim : int
        Number of entries of `shape`.
    dtype : numpy.dtype
        Type of each component.
    size_xyz : tuple of int
        Pixels along each axis; components are not an axis.
    index_xyz, index_zyx : tuple of int
        Index of the first pixel.
    spacing_xyz, spacing_zyx : tuple of float
        Distance between pixels along each axis.
    origin_xyz, origin_zyx : tuple of float
        Position of index 0.
    direction_xyz, direction_zyx : tuple of tuple of float
        Rows of the direction matrix; column j is the direction of axis j.
    pixel_kind : str
        What the components mean: ``'scalar'``, ``'rgb'``, ``'rgba'``, ``'vector'``, …
    components : int
        Components a pixel.
    metadata : dict
        A copy of the metadata dictionary.

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> image = oxitk.Image.from_array(np.zeros((2, 3, 4), np.uint8), spacing_xyz=(1, 1, 2.5))
    >>> image.spacing_zyx
    (2.5, 1.0, 1.0)
    """

    @classmethod
    def from_array(
        cls,
        a: ArrayLike,
        copy: bool = False,
        *,
        spacing_xyz: Floats | None = None,
        origin_xyz: Floats | None = None,
        direction_xyz: Rows | None = None,
        index_xyz: Ints | None = None,
        pixel_kind: PixelKind = "scalar",
        metadata: Metadata | None = None,
    ) -> Image:
        """Make an image of an array.

        Parameters
        ----------
        a : array_like
            1 to 6 axes, slowest first, and the components last unless `pixel_kind` is ``'scalar'``.
        copy : bool, default False
            False shares the array's memory, whatever its layout; writing to one changes the other, and the
            image of a read-only array is read-only. True copies.
        spacing_xyz, origin_xyz : float or sequence of float, optional
            In ITK's order, x first. Default 1 and 0.
        direction_xyz : sequence of sequence of float, optional
            Rows of the matrix whose column j is the direction of axis j. Default the identity.
        index_xyz : sequence of int, optional
            Index of the first pixel. Default 0.
        pixel_kind : str, default 'scalar'
            ``'scalar'``, ``'complex'``, ``'rgb'``, ``'rgba'``, ``'vector'``, ``'covariant_vector'``, ``'point'``,
            ``'symmetric_tensor'`` or ``'variable_length'``.
        metadata : dict, optional
            Keys are str; values str, int or float.

        Returns
        -------
        oxitk.Image

        Raises
        ------
        TypeError
            If the dtype is not supported.
        ValueError
            If the geometry is impossible or has a wrong number of values; if memory with swapped bytes, or
            that is no array yet, cannot be shared.

        Notes
        -----
        ITK's twins are ``itk.image_view_from_array(a)`` and, with ``copy=True``, ``itk.image_from_array(a)``.

        Examples
        --------
        >>> import numpy as np, oxitk
        >>> a = np.zeros((2, 3), np.float32)
        >>> image = oxitk.Image.from_array(a, origin_xyz=(10, 20))
        >>> a[0, 0] = 5
        >>> float(np.asarray(image)[0, 0])
        5.0
        """

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
    def pixel_kind(self) -> PixelKind: ...
    @property
    def components(self) -> int: ...
    @property
    def metadata(self) -> dict[str, str | int | float]: ...
    def copy(self) -> Image:
        """A copy with pixels of its own.

        Returns
        -------
        oxitk.Image
        """

    def transform_index_to_physical_point(self, index_xyz: Ints) -> tuple[float, ...]:
        """The position of a pixel.

        Parameters
        ----------
        index_xyz : sequence of int

        Returns
        -------
        tuple of float
            In xyz order; ITK's ``TransformIndexToPhysicalPoint``.
        """

    def transform_physical_point_to_index(self, point_xyz: Floats) -> tuple[int, ...]:
        """The index of the pixel nearest to a position; it may lie outside of the image.

        Parameters
        ----------
        point_xyz : sequence of float

        Returns
        -------
        tuple of int
            In xyz order; halves are rounded up. ITK's ``TransformPhysicalPointToIndex``.
        """

    def __getitem__(self, key: str, /) -> str | int | float: ...
    def __array__(self, dtype: DTypeLike | None = None, *, copy: bool | None = None) -> NDArray[np.generic]: ...
    def __dlpack__(self, **options: object) -> object: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
    def __copy__(self) -> Image: ...
    def __deepcopy__(self, _memo: object, /) -> Image: ...
    def __reduce__(self) -> tuple[object, tuple[NDArray[np.generic]]]: ...
    def _repr_png_(self) -> bytes | None: ...
    def _repr_html_(self) -> str: ...

def __dir__() -> list[str]: ...
