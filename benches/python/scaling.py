"""What eight threads on eight images gain over one thread, each call with `num_threads=1`: they must not hold each other up.

    python benches/python/scaling.py   # any Python that has oxitk; docs/scaling-record.txt is a record

On a busy machine, as root (Linux first shares the CPUs out among sessions, then among the processes of each):

    setsid bash -c 'echo -20 >/proc/self/autogroup; nice -n -20 python benches/python/scaling.py'

The limit of the machine is what as many processes as there are CPUs reach together, one thread each: CPUs that share a
core, or that a hypervisor shares out, give less than one thread times their number. Best of `--rounds`.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable

import numpy as np
import oxitk

IMAGES = 8


def images(side: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 65536, (side, side), dtype=np.uint16) for _ in range(IMAGES)]


def work(image: np.ndarray) -> None:
    oxitk.median(image, 20, num_threads=1)


def one_thread(some: Iterable[np.ndarray]) -> None:
    for image in some:
        work(image)


def eight_threads(some: Iterable[np.ndarray]) -> None:
    threads = [threading.Thread(target=work, args=(image,)) for image in some]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Processes:
    """As many processes as CPUs, which share the images and begin when they are told."""

    def __init__(self, count: int, side: int) -> None:
        command = [sys.executable, __file__, "--side", str(side), "--share"]
        self._children = [
            subprocess.Popen([*command, f"{k}/{count}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for k in range(count)
        ]
        self._wait()

    def _wait(self) -> None:
        for child in self._children:
            assert child.stdout is not None
            if child.stdout.readline() != "done\n":
                raise SystemExit("a process has ended early")

    def run(self) -> None:
        for child in self._children:
            print(file=child.stdin, flush=True)
        self._wait()

    def end(self) -> None:
        for child in self._children:
            child.communicate()


def share(text: str, side: int) -> None:
    k, count = map(int, text.split("/"))
    mine = images(side)[k::count]
    one_thread(mine)
    print("done", flush=True)
    for _ in sys.stdin:
        one_thread(mine)
        print("done", flush=True)


def seconds(call: Callable[[], None]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def cpus() -> str:
    try:
        done = subprocess.run(["lscpu", "--extended=CPU,CORE,SOCKET"], capture_output=True, text=True)
    except OSError:
        return "lscpu is missing"
    return done.stdout.rstrip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--side", type=int, default=900, help="pixels of an image's side")
    parser.add_argument("--share", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.share:
        share(options.share, options.side)
        return
    some = images(options.side)
    count = len(os.sched_getaffinity(0))
    processes = Processes(count, options.side)
    eight_threads(some)
    load = os.getloadavg()[0]
    rounds = [
        (seconds(lambda: one_thread(some)), seconds(lambda: eight_threads(some)), seconds(processes.run))
        for _ in range(options.rounds)
    ]
    processes.end()
    alone, threads, apart = map(min, zip(*rounds))
    print(f"# benches/python/scaling.py, Python {platform.python_version()}, oxitk {oxitk.__version__}")
    print(f"{count} CPUs, load {load:.1f}, nice {os.nice(0)}, best of {options.rounds}")
    print(cpus())
    print(f"one thread:            {alone:.3f} s for {IMAGES} images")
    print(f"eight threads:         {threads:.3f} s, {alone / threads:.2f} times the throughput of one")
    print(f"{count} processes, 1 each: {apart:.3f} s, {alone / apart:.2f} times: the limit of this machine")
    print(f"eight threads reach {100 * apart / threads:.0f} % of that limit")


if __name__ == "__main__":
    main()
