"""Enum types of PostgreSQL that come and go with tables: Alembic makes them with a new table and never drops one (1.20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.autogenerate import renderers
from alembic.operations import ops

from . import values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy.types import TypeEngine

    Place = tuple[str, str]

# What needs an enum, by the table it belongs to; nothing for what belongs to none (functions, domains).
_USES = """
    SELECT tn.nspname, t.typname, cn.nspname, c.relname
    FROM pg_type t
    JOIN pg_namespace tn ON tn.oid = t.typnamespace
    LEFT JOIN pg_depend d
        ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray) AND d.deptype <> 'i'
    LEFT JOIN pg_attrdef a ON d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid
    LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
    LEFT JOIN pg_index i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
    LEFT JOIN pg_class c ON c.oid = coalesce(
        a.adrelid, k.conrelid, i.indrelid, CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid END)
    LEFT JOIN pg_namespace cn ON cn.oid = c.relnamespace
    WHERE t.typtype = 'e'"""


class TypeDrop(ops.ExecuteSQLOp):
    """The drop of a type. Nothing brings it back: `create_table` does."""

    def __init__(self, name: str) -> None:
        super().__init__(f"DROP TYPE {name}")
        self.name, self.sql = name, f"DROP TYPE {name}"

    def reverse(self) -> TypeMade:
        """Return what makes it, which is nothing."""
        return TypeMade(self.name)


class TypeMade(ops.ExecuteSQLOp):
    """Nothing: `create_table` makes the type. The way back drops it, which `drop_table` does not."""

    def __init__(self, name: str) -> None:
        super().__init__("")
        self.name = name

    def reverse(self) -> TypeDrop:
        """Return the drop."""
        return TypeDrop(self.name)


@renderers.dispatch_for(TypeDrop)
def _dropped(context: AutogenContext, operation: TypeDrop) -> list[str]:
    prefix = context.opts["alembic_module_prefix"] or ""
    sql = operation.sql.replace(":", "\\:")  # no parameter begins in a name
    return [
        f"# create_table made the type {operation.name!a}, drop_table leaves it",
        f"{prefix}execute({sql!r})",
    ]


@renderers.dispatch_for(TypeMade)
def _made(_context: AutogenContext, _operation: TypeMade) -> list[str]:
    return []


def with_their_tables(context: AutogenContext, upgrade: ops.UpgradeOps) -> None:
    """Let enum types that only come with new tables of *upgrade* leave on the way back, those of dropped ones with these."""
    if context.dialect.name != "postgresql" or context.connection is None:
        return
    creates = [each for each in upgrade.ops if isinstance(each, ops.CreateTableOp)]
    drops = {_place(each.schema, each.table_name, context) for each in upgrade.ops if isinstance(each, ops.DropTableOp)}
    if not creates and not drops:
        return
    uses: dict[Place, set[Place | None]] = {}
    for schema, name, table_schema, table in context.connection.exec_driver_sql(
        _USES, execution_options={"no_parameters": True}
    ):
        found = uses.setdefault(_place(schema, name, context), set())
        found.add(None if table is None else _place(table_schema, table, context))
    wanted = _types((column for table in context.sorted_tables for column in table.columns), context)
    columns = (column for each in creates for column in each.columns if isinstance(column, sa.Column))
    come = [place for place in _types(columns, context) if place not in uses]
    go = [place for place, tables in sorted(uses.items()) if tables <= drops and place not in wanted]
    upgrade.ops[:] = [
        *(TypeMade(_quoted(place, context)) for place in come),
        *upgrade.ops,
        *(TypeDrop(_quoted(place, context)) for place in go),
    ]


def _types(columns: Iterable[sa.Column[Any]], context: AutogenContext) -> dict[Place, None]:
    """The enum types that *columns* have in the database, in their order."""
    found: dict[Place, None] = {}
    for column in columns:
        type_: TypeEngine[Any] = column.type.dialect_impl(context.dialect)
        while not isinstance(type_, sa.Enum) and (
            inner := getattr(type_, "impl", None) or getattr(type_, "item_type", None)
        ):
            type_ = inner
        if isinstance(type_, sa.Enum) and type_.native_enum and type_.name:
            found[_place(type_.schema, str(type_.name), context)] = None
    return found


def _place(schema: str | None, name: str, context: AutogenContext) -> Place:
    return values.schema_of(schema, context.dialect), str(name)


def _quoted(place: Place, context: AutogenContext) -> str:
    quote = context.dialect.identifier_preparer.quote
    return ".".join(quote(part).replace("%%", "%") for part in place if part)
