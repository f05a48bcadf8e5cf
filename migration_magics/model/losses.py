"""What a revision would throw away, read from its source without running it.

Only what is written out counts: names given as text, directly, through a variable bound once, or by a loop over a literal.
What a name only computed at run time drops is found when it runs (`engine.sentinel`).
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .sql_effects import LOSSES, effects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Loss:
    """Something with data in it that goes: a *table*, with its *column* where only that goes.

    *how* is "drop_table", "drop_column", "delete" or "truncate"; *schema* is "" where none is named; *line* is the
    line of the file.
    """

    how: str
    table: str
    column: str = ""
    schema: str = ""
    line: int = 0

    @property
    def target(self) -> str:
        """`schema.table.column`, or as much of it as there is."""
        return ".".join(part for part in (self.schema, self.table, self.column) if part)


@dataclass(frozen=True, slots=True)
class Renamed:
    """A table, or its *column*, that gets another name: *to*."""

    table: str
    to: str
    column: str = ""
    schema: str = ""


def losses(source: str, function: str) -> tuple[Loss, ...]:
    """Return what *function* ("upgrade" or "downgrade") of the file with *source* throws away, in the order written.

    Functions it calls by name in the same file count, too. Empty for a file that cannot be parsed.
    """
    found = _steps(source, function) if _mentions_a_loss(source, function) else ()
    return tuple(each for each in found if isinstance(each, Loss))


def steps(source: str, function: str) -> tuple[Loss | Renamed, ...]:
    """Return the `losses` among the renames that decide what these are called before *function* runs, in the order written."""
    return _steps(source, function) if _mentions_a_loss(source, function) or _RENAMING_WORD.search(source) else ()


def _steps(source: str, function: str) -> tuple[Loss | Renamed, ...]:
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError):
        return ()
    functions = {node.name: node for node in module.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    constants = _constants(module.body)
    wanted = [name for name in functions if name == function or name.startswith(f"{function}_")]
    found: list[Loss | Renamed] = []
    seen: set[str] = set()
    while wanted:
        name = wanted.pop(0)
        if name in seen:
            continue
        seen.add(name)
        reader = _Reader({**constants, **_constants(functions[name].body)})
        reader.visit(functions[name])
        found.extend(reader.found)
        wanted.extend(called for called in reader.called if called in functions)
    return tuple(dict.fromkeys(found))


_LOSING_WORD = re.compile(r"drop|delete|truncate", re.IGNORECASE)
_RENAMING_WORD = re.compile(r"rename|new_column_name", re.IGNORECASE)
_OTHER_FUNCTION = {
    this: re.compile(rf"^def {other}\w*\(.*?(?=^[^\s)#]|\Z)", re.MULTILINE | re.DOTALL)
    for this, other in (("upgrade", "downgrade"), ("downgrade", "upgrade"))
}


def _mentions_a_loss(source: str, function: str) -> bool:
    """Say whether it is worth parsing: 0.2 ms a file, most of which only create things (10,000 files: 2 s)."""
    other = _OTHER_FUNCTION.get(function)
    rest = other.sub("", source) if other else source
    called = re.sub(r"^def \w+", "", rest, flags=re.MULTILINE)  # one direction may run the other
    if re.search(rf"\b(?:{'downgrade' if function == 'upgrade' else 'upgrade'})\w*\(", called):
        return True
    return _LOSING_WORD.search(rest) is not None


def losses_of_sql(sql: str) -> tuple[Loss, ...]:
    """Return what the statements in *sql* throw away."""
    return tuple(
        Loss(effect.how, effect.table, effect.column, effect.schema) for effect in effects(sql) if effect.how in LOSSES
    )


def _constants(body: list[ast.stmt]) -> dict[str, tuple[str, ...]]:
    """Names bound once, to a text or a sequence of texts."""
    bound: dict[str, list[tuple[str, ...]]] = {}
    for node in body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            bound.setdefault(node.targets[0].id, []).append(_texts(node.value, {}))
    return {name: values[0] for name, values in bound.items() if len(values) == 1 and values[0]}


def _texts(node: ast.expr | None, constants: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The texts that *node* may be: one for a literal, several for a sequence; none where that is not written out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.Name):
        return constants.get(node.id, ())
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        each = [_texts(item, constants) for item in node.elts]
        return tuple(text for texts in each for text in texts) if all(each) else ()
    if isinstance(node, ast.Call) and node.args and _called(node) in {"text", "f", "quoted_name", "table"}:
        return _texts(node.args[0], constants)
    if isinstance(node, ast.JoinedStr):
        parts = [value.value if isinstance(value, ast.Constant) else None for value in node.values]
        known = [
            _texts(value.value, constants) if isinstance(value, ast.FormattedValue) else () for value in node.values
        ]
        return _filled(parts, known)
    return ()


def _filled(parts: Sequence[object | None], known: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    texts = [""]
    for part, values in zip(parts, known, strict=True):
        choices = (str(part),) if part is not None else values
        if not choices:
            return ()
        texts = [text + choice for text in texts for choice in choices]
    return tuple(texts)


def _called(node: ast.Call) -> str:
    function = node.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


class _Reader(ast.NodeVisitor):
    """Walks one function and notes what it throws away."""

    def __init__(self, constants: Mapping[str, tuple[str, ...]]) -> None:
        self.constants = dict(constants)
        self.batches: dict[str, tuple[tuple[str, ...], str]] = {}
        self.found: list[Loss | Renamed] = []
        self.called: list[str] = []

    def visit_For(self, node: ast.For) -> None:
        if isinstance(node.target, ast.Name):
            values = _texts(node.iter, self.constants)
            if values:
                self.constants[node.target.id] = values
        self.generic_visit(node)

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            call, name = item.context_expr, item.optional_vars
            if isinstance(call, ast.Call) and _called(call) == "batch_alter_table" and isinstance(name, ast.Name):
                self.batches[name.id] = (self._argument(call, 0, "table_name"), self._schema(call))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _called(node)
        if isinstance(node.func, ast.Name):
            self.called.append(name)
        if name == "drop_table":
            for table in self._argument(node, 0, "table_name"):
                self._note(node, "drop_table", table, "", self._schema(node))
        elif name == "drop_column":
            for table, column, schema in self._columns(node):
                self._note(node, "drop_column", table, column, schema)
        elif name in {"rename_table", "alter_column"}:
            self._rename(node, name)
        elif name in {"execute", "exec_driver_sql", "scalar", "DDL"}:
            for sql in self._argument(node, 0, "sqltext"):
                self._sql(node, sql)
        self.generic_visit(node)

    def _rename(self, node: ast.Call, name: str) -> None:
        if name == "alter_column":
            for new in self._keywords(node, "new_column_name"):
                self.found += [Renamed(table, new, column, schema) for table, column, schema in self._columns(node)]
        else:
            olds, news = self._argument(node, 0, "old_table_name"), self._argument(node, 1, "new_table_name")
            self.found += [Renamed(old, new, "", self._schema(node)) for old, new in zip(olds, news, strict=False)]

    def _sql(self, node: ast.Call, sql: str) -> None:
        for effect in effects(sql):
            if effect.how in LOSSES:
                self._note(node, effect.how, effect.table, effect.column, effect.schema)
            elif effect.how in {"rename_table", "rename_column"}:
                self.found.append(Renamed(effect.table, effect.to, effect.column, effect.schema))

    def _columns(self, node: ast.Call) -> Iterator[tuple[str, str, str]]:
        owner = (
            node.func.value.id if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) else ""
        )
        if owner in self.batches:
            tables, schema = self.batches[owner]
            columns = self._argument(node, 0, "column_name")
        else:
            tables, schema = self._argument(node, 0, "table_name"), self._schema(node)
            columns = self._argument(node, 1, "column_name")
        yield from ((table, column, schema) for table in tables for column in columns)

    def _note(self, node: ast.Call, how: str, table: str, column: str, schema: str) -> None:
        self.found.append(Loss(how, table, column, schema, node.lineno))

    def _argument(self, node: ast.Call, position: int, name: str) -> tuple[str, ...]:
        given = [keyword.value for keyword in node.keywords if keyword.arg == name]
        value = given[0] if given else node.args[position] if len(node.args) > position else None
        return _texts(value, self.constants)

    def _schema(self, node: ast.Call) -> str:
        return next(self._keywords(node, "schema"), "")

    def _keywords(self, node: ast.Call, name: str) -> Iterator[str]:
        for keyword in node.keywords:
            if keyword.arg == name:
                yield from _texts(keyword.value, self.constants)
