"""Settings that other submodules look at when they are first used; set them before.

`default_factory_loading` (default True): whether the first use of `oxitk.io` registers all image formats, as ITK's
`itkConfig.DefaultFactoryLoading`. When False, none is known until `oxitk.io.register_format` is called.
"""

__all__ = ["default_factory_loading"]

default_factory_loading: bool

def __dir__() -> list[str]: ...
