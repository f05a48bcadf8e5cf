"""The text of a revision file with other parents."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class NotPlain(Exception):
    """The file does not say what it builds on by one plain assignment; nothing is known that could be rewritten."""


def reparented(text: str, parents: tuple[str, ...]) -> str:
    """Return the revision file *text* with `down_revision` set to *parents* (none: a base), in its docstring, too.

    Everything else stays as it is, byte for byte. Raises NotPlain, SyntaxError.
    """
    changed = _assigned(text, "down_revision", _literal(parents))
    said = ", ".join(parents)
    doc_end = _doc_end(ast.parse(changed))
    head, rest = _cut(changed, doc_end)
    return re.sub(r"^(Revises:[ \t]*)[^\r\n]*", lambda _: f"Revises: {said}", head, count=1, flags=re.MULTILINE) + rest


def requiring(text: str, names: Mapping[str, str]) -> str:
    """Return the revision file *text* with `depends_on` naming others: *names* by the name they replace."""
    value = ast.literal_eval(_value(text, "depends_on"))
    wanted = (value,) if isinstance(value, str) else tuple(value or ())
    return _assigned(text, "depends_on", _literal(tuple(names.get(name, name) for name in wanted)))


def _literal(names: tuple[str, ...]) -> str:
    return repr(names if len(names) > 1 else names[0] if names else None)


def _value(text: str, variable: str) -> ast.expr:
    """The one expression that *variable* is assigned; raises NotPlain where it is not one literal."""
    found: list[ast.expr] = []
    for node in ast.parse(text).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        if any(isinstance(target, ast.Name) and target.id == variable for target in targets):
            found.append(node.value)  # type: ignore[attr-defined]  # an assignment has one
    if len(found) != 1:
        raise NotPlain(variable)
    try:
        ast.literal_eval(found[0])
    except (ValueError, TypeError) as error:
        raise NotPlain(variable) from error
    return found[0]


def _assigned(text: str, variable: str, literal: str) -> str:
    node = _value(text, variable)
    lines = text.splitlines(keepends=True)
    start = _offset(lines, node.lineno, node.col_offset)
    end = _offset(lines, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
    return text[:start] + literal + text[end:]


def _offset(lines: list[str], line: int, column: int) -> int:
    """The place in the text: *column* counts bytes of UTF-8, as `ast` does."""
    before = lines[line - 1].encode()[:column].decode()
    return sum(len(each) for each in lines[: line - 1]) + len(before)


def _doc_end(tree: ast.Module) -> int:
    node = tree.body[0] if tree.body else None
    is_doc = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return (node.end_lineno or 0) if is_doc and node is not None else 0


def _cut(text: str, lines: int) -> tuple[str, str]:
    split = text.splitlines(keepends=True)
    return "".join(split[:lines]), "".join(split[lines:])
