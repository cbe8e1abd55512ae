from lazy_nested import _hooks
from oxitk import _lazy

__getattr__, __dir__, __reduce_ex__, __all__ = _lazy.submodule(__name__, ("right_early", "right_late"), _hooks.load)
