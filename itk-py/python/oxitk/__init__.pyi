"""Filters of N-D images, exact to ITK, on all threads: median, mean, derivatives, recursive Gaussians.

`median`, `mean`, `gradient_magnitude`, `gradient`, `derivative`, `sobel`, `recursive_gaussian`,
`smoothing_recursive_gaussian` and `gradient_magnitude_recursive_gaussian` take a numpy array or an `Image` and give the
same kind of thing back; `Median`, `Mean` and so on are the same as objects that join by ``|``; `imread` and `imwrite`
are for files.

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
from oxitk.filters import Derivative as Derivative
from oxitk.filters import Gradient as Gradient
from oxitk.filters import GradientMagnitude as GradientMagnitude
from oxitk.filters import GradientMagnitudeRecursiveGaussian as GradientMagnitudeRecursiveGaussian
from oxitk.filters import Mean as Mean
from oxitk.filters import Median as Median
from oxitk.filters import RecursiveGaussian as RecursiveGaussian
from oxitk.filters import SmoothingRecursiveGaussian as SmoothingRecursiveGaussian
from oxitk.filters import Sobel as Sobel
from oxitk.filters import derivative as derivative
from oxitk.filters import gradient as gradient
from oxitk.filters import gradient_magnitude as gradient_magnitude
from oxitk.filters import gradient_magnitude_recursive_gaussian as gradient_magnitude_recursive_gaussian
from oxitk.filters import mean as mean
from oxitk.filters import median as median
from oxitk.filters import recursive_gaussian as recursive_gaussian
from oxitk.filters import smoothing_recursive_gaussian as smoothing_recursive_gaussian
from oxitk.filters import sobel as sobel
from oxitk.image import Image as Image
from oxitk.io import imread as imread
from oxitk.io import imwrite as imwrite
from oxitk.threads import CancelToken as CancelToken
from oxitk.threads import get_num_threads as get_num_threads
from oxitk.threads import set_num_threads as set_num_threads

__all__ = [
    "CancelToken",
    "Chain",
    "Derivative",
    "FileFormatError",
    "Gradient",
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
    "Sobel",
    "derivative",
    "get_num_threads",
    "gradient",
    "gradient_magnitude",
    "gradient_magnitude_recursive_gaussian",
    "imread",
    "imwrite",
    "mean",
    "median",
    "recursive_gaussian",
    "set_num_threads",
    "smoothing_recursive_gaussian",
    "sobel",
]

def __dir__() -> list[str]: ...
