"""What the directives of a step did to the schema, as far as they tell: which tables they touched, what they renamed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic.operations import ops

from ...model.diff import Change
from ...model.schema import key
from ...model.sql_effects import effects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .recorder import Directive, StepDraft

# What only changes or reads rows, or sets something in the session. Whatever else begins a statement may change anything.
_ROWS_ONLY = re.compile(
    r"\s*(?:/\*.*?\*/\s*|--[^\n]*\n\s*)*"
    r"(?:INSERT|UPDATE|DELETE|REPLACE|MERGE|VALUES|SELECT(?!.*\bINTO\b)|SHOW|DESCRIBE|EXPLAIN|ANALYZE|LOCK|SAVEPOINT|RELEASE|SET|RESET"
    r"|BEGIN|COMMIT|PRAGMA\s+(?!\w+\s*=)|USE)\b",
    re.IGNORECASE | re.DOTALL,
)

_ON_ONE_TABLE = (
    ops.CreateTableOp,
    ops.AddColumnOp,
    ops.DropColumnOp,
    ops.AlterColumnOp,
    ops.CreateIndexOp,
    ops.AddConstraintOp,
    ops.DropConstraintOp,
    ops.CreateTableCommentOp,
    ops.DropTableCommentOp,
)


def touched(draft: StepDraft) -> frozenset[str] | None:
    """Return the keys of the tables that the step touched, or None where anything may have changed: SQL, other directives."""
    found: set[str] = set()
    for directive in draft.directives:
        tables = _tables(directive)
        if tables is None or draft.dropped:
            return None
        found |= tables
    return frozenset(found)


def _tables(directive: Directive) -> set[str] | None:
    operation = directive.source
    if directive.kind == "batch_alter_table":
        return {directive.table}
    if isinstance(operation, ops.BulkInsertOp):
        return set()
    if operation is None or isinstance(operation, ops.ExecuteSQLOp):
        return set() if all(_is_about_rows(sent.sql) for sent in directive.sent) else None
    if not isinstance(operation, _ON_ONE_TABLE) or _has_own_sql(directive):
        return None
    table, schema = _source(operation)
    return {key(schema, table)} if table else None


def _is_about_rows(sql: str) -> bool:
    return _ROWS_ONLY.match(sql) is not None and ";" not in sql.rstrip().rstrip(";")


def _has_own_sql(directive: Directive) -> bool:
    """A directive ran others: a table made with events of its own, a plugin's."""
    return bool(directive.children)


def _source(operation: ops.MigrateOperation) -> tuple[str, str]:
    table = getattr(operation, "table_name", None) or getattr(operation, "source_table", None) or ""
    schema = getattr(operation, "schema", None) or getattr(operation, "source_schema", None) or ""
    return str(table), str(schema)


def renames(draft: StepDraft) -> tuple[Change, ...]:
    """Return what the step renamed, in its order: by directive (in batches, too) or by SQL that says so."""
    return tuple(change for directive in draft.directives for change in _renames(directive))


def _renames(directive: Directive) -> Iterator[Change]:
    operation = directive.source
    if isinstance(operation, ops.RenameTableOp):
        schema = operation.schema or ""
        old, new = key(schema, operation.table_name), key(schema, operation.new_table_name)
        yield Change("rename", (old,), old, new)
        return
    if isinstance(operation, ops.AlterColumnOp) and operation.modify_name:
        table = key(operation.schema or "", operation.table_name)
        yield Change("rename", (table, "columns", operation.column_name), operation.column_name, operation.modify_name)
        return
    for child in directive.children:
        yield from _renames(child)
    if operation is None or isinstance(operation, ops.ExecuteSQLOp):
        yield from (change for sent in directive.sent for change in _by_sql(sent.sql, directive.kind))


def _by_sql(sql: str, kind: str) -> Iterator[Change]:
    if kind == "batch_alter_table":  # its SQL is that of the rebuild, whose new table takes the name of the old one
        return
    for effect in effects(sql):
        table = key(effect.schema, effect.table)
        if effect.how == "rename_table":
            yield Change("rename", (table,), table, key(effect.schema, effect.to))
        elif effect.how == "rename_column":
            yield Change("rename", (table, "columns", effect.column), effect.column, effect.to)
