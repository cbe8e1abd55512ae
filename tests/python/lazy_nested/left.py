from lazy_nested import _hooks
from oxitk import _lazy

__getattr__, __dir__, __reduce_ex__, __all__ = _lazy.submodule(__name__, ("left_early", "left_late"), _hooks.load)
