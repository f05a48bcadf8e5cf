"""What the functions of a revision file do, as far as its text tells: nothing, only raise, or something."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

Doing = Literal["missing", "nothing", "raises", "something"]


@dataclass(frozen=True, slots=True)
class Bodies:
    """What `upgrade()` and `downgrade()` do. Several of one direction (`upgrade_engine1`) count as the one that does most."""

    upgrade: Doing
    downgrade: Doing


_ORDER: tuple[Doing, ...] = ("missing", "nothing", "raises", "something")


def bodies(text: str) -> Bodies:
    """Return what the functions in the revision file *text* do. Raises SyntaxError, ValueError."""
    tree = ast.parse(text)
    found: dict[str, Doing] = {"upgrade": "missing", "downgrade": "missing"}
    for node in tree.body:
        for name in _bound(node):
            direction = name.partition("_")[0]
            if direction in found:
                found[direction] = max(found[direction], _doing(node), key=_ORDER.index)
    return Bodies(found["upgrade"], found["downgrade"])


def _bound(node: ast.stmt) -> tuple[str, ...]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return (node.name,)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return tuple(alias.asname or alias.name for alias in node.names)
    targets = node.targets if isinstance(node, ast.Assign) else ()
    return tuple(target.id for target in targets if isinstance(target, ast.Name))


def _doing(node: ast.stmt) -> Doing:
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return "something"
    body = [each for each in node.body if not isinstance(each, ast.Pass) and not _is_remark(each)]
    if not body or (len(body) == 1 and _dispatches(body[0])):
        return "nothing"
    return "raises" if isinstance(body[0], ast.Raise) else "something"


def _is_remark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _dispatches(node: ast.stmt) -> bool:
    """Alembic's multidb template: `globals()["upgrade_%s" % engine_name]()`, whose targets are judged themselves."""
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Subscript)
