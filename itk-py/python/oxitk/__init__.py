"""Median filter and gradient magnitude of images, exact to ITK, on all threads.

`median` and `gradient_magnitude` take a numpy array or an `Image` and give the same kind of thing back;
`Median` and `GradientMagnitude` are the same as objects that join by ``|``; `imread` and `imwrite` are for files.

Importing the package loads neither numpy nor the native module: each name does when it is first used.
"""

import os as _os
import sys as _sys

if __package__ != "oxitk":
    raise RuntimeError(f"oxitk must be imported as 'oxitk', not as {__package__!r}")

_OWNER = {
    "Chain": "_native",
    "GradientMagnitude": "_native",
    "Image": "_native",
    "Median": "_native",
    "__version__": "_native",
    "get_num_threads": "_native",
    "gradient_magnitude": "_native",
    "imread": "_native",
    "imwrite": "_native",
    "median": "_native",
    "set_num_threads": "_native",
    "FileFormatError": "_errors",
    "InternalError": "_errors",
    "MetadataKeyError": "_errors",
    "MissingFileError": "_errors",
    "ProcessAborted": "_errors",
}

__all__ = [name for name in _OWNER if name != "__version__"]


def __getattr__(name):
    owner = _OWNER.get(name)
    if owner is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name, obj=_sys.modules[__name__])
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{owner}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_OWNER})


# SPEC 1: whoever looks for slow or broken imports wants all of them at once.
_eager = _os.environ.get("OXITK_EAGER_IMPORT", _os.environ.get("EAGER_IMPORT", ""))
if _eager.strip().lower() not in ("", "0", "false", "no", "off"):
    for _name in _OWNER:
        __getattr__(_name)
