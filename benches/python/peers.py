"""The contenders: each takes an image and a radius and gives calls that can be timed.

Radii are per axis in array order. A run's `warm` writes into memory it has written before: `out=`, or the output that
the peer itself keeps; `fresh` makes a new output in every call. Peers without one of the two lack it.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import environment
import numpy as np
from PIL import Image, ImageFilter
from timing import Batch, batch

Radius = tuple[int, ...]


@dataclass(frozen=True)
class Run:
    """Calls of one contender on one image."""

    result: Callable[[], np.ndarray]  # works once, and gives the pixels
    warm: Callable[[], object] | None = None
    fresh: Callable[[], object] | None = None


class Peer:
    """A contender; `note` says how its borders, its timing or its types differ."""

    name = ""
    note = "replicates borders"
    replicates = True
    dtypes: tuple[str, ...] = ()
    ranks: tuple[int, ...] = (2,)

    def takes(self, dtype: str, radius: Radius) -> bool:
        """Whether the peer has this type and window."""
        return dtype in self.dtypes and len(radius) in self.ranks

    def smallest(self, radius: Radius) -> tuple[int, ...]:
        """The shape that crops for this peer begin with."""
        return (24, 24) if len(radius) == 2 else (8,) * len(radius)

    def prepare(self, image: np.ndarray, radius: Radius) -> Run:
        """Calls that filter `image`."""
        raise NotImplementedError

    def job(self, call: Callable[[], object]) -> Batch:
        """What times calls of a run."""
        return batch(call)


def is_isotropic(radius: Radius) -> bool:
    """Whether all axes have the same radius."""
    return len(set(radius)) == 1


class OpenCv(Peer):
    name = "OpenCV"
    dtypes = ("uint8", "uint16", "int16", "float32")
    note = "replicates borders; u8 of any size, u16, i16 and f32 of 3x3 and 5x5; `dst=` reused"

    @cached_property
    def cv2(self):
        import cv2

        cv2.setNumThreads(1)
        return cv2

    def takes(self, dtype: str, radius: Radius) -> bool:
        return super().takes(dtype, radius) and is_isotropic(radius) and (dtype == "uint8" or radius[0] <= 2)

    def prepare(self, image: np.ndarray, radius: Radius) -> Run:
        out = np.empty_like(image)
        call = partial(self.cv2.medianBlur, image, 2 * radius[0] + 1)
        return Run(result=partial(call, dst=out), warm=partial(call, dst=out), fresh=call)


class _Size(ctypes.Structure):
    _fields_ = [("width", ctypes.c_int), ("height", ctypes.c_int)]


class _Version(ctypes.Structure):
    _fields_ = [
        ("numbers", ctypes.c_int * 4),
        ("target", ctypes.c_char * 4),
        ("name", ctypes.c_char_p),
        ("version", ctypes.c_char_p),
        ("date", ctypes.c_char_p),
    ]


class Ipp(Peer):
    name = "IPP"
    note = "replicates borders; work buffer and output reused; 31x31 at most here"
    _TYPES = {
        "uint8": ("8u", 1, ctypes.c_uint8),
        "uint16": ("16u", 5, ctypes.c_uint16),
        "int16": ("16s", 7, ctypes.c_int16),
        "float32": ("32f", 13, ctypes.c_float),
    }
    dtypes = tuple(_TYPES)
    _REPLICATE = 1

    @cached_property
    def library(self) -> ctypes.CDLL:
        folder = environment.ipp_libraries()
        core = ctypes.CDLL(str(folder / "libippcore.so.12"), mode=ctypes.RTLD_GLOBAL)
        if core.ippInit() != 0:
            raise RuntimeError("ippInit failed")
        return ctypes.CDLL(str(folder / "libippi.so.12"), mode=ctypes.RTLD_GLOBAL)

    def dispatched(self) -> str:
        """The code that IPP chose for this CPU, such as `ippIP AVX-512F/CD/BW/DQ/VL (k0)`."""
        self.library.ippiGetLibVersion.restype = ctypes.POINTER(_Version)
        return self.library.ippiGetLibVersion().contents.name.decode()

    def takes(self, dtype: str, radius: Radius) -> bool:
        return super().takes(dtype, radius) and is_isotropic(radius) and radius[0] <= 15

    def smallest(self, radius: Radius) -> tuple[int, ...]:
        return tuple(max(24, 8 * r) for r in radius)  # replicated borders would make it look faster

    def prepare(self, image: np.ndarray, radius: Radius) -> Run:
        suffix, code, pixel = self._TYPES[image.dtype.name]
        size = _Size(image.shape[1], image.shape[0])
        mask = _Size(2 * radius[1] + 1, 2 * radius[0] + 1)
        needed = ctypes.c_int()
        if self.library.ippiFilterMedianBorderGetBufferSize(size, mask, code, 1, ctypes.byref(needed)):
            raise ValueError("IPP refuses this window")
        work = np.empty(needed.value + 64, np.uint8)
        function = getattr(self.library, f"ippiFilterMedianBorder_{suffix}_C1R")
        step, pointer = ctypes.c_int, ctypes.c_void_p
        function.argtypes = [pointer, step, pointer, step, _Size, _Size, ctypes.c_int, pixel, pointer]

        def fill(out: np.ndarray) -> np.ndarray:
            status = function(
                image.ctypes.data, image.strides[0], out.ctypes.data, out.strides[0],
                size, mask, self._REPLICATE, 0, work.ctypes.data,
            )  # fmt: skip
            assert status == 0, status
            return out

        kept = np.empty_like(image)
        return Run(result=partial(fill, kept), warm=partial(fill, kept), fresh=lambda: fill(np.empty_like(image)))


class Itk(Peer):
    name = "ITK"
    dtypes = ("uint8", "uint16", "int16", "float32", "float64")
    ranks = (2, 3, 4)
    note = "the specification; the filter's own output, reused"

    @cached_property
    def itk(self):
        import itk

        itk.MultiThreaderBase.SetGlobalDefaultNumberOfThreads(1)
        itk.MultiThreaderBase.SetGlobalMaximumNumberOfThreads(1)
        return itk

    def prepare(self, image: np.ndarray, radius: Radius) -> Run:
        source = self.itk.image_from_array(image)

        def new():
            made = self.itk.MedianImageFilter[type(source), type(source)].New(Input=source)
            made.SetRadius(list(reversed(radius)))
            made.SetNumberOfWorkUnits(1)
            return made

        kept = new()

        def again() -> None:
            kept.Modified()
            kept.Update()

        def result() -> np.ndarray:
            again()
            return self.itk.array_from_image(kept.GetOutput())

        return Run(result=result, warm=again, fresh=lambda: new().Update())


class SimpleItk(Peer):
    name = "SimpleITK"
    dtypes = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
    ranks = (2, 3)
    note = "replicates borders; a new output in every call"

    @cached_property
    def sitk(self):
        import SimpleITK

        SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
        return SimpleITK

    def prepare(self, image: np.ndarray, radius: Radius) -> Run:
        source = self.sitk.GetImageFromArray(image)
        made = self.sitk.MedianImageFilter()
        made.SetRadius(list(reversed(radius)))
        made.SetNumberOfThreads(1)
        call = partial(made.Execute, source)
        return Run(result=lambda: self.sitk.GetArrayFromImage(call()), fresh=call)


class Scipy(Peer):
    name = "scipy"
    dtypes = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
    ranks = (1, 2, 3, 4)
    note = "`mode='nearest'` replicates borders; `output=` reused"

    def prepare(self, image: np.ndarray, radius: Radius) -> Run:
        from scipy import ndimage

        out = np.empty_like(image)
        size = tuple(2 * r + 1 for r in radius)
        call = partial(ndimage.median_filter, image, size=size, mode="nearest")
        warm = partial(call, output=out)
        return Run(result=warm, warm=warm, fresh=call)


class Skimage(Peer):
    name = "scikit-image"
    dtypes = ("uint8",)
    replicates = False
    note = "`rank.median`, u8 only here (`filters.median` is scipy); shrinks the window at borders; `out=` reused"

    def prepare(self, image: np.ndarray, radius: Radius) -> Run:
        from skimage.filters import rank

        out = np.empty_like(image)
        footprint = np.ones([2 * r + 1 for r in radius], np.uint8)
        call = partial(rank.median, image, footprint)
        warm = partial(call, out=out)
        return Run(result=warm, warm=warm, fresh=call)


class Pillow(Peer):
    name = "Pillow"
    dtypes = ("uint8", "int32", "float32")
    note = "replicates borders; a new output in every call"

    def takes(self, dtype: str, radius: Radius) -> bool:
        return super().takes(dtype, radius) and is_isotropic(radius)

    def prepare(self, image: np.ndarray, radius: Radius) -> Run:
        source = Image.fromarray(image)
        call = partial(source.filter, ImageFilter.MedianFilter(2 * radius[0] + 1))
        return Run(result=lambda: np.asarray(call()), fresh=call)


class Ritk(Peer):
    name = "ritk"
    dtypes = ("float32",)
    ranks = (3,)
    note = "f32 volumes and cubes only; replicates borders; a new output in every call"

    def takes(self, dtype: str, radius: Radius) -> bool:
        return super().takes(dtype, radius) and is_isotropic(radius)

    def prepare(self, image: np.ndarray, radius: Radius) -> Run:
        import ritk

        source = ritk.Image(image)
        call = partial(ritk.filter.median_filter, source, radius[0])
        return Run(result=lambda: call().to_numpy(), fresh=call)


class Oxitk(Peer):
    """Ours, with a number of threads."""

    dtypes = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float16", "float32", "float64")
    ranks = (1, 2, 3, 4)
    note = "`out=` reused"

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self.name = "oxitk" if threads == 1 else f"oxitk, {threads} threads"

    def use_threads(self) -> None:
        """Set the number of threads, and let them start by a small call."""
        import oxitk

        if oxitk.get_num_threads() != self.threads:
            oxitk.set_num_threads(self.threads)
            oxitk.median(np.zeros((64, 64), np.uint8), 1)

    def job(self, call: Callable[[], object]) -> Batch:
        return batch(call, before=self.use_threads)

    def prepare(self, image: np.ndarray, radius: Radius) -> Run:
        import oxitk

        out = np.empty_like(image)
        call = partial(oxitk.median, image, radius)
        warm = partial(call, out=out)
        return Run(result=warm, warm=warm, fresh=call)


OXITK = Oxitk()
IPP = Ipp()
PEERS: tuple[Peer, ...] = (OpenCv(), IPP, Itk(), SimpleItk(), Scipy(), Skimage(), Pillow(), Ritk())


def window(radius: Radius) -> int:
    """Pixels of a window."""
    return math.prod(2 * r + 1 for r in radius)


def missing() -> dict[str, str]:
    """Contenders that cannot be used here, each with the reason; tried by one small call."""
    reasons = {}
    for peer in (OXITK, *PEERS):
        rank = peer.ranks[0]
        try:
            peer.prepare(np.zeros((32,) * rank, peer.dtypes[0]), (1,) * rank).result()
        except Exception as error:  # a peer may fail in any way
            reasons[peer.name] = f"{type(error).__name__}: {error}"
    return reasons
