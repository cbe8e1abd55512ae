"""Filters of N-D images, exact to ITK, on all threads: median, mean, derivatives, recursive Gaussians.

`median`, `mean`, `gradient_magnitude`, `gradient`, `derivative`, `sobel`, `recursive_gaussian`,
`smoothing_recursive_gaussian` and `gradient_magnitude_recursive_gaussian` take a numpy array or an `Image` and give the
same kind of thing back; `Median`, `Mean` and so on are the same as objects that join by ``|``; `imread` and `imwrite`
are for files.

Importing the package loads neither numpy nor the native module: each name does when it is first used. The names live
in the submodules `filters`, `image`, `io`, `pipeline`, `threads` and `config`, which are made one by one, also at first use.
"""

# `python -O` drops asserts; this must stay. Under another name, types and pickles would say where they are not.
if __package__ != "oxitk":
    raise RuntimeError(f"oxitk must be imported as 'oxitk', not as {__package__!r}")

from oxitk import _lazy, _lazy_table

__getattr__, __dir__, __reduce_ex__, __all__ = _lazy.package(
    __name__, _lazy_table.SUBMODULES, _lazy_table.OWNERS, _lazy_table.RENAMED
)
_lazy.load_if_eager(__name__)
