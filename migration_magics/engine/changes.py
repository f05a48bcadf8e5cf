"""Alembic's operation objects -> changes of `model.diff`."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from ..model import schema as model
from ..model.diff import Change, Kind
from ..model.families import family
from ..model.parts import called
from . import values
from .autogenerate_enums import TypeDrop, TypeMade
from .host.comparing import diff_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Dialect

_PARTS = {
    "unique_constraint": "uniques",
    "check_constraint": "checks",
    "column_check_constraint": "checks",
    "table_or_column_check_constraint": "checks",
    "foreign_key_constraint": "foreign keys",
    "primary_key_constraint": "primary key",
    "exclude_constraint": "exclusions",
}

_DROPPED = {"unique": "uniques", "check": "checks", "foreignkey": "foreign keys", "primary": "primary key"}


def changes(operations: Iterable[ops.MigrateOperation], dialect: Dialect) -> tuple[Change, ...]:
    """Return *operations* as changes, table by table by their names, those of one table in their order.

    Alembic walks the tables that models do not have as a set has them, another way in each process. One of an unknown
    class is told by its name under ("", "operations"). Types that come and go with their tables are no changes of their own.
    """
    own = (each for each in operations if not isinstance(each, (TypeDrop, TypeMade)))
    return tuple(sorted((change(each, dialect) for each in own), key=lambda each: each.path[0]))


@singledispatch
def change(operation: Any, dialect: Dialect) -> Change:
    """Return one operation as a change."""
    del dialect
    name = type(operation).__name__
    return Change("alter", ("", "operations", name), after=" ".join(str(part) for part in diff_of(operation)))


@change.register(ops.CreateTableOp)
def _(operation: ops.CreateTableOp, dialect: Dialect) -> Change:
    table = values.table(operation.to_table(), dialect)
    return Change("add", (table.key,), after=table)


@change.register(ops.DropTableOp)
def _(operation: ops.DropTableOp, dialect: Dialect) -> Change:
    table = values.table(operation.to_table(), dialect)
    return Change("drop", (table.key,), before=table)


@change.register(ops.RenameTableOp)
def _(operation: ops.RenameTableOp, dialect: Dialect) -> Change:
    before = _key(operation, dialect)
    after = values.key_of(operation.schema, operation.new_table_name, dialect)
    return Change("rename", (before,), before, after)


@change.register(ops.AddColumnOp)
def _(operation: ops.AddColumnOp, dialect: Dialect) -> Change:
    column = values.column(operation.column, dialect)
    return Change("add", (_key(operation, dialect), "columns", column.name), after=column)


@change.register(ops.DropColumnOp)
def _(operation: ops.DropColumnOp, dialect: Dialect) -> Change:
    reverse = getattr(operation, "_reverse", None)
    known = values.column(reverse.column, dialect) if reverse is not None else None
    return Change("drop", (_key(operation, dialect), "columns", str(operation.column_name)), before=known)


@change.register(ops.AlterColumnOp)
def _(operation: ops.AlterColumnOp, dialect: Dialect) -> Change:
    path = (_key(operation, dialect), "columns", str(operation.column_name))
    if operation.modify_name is not None and not operation.has_changes():
        return Change("rename", path, str(operation.column_name), str(operation.modify_name))
    before = _column(
        operation.column_name,
        (operation.existing_type, operation.existing_nullable),
        (operation.existing_server_default, operation.existing_comment),
        dialect,
    )
    type_ = operation.modify_type if operation.modify_type is not None else operation.existing_type
    nullable = operation.modify_nullable if operation.modify_nullable is not None else operation.existing_nullable
    default, comment = operation.modify_server_default, operation.modify_comment
    after = _column(
        operation.modify_name or operation.column_name,
        (type_, nullable),
        (
            operation.existing_server_default if default is False else default,
            operation.existing_comment if comment is False else comment,
        ),
        dialect,
    )
    return Change("alter", path, before, after)


def _column(name: str, kind: tuple[Any, bool | None], more: tuple[Any, str | None], dialect: Dialect) -> model.Column:
    type_, nullable = kind
    spelled = "" if type_ is None else values.type_text(type_, dialect)
    default, identity, computed = values.split_default(more[0], dialect)
    return model.Column(
        str(name),
        spelled,
        family=family(spelled) if spelled else "",
        is_nullable=nullable is not False,
        default=default,
        identity=identity,
        computed=computed,
        comment=more[1] or "",
    )


@change.register(ops.CreateIndexOp)
def _(operation: ops.CreateIndexOp, dialect: Dialect) -> Change:
    index = values.index(operation.to_index(), dialect)
    return Change("add", (_key(operation, dialect), "indexes", index.name), after=index)


@change.register(ops.DropIndexOp)
def _(operation: ops.DropIndexOp, dialect: Dialect) -> Change:
    known = values.index(operation.to_index(), dialect) if getattr(operation, "_reverse", None) is not None else None
    key = values.key_of(operation.schema, operation.table_name or "", dialect)
    return Change("drop", (key, "indexes", str(operation.index_name)), before=known)


@change.register(ops.AddConstraintOp)
def _(operation: ops.AddConstraintOp, dialect: Dialect) -> Change:
    constraint = operation.to_constraint()
    value = _constraint(constraint, dialect)
    return Change("add", _constraint_path(operation, constraint, value, dialect), after=value)


@change.register(ops.DropConstraintOp)
def _(operation: ops.DropConstraintOp, dialect: Dialect) -> Change:
    if getattr(operation, "_reverse", None) is None:
        part = _DROPPED.get(operation.constraint_type or "", "constraints")
        own = () if part == "primary key" else (str(operation.constraint_name or ""),)
        return Change("drop", (_key(operation, dialect), part, *own))
    constraint = operation.to_constraint()
    value = _constraint(constraint, dialect)
    return Change("drop", _constraint_path(operation, constraint, value, dialect), before=value)


def _constraint(constraint: Any, dialect: Dialect) -> Any:
    part = _PARTS.get(constraint.__visit_name__, "constraints")
    if part == "uniques":
        return values.unique(constraint)
    if part == "checks":
        return values.check(constraint, dialect)
    if part == "foreign keys":
        return values.foreign_key(constraint, dialect)
    if part == "primary key":
        return values.primary_key(constraint)
    return model.Exclusion(str(constraint), values.name_of(constraint))


def _constraint_path(operation: Any, constraint: Any, value: Any, dialect: Dialect) -> tuple[str, ...]:
    key, part = _key(operation, dialect), _PARTS.get(constraint.__visit_name__, "constraints")
    if part == "primary key":
        return (key, part)
    return (key, part, called(value))


@change.register(ops.CreateTableCommentOp)
def _(operation: ops.CreateTableCommentOp, dialect: Dialect) -> Change:
    return _comment(operation, operation.existing_comment or None, operation.comment or None, dialect)


@change.register(ops.DropTableCommentOp)
def _(operation: ops.DropTableCommentOp, dialect: Dialect) -> Change:
    return _comment(operation, operation.existing_comment or None, None, dialect)


def _comment(operation: Any, before: str | None, after: str | None, dialect: Dialect) -> Change:
    kind: Kind = "add" if before is None and after is not None else "drop" if after is None else "alter"
    return Change(kind, (_key(operation, dialect), "comment"), before, after)


@change.register(ops.ExecuteSQLOp)
def _(operation: ops.ExecuteSQLOp, dialect: Dialect) -> Change:
    text = values.sql_text(operation.sqltext, dialect)
    return Change("alter", ("", "operations", "execute"), after=text)


def _key(operation: Any, dialect: Dialect) -> str:
    name = getattr(operation, "table_name", None) or getattr(operation, "source_table", None) or ""
    schema = getattr(operation, "schema", None)
    if isinstance(operation, ops.CreateForeignKeyOp):
        name, schema = operation.source_table, operation.kw.get("source_schema")
    return values.key_of(schema, str(name), dialect)
