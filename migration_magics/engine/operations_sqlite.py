"""Lines of a revision that alter a table on SQLite: as it is, in a batch, or by making it anew.

A batch reflects the table and would lose what SQLAlchemy does not see (unnamed checks, expressions, triggers, options). So
a table that has any of it is made anew as it shall be, its rows are copied, and it takes the old one's place
(sqlite.org/lang_altertable.html, section 7).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic.operations import ops
from sqlalchemy.sql.elements import conv

from .operations_sql import execute, is_literal
from .operations_tables import Tables, altered_column, is_simple, not_written
from .sqltypes import Verbatim

if TYPE_CHECKING:
    from ..model import schema as model
    from ..model.diff import Change

TEMPORARY = "_alembic_tmp_"
_WORD = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_LIGHT = {"indexes", "triggers"}


def is_rebuilt(changes: list[Change]) -> bool:
    """Say whether *changes* of a table need more than indexes, triggers and columns added at the end."""
    return not all(change.path[1] in _LIGHT or _is_light(change) for change in changes)


def _is_light(change: Change) -> bool:
    column = change.after
    return (
        change.kind == "add"
        and change.path[1] == "columns"
        and change.place is None
        and column.is_nullable
        and column.computed is None
        and (column.default is None or is_literal(column.default))
    )


def altered(tables: Tables, before: model.Table, after: model.Table, changes: list[Change]) -> list[str]:
    """Return what makes *after* of *before*, indexes and triggers included."""
    if "virtual" in dict(before.options) or "virtual" in dict(after.options):
        return [not_written(f"changes of the virtual table {after.key}")]
    asked = [change for change in changes if change.path[1] != "column order"] or changes
    added = [change.after for change in asked if change.kind == "add" and change.path[1] == "columns"]
    is_at_end = tuple(added) == after.columns[len(after.columns) - len(added) :] if added else True
    rest = [change for change in asked if change.after not in added or change.path[1] != "columns"]
    # To put a column elsewhere is to make the whole table anew: done where that, and nothing else, is asked.
    unplaced = [] if is_at_end and asked == changes else [not_written(_places(after, added))]
    if all(_is_addable(column) for column in added) and not is_rebuilt(rest):
        return [*_as_it_is(tables, after, asked), *unplaced]
    is_kept = any(
        before.column(column.name) for column in after.columns
    )  # a batch without that copies nothing, and fails
    if is_kept and _is_plain(tables, before) and _is_plain(tables, after) and _fits_batch(asked):
        return [*tables.batch(after, _operations(tables, after, asked)), *unplaced]
    return _anew(tables, before, after)


def _places(table: model.Table, added: list[model.Column]) -> str:
    if not added:
        return f"order of the columns of {table.key}"
    last = "it stands last" if len(added) == 1 else "they stand last"
    return f"place of {', '.join(f'{table.key}.{column.name}' for column in added)}: {last}"


def _is_addable(column: model.Column) -> bool:
    has_value = column.default is not None and is_literal(column.default) and column.default.upper()[:8] != "CURRENT_"
    return column.computed is None and (has_value or (column.is_nullable and column.default is None))


def _as_it_is(tables: Tables, table: model.Table, changes: list[Change]) -> list[str]:
    lines: list[str] = []
    for change in changes:
        if change.path[1] == "indexes" and change.before is not None:
            lines += tables.drop_index(table, change.before)
    for change in changes:
        if change.path[1] == "columns":
            lines += tables.lines(ops.AddColumnOp(table.name, tables.column(change.after)))
    for change in changes:
        if change.path[1] == "indexes" and change.after is not None:
            lines += tables.index(table, change.after)
    return lines


def _is_plain(tables: Tables, table: model.Table) -> bool:
    """A batch keeps all of it. SQLAlchemy reads names of constraints out of the SQL only where they are words."""
    parts: tuple[tuple[model.Unique | model.ForeignKey | model.Column, ...], ...] = (
        table.uniques,
        table.foreign_keys,
        table.columns,
    )
    return not (
        not all(_WORD.match(each.name or "unnamed") for some in parts for each in some)
        or table.checks
        or table.triggers
        or table.options
        or any(isinstance(tables.type(column), Verbatim) for column in table.columns)
        or any(column.computed or column.collation for column in table.columns)
        or any(column.default is not None and not is_literal(column.default) for column in table.columns)
        or any(fk.deferrable or fk.match or not is_simple(fk) for fk in table.foreign_keys)
        or any(unique.options for unique in table.uniques)
        or any(index.where or any(_is_odd(part) for part in index.parts) for index in table.indexes)
        or (table.primary_key is not None and table.primary_key.name)
    )


def _is_odd(part: model.IndexPart) -> bool:
    return bool(part.is_expression or part.is_descending or part.options)


def _fits_batch(changes: list[Change]) -> bool:
    """A batch can say it: what goes has a name to go by."""
    return all(
        change.path[1] in {"columns", "indexes"}
        or (change.path[1] in {"uniques", "foreign keys"} and (change.before is None or change.before.name))
        for change in changes
    )


def _operations(tables: Tables, table: model.Table, changes: list[Change]) -> list[ops.MigrateOperation]:
    """The operations of a batch: constraints and indexes go first and come last."""
    gone: list[ops.MigrateOperation] = []
    columns: list[ops.MigrateOperation] = []
    come: list[ops.MigrateOperation] = []
    for change in changes:
        part, old, new = change.path[1], change.before, change.after
        if part == "columns":
            columns.append(_column_operation(tables, table, change))
            continue
        if old is not None and part == "indexes":
            gone.append(ops.DropIndexOp(conv(old.name), table.name))
        elif old is not None:
            gone.append(
                ops.DropConstraintOp(conv(old.name), table.name, "unique" if part == "uniques" else "foreignkey")
            )
        if new is None:
            continue
        if part == "indexes":
            come.append(tables.index_op(table, new, {}))
        else:
            come.append(tables.unique_op(table, new) if part == "uniques" else tables.foreign_key_op(table, new))
    return [*gone, *columns, *come]


def _column_operation(tables: Tables, table: model.Table, change: Change) -> ops.MigrateOperation:
    if change.kind == "add":
        return ops.AddColumnOp(table.name, tables.column(change.after))
    if change.kind == "drop":
        return ops.DropColumnOp(table.name, change.before.name)
    return altered_column(tables, table, change.before, change.after)


def _anew(tables: Tables, before: model.Table, after: model.Table) -> list[str]:
    sql, temporary = tables.sql, TEMPORARY + after.name
    kept = [
        column.name
        for column in after.columns
        if column.computed is None and (before.column(column.name) or column).name == column.name
        if before.column(column.name) is not None
    ]
    lines = tables.create(after, temporary, after.foreign_keys)
    if kept:
        names = sql.names(tuple(kept))
        copied = f"INSERT INTO {sql.name(temporary)} ({names}) SELECT {names} FROM {sql.name(after.name)}"  # noqa: S608 - quoted
        lines.append(execute(copied))
    lines += tables.lines(ops.DropTableOp(after.name))
    lines.append(f"op.rename_table({temporary!r}, {after.name!r})")
    for index in after.indexes:
        lines += tables.index(after, index)
    return lines
