"""The docstrings of stubs are those of the modules, so that an editor shows them without running anything.

    python tests/python/stub_docs.py itk-py/python/oxitk

copies the docstrings of the installed oxitk into the stubs of that folder; `test_stubs.py` compares them.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

SPECIAL = ("__call__",)


def documented(name: str, tree: ast.Module) -> Iterator[tuple[str, ast.Module | ast.ClassDef | ast.FunctionDef, str]]:
    """What has a docstring at run time: its name, its place in the stub of the module `name`, and the docstring.

    Of overloads it is the last one that has it.
    """
    module = importlib.import_module(name)
    yield name, tree, inspect.cleandoc(module.__doc__ or "")
    yield from _members(name, tree.body, module)


def _members(path: str, body: list[ast.stmt], owner: object) -> Iterator[tuple[str, ast.ClassDef | ast.FunctionDef, str]]:
    last = {node.name: node for node in body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    for name, node in last.items():
        if name.startswith("_") and name not in SPECIAL:
            continue
        thing = getattr(owner, name)
        doc = inspect.cleandoc(thing.__doc__ or "")
        if doc:
            yield f"{path}.{name}", node, doc
        if isinstance(node, ast.ClassDef):
            yield from _members(f"{path}.{name}", node.body, thing)


def _written(doc: str, indent: int) -> list[str]:
    if "\\" in doc or '"""' in doc:
        raise ValueError(f"no docstring can be made of this as it is: {doc}")
    lines = f'"""{doc}"""' if "\n" not in doc else f'"""{doc}\n"""'
    return [" " * indent + line if line else "" for line in lines.split("\n")]


def rewrite(stub: Path, name: str) -> None:
    """Put the docstrings of the module `name` into its stub."""
    text = stub.read_text()
    lines = text.split("\n")
    # From the end, so that line numbers stay true.
    places = sorted(documented(name, ast.parse(text)), key=lambda place: -getattr(place[1], "lineno", 0))
    for _, node, doc in places:
        first = node.body[0]
        if ast.get_docstring(node) is not None:
            lines[first.lineno - 1 : first.end_lineno] = _written(doc, first.col_offset)
        elif isinstance(node, ast.FunctionDef):
            line = lines[first.lineno - 1].removesuffix("...").rstrip()
            lines[first.lineno - 1 : first.end_lineno] = [line, *_written(doc, node.col_offset + 4)]
        else:
            raise ValueError(f"{stub}: {node} needs a docstring to be replaced")
    stub.write_text("\n".join(lines))


def stubs(folder: Path) -> list[tuple[Path, str]]:
    """The public stubs of the package in a folder, and the modules that they are of."""
    found = []
    for path in sorted(folder.rglob("*.pyi")):
        parts = [*path.relative_to(folder).parent.parts, path.stem]
        if not any(part.startswith("_") and part != "__init__" for part in parts):
            found.append((path, ".".join(["oxitk", *(part for part in parts if part != "__init__")])))
    return found


if __name__ == "__main__":
    for path, name in stubs(Path(sys.argv[1])):
        rewrite(path, name)
