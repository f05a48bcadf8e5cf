"""What Alembic's comparison leaves out, as comparators beside its own: primary keys, values of enums, CHECKs, views.

They come as operations of Alembic, written as plain Alembic code. Opt-out: the setting *extra_comparators*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.autogenerate import renderers
from alembic.operations import ops
from alembic.util import DispatchPriority, PriorityDispatchResult

from . import autogenerate_checks, autogenerate_views, values
from .host.comparators import call_prefix, primary_key_of

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.plugins import Plugin

_ENUMS = """
    SELECT n.nspname, t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
    FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
    GROUP BY n.nspname, t.typname"""


class EnumValues(ops.ExecuteSQLOp):
    """New values of an enum of PostgreSQL, and, in words, those that are gone: PostgreSQL drops none."""

    def __init__(self, name: str, statements: tuple[str, ...], removed: tuple[str, ...] = ()) -> None:
        super().__init__("; ".join(statements))
        self.name, self.statements, self.removed = name, statements, removed

    def reverse(self) -> EnumValues:
        """Return nothing to do: values stay, as PostgreSQL cannot drop them."""
        return EnumValues(self.name, ())


class Statement(ops.ExecuteSQLOp):
    """SQL that knows its way *back*."""

    def __init__(self, sql: str, back: str) -> None:
        super().__init__(sql)
        self.sql, self.back = sql, back

    def reverse(self) -> Statement:
        """Return the way back."""
        return Statement(self.back, self.sql)


class PrimaryKey(ops.CreatePrimaryKeyOp):
    """A primary key, made in place of the *replaced* one on SQLite: a batch can do that, and an unnamed key has no drop."""

    def __init__(
        self,
        name: str,
        table: str,
        columns: tuple[str, ...],
        schema: str | None,
        *,
        replaced: tuple[str, tuple[str, ...]] | None = None,
    ) -> None:
        super().__init__(name, table, list(columns), schema=schema)
        self.replaced = replaced

    def reverse(self) -> Any:
        """Return the drop of the key, or the replaced one in its place."""
        if self.replaced is None:
            return PrimaryKeyDrop(self)
        name, columns = self.replaced
        now = (str(self.constraint_name), tuple(self.columns))
        return PrimaryKey(name, self.table_name, columns, self.schema, replaced=now)


class PrimaryKeyDrop(ops.DropConstraintOp):
    """The drop of a primary key, which comes back as it was; Alembic's way back has no words for it."""

    def __init__(self, key: PrimaryKey) -> None:
        super().__init__(key.constraint_name, key.table_name, "primary", schema=key.schema, _reverse=key)
        self.key = key

    def reverse(self) -> PrimaryKey:
        """Return the key."""
        return self.key


@renderers.dispatch_for(PrimaryKey)
def _rendered_key(context: AutogenContext, operation: PrimaryKey) -> str:
    prefix, is_batch = call_prefix(context)
    table = "" if is_batch else f"{str(operation.table_name)!r}, "
    schema = f", schema={str(operation.schema)!r}" if operation.schema and not is_batch else ""
    return f"{prefix}create_primary_key({str(operation.constraint_name)!r}, {table}{list(operation.columns)!r}{schema})"


@renderers.dispatch_for(EnumValues)
def _rendered(context: AutogenContext, operation: EnumValues) -> list[str]:
    prefix = context.opts["alembic_module_prefix"] or ""
    lines = []
    if operation.removed:
        lines.append(
            f"# {operation.name!a} has values that the models have not: {', '.join(map(ascii, operation.removed))}."
        )
        lines.append(
            "# PostgreSQL drops no value of an enum: make a new type and cast the columns, once no row uses them."
        )
    if operation.statements:
        # A new value cannot be used in the transaction that adds it (PostgreSQL manual, ALTER TYPE).
        lines.append(f"with {prefix}get_context().autocommit_block():")
        lines += [f"{prefix}execute({statement!r})" for statement in operation.statements]
        lines.append("")  # ends the block
        return lines
    if not operation.removed:
        lines.append(f"# the values added to {operation.name!a} stay: PostgreSQL drops none")
    lines.append("pass")
    return lines


def setup(plugin: Plugin) -> None:
    """Add the comparators to a plugin."""
    autogenerate_checks.setup(plugin)
    autogenerate_views.setup(plugin)
    plugin.add_autogenerate_comparator(
        _primary_key, "table", "migration_magics_primary_key", priority=DispatchPriority.LAST
    )
    plugin.add_autogenerate_comparator(
        _enums, "autogenerate", "migration_magics_enums", qualifier="postgresql", priority=DispatchPriority.LAST
    )


def _primary_key(context: AutogenContext, operations: ops.ModifyTableOps, *found: Any) -> PriorityDispatchResult:
    schema, name, there, wanted = found
    if there is None or wanted is None:
        return PriorityDispatchResult.CONTINUE
    before = tuple(str(column.name) for column in there.primary_key.columns)
    after = tuple(str(column.name) for column in wanted.primary_key.columns)
    if before == after or (context.dialect.name == "sqlite" and not (before and after)):
        return PriorityDispatchResult.CONTINUE
    old_name = primary_key_of(context, name, schema) or f"pk_{name}"
    new_name = str(wanted.primary_key.name) if isinstance(wanted.primary_key.name, str) else old_name
    added: list[Any] = [each for each in operations.ops if isinstance(each, ops.AddColumnOp)]
    rest = [each for each in operations.ops if not isinstance(each, ops.AddColumnOp)]
    changed: list[Any] = []
    if context.dialect.name == "sqlite":
        changed.append(PrimaryKey(new_name, name, after, schema, replaced=(old_name, before)))
    else:
        if before:
            changed.append(PrimaryKeyDrop(PrimaryKey(old_name, name, before, schema)))
        if after:
            changed.append(PrimaryKey(new_name, name, after, schema))
    operations.ops[:] = [*added, *changed, *rest]
    return PriorityDispatchResult.CONTINUE


def _enums(context: AutogenContext, upgrade: ops.UpgradeOps) -> PriorityDispatchResult:
    if context.connection is None:
        return PriorityDispatchResult.CONTINUE
    dialect = context.dialect
    there = {
        (values.schema_of(schema, dialect), name): tuple(labels)
        for schema, name, labels in context.connection.exec_driver_sql(_ENUMS)
    }
    found: dict[tuple[str, str], ops.ExecuteSQLOp] = {}
    for table in context.sorted_tables:
        if not context.run_object_filters(table, table.name, "table", False, None):  # noqa: FBT003 - Alembic's
            continue
        for column in table.columns:
            type_ = column.type
            if not isinstance(type_, sa.Enum) or not type_.native_enum or not type_.name:
                continue
            place = (values.schema_of(type_.schema or table.metadata.schema, dialect), str(type_.name))
            if place in there and place not in found:
                change = _enum_change(place, there[place], tuple(type_.enums), context)
                if change is not None:
                    found[place] = change
    upgrade.ops[:0] = [*_new_types(context, upgrade, set(there)), *found.values()]
    return PriorityDispatchResult.CONTINUE


def _new_types(context: AutogenContext, upgrade: ops.UpgradeOps, there: set[tuple[str, str]]) -> list[ops.ExecuteSQLOp]:
    """The types that added or changed columns use and nobody makes: `create_table` makes its own, `add_column` does not."""
    found: dict[tuple[str, str], ops.ExecuteSQLOp] = {}
    made = {
        _place(column.type, context)
        for each in upgrade.ops
        if isinstance(each, ops.CreateTableOp)
        for column in each.columns
        if isinstance(column, sa.Column)
    }
    for each in upgrade.ops:
        for one in each.ops if isinstance(each, ops.ModifyTableOps) else ():
            type_ = one.column.type if isinstance(one, ops.AddColumnOp) else getattr(one, "modify_type", None)
            place = _place(type_, context)
            if place is not None and place not in there | made and isinstance(type_, sa.Enum):
                name = _qualified(place, context)
                labels = ", ".join(map(_literal, type_.enums))
                found[place] = Statement(f"CREATE TYPE {name} AS ENUM ({labels})", f"DROP TYPE {name}")
    return list(found.values())


def _place(type_: Any, context: AutogenContext) -> tuple[str, str] | None:
    if not isinstance(type_, sa.Enum) or not type_.native_enum or not type_.name:
        return None
    return values.schema_of(type_.schema, context.dialect), str(type_.name)


def _qualified(place: tuple[str, str], context: AutogenContext) -> str:
    quote = context.dialect.identifier_preparer.quote
    return ".".join(quote(part).replace("%%", "%") for part in place if part)


def _enum_change(
    place: tuple[str, str], before: tuple[str, ...], after: tuple[str, ...], context: AutogenContext
) -> EnumValues | None:
    added = [each for each in after if each not in before]
    removed = tuple(each for each in before if each not in after)
    if not added and not removed:
        return None
    name = _qualified(place, context)
    statements = []
    known = list(before)
    for value in added:
        at = after.index(value)
        follows = next((each for each in after[at + 1 :] if each in known), None)
        where = f" BEFORE {_literal(follows)}" if follows is not None else ""
        statements.append(f"ALTER TYPE {name} ADD VALUE IF NOT EXISTS {_literal(value)}{where}")
        known.append(value)
    return EnumValues(name, tuple(statements), removed)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
