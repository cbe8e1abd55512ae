"""A filter on 512 MB needs its output and 8 MB a thread: nothing is copied, whatever the layout."""

from __future__ import annotations

import os

import pytest

THREADS = 2
BYTES = 512 << 20
ALLOWED = BYTES + THREADS * (8 << 20)

SCRIPT = """
import sys
import numpy as np
import oxitk

def kib(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field + ":"))

name, dtype, layout = sys.argv[1:]
call = {{"median": lambda a: oxitk.median(a, 1), "gradient_magnitude": oxitk.gradient_magnitude}}[name]
oxitk.set_num_threads({threads})
# The pool, the libraries and each layout's scratch are there before anything is measured.
small = np.zeros((32, 32, 32), dtype, order="F" if layout == "fortran" else "C")
call(small), call(small[::-1, :, ::-1])

a = np.empty(({bytes} // (1 << 20) // np.dtype(dtype).itemsize, 1024, 1024), dtype, order="F" if layout == "fortran" else "C")
a[...] = np.arange(1024, dtype="u2").astype("u1")  # every page is there
a[5, 6, 7] = 255
if layout == "negative":
    a = a[::-1, :, ::-1]
if layout == "read_only":
    a.flags.writeable = False

with open("/proc/self/clear_refs", "w") as peak:
    peak.write("5")  # the peak starts here
before = kib("VmRSS")
got = call(a)
growth = kib("VmHWM") - before
assert got.shape == a.shape and got.nbytes == {bytes}
part = (slice(2, 9), slice(3, 10), slice(0, 20))
assert np.array_equal(got[part][1:-1, 1:-1, :-1], call(np.ascontiguousarray(a[part]))[1:-1, 1:-1, :-1])
print(growth * 1024)
"""


def needs(megabytes: int) -> str | None:
    """Why this machine cannot run the test, if it cannot."""
    if not os.path.exists("/proc/self/clear_refs"):
        return "the peak of a process can be reset only through /proc"
    with open("/proc/meminfo") as file:
        free = next(int(line.split()[1]) for line in file if line.startswith("MemAvailable:")) // 1024
    return None if free > megabytes else f"needs {megabytes} MB of memory, {free} MB are available"


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "name, dtype, layout",
    [
        ("median", "u1", "c"),
        ("median", "u1", "fortran"),
        ("median", "u1", "negative"),
        ("median", "u1", "read_only"),
        ("gradient_magnitude", "f4", "c"),
        ("gradient_magnitude", "f4", "fortran"),
        ("gradient_magnitude", "f4", "negative"),
        ("gradient_magnitude", "f4", "read_only"),
    ],
)
def test_peak_of_a_filter(run, name, dtype, layout):
    if reason := needs(2000):
        pytest.skip(reason)
    done = run("-c", SCRIPT.format(threads=THREADS, bytes=BYTES), name, dtype, layout, timeout=280)
    assert done.returncode == 0, done.stderr
    growth = int(done.stdout)
    assert BYTES * 0.9 < growth, f"{growth} is less than the output: the measurement is broken"
    assert growth <= ALLOWED, f"{(growth - BYTES) >> 20} MB beside the output, {THREADS * 8} allowed"
