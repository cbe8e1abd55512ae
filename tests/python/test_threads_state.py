"""Threads that Python did not start enter it, or are told that it is ending (PEP 788)."""

from __future__ import annotations

import os
import threading

import pytest
from gates import PATIENCE, Call, until
from oxitk import _native
from test_threads_fork import forked

STATES = ("none", "attached", "detached", "nested")


FOREIGN = """
import sys, threading
from oxitk import _native
threads = []
count = _native._in_foreign_thread(lambda: threads.append(threading.get_ident()), sys.argv[1])
assert count == len(threads) and len(set(threads)) == 1 and threads[0] != threading.get_ident()
print(count)
"""


@pytest.mark.parametrize("before", STATES)
def test_a_foreign_thread_enters_and_leaves_as_it_came(run, before):
    """Twice each, which fails if the first time has left something behind; nested: four times.

    In a process of its own: a thread that stays attached holds up all of Python, and no timeout is heard.
    """
    done = run("-c", FOREIGN, before, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (0, "4\n" if before == "nested" else "2\n"), done.stderr


@pytest.mark.parametrize("before", STATES)
def test_what_it_calls_may_raise(before):
    error = ZeroDivisionError("mine")

    def fail() -> None:
        raise error

    with pytest.raises(ZeroDivisionError) as caught:
        _native._in_foreign_thread(fail, before)
    assert caught.value is error
    assert _native._in_foreign_thread(lambda: None, before) > 0


def test_many_at_once():
    calls = [Call(_native._in_foreign_thread, lambda: None, STATES[k % 4]) for k in range(16)]
    assert sum(call.result() for call in calls) == 16 * 2 + 4 * 2


def test_an_unknown_state_is_refused():
    with pytest.raises(ValueError, match="no state"):
        _native._in_foreign_thread(lambda: None, "odd")


EXIT = """
import atexit, time
from oxitk import _native
def after_the_gate_is_closed():
    deadline = time.monotonic() + 30
    while not _native._refused() and time.monotonic() < deadline:
        time.sleep(0.001)
    # All that are told so end; none hangs, none enters.
    print("refused" if _native._refused() else "none refused", entered[0] > 0)
atexit.register(after_the_gate_is_closed)
entered = [0]
def enter():
    entered[0] += 1
_native._ensure_in_a_loop(8, enter)
while entered[0] < 100:
    time.sleep(0.001)
"""


@pytest.mark.parametrize("round", range(3))
def test_the_process_ends_while_eight_threads_enter_in_a_loop(run, round):
    done = run("-c", EXIT, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "refused True\n", ""), done


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_does_not_wait_for_threads_that_it_has_not():
    """Two threads are inside when one of them forks; the child has that one only, and its end must wait for no other."""
    entered, leave = threading.Event(), threading.Event()

    def stay() -> None:
        entered.set()
        assert leave.wait(PATIENCE)

    def fork() -> None:
        inside = _native._inside_gate()
        assert inside in (0, 2), "0: this CPython needs no gate"

        def child() -> None:
            assert _native._inside_gate() == min(inside, 1)
            assert _native._in_foreign_thread(lambda: None, "none") == 2

        assert forked(child) == 0

    other = Call(_native._in_foreign_thread, stay, "none")
    until(entered.is_set)
    assert _native._in_foreign_thread(fork, "none") == 2
    leave.set()
    assert other.result() == 2
