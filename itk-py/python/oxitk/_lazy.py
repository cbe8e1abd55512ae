"""Modules whose names are listed from the start and made when one of them is first touched (PEP 562).

A submodule is a file that asks `submodule` for its four module attributes; importing it makes nothing. The first
touch of one of its names calls its `load` once, which makes all of them. A package asks `package`: its names come from
its submodules. Both may be nested.

A touch waits for a load of the same module in another thread, and for no other. A load may touch any name of any
module. If that leads back to a module that its own thread is loading, it gets the names that are there so far, as in a
circular import; so does one of several threads that wait for each other in a circle, and the others get all they want.
Nothing here is an importlib lock, as those raise `_DeadlockError` in such circles, nor a lock of multiprocessing, which
would fix the start method. Code that runs when a module is imported must not touch lazy names: importlib's lock is held
then.
"""

import os as _os
import sys as _sys
from _thread import allocate_lock as _allocate_lock
from _thread import get_ident as _get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:  # neither module is needed to run, and they would cost more than the rest
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType

    _Attributes = tuple[
        Callable[[str], object],
        Callable[[], list[str]],
        Callable[[int], tuple[Callable[[str], ModuleType], tuple[str]]],
        list[str],
    ]

# Set in a module when its load is over. It survives a reload, as the names that were made do.
_LOADED = "_loaded"


def submodule(name: str, names: "Iterable[str]", load: "Callable[[ModuleType], object]") -> "_Attributes":
    """`__getattr__`, `__dir__`, `__reduce_ex__` and `__all__` of a module whose `names` one call of `load` makes.

    `load` gets the module and puts the names into it; it must leave alone those that are there, as a user may have set
    them, or an earlier attempt that failed. What it raises comes out of the touch, and the next touch tries again.
    """
    module = _sys.modules[name]
    own = frozenset(names)

    def __getattr__(wanted: str) -> object:
        if wanted not in own:
            raise unknown(name, wanted, own)
        _load_once(module, load)
        try:
            return vars(module)[wanted]
        except KeyError:
            text = f"module {name!r} has not made {wanted!r} yet: its load led back here, as in a circular import"
            if _LOADED in vars(module):
                text = f"module {name!r} has no attribute {wanted!r} any more: it was deleted"
            raise AttributeError(text, name=wanted) from None

    return __getattr__, _lister(module, own), _reducer(name), sorted(own)


def package(
    name: str,
    submodules: "Iterable[str]",
    owners: "Mapping[str, str]",
    renamed: "Mapping[str, tuple[str, str]] | None" = None,
) -> "_Attributes":
    """`__getattr__`, `__dir__`, `__reduce_ex__` and `__all__` of a package of lazy submodules.

    `owners` maps the names that the package has itself to the submodules that they are taken from; `renamed` maps an
    old name to the new one and to the version in which the old one will go: it still works, is not listed, and warns
    once. `__all__` has no submodules, as `from oxitk import *` must not put its `io` where the user has Python's.
    """
    module = _sys.modules[name]
    modules = frozenset(submodules)
    listed = frozenset(owners) | modules
    old_names = dict(renamed or {})
    warned: dict[str, object] = {}

    def __getattr__(wanted: str) -> object:
        if wanted in old_names:
            new, version = old_names[wanted]
            mark = object()
            if warned.setdefault(wanted, mark) is mark:
                from warnings import warn

                text = f"{name}.{wanted} is now {name}.{new}; the old name will go in {version}"
                warn(text, DeprecationWarning, stacklevel=2)
            return getattr(module, new)
        if wanted not in listed:
            raise unknown(name, wanted, listed)
        from importlib import import_module

        if wanted in modules:
            return import_module(f"{name}.{wanted}")
        value = getattr(import_module(f"{name}.{owners[wanted]}"), wanted)
        # Of threads that come here at once, each must give what the others give.
        return vars(module).setdefault(wanted, value)

    public = sorted(listed_name for listed_name in owners if not listed_name.startswith("_"))
    return __getattr__, _lister(module, listed), _reducer(name), public


def native(module: "ModuleType") -> None:
    """The `load` of the submodules that are written in Rust."""
    from oxitk._native import _materialise

    _materialise(module.__name__.removeprefix("oxitk."), module)


def load_if_eager(name: str) -> None:
    """Touch all names of a package and of its submodules now, if the environment asks for that (SPEC 1)."""
    wanted = _os.environ.get("OXITK_EAGER_IMPORT", _os.environ.get("EAGER_IMPORT", ""))
    if wanted.strip().lower() in ("", "0", "false", "no", "off"):
        return
    module = _sys.modules[name]
    for listed in vars(module)["__dir__"]():
        value = getattr(module, listed)
        if isinstance(value, type(_sys)) and value.__name__ == f"{name}.{listed}":
            for inner in getattr(value, "__all__", ()):
                getattr(value, inner)


def unknown(module: str, wanted: str, names: "Iterable[str]") -> AttributeError:
    """The error for a name that a module does not have; it says what was probably meant."""
    text = f"module {module!r} has no attribute {wanted!r}"
    # Interpreter and tools ask for many names with underscores, and want no advice.
    if not wanted.startswith("_"):
        from difflib import get_close_matches

        close = get_close_matches(wanted, names, 1)
        text += f"; did you mean {close[0]!r}?" if close else ""
    # Without `obj`, or the interpreter would give its advice beside ours.
    return AttributeError(text, name=wanted)


def _lister(module: "ModuleType", names: "Iterable[str]") -> "Callable[[], list[str]]":
    def __dir__() -> list[str]:
        return sorted({*vars(module), *names})

    return __dir__


def _reducer(name: str) -> "Callable[[int], tuple[Callable[[str], ModuleType], tuple[str]]]":
    def __reduce_ex__(_protocol: int) -> "tuple[Callable[[str], ModuleType], tuple[str]]":
        """What pickle and copy ask for: the same module again."""
        from importlib import import_module

        return import_module, (name,)

    return __reduce_ex__


class _Load:
    """A load that is under way."""

    __slots__ = ("over", "running", "thread")

    def __init__(self) -> None:
        self.thread = _get_ident()
        self.running = True
        self.over = _allocate_lock()
        self.over.acquire()

    def end(self) -> None:
        self.running = False
        self.over.release()


# Each step on these two is one operation of a dict, which is atomic with and without a GIL. A lock around them would
# be a trap for signal handlers and finalizers, which run in the middle of any code and may touch lazy names too.
_loads: dict[str, _Load] = {}  # by module
_waits: dict[int, _Load] = {}  # by thread, what it waits for


def _load_once(module: "ModuleType", load: "Callable[[ModuleType], object]") -> None:
    """Call `load(module)` unless that was done, or wait for the thread that does it."""
    space, name = vars(module), module.__name__
    while _LOADED not in space:
        mine = _Load()
        running = None
        try:
            running = _loads.setdefault(name, mine)
            # Another thread may have come and gone since the question above.
            if running is mine and _LOADED not in space:
                load(module)
                space[_LOADED] = True
        except AttributeError as error:
            # `hasattr` would take it for the answer that there is no such name.
            raise ImportError(f"cannot load {name!r}: {error}", name=name) from error
        finally:
            if _loads.get(name) is mine:
                del _loads[name]
            mine.end()
        if running is not mine and not _wait(running):
            return


def _wait(load: _Load) -> bool:
    """Wait until a load is over; false if that cannot be, as it waits for this thread itself, by way of others or not."""
    thread = _get_ident()
    if load.thread == thread:
        return not load.running
    outer = _waits.get(thread)  # a signal handler may wait while its thread does
    _waits[thread] = load
    before: list[_Load] = []
    try:
        while not load.over.acquire(timeout=0.01):
            circle = _circle(load, thread)
            # Seen twice, as threads go on while one looks. One of a circle gives way, and the others get what they want.
            if circle and circle == before and thread == max(other.thread for other in circle):
                return False
            before = circle
        load.over.release()
        return True
    finally:
        if outer is None:
            _waits.pop(thread, None)
        else:
            _waits[thread] = outer


def _circle(load: _Load, thread: int) -> list[_Load]:
    """The loads from one that a thread waits for to one of its own, each waiting for the next; empty if there is none."""
    chain = [load]
    while load.running and load.thread != thread:
        further = _waits.get(load.thread)
        if further is None or further in chain:  # a circle of others is theirs to open
            return []
        chain.append(further)
        load = further
    return chain if load.running else []


def _forget_other_threads() -> None:
    """In a forked child, loads of threads that do not exist there will not end."""
    thread = _get_ident()
    for name, load in list(_loads.items()):
        if load.thread != thread:
            del _loads[name]
            load.end()
    _waits.clear()


if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(after_in_child=_forget_other_threads)
