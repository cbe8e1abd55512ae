"""First touches of a nested package of Python submodules, whose loads can be stopped half way by the test."""

from __future__ import annotations

import collections
import copy
import importlib
import importlib.util
import os
import pickle
import signal
import sys
import threading
import time
import warnings
from pathlib import Path

import cloudpickle
import pytest
from oxitk import _lazy

HERE = Path(__file__).parent
LONG = 20  # seconds: nothing waits that long unless it waits for ever


@pytest.fixture
def nested(monkeypatch):
    """`lazy_nested`, imported anew."""

    def forget():
        for name in [name for name in sys.modules if name.split(".")[0] == "lazy_nested"]:
            del sys.modules[name]

    monkeypatch.syspath_prepend(str(HERE))
    forget()
    yield importlib.import_module("lazy_nested")
    forget()
    assert not _lazy._loads and not _lazy._waits, "a first touch left something behind"


@pytest.fixture
def hooks(nested):
    return importlib.import_module("lazy_nested._hooks")


class Thread(threading.Thread):
    """A thread that is started at once, and gives the result or exception of its work."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work = work
        self.start()

    def run(self):
        try:
            self.result = self.work()
        except BaseException as error:
            self.result = error

    def get(self):
        self.join(LONG)
        assert not self.is_alive(), "a first touch hangs"
        return self.result


def until_waiting(count: int) -> None:
    """Until as many threads wait for the loads of others."""
    end = time.monotonic() + LONG
    while len(_lazy._waits) < count:
        assert time.monotonic() < end, "nobody waits"
        time.sleep(0)


def test_names_are_listed_but_not_there(nested, hooks):
    inner = nested.inner
    deep = inner.deep
    for module, names in [
        (nested, ["left", "right", "third", "left_early", "right_late", "deep_early"]),
        (inner, ["deep_early"]),
        (deep, ["deep_early", "deep_late"]),
    ]:
        for name in names:
            assert name in dir(module) and name not in vars(module), (module, name)
    assert not hooks.loads
    assert (nested.__package__, inner.__package__, deep.__package__) == ("lazy_nested", "lazy_nested.inner", "lazy_nested.inner")


def test_a_name_may_come_through_two_packages(nested, hooks):
    made = nested.deep_early
    assert hooks.loads == ["lazy_nested.inner.deep"]
    assert made is nested.inner.deep_early is nested.inner.deep.deep_early
    assert "deep_early" in vars(nested) and "deep_early" in vars(nested.inner) and "deep_late" in vars(nested.inner.deep)


def test_a_load_may_touch_its_own_module(nested, hooks):
    """What it has made so far is there; what not, is said."""
    seen = []

    def hook():
        seen.append(nested.left.left_early.home)
        with pytest.raises(AttributeError, match="'lazy_nested.left' has not made 'left_late' yet"):
            nested.left.left_late  # noqa: B018
        seen.append("left")

    hooks.hooks["lazy_nested.left"] = hook
    assert nested.left.left_late.home == "lazy_nested.left"
    assert seen == ["lazy_nested.left", "left"] and hooks.loads == ["lazy_nested.left"]


def test_a_load_may_touch_another_module_that_touches_it(nested, hooks):
    seen = []
    hooks.hooks["lazy_nested.left"] = lambda: seen.append(nested.right.right_late.home)
    hooks.hooks["lazy_nested.right"] = lambda: seen.append(nested.left.left_early.home)
    assert nested.left.left_late.home == "lazy_nested.left"
    assert seen == ["lazy_nested.left", "lazy_nested.right"]
    assert hooks.loads == ["lazy_nested.left", "lazy_nested.right"]


def test_a_name_that_never_comes_is_an_error_of_the_load(nested, hooks):
    """An AttributeError of a load would make `hasattr` say that there is no such name."""
    hooks.hooks["lazy_nested.left"] = lambda: nested.left.left_late
    with pytest.raises(ImportError, match="cannot load 'lazy_nested.left'.*left_late"):
        hasattr(nested.left, "left_early")
    with pytest.raises(ImportError, match="cannot load 'lazy_nested.left'.*left_late"):
        hasattr(nested, "left_early") and nested.left.left_late


@pytest.mark.parametrize("count", [2, 3, 4])
def test_threads_in_a_circle(nested, hooks, count, monkeypatch):
    """Each thread loads a module, and half way needs the last name of the next. One goes without it, and none hangs."""
    stems = ["left", "right", "third", "deep"][:count]
    modules = [nested.left, nested.right, nested.third, nested.inner.deep][:count]
    begun = threading.Barrier(count + 1, timeout=LONG)
    seen = []
    for i, module in enumerate(modules):
        other, name = modules[(i + 1) % count], f"{stems[(i + 1) % count]}_late"

        def hook(other=other, name=name):
            begun.wait()
            seen.append(getattr(other, name, None))

        hooks.hooks[module.__name__] = hook

    threads = []
    looks = collections.Counter()
    find_circle = _lazy._circle

    def circle(load, thread):
        """The thread that is to give way looks when the others have done so several times, and must not give way."""
        looks[thread] += 1
        others = {thread.ident for thread in threads} - {thread}
        end = time.monotonic() + LONG
        while thread == max(others | {thread}) and min(looks[other] for other in others) < 5 and time.monotonic() < end:
            time.sleep(0)
        return find_circle(load, thread)

    monkeypatch.setattr(_lazy, "_circle", circle)
    threads += [Thread(lambda m=m, s=s: getattr(m, f"{s}_late").home) for m, s in zip(modules, stems, strict=True)]
    begun.wait()
    assert [thread.get() for thread in threads] == [module.__name__ for module in modules]
    assert sorted(hooks.loads) == sorted(module.__name__ for module in modules), "each was loaded once"
    assert len(seen) == count and seen.count(None) == 1, "one gave way, and the others waited"


def test_a_thread_beside_a_circle_waits_for_its_end(nested, hooks):
    """It leads into the circle, but is not part of it."""
    left, right, third = nested.left, nested.right, nested.third
    begun, go_on = threading.Barrier(3, timeout=LONG), threading.Event()
    seen = []
    hooks.hooks["lazy_nested.left"] = lambda: (begun.wait(), go_on.wait(LONG), getattr(right, "right_late", None))
    hooks.hooks["lazy_nested.right"] = lambda: (begun.wait(), go_on.wait(LONG), getattr(left, "left_late", None))
    hooks.hooks["lazy_nested.third"] = lambda: (begun.wait(), seen.append(left.left_late.home))
    threads = [Thread(lambda: left.left_late), Thread(lambda: right.right_late), Thread(lambda: third.third_late.home)]
    until_waiting(1)
    go_on.set()
    assert threads[2].get() == "lazy_nested.third" and seen == ["lazy_nested.left"]
    assert [thread.get().home for thread in threads[:2]] == ["lazy_nested.left", "lazy_nested.right"]


def test_whoever_waits_for_a_load_gets_all_of_it(nested, hooks):
    """Only a circle shows half a module: a thread that merely comes late waits for the end."""
    begun, go_on = threading.Event(), threading.Event()
    hooks.hooks["lazy_nested.left"] = lambda: (begun.set(), go_on.wait(LONG))
    left = nested.left
    first = Thread(lambda: left.left_late)
    assert begun.wait(LONG)
    others = [Thread(lambda: left.left_late) for _ in range(4)]
    until_waiting(4)
    go_on.set()
    assert {id(thread.get()) for thread in [first, *others]} == {id(left.left_late)}
    assert hooks.loads == ["lazy_nested.left"]


def test_a_failure_comes_out_and_the_next_touch_tries_again(nested, hooks):
    failure = OSError("the disk is gone")
    hooks.hooks["lazy_nested.left"] = lambda: (_ for _ in ()).throw(failure)
    for _ in range(2):
        with pytest.raises(OSError, match="the disk is gone") as raised:
            nested.left.left_late  # noqa: B018
        assert raised.value is failure
    early = vars(nested.left)["left_early"]
    del hooks.hooks["lazy_nested.left"]
    assert nested.left.left_late.home == "lazy_nested.left"
    assert nested.left.left_early is early, "what the first attempt made was given out, so it stays"


def test_a_failure_in_one_thread_wakes_those_that_wait(nested, hooks):
    begun, go_on = threading.Event(), threading.Event()

    def hook():
        if len(hooks.loads) == 1:
            begun.set()
            go_on.wait(LONG)
            raise OSError("only the first")

    hooks.hooks["lazy_nested.left"] = hook
    first = Thread(lambda: nested.left.left_late)
    assert begun.wait(LONG)
    second = Thread(lambda: nested.left.left_late.home)
    until_waiting(1)
    go_on.set()
    assert isinstance(first.get(), OSError)
    assert second.get() == "lazy_nested.left"


def test_a_load_that_ends_between_question_and_claim_is_not_repeated(nested, hooks, monkeypatch):
    """Between seeing that a module is not loaded and claiming its load, another thread may do all of it."""
    left = nested.left

    class Loads(dict):
        def setdefault(self, name, load):
            if not hooks.loads:
                assert Thread(lambda: hooks.load(left) or vars(left).update({_lazy._LOADED: True})).get() is None
            return super().setdefault(name, load)

    monkeypatch.setattr(_lazy, "_loads", Loads())
    assert left.left_late.home == "lazy_nested.left"
    assert hooks.loads == ["lazy_nested.left"]


def test_a_load_that_is_over_closes_no_circle():
    """Its waiter may not have woken up yet."""
    me, other = threading.get_ident(), -threading.get_ident()
    mine, theirs = _lazy._Load(), _lazy._Load()
    theirs.thread = other
    _lazy._waits[other] = mine
    try:
        assert _lazy._circle(theirs, me) == [theirs, mine]
        mine.end()
        assert _lazy._circle(theirs, me) == []
    finally:
        del _lazy._waits[other]


def test_looking_for_a_circle_ends_in_a_circle_of_others():
    a, b = _lazy._Load(), _lazy._Load()
    a.thread, b.thread = -threading.get_ident(), -threading.get_ident() - 1
    _lazy._waits.update({a.thread: b, b.thread: a})
    try:
        looking = Thread(lambda: _lazy._circle(a, threading.get_ident()))
        assert looking.get() == []
    finally:
        a.end(), b.end()
        del _lazy._waits[a.thread], _lazy._waits[b.thread]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork exists on POSIX only")
@pytest.mark.parametrize("waiting", [False, True], ids=["bystander", "waiting"])
def test_a_child_forked_during_a_load_loads_by_itself(nested, hooks, waiting):
    """The thread that loads does not exist in the child, which must not wait for it."""
    begun, go_on = threading.Event(), threading.Event()
    parent = os.getpid()

    def hook():
        if os.getpid() == parent:
            begun.set()
            go_on.wait(LONG)

    hooks.hooks["lazy_nested.left"] = hook
    left = nested.left
    first = Thread(lambda: left.left_late.home)
    assert begun.wait(LONG)
    second = Thread(lambda: left.left_late.home) if waiting else None
    until_waiting(1 if waiting else 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of fork beside threads, which is what this is about
        child = os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)  # pytest-timeout's handler would go on with the tests here
            signal.alarm(LONG)
            os._exit(0 if left.left_late.home == "lazy_nested.left" else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    go_on.set()
    assert first.get() == "lazy_nested.left"
    assert second is None or second.get() == "lazy_nested.left"


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="SIGUSR1 exists on POSIX only")
def test_a_signal_handler_may_touch_names_while_its_thread_waits(nested, hooks):
    begun, go_on = threading.Event(), threading.Event()
    hooks.hooks["lazy_nested.left"] = lambda: (begun.set(), go_on.wait(LONG))
    left, right = nested.left, nested.right
    seen = []

    def handler(*_):
        seen.append(right.right_late.home)
        go_on.set()

    def interrupt():
        until_waiting(1)
        os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        first = Thread(lambda: left.left_late.home)
        assert begun.wait(LONG)
        interrupter = Thread(interrupt)
        assert left.left_late.home == "lazy_nested.left"
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == ["lazy_nested.right"]
    assert (first.get(), interrupter.get()) == ("lazy_nested.left", None)


def test_an_interrupted_wait_leaves_nothing_behind(nested, hooks):
    begun, go_on = threading.Event(), threading.Event()
    hooks.hooks["lazy_nested.left"] = lambda: (begun.set(), go_on.wait(LONG))
    left = nested.left

    def interrupt():
        until_waiting(1)
        os.kill(os.getpid(), signal.SIGINT)

    first = Thread(lambda: left.left_late.home)
    assert begun.wait(LONG)
    interrupter = Thread(interrupt)
    with pytest.raises(KeyboardInterrupt):
        left.left_late  # noqa: B018
        interrupter.get()
    assert not _lazy._waits
    go_on.set()
    assert first.get() == left.left_late.home == "lazy_nested.left"


@pytest.mark.parametrize("dump", [pickle.dumps, pickle._dumps, cloudpickle.dumps], ids=["C", "Python", "cloudpickle"])
def test_modules_are_pickled_by_name(nested, hooks, dump):
    for module in (nested, nested.left, nested.inner, nested.inner.deep):
        assert pickle.loads(dump(module)) is module
        assert copy.copy(module) is module and copy.deepcopy(module) is module
        assert copy.deepcopy({"a": [module]})["a"][0] is module
    assert not hooks.loads


def test_reload_keeps_what_was_made(nested, hooks):
    made = nested.left.left_early
    assert importlib.reload(nested.left) is nested.left
    assert importlib.reload(nested) is nested
    assert nested.left.left_early is made is nested.left_early
    assert hooks.loads == ["lazy_nested.left"]


def test_specs(nested):
    for name in ("lazy_nested.left", "lazy_nested.inner.deep"):
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin and name not in sys.modules
        assert importlib.import_module(name).__spec__.origin == spec.origin


def test_an_old_name_works_and_warns_once(nested, hooks):
    assert "left_first" not in dir(nested) and "left_first" not in nested.__all__
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            assert nested.left_first is nested.left_early
            assert nested.sinister is nested.left
    assert [str(warning.message) for warning in caught] == [
        "lazy_nested.left_first is now lazy_nested.left_early; the old name will go in 2.0",
        "lazy_nested.sinister is now lazy_nested.left; the old name will go in 2.0",
    ]
    assert {warning.category for warning in caught} == {DeprecationWarning}
    assert {warning.filename for warning in caught} == {__file__}, "it points at the line that uses the old name"


def test_an_old_name_can_be_imported(nested):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        from lazy_nested import left_first  # noqa: F401
    assert [warning.filename for warning in caught] == [__file__]


def test_eager_import_reaches_every_level(run):
    code = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
import lazy_nested
from lazy_nested import _hooks
print(sorted(_hooks.loads))
"""
    made = [f"lazy_nested.{stem}" for stem in ("inner.deep", "left", "right", "third")]
    for value, expected in [("1", made), ("0", [])]:
        done = run("-c", code, env={"OXITK_EAGER_IMPORT": value, "EAGER_IMPORT": None})
        assert done.stdout == f"{expected}\n", done.stderr
