"""Reading and writing image files."""

from os import PathLike
from typing import final

from numpy.typing import ArrayLike, DTypeLike

from oxitk._arguments import Progress
from oxitk.image import Image
from oxitk.threads import CancelToken

__all__ = [
    "Format",
    "formats",
    "imread",
    "imwrite",
    "register_format",
]

@final
class Format:
    """A file format that oxitk can register.

    Parameters
    ----------
    name : {'MetaImage', 'NRRD', 'PNG'}

    Attributes
    ----------
    name : str
    endings : tuple of str
        The endings of its files' names, lower case and with the dot; any case is accepted.
    can_read, can_write : bool

    Raises
    ------
    ValueError
        If there is no such format.

    See Also
    --------
    formats, register_format

    Examples
    --------
    >>> import oxitk
    >>> oxitk.io.Format("NRRD").endings
    ('.nrrd', '.nhdr')
    """

    def __new__(cls, name: str) -> Format: ...
    @property
    def name(self) -> str: ...
    @property
    def endings(self) -> tuple[str, ...]: ...
    @property
    def can_read(self) -> bool: ...
    @property
    def can_write(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[type[Format], tuple[str]]: ...

def formats() -> tuple[Format, ...]:
    """The file formats that are registered: those that `imread` and `imwrite` know.

    Returns
    -------
    tuple of Format
        In the order in which they are tried.

    See Also
    --------
    register_format

    Notes
    -----
    All formats are registered when `oxitk.io` is first used, unless `oxitk.config.default_factory_loading` was set to
    False before. ITK's twin is ``itk.ObjectFactoryBase.GetRegisteredFactories()``.

    Examples
    --------
    >>> import oxitk
    >>> [format.name for format in oxitk.io.formats()]
    ['MetaImage', 'NRRD', 'PNG']
    """

def register_format(name: str) -> None:
    """Register a file format, so that `imread` and `imwrite` know it.

    Parameters
    ----------
    name : str
        One of the formats that oxitk comes with: see `Format`. To register one again changes nothing.

    Raises
    ------
    ValueError
        If there is no such format.

    See Also
    --------
    formats

    Notes
    -----
    Of use when `oxitk.config.default_factory_loading` was set to False before the first use of `oxitk.io`: a service
    that is to read one format then refuses all others. Formats are tried in one order, whatever the order of calls.

    Examples
    --------
    >>> import oxitk
    >>> oxitk.io.register_format("NRRD")
    >>> oxitk.io.Format("NRRD") in oxitk.io.formats()
    True
    """

def imread(
    path: str | PathLike[str],
    pixel_type: DTypeLike | None = None,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Image:
    """Read an image from a file.

    Parameters
    ----------
    path : str or os.PathLike
        A MetaImage (.mha, .mhd), NRRD (.nrrd, .nhdr) or PNG file.
    pixel_type : dtype, optional
        Convert to scalars of this type, as ITK does: floats are truncated toward zero and those that don't fit
        become the nearest value that does (NaN 0), integers that don't fit wrap around, as in C and in numpy's
        ``astype``; RGB becomes its luma ``(2125 R + 7154 G + 721 B) / 10000``.
        Default the type and components that the file has.
    progress : bool, callable or object with ``update``, optional
    cancel : oxitk.CancelToken, optional
        As those of `median`.

    Returns
    -------
    oxitk.Image
        With the file's spacing, origin, direction and metadata.

    Raises
    ------
    oxitk.MissingFileError
        If there is no such file; a FileNotFoundError and, as ITK's, a RuntimeError.
    oxitk.FileFormatError
        If the content is not that of a known format, or is damaged; an OSError and a RuntimeError.

    See Also
    --------
    imwrite

    Notes
    -----
    ITK's twin is ``itk.imread(path, pixel_type)``. Runs without the GIL.

    Examples
    --------
    >>> import numpy as np, oxitk, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "a.mha")
    >>> oxitk.imwrite(np.zeros((2, 3), np.int16), path)
    >>> oxitk.imread(path).shape
    (2, 3)
    """

def imwrite(
    image: Image | ArrayLike,
    path: str | PathLike[str],
    *,
    compress: bool = False,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> None:
    """Write an image or array to a file.

    Parameters
    ----------
    image : oxitk.Image or array_like
        An array is written with spacing 1 and origin 0.
    path : str or os.PathLike
        Its ending chooses the format: .mha, .mhd, .nrrd, .nhdr or .png. The file appears complete or not at
        all.
    compress : bool, default False
        Compress the pixels without loss, where the format has a choice.
    progress : bool, callable or object with ``update``, optional
    cancel : oxitk.CancelToken, optional
        As those of `median`. Nothing is left behind of a file that was not completed.

    Raises
    ------
    ValueError
        If the format cannot hold the image, such as floats in PNG.
    OSError
        If the file cannot be written; nothing of it is left behind, and an older one stays.

    See Also
    --------
    imread

    Notes
    -----
    ITK's twin is ``itk.imwrite(image, path, compression)``. The position of the first pixel is written as the
    origin, as ITK does, because formats have no start index. Runs without the GIL.

    Examples
    --------
    >>> import numpy as np, oxitk, tempfile, os
    >>> image = oxitk.Image.from_array(np.zeros((2, 3), np.uint8), spacing_xyz=(0.5, 2.0))
    >>> path = os.path.join(tempfile.mkdtemp(), "a.nrrd")
    >>> oxitk.imwrite(image, path, compress=True)
    >>> oxitk.imread(path).spacing_xyz
    (0.5, 2.0)
    """

def __dir__() -> list[str]: ...
