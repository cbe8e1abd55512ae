from oxitk import _lazy

__getattr__, __dir__, __reduce_ex__, __all__ = _lazy.package(
    __name__, submodules=("deep",), owners={"deep_early": "deep"}
)
_lazy.load_if_eager(__name__)
