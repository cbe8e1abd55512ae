"""The examples of all docstrings, and of the README, run and print what they say."""

from __future__ import annotations

import doctest
import importlib.util
import inspect
import re
import sys
import types
from pathlib import Path

import numpy as np
import oxitk
import pytest
from gates import needs_detach
from oxitk._lazy_table import SUBMODULES

README = Path(__file__).parents[2] / "README.md"
MODULES = [getattr(oxitk, name) for name in SUBMODULES]
PUBLIC = {getattr(module, name) for module in [oxitk, *MODULES] for name in module.__all__}


def is_one_of_many(thing: object) -> bool:
    """An exception, or an event: an example of their base says how all of them are used."""
    event = oxitk.pipeline.EventObject
    return isinstance(thing, type) and (issubclass(thing, BaseException) or (issubclass(thing, event) and thing is not event))


OURS = sorted((thing for thing in PUBLIC if callable(thing) and not is_one_of_many(thing)), key=lambda thing: thing.__name__)


def doctests(thing: object, name: str) -> list[doctest.DocTest]:
    # Objects of a native module have no source: each docstring is parsed by itself.
    parser = doctest.DocTestParser()
    members = vars(thing).values() if isinstance(thing, type) else []
    texts = [getattr(thing, "__doc__", None), *(getattr(member, "__doc__", None) for member in members)]
    return [parser.get_doctest(text, {}, name, None, 0) for text in texts if text and ">>>" in text]


@pytest.mark.parametrize("thing", OURS, ids=lambda thing: thing.__name__)
def test_docstring(thing, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tests = doctests(thing, thing.__name__)
    assert tests, f"{thing.__name__} has no example"
    for test in tests:
        runner = doctest.DocTestRunner()
        with np.printoptions(legacy=False):
            threads = oxitk.get_num_threads()
            result = runner.run(test)
            oxitk.set_num_threads(threads)
        assert result.failed == 0 and result.attempted > 0


@pytest.mark.parametrize("thing", OURS, ids=lambda thing: thing.__name__)
def test_every_docstring_has_numpydoc_sections(thing):
    doc = inspect.getdoc(thing) or ""
    assert re.search(r"^Examples\n-{8}$", doc, re.M), f"{thing.__name__}: no Examples section"
    function = callable(thing) and not isinstance(thing, type)
    if function and "(" in (text := getattr(thing, "__text_signature__", None) or "") and text != "()":
        assert re.search(r"^Parameters\n-{10}$", doc, re.M), f"{thing.__name__}: no Parameters section"


@pytest.mark.parametrize("page", ["README.md", "docs/pipeline.md", pytest.param("docs/threads.md", marks=needs_detach)])
def test_python_of_pages(page, tmp_path, monkeypatch, threads):
    """Blocks with prompts print what they say, others run; the README's unmarked ones are shell or Rust."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "data").symlink_to(README.parent / "tests" / "data")
    monkeypatch.chdir(tmp_path)
    # What the pages show of dask runs where there is no dask.
    if importlib.util.find_spec("dask") is None:
        dask = types.ModuleType("dask")
        dask.delayed = lambda call: call
        monkeypatch.setitem(sys.modules, "dask", dask)
    blocks = re.findall(r"```(?:python|pycon)\n(.*?)```", (README.parent / page).read_text(), re.S)
    assert blocks, f"{page} shows no Python"
    names: dict[str, object] = {"__name__": page}
    for block in blocks:
        if ">>>" in block:
            test = doctest.DocTestParser().get_doctest(block, names, page, None, 0)
            assert doctest.DocTestRunner().run(test, clear_globs=False).failed == 0
            names.update(test.globs)
        else:
            exec(compile(block, page, "exec"), names)


def test_the_page_on_imports(fresh):
    """Each block starts in an interpreter of its own, as it is about what is not there yet."""
    blocks = re.findall(r"```python\n(.*?)```", (README.parent / "docs" / "imports.md").read_text(), re.S)
    assert len(blocks) == 2
    for block in blocks:
        fresh(block)
