"""What a fresh output costs: no more than a warm one and the first touch of the memory, which is a ratio of at most 1.

Prints a Markdown table, medians of many rounds, milliseconds:

- warm: the filter writes into an array that is there already;
- touch: `numpy.empty_like(a).fill(0)`, which is numpy's own price of new memory;
- fresh: the filter makes its output.

The three take turns, and the ratio is that of each round, so that all see the same machine. A radius of 0 copies:
the kernel that hides least.

    python benches/python/fresh_output.py [rounds]
"""

from __future__ import annotations

import sys
from statistics import median
from time import perf_counter

import numpy as np
import oxitk

CASES = [((2048, 2048), np.uint8), ((2048, 2048), np.float32), ((128, 256, 256), np.float32)]


def main(rounds: int) -> None:
    print(f"{oxitk.get_num_threads()} threads, oxitk {oxitk.__version__}, numpy {np.__version__}\n")
    print("| array | median radius | warm | touch | fresh | fresh / (warm + touch) |")
    print("|---|---|---|---|---|---|")
    for shape, dtype in CASES:
        a = np.random.default_rng(0).integers(0, 255, shape).astype(dtype)
        out = np.empty_like(a)
        for radius in (0, 1):
            calls = {
                "warm": lambda: oxitk.median(a, radius, out=out),
                "touch": lambda: np.empty_like(a).fill(0),
                "fresh": lambda: oxitk.median(a, radius),
            }
            seconds = {name: [] for name in calls}
            for _ in range(rounds):
                for name, call in calls.items():
                    start = perf_counter()
                    call()
                    seconds[name].append(perf_counter() - start)
            ratio = median(f / (w + t) for w, t, f in zip(*seconds.values(), strict=True))
            times = " | ".join(f"{1e3 * median(seconds[name]):.2f}" for name in calls)
            size = "×".join(map(str, shape))
            print(f"| {size} {np.dtype(dtype)} | {radius} | {times} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
