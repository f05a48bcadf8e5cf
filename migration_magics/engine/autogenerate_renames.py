"""Renames in autogenerate: Alembic compares with the database as it will be called, and the renames come first.

What follows a rename (keys, indexes, foreign keys from elsewhere, expressions) is no difference then. Everything else that
Alembic finds about a renamed column goes into the same `alter_column`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.autogenerate import renderers
from alembic.operations import ops
from alembic.util import DispatchPriority, PriorityDispatchResult

from ..errors import AuthoringProblem
from ..model.parts import split
from ..model.rename import in_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.plugins import Plugin

    from ..model.diff import Change

    Place = tuple[str | None, str]

_PARTS = ("columns", "pk_constraint", "foreign_keys", "indexes", "unique_constraints", "check_constraints")
_WHOLE = ("table_comment", "table_options")


class TableRename(ops.RenameTableOp):
    """A rename of a table that knows its way back; Alembic's does not."""

    def reverse(self) -> TableRename:
        """Return the rename back."""
        return TableRename(self.new_table_name, self.table_name, schema=self.schema)


class ColumnRename(ops.AlterColumnOp):
    """A change of a column that has a new name, too; the way back of Alembic's forgets the name."""

    def reverse(self) -> ops.AlterColumnOp:
        """Return what gives the old name back, with all else."""
        turned = super().reverse()
        turned.column_name, turned.modify_name = str(self.modify_name), self.column_name
        return turned


@renderers.dispatch_for(TableRename)
def _rendered(context: AutogenContext, operation: TableRename) -> str:
    prefix = context.opts["alembic_module_prefix"] or ""
    schema = f", schema={str(operation.schema)!r}" if operation.schema else ""
    return f"{prefix}rename_table({str(operation.table_name)!r}, {str(operation.new_table_name)!r}{schema})"


@dataclass(slots=True)
class Renames:
    """What is renamed: *tables* to their new names, *columns* of each table, both by the old names; schema None is the default.

    *seen* are the columns of the models that were renamed, by their new names, with what Alembic found about them.
    """

    tables: dict[Place, str] = field(default_factory=dict)
    columns: dict[Place, dict[str, str]] = field(default_factory=dict)
    seen: dict[tuple[str | None, str, str], tuple[ops.AlterColumnOp, Any]] = field(default_factory=dict)

    def setup(self, plugin: Plugin) -> None:
        """Add what compares with the renamed database, and what puts the renames first."""
        add = plugin.add_autogenerate_comparator
        add(self._look, "autogenerate", "migration_magics_names", priority=DispatchPriority.FIRST)
        add(self._keep, "column", "migration_magics_names", priority=DispatchPriority.LAST)
        add(self._put_first, "autogenerate", "migration_magics_renames", priority=DispatchPriority.LAST)

    def _look(self, context: AutogenContext, _upgrade: ops.UpgradeOps) -> PriorityDispatchResult:
        self.seen.clear()
        context.inspector = RenamedInspector(context.inspector, self)
        return PriorityDispatchResult.CONTINUE

    def _keep(
        self,
        _context: AutogenContext,
        operation: ops.AlterColumnOp,
        schema: str | None,
        table: str,
        column: str,
        *columns: Any,
    ) -> PriorityDispatchResult:
        if column in self.new_columns(schema, table):
            self.seen[schema, str(table), str(column)] = (operation, columns[0])
        return PriorityDispatchResult.CONTINUE

    def _put_first(self, context: AutogenContext, upgrade: ops.UpgradeOps) -> PriorityDispatchResult:
        there = {schema: set(context.inspector.get_table_names(schema)) for schema, _ in self.tables}
        first: list[Any] = [each for each in upgrade.ops if getattr(each, "is_first", False)]  # views by the old names
        upgrade.ops[:] = [each for each in upgrade.ops if each not in first]
        first += [
            TableRename(old, new, schema=schema) for (schema, old), new in self.tables.items() if new in there[schema]
        ]
        if context.dialect.name not in {"mysql", "mariadb"}:  # there a foreign key may need it
            first = [*self._index_drops(upgrade), *first]
        if context.dialect.name == "sqlite":
            # A batch copies the table, and would lose or break CHECKs and triggers that name the column: SQLite's own
            # RENAME COLUMN takes them along. What else changes stays in a batch.
            renames = [self._renaming(place, only_name=True) for place in self.seen]
            upgrade.ops[:] = [*first, *renames, *upgrade.ops]
            return PriorityDispatchResult.CONTINUE
        merged = {id(operation) for operation, _ in self.seen.values()}
        rest: list[Any] = []
        for each in upgrade.ops:
            if isinstance(each, ops.ModifyTableOps):
                each.ops = [one for one in each.ops if id(one) not in merged]
                if each.is_empty():
                    continue
            rest.append(each)
        by_table: dict[Place, list[ops.MigrateOperation]] = {}
        for place in self.seen:
            by_table.setdefault(place[:2], []).append(self._renaming(place))
        first += [ops.ModifyTableOps(table, found, schema=schema) for (schema, table), found in by_table.items()]
        upgrade.ops[:] = [*first, *rest]
        return PriorityDispatchResult.CONTINUE

    def _index_drops(self, upgrade: ops.UpgradeOps) -> list[ops.ModifyTableOps]:
        """Take out the drops of indexes on renamed columns: before the rename, so that the way back makes them after it."""
        result: list[ops.ModifyTableOps] = []
        for each in upgrade.ops:
            names = self.new_columns(each.schema, each.table_name) if isinstance(each, ops.ModifyTableOps) else {}
            if (
                not names
                or not isinstance(each, ops.ModifyTableOps)
                or (each.schema, each.table_name) in self._renamed()
            ):
                continue
            found = {id(one): drop for one in each.ops if (drop := _by_old_names(one, names)) is not None}
            if found:
                result.append(ops.ModifyTableOps(each.table_name, list(found.values()), schema=each.schema))
                each.ops = [one for one in each.ops if id(one) not in found]
        upgrade.ops[:] = [
            each for each in upgrade.ops if not (isinstance(each, ops.ModifyTableOps) and each.is_empty())
        ]
        return result

    def _renamed(self) -> set[Place]:
        return {(schema, new) for (schema, _), new in self.tables.items()}

    def _renaming(self, place: tuple[str | None, str, str], *, only_name: bool = False) -> ColumnRename:
        schema, table, new = place
        operation, found = self.seen[place]
        changed: dict[str, Any] = {}
        if not only_name:
            changed = {
                "modify_nullable": operation.modify_nullable,
                "modify_comment": operation.modify_comment,
                "modify_server_default": operation.modify_server_default,
                "modify_type": operation.modify_type,
                **operation.kw,
            }
        return ColumnRename(
            table,
            self.new_columns(schema, table)[new],
            schema=schema,
            existing_type=found.type if operation.existing_type is None else operation.existing_type,
            existing_server_default=operation.existing_server_default,
            existing_nullable=found.nullable if operation.existing_nullable is None else operation.existing_nullable,
            existing_comment=operation.existing_comment,
            modify_name=new,
            **changed,
        )

    # -- names

    def old_table(self, schema: str | None, name: str) -> str:
        """Return what the table *name* is called in the database."""
        return next((old for (place, old), new in self.tables.items() if (place, new) == (schema, name)), name)

    def new_table(self, schema: str | None, name: str) -> str:
        """Return what the table *name* of the database is called in the models."""
        return self.tables.get((schema, name), name)

    def new_columns(self, schema: str | None, table: str) -> dict[str, str]:
        """Return the old names of the renamed columns by the new ones; *table* is the new name of theirs."""
        return {new: old for old, new in self.columns.get((schema, self.old_table(schema, table)), {}).items()}


def _by_old_names(operation: Any, names: dict[str, str]) -> ops.DropIndexOp | None:
    """Return the drop of an index on columns alone, one of them renamed, as it is before the rename; *names* are the old ones."""
    if not isinstance(operation, ops.DropIndexOp):
        return None
    index = operation.to_index()
    columns = [str(each.name) if isinstance(each, sa.Column) else None for each in index.expressions]
    known = [each for each in columns if each is not None]
    if len(known) != len(columns) or not set(known) & set(names) or any(dict(index.dialect_kwargs).values()):
        return None
    made = ops.CreateIndexOp(
        operation.index_name,
        str(operation.table_name),
        [names.get(each, each) for each in known],
        schema=operation.schema,
        unique=bool(index.unique),
    )
    return ops.DropIndexOp(operation.index_name, operation.table_name, schema=operation.schema, _reverse=made)


def renames_of(changes: Iterable[Change]) -> Renames:
    """Return the renames in *changes*, whose paths are in the old names. Raises AuthoringProblem for another schema."""
    found = Renames()
    for change in changes:
        schema, table = split(change.path[0])
        place = (schema or None, table)
        if len(change.path) == 1:
            new_schema, new = split(change.after)
            if new_schema != schema:
                raise AuthoringProblem(
                    f"{change.before} cannot become {change.after}: Alembic renames no table into another schema.",
                    hint="write that revision by hand: ALTER TABLE ... SET SCHEMA ...",
                )
            found.tables[place] = new
        else:
            found.columns.setdefault(place, {})[change.before] = change.after
    return found


class RenamedInspector:
    """An inspector that calls what it finds by the new names."""

    def __init__(self, inspector: Any, renames: Renames) -> None:
        self._inspector, self._renames = inspector, renames
        self.info_cache: dict[Any, Any] = {}  # Alembic keeps there what it has read: by the new names

    def get_table_names(self, schema: str | None = None, **more: Any) -> list[str]:
        """Return the tables of *schema* by their new names."""
        return [self._renames.new_table(schema, name) for name in self._inspector.get_table_names(schema, **more)]

    def as_it_is(self, schema: str | None, table: str) -> tuple[str, dict[str, str]]:
        """Return what the table is called in the database, and the new names of its columns by those there."""
        old = self._renames.old_table(schema, table)
        return old, self._renames.columns.get((schema, old), {})

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inspector, name)
        kind = name.removeprefix("get_").removeprefix("multi_")
        if name.startswith("get_") and kind in {*_PARTS, *_WHOLE}:
            return self._many(found, kind) if name.startswith("get_multi_") else self._one(found, kind)
        return found

    def _many(self, method: Callable[..., Any], kind: str) -> Callable[..., Any]:
        @wraps(method)
        def read(schema: str | None = None, filter_names: Any = None, **more: Any) -> dict[Place, Any]:
            names = filter_names and [self._renames.old_table(schema, name) for name in filter_names]
            found = method(schema=schema, filter_names=names, **more)
            return {
                (place, self._renames.new_table(place, name)): self._renamed(kind, place, name, data)
                for (place, name), data in found.items()
            }

        return read

    def _one(self, method: Callable[..., Any], kind: str) -> Callable[..., Any]:
        @wraps(method)
        def read(table_name: str, schema: str | None = None, **more: Any) -> Any:
            old = self._renames.old_table(schema, table_name)
            return self._renamed(kind, schema, old, method(old, schema=schema, **more))

        return read

    def _renamed(self, kind: str, schema: str | None, table: str, data: Any) -> Any:
        names = self._renames.columns.get((schema, table), {})
        if kind == "foreign_keys":
            return [self._foreign_key(each, names) for each in data]
        if not names or not data or kind in _WHOLE:
            return data
        return _of_table(data, names) if isinstance(data, dict) else [_of_table(each, names) for each in data]

    def _foreign_key(self, found: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
        schema, table = found["referred_schema"], found["referred_table"]
        place = None if schema == self._inspector.bind.dialect.default_schema_name else schema
        theirs = self._renames.columns.get((place, table), {})
        return {
            **found,
            "constrained_columns": [names.get(each, each) for each in found["constrained_columns"]],
            "referred_table": self._renames.new_table(place, table),
            "referred_columns": [theirs.get(each, each) for each in found["referred_columns"]],
        }


def _of_table(found: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return a column, key, index or CHECK as the inspector gives it, its columns called by *names*."""
    changed = {
        key: _value(key, value, names)
        for key, value in found.items()
        if key != "name" or "type" in found  # a column's own name; those of constraints stay
    }
    if "type" in found and found["name"] in names and str(found.get("default") or "").startswith("nextval("):
        changed["default"] = None  # of SERIAL, which Alembic tells by the column's old name
    return {**found, **changed}


def _value(key: str, value: Any, names: dict[str, str]) -> Any:
    if key in {"name", "column_names", "constrained_columns", "include_columns"}:
        return names.get(value, value) if isinstance(value, str) else [names.get(each, each) for each in value]
    if key == "column_sorting":
        return {names.get(each, each): how for each, how in value.items()}
    if key == "expressions":
        return [_text(each, names) for each in value]
    if key in {"sqltext", "computed", "dialect_options"} and value:
        if isinstance(value, str):
            return _text(value, names)
        return {
            each: _text(one, names)
            if isinstance(one, str)
            else [names.get(part, part) for part in one]
            if isinstance(one, list)
            else one
            for each, one in value.items()
        }
    return value


def _text(sql: str, names: dict[str, str]) -> str:
    if sql in names:
        return names[sql]
    for old, new in names.items():
        sql = in_sql(sql, old, new)
    return sql
