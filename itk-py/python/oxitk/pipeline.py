"""Graphs of nodes that compute what is asked for, and only what has changed: ITK's demand-driven pipeline.

`filter`, `reader`, `writer`, `streaming` and `python_filter` make a `Node` each, `source` makes the `DataObject` of an
image; connecting them computes nothing. An update of a node finds out sizes, then which region of everything is needed,
then makes the pixels of these regions, each only if something has changed before it. Regions and geometry are in ITK's
order, x first, and arrays in numpy's, slowest axis first; attributes say which.
"""

from oxitk import _lazy, _lazy_table

__getattr__, __dir__, __reduce_ex__, __all__ = _lazy.submodule(
    __name__, _lazy_table.SUBMODULES["pipeline"], _lazy.native
)
