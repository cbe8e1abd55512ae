"""Reading and writing image files."""

from os import PathLike
from typing import final

from numpy.typing import ArrayLike, DTypeLike

from oxitk.image import Image

__all__ = [
    "Format",
    "formats",
    "imread",
    "imwrite",
    "register_format",
]

@final
class Format:
    """A file format that oxitk can register."""

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
    """The file formats that are registered: those that `imread` and `imwrite` know."""

def register_format(name: str) -> None:
    """Register a file format, so that `imread` and `imwrite` know it."""

def imread(path: str | PathLike[str], pixel_type: DTypeLike | None = None) -> Image:
    """Read an image from a file."""

def imwrite(image: Image | ArrayLike, path: str | PathLike[str], *, compress: bool = False) -> None:
    """Write an image or array to a file."""

def __dir__() -> list[str]: ...
