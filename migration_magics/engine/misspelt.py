"""Names that a cell uses and that are not there: `op.add_colum`, `sa.Intger`. Found in the text; nothing of it is run."""

from __future__ import annotations

import ast
import difflib
import importlib.util
from typing import TYPE_CHECKING

import alembic.op
import sqlalchemy as sa
from alembic.operations import Operations

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODULES = {"op": alembic.op, "sa": sa}
_BRANCHES = (ast.Try, ast.If)


def misspelt(body: str, file: str, first_line: int = 1) -> tuple[str, ...]:
    """Return a sentence, with the line of the cell, per name in *body* that neither `op` nor `sa` has.

    *file* is the text of the whole revision: only where it gets both from Alembic and SQLAlchemy, and nothing else is
    called so, they are looked at. What stands in an `if` or a `try` may know what it does. A directive that a project
    registers is there once its modules are imported.
    """
    try:
        tree, whole = ast.parse(body), ast.parse(file)
    except SyntaxError:  # SQL, or what the reader of the body has told better
        return ()
    known = {name for name, origin in (("op", "alembic.op"), ("sa", "sqlalchemy")) if _bound(whole, name) == {origin}}
    found = {}
    for node in _plain(tree):
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known):
            continue
        owner, name = node.value.id, node.attr
        if not _has(owner, name):
            found[node.lineno, owner, name] = f"line {first_line + node.lineno - 1} of the cell: {_said(owner, name)}"
    return tuple(found[key] for key in sorted(found))


def _has(owner: str, name: str) -> bool:
    if hasattr(_MODULES[owner], name):
        return True
    if owner == "op":
        return hasattr(Operations, name)  # a registered directive, also while the module does not show it
    return importlib.util.find_spec(f"sqlalchemy.{name}") is not None


def _said(owner: str, name: str) -> str:
    known = [each for each in dir(_MODULES[owner]) if not each.startswith("_")]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    what = "Alembic's op has no directive" if owner == "op" else "SQLAlchemy has no"
    return f"{what} {name}" + (f"; did you mean {owner}.{near[0]}?" if near else "")


def _plain(node: ast.AST) -> Iterator[ast.AST]:
    """Everything below *node* that is in no branch."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _BRANCHES):
            yield child
            yield from _plain(child)


def _bound(tree: ast.AST, name: str) -> set[str]:
    """What *name* is in *tree*, anywhere: "module.name" of what it is imported from, "?" for anything else."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{each.name}" for each in node.names if (each.asname or each.name) == name}
        elif isinstance(node, ast.Import):
            found |= {each.name for each in node.names if (each.asname or each.name) == name}
        elif (isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)) or (
            isinstance(node, ast.arg) and node.arg == name
        ):
            found.add("?")
    return found
