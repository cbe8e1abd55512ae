"""Settings that other submodules look at when they are first used; set them before.

`default_factory_loading` (default True): whether the first use of `oxitk.io` registers all image formats, as ITK's
`itkConfig.DefaultFactoryLoading`. When False, none is known until `oxitk.io.register_format` is called.
"""

from oxitk import _lazy, _lazy_table

__getattr__, __dir__, __reduce_ex__, __all__ = _lazy.submodule(
    __name__, _lazy_table.SUBMODULES["config"], _lazy.native
)
