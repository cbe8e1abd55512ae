"""Kernels in children: forked at any time, or started anew; alone, and while other threads are inside."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import warnings
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import oracle
import oxitk
import pytest
from gates import PATIENCE, SMALL, Call, gate, needs_detach, until
from oxitk import _native

WANT = oracle.naive_median(SMALL, 2)

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork"),
    # Python warns of forks in processes with threads; that is what is tested.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


def works() -> None:
    """All that a child may want, in parallel and observed."""
    oxitk.set_num_threads(3)
    heard: list[float] = []
    assert np.array_equal(oxitk.median(SMALL, 2), WANT)
    assert np.array_equal(oxitk.median(SMALL, 2, progress=heard.append), WANT) and heard[-1] == 1.0
    _native._probe(6)
    try:
        _native._probe(6, panic_at=2)
    except oxitk.InternalError:
        pass
    else:
        raise AssertionError("no panic")


def forked(work=works) -> int:
    """The exit code of a forked child that works; -1 when it hangs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


def test_a_forked_child_works_and_so_does_its_parent():
    works()  # the parent's pool is there
    assert forked() == 0
    works()
    assert forked(lambda: [works(), forked_again()]) == 0


def forked_again() -> None:
    assert forked() == 0


@needs_detach
@pytest.mark.parametrize("observed", [False, True])
def test_forked_while_another_thread_is_inside(observed):
    works()
    with gate("median") as held:
        call = Call(oxitk.median, SMALL, 2, progress=(lambda fraction: None) if observed else None)
        until(held.entered)
        assert forked() == 0
        held.open()
        oracle.assert_same(call.result(), WANT)


@needs_detach
def test_forked_while_the_pool_works():
    before = _native._probe_steps()
    call = Call(_native._probe, 400, progress=lambda fraction: None)
    until(lambda: _native._probe_steps() > before)
    assert [forked() for _ in range(3)] == [0, 0, 0]
    call.result()


@needs_detach
def test_forked_in_a_callback():
    codes: list[int] = []

    def callback(fraction: float) -> None:
        if not codes:
            codes.append(forked())

    _native._probe(30, progress=callback)
    assert codes == [0]


MAIN = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import numpy as np, oxitk

def work(seed):
    a = np.random.default_rng(seed).integers(0, 999, (40, 50), dtype="u2")
    return oxitk.median(a, 2, progress=lambda fraction: None).sum() + oxitk.gradient_magnitude(a).sum()

if __name__ == "__main__":
    want = [work(seed) for seed in range(6)]  # the parent has its pool
    method = sys.argv[1]
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        assert pool.map(work, range(6)) == want
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        assert list(executor.map(work, range(6))) == want
    print(method)
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_every_start_method_of_multiprocessing(run, tmp_path, method):
    (tmp_path / "main.py").write_text(MAIN)
    done = run("-W", "ignore::DeprecationWarning", "main.py", method)
    assert (done.returncode, done.stdout) == (0, f"{method}\n"), done.stderr


def test_the_start_method_is_not_fixed_by_us(run):
    code = """
import multiprocessing
import numpy, oxitk
oxitk.median(numpy.zeros((200, 200)), 2, progress=lambda fraction: None)
assert multiprocessing.get_start_method(allow_none=True) is None
"""
    done = run("-c", code)
    assert done.returncode == 0, done.stderr


def test_filters_and_functions_are_sent_to_processes():
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        oracle.assert_same(executor.submit(oxitk.median, SMALL, 2).result(60), WANT)
        oracle.assert_same(executor.submit(oxitk.Median(2), SMALL).result(60), WANT)
