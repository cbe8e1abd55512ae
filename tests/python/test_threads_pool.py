"""The pool: how many threads there are, what they are called, what limits them; and what happens when one panics."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import oracle
import oxitk
import pytest
from arrays import noise
from gates import SMALL, Call, needs_detach, until
from oxitk import _native

HERE = str(Path(__file__).resolve().parent)


def thread_names() -> list[str]:
    """The names of this process's threads, as the system has them."""
    names = []
    for task in Path("/proc/self/task").iterdir():
        try:
            names.append((task / "comm").read_text().strip())
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
    return names


COUNT = """
import threading, time
from pathlib import Path
import numpy as np, oxitk
from oxitk import _native
n = oxitk.get_num_threads()
def names():
    found = []
    for task in Path("/proc/self/task").iterdir():
        try:
            found.append((task / "comm").read_text().strip())
        except OSError:
            pass
    return found
start = threading.Barrier(9)
token = oxitk.CancelToken()
def work():
    start.wait()
    try:
        _native._probe(1_000_000, cancel=token)
    except oxitk.ProcessAborted:
        pass
callers = [threading.Thread(target=work) for _ in range(8)]
for caller in callers: caller.start()
before = _native._probe_steps()
start.wait()
while _native._probe_steps() - before < 100: time.sleep(0.001)
inside = names()
token.cancel()
for caller in callers: caller.join()
ours = sorted(name for name in inside if name.startswith("oxitk"))
assert ours == [f"oxitk-{k}" for k in range(n)], inside
# One more for each other thread of the process, which numpy may have some of.
assert len(inside) - len(ours) >= 9
print(n, len(ours))
"""


@needs_detach
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system does not list threads")
@pytest.mark.parametrize("n", ["2", "3", "5"])
def test_eight_callers_share_as_many_threads_as_were_asked_for(run, n):
    done = run("-c", COUNT, env={"OXITK_NUM_THREADS": n, "OPENBLAS_NUM_THREADS": "1"})
    assert done.stdout == f"{n} {n}\n", done.stderr


@needs_detach
def test_a_short_call_does_not_wait_for_the_end_of_a_long_one(threads):
    """Both need the pool; the long one has minutes of work."""
    threads(2)
    token, before = oxitk.CancelToken(), _native._probe_steps()
    long = Call(_native._probe, 200_000, cancel=token)
    until(lambda: _native._probe_steps() - before > 10)
    Call(_native._probe, 10).result()
    oracle.assert_same(Call(oxitk.median, SMALL, 2).result(), oracle.naive_median(SMALL, 2))
    assert long.is_alive()
    token.cancel()
    with pytest.raises(oxitk.ProcessAborted):
        long.result()


def test_one_thread_needs_no_pool(run):
    code = """
from pathlib import Path
import numpy as np, oxitk
oxitk.median(np.random.default_rng(0).integers(0, 9, (300, 300)), 3)
print([t for t in Path("/proc/self/task").iterdir() if (t / "comm").read_text().startswith("oxitk")])
"""
    done = run("-c", code, env={"OXITK_NUM_THREADS": "1"})
    assert done.stdout == "[]\n", done.stderr


def test_a_changed_number_of_threads_counts_at_once(threads):
    a = noise("u2", (60, 70, 20))
    for n in (1, 4, 2, 3):
        threads(n)
        assert oxitk.get_num_threads() == n
        oracle.assert_same(oxitk.median(a, 1), oracle.naive_median(a, 1))


@pytest.mark.parametrize("call", [
    lambda n: oxitk.median(SMALL, num_threads=n),
    lambda n: oxitk.gradient_magnitude(SMALL, num_threads=n),
    lambda n: oxitk.Median(2)(SMALL, num_threads=n),
    lambda n: oxitk.GradientMagnitude()(SMALL, num_threads=n),
    lambda n: (oxitk.Median(1) | oxitk.GradientMagnitude())(SMALL, num_threads=n),
])
def test_num_threads_changes_no_result_and_is_checked(call):
    want = call(None)
    for n in (1, np.int64(2), 128):
        oracle.assert_same(call(n), want)
    for bad in (0, -1, 129, 2**70):
        with pytest.raises(ValueError, match="num_threads"):
            call(bad)
    for bad in (1.5, "2", True):
        with pytest.raises(TypeError, match="num_threads"):
            call(bad)


def test_no_thread_can_be_had(run):
    """Stacks larger than the address space: every thread fails to start, and the caller does the work."""
    code = """
import numpy as np, oxitk
a = np.random.default_rng(0).integers(0, 99, (300, 200), dtype="u2")
heard = []
assert oxitk.get_num_threads() == 2
first, second = oxitk.median(a, 12), oxitk.median(a, 12, progress=heard.append)
assert np.array_equal(first, second) and heard[-1] == 1.0 and len(heard) > 1
print(first.sum())
"""
    free = run("-c", code.replace(" and len(heard) > 1", ""), env={"OXITK_NUM_THREADS": "2"})
    none = run("-c", code, env={"OXITK_NUM_THREADS": "2", "RUST_MIN_STACK": str(1 << 47)})
    assert free.returncode == none.returncode == 0, none.stderr
    assert free.stdout == none.stdout


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("observed", [False, True])
def test_a_panic_is_an_internal_error_and_the_pool_goes_on(threads, n, observed, capfd):
    threads(n)
    with pytest.raises(oxitk.InternalError, match="step 3 was told to panic") as caught:
        _native._probe(10, panic_at=3, progress=(lambda fraction: None) if observed else None)
    assert isinstance(caught.value, RuntimeError)
    assert "told to panic" in capfd.readouterr().err, "the place in the source is on stderr"
    _native._probe(10)
    oracle.assert_same(oxitk.median(SMALL), oracle.naive_median(SMALL, 1))


def test_stress_results_are_those_of_one_thread():
    """8 threads, 200 rounds each, on shared input."""
    shared = [noise("u1", (20, 33)), noise("f4", (9, 12, 10)), noise("i2", (41,))]
    wanted = [(oxitk.median(a, 2, num_threads=1), oxitk.gradient_magnitude(a, num_threads=1)) for a in shared]

    def work(k: int) -> None:
        filter = oxitk.Median(2)
        for cycle in range(200):
            a, (median, gradient) = shared[(k + cycle) % 3], wanted[(k + cycle) % 3]
            assert np.array_equal(filter(a), median)
            assert np.array_equal(oxitk.gradient_magnitude(oxitk.Image.from_array(a)), gradient)
            out = np.empty_like(a)
            assert oxitk.median(a, 2, out=out) is out and np.array_equal(out, median)

    for call in [Call(work, k) for k in range(8)]:
        call.result()


SCALING = """
import subprocess, sys, threading, time
import numpy as np, oxitk
rng = np.random.default_rng(0)
images = [rng.integers(0, 65536, (900, 900), dtype="u2") for _ in range(8)]
def work(image):
    oxitk.median(image, 20, num_threads=1)
def serial(some):
    for image in some: work(image)
if len(sys.argv) > 1:  # half of the work, in a process of its own
    serial(images[:1])
    print(flush=True)
    for line in sys.stdin:
        serial(images[:4])
        print(flush=True)
    sys.exit()
def threaded():
    threads = [threading.Thread(target=work, args=(image,)) for image in images]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
halves = [subprocess.Popen([sys.executable, __file__, "half"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
for half in halves: half.stdout.readline()
def processes():
    for half in halves: print(file=half.stdin, flush=True)
    for half in halves: half.stdout.readline()
def seconds(call, *args):
    begin = time.perf_counter()
    call(*args)
    return time.perf_counter() - begin
threaded()
rounds = [(seconds(serial, images), seconds(threaded), seconds(processes)) for _ in range(5)]
for half in halves: half.communicate()
alone, together, apart = map(min, zip(*rounds))
print(alone / together, apart / together)
"""


@needs_detach
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one CPU")
@pytest.mark.parametrize("n", ["1", "2"])
def test_eight_threads_on_eight_images_use_two_cpus(run, tmp_path, n, record_property):
    """They are as fast as two processes that share the images, at the same time: other programs slow down both.

    With the GIL kept they take twice as long. On two idle CPUs they have 1.8 times the throughput of one thread, and more.
    """
    (tmp_path / "scaling.py").write_text(SCALING)
    done = run("scaling.py", env={"OXITK_NUM_THREADS": n})
    assert done.returncode == 0, done.stderr
    gain, share = map(float, done.stdout.split())
    record_property("throughput of eight threads, in that of one", gain)
    assert share > 0.7, f"{share:.2f} of what two processes reach; {gain:.2f} times one thread"


@needs_detach
def test_calls_do_not_wait_for_each_other(threads):
    """Two probes of one thread each, told to use one: they are inside at the same time."""
    threads(1)
    inside = []

    def callback(k: int, fraction: float) -> None:
        inside.append(k)
        until(lambda: {0, 1} <= set(inside))

    for call in [Call(_native._probe, 50, progress=lambda f, k=k: callback(k, f)) for k in (0, 1)]:
        call.result()
    assert {0, 1} <= set(inside)
    until(lambda: not [name for name in thread_names() if name.startswith("oxitk-job")])


def test_threadpoolctl_limits_the_pool(threads):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    oxitk.threads.register_threadpoolctl()
    oxitk.threads.register_threadpoolctl()
    threads(4)
    ours = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "oxitk"]
    assert [(pool["num_threads"], pool["version"]) for pool in ours] == [(4, oxitk.__version__)]
    with threadpoolctl.threadpool_limits(2, user_api="oxitk"):
        assert oxitk.get_num_threads() == 2
    assert oxitk.get_num_threads() == 4
    with threadpoolctl.threadpool_limits(1):
        assert oxitk.get_num_threads() == 1
