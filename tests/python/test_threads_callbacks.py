"""Progress: called on the caller's thread, rising to 1, never in the way of the kernel; what it raises comes out."""

from __future__ import annotations

import functools
import gc
import io
import sys
import threading
import traceback
import weakref

import numpy as np
import oracle
import oxitk
import pytest
from arrays import noise
from gates import SMALL, Call, gate, needs_detach, until
from oxitk import _native

VOLUME = noise("u2", (40, 90, 110))

FILTERS = {
    "median": functools.partial(oxitk.median, VOLUME, 2),
    "gradient_magnitude": functools.partial(oxitk.gradient_magnitude, VOLUME),
    "Median": functools.partial(oxitk.Median(2), VOLUME),
    "chain": functools.partial(oxitk.Median(2) | oxitk.GradientMagnitude(), VOLUME),
    "probe": functools.partial(_native._probe, 40),
}


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("name", FILTERS)
def test_progress_comes_on_the_callers_thread_and_rises_to_one(name, n, threads):
    threads(n)
    calls: list[tuple[int, float]] = []
    FILTERS[name](progress=lambda fraction: calls.append((threading.get_ident(), fraction)))
    assert {thread for thread, _ in calls} == {threading.get_ident()}
    fractions = [fraction for _, fraction in calls]
    assert all(type(fraction) is float and 0 < fraction <= 1 for fraction in fractions)
    assert all(a < b for a, b in zip(fractions, fractions[1:])), fractions
    assert fractions[-1] == 1.0


def test_progress_that_comes_late_is_passed_over():
    """Threads that work report in any order; here one reports less than was heard, for certain."""
    heard = []

    def callback(fraction: float) -> None:
        heard.append(fraction)
        between.open()

    with gate("probe") as entry, gate("probe") as between:
        entry.open()
        _native._report([0.5, 0.2], callback)
        assert between.passed()
    assert heard == [0.5, 1.0]


def test_an_observed_result_is_the_same():
    oracle.assert_same(FILTERS["chain"](progress=lambda fraction: None), FILTERS["chain"]())


def test_an_empty_or_tiny_image_is_done_at_once():
    for a in (np.zeros((0, 3), "u1"), np.zeros((1, 1), "u1")):
        fractions: list[float] = []
        oxitk.median(a, progress=fractions.append)
        assert fractions[-1] == 1.0 and len(fractions) <= 2


def test_callbacks_of_four_threads_each_see_their_own_filter():
    heard: dict[int, list[tuple[int, float]]] = {k: [] for k in range(4)}

    def work(k: int) -> None:
        oxitk.median(VOLUME, 1 + k % 2, progress=lambda fraction: heard[k].append((threading.get_ident(), fraction)))
        assert {thread for thread, _ in heard[k]} == {threading.get_ident()}

    for call in [Call(work, k) for k in range(4)]:
        call.result()
    for calls in heard.values():
        fractions = [fraction for _, fraction in calls]
        assert fractions == sorted(set(fractions)) and fractions[-1] == 1.0


class Mine(Exception):
    pass


def stopped_by(error: BaseException) -> None:
    """A probe of 2 s is stopped by the first callback, which raises; the steps done show that it was."""
    total = 2000

    def callback(fraction: float) -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        _native._probe(total, progress=callback)
    assert caught.value is error


@pytest.mark.parametrize("error", [Mine("it"), ValueError("it"), KeyboardInterrupt(), SystemExit(3)], ids=repr)
def test_an_exception_of_a_callback_stops_the_kernel_and_comes_out_as_it_is(error):
    before = _native._probe_steps()
    stopped_by(error)
    assert _native._probe_steps() - before < 1500
    assert traceback.extract_tb(error.__traceback__)[-1].name == "callback"
    # All goes on.
    assert np.array_equal(oxitk.median(SMALL), oracle.naive_median(SMALL, 1))


def test_exceptions_of_callbacks_in_four_threads():
    errors = [Mine(k) for k in range(4)]
    before = _native._probe_steps()
    for call in [Call(stopped_by, error) for error in errors]:
        call.result()
    assert _native._probe_steps() - before < 4 * 1500


@pytest.mark.parametrize("name", ["median", "gradient_magnitude", "chain"])
def test_a_filter_is_of_use_after_its_callback_raised(name):
    def callback(fraction: float) -> None:
        raise Mine

    want = FILTERS[name]()
    with pytest.raises(Mine):
        FILTERS[name](progress=callback)
    oracle.assert_same(FILTERS[name](), want)


def test_an_exception_at_the_very_end_counts_too():
    def callback(fraction: float) -> None:
        if fraction == 1.0:
            raise Mine

    with pytest.raises(Mine):
        oxitk.median(SMALL, progress=callback)


def test_a_callback_may_run_the_same_filter_and_others():
    filter, depths = oxitk.Median(1), []

    def callback(fraction: float) -> None:
        oracle.assert_same(filter(SMALL), oracle.naive_median(SMALL, 1))
        oxitk.gradient_magnitude(SMALL, progress=lambda fraction: depths.append(fraction))

    oracle.assert_same(filter(SMALL, progress=callback), oracle.naive_median(SMALL, 1))
    assert depths[-1] == 1.0


@pytest.mark.parametrize("n", [1, 2])
def test_a_pool_of_one_thread_and_a_callback_that_runs_kernels(threads, n):
    threads(n)
    count = 0

    def callback(fraction: float) -> None:
        nonlocal count
        count += 1
        if count < 20:
            oxitk.median(VOLUME[:8], 1, progress=callback)

    oxitk.median(VOLUME, 1, progress=callback)
    assert count >= 20


@needs_detach
def test_a_callback_may_take_a_lock_that_another_thread_holds_in_its_kernel():
    lock, holds = threading.Lock(), threading.Event()

    def other() -> None:
        with lock:
            holds.set()
            _native._probe(50)

    def callback(fraction: float) -> None:
        with lock:
            pass

    with gate("probe") as held:
        call = Call(other)
        until(held.entered)
        assert holds.is_set()
        main = Call(oxitk.median, VOLUME, 2, progress=callback)
        held.open()
        main.result()
        call.result()


def test_a_slow_callback_does_not_slow_the_kernel():
    """The callback ends only when the kernel has done all its steps."""
    total, heard = 60, []
    before = _native._probe_steps()

    def callback(fraction: float) -> None:
        heard.append(fraction)
        until(lambda: _native._probe_steps() - before == total)

    _native._probe(total, progress=callback)
    assert len(heard) <= 3 and heard[-1] == 1.0


def test_image_and_filter_may_be_deleted_in_a_callback():
    a = VOLUME.copy()
    gone, want = weakref.ref(a), oxitk.median(VOLUME, 2)
    holder = {"image": oxitk.Image.from_array(a), "filter": oxitk.Median(2)}
    del a

    def callback(fraction: float) -> None:
        holder.clear()
        gc.collect()

    result = holder["filter"](holder["image"], progress=callback)
    oracle.assert_same(np.asarray(result), want)
    assert not holder
    gc.collect()
    assert gone() is None


def test_a_cycle_through_a_callback_is_collected():
    class Window:
        def __init__(self) -> None:
            self.filter = oxitk.Median(1)

        def shows(self, fraction: float) -> None:
            self.result = self.filter(SMALL)

        def works(self) -> None:
            self.token = oxitk.CancelToken()
            self.image = self.filter(oxitk.Image.from_array(SMALL), progress=self.shows, cancel=self.token)

    window = Window()
    window.works()
    gone = weakref.ref(window)
    window.me = window
    del window
    gc.collect()
    assert gone() is None


class Bar:
    def __init__(self, total: object) -> None:
        self.total, self.steps = total, []

    def update(self, step: float) -> None:
        self.steps.append(step)


@pytest.mark.parametrize("total", [None, 1, 100, 7, 250.0])
def test_an_object_with_update_gets_increments_up_to_its_total(total):
    bar = Bar(total)
    _native._probe(30, progress=bar)
    assert all(step > 0 for step in bar.steps)
    assert sum(bar.steps) == pytest.approx(total or 1)
    if total in (100, 7):
        assert all(type(step) is int for step in bar.steps) and sum(bar.steps) == total


def test_true_is_a_line_on_stderr_without_tqdm(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    _native._probe(20, progress=True)
    text = sys.stderr.getvalue()
    assert text.startswith("\rprobe: ") and text.endswith("\rprobe: 100 %\n") and text.count("\n") == 1
    monkeypatch.setattr(sys, "stderr", None)
    _native._probe(3, progress=True)


def test_true_is_tqdms_bar_where_there_is_tqdm(monkeypatch):
    made = []

    class Tqdm(Bar):
        def __init__(self, total, desc, **options):
            super().__init__(total)
            self.desc, self.closed = desc, 0
            made.append(self)

        def close(self):
            self.closed += 1

    module = type(sys)("tqdm.auto")
    module.tqdm = Tqdm
    monkeypatch.setitem(sys.modules, "tqdm", type(sys)("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", module)
    oxitk.median(SMALL, progress=True)
    token = oxitk.CancelToken()
    token.cancel()
    with pytest.raises(oxitk.ProcessAborted):
        oxitk.median(SMALL, progress=True, cancel=token)
    assert [(bar.desc, bar.closed, sum(bar.steps)) for bar in made] == [("median", 1, 100), ("median", 1, 0)]


@pytest.mark.parametrize("nothing", [None, False])
def test_no_progress(nothing):
    oracle.assert_same(oxitk.median(SMALL, progress=nothing), oracle.naive_median(SMALL, 1))


@pytest.mark.parametrize("bad", [1, "yes", [], object()], ids=repr)
def test_what_cannot_show_progress_is_refused(bad):
    with pytest.raises(TypeError, match="^median: progress must be True, a callable.*got " + type(bad).__name__):
        oxitk.median(SMALL, progress=bad)
