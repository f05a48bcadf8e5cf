"""Directives of several revisions in fewer: a column that is added goes into the `create_table` that stands before it.

Only where nothing between the two could see the difference; whether it is the same is proved afterwards all the same.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Part = tuple[str, str]
"""What a revision is called, and its statements."""

_HARMLESS = {"create_index", "create_unique_constraint", "create_table"}
_BARRIERS = {"execute", "bulk_insert", "run_async", "get_bind", "get_context"}
_OWN_KEYS = {"index", "unique", "primary_key"}
"""Keywords of a column that make something else besides, which would get another place."""


@dataclass(slots=True)
class _Chunk:
    """One statement with the comments above it; *text* "" once it is gone."""

    part: int
    text: str

    @property
    def node(self) -> ast.stmt:
        return ast.parse(self.text).body[0]


def folded_up(parts: Sequence[Part]) -> tuple[tuple[Part, ...], int]:
    """Return the statements of upgrades, oldest first, with added columns folded; and how many statements that saved."""
    return _folded(parts, _fold_up)


def folded_down(parts: Sequence[Part]) -> tuple[tuple[Part, ...], int]:
    """Return the statements of downgrades, newest first, without what is dropped from a table that is dropped later."""
    return _folded(parts, _fold_down)


def _folded(parts: Sequence[Part], fold: Callable[[list[_Chunk]], int]) -> tuple[tuple[Part, ...], int]:
    chunks = [_Chunk(number, text) for number, (_, code) in enumerate(parts) for text in _split(code)]
    count = fold(chunks)
    left = [
        (title, "\n".join(chunk.text for chunk in chunks if chunk.part == number and chunk.text))
        for number, (title, _) in enumerate(parts)
    ]
    return tuple((title, code) for title, code in left if code), count


def _split(code: str) -> Iterator[str]:
    lines, begun = code.split("\n"), 0
    for node in ast.parse(code).body:
        end = node.end_lineno or node.lineno
        yield "\n".join(lines[begun:end])
        begun = end


def _fold_up(chunks: list[_Chunk]) -> int:
    made: dict[str, _Chunk] = {}
    count = 0
    for chunk in chunks:
        node = chunk.node
        name, call = _directive(node)
        table = _text(call.args[0]) if call is not None and call.args else None
        if name == "add_column" and call is not None and table in made and _is_plain_column(call):
            source = ast.get_source_segment(chunk.text, call.args[1]) or ""
            made[table].text = _with_column(made[table].text, source)
            chunk.text = ""
            count += 1
            continue
        _forget(made, name, node)
        if name == "create_table" and call is not None and table is not None and _takes_columns(call):
            made[table] = chunk
    return count


def _fold_down(chunks: list[_Chunk]) -> int:
    gone: dict[str, _Chunk] = {}
    count = 0
    for chunk in reversed(chunks):
        node = chunk.node
        name, call = _directive(node)
        table = _table_of(name, call) if call is not None else None
        if name in {"drop_column", "drop_index"} and table in gone:
            chunk.text = ""
            count += 1
            continue
        _forget(gone, name, node)
        if name == "drop_table" and call is not None and table is not None and not call.keywords:
            gone[table] = chunk
    return count


def _table_of(name: str, call: ast.Call) -> str | None:
    if name == "drop_index":
        named = [keyword for keyword in call.keywords if keyword.arg == "table_name"]
        return _text(named[0].value) if len(call.keywords) == 1 and named else None
    if name == "drop_column" and (len(call.args) != 2 or call.keywords):
        return None
    return _text(call.args[0]) if call.args else None


def _forget(known: dict[str, _Chunk], name: str, node: ast.stmt) -> None:
    """Drop from *known* the tables that the statement *node* may look at, or all where that is anybody's guess."""
    if not name or name in _BARRIERS:
        known.clear()
    elif name not in _HARMLESS:
        for word in _words(node):
            known.pop(word, None)


def _words(node: ast.AST) -> Iterable[str]:
    return (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant) and isinstance(inner.value, str))


def _directive(node: ast.stmt) -> tuple[str, ast.Call | None]:
    """Return the name after `op.` and the call; a batch has a name and no call, anything else neither."""
    if isinstance(node, ast.With) and isinstance(node.items[0].context_expr, ast.Call):
        function = node.items[0].context_expr.func
        return (function.attr, None) if isinstance(function, ast.Attribute) else ("", None)
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return (call.func.attr, call) if call.func.value.id == "op" else ("", None)
    return "", None


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _is_column(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "Column"


def _takes_columns(call: ast.Call) -> bool:
    keys = {keyword.arg for keyword in call.keywords}
    is_open = any(isinstance(each, ast.Starred) for each in call.args) or None in keys
    return not is_open and not keys & {"schema", "if_not_exists"} and any(_is_column(each) for each in call.args)


def _is_plain_column(call: ast.Call) -> bool:
    """It is added without any condition, stands for itself, and points nowhere."""
    if len(call.args) != 2 or call.keywords or not _is_column(call.args[1]):
        return False
    column = call.args[1]
    names = {inner.attr for inner in ast.walk(column) if isinstance(inner, ast.Attribute)}
    keys = {keyword.arg for inner in ast.walk(column) if isinstance(inner, ast.Call) for keyword in inner.keywords}
    return not names & {"ForeignKey", "CheckConstraint", "Identity", "Sequence", "Computed"} and not keys & _OWN_KEYS


def _with_column(text: str, source: str) -> str:
    """The `create_table` in *text* with the column *source* behind its last one."""
    call = ast.parse(text).body[0].value  # type: ignore[attr-defined]  # a call, as `_directive` found
    last = next(each for each in reversed(call.args) if _is_column(each))
    lines = text.split("\n")
    line = lines[last.end_lineno - 1].encode()
    before, after = line[: last.end_col_offset].decode(), line[last.end_col_offset :].decode()
    is_apart = last.lineno > call.lineno
    lines[last.end_lineno - 1] = f"{before},{chr(10) + ' ' * last.col_offset if is_apart else ' '}{source}{after}"
    return "\n".join(lines)
