"""Lines of a revision that alter a table on PostgreSQL, MariaDB and MySQL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alembic.operations import ops

from .operations_sql import execute, identity
from .operations_tables import Tables, altered_column, not_written

if TYPE_CHECKING:
    from ..model import schema as model
    from ..model.diff import Change

_KINDS = {"uniques": "unique", "checks": "check", "foreign keys": "foreignkey"}


def dropped_parts(tables: Tables, table: model.Table, changes: list[Change]) -> list[str]:
    """Return what drops keys, constraints and indexes that go or change; foreign keys went before."""
    lines: list[str] = []
    for change in changes:
        part = change.path[1]
        if change.before is None:
            continue
        if part == "indexes":
            lines += tables.drop_index(table, change.before)
        elif part in {"uniques", "checks"}:
            lines += tables.drop_constraint(table, change.before.name, _KINDS[part])
        elif part == "exclusions":
            lines += [
                execute(f"ALTER TABLE {tables.sql.of(table)} DROP CONSTRAINT {tables.sql.name(change.before.name)}")
            ]
        elif part == "primary key":
            lines += _drop_primary_key(tables, table, change)
    return lines


def _drop_primary_key(tables: Tables, table: model.Table, change: Change) -> list[str]:
    if tables.family == "mysql":  # in one statement with the new one: a column that numbers itself must always be a key
        new = f", ADD {tables.sql.primary_key(change.after)}" if change.after is not None else ""
        return [execute(f"ALTER TABLE {tables.sql.of(table)} DROP PRIMARY KEY{new}")]
    return tables.drop_constraint(table, change.before.name, "primary")


def added_parts(tables: Tables, table: model.Table, changes: list[Change]) -> list[str]:
    """Return what adds keys, constraints and indexes; foreign keys come later."""
    lines: list[str] = []
    owner = tables.sql.of(table)
    for change in changes:
        part, new = change.path[1], change.after
        if new is None:
            continue
        if part == "primary key" and not (tables.family == "mysql" and change.before is not None):
            lines += [execute(f"ALTER TABLE {owner} ADD {tables.sql.primary_key(new)}")]
        elif part == "uniques":
            lines += tables.add_unique(table, new)
        elif part == "checks":
            lines += added_check(tables, table, new)
        elif part == "exclusions":
            lines += [added_exclusion(tables, table, new)]
        elif part == "indexes":
            lines += tables.index(table, new)
    return lines


def added_check(tables: Tables, table: model.Table, check: model.Check) -> list[str]:
    """Return what adds *check* to a table that is there."""
    return [execute(f"ALTER TABLE {tables.sql.of(table)} ADD {tables.sql.check(check)}")]


def added_exclusion(tables: Tables, table: model.Table, found: model.Exclusion) -> str:
    """Return what adds an EXCLUDE constraint."""
    name = tables.sql.constraint(found.name)
    return execute(f"ALTER TABLE {tables.sql.of(table)} ADD {name}{found.definition}")


def columns(tables: Tables, table: model.Table, changes: list[Change]) -> list[str]:
    """Return what drops, alters, adds and arranges the columns of *table*, as it will be."""
    lines: list[str] = []
    added = {change.path[2] for change in changes if change.path[1] == "columns" and change.kind == "add"}
    for change in changes:
        if change.path[1] == "column order":
            lines += _order(tables, table)
        elif change.path[1] != "columns":
            continue
        elif change.kind == "drop":
            lines += tables.lines(ops.DropColumnOp(table.name, change.before.name, schema=table.schema or None))
        elif change.kind == "add":
            lines += _added(tables, table, change, added)
        else:
            lines += _altered(tables, table, change.before, change.after)
    return lines


def _order(tables: Tables, table: model.Table) -> list[str]:
    if tables.family != "mysql":
        return [not_written(f"order of the columns of {table.key}")]
    places = ["FIRST", *(f"AFTER {tables.sql.name(column.name)}" for column in table.columns[:-1])]
    said = (
        f"MODIFY COLUMN {tables.sql.column(each)} {place}" for each, place in zip(table.columns, places, strict=True)
    )
    return [execute(f"ALTER TABLE {tables.sql.of(table)} {', '.join(said)}")]


def _added(tables: Tables, table: model.Table, change: Change, added: set[str]) -> list[str]:
    column, place = change.after, change.place
    behind = table.columns[place + 1 :] if place is not None else ()
    if tables.family == "mysql" and place is not None and (behind or column.is_autoincrement):
        where = f"AFTER {tables.sql.name(table.columns[place - 1].name)}" if place else "FIRST"
        key = ", ADD PRIMARY KEY (" + tables.sql.name(column.name) + ")" if column.is_autoincrement else ""
        return [execute(f"ALTER TABLE {tables.sql.of(table)} ADD COLUMN {tables.sql.column(column)} {where}{key}")]
    lines = tables.lines(ops.AddColumnOp(table.name, tables.column(column), schema=table.schema or None))
    if tables.family == "postgresql" and any(each.name not in added for each in behind):
        lines.append(not_written(f"place of {table.key}.{column.name}: it stands last"))
    return lines


def _altered(tables: Tables, table: model.Table, before: model.Column, after: model.Column) -> list[str]:
    if tables.family == "mysql":
        return _altered_mysql(tables, table, before, after)
    lines: list[str] = []
    name = f"ALTER TABLE {tables.sql.of(table)} ALTER COLUMN {tables.sql.name(after.name)}"
    is_retyped = (before.type, before.collation) != (after.type, after.collation)
    if before.computed != after.computed:
        return _computed_anew(tables, table, before, after)
    if before.identity != after.identity and before.identity is not None:
        lines.append(execute(f"{name} DROP IDENTITY"))
    current = replace(before, identity=after.identity)
    if is_retyped and before.default is not None:  # a default is not cast with its column
        lines.append(execute(f"{name} DROP DEFAULT"))
        current = replace(current, default=None)
    if replace(current, family=after.family) != after:
        written = tables.lines(altered_column(tables, table, current, after, has_existing=True))
        if is_retyped:
            using = f"{tables.sql.name(after.name)}::{after.type}"
            written[-1] = written[-1].removesuffix(")") + f",\n           postgresql_using={using!r})"
        lines += written
    if before.identity != after.identity and after.identity is not None:
        lines.append(execute(f"{name} ADD {identity(after.identity)}"))
    return lines


def _computed_anew(tables: Tables, table: model.Table, before: model.Column, after: model.Column) -> list[str]:
    if after.computed is None and replace(before, computed=None, default=after.default) == after:
        name = f"ALTER TABLE {tables.sql.of(table)} ALTER COLUMN {tables.sql.name(after.name)}"
        default = [execute(f"{name} SET DEFAULT {after.default}")] if after.default is not None else []
        return [execute(f"{name} DROP EXPRESSION"), *default]
    return [
        *tables.lines(ops.DropColumnOp(table.name, before.name, schema=table.schema or None)),
        *tables.lines(ops.AddColumnOp(table.name, tables.column(after), schema=table.schema or None)),
    ]


def _altered_mysql(tables: Tables, table: model.Table, before: model.Column, after: model.Column) -> list[str]:
    plain = replace(
        before,
        type=after.type,
        family=after.family,
        is_nullable=after.is_nullable,
        default=after.default,
        comment=after.comment,
    )
    if plain == after and not (before.is_autoincrement or before.on_update or before.computed or before.collation):
        return tables.lines(altered_column(tables, table, before, after))
    return [execute(f"ALTER TABLE {tables.sql.of(table)} MODIFY COLUMN {tables.sql.column(after)}")]
