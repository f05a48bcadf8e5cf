"""What a directive in a batch does, in the words of `model.sql_effects`: its SQL is that of the table's rebuild."""

from __future__ import annotations

from alembic.operations import ops

from ...model.sql_effects import Effect


def effect_of(operation: ops.MigrateOperation) -> Effect | None:
    """Return what *operation* makes, renames or throws away, or None where it does none of these."""
    if isinstance(operation, ops.DropColumnOp):
        return Effect("drop_column", operation.table_name, operation.column_name, operation.schema or "")
    if isinstance(operation, ops.AddColumnOp):
        return Effect("add_column", operation.table_name, str(operation.column.name), operation.schema or "")
    if isinstance(operation, ops.AlterColumnOp) and operation.modify_name:
        table, schema = operation.table_name, operation.schema or ""
        return Effect("rename_column", table, operation.column_name, schema, operation.modify_name)
    return None
