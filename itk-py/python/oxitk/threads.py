"""How many threads oxitk uses, and a token that stops its work."""

from oxitk import _lazy, _lazy_table

__getattr__, __dir__, __reduce_ex__, __all__ = _lazy.submodule(
    __name__, _lazy_table.SUBMODULES["threads"], _lazy.native
)
