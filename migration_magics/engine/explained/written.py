"""The SQL of one operation on one dialect: Alembic's offline mode, and for a rebuild on SQLite a table in memory."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.operations import Operations, ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event

from ...errors import Refused
from ...model.diff import diff
from ...model.schema import Schema
from .. import failures, operations
from ..host import directives as host
from ..host import running
from . import heard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection, Dialect

    from .heard import Operation

_NOT_ALONE = (ops.AddConstraintOp, ops.DropConstraintOp)
_ROWS = (ops.ExecuteSQLOp, ops.BulkInsertOp)


class Unwritten(Exception):
    """There is no SQL of it here; the text says why."""


def dialect_named(name: str) -> Dialect:
    """Return the dialect *name* (sqlite, postgresql, mariadb), without a driver."""
    return MigrationContext.configure(dialect_name=name, opts={"as_sql": True}).dialect


def needs_batch(operation: Operation) -> bool:
    """Say whether SQLite can do *operation* only by building the table anew (SQLite 3.45 manual, ALTER TABLE)."""
    if isinstance(operation, host.Batch):
        return True
    if isinstance(operation, ops.AlterColumnOp):
        return (
            operation.modify_type is not None
            or operation.modify_nullable is not None
            or operation.modify_server_default is not False
        )
    return isinstance(operation, _NOT_ALONE)


def sql(
    operation: Operation,
    dialect: str,
    options: Mapping[str, Any],
    before: Schema | None,
    earlier: Sequence[Operation] = (),
) -> str:
    """Return the SQL of *operation* on *dialect*.

    *before* is the schema at the start, None where that is not known, and *earlier* are the operations since then. Raises
    Unwritten, saying why there is none.
    """
    try:
        if dialect == "sqlite" and needs_batch(operation):
            return _rebuilt(operation, options, before, earlier)
        return _offline(_typed(operation), dialect, options)
    except Unwritten:
        raise
    except Exception as error:
        raise Unwritten(f"it cannot be written for {dialect}: {failures.words(error)}") from error


def perform(
    connection: Connection, steps: Sequence[Operation], options: Mapping[str, Any], *, commits: bool = False
) -> None:
    """Run *steps* on *connection*, a copy's; on SQLite in a batch what needs one. Raises whatever they raise."""
    kept = {name: options[name] for name in ("target_metadata",) if name in options}
    operations_on = Operations(MigrationContext.configure(connection, opts=kept))
    for each in steps:
        is_batched = connection.dialect.name == "sqlite" and needs_batch(each)
        _run(_batch(each) if is_batched else each, operations_on)
    if commits:
        connection.commit()


def not_performed(error: Exception, kind: str) -> Refused:
    """Return the error for an operation that does not run on a copy."""
    return Refused(
        f"It cannot be demonstrated: op.{kind} fails on the copy: {failures.words(error)}",
        hint="%migrate rehearse tries the whole revision with rows",
    )


def _offline(operation: Operation, dialect: str, options: Mapping[str, Any]) -> str:
    buffer = io.StringIO()
    kept = {name: options[name] for name in ("target_metadata", "user_module_prefix") if name in options}
    made = MigrationContext.configure(
        dialect_name=dialect,
        opts={"as_sql": True, "output_buffer": buffer, "literal_binds": True, **kept},
        dialect_opts={"paramstyle": "named"},
    )
    _run(operation, Operations(made))
    return buffer.getvalue().strip()


def _typed(operation: Operation) -> Operation:
    """A bulk insert whose columns have the types of their values, where they have none: else these cannot be written out."""
    is_untyped = isinstance(operation, ops.BulkInsertOp) and any(
        isinstance(column.type, sa.types.NullType) for column in operation.table.columns
    )
    if not is_untyped or not isinstance(operation, ops.BulkInsertOp):
        return operation
    held: Any = operation.table
    columns = [sa.column(column.name, _type_of(column, operation.rows)) for column in held.columns]
    made = sa.table(held.name, *columns, schema=held.schema)
    return ops.BulkInsertOp(made, operation.rows, multiinsert=operation.multiinsert)


def _type_of(column: Any, rows: Sequence[Mapping[str, Any]]) -> Any:
    if not isinstance(column.type, sa.types.NullType):
        return column.type
    values = [row.get(column.key) for row in rows]
    return next((sa.literal(value).type for value in values if value is not None), sa.Text())


def _run(operation: Operation, on: Operations) -> None:
    if not isinstance(operation, host.Batch):
        on.invoke(operation)
        return
    with on.batch_alter_table(operation.table, operation.schema, **operation.keywords) as batch:
        for each in operation.operations:
            batch.invoke(each)


def _rebuilt(
    operation: Operation, options: Mapping[str, Any], before: Schema | None, earlier: Sequence[Operation]
) -> str:
    """Run *operation* in a batch, on a table in memory that is built as the schema *before* and what came since say."""
    batch = operation if isinstance(operation, host.Batch) else _batch(operation)
    name = heard.named(batch)[1]
    is_there = before is not None and any(_is(each.key, name) for each in before.tables)
    there = Schema("sqlite", tables=before.tables) if before is not None else Schema("sqlite")  # keys need the others
    since = [each for each in earlier if _is(heard.named(each)[1], name) and not isinstance(each, _ROWS)]
    if not is_there and not any(isinstance(each, ops.CreateTableOp) for each in since):
        raise Unwritten("the table is built anew for it, and what it is by now is not known here")
    body = operations.code(diff(Schema("sqlite"), there), Schema("sqlite"), there)
    engine = sa.create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            running.run_body(connection, body.code, body.imports)
            for each in since:
                _sent(connection, _batch(each) if needs_batch(each) else each, options)
            return "\n".join(_sent(connection, batch, options))
    finally:
        engine.dispose()


def _is(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _sent(connection: Connection, operation: Operation, options: Mapping[str, Any]) -> list[str]:
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        text = statement.strip()
        if not text.upper().startswith(("PRAGMA", "SELECT", "BEGIN")):
            found.append(text + ";\n")

    kept = {name: options[name] for name in ("target_metadata",) if name in options}
    made = MigrationContext.configure(connection, opts=kept)
    event.listen(connection, "before_cursor_execute", note)
    try:
        _run(operation, Operations(made))
    finally:
        event.remove(connection, "before_cursor_execute", note)
    return found


def _batch(operation: Operation) -> host.Batch:
    if isinstance(operation, host.Batch):
        return operation
    held: Any = operation
    table = getattr(held, "table_name", None) or getattr(held, "source_table", "")
    return host.Batch(str(table), getattr(held, "schema", None), {}, [operation])
