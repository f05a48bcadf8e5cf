"""Listen to the directives of an upgrade without running any: no database is there, none is needed.

The hooks sit on an `Operations` *instance*, so nothing of Alembic is changed for anybody else (Alembic 1.18 to 1.20).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import render
from alembic.autogenerate.api import AutogenContext
from alembic.operations import Operations, ops
from alembic.operations.base import BatchOperations
from alembic.operations.batch import BatchOperationsImpl
from alembic.operations.schemaobj import SchemaObjects
from alembic.runtime.migration import MigrationContext
from alembic.util import sqla_compat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy.engine import Dialect
    from sqlalchemy.schema import Column, Constraint, ForeignKeyConstraint, Index


class NeedsDatabase(BaseException):
    """The upgrade does something that only a database can answer.

    Not an `Exception`: an upgrade that catches those must not go on as if nothing was.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(slots=True)
class Batch:
    """A `batch_alter_table` block: its table, the further keywords it was given, its directives."""

    table: str
    schema: str | None
    keywords: Mapping[str, Any]
    operations: list[ops.MigrateOperation] = field(default_factory=list)


class _Bind:
    """Stands where the connection would: it knows the dialect and nothing else."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.engine = self

    def __getattr__(self, name: str) -> Any:
        raise NeedsDatabase(f"it uses the database connection (.{name})")


def context(dialect: Dialect, options: Mapping[str, Any]) -> MigrationContext:
    """Return a migration context for *dialect* that has no database, with env.py's *options*."""
    kept = {
        name: value
        for name, value in options.items()
        if name not in {"on_version_apply", "output_buffer", "dialect_opts"}
    }
    made = MigrationContext.configure(dialect=dialect, opts={"as_sql": True, **kept})
    made.connection = _Bind(dialect)  # type: ignore[assignment]
    made.as_sql = False
    made.autocommit_block = _no_autocommit  # type: ignore[method-assign]
    made.impl.connection = made.connection
    return made


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (tuple, list, dict)) and not value)


def _no_autocommit() -> Any:
    raise NeedsDatabase("it leaves the transaction (autocommit_block)")


@contextmanager
def listening(made: MigrationContext) -> Iterator[list[ops.MigrateOperation | Batch]]:
    """Bind `alembic.op` to a listener; yields the list that fills. Use inside `proxies_as_they_were`."""
    heard: list[ops.MigrateOperation | Batch] = []
    operations = Operations(made)

    def noting(into: list[Any]) -> Callable[[ops.MigrateOperation], Any]:
        def invoke(operation: ops.MigrateOperation) -> Any:
            into.append(operation)
            return operation.to_table(made) if isinstance(operation, ops.CreateTableOp) else None

        return invoke

    @contextmanager
    def batch_alter_table(
        table_name: str, schema: str | None = None, recreate: str = "auto", **keywords: Any
    ) -> Iterator[BatchOperations]:
        if recreate != "auto":
            keywords["recreate"] = recreate
        batch = Batch(table_name, schema, {name: value for name, value in keywords.items() if not _is_empty(value)})
        heard.append(batch)
        impl = BatchOperationsImpl(operations, table_name, schema, "auto", None, (), {}, (), {}, None, ())  # type: ignore[no-untyped-call]
        inner = BatchOperations(made, impl=impl)
        inner.invoke = noting(batch.operations)  # type: ignore[method-assign,assignment]
        yield inner

    operations.invoke = noting(heard)  # type: ignore[method-assign,assignment]
    operations.batch_alter_table = batch_alter_table  # type: ignore[method-assign,assignment]
    operations.get_bind = lambda: made.connection  # type: ignore[method-assign,assignment,return-value]
    operations._install_proxy()
    try:
        yield heard
    finally:
        operations._remove_proxy()


class Renderer:
    """Directives -> the Python that calls them, as autogenerate writes it; *imports* fills with what that needs."""

    def __init__(self, made: MigrationContext) -> None:
        options = {
            "sqlalchemy_module_prefix": "sa.",
            "alembic_module_prefix": "op.",
            "user_module_prefix": None,
            "render_item": None,
            **{name: value for name, value in made.opts.items() if name in {"user_module_prefix", "render_item"}},
        }
        self._context = AutogenContext(made, opts=options)
        self._context.imports = set()

    @property
    def imports(self) -> tuple[str, ...]:
        """The import lines the rendered code needs, sorted."""
        return tuple(sorted(self._context.imports))

    def code(self, operation: ops.MigrateOperation, *, in_batch: bool = False) -> str:
        """Return the call of *operation*, on `batch_op` where it stands in a batch."""
        if in_batch:
            with self._context._within_batch():
                return render.render_op_text(self._context, operation)
        return render.render_op_text(self._context, operation)


def final_name(thing: Constraint | Index, dialect: Dialect) -> str | None:
    """Return the name a constraint or index gets in the database, naming conventions applied; None where it has none."""
    return sqla_compat._get_constraint_final_name(thing, dialect)


def brought_along(operation: ops.AddColumnOp, made: MigrationContext) -> tuple[list[Index], list[ForeignKeyConstraint]]:
    """Return the indexes and foreign keys that adding the column creates besides it."""
    column: Column[Any] = sqla_compat._copy(operation.column)
    table = SchemaObjects(made).table(operation.table_name, column, schema=operation.schema)
    return list(table.indexes), list(table.foreign_key_constraints)
