"""Timing: contenders take turns, round after round, and the best round of each counts."""

from __future__ import annotations

import gc
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from time import perf_counter, process_time

ROUND = 0.02  # seconds of one turn of a contender at least: fast calls are repeated
PIECE = 0.001  # seconds of a part of a turn that is timed at least: the best part counts, as others share the CPU
BUSY = 0.9  # of a CPU at least, or the timed calls were disturbed
CPU_TIME = bool(os.environ.get("OXITK_BENCH_CPU_TIME"))  # time by the CPU time of the process, not by the wall clock
Batch = Callable[[int], float]


@dataclass
class _Spent:
    """Seconds of all timed calls, by the wall clock and of CPU time."""

    wall: float = 0.0
    cpu: float = 0.0

    def share(self) -> float:
        """How much of a CPU the timed calls had."""
        return self.cpu / self.wall if self.wall else 1.0


SPENT = _Spent()


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int  # at most
    seconds: float  # of all rounds of one contender, about
    call: float = 0.025  # seconds of one call of those who are too slow for the whole image and get its middle
    whole: float = 0.3  # seconds that the whole image may take


FULL = Effort(rounds=9, seconds=0.4)
QUICK = Effort(rounds=4, seconds=0.15)
GLANCE = Effort(rounds=2, seconds=0.02, call=0.005, whole=0.03)


def batch(call: Callable[[], object], before: Callable[[], object] | None = None) -> Batch:
    """Seconds of n calls; `before` is called first, out of the time."""

    def seconds(n: int) -> float:
        if before is not None:
            before()
        turns = repeat(None, n)
        used, start = process_time(), perf_counter()
        for _ in turns:
            call()
        wall, cpu = perf_counter() - start, process_time() - used
        SPENT.wall += wall
        SPENT.cpu += min(cpu, wall)
        return cpu if CPU_TIME else wall

    return seconds


def best(jobs: dict[str, Batch], effort: Effort) -> dict[str, float]:
    """Seconds of one call of each job: the minimum of rounds in which the jobs take turns, after a warm call."""
    collects = gc.isenabled()
    gc.disable()
    try:
        return _best(jobs, effort)
    finally:
        if collects:
            gc.enable()


def _best(jobs: dict[str, Batch], effort: Effort) -> dict[str, float]:
    found, plans = {}, {}
    for name, job in jobs.items():
        found[name] = once = job(1)
        if once < effort.seconds / 3:
            once = found[name] = min(once, job(1))
        inner = min(100_000, max(1, math.ceil(PIECE / max(once, 1e-7))))
        pieces = max(1, math.ceil(ROUND / (inner * once)))
        rounds = min(effort.rounds, max(1, int(effort.seconds / (pieces * inner * once))))
        plans[name] = inner, pieces, rounds
    for turn in range(effort.rounds):
        for name, job in jobs.items():
            inner, pieces, rounds = plans[name]
            if turn * rounds // effort.rounds != (turn + 1) * rounds // effort.rounds:
                found[name] = min(found[name], min(job(inner) / inner for _ in range(pieces)))
    return found
