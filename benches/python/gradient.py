"""Rows about the gradient magnitude and chains: what is compared, then timed beside peers and beside np.copyto."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
from contents import noise
from measure import DIFFERS, Bench, figure, same, short
from peers import OXITK, PEERS
from timing import best

PLANE, VOLUME, CUBE = (2048, 2048), (128, 256, 256), (256, 256, 256)
WIDTHS = (1, 2, 3, 63, 64, 65, 257)
WIDE = 2048  # the width that others are held against, on images of as many pixels
GENTLE = 10  # bits of pixels whose slopes are those of CT and MR images
NUMPY_ERROR = 1e-5  # np.gradient computes in f32

Ask = Callable[[], "float | None"]
Row = tuple[str, float, str, Ask]  # label, bound, unit, measurement


def rows(bench: Bench) -> Iterable[Row]:
    """Label, least ratio, its unit and the measurement of every row."""
    for shape, times in ((PLANE, 20), (VOLUME, 30)):
        yield from _beside(bench, "float32", "float32", shape, "ITK", times)
        yield _beside_copy(bench, shape)
    yield from _beside(bench, "uint8", "uint8", VOLUME, "ITK", 80)
    yield from _beside(bench, "int16", "float32", VOLUME, "SimpleITK", 40)
    yield from _beside(bench, "int16", "float32", VOLUME, "SimpleITK", 40, GENTLE)
    yield _beside_copy(bench, PLANE, "single", 0.75)
    for precision in ("double", "single"):
        yield _beside_numpy(bench, precision)
    for dtype in ("float32", "uint8"):
        for width in WIDTHS:
            yield _width(bench, dtype, width)
    for dtype in ("uint8", "float32"):
        yield from _chain(bench, dtype)


def _label(dtype: str, to: str, shape: tuple[int, ...], precision: str = "double") -> str:
    types = short(dtype) if dtype == to else f"{short(dtype)} to {short(to)}"
    of = "" if precision == "double" else f", {precision} precision"
    return f"gradient magnitude {types} {'x'.join(map(str, shape))}{of}"


def _ours(image: np.ndarray, out: np.ndarray, precision: str = "double") -> Callable[[], np.ndarray]:
    import oxitk

    return partial(oxitk.gradient_magnitude, image, precision=precision, out=out)


def _itk(image: np.ndarray) -> tuple[Callable[[], object], Callable[[], np.ndarray]]:
    itk = next(peer.itk for peer in PEERS if peer.name == "ITK")
    source = itk.image_from_array(image)
    kept = itk.GradientMagnitudeImageFilter[type(source), type(source)].New(Input=source)
    kept.SetNumberOfWorkUnits(1)

    def again() -> None:
        kept.Modified()
        kept.Update()

    return again, lambda: itk.array_from_image(kept.GetOutput())


def _simple_itk(image: np.ndarray) -> tuple[Callable[[], object], Callable[[], np.ndarray]]:
    sitk = next(peer.sitk for peer in PEERS if peer.name == "SimpleITK")
    source = sitk.GetImageFromArray(image)
    made = sitk.GradientMagnitudeImageFilter()
    made.SetNumberOfThreads(1)
    run = partial(made.Execute, source)
    return run, lambda: sitk.GetArrayFromImage(run())


def _ratio(bench: Bench, label: str, jobs: dict[str, Callable[[], object]], pixels: int) -> dict[str, float]:
    """Mpix/s of jobs that take turns."""
    times = best({name: OXITK.job(call) for name, call in jobs.items()}, bench.effort)
    speeds = {name: pixels / seconds / 1e6 for name, seconds in times.items()}
    bench.say(f"  {label}: " + ", ".join(f"{name} {figure(speed)}" for name, speed in speeds.items()))
    return speeds


def _differs(bench: Bench, label: str, equal: bool, peer: str) -> None:
    if not equal:
        bench.problems.append(f"{label}: oxitk {DIFFERS} {peer}")


def _beside(
    bench: Bench, dtype: str, to: str, shape: tuple[int, ...], peer: str, bound: float, bits: int = 0
) -> Iterable[Row]:
    """With `bits`, noise of so many bits, else of all."""
    label = _label(dtype, to, shape) + (f", {bits} bits" if bits else "")

    def ask() -> float | None:
        if peer in bench.broken:
            return None
        image, out = noise(shape, dtype), np.empty(shape, to)
        if bits:
            image >>= 8 * image.itemsize - bits
        ours = _ours(image, out)
        theirs, result = (_itk if peer == "ITK" else _simple_itk)(image)
        theirs()
        _differs(bench, label, same(ours(), result()), peer)
        speeds = _ratio(bench, label, {"oxitk": ours, peer: theirs}, image.size)
        return speeds["oxitk"] / speeds[peer]

    yield f"{label}, {peer}", bound, f"× {peer}", ask


def _beside_copy(bench: Bench, shape: tuple[int, ...], precision: str = "double", bound: float = 0.35) -> Row:
    label = _label("float32", "float32", shape, precision)

    def ask() -> float:
        image, out, copy = noise(shape, "float32"), np.empty(shape, "float32"), np.empty(shape, "float32")
        jobs = {"oxitk": _ours(image, out, precision), "np.copyto": partial(np.copyto, copy, image)}
        speeds = _ratio(bench, label, jobs, image.size)
        return speeds["oxitk"] / speeds["np.copyto"]

    return f"{label}, np.copyto", bound, "× np.copyto", ask


def _beside_numpy(bench: Bench, precision: str) -> Row:
    label = _label("float32", "float32", VOLUME, precision)

    def ask() -> float:
        image, out = noise(VOLUME, "float32"), np.empty(VOLUME, "float32")
        ours = _ours(image, out, precision)

        def theirs() -> np.ndarray:
            return np.sqrt(sum(axis * axis for axis in np.gradient(image)))

        # Its differences at the border are whole ones.
        inner = (slice(1, -1),) * image.ndim
        _differs(bench, label, np.allclose(ours()[inner], theirs()[inner], rtol=NUMPY_ERROR, atol=NUMPY_ERROR), "numpy")
        speeds = _ratio(bench, label, {"oxitk": ours, "np.gradient": theirs}, image.size)
        return speeds["oxitk"] / speeds["np.gradient"]

    return f"{label}, np.gradient + sum + sqrt", 25, "× numpy", ask


def _width(bench: Bench, dtype: str, width: int) -> Row:
    label = f"gradient magnitude {short(dtype)}, width {width}"

    def ask() -> float:
        shapes = {f"width {n}": (WIDE * 512 // n, n) for n in (width, WIDE)}
        images = {name: noise(shape, dtype) for name, shape in shapes.items()}
        jobs = {name: _ours(image, np.empty_like(image)) for name, image in images.items()}
        times = best({name: OXITK.job(job) for name, job in jobs.items()}, bench.effort)
        speeds = {name: images[name].size / times[name] / 1e6 for name in images}
        bench.say(f"  {label}: " + ", ".join(f"{name} {figure(speed)}" for name, speed in speeds.items()))
        return speeds[f"width {width}"] / speeds[f"width {WIDE}"]

    return label, 0.5, f"× width {WIDE}", ask


# Prints by how many kilobytes the peak of a process's memory grows while it runs one way.
_PEAK = """
import re, sys
from pathlib import Path
import numpy as np, oxitk
chain, dtype, shape = sys.argv[1] == "chain", sys.argv[2], tuple(map(int, sys.argv[3:]))
oxitk.set_num_threads(1)
image = np.ones(shape, dtype)
# getrusage's peak would be that of the parent, if that has more.
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
before = peak()
if chain:
    (oxitk.Median(1) | oxitk.GradientMagnitude())(image)
else:
    oxitk.gradient_magnitude(oxitk.median(image, radius=1))
print(peak() - before)
"""


def _peak(way: str, dtype: str, shape: tuple[int, ...]) -> float:
    command = [sys.executable, "-P", "-c", _PEAK, way, dtype, *map(str, shape)]
    return 1024 * float(subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path("/")).stdout)


def _chain(bench: Bench, dtype: str) -> Iterable[Row]:
    import oxitk

    label = f"chain of median 3x3x3 and gradient magnitude {short(dtype)} {'x'.join(map(str, CUBE))}"
    found: dict[str, float] = {}

    def measure() -> dict[str, float]:
        if found:
            return found
        image = noise(CUBE, dtype)
        middle, out, fused = np.empty_like(image), np.empty(CUBE, "float32"), np.empty(CUBE, "float32")
        chain = oxitk.Median(1) | oxitk.GradientMagnitude()

        def calls() -> np.ndarray:
            return oxitk.gradient_magnitude(oxitk.median(image, radius=1))

        def warm_calls() -> None:
            oxitk.median(image, radius=1, out=middle)
            oxitk.gradient_magnitude(middle, out=out)

        _differs(bench, label, same(chain(image), calls()), "its two calls")
        jobs = {
            "chain": partial(chain, image),
            "calls": calls,
            "chain, warm": partial(chain, image, out=fused),
            "calls, warm": warm_calls,
        }
        found.update(_ratio(bench, label, jobs, image.size))
        return found

    def memory() -> float:
        image = np.prod(CUBE) * np.dtype(dtype).itemsize
        return (_peak("calls", dtype, CUBE) - _peak("chain", dtype, CUBE)) / image

    def ratio(suffix: str) -> Ask:
        return lambda: measure()[f"chain{suffix}"] / measure()[f"calls{suffix}"]

    yield label, 1.3, "× the two calls", ratio("")
    yield f"{label}, warm outputs", 1, "× the two calls", ratio(", warm")
    yield f"{label}, less memory at its peak", 0.95, "images", memory
