"""The stubs of the installed wheel: no `Any`, true to the modules, and of use to a checker."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import oxitk
import pytest
import stub_docs

PACKAGE = Path(oxitk.__file__).parent
STUBS = sorted(PACKAGE.rglob("*.pyi"))
SAMPLE = Path(__file__).with_name("typing_sample.py")

# What stubtest reports and no stub can say; an entry that it no longer needs is an error too.
ALLOWED = """
oxitk.__main__  # ends the process when imported: it is the command line
oxitk._arguments  # what arguments may be, for checkers only
oxitk._native.__all__  # made by pyo3
oxitk._threadpoolctl.Controller.*  # a class inside a function
oxitk.filters.(Chain|Derivative|Gradient|GradientMagnitude|GradientMagnitudeRecursiveGaussian|Mean|Median|RecursiveGaussian|SmoothingRecursiveGaussian|Sobel).__ror__  # made by pyo3 wherever there is __or__; refuses all that __or__ would not take
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> str:
    """numpy's stubs are parsed once."""
    return str(tmp_path_factory.mktemp("mypy"))


def test_there_are_stubs():
    assert PACKAGE / "__init__.pyi" in STUBS and (PACKAGE / "py.typed").exists()


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.name)
def test_no_any(stub):
    tree = ast.parse(stub.read_text())
    found = [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id in ("Any", "Incomplete"))
        or (isinstance(node, ast.Attribute) and node.attr == "Any")
        or (isinstance(node, ast.alias) and node.name == "Any")
    ]
    assert not found, f"Any in lines {found}"


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.name)
def test_every_parameter_and_result_has_a_type(stub):
    for node in ast.walk(ast.parse(stub.read_text())):
        if isinstance(node, ast.FunctionDef):
            arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            bare = [a.arg for a in arguments if a.annotation is None and a.arg not in ("self", "cls")]
            assert node.returns is not None and not bare, f"{node.name} in line {node.lineno}: {bare}"


@pytest.mark.parametrize("stub, module", stub_docs.stubs(PACKAGE), ids=lambda value: getattr(value, "stem", None))
def test_docstrings_are_those_of_the_module(stub, module):
    """An editor shows them without running anything. `stub_docs.py` copies them."""
    places = list(stub_docs.documented(module, ast.parse(stub.read_text())))
    different = [name for name, node, doc in places if ast.get_docstring(node) != doc]
    assert places and not different, f"differ: {different}; see tests/python/stub_docs.py"


def test_calls_have_their_types(run, cache):
    assert len(re.findall(r"^assert_type\(", SAMPLE.read_text(), re.M)) == 20
    done = run("-m", "mypy", "--strict", "--cache-dir", cache, str(SAMPLE))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_type_is_seen(run, cache, tmp_path):
    """mypy does check: the sample with one wrong type fails."""
    wrong = SAMPLE.read_text().replace("NDArray[np.float32])", "NDArray[np.float64])", 1)
    assert wrong != SAMPLE.read_text()
    (tmp_path / "wrong.py").write_text(wrong)
    done = run("-m", "mypy", "--strict", "--cache-dir", cache, "wrong.py")
    assert done.returncode == 1 and "assert-type" in done.stdout, done.stdout + done.stderr


@pytest.mark.timeout(420)
def test_stubs_are_true(run, tmp_path):
    (tmp_path / "allowed").write_text(ALLOWED)
    done = run("-m", "mypy.stubtest", "oxitk", "--allowlist", "allowed", timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
