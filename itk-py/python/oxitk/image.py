"""Images: pixels with spacing, origin, direction, start index and metadata."""

from oxitk import _lazy, _lazy_table

__getattr__, __dir__, __reduce_ex__, __all__ = _lazy.submodule(
    __name__, _lazy_table.SUBMODULES["image"], _lazy.native
)
