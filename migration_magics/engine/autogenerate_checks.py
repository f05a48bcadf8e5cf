"""CHECK constraints in autogenerate: equal where the database itself reads both expressions as the same.

PostgreSQL spells both on a temporary table in a savepoint that is rolled back; SQLite keeps the text, and compiles both.
What cannot be told so is left alone. A name alone makes no difference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.autogenerate import renderers
from alembic.operations import ops
from alembic.util import DispatchPriority, PriorityDispatchResult
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.elements import conv

from ..model.rename import in_sql
from .autogenerate_spelling import on_postgresql, on_sqlite
from .host.comparators import call_prefix, final_name, with_f
from .reflect import sqlite_body
from .uncompared import CHECKS, is_on

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.plugins import Plugin

_BIND = re.compile(r"(?<![:\w\\]):(?=\w)")
"""What SQLAlchemy's `text()` takes for a parameter."""


class AddCheck(ops.CreateCheckConstraintOp):
    """A CHECK by its text, which knows its way back."""

    def reverse(self) -> Any:
        """Return the drop of it."""
        return DropCheck(self)


class DropCheck(ops.DropConstraintOp):
    """The drop of a CHECK, which comes back as it was."""

    def __init__(self, check: AddCheck) -> None:
        super().__init__(check.constraint_name, check.table_name, "check", schema=check.schema, _reverse=check)
        self.check = check

    def reverse(self) -> AddCheck:
        """Return the CHECK."""
        return self.check


@renderers.dispatch_for(AddCheck)
def _rendered(context: AutogenContext, operation: AddCheck) -> str:
    prefix, is_batch = call_prefix(context)
    table = "" if is_batch else f"{str(operation.table_name)!r}, "
    schema = f", schema={str(operation.schema)!r}" if operation.schema and not is_batch else ""
    name = with_f(str(operation.constraint_name), prefix)
    return f"{prefix}create_check_constraint({name}, {table}{escaped(str(operation.condition))!r}{schema})"


def escaped(sql: str) -> str:
    """Return *sql* as `text()` has to get it: what looks like a parameter is none."""
    return _BIND.sub(r"\\:", sql)


@dataclass(frozen=True, slots=True)
class _Check:
    name: str | None
    text: str
    constraint: Any = None


def setup(plugin: Plugin) -> None:
    """Add the comparator to a plugin, for the databases where expressions can be told to be equal."""
    for dialect in ("sqlite", "postgresql"):
        plugin.add_autogenerate_comparator(
            _compare, "table", "migration_magics_checks", qualifier=dialect, priority=DispatchPriority.LAST
        )


def _compare(context: AutogenContext, operations: ops.ModifyTableOps, *found: Any) -> PriorityDispatchResult:
    schema, name, there, wanted = found
    if there is None or wanted is None or context.connection is None:
        return PriorityDispatchResult.CONTINUE
    if not any(isinstance(each, sa.CheckConstraint) for table in (there, wanted) for each in _constraints(table)):
        return PriorityDispatchResult.CONTINUE
    is_sqlite = context.dialect.name == "sqlite"
    models = [each for each in _of_models(wanted, context) if is_sqlite or each.text]
    database = _in_sqlite(context, schema, name) if is_sqlite else _reflected(there)
    if database is None or not (models or database):
        return PriorityDispatchResult.CONTINUE
    spell = on_sqlite if is_sqlite else on_postgresql
    texts = tuple(dict.fromkeys(each.text for each in (*models, *database)))
    spelled = spell(context, schema, name, wanted, texts)
    gone, added = _differing(models, database, spelled)
    if is_on(CHECKS, tuple(context.opts.get("autogenerate_plugins") or ())):  # that one adds and drops by name
        both = {each.name for each in gone} & {each.name for each in added}
        gone, added = ([each for each in some if each.name in both] for some in (gone, added))
    gone = [each for each in gone if _is_to_go(each, wanted)]
    parents: Any = {"table_name": name, "schema_name": schema}
    drops = [
        DropCheck(_operation(each, name, schema))
        for each in gone
        if context.run_name_filters(each.name, "check_constraint", parents)
        and context.run_object_filters(_object(each), each.name, "check_constraint", True, None)  # noqa: FBT003 - Alembic's
    ]
    adds = [
        _operation(each, name, schema)
        for each in added
        if context.run_object_filters(_object(each), each.name, "check_constraint", False, None)  # noqa: FBT003
    ]
    operations.ops[:] = [*drops, *operations.ops, *adds]
    return PriorityDispatchResult.CONTINUE


def _constraints(table: sa.Table) -> list[Any]:
    return [*table.constraints, *(each for column in table.columns for each in column.constraints)]


def _operation(check: _Check, table: str, schema: str | None) -> AddCheck:
    return AddCheck(conv(str(check.name)), str(table), check.text, schema=schema)


def _object(check: _Check) -> Any:
    return check.constraint if check.constraint is not None else sa.CheckConstraint(check.text, name=check.name)


# -- what is there, and what is wanted


def _of_models(table: sa.Table, context: AutogenContext) -> list[_Check]:
    dialect = context.dialect
    if dialect.name == "sqlite":
        text = sqlite_body.table(str(CreateTable(table).compile(dialect=dialect)))
        return [_Check(name or None, expression) for name, expression in text.checks] if text is not None else []
    compiler: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type] # it is for expressions only
    found: list[_Check] = []
    for each in _constraints(table):
        if not isinstance(each, sa.CheckConstraint):
            continue
        rule = getattr(each, "_create_rule", None)  # whether a type has one here: a Boolean on PostgreSQL has none
        if rule is not None and not rule(compiler):
            continue
        sql = compiler.sql_compiler.process(each.sqltext, include_table=False, literal_binds=True)
        found.append(_Check(final_name(each, dialect), _single(sql, context), each))
    return found


def _single(sql: str, context: AutogenContext) -> str:
    """*sql* as the server gets it: compilers double percent signs for most drivers."""
    is_doubled = getattr(context.dialect.identifier_preparer, "_double_percents", False)
    return sql.replace("%%", "%") if is_doubled else sql


def _reflected(table: sa.Table) -> list[_Check]:
    found = [each for each in table.constraints if isinstance(each, sa.CheckConstraint)]
    return [_Check(str(each.name), str(getattr(each.sqltext, "text", "")), each) for each in found if each.name]


def _in_sqlite(context: AutogenContext, schema: str | None, table: str) -> list[_Check] | None:
    old, renamed = table, {}
    if hasattr(context.inspector, "as_it_is"):
        old, renamed = context.inspector.as_it_is(schema, table)
    quote = context.dialect.identifier_preparer.quote
    master = f"{quote(schema)}.sqlite_master" if schema else "sqlite_master"
    query = sa.text(f"SELECT sql FROM {master} WHERE type = 'table' AND name = :name")  # noqa: S608 - quoted
    assert context.connection is not None  # noqa: S101 - asked before
    sql = context.connection.execute(query, {"name": str(old)}).scalar()
    if not isinstance(sql, str):
        return None
    text = sqlite_body.table(sql)
    found = [] if text is None else text.checks
    return [_Check(name or None, _renamed(expression, renamed)) for name, expression in found]


def _renamed(sql: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        sql = in_sql(sql, old, new)
    return sql


# -- what differs


def _differing(
    models: list[_Check], database: list[_Check], spelled: dict[str, frozenset[str]]
) -> tuple[list[_Check], list[_Check]]:
    """Return what goes and what comes: those that no other is equal to. What is not *spelled* may be equal to anything."""
    if any(each.text not in spelled for each in (*models, *database)):
        return [], []

    def is_there(check: _Check, others: Iterable[_Check]) -> bool:
        return any(spelled[check.text] & spelled[other.text] for other in others)

    gone = [each for each in database if each.name and not is_there(each, models)]
    added = [each for each in models if each.name and not is_there(each, database)]
    return gone, added


def _is_to_go(check: _Check, wanted: sa.Table) -> bool:
    """CHECKs that SQLAlchemy before 1.4 made for Boolean and Enum are not in models, and do no harm."""
    words = {word.casefold() for word in re.findall(r"\w+", check.text)}
    named = [column for column in wanted.columns if str(column.name).casefold() in words]
    return not (len(named) == 1 and isinstance(named[0].type, (sa.Boolean, sa.Enum)))
