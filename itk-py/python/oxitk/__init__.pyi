"""Median filter and gradient magnitude of images, exact to ITK, on all threads."""

from oxitk._errors import FileFormatError as FileFormatError
from oxitk._errors import InternalError as InternalError
from oxitk._errors import MetadataKeyError as MetadataKeyError
from oxitk._errors import MissingFileError as MissingFileError
from oxitk._errors import ProcessAborted as ProcessAborted
from oxitk._native import Chain as Chain
from oxitk._native import GradientMagnitude as GradientMagnitude
from oxitk._native import Image as Image
from oxitk._native import Median as Median
from oxitk._native import __version__ as __version__
from oxitk._native import get_num_threads as get_num_threads
from oxitk._native import gradient_magnitude as gradient_magnitude
from oxitk._native import imread as imread
from oxitk._native import imwrite as imwrite
from oxitk._native import median as median
from oxitk._native import set_num_threads as set_num_threads

__all__ = [
    "Chain",
    "FileFormatError",
    "GradientMagnitude",
    "Image",
    "InternalError",
    "Median",
    "MetadataKeyError",
    "MissingFileError",
    "ProcessAborted",
    "get_num_threads",
    "gradient_magnitude",
    "imread",
    "imwrite",
    "median",
    "set_num_threads",
]

def __dir__() -> list[str]: ...
