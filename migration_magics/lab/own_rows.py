"""Sample data of one's own on a copy: in place of the rows that a table has there, held to the foreign keys afterwards."""

from __future__ import annotations

import contextlib
import shlex
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc

from ..engine import failures
from ..engine.reflect import reflect
from ..errors import ObjectNotFound, UsageProblem
from ..model.sampling import references
from .sample_load import put, table_of
from .sample_rows import Place, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from ..engine.database import Database
    from ..model.schema import ForeignKey, Schema, Table
    from .sample_load import Frame


@dataclass(frozen=True, slots=True, eq=False)  # frames compare cell by cell
class OwnRows:
    """Rows for a *table*: *given* is read whenever a copy is made; *source* is what it is called.

    *rows* and *columns* are what it had when it was remembered.
    """

    table: str
    given: Frame | Path
    source: str
    rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Tie:
    """A foreign key *fk* of *child*, which names *columns* of *parent*."""

    child: Table
    fk: ForeignKey
    parent: Table
    columns: tuple[str, ...]


def replace_rows(copy: Database, own: Sequence[OwnRows]) -> None:
    """Put the rows of each of *own* into its table on *copy*, in place of those that are there.

    Triggers see the new rows, not the going of the old ones. Raises ObjectNotFound and UsageProblem for rows that do not
    fit, and where a foreign key does not hold afterwards that held before; the copy is of no use then.
    """
    copy.run(partial(_replace, own))


def _replace(own: Sequence[OwnRows], connection: Connection) -> None:
    schema = reflect(connection)
    tables = {each: _named(schema, each) for each in own}
    keys = {table.key for table in tables.values()}
    ties = tuple(tie for tie in _ties(schema) if keys & {tie.child.key, tie.parent.key})
    before = [0 if tie.child.key in keys else _orphans(connection, tie) for tie in ties]
    connection.rollback()
    with _unchecked(connection, list(tables.values())):
        for table in tables.values():
            _empty(connection, table)
        for each, table in tables.items():
            try:
                put(connection, table, each.given)
            except (ObjectNotFound, UsageProblem) as error:
                raise _refused(each, error) from error
        for tie, known in zip(ties, before, strict=True):
            _require(connection, tie, known, own, keys)
    connection.commit()


def _named(schema: Schema, own: OwnRows) -> Table:
    try:
        return table_of(schema, own.table)
    except ObjectNotFound as error:
        raise _refused(own, error) from error


def _refused(own: OwnRows, error: ObjectNotFound | UsageProblem) -> ObjectNotFound | UsageProblem:
    return type(error)(f"The sample from {own.source}: {error.message}", hint=_forget(own.table), details=error.details)


def _forget(table: str) -> str:
    return f"%migrate sample {shlex.quote(table)} --forget goes without these rows"


# -- foreign keys --------------------------------------------------------------------------------------------------


def _ties(schema: Schema) -> Iterator[_Tie]:
    for table in schema.tables:
        for fk, parent, columns in references(schema, table):
            yield _Tie(table, fk, parent, columns)


def _orphaned(connection: Connection, tie: _Tie) -> tuple[Any, sa.ColumnElement[bool]]:
    """The child under a name of its own, and the condition that a row of it refers to nothing."""
    child = Place(tie.child, connection.dialect.name).clause.alias("child")
    parent = Place(tie.parent, connection.dialect.name).clause.alias("parent")
    same = (child.c[own] == parent.c[other] for own, other in zip(tie.fk.columns, tie.columns, strict=True))
    found = sa.select(sa.literal(1)).select_from(parent).where(*same).correlate(child).exists()
    return child, sa.and_(*(child.c[own].is_not(None) for own in tie.fk.columns), ~found)


def _orphans(connection: Connection, tie: _Tie) -> int:
    child, is_orphan = _orphaned(connection, tie)
    return int(connection.execute(sa.select(sa.func.count()).select_from(child).where(is_orphan)).scalar() or 0)


def _require(connection: Connection, tie: _Tie, known: int, own: Sequence[OwnRows], keys: set[str]) -> None:
    """Raise UsageProblem where more rows than were *known* refer to nothing."""
    count = _orphans(connection, tie)
    if count <= known:
        return
    child, is_orphan = _orphaned(connection, tie)
    first = connection.execute(sa.select(*(child.c[name] for name in tie.fk.columns)).where(is_orphan).limit(1)).one()
    rows, verb = ("row", "refers") if count == 1 else ("rows", "refer")
    missing = ", ".join(f"{name} {value!r:.60}" for name, value in zip(tie.columns, first, strict=True))
    table = tie.child.key if tie.child.key in keys else tie.parent.key
    raise UsageProblem(
        f"The sample of {table} does not fit: {count:,} {rows} of {tie.child.key} {verb} by {', '.join(tie.fk.columns)} to "
        f"rows of {tie.parent.key} that are not there, such as {missing}.",
        hint=f"%migrate sample {shlex.quote(_other(tie, table))} SOURCE gives rows that go with it; {_forget(table)}",
        details=tuple(f"{each.table}: {each.rows:,} rows from {each.source}" for each in own),
    )


def _other(tie: _Tie, table: str) -> str:
    return tie.parent.key if table == tie.child.key else tie.child.key


@contextlib.contextmanager
def _unchecked(connection: Connection, tables: Sequence[Table]) -> Iterator[None]:
    """Let rows come and go without foreign keys; what the block raises leaves them off."""
    if connection.dialect.name == "sqlite":
        is_on = connection.exec_driver_sql("PRAGMA foreign_keys").scalar()
        connection.rollback()
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        yield
        connection.commit()
        connection.exec_driver_sql(f"PRAGMA foreign_keys = {int(bool(is_on))}")
    elif connection.dialect.name == "postgresql":
        names = [Place(table, "postgresql").name for table in tables]
        dropped = connection.execute(sa.text(_FOREIGN_KEYS), {"names": names}).all()
        for place, name, _said in dropped:
            _send(connection, f"ALTER TABLE {place} DROP CONSTRAINT {name}")
        yield
        for place, name, said in dropped:
            try:
                _send(connection, f"ALTER TABLE {place} ADD CONSTRAINT {name} {said}")
            except exc.IntegrityError as error:  # what no count shows: MATCH FULL
                raise UsageProblem(
                    f"The sample does not fit: {failures.words(error)}.",
                    hint="%migrate sample lists what is remembered",
                ) from error
    else:
        connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")
        yield
        connection.exec_driver_sql("SET SESSION foreign_key_checks = 1")


_FOREIGN_KEYS = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(k.conname), pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE k.contype = 'f' AND k.conparentid = 0
       AND (k.conrelid = ANY (CAST(CAST(:names AS text[]) AS regclass[]))
            OR k.confrelid = ANY (CAST(CAST(:names AS text[]) AS regclass[])))
 ORDER BY k.oid"""


def _empty(connection: Connection, table: Table) -> None:
    """Take all rows away without running triggers."""
    name = Place(table, connection.dialect.name).name
    if connection.dialect.name != "sqlite":
        _send(connection, f"TRUNCATE TABLE {name}")
        return
    asked = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = lower(:name)")
    triggers = connection.execute(asked, {"name": table.name}).all()
    for trigger, _sql in triggers:
        _send(connection, f"DROP TRIGGER {quoted(trigger, 'sqlite')}")
    _send(connection, f"DELETE FROM {name}")  # noqa: S608 - a quoted name
    for _trigger, sql in triggers:
        _send(connection, sql)


def _send(connection: Connection, sql: str) -> None:
    connection.execute(sa.text(sql.replace(":", "\\:")))
