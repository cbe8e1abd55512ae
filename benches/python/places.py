"""How fast a median is where its result lies at other places of a page than its image, one thread each.

A core takes a load for one of what it has just stored where the addresses are alike in their last 12 bits, and lets it
wait. Rows that are a page apart meet this most. Prints a Markdown table, Mpix/s, best of `rounds`, in which the places take
turns: the columns are bytes from the image's first pixel to the result's, but for whole pages.

    python benches/python/places.py [rounds]   # any Python that has oxitk; or make bench-peers BENCH_SCRIPT=places
"""

from __future__ import annotations

import sys
from time import perf_counter

import numpy as np
import oxitk

PAGE = 4096
PLACES = (0, 16, 64, 128, 256, 512, 2048, 4032)
# Shapes yx, with rows of one page, two, half a one, and no such part; radii yx, as arrays have them.
CASES = [
    ((1024, 4096), np.uint8, (1, 1)),
    ((2048, 2048), np.uint16, (1, 1)),
    ((2048, 2048), np.uint32, (1, 1)),
    ((2048, 2048), np.uint16, (0, 1)),
    ((2048, 2048), np.uint16, (1, 0)),
    ((2048, 2048), np.uint8, (2, 0)),
    ((2048, 2048), np.uint16, (2, 0)),
    ((2048, 2048), np.uint16, (2, 2)),
    ((1000, 1000), np.uint16, (1, 1)),
]


def empty(shape: tuple[int, ...], dtype: type, place: int) -> np.ndarray:
    """An array of zeros that begins so many bytes behind the beginning of a page."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(size + 2 * PAGE, np.uint8)
    start = -memory.ctypes.data % PAGE + place
    return memory[start : start + size].view(dtype).reshape(shape)


def main(rounds: int) -> None:
    """Measure and print."""
    print(f"oxitk {oxitk.__version__}, numpy {np.__version__}\n")
    print(f"| image, radius yx | {' | '.join(map(str, PLACES))} |")
    print(f"|---|{'---|' * len(PLACES)}")
    for shape, dtype, radius in CASES:
        image = empty(shape, dtype, 0)
        image[:] = np.random.default_rng(0).integers(0, 1 << 31, shape).astype(dtype)
        outputs = {place: empty(shape, dtype, place) for place in PLACES}
        seconds = dict.fromkeys(PLACES, float("inf"))
        for _ in range(rounds):
            for place, out in outputs.items():
                for _ in range(3):  # the first call finds another result in the cache
                    start = perf_counter()
                    oxitk.median(image, radius, out=out, num_threads=1)
                    seconds[place] = min(seconds[place], perf_counter() - start)
        speeds = " | ".join(f"{image.size / seconds[place] / 1e6:.0f}" for place in PLACES)
        print(f"| {'×'.join(map(str, shape))} {np.dtype(dtype)}, {radius} | {speeds} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
