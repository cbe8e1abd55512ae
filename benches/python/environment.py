"""The process that is measured: a clean environment, one thread a library, and what it says of itself."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

_READY = "OXITK_BENCH_READY"
_UNSET = (
    "OPENBLAS_CORETYPE",
    "PYTHONDONTWRITEBYTECODE",
    "OXITK_SIMD",
    "OXITK_NUM_THREADS",
    "OPENCV_IPP",
    "OXITK_BENCH_CPU_TIME",
)
_ONE_THREAD = (
    "RAYON_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)
DISTRIBUTIONS = (
    "oxitk",
    "opencv-python-headless",
    "ipp",
    "itk-filtering",
    "simpleitk",
    "scipy",
    "scikit-image",
    "pillow",
    "ritk-python",
    "numpy",
)


def ipp_libraries() -> Path:
    """The folder of the shared libraries of PyPI's `ipp`."""
    return Path(sys.prefix) / "lib"


def _ipp_links() -> Path:
    """A folder where IPP's dispatcher finds what it opens: it asks for `.so.12.1`, the wheel has `.so.12` only."""
    folder = ipp_libraries() / "ipp-dispatch"
    if any(ipp_libraries().glob("libipp*.so.12")):
        folder.mkdir(exist_ok=True)
    for library in ipp_libraries().glob("libipp*.so.12"):
        for name in (library.name, f"{library.name}.1"):
            if not (folder / name).is_symlink():
                (folder / name).symlink_to(library)
    return folder


def enter(cpu_time: bool = False) -> None:
    """Start this program anew, once, in an environment without switches and with one thread a library."""
    if os.environ.get(_READY):
        return
    environment = {name: value for name, value in os.environ.items() if name not in _UNSET}
    environment |= dict.fromkeys(_ONE_THREAD, "1")
    searched = [str(_ipp_links()), environment.get("LD_LIBRARY_PATH", "")]
    environment["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, searched))
    environment[_READY] = "1"
    if cpu_time:
        environment["OXITK_BENCH_CPU_TIME"] = "1"
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def versions() -> dict[str, str]:
    """The distributions that are installed, with their versions."""
    found = {}
    for name in DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _cpuinfo() -> dict[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return {}
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def cpu() -> str:
    """The CPU's name, family and widest vectors."""
    info = _cpuinfo()
    flags = info.get("flags", "").split()
    wide = next((flag for flag in ("avx512vbmi", "avx512bw", "avx2") if flag in flags), "no AVX2")
    name = info.get("model name", platform.processor() or platform.machine())
    kind = f"family {info.get('cpu family', '?')}, model {info.get('model', '?')}, {wide}"
    return f"{name} ({kind}), {os.cpu_count()} CPUs"


def is_reference_cpu() -> bool:
    """Whether this is the kind of core that the reference figures are of: Intel, VBMI, 48 KB of L1d, 2 MB of L2."""
    info = _cpuinfo()
    cache = Path("/sys/devices/system/cpu/cpu0/cache")
    try:
        sizes = {path.read_text().strip() for path in cache.glob("index*/size")}
    except OSError:
        sizes = set()
    intel = info.get("vendor_id") == "GenuineIntel" and "avx512vbmi" in info.get("flags", "").split()
    return intel and {"48K", "2048K"} <= sizes
