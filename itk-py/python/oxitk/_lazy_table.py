"""What there is in oxitk, known before any of it is made. `tests/python/test_lazy_table.py` holds it to the truth."""

# The names of each submodule.
SUBMODULES = {
    "config": ("default_factory_loading",),
    "filters": ("Chain", "GradientMagnitude", "Median", "gradient_magnitude", "median"),
    "image": ("Image",),
    "io": ("Format", "formats", "imread", "imwrite", "register_format"),
    "threads": ("CancelToken", "get_num_threads", "register_threadpoolctl", "set_num_threads"),
}

# The names that the package has too, and the module that each is taken from.
OWNERS = {
    "CancelToken": "threads",
    "Chain": "filters",
    "FileFormatError": "_errors",
    "GradientMagnitude": "filters",
    "Image": "image",
    "InternalError": "_errors",
    "Median": "filters",
    "MetadataKeyError": "_errors",
    "MissingFileError": "_errors",
    "ProcessAborted": "_errors",
    "__version__": "_native",
    "get_num_threads": "threads",
    "gradient_magnitude": "filters",
    "imread": "io",
    "imwrite": "io",
    "median": "filters",
    "set_num_threads": "threads",
}

# Old name: new name, and the version in which the old one will go.
RENAMED: dict[str, tuple[str, str]] = {}
