"""Values of `model.schema` -> SQLAlchemy's objects -> lines of a revision, by Alembic's own renderers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.sql.elements import conv

from .host.comparing import render_batch, render_one, renderer
from .operations_sql import Sql, execute, text
from .sqltypes import Verbatim, sqlalchemy_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Dialect

    from ..model import schema as model

_SAID = {
    "sqlite": {"autoincrement", "strict", "without rowid", "virtual"},
    "postgresql": {"unlogged", "partition by", "partition of", "inherits", "with", "tablespace"},
    "mysql": {"engine", "collation"},
}
"""The options of tables that can be written."""


def _render_item(kind: str, item: Any, _context: Any) -> Any:
    return item.code if kind == "type" and isinstance(item, Verbatim) else False


class Tables:
    """Writes tables and their parts for one dialect; types are looked up in *schema*."""

    def __init__(self, dialect: Dialect, schema: model.Schema, before: model.Schema) -> None:
        self.dialect, self.schema = dialect, schema
        self.sql = Sql(dialect, {table.key: (table.schema, table.name) for table in (*before.tables, *schema.tables)})
        self.family = "mysql" if dialect.name == "mariadb" else dialect.name
        self.context = renderer(dialect, _render_item)

    def lines(self, operation: ops.MigrateOperation) -> list[str]:
        """Return *operation* as code."""
        return render_one(self.context, operation)

    def batch(self, table: model.Table, operations: Sequence[ops.MigrateOperation]) -> list[str]:
        """Return *operations* on one table as a batch."""
        return render_batch(self.context, ops.ModifyTableOps(table.name, list(operations), schema=table.schema or None))

    # -- SQLAlchemy's objects

    def type(self, column: model.Column) -> Any:
        """Return the type of *column*."""
        return sqlalchemy_type(column.type, self.dialect, self.schema, column.collation)

    def default(self, column: model.Column) -> Any:
        """Return what `server_default` takes for *column*; None without one."""
        if column.computed is not None:
            return sa.Computed(text(column.computed.expression), persisted=column.computed.is_stored)
        if column.identity is not None:
            return sa.Identity(always=column.identity.is_always, **_identity_options(column.identity))
        if column.default is None and not column.on_update:
            return None
        said = self.sql.default(column) if column.default is not None else "NULL"
        return sa.DefaultClause(text(said + (f" ON UPDATE {column.on_update}" if column.on_update else "")))

    def column(self, column: model.Column) -> sa.Column[Any]:
        """Return *column*; whether it numbers itself is always said, so that nothing is guessed from the primary key."""
        default = self.default(column)
        more = [default] if isinstance(default, (sa.Computed, sa.Identity)) else []
        keywords: dict[str, Any] = {} if more else {"server_default": default}
        if self.family != "sqlite" and not isinstance(default, sa.Identity):
            keywords["autoincrement"] = column.is_autoincrement
        return sa.Column(
            column.name,
            self.type(column),
            *more,
            nullable=column.is_nullable,
            comment=column.comment or None,
            **keywords,
        )

    def table(self, table: model.Table, name: str, foreign_keys: Sequence[model.ForeignKey]) -> sa.Table:
        """Return *table*, called *name*, with those *foreign_keys* and all else but indexes and triggers."""
        parts: list[Any] = [self.column(column) for column in table.columns]
        if table.primary_key is not None:
            key = table.primary_key
            parts.append(sa.PrimaryKeyConstraint(*key.columns, name=_name(key.name)))
        parts += [self.foreign_key(fk) for fk in foreign_keys]
        parts += [_unique(unique) for unique in table.uniques if not unique.options]
        parts += [_check(check) for check in table.checks if check.is_validated]
        return sa.Table(
            name,
            sa.MetaData(),
            *parts,
            schema=table.schema or None,
            comment=table.comment or None,
            **self.options(table),
        )

    def options(self, table: model.Table) -> dict[str, Any]:
        """Return the options of *table* as keyword arguments of `Table`."""
        options = dict(table.options)
        if self.family == "sqlite":
            told: dict[str, Any] = {"sqlite_autoincrement": True} if "autoincrement" in options else {}
            told |= {"sqlite_with_rowid": False} if "without rowid" in options else {}
            return told | ({"sqlite_strict": True} if "strict" in options else {})
        if self.family == "postgresql":
            told = {"postgresql_partition_by": options["partition by"]} if "partition by" in options else {}
            return told | ({"prefixes": ["UNLOGGED"]} if "unlogged" in options else {})
        name = self.dialect.name  # SQLAlchemy's MariaDB dialect does not look at `mysql_...`
        told = {f"{name}_engine": options["engine"]} if "engine" in options else {}
        return told | ({f"{name}_collate": options["collation"]} if "collation" in options else {})

    def foreign_key(self, fk: model.ForeignKey) -> sa.ForeignKeyConstraint:
        """Return *fk*."""
        place = ".".join(part for part in self.sql.place(fk.target) if part)
        return sa.ForeignKeyConstraint(
            list(fk.columns),
            [f"{place}.{column}" for column in fk.target_columns],
            name=_name(fk.name),
            onupdate=fk.on_update or None,
            ondelete=fk.on_delete or None,
            match=fk.match or None,
            **_deferrable(fk.deferrable),
        )

    # -- lines of code

    def create(self, table: model.Table, name: str, foreign_keys: Sequence[model.ForeignKey]) -> list[str]:
        """Return what creates *table*, called *name*, with those *foreign_keys*; its indexes and triggers come later."""
        if self._is_plain(table, foreign_keys):
            return self.lines(ops.CreateTableOp.from_table(self.table(table, name, foreign_keys)))
        return [execute(self._create_sql(table, name, foreign_keys))]

    def _is_plain(self, table: model.Table, foreign_keys: Sequence[model.ForeignKey]) -> bool:
        """Alembic can say it; names with dots in them it would take apart."""
        odd = {"virtual", "partition of", "inherits", "with", "tablespace"}.intersection(dict(table.options))
        is_sqlite = self.family == "sqlite"
        return not (
            odd
            or any(not is_simple(fk) for fk in foreign_keys)
            or (is_sqlite and any(unique.options for unique in table.uniques))
            or not table.columns
        )

    def _create_sql(self, table: model.Table, name: str, foreign_keys: Sequence[model.ForeignKey]) -> str:
        sql, options = self.sql, dict(table.options)
        owner = sql.name(table.schema, name)
        if "virtual" in options:
            return f"CREATE VIRTUAL TABLE {owner} USING {options['virtual']}"
        if "partition of" in options:
            parent, _, bound = options["partition of"].partition(" FOR VALUES ")
            bound = f" FOR VALUES {bound}" if bound else ""
            by = f" PARTITION BY {options['partition by']}" if "partition by" in options else ""
            return f"CREATE TABLE {owner} PARTITION OF {parent}{bound}{by}"
        parts = [self._column_sql(table, column) for column in table.columns]
        if table.primary_key is not None and "autoincrement" not in options:
            parts.append(sql.primary_key(table.primary_key))
        parts += [sql.unique(each) for each in table.uniques]
        parts += [sql.check(each) for each in table.checks if each.is_validated]
        parts += [sql.foreign_key(each) for each in foreign_keys]
        kind = "CREATE UNLOGGED TABLE" if "unlogged" in options else "CREATE TABLE"
        body = ",\n    ".join(parts)
        return f"{kind} {owner} (\n    {body}\n){_table_suffix(options)}"

    def _column_sql(self, table: model.Table, column: model.Column) -> str:
        said = self.sql.column(column)
        is_key = table.primary_key is not None and table.primary_key.columns == (column.name,)
        if is_key and "autoincrement" in dict(table.options) and table.primary_key is not None:
            return f"{said} {self.sql.constraint(table.primary_key.name)}PRIMARY KEY AUTOINCREMENT"
        return said

    def drop(self, table: model.Table) -> list[str]:
        """Return what drops *table*."""
        return self.lines(ops.DropTableOp(table.name, schema=table.schema or None))

    def index(self, table: model.Table, index: model.Index) -> list[str]:
        """Return what creates *index*."""
        if index.options or index.method or (index.included and self.family != "postgresql"):
            return [execute(self.sql.create_index(index, self.sql.of(table)))]
        if any(part.is_expression or part.is_descending or part.options for part in index.parts) and not index.name:
            return [execute(self.sql.create_index(index, self.sql.of(table)))]
        more: dict[str, Any] = {}
        if index.where:
            more[f"{self.family}_where"] = text(index.where)
        if index.included:
            more["postgresql_include"] = list(index.included)
        return self.lines(self.index_op(table, index, more))

    def index_op(self, table: model.Table, index: model.Index, more: dict[str, Any]) -> ops.CreateIndexOp:
        """Return the operation that creates *index*, with *more* keyword arguments of the dialect."""
        columns: list[Any] = [
            text(self.sql.part(part)) if part.is_expression or part.is_descending or part.options else part.text
            for part in index.parts
        ]
        return ops.CreateIndexOp(
            conv(index.name), table.name, columns, schema=table.schema or None, unique=index.is_unique, **more
        )

    def drop_index(self, table: model.Table, index: model.Index) -> list[str]:
        """Return what drops *index*."""
        return self.lines(ops.DropIndexOp(conv(index.name), table.name, schema=table.schema or None))

    def drop_constraint(self, table: model.Table, name: str, kind: str) -> list[str]:
        """Return what drops the constraint *name*; *kind* is Alembic's word."""
        return self.lines(ops.DropConstraintOp(conv(name), table.name, kind, schema=table.schema or None))

    def add_foreign_key(self, table: model.Table, fk: model.ForeignKey) -> list[str]:
        """Return what adds *fk* to a table that is there."""
        if not fk.is_validated or not fk.target_columns:
            return [execute(f"ALTER TABLE {self.sql.of(table)} ADD {self.sql.foreign_key(fk)}")]
        return self.lines(self.foreign_key_op(table, fk))

    def foreign_key_op(self, table: model.Table, fk: model.ForeignKey) -> ops.CreateForeignKeyOp:
        """Return the operation that adds *fk*."""
        schema, name = self.sql.place(fk.target)
        keywords: dict[str, Any] = {
            "onupdate": fk.on_update or None,
            "ondelete": fk.on_delete or None,
            "match": fk.match or None,
            **_deferrable(fk.deferrable),
        }
        if table.schema or schema:
            keywords |= {"source_schema": table.schema or None, "referent_schema": schema or None}
        return ops.CreateForeignKeyOp(
            _name(fk.name),
            table.name,
            name,
            list(fk.columns),
            list(fk.target_columns),
            **{key: value for key, value in keywords.items() if value is not None},
        )

    def add_unique(self, table: model.Table, unique: model.Unique) -> list[str]:
        """Return what adds *unique* to a table that is there."""
        if unique.options or unique.deferrable:
            return [execute(f"ALTER TABLE {self.sql.of(table)} ADD {self.sql.unique(unique)}")]
        return self.lines(self.unique_op(table, unique))

    def unique_op(self, table: model.Table, unique: model.Unique) -> ops.CreateUniqueConstraintOp:
        """Return the operation that adds *unique*."""
        return ops.CreateUniqueConstraintOp(
            _name(unique.name), table.name, list(unique.columns), schema=table.schema or None
        )

    def not_written(self, table: model.Table) -> list[str]:
        """Return a comment for each option of *table* that is not written."""
        known = _SAID.get(self.family, set())
        return [
            not_written(f"option {name} of {table.key}: {value}") for name, value in table.options if name not in known
        ]


def not_written(what: str) -> str:
    """Return the comment that stands for what cannot be said."""
    return f"# not written: {' '.join(what.split())}"


def is_simple(fk: model.ForeignKey) -> bool:
    """Say whether *fk* can be said as "table.column", validated, inside CREATE TABLE."""
    is_dotted = '"' in fk.target or fk.target.count(".") > 1 or any("." in part for part in fk.target_columns)
    return fk.is_validated and bool(fk.target_columns) and not is_dotted


def _name(name: str) -> Any:
    """A name that no naming convention changes any more; None without one."""
    return conv(name) if name else None


def _unique(unique: model.Unique) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*unique.columns, name=_name(unique.name), **_deferrable(unique.deferrable))


def _check(check: model.Check) -> sa.CheckConstraint:
    return sa.CheckConstraint(text(check.expression), name=_name(check.name))


def _deferrable(said: str) -> dict[str, Any]:
    if not said:
        return {}
    return {"deferrable": True, **({"initially": "DEFERRED"} if said.endswith("DEFERRED") else {})}


_NUMBERS = {"start", "increment", "minvalue", "maxvalue", "cache"}


def _identity_options(identity: model.Identity) -> dict[str, Any]:
    numbers = {name: int(value) for name, value in identity.options if name in _NUMBERS}
    return {**numbers, **({"cycle": True} if ("cycle", "true") in identity.options else {})}


def _table_suffix(options: dict[str, str]) -> str:
    said = f" INHERITS ({options['inherits']})" if "inherits" in options else ""
    said += f" PARTITION BY {options['partition by']}" if "partition by" in options else ""
    said += f" WITH ({options['with']})" if "with" in options else ""
    said += f" TABLESPACE {options['tablespace']}" if "tablespace" in options else ""
    sqlite = [word for name, word in (("strict", "STRICT"), ("without rowid", "WITHOUT ROWID")) if name in options]
    return said + (f" {', '.join(sqlite)}" if sqlite else "")


def altered_column(
    tables: Tables, table: model.Table, before: model.Column, after: model.Column, *, has_existing: bool = True
) -> ops.AlterColumnOp:
    """Return the operation that makes *after* of *before*: type, NULL, default and comment."""
    changed: dict[str, Any] = {}
    if (before.type, before.collation) != (after.type, after.collation):
        changed["modify_type"] = tables.type(after)
    if before.is_nullable != after.is_nullable:
        changed["modify_nullable"] = after.is_nullable
    if (before.default, before.on_update) != (after.default, after.on_update):
        changed["modify_server_default"] = tables.default(after)
    if before.comment != after.comment:
        changed["modify_comment"] = after.comment or None
    existing: dict[str, Any] = {}
    if has_existing:
        existing = {"existing_type": tables.type(before), "existing_nullable": before.is_nullable}
        if "modify_server_default" not in changed and tables.default(before) is not None:
            existing["existing_server_default"] = tables.default(replace(before, identity=None, computed=None))
        if before.comment:
            existing["existing_comment"] = before.comment
    return ops.AlterColumnOp(table.name, before.name, schema=table.schema or None, **existing, **changed)
