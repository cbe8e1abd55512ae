"""Write ITK's results for every case of `cases.py`. Needs itk==5.4.7; see README.md for the command.

Refuses to write when ITK, where its result is defined, differs from the numpy oracle: goldens that the
specification cannot explain are not goldens.
"""

from __future__ import annotations

import sys
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "peers")]

import itk_peer  # noqa: E402
import oracle  # noqa: E402
from cases import cases  # noqa: E402


def main() -> None:
    every = cases()
    results = {"median": [], "gradient_magnitude": []}
    saturated = pixels = 0
    for case in every:
        median = itk_peer.median(case)
        assert np.array_equal(median, oracle.naive_median(case.array, case.radius)), case.name
        results["median"].append(median)

        gradient = itk_peer.gradient_magnitude(case)
        want, defined = oracle.where_itk_defines(case.array, case.spacing, gradient)
        oracle.assert_same(want, oracle.naive_gradient_magnitude(case.array, case.spacing, case.array.dtype), case.name)
        results["gradient_magnitude"].append(gradient)
        saturated += int((~defined).sum())
        pixels += gradient.size
    for name, arrays in results.items():
        write(HERE / f"itk_{name}.npz", every, arrays)
    print(f"itk {itk_peer.version()}: {len(every)} cases, {pixels} pixels, {saturated} beyond their type")


def write(path: Path, every, arrays) -> None:
    """One blob for all cases: an archive member for each would be mostly headers."""
    np.savez_compressed(
        path,
        itk_version=np.array(itk_peer.version()),
        names=np.array([case.name for case in every]),
        input_crc32=np.array([zlib.crc32(case.array.tobytes()) for case in every], np.uint32),
        sizes=np.array([a.nbytes for a in arrays], np.int64),
        blob=np.frombuffer(b"".join(a.tobytes() for a in arrays), np.uint8),
    )
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
