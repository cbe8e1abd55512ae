"""Reading and writing image files."""

from oxitk import _lazy, _lazy_table

__getattr__, __dir__, __reduce_ex__, __all__ = _lazy.submodule(
    __name__, _lazy_table.SUBMODULES["io"], _lazy.native
)
