"""Median filter and gradient magnitude of images, exact to ITK, on all threads.

`median` and `gradient_magnitude` take a numpy array or an `Image` and give the same kind of thing back;
`Median` and `GradientMagnitude` are the same as objects that join by ``|``; `imread` and `imwrite` are for files.

Importing the package loads neither numpy nor the native module: each name does when it is first used. The names live
in the submodules `filters`, `image`, `io`, `pipeline`, `threads` and `config`, which are made one by one, also at first use.
"""

from oxitk import config as config
from oxitk import filters as filters
from oxitk import image as image
from oxitk import io as io
from oxitk import pipeline as pipeline
from oxitk import threads as threads
from oxitk._errors import FileFormatError as FileFormatError
from oxitk._errors import InternalError as InternalError
from oxitk._errors import InvalidRequestedRegionError as InvalidRequestedRegionError
from oxitk._errors import MetadataKeyError as MetadataKeyError
from oxitk._errors import MissingFileError as MissingFileError
from oxitk._errors import ProcessAborted as ProcessAborted
from oxitk._native import __version__ as __version__
from oxitk.filters import Chain as Chain
from oxitk.filters import GradientMagnitude as GradientMagnitude
from oxitk.filters import GradientMagnitudeRecursiveGaussian as GradientMagnitudeRecursiveGaussian
from oxitk.filters import Mean as Mean
from oxitk.filters import Median as Median
from oxitk.filters import RecursiveGaussian as RecursiveGaussian
from oxitk.filters import SmoothingRecursiveGaussian as SmoothingRecursiveGaussian
from oxitk.filters import gradient_magnitude as gradient_magnitude
from oxitk.filters import gradient_magnitude_recursive_gaussian as gradient_magnitude_recursive_gaussian
from oxitk.filters import mean as mean
from oxitk.filters import median as median
from oxitk.filters import recursive_gaussian as recursive_gaussian
from oxitk.filters import smoothing_recursive_gaussian as smoothing_recursive_gaussian
from oxitk.image import Image as Image
from oxitk.io import imread as imread
from oxitk.io import imwrite as imwrite
from oxitk.threads import CancelToken as CancelToken
from oxitk.threads import get_num_threads as get_num_threads
from oxitk.threads import set_num_threads as set_num_threads

__all__ = [
    "CancelToken",
    "Chain",
    "FileFormatError",
    "GradientMagnitude",
    "GradientMagnitudeRecursiveGaussian",
    "Image",
    "InternalError",
    "InvalidRequestedRegionError",
    "Mean",
    "Median",
    "MetadataKeyError",
    "MissingFileError",
    "ProcessAborted",
    "RecursiveGaussian",
    "SmoothingRecursiveGaussian",
    "get_num_threads",
    "gradient_magnitude",
    "gradient_magnitude_recursive_gaussian",
    "imread",
    "imwrite",
    "mean",
    "median",
    "recursive_gaussian",
    "set_num_threads",
    "smoothing_recursive_gaussian",
]

def __dir__() -> list[str]: ...
