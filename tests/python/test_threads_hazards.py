"""The eight hazards of ITK's own safety suite for kernels without the GIL (`test_gil_release_safety.py`), by their names.

Each is here in its deterministic form; the files beside this one go further.
"""

from __future__ import annotations

import gc
import os
import signal
import threading

import numpy as np
import oracle
import oxitk
import pytest
from arrays import noise
from gates import PATIENCE, SMALL, Call, gate, needs_detach, until
from oxitk import _native


def in_four_threads(work) -> None:
    start = threading.Barrier(4)

    def begin(k: int) -> None:
        start.wait()
        work(k)

    for call in [Call(begin, k) for k in range(4)]:
        call.result()


def test_hazard_1_callback_during_execution():
    a, heard = noise("f4", (128, 128)), []
    result = oxitk.median(a, 2, progress=heard.append)
    assert heard and heard[-1] == 1.0
    oracle.assert_same(result, oracle.naive_median(a, 2))


def test_hazard_2_concurrent_callbacks():
    def work(k: int) -> None:
        a, heard = noise("f4", (100, 100), seed=k), []
        result = oxitk.median(a, 3, progress=lambda f: heard.append((threading.get_ident(), f)), num_threads=1)
        assert heard and {thread for thread, _ in heard} == {threading.get_ident()}
        oracle.assert_same(result, oracle.naive_median(a, 3))

    in_four_threads(work)


def test_hazard_3_exceptions_across_the_boundary(tmp_path):
    def work(k: int) -> None:
        # ITK's test insists on RuntimeError; Python's users expect FileNotFoundError. It is both.
        for kind in (RuntimeError, FileNotFoundError):
            with pytest.raises(kind, match=f"none{k}"):
                oxitk.imread(tmp_path / f"none{k}.mha")
        with pytest.raises(oxitk.InternalError, match="told to panic"):
            _native._probe(8, panic_at=k)
        with pytest.raises(ValueError, match="NaN"):
            oxitk.median(np.full((3, 3), np.nan), nan_policy="raise")

    work(0)
    in_four_threads(work)


@needs_detach
def test_hazard_4_destruction_under_concurrent_use():
    gates = [_native._Gate("median") for _ in range(4)]
    try:
        calls, wanted = [], []
        for k in range(4):
            a = noise("u2", (128, 128), seed=k)
            image, filter = oxitk.Image.from_array(a), oxitk.Median(5)
            wanted.append(oracle.naive_median(a, 5))
            calls.append(Call(filter, image))
            del a, image, filter
        until(lambda: all(held.entered() for held in gates))
        gc.collect()
        for held in gates:
            held.open()
        for call, want in zip(calls, wanted):
            oracle.assert_same(np.asarray(call.result()), want)
    finally:
        for held in gates:
            held.remove()


def test_hazard_5_concurrent_processing_correctness():
    def work(k: int) -> None:
        constant = np.full((32, 32), k + 0.5, "f4")
        oracle.assert_same(oxitk.median(constant, 2), constant)
        assert not oxitk.gradient_magnitude(constant).any()
        a = noise("u2", (32, 32), seed=k)
        oracle.assert_same(oxitk.median(a, 2), oracle.naive_median(a, 2))

    in_four_threads(work)


@needs_detach
def test_hazard_6_signal_delivery_while_released():
    delivered = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: delivered.append(number))
    try:
        with gate("median") as held:

            def send() -> None:
                until(held.entered)
                os.kill(os.getpid(), signal.SIGUSR1)
                until(lambda: delivered)  # during the kernel, not after it
                held.open()

            sender = Call(send)
            oxitk.median(SMALL, 5)
            sender.result()
            assert held.passed() and delivered == [signal.SIGUSR1]
    finally:
        signal.signal(signal.SIGUSR1, before)


@needs_detach
def test_hazard_7_callback_reacquisition_deadlock():
    """A callback works with numpy, and waits for a thread that needs the GIL, while the kernel is inside."""
    done = []

    def callback(fraction: float) -> None:
        other = threading.Thread(target=lambda: done.append(float(np.ones((50, 50)).dot(np.ones(50)).sum())))
        other.start()
        other.join(PATIENCE)
        assert not other.is_alive()

    call = Call(oxitk.median, SMALL, 5, progress=callback)
    oracle.assert_same(call.result(), oracle.naive_median(SMALL, 5))
    assert done and set(done) == {2500.0}


def test_hazard_8_stress():
    """200 cycles on 4 threads: image, view, filter, result, gone."""
    before = _native._live_buffers()
    shared = noise("u2", (24, 30))
    want = oracle.naive_median(shared, 1)
    steep = oxitk.gradient_magnitude(shared)

    def work(k: int) -> None:
        for cycle in range(200):
            image = oxitk.Image.from_array(shared, copy=bool(cycle % 2))
            view = np.asarray(image)
            result = oxitk.Median(1)(image)
            assert np.array_equal(np.asarray(result), want)
            assert np.array_equal(oxitk.gradient_magnitude(view), steep)
            del image, view, result

    in_four_threads(work)
    gc.collect()
    assert _native._live_buffers() == before + 1  # `steep`
