"""The lazy table, the stubs and what an eager import makes are the same names."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import oxitk
import pytest
from oxitk._lazy_table import OWNERS, RENAMED, SUBMODULES

PACKAGE = Path(oxitk.__file__).parent


def stub(name: str) -> ast.Module:
    return ast.parse((PACKAGE / f"{name}.pyi").read_text())


def defined(tree: ast.Module) -> set[str]:
    """The public names that a stub defines itself."""
    names = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    names |= {node.target.id for node in tree.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    return {name for name in names if not name.startswith("_")}


def reexported(tree: ast.Module) -> dict[str, str]:
    """The names that a stub takes from elsewhere for others to use, and the modules that it takes them from."""
    return {
        alias.asname: node.module or ""
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }


def listed(tree: ast.Module) -> list[str]:
    """`__all__` of a stub."""
    [node] = [n for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "__all__"]
    return ast.literal_eval(node.value)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The public names that each module has in an interpreter that imports eagerly."""
    code = """
import json, types, oxitk
def public(module):
    return sorted(n for n, v in vars(module).items() if not n.startswith("_") and not isinstance(v, types.ModuleType))
modules = {n: v for n, v in vars(oxitk).items() if isinstance(v, types.ModuleType) and not n.startswith("_")}
print(json.dumps({"oxitk": public(oxitk)} | {name: public(module) for name, module in modules.items()}))
"""
    env = {**os.environ, "OXITK_EAGER_IMPORT": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=tmp_path_factory.mktemp("eager"), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_submodules_are_the_same_everywhere(made):
    files = {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("_")}
    stubs = {path.stem for path in PACKAGE.glob("*.pyi") if not path.stem.startswith("_")}
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    table = set(SUBMODULES)
    in_stub = {name for name, module in reexported(stub("__init__")).items() if module == "oxitk"}
    assert table == files | packages == stubs | packages == in_stub == set(made) - {"oxitk"}


@pytest.mark.parametrize("submodule", SUBMODULES)
def test_names_of_a_submodule_are_the_same_everywhere(made, submodule):
    names = sorted(SUBMODULES[submodule])
    assert names == made[submodule], "table and what is made"
    assert names == sorted(listed(stub(submodule))), "table and the stub's __all__"
    assert set(names) == defined(stub(submodule)), "table and what the stub defines"
    assert names == getattr(oxitk, submodule).__all__, "table and __all__"


def test_names_of_the_package_are_the_same_everywhere(made):
    public = sorted(name for name in OWNERS if not name.startswith("_"))
    assert public == made["oxitk"] == oxitk.__all__ == sorted(listed(stub("__init__")))
    owners = {name: module.removeprefix("oxitk.") for name, module in reexported(stub("__init__")).items() if module != "oxitk"}
    assert owners == OWNERS, "the stub takes each name from where the table says"


def test_no_name_hides_a_submodule():
    """An import of the submodule would put the module over the name."""
    assert not set(OWNERS) & set(SUBMODULES)
    assert not set(RENAMED) & (set(OWNERS) | set(SUBMODULES))
    for old, (new, version) in RENAMED.items():
        assert new in {*OWNERS, *SUBMODULES} and version, old
