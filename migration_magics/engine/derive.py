"""Derive a downgrade: listen to what an upgrade does, and reverse it where every single step can be.

What cannot be reversed for certain is refused, with the reason. Alembic's own `reverse()` guesses there (1.20.1,
operations/ops.py): it leaves out old values that were never given, and re-creates a dropped index on a column "x".
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import ArgumentError

from ..model.body import indented
from ..model.revision_file import DERIVED
from .host import directives as host
from .host.environment import proxies_as_they_were
from .places import place_of
from .workplace import workplace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from sqlalchemy.engine import Dialect

    from .database import Database
    from .environment import Captured
    from .project import Project

_Undo = ops.MigrateOperation | host.Batch | str
_NAMES = {
    ops.DropTableOp: "drop_table: what the table held and looked like is not in the upgrade",
    ops.DropColumnOp: "drop_column: what the column was and held is not in the upgrade",
    ops.DropIndexOp: "drop_index: the columns of the index are not in the upgrade",
    ops.DropConstraintOp: "drop_constraint: what the constraint was is not in the upgrade",
    ops.ExecuteSQLOp: "op.execute: SQL cannot be reversed",
    ops.BulkInsertOp: "bulk_insert: which rows to delete again is not known",
}


@dataclass(frozen=True, slots=True)
class Derived:
    """A derived downgrade: its statements and the imports they need; or *problem*, why there is none.

    *failure* is what the upgrade itself raised when it was tried without a database, *place* where: " (NAME, line N)".
    """

    code: str = ""
    imports: tuple[str, ...] = ()
    problem: str = ""
    failure: str = ""
    place: str = ""

    @property
    def statements(self) -> str:
        """What goes into `downgrade()`: the reversed operations, or an honest failure."""
        if self.problem:
            return f"raise NotImplementedError({('This revision cannot be undone: ' + self.problem + '.')!r})"
        return f"{DERIVED}\n{self.code or 'pass'}"


class _Irreversible(Exception):
    """One operation cannot be reversed; the text says which and why."""


def derive(
    project: Project, module: ModuleType, function: str, dialect: Dialect, options: Mapping[str, Any]
) -> Derived:
    """Return the downgrade that undoes *function* of *module* on *dialect*; *options* are those env.py configures.

    The function runs against a listener, without a database. It never raises for what the upgrade does: a refusal is an
    answer.
    """
    made = host.context(dialect, options)
    try:
        with workplace(project), proxies_as_they_were(), host.listening(made) as heard:
            getattr(module, function)()
    except host.NeedsDatabase as refusal:
        return Derived(problem=refusal.what)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's code may raise anything; it becomes the answer
        failure = f"{type(error).__name__}: {_first_line(error)}".rstrip(": ")
        return Derived(
            problem=f"without a database it fails: {failure}",
            failure=failure,
            place=place_of(error, getattr(module, "__file__", "") or ""),
        )
    try:
        undone = _Reversal(made).of(heard)
    except _Irreversible as refusal:
        return Derived(problem=str(refusal))
    renderer = host.Renderer(made)
    code = "\n".join(_code(each, renderer) for each in undone)
    return Derived(code, renderer.imports)


def dialect_of(database: Database | None, captured: Captured | None) -> Dialect:
    """Return the dialect to derive for: the database's, else that of the URL env.py configures, else SQLAlchemy's default."""
    if database is not None:
        return database.engine.dialect
    urls = [call.url for call in captured.calls if call.url is not None] if captured else []
    try:
        return urls[0].get_dialect()() if urls else DefaultDialect()
    except (ImportError, ArgumentError):  # a placeholder such as driver://
        return DefaultDialect()


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else ""


class _Reversal:
    """Goes through the operations in order and keeps, for each, what undoes it."""

    def __init__(self, made: Any) -> None:
        self.made = made
        self.dialect: Dialect = made.dialect
        self.undos: list[list[_Undo]] = []
        self.created: dict[tuple[str | None, str], int] = {}
        """Tables that the upgrade itself creates, with the place of their undo: dropping them undoes all that is done to them."""

    def of(self, heard: list[ops.MigrateOperation | host.Batch]) -> list[_Undo]:
        for each in heard:
            if isinstance(each, host.Batch):
                self._batch(each)
            else:
                self._operation(each)
        return [undo for undos in reversed(self.undos) for undo in undos]

    def _batch(self, batch: host.Batch) -> None:
        if (batch.schema, batch.table) in self.created:
            return
        for name, value in batch.keywords.items():
            if name not in {"recreate", "naming_convention"}:
                raise _Irreversible(
                    f"batch_alter_table({batch.table!r}, {name}=...): the way back may need another {name}"
                )
            del value
        undone: list[ops.MigrateOperation] = []
        for operation in reversed(batch.operations):
            way_back = self._undo(operation, in_batch=True)
            undone += [
                undo for undo in way_back if isinstance(undo, ops.MigrateOperation)
            ]  # nothing else comes in a batch
        if undone:
            self.undos.append([host.Batch(batch.table, batch.schema, batch.keywords, undone)])

    def _operation(self, operation: ops.MigrateOperation) -> None:
        key = _table_key(operation)
        if isinstance(operation, ops.CreateTableOp):
            self._created(operation)
        elif isinstance(operation, ops.RenameTableOp):
            self._renamed(operation)
        elif isinstance(operation, ops.DropTableOp) and key in self.created:
            self.undos[self.created.pop(key)].clear()
        elif key in self.created:
            return
        else:
            self.undos.append(self._undo(operation))

    def _created(self, operation: ops.CreateTableOp) -> None:
        if operation.if_not_exists:
            raise _Irreversible(
                f"create_table({operation.table_name!r}, if_not_exists=True): the table may have been there before"
            )
        self.created[operation.schema, str(operation.table_name)] = len(self.undos)
        table = operation.to_table(self.made)
        drop = ops.DropTableOp(operation.table_name, schema=operation.schema)
        self.undos.append([drop, *_enum_drops(table, self.dialect)])

    def _renamed(self, operation: ops.RenameTableOp) -> None:
        key = (operation.schema, str(operation.table_name))
        if key in self.created:
            place = self.created.pop(key)
            self.created[operation.schema, str(operation.new_table_name)] = place
            self.undos[place][0] = ops.DropTableOp(operation.new_table_name, schema=operation.schema)
            return
        schema = f", schema={operation.schema!r}" if operation.schema else ""
        self.undos.append(
            [f"op.rename_table({str(operation.new_table_name)!r}, {str(operation.table_name)!r}{schema})"]
        )

    def _undo(self, operation: ops.MigrateOperation, *, in_batch: bool = False) -> list[_Undo]:
        """Return what undoes *operation*, in the order to run. Raises _Irreversible."""
        if getattr(operation, "if_not_exists", None):
            raise _Irreversible(f"{_called(operation)} with if_not_exists: it may have been there before")
        if in_batch and isinstance(operation, ops.AddColumnOp):  # what came with the column goes with it
            return [ops.DropColumnOp(operation.table_name, str(operation.column.name), schema=operation.schema)]
        for kind, reason in _NAMES.items():
            if isinstance(operation, kind) and getattr(operation, "_reverse", None) is None:
                raise _Irreversible(_about(operation, reason))
        for kind, undo in self._ways().items():
            if isinstance(operation, kind):
                return undo(operation)
        with suppress(NotImplementedError, ValueError):
            return [operation.reverse()]
        raise _Irreversible(f"{_called(operation)}: it has no reverse")

    def _ways(self) -> dict[type, Callable[[Any], list[_Undo]]]:
        return {
            ops.AlterColumnOp: self._altered,
            ops.AddColumnOp: self._added,
            ops.AddConstraintOp: self._constrained,
            ops.CreateIndexOp: self._indexed,
            ops.CreateTableCommentOp: _commented,
            ops.DropTableCommentOp: _commented,
        }

    def _altered(self, operation: ops.AlterColumnOp) -> list[_Undo]:
        where = f"alter_column({operation.table_name!r}, {operation.column_name!r})"
        missing = [
            name
            for name, is_changed, is_known in (
                ("existing_nullable", operation.modify_nullable is not None, operation.existing_nullable is not None),
                ("existing_type", operation.modify_type is not None, operation.existing_type is not None),
                (
                    "existing_server_default",
                    operation.modify_server_default is not False,
                    operation.existing_server_default is not False,
                ),
                ("existing_comment", operation.modify_comment is not False, operation.existing_comment is not None),
            )
            if is_changed and not is_known
        ]
        if missing:
            raise _Irreversible(f"{where}: how it was before is not said; give {' and '.join(missing)}")
        others = sorted(name for name, value in operation.kw.items() if value and not name.startswith("existing_"))
        if others:
            raise _Irreversible(f"{where}: {others[0]} has no reverse")
        if self.dialect.name == "postgresql" and operation.modify_type is not None:
            _check_cast(where, operation.modify_type, operation.existing_type)
        reverse = operation.reverse()
        new_name = operation.modify_name
        if new_name is not None:
            reverse.column_name, reverse.modify_name = new_name, operation.column_name
        return [reverse]

    def _added(self, operation: ops.AddColumnOp) -> list[_Undo]:
        indexes, keys = host.brought_along(operation, self.made)
        table, schema, column = operation.table_name, operation.schema, str(operation.column.name)
        drop = ops.DropColumnOp(table, column, schema=schema)
        if self.dialect.name == "sqlite" and keys:
            return [host.Batch(table, schema, {}, [drop])]
        undone: list[_Undo] = []
        for key in keys:
            name = host.final_name(key, self.dialect)
            if name is None and self.dialect.name in {"mysql", "mariadb"}:
                raise _Irreversible(
                    f"add_column({table!r}, {column!r}): its foreign key has no name, and must be dropped by name first"
                )
            if name is not None:
                undone.append(ops.DropConstraintOp(name, table, "foreignkey", schema=schema))
        if not keys:
            undone += [self._drop_index(index, table, schema) for index in indexes]
        return [*undone, drop]

    def _constrained(self, operation: ops.AddConstraintOp) -> list[_Undo]:
        constraint: Any = operation.to_constraint(self.made)
        reverse = operation.reverse()
        name = host.final_name(constraint, self.dialect)
        if name is None:
            raise _Irreversible(f"{_called(operation)}: the constraint has no name to drop it by")
        reverse.constraint_name = name
        if isinstance(operation, ops.CreateForeignKeyOp) and getattr(self.dialect, "is_mariadb", False):
            # the server makes an index of the same name where the columns have none, and keeps it
            table, schema = operation.source_table, operation.kw.get("source_schema")
            return [reverse, ops.DropIndexOp(name, table, schema=schema, if_exists=True)]
        return [reverse]

    def _indexed(self, operation: ops.CreateIndexOp) -> list[_Undo]:
        index = operation.to_index(self.made)
        if host.final_name(index, self.dialect) is None:
            raise _Irreversible(f"{_called(operation)}: the index has no name to drop it by")
        if any(name.endswith("_concurrently") and value for name, value in operation.kw.items()):
            raise _Irreversible(f"{_called(operation)}: CONCURRENTLY runs outside of the transaction")
        return [self._drop_index(index, operation.table_name, operation.schema)]

    def _drop_index(self, index: sa.Index, table: str, schema: str | None) -> ops.MigrateOperation:
        return ops.DropIndexOp(sa.sql.elements.conv(host.final_name(index, self.dialect) or ""), table, schema=schema)


def _commented(operation: ops.CreateTableCommentOp | ops.DropTableCommentOp) -> list[_Undo]:
    if operation.existing_comment is None:
        raise _Irreversible(f"{_called(operation)}: how it was before is not said; give existing_comment")
    return [operation.reverse()]


def _check_cast(where: str, new: Any, old: Any) -> None:
    """PostgreSQL casts by itself only to text and among numbers (manual, CREATE CAST: assignment casts)."""
    became, was = _kind(new), _kind(old)
    if was not in {became, "text"}:
        raise _Irreversible(f"{where}: PostgreSQL needs a USING expression for the way back")


def _kind(type_: Any) -> str:
    found = type_() if isinstance(type_, type) else type_
    if isinstance(found, sa.String) and not isinstance(found, sa.Enum):
        return "text"
    if isinstance(found, (sa.Integer, sa.Numeric)):
        return "number"
    return str(found.__visit_name__).lower()


def _enum_drops(table: sa.Table, dialect: Dialect) -> list[str]:
    """PostgreSQL makes an enum type with the table, and keeps it when the table goes."""
    if dialect.name != "postgresql":
        return []
    found: dict[str, None] = {}
    for column in table.columns:
        kind = column.type.item_type if isinstance(column.type, sa.ARRAY) else column.type
        if isinstance(kind, sa.Enum) and kind.native_enum and kind.name and getattr(kind, "create_type", True):
            schema = f", schema={kind.schema!r}" if kind.schema else ""
            found[f"sa.Enum(name={str(kind.name)!r}{schema}).drop(op.get_bind(), checkfirst=True)"] = None
    return list(found)


def _table_key(operation: ops.MigrateOperation) -> tuple[str | None, str]:
    if isinstance(operation, ops.BulkInsertOp):
        return operation.table.schema, str(operation.table.name)
    name = getattr(operation, "table_name", None) or getattr(operation, "source_table", None)
    schema = getattr(operation, "schema", None) or getattr(operation, "source_schema", None)
    return schema, str(name or "")


def _called(operation: ops.MigrateOperation) -> str:
    from .host.recorder import describe

    directive = describe(operation)
    inside = ", ".join(repr(part) for part in (directive.table, directive.name) if part)
    return f"{directive.kind}({inside})" if inside else directive.kind


def _about(operation: ops.MigrateOperation, reason: str) -> str:
    return f"{_called(operation)}: {reason.partition(': ')[2]}" if not reason.startswith("op.") else reason


def _code(undo: _Undo, renderer: host.Renderer) -> str:
    if isinstance(undo, str):
        return undo
    if not isinstance(undo, host.Batch):
        return renderer.code(undo)
    schema = f", schema={undo.schema!r}" if undo.schema else ""
    keywords = "".join(f", {name}={value!r}" for name, value in undo.keywords.items())
    lines = "\n".join(renderer.code(each, in_batch=True) for each in undo.operations)
    return f"with op.batch_alter_table({undo.table!r}{schema}{keywords}) as batch_op:\n{indented(lines)}"
