"""Alembic's operations -> what they do, in the terms of `rules.explained`: kinds, circumstances, names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.ddl.postgresql import CreateExcludeConstraintOp
from alembic.operations import ops

from ...model.explanation import Deed
from ..percent import as_written
from . import defaults, types
from .sql import about

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy.engine import Dialect

KINDS: dict[type[ops.MigrateOperation], str] = {
    ops.CreateTableOp: "create_table",
    ops.DropTableOp: "drop_table",
    ops.RenameTableOp: "rename_table",
    ops.CreateTableCommentOp: "create_table_comment",
    ops.DropTableCommentOp: "drop_table_comment",
    ops.AddColumnOp: "add_column",
    ops.DropColumnOp: "drop_column",
    ops.AlterColumnOp: "alter_column",
    ops.CreateIndexOp: "create_index",
    ops.DropIndexOp: "drop_index",
    ops.CreatePrimaryKeyOp: "create_primary_key",
    ops.CreateUniqueConstraintOp: "create_unique_constraint",
    ops.CreateForeignKeyOp: "create_foreign_key",
    ops.CreateCheckConstraintOp: "create_check_constraint",
    CreateExcludeConstraintOp: "create_exclude_constraint",
    ops.DropConstraintOp: "drop_constraint",
    ops.BulkInsertOp: "bulk_insert",
    ops.ExecuteSQLOp: "execute",
}
"""Alembic's own directives (1.20) and their files of facts."""


class Reader:
    """Reads operations for one *dialect*; *old_type* finds the type a column has by now, "" where that is not known."""

    def __init__(self, dialect: Dialect, old_type: Callable[[str, str], str] = lambda _table, _column: "") -> None:
        self.dialect = dialect
        self._old_type = old_type
        self._proved: set[tuple[str, str]] = set()

    def deeds(self, operation: ops.MigrateOperation, *further: str) -> tuple[Deed, ...]:
        """Return what *operation* does; the *further* traits are where it stands ("batch", "autocommit")."""
        kind = next((KINDS[each] for each in type(operation).__mro__ if each in KINDS), "other")
        if kind == "other":
            found = [Deed("other", values=self._values(operation, name=type(operation).__name__.removesuffix("Op")))]
        else:
            found = list(getattr(self, f"_{kind}")(operation))
        return tuple(Deed(deed.kind, deed.traits | frozenset(further), deed.values) for deed in found)

    # -- tables

    def _create_table(self, operation: ops.CreateTableOp) -> Iterable[Deed]:
        columns = [item for item in operation.columns if isinstance(item, sa.Column)]
        has_fk = any(isinstance(item, sa.ForeignKeyConstraint) for item in operation.columns) or any(
            column.foreign_keys for column in columns
        )
        names = ", ".join(str(column.name) for column in columns)
        yield self._deed("create_table", operation, {"foreign key": has_fk}, columns=names)

    def _drop_table(self, operation: ops.DropTableOp) -> Iterable[Deed]:
        yield self._deed("drop_table", operation)

    def _rename_table(self, operation: ops.RenameTableOp) -> Iterable[Deed]:
        yield self._deed("rename_table", operation, new=operation.new_table_name)

    def _create_table_comment(self, operation: ops.CreateTableCommentOp) -> Iterable[Deed]:
        yield self._deed("create_table_comment", operation)

    def _drop_table_comment(self, operation: ops.DropTableCommentOp) -> Iterable[Deed]:
        yield self._deed("drop_table_comment", operation)

    # -- columns

    def _add_column(self, operation: ops.AddColumnOp) -> Iterable[Deed]:
        column = operation.column
        name, computed = str(column.name), column.computed
        default = "" if computed is not None or column.identity is not None else defaults.trait(column.server_default)
        is_numbered = column.identity is not None and self.dialect.name == "postgresql"  # the others leave it out
        is_serial = column.primary_key and isinstance(column.type, sa.Integer)
        traits = {
            default: bool(default),
            "no default": not default,
            "not null": column.nullable is False and not column.primary_key,
            "computed stored": computed is not None and computed.persisted is True,
            "computed virtual": computed is not None and computed.persisted is not True,
            "identity": is_numbered or bool(is_serial),
            "identity left out": column.identity is not None and self.dialect.name != "postgresql",
        }
        yield self._deed("add_column", operation, traits, name=name, type=self._type(column.type))
        for key in column.foreign_keys:
            yield self._deed("create_foreign_key", operation, name=name, columns=name, referred=_referred(key))
        if column.unique and not column.index:
            yield self._deed("create_unique_constraint", operation, columns=name)
        elif column.index:
            yield self._deed("create_index", operation, {"unique": bool(column.unique)}, columns=name, name="")

    def _drop_column(self, operation: ops.DropColumnOp) -> Iterable[Deed]:
        yield self._deed("drop_column", operation, name=operation.column_name)

    def _alter_column(self, operation: ops.AlterColumnOp) -> Iterable[Deed]:
        name, found = operation.column_name, []
        values = {"name": name, "type": self._type(operation.modify_type or operation.existing_type)}
        if operation.modify_type is not None:
            old = self._old(operation)
            traits = {types.change(old, values["type"]): True, "using": "postgresql_using" in operation.kw}
            traits["more length"] = types.needs_more_length(old, values["type"])
            found.append(self._deed("alter_column_type", operation, traits, **values, old=old or "its type"))
        if operation.modify_nullable is not None:
            traits = {"not null": not operation.modify_nullable, "nullable": operation.modify_nullable}
            traits["proved"] = (operation.table_name, name) in self._proved and not operation.modify_nullable
            found.append(self._deed("alter_column_nullable", operation, traits, **values))
        if operation.modify_server_default is not False:
            default = operation.modify_server_default
            is_generated = isinstance(default, (sa.Identity, sa.Computed))
            traits = {"dropped": default is None, "generated": is_generated}
            said = "" if is_generated else defaults.written(default) or ""
            found.append(self._deed("alter_column_default", operation, traits, **values, default=said))
        if operation.modify_comment is not False:
            found.append(self._deed("alter_column_comment", operation, {}, **values))
        if operation.modify_name is not None:
            found.append(self._deed("rename_column", operation, {}, **values, new=operation.modify_name))
        return found or [self._deed("alter_column", operation, {}, **values)]

    def _old(self, operation: ops.AlterColumnOp) -> str:
        if operation.existing_type is not None:
            return self._type(operation.existing_type)
        table = ".".join(part for part in (operation.schema, operation.table_name) if part)
        return self._old_type(table, operation.column_name)

    # -- indexes and constraints

    def _create_index(self, operation: ops.CreateIndexOp) -> Iterable[Deed]:
        traits = {"unique": bool(operation.unique), "concurrently": bool(operation.kw.get("postgresql_concurrently"))}
        prefixes = (str(operation.kw.get(f"{name}_prefix") or "").upper() for name in ("mariadb", "mysql"))
        traits["fulltext"] = any(prefix in {"FULLTEXT", "SPATIAL"} for prefix in prefixes)
        columns = ", ".join(str(each) for each in operation.columns)
        yield self._deed("create_index", operation, traits, name=str(operation.index_name or ""), columns=columns)

    def _drop_index(self, operation: ops.DropIndexOp) -> Iterable[Deed]:
        traits = {"concurrently": bool(operation.kw.get("postgresql_concurrently"))}
        values = {"name": str(operation.index_name), "table": operation.table_name or "its table"}
        yield self._deed("drop_index", operation, traits, **values)

    def _create_primary_key(self, operation: ops.CreatePrimaryKeyOp) -> Iterable[Deed]:
        yield self._deed("create_primary_key", operation, columns=", ".join(operation.columns))

    def _create_unique_constraint(self, operation: ops.CreateUniqueConstraintOp) -> Iterable[Deed]:
        yield self._deed("create_unique_constraint", operation, columns=", ".join(operation.columns))

    def _create_foreign_key(self, operation: ops.CreateForeignKeyOp) -> Iterable[Deed]:
        traits = {"not valid": bool(operation.kw.get("postgresql_not_valid"))}
        columns = ", ".join(operation.local_cols)
        table = _dotted(operation.kw.get("source_schema"), operation.source_table)
        referred = _dotted(operation.kw.get("referent_schema"), operation.referent_table)
        yield self._deed("create_foreign_key", operation, traits, table=table, columns=columns, referred=referred)

    def _create_check_constraint(self, operation: ops.CreateCheckConstraintOp) -> Iterable[Deed]:
        is_open = bool(operation.kw.get("postgresql_not_valid"))
        condition = str(operation.condition)
        words = condition.lower().replace('"', "").split()
        if len(words) == 4 and words[1:] == ["is", "not", "null"] and not is_open:
            self._proved.add((operation.table_name, words[0]))
        yield self._deed("create_check_constraint", operation, {"not valid": is_open}, condition=condition)

    def _create_exclude_constraint(self, operation: CreateExcludeConstraintOp) -> Iterable[Deed]:
        yield self._deed("create_exclude_constraint", operation)

    def _drop_constraint(self, operation: ops.DropConstraintOp) -> Iterable[Deed]:
        kind = operation.constraint_type or ""
        yield self._deed("drop_constraint", operation, {kind: bool(kind)}, what=_KIND_WORDS.get(kind, "constraint"))

    # -- rows and SQL

    def _bulk_insert(self, operation: ops.BulkInsertOp) -> Iterable[Deed]:
        rows = f"{len(operation.rows):,} {'row' if len(operation.rows) == 1 else 'rows'}"
        yield self._deed("bulk_insert", operation, table=str(operation.table.name), rows=rows)

    def _execute(self, operation: ops.ExecuteSQLOp) -> Iterable[Deed]:
        yield from about(self._text(operation.sqltext))

    # -- shared

    def _deed(
        self, kind: str, operation: ops.MigrateOperation, traits: Mapping[str, bool] | None = None, /, **values: str
    ) -> Deed:
        held = frozenset(name for name, is_so in (traits or {}).items() if is_so and name)
        return Deed(kind, held, self._values(operation, **values))

    def _values(self, operation: ops.MigrateOperation, **values: str) -> dict[str, str]:
        held: Any = operation
        table = _dotted(getattr(held, "schema", None), getattr(held, "table_name", None) or "")
        name = str(getattr(held, "constraint_name", None) or "")
        keys = getattr(held, "kw", {})
        parts = {
            "bare": getattr(held, "table_name", None) or getattr(held, "source_table", None),
            "schema": getattr(held, "schema", None) or keys.get("source_schema"),
            "bare_referred": getattr(held, "referent_table", None),
            "referred_schema": keys.get("referent_schema"),
        }
        known = {part: str(said) for part, said in parts.items() if said}
        return {"table": table or "the table", "name": name, **known, **values}

    def _text(self, said: Any) -> str:
        if isinstance(said, str):
            return said
        try:
            return as_written(str(said.compile(dialect=self.dialect)), self.dialect)
        except sa.exc.CompileError:  # another database's: SQLAlchemy's own spelling tells as much
            return str(said)

    def _type(self, type_: Any) -> str:
        if type_ is None:
            return ""
        try:
            made = type_() if isinstance(type_, type) else type_
            return str(made.compile(dialect=self.dialect))
        except sa.exc.CompileError:
            return repr(type_)


_KIND_WORDS = {"foreignkey": "foreign key", "unique": "unique constraint", "primary": "primary key", "check": "check"}


def _dotted(schema: Any, table: Any) -> str:
    return ".".join(str(part) for part in (schema, table) if part)


def _referred(key: sa.ForeignKey) -> str:
    return str(key.target_fullname).rpartition(".")[0] or str(key.target_fullname)
