"""Kernels that are held at their entry, so that tests order events and wait for no clock.

A gate is armed for the next call of a kernel. That call, detached already, waits at it until the gate is opened.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import oxitk
import pytest
from oxitk import _native

# Seconds that tests wait for what comes at once: time for a busy machine. Where all should come to nothing, it is less.
PATIENCE = float(os.environ.get("OXITK_TEST_PATIENCE", "60"))

SMALL = (np.arange(24 * 30, dtype="u2").reshape(24, 30) * 7919) % 251
IMAGE = oxitk.Image.from_array(SMALL)

# One call of each kernel; tests go through all of them, and compare this list with the build's own.
CALLS: dict[str, Callable[[Path], object]] = {
    "median": lambda folder: oxitk.median(SMALL),
    "derivative": lambda folder: oxitk.derivative(SMALL),
    "gradient": lambda folder: oxitk.gradient(SMALL),
    "sobel": lambda folder: oxitk.sobel(SMALL),
    "mean": lambda folder: oxitk.mean(SMALL),
    "gradient_magnitude": lambda folder: oxitk.gradient_magnitude(SMALL),
    "recursion": lambda folder: oxitk.recursive_gaussian(SMALL),
    "chain": lambda folder: (oxitk.Median(1) | oxitk.GradientMagnitude())(SMALL),
    "imread": lambda folder: oxitk.imread(_written(folder)),
    "imwrite": lambda folder: oxitk.imwrite(SMALL, folder / "written.mha"),
    "image.from_array": lambda folder: oxitk.Image.from_array(SMALL, copy=True),
    "image.copy": lambda folder: IMAGE.copy(),
    "image.preview": lambda folder: IMAGE._repr_png_(),
    "pipeline.update": lambda folder: oxitk.pipeline.filter(oxitk.Median(), SMALL).update(),
    "command_line": lambda folder: _native._run_cli(["oxitk", "info", str(_written(folder)), "--quiet"]),
    "probe": lambda folder: _native._probe(3),
}

needs_detach = pytest.mark.skipif(
    not _native._releases_gil(), reason="needs_detach: OXITK_RELEASE_GIL=0 keeps the GIL, and another test asserts the opposite"
)


def has_gil() -> bool:
    return getattr(sys, "_is_gil_enabled", lambda: True)()


def _written(folder: Path) -> Path:
    path = folder / "read.mha"
    if not path.exists():
        oxitk.imwrite(SMALL, path)
    return path


class Call(threading.Thread):
    """A call in a thread; `result` waits for it and gives what it returned, or raises what it raised."""

    def __init__(self, function: Callable[..., object], *args: object, **keywords: object) -> None:
        super().__init__(daemon=True)
        self._work = (function, args, keywords)
        self._value: object = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        function, args, keywords = self._work
        try:
            self._value = function(*args, **keywords)
        except BaseException as error:
            self._error = error

    def result(self) -> object:
        self.join(PATIENCE)
        assert not self.is_alive(), "the call does not end"
        if self._error is not None:
            raise self._error
        return self._value


@contextlib.contextmanager
def gate(kernel: str) -> Iterator[_native._Gate]:
    gate = _native._Gate(kernel, PATIENCE)
    try:
        yield gate
    finally:
        gate.remove()


def until(condition: Callable[[], object]) -> None:
    """Gives way to other threads until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never comes"
        time.sleep(0)
