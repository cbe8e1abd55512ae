"""A package of lazy submodules with one more inside, as the ITK facade will be, on the same machinery as oxitk.

`_hooks` lets a test stop a load half way, or touch other names there.
"""

from oxitk import _lazy

__getattr__, __dir__, __reduce_ex__, __all__ = _lazy.package(
    __name__,
    submodules=("left", "right", "third", "inner"),
    owners={"left_early": "left", "right_late": "right", "deep_early": "inner"},
    renamed={"left_first": ("left_early", "2.0"), "sinister": ("left", "2.0")},
)
_lazy.load_if_eager(__name__)
