"""Every kernel lets go of the GIL; with OXITK_RELEASE_GIL=0 none does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import oracle
import oxitk
import pytest
from gates import CALLS, PATIENCE, SMALL, Call, gate, has_gil, needs_detach, until
from oxitk import _native

HERE = str(Path(__file__).resolve().parent)


def test_the_calls_of_the_tests_are_all_kernels_of_the_build():
    assert sorted(CALLS) == sorted(_native._kernels())


@needs_detach
@pytest.mark.parametrize("kernel", CALLS)
def test_every_kernel_lets_other_threads_run(kernel, tmp_path):
    CALLS["imread"](tmp_path)
    with gate(kernel) as held:
        call = Call(CALLS[kernel], tmp_path)
        until(held.entered)
        # Python runs here while the kernel is inside.
        assert call.is_alive() and not held.passed()
        held.open()
        call.result()
        assert held.passed()


KEPT = """
import sys, threading
from pathlib import Path
from gates import CALLS, gate
from oxitk import _native
assert not _native._releases_gil()
folder = Path(sys.argv[1])
for kernel, call in CALLS.items():
    with gate(kernel) as held:
        opener = threading.Event()
        def open_it():
            opener.set()
            while not held.entered():
                pass
            held.open()
        thread = threading.Thread(target=open_it)
        thread.start()
        opener.wait()
        call(folder)
        assert held.entered() and not held.passed(), kernel
        thread.join()
print("all kept it")
"""


@pytest.mark.skipif(not has_gil(), reason="there is no GIL to keep")
@pytest.mark.parametrize("value", ["0", " False "])
def test_the_gil_is_kept_when_told_to(run, tmp_path, value):
    done = run("-c", KEPT, tmp_path, env={"OXITK_RELEASE_GIL": value, "PYTHONPATH": HERE})
    assert done.stdout.endswith("all kept it\n"), done.stderr


@pytest.mark.parametrize("value", ["1", "", "yes"])
def test_other_values_let_go(run, value):
    done = run("-c", "from oxitk import _native; print(_native._releases_gil())", env={"OXITK_RELEASE_GIL": value})
    assert done.stdout == "True\n", done.stderr


@needs_detach
def test_two_kernels_are_in_flight_at_once_and_end_in_any_order():
    with gate("median") as first, gate("median") as second:
        one = Call(oxitk.median, SMALL, 1)
        until(first.entered)
        two = Call(oxitk.median, SMALL, 2)
        until(second.entered)
        second.open()
        oracle.assert_same(two.result(), oracle.naive_median(SMALL, 2))
        assert one.is_alive() and not first.passed()
        first.open()
        oracle.assert_same(one.result(), oracle.naive_median(SMALL, 1))


@needs_detach
@pytest.mark.parametrize("n", [1, 2])
def test_more_kernels_than_threads_are_in_flight(threads, n):
    threads(n)
    gates = [_native._Gate("median") for _ in range(8)]
    try:
        calls = [Call(oxitk.median, SMALL, 1) for _ in gates]
        until(lambda: all(held.entered() for held in gates))
        for held in reversed(gates):
            held.open()
        for call in calls:
            oracle.assert_same(call.result(), oracle.naive_median(SMALL, 1))
    finally:
        for held in gates:
            held.remove()


def test_a_gate_holds_one_call_of_its_kernel_only():
    with gate("median") as held:
        oxitk.gradient_magnitude(SMALL)
        assert not held.entered()
    oxitk.median(SMALL)
    assert not held.entered()
    with pytest.raises(ValueError, match="no kernel"):
        _native._Gate("no_such_kernel")
    assert np.array_equal(oxitk.median(SMALL, 0), SMALL)


LOOKS_ALL_THE_TIME = """
import sys, threading, time
import oxitk
from gates import SMALL, gate
sys.setswitchinterval(1000)
with gate("median") as held:
    thread = threading.Thread(target=oxitk.median, args=(SMALL,))
    thread.start()
    while not held.entered():
        time.sleep(0)
    begin = time.monotonic()
    while time.monotonic() - begin < 0.3:
        held.entered()
    held.open()
    thread.join()
    assert held.passed()
print("it was opened")
"""


@needs_detach
def test_who_looks_at_a_gate_does_not_keep_its_kernel_from_attaching(run):
    """The kernel asks for signals while this thread, which keeps the GIL, looks whether it has come."""
    done = run("-c", LOOKS_ALL_THE_TIME, env={"PYTHONPATH": HERE}, timeout=PATIENCE)
    assert done.stdout == "it was opened\n", done.stdout + done.stderr
