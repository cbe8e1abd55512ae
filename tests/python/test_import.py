"""What the distribution holds, and that its names are there; how they come to be there is in `test_lazy.py`."""

from __future__ import annotations

import importlib.metadata

import oxitk
import pytest

PUBLIC = (
    "mean median gradient_magnitude Mean Median GradientMagnitude derivative gradient sobel Derivative Gradient Sobel Chain imread imwrite Image set_num_threads get_num_threads "
    "__version__ MetadataKeyError MissingFileError FileFormatError InternalError ProcessAborted InvalidRequestedRegionError"
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


def test_nothing_calls_itself_itk():
    """The real ITK must be importable beside oxitk, in either order."""
    owned = importlib.metadata.files("oxitk")
    assert owned
    tops = {str(path).split("/")[0] for path in owned}
    assert not [top for top in tops if top == "itk" or top.startswith(("itk_", "itk."))], tops


def test_version():
    assert oxitk.__version__ == importlib.metadata.version("oxitk")


@pytest.mark.parametrize("name", ["median", "gradient_magnitude", "imread", "imwrite", "Image", "Median", "GradientMagnitude"])
def test_docstrings_are_numpydoc(name):
    doc = getattr(oxitk, name).__doc__
    assert doc and len(doc.splitlines()[0]) < 100
    if name in ("median", "gradient_magnitude"):
        for part in ("Parameters\n", "Returns\n", "Raises\n", "See Also\n", "itk.", "scipy.ndimage"):
            assert part in doc, part


def test_numpy_is_the_only_dependency():
    requires = [text for text in importlib.metadata.requires("oxitk") or [] if "extra ==" not in text]
    assert [text.split(">")[0].strip() for text in requires] == ["numpy"]
