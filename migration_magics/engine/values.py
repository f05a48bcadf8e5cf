"""SQLAlchemy's objects -> values of `model.schema`, as far as models say what a database would.

Types and expressions are spelled as SQLAlchemy compiles them for the dialect, which may not be how the database spells
them when asked. Nothing here needs a database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.schema import DDLElement
from sqlalchemy.sql.elements import ClauseElement

from ..model import schema as model
from ..model.families import family

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Dialect


def key_of(schema: str | None, name: str, dialect: Dialect) -> str:
    """Return the key of the table *name*; the dialect's default schema counts as none."""
    return model.key(schema_of(schema, dialect), name)


def schema_of(schema: str | None, dialect: Dialect) -> str:
    """Return *schema*, or "" for the default one."""
    return "" if schema is None or schema == dialect.default_schema_name else str(schema)


def enums_of(tables: Iterable[sa.Table], dialect: Dialect) -> dict[str, tuple[str, ...]]:
    """Return the values of the enumerated types that columns of *tables* have, by the key of the type."""
    found: dict[str, tuple[str, ...]] = {}
    for each in tables:
        for column in each.columns:
            type_ = column.type
            if isinstance(type_, sa.Enum) and type_.native_enum and type_.name:
                found.setdefault(
                    key_of(type_.schema or each.metadata.schema, str(type_.name), dialect), tuple(type_.enums)
                )
    return found


def table(found: sa.Table, dialect: Dialect) -> model.Table:
    """Return the value of a SQLAlchemy table with all that belongs to it."""
    named = _by_name_and_content
    constraints = found.constraints
    keyed = tuple(found.primary_key.columns.keys())
    return model.Table(
        str(found.name),
        columns=tuple(column(each, dialect) for each in found.columns),
        primary_key=primary_key(found.primary_key) if keyed else None,
        foreign_keys=named(foreign_key(each, dialect) for each in found.foreign_key_constraints),
        uniques=named(unique(each) for each in constraints if isinstance(each, sa.UniqueConstraint)),
        checks=named(
            check(each, dialect)
            for each in constraints
            if isinstance(each, sa.CheckConstraint) and not getattr(each, "_type_bound", False)
        ),
        indexes=named(index(each, dialect) for each in found.indexes),
        comment=found.comment or "",
        schema=schema_of(found.schema, dialect),
    )


def _by_name_and_content(parts: Any) -> tuple[Any, ...]:
    return tuple(sorted(parts, key=lambda part: (part.name, repr(part))))


def column(found: sa.Column[Any], dialect: Dialect) -> model.Column:
    """Return the value of a SQLAlchemy column."""
    spelled = type_text(found.type, dialect)
    default, identity, computed = server_default(found, dialect)
    return model.Column(
        str(found.name),
        spelled,
        family=family(spelled),
        is_nullable=bool(found.nullable),
        default=default,
        identity=identity,
        computed=computed,
        collation=str(getattr(found.type, "collation", None) or ""),
        comment=found.comment or "",
    )


def type_text(type_: Any, dialect: Dialect) -> str:
    """Return a type as the dialect spells it in SQL; what cannot be spelled is named by its class."""
    try:
        return str(type_.compile(dialect))
    except (exc.CompileError, exc.UnsupportedCompilationError, AttributeError, NotImplementedError):
        return type(type_).__name__


def server_default(
    found: sa.Column[Any], dialect: Dialect
) -> tuple[str | None, model.Identity | None, model.Computed | None]:
    """Return a column's default as SQL, its identity, and its expression: at most one of the three is there."""
    return split_default(getattr(found, "identity", None) or found.computed or found.server_default, dialect)


def split_default(default: Any, dialect: Dialect) -> tuple[str | None, model.Identity | None, model.Computed | None]:
    """Return what a server default is, as `server_default`."""
    if isinstance(default, sa.Identity):
        return None, model.Identity(is_always=bool(default.always)), None
    if isinstance(default, sa.Computed):
        return None, None, model.Computed(sql_text(default.sqltext, dialect), bool(default.persisted))
    return default_text(default, dialect), None, None


def default_text(default: Any, dialect: Dialect) -> str | None:
    """Return a server default (a clause, a text in quotes to be, or nothing) as SQL."""
    if default is None or default is False:
        return None
    argument = getattr(default, "arg", default)
    if isinstance(argument, str):
        return "'" + argument.replace("'", "''") + "'"
    return sql_text(argument, dialect)


def sql_text(clause: Any, dialect: Dialect) -> str:
    """Return an expression as SQL, its values written out where they can be."""
    if isinstance(clause, str):
        return clause
    if not isinstance(clause, (ClauseElement, DDLElement)):
        return str(clause)
    try:
        return str(clause.compile(dialect=dialect, compile_kwargs={"literal_binds": True, "include_table": False}))
    except (exc.CompileError, NotImplementedError, TypeError):
        return str(clause)


def primary_key(found: sa.PrimaryKeyConstraint) -> model.PrimaryKey:
    """Return the value of a primary key."""
    return model.PrimaryKey(tuple(each.name for each in found.columns), name_of(found))


def unique(found: sa.UniqueConstraint) -> model.Unique:
    """Return the value of a UNIQUE constraint."""
    return model.Unique(tuple(each.name for each in found.columns), name_of(found), deferrable=deferrable(found))


def check(found: sa.CheckConstraint, dialect: Dialect) -> model.Check:
    """Return the value of a CHECK constraint."""
    return model.Check(sql_text(found.sqltext, dialect), name_of(found))


def foreign_key(found: sa.ForeignKeyConstraint, dialect: Dialect) -> model.ForeignKey:
    """Return the value of a foreign key."""
    elements = found.elements
    target, columns = "", []
    for element in elements:
        place, _, name = element._get_colspec().rpartition(".")  # noqa: SLF001 - resolves nothing, needs no target table
        columns.append(name)
        schema, _, table_name = place.rpartition(".")
        target = key_of(schema or None, table_name, dialect)
    return model.ForeignKey(
        tuple(found.column_keys),
        target,
        tuple(columns),
        name_of(found),
        on_update=action(found.onupdate),
        on_delete=action(found.ondelete),
        match=(found.match or "").upper(),
        deferrable=deferrable(found),
    )


def action(given: str | None) -> str:
    """Return a foreign key's action as schemas have it: "" for NO ACTION."""
    spelled = " ".join((given or "").upper().split())
    return "" if spelled == "NO ACTION" else spelled


def deferrable(found: Any) -> str:
    """Return whether a constraint can wait for the end of the transaction, in the words of `schema.ForeignKey`."""
    if not found.deferrable:
        return ""
    is_late = str(found.initially or "").upper() == "DEFERRED"
    return "DEFERRABLE INITIALLY DEFERRED" if is_late else "DEFERRABLE"


def index(found: sa.Index, dialect: Dialect) -> model.Index:
    """Return the value of an index."""
    options: Any = found.dialect_options.get(dialect.name, {})
    method = str(options.get("using") or "")
    where = options.get("where")
    return model.Index(
        name_of(found),
        tuple(_part(each, dialect) for each in found.expressions),
        is_unique=bool(found.unique),
        method="" if method.lower() == "btree" else method,
        where="" if where is None else sql_text(where, dialect),
        included=tuple(str(getattr(each, "name", each)) for each in options.get("include") or ()),
    )


def _part(found: Any, dialect: Dialect) -> model.IndexPart:
    if isinstance(found, (str, sa.Column)):
        return model.IndexPart(str(getattr(found, "name", found)))
    return model.IndexPart(sql_text(found, dialect), is_expression=True)


def name_of(found: Any) -> str:
    """Return the name of a constraint or an index; "" where there is none, or the naming convention is still to give it."""
    return str(found.name) if isinstance(found.name, str) else ""
