"""An operation that a person typed: it is parsed first, and nothing but operations is run, for a listener."""

from __future__ import annotations

import ast
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .heard import DIRECTIVES

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOTS = frozenset({"sa", "postgresql", "mysql"})
_SPELLING = frozenset({"f", "inline_literal"})
_MODULES = frozenset({"sqlalchemy", "sqlalchemy.types", "sqlalchemy.schema", "sqlalchemy.sql", "sqlalchemy.dialects"})
_DIALECTS = "sqlalchemy.dialects."
_ACTING = frozenset({"create_engine", "create_mock_engine", "create_pool_from_url", "engine_from_config", "inspect"})
_SIMPLE = (
    ast.Constant,
    ast.List,
    ast.Tuple,
    ast.Dict,
    ast.Set,
    ast.UnaryOp,
    ast.BinOp,
    ast.BoolOp,
    ast.Compare,
    ast.keyword,
    ast.Starred,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
    ast.expr_context,
)


class NotAnOperation(Exception):
    """What was typed is no operation, or more than that; the text says what."""


def run_typed(text: str) -> None:
    """Run *text*, operations as they stand in a revision: `op`, `sa` and the PostgreSQL and MySQL types are at hand.

    Raises what `check_typed` does, and whatever the operations raise.
    """
    tree = check_typed(text)
    exec(compile(tree, "<operation>", "exec", dont_inherit=True), _names())  # noqa: S102 - nothing but operations


def check_typed(text: str) -> ast.Module:
    """Return *text* as parsed, which is directives of `op` only, with literals and `sa.` expressions as arguments.

    Nothing of it is run. Raises NotAnOperation.
    """
    try:
        tree = ast.parse(text.strip(), "<operation>")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotAnOperation(f"{type(error).__name__}: {error}") from None
    for statement in tree.body:
        _statement(statement, ("op",))
    return tree


def _names() -> dict[str, Any]:
    import alembic.op
    import sqlalchemy
    from sqlalchemy.dialects import mysql, postgresql

    return {"op": alembic.op, "sa": sqlalchemy, "postgresql": postgresql, "mysql": mysql}


def _statement(node: ast.stmt, owners: Sequence[str]) -> None:
    if isinstance(node, ast.With):
        bound = [_opened(item, owners) for item in node.items]
        for inner in node.body:
            _statement(inner, (*owners, *(name for name in bound if name)))
    elif isinstance(node, ast.Expr):
        every = node.value.elts if isinstance(node.value, (ast.Tuple, ast.List)) else [node.value]
        for each in every:
            _directive(each, owners)
    else:
        raise NotAnOperation(ast.unparse(node))


def _opened(item: ast.withitem, owners: Sequence[str]) -> str:
    """Return the name that a batch is bound to; "" for an autocommit block."""
    call, name = item.context_expr, item.optional_vars
    if ast.unparse(call) == "op.get_context().autocommit_block()" and name is None:
        return ""
    is_batch = isinstance(call, ast.Call) and ast.unparse(call.func) == "op.batch_alter_table"
    if not is_batch or not isinstance(name, ast.Name) or name.id in {*_ROOTS, *owners}:
        raise NotAnOperation(ast.unparse(item))
    _arguments(call)
    return name.id


def _directive(node: ast.expr, owners: Sequence[str]) -> None:
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    owner = node.func.value if is_call else None  # type: ignore[attr-defined]
    if not isinstance(owner, ast.Name) or owner.id not in owners or node.func.attr not in DIRECTIVES:  # type: ignore[attr-defined]
        raise NotAnOperation(ast.unparse(node))
    _arguments(node)


def _arguments(call: Any) -> None:
    for each in (*call.args, *call.keywords):
        _argument(each)


def _argument(node: ast.AST) -> None:
    if isinstance(node, ast.Call) and _is_spelling(node.func):
        _arguments(node)
        return
    if isinstance(node, ast.Attribute):
        _attribute(node)
    elif isinstance(node, ast.Name):
        if node.id not in _ROOTS:
            raise NotAnOperation(f"the name {node.id} is not known here")
    elif (not isinstance(node, (*_SIMPLE, ast.Call))) or isinstance(node, ast.Pow):
        raise NotAnOperation(ast.unparse(node))
    for child in ast.iter_child_nodes(node):
        _argument(child)


def _is_spelling(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "op"
        and function.attr in _SPELLING
    )


def _attribute(node: ast.Attribute) -> None:
    """Let nothing private be reached, nothing that acts, and no module but those of types and expressions."""
    if node.attr.startswith("_") or node.attr in _ACTING or _is_module_beyond(node):
        raise NotAnOperation(f"{ast.unparse(node)} is not for an operation")


def _is_module_beyond(node: ast.Attribute) -> bool:
    found = _found(node)
    if not isinstance(found, ModuleType):
        return False
    return found.__name__ not in _MODULES and not found.__name__.startswith(_DIALECTS)


def _found(node: ast.expr) -> object:
    """What a chain of names leads to, None where that is no module's."""
    if isinstance(node, ast.Name):
        return _names().get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _found(node.value)
        return getattr(owner, node.attr, None) if isinstance(owner, ModuleType) else None
    return None
