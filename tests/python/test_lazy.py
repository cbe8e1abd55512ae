"""`import oxitk` costs nothing: names are listed from the start, and made when one of their submodule is touched.

What happens once in a process is tested in processes of their own.
"""

from __future__ import annotations

import ast
import re
import tempfile
from pathlib import Path

import oxitk
import pytest
from oxitk import _lazy_table

PACKAGE = Path(oxitk.__file__).parent
SUBMODULES = sorted(_lazy_table.SUBMODULES)

# Stops the fill of a submodule in Rust. Who waits in vain ends the process, so that a test is red, and soon.
PRELUDE = """
import importlib, os, sys, threading, time
import oxitk, oxitk._lazy, oxitk._native
fill = oxitk._native._materialise

def give_up(why):
    print(why, flush=True)
    os._exit(1)

def gated(name, module):
    gate(name)
    fill(name, module)

oxitk._native._materialise = gated
"""


def test_import_adds_at_most_8_modules(fresh):
    code = "import sys\nbefore = set(sys.modules)\nimport oxitk\nprint(*sorted(set(sys.modules) - before))"
    added = fresh(code).split()
    assert "oxitk" in added and len(added) <= 8, added
    assert "numpy" not in added and "oxitk._native" not in added


def test_importing_a_submodule_makes_nothing(fresh):
    code = f"""
        import importlib, sys
        for name in {SUBMODULES}:
            module = importlib.import_module("oxitk." + name)
            assert module.__package__ == "oxitk" and dir(module) and module.__all__ and module.__doc__
            made = set(module.__all__) & set(vars(module))
            assert not made, made
        print(*sys.modules)
    """
    modules = fresh(code).split()
    assert "oxitk.filters" in modules
    assert "numpy" not in modules and "oxitk._native" not in modules


def test_names_are_listed_but_not_there(fresh):
    fresh(
        f"""
        import oxitk
        assert oxitk.__package__ == "oxitk"
        for name in [*{SUBMODULES}, *oxitk.__all__]:
            assert name in dir(oxitk) and name not in vars(oxitk), name
        for submodule, names in oxitk._lazy_table.SUBMODULES.items():
            module = getattr(oxitk, submodule)
            for name in names:
                assert name in dir(module) and name not in vars(module), name
        oxitk.median
        assert "median" in vars(oxitk) and "Median" not in vars(oxitk)
        assert "median" in vars(oxitk.filters) and "Median" in vars(oxitk.filters)
        """
    )


@pytest.mark.parametrize("submodule", SUBMODULES)
def test_the_first_touch_makes_one_submodule(fresh, submodule):
    """No class of oxitk exists before; after it, those of this submodule do, and of no other."""
    name = _lazy_table.SUBMODULES[submodule][0]
    needed = {"io": {"config"}}.get(submodule, set())
    out = fresh(
        f"""
        import oxitk, oxitk.{submodule}, oxitk._native
        def classes():
            found = {{c for c in object.__subclasses__() if c.__module__.startswith("oxitk.") and "_" not in c.__module__}}
            while more := {{d for c in found for d in c.__subclasses__()}} - found:
                found |= more
            return found
        assert not classes(), classes()
        assert oxitk._native._materialised() == {{}}
        oxitk.{submodule}.{name}
        assert {{c.__module__ for c in classes()}} <= {{"oxitk.{submodule}"}}, classes()
        print(*sorted(c.__name__ for c in classes()))
        print(oxitk._native._materialised())
        """
    )
    classes, counts = out.splitlines()
    assert classes.split() == [n for n in _lazy_table.SUBMODULES[submodule] if n[0].isupper()]
    assert ast.literal_eval(counts) == dict.fromkeys({submodule} | needed, 1)


def test_16_threads_touch_one_name(fresh):
    """It is made once, all get the same; and while they wait, another submodule can be touched."""
    out = fresh(
        PRELUDE
        + """
inside, opened = threading.Event(), threading.Event()

def gate(name):
    if name == "filters":
        inside.set()
        if not opened.wait(15):
            give_up("another submodule could not be touched meanwhile")

found = []
threads = [threading.Thread(target=lambda: found.append(oxitk.filters.median)) for _ in range(16)]
for thread in threads:
    thread.start()
inside.wait()
end = time.monotonic() + 15
while len(oxitk._lazy._waits) < 15:
    if time.monotonic() > end:
        give_up("15 of them do not wait")
    time.sleep(0)
assert oxitk.get_num_threads() > 0
opened.set()
for thread in threads:
    thread.join()
assert len(found) == 16 and len(set(map(id, found))) == 1, found
print(oxitk._native._materialised())
"""
    )
    assert ast.literal_eval(out) == {"filters": 1, "threads": 1}


def test_two_threads_load_two_submodules_at_the_same_time(fresh):
    """A barrier inside both fills opens only when both have begun."""
    out = fresh(
        PRELUDE
        + """
both = threading.Barrier(2)

def gate(name):
    try:
        both.wait(15)
    except threading.BrokenBarrierError:
        give_up(f"{name} loads alone")

threads = [
    threading.Thread(target=lambda: oxitk.filters.median),
    threading.Thread(target=lambda: oxitk.threads.get_num_threads),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(oxitk._native._materialised())
"""
    )
    assert ast.literal_eval(out) == {"filters": 1, "threads": 1}


def test_many_threads_read_at_first(fresh, data):
    """ITK's `multiprocess_lazy_loading`: nothing is loaded, and each of 100 tasks imports and reads."""
    out = fresh(
        f"""
        from concurrent.futures import ThreadPoolExecutor
        def task(_):
            import oxitk
            return oxitk.imread({str(data / "cthead1.png")!r}).shape
        with ThreadPoolExecutor(16) as pool:
            print(set(pool.map(task, range(100))))
        import oxitk._native
        print(oxitk._native._materialised())
        """
    )
    shapes, counts = out.splitlines()
    assert shapes == "{(256, 256, 3)}" and ast.literal_eval(counts) == {"config": 1, "io": 1}


def test_nothing_touches_multiprocessing(fresh):
    fresh(
        """
        import sys, oxitk
        assert "multiprocessing" not in sys.modules
        import multiprocessing
        assert multiprocessing.get_start_method(allow_none=True) is None
        """,
        env={"OXITK_EAGER_IMPORT": "1"},
    )


def test_specs_are_found_without_loading(fresh):
    fresh(
        f"""
        import importlib.util, sys
        from importlib.machinery import ModuleSpec
        for name in {SUBMODULES}:
            spec = importlib.util.find_spec("oxitk." + name)
            assert isinstance(spec, ModuleSpec) and spec.origin.endswith(name + ".py"), spec
            assert "oxitk." + name not in sys.modules and "oxitk._native" not in sys.modules
            module = importlib.import_module(spec.name)
            assert module.__spec__.origin == spec.origin and module.__spec__.parent == module.__package__ == "oxitk"
            assert module.__file__ == spec.origin and module.__loader__ is module.__spec__.loader
        """
    )


@pytest.mark.parametrize("options", [(), ("-O",), ("-OO",)], ids=" ".join)
def test_the_package_refuses_another_name(fresh, tmp_path, options):
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    (folder / "other_name").symlink_to(PACKAGE, target_is_directory=True)
    code = f"""
        import sys
        sys.path.insert(0, {str(folder)!r})
        try:
            import other_name
        except RuntimeError as error:
            print(error)
    """
    out = fresh(code, *options)
    assert out == "oxitk must be imported as 'oxitk', not as 'other_name'\n"


def test_the_package_asserts_nothing():
    """`python -O` drops asserts, and a library's checks must not change with it."""
    for path in PACKAGE.rglob("*.py"):
        lines = [node.lineno for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Assert)]
        assert not lines, f"{path}: {lines}"


def test_it_works_without_docstrings_and_asserts(fresh):
    assert fresh("import oxitk\nprint(oxitk.median([3, 1, 2]).tolist())", "-OO") == "[3, 2, 2]\n"


@pytest.mark.parametrize("name", ["oxitk", *(f"oxitk.{name}" for name in SUBMODULES)])
def test_modules_pickle_and_copy_as_themselves(fresh, name):
    """Before and after the first touch, and into another process; it makes nothing."""
    out = fresh(
        f"""
        import copy, importlib, pickle, sys, cloudpickle
        module = importlib.import_module({name!r})
        def check():
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                assert pickle.loads(pickle.dumps(module, protocol)) is module
                assert pickle.loads(pickle._dumps(module, protocol)) is module
                assert cloudpickle.loads(cloudpickle.dumps(module, protocol)) is module
            assert copy.copy(module) is module and copy.deepcopy([module])[0] is module
        check()
        assert "oxitk._native" not in sys.modules
        text = pickle.dumps(module)
        getattr(module, module.__all__[0])
        check()
        print(text.hex())
        """
    )
    fresh(
        f"""
        import pickle, sys
        module = pickle.loads(bytes.fromhex({out.strip()!r}))
        assert module.__name__ == {name!r} and sys.modules[{name!r}] is module
        assert "oxitk._native" not in sys.modules
        """
    )


def test_classes_and_functions_pickle_from_where_they_are(fresh):
    out = fresh(
        """
        import pickle, cloudpickle, oxitk
        things = [getattr(oxitk, name) for name in oxitk.__all__]
        for submodule, names in oxitk._lazy_table.SUBMODULES.items():
            module = getattr(oxitk, submodule)
            for name in names:
                thing = getattr(module, name)
                if callable(thing):
                    assert thing.__module__ == "oxitk." + submodule, thing.__module__
                    things.append(thing)
        for thing in things:
            assert pickle.loads(pickle.dumps(thing)) is thing and cloudpickle.loads(cloudpickle.dumps(thing)) is thing
        things = [oxitk.Median(2) | oxitk.GradientMagnitude(), oxitk.io.Format("PNG")]
        assert pickle.loads(pickle.dumps(things)) == things
        print(pickle.dumps(things).hex())
        """
    )
    fresh(f"import pickle\nprint(pickle.loads(bytes.fromhex({out.strip()!r})))")


def test_reload_keeps_identity(fresh):
    fresh(
        f"""
        import importlib, oxitk
        names = {SUBMODULES}
        before = {{name: {{n: getattr(getattr(oxitk, name), n) for n in getattr(oxitk, name).__all__}} for name in names}}
        filter = oxitk.Median(2)
        for name in names:
            module = getattr(oxitk, name)
            assert importlib.reload(module) is module
        assert importlib.reload(oxitk) is oxitk
        for name in names:
            for n, value in before[name].items():
                assert getattr(getattr(oxitk, name), n) is value, n
        assert isinstance(filter, oxitk.Median) and filter == oxitk.Median(2)
        assert set(oxitk._native._materialised().values()) == {{1}}
        """
    )


def test_reload_before_the_first_touch(fresh):
    fresh(
        """
        import importlib, sys, oxitk.filters
        importlib.reload(oxitk.filters)
        importlib.reload(oxitk)
        assert "oxitk._native" not in sys.modules
        assert oxitk.median is oxitk.filters.median
        """
    )


def test_a_module_imported_anew_has_the_same_classes(fresh):
    """Threads that still hold the old module, and unpickled objects, must not see two classes."""
    fresh(
        """
        import sys, oxitk.filters
        old = oxitk.filters
        Median = old.Median
        del sys.modules["oxitk.filters"]
        import oxitk.filters
        assert oxitk.filters is not old and oxitk.filters.Median is Median
        """
    )


def test_star_import(fresh):
    fresh(
        f"""
        import io
        before = io
        from oxitk import *
        import oxitk
        assert all(globals()[name] is getattr(oxitk, name) for name in oxitk.__all__)
        assert io is before, "a submodule took the place of Python's io"
        for submodule in {SUBMODULES}:
            space = {{}}
            exec(f"from oxitk.{{submodule}} import *", space)
            module = getattr(oxitk, submodule)
            assert set(module.__all__) == set(space) - {{"__builtins__"}}
            assert all(space[name] is getattr(module, name) for name in module.__all__)
        """
    )


@pytest.mark.parametrize("variable", ["OXITK_EAGER_IMPORT", "EAGER_IMPORT"])
@pytest.mark.parametrize("value", ["1", "true", "YES", " on "])
def test_eager_import_makes_everything(fresh, variable, value):
    fresh(
        f"""
        import sys, oxitk
        assert set({SUBMODULES}) | set(oxitk.__all__) | {{"__version__"}} <= set(vars(oxitk))
        for submodule, names in oxitk._lazy_table.SUBMODULES.items():
            assert set(names) <= set(vars(vars(oxitk)[submodule]))
        assert oxitk._native._materialised() == dict.fromkeys({SUBMODULES}, 1)
        """,
        env={variable: value},
    )


@pytest.mark.parametrize("env", [{}, {"OXITK_EAGER_IMPORT": "0", "EAGER_IMPORT": "1"}, {"EAGER_IMPORT": " Off "}, {"EAGER_IMPORT": ""}], ids=str)
def test_import_is_lazy_otherwise(fresh, env):
    fresh("import sys, oxitk\nassert 'oxitk.filters' not in sys.modules and 'oxitk._native' not in sys.modules", env=env)


@pytest.mark.parametrize("broken", ["oxitk._native", "oxitk.threads", "oxitk._errors"])
def test_a_failure_comes_out_of_an_eager_import(fresh, broken):
    """A lazy one does not see it, and the touch does."""
    code = f"""
        import sys
        class Broken:
            def find_spec(self, name, path=None, target=None):
                if name == {broken!r}:
                    raise OSError("the disk is gone")
        sys.meta_path.insert(0, Broken())
        try:
            import oxitk
        except OSError as error:
            print("import:", error)
        else:
            for name in ("get_num_threads", "InternalError"):
                try:
                    getattr(oxitk, name)
                except OSError as error:
                    print("touch:", error)
                    break
    """
    assert fresh(code, env={"EAGER_IMPORT": "1"}) == "import: the disk is gone\n"
    assert fresh(code) == "touch: the disk is gone\n"


def test_a_failed_fill_comes_out_of_an_eager_import(fresh):
    code = """
        import sys, types
        native = types.ModuleType("oxitk._native")
        def _materialise(name, module):
            raise ValueError(f"cannot fill {name}")
        native._materialise, native.__version__ = _materialise, "0"
        sys.modules["oxitk._native"] = native
        try:
            import oxitk
        except ValueError as error:
            print(error)
    """
    assert re.fullmatch(r"cannot fill \w+\n", fresh(code, env={"EAGER_IMPORT": "1"}))
    assert fresh(code) == ""


@pytest.mark.parametrize(
    "wanted, hint",
    [("medain", "median"), ("Gradient_magnitude", "gradient_magnitude"), ("filter", "filters"), ("zzz", None), ("_median", None)],
)
def test_unknown_names(wanted, hint):
    with pytest.raises(AttributeError) as raised:
        getattr(oxitk, wanted)
    assert str(raised.value) == f"module 'oxitk' has no attribute {wanted!r}" + (f"; did you mean {hint!r}?" if hint else "")
    assert raised.value.name == wanted
    assert not hasattr(oxitk, wanted)


@pytest.mark.parametrize("submodule", SUBMODULES)
def test_unknown_names_of_submodules(submodule):
    name = _lazy_table.SUBMODULES[submodule][0]
    with pytest.raises(AttributeError, match=f"^module 'oxitk.{submodule}' has no attribute '{name}x'; did you mean '{name}'\\?$"):
        getattr(getattr(oxitk, submodule), f"{name}x")
    with pytest.raises(ImportError):
        exec(f"from oxitk.{submodule} import {name}x")


def test_unknown_names_load_nothing_and_are_hinted_at_once(run):
    """The interpreter adds a hint of its own to some errors."""
    code = "import oxitk.filters, sys\nhasattr(oxitk.filters, 'medain')\nprint(*sys.modules)\noxitk.medain"
    done = run("-c", code, env={"OXITK_EAGER_IMPORT": None, "EAGER_IMPORT": None})
    assert "oxitk.filters" in done.stdout.split() and "oxitk._native" not in done.stdout.split()
    assert done.stderr.lower().count("did you mean") == 1, done.stderr


def test_what_a_user_has_set_stays(fresh):
    """A mock that was put in before the first touch must not be lost with it."""
    fresh(
        """
        from unittest import mock
        import oxitk, oxitk.filters
        oxitk.filters.median = "mine"
        oxitk.filters.Median
        assert oxitk.filters.median == oxitk.median == "mine"
        with mock.patch("oxitk.imread") as mocked:
            assert oxitk.imread is mocked is not oxitk.io.imread
        assert oxitk.imread is oxitk.io.imread
        """
    )


def test_a_deleted_name_stays_away(fresh):
    fresh(
        """
        import oxitk
        oxitk.filters.median
        del oxitk.filters.median
        try:
            oxitk.filters.median
        except AttributeError as error:
            assert "any more" in str(error), error
        else:
            raise SystemExit("it came back")
        """
    )


def test_repeated_touches_cost_a_dict_lookup(fresh):
    """After the first one, Python's own lookup finds the name: `__getattr__` is not asked."""
    fresh(
        """
        import oxitk
        oxitk.median, oxitk.filters.median
        def never(name): raise SystemExit(name)
        oxitk.__getattr__ = oxitk.filters.__getattr__ = never
        oxitk.median, oxitk.filters, oxitk.filters.Median
        """
    )


def test_the_package_can_be_searched_for_a_function(fresh):
    """pickle looks through all modules for a function that does not say where it is; that must not make anything."""
    fresh(
        """
        import pickle, sys, oxitk.filters, oxitk.io
        pickle.whichmodule(type("Nowhere", (), {"__module__": None})(), "no_such_function")
        assert "oxitk._native" not in sys.modules
        """
    )
