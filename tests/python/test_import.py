from __future__ import annotations

import importlib
import importlib.metadata
import pickle

import cloudpickle
import oxitk
import pytest

PUBLIC = (
    "median gradient_magnitude Median GradientMagnitude Chain imread imwrite Image set_num_threads get_num_threads "
    "__version__ MetadataKeyError MissingFileError FileFormatError InternalError ProcessAborted"
).split()


def loaded(run, code: str, env=None) -> set[str]:
    done = run("-c", f"{code}\nimport sys\nprint(*sys.modules)", env={"OXITK_EAGER_IMPORT": None, "EAGER_IMPORT": None, **(env or {})})
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_import_loads_neither_numpy_nor_the_native_module(run):
    modules = loaded(run, "import oxitk")
    assert "oxitk" in modules
    assert "numpy" not in modules and "oxitk._native" not in modules


def test_asking_what_there_is_loads_nothing(run):
    modules = loaded(run, "import oxitk\nassert 'median' in dir(oxitk)\noxitk.__all__\noxitk.__doc__")
    assert "numpy" not in modules and "oxitk._native" not in modules


def test_errors_load_no_native_module(run):
    modules = loaded(run, "import oxitk\noxitk.MissingFileError")
    assert "numpy" not in modules and "oxitk._native" not in modules


def test_the_first_use_loads_the_native_module(run):
    assert "oxitk._native" in loaded(run, "import oxitk\noxitk.median([1, 2, 3])")


@pytest.mark.parametrize("name", ["OXITK_EAGER_IMPORT", "EAGER_IMPORT"])
def test_eager_import(run, name):
    assert "oxitk._native" in loaded(run, "import oxitk", {name: "1"})
    assert "oxitk._native" not in loaded(run, "import oxitk", {name: "0"})


@pytest.mark.parametrize("name", PUBLIC)
def test_public_name(name):
    assert hasattr(oxitk, name)
    assert name in dir(oxitk)
    if not name.startswith("__"):
        assert name in oxitk.__all__


def test_everything_in_all_is_there():
    assert len(set(oxitk.__all__)) == len(oxitk.__all__)
    for name in oxitk.__all__:
        getattr(oxitk, name)


def test_an_unknown_name():
    with pytest.raises(AttributeError, match="oxitk.*no_such_name"):
        oxitk.no_such_name  # noqa: B018
    with pytest.raises(ImportError):
        from oxitk import no_such_name  # noqa: F401


def test_nothing_calls_itself_itk():
    """The real ITK must be importable beside oxitk, in either order."""
    owned = importlib.metadata.files("oxitk")
    assert owned
    tops = {str(path).split("/")[0] for path in owned}
    assert not [top for top in tops if top == "itk" or top.startswith(("itk_", "itk."))], tops


def test_the_module_pickles_by_name():
    assert cloudpickle.loads(cloudpickle.dumps(oxitk)) is oxitk
    for name in ("median", "gradient_magnitude", "imread", "imwrite", "Image", "Median"):
        assert pickle.loads(pickle.dumps(getattr(oxitk, name))) is getattr(oxitk, name)


def test_version():
    assert oxitk.__version__ == importlib.metadata.version("oxitk")


@pytest.mark.parametrize("name", ["median", "gradient_magnitude", "imread", "imwrite", "Image", "Median", "GradientMagnitude"])
def test_docstrings_are_numpydoc(name):
    doc = getattr(oxitk, name).__doc__
    assert doc and len(doc.splitlines()[0]) < 100
    if name in ("median", "gradient_magnitude"):
        for part in ("Parameters\n", "Returns\n", "Raises\n", "See Also\n", "itk.", "scipy.ndimage"):
            assert part in doc, part


def test_many_threads_may_touch_it_first(run):
    code = """
import threading, oxitk
start, failures = threading.Barrier(16), []
def work():
    start.wait()
    try:
        assert oxitk.median([3, 1, 2]).tolist() == [3, 2, 2]
        oxitk.Image, oxitk.Median, oxitk.imread
    except BaseException as error:
        failures.append(repr(error))
workers = [threading.Thread(target=work) for _ in range(16)]
for worker in workers: worker.start()
for worker in workers: worker.join()
assert not failures, failures
print("fine")
"""
    done = run("-c", code)
    assert done.stdout == "fine\n", done.stderr


def test_numpy_is_the_only_dependency():
    requires = [text for text in importlib.metadata.requires("oxitk") or [] if "extra ==" not in text]
    assert [text.split(">")[0].strip() for text in requires] == ["numpy"]
