"""Copies with rows to rehearse on: the whole database, or a sample of it. The original is read, never written."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc

from ..engine import failures
from ..engine.reflect import reflect
from ..engine.told import teller
from . import furnish, scratch
from .capture_kept import execute
from .copies_numbers import numbers_of, set_numbers
from .copies_rows import blocks, copy_rows
from .sample import Sample, sample
from .sample_rows import places, write
from .sample_snapshot import TIMEOUT_S, read, saying
from .scratch import NoScratch, Scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.engine import Connection

    from ..engine.database import Database
    from ..engine.runner import OnStep
    from ..model.sampling import Sampled
    from ..model.schema import Schema, Table, View
    from .sample_rows import Place, Row

_MOST_TEMPLATE_BYTES = 256 * 2**20
"""PostgreSQL lets nobody connect to a database while it is a template: measured, a second for each 100 MB."""


_PAGES = 25_000
"""Pages of SQLite copied at once: 100 MB, some tenths of a second, so that more than that can be told of."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy with rows. *notes* say what is not as in the original; *sampled* which rows are there, None for all of them.

    *own* are the tables that have other rows than the original, given by the user.
    """

    database: Database
    place: str
    notes: tuple[str, ...] = ()
    sampled: Sampled | None = None
    own: tuple[str, ...] = ()


@contextlib.contextmanager
def full(source: Database, *, timeout_s: float = TIMEOUT_S, on_step: OnStep | None = None) -> Iterator[Copy]:
    """Give a copy of *source* with all its rows; it is dropped at the end.

    SQLite: in memory. PostgreSQL: by TEMPLATE where nobody else is connected, the database is ours, not protected and small,
    else row by row from one snapshot, as on MariaDB. No statement on *source* takes longer than *timeout_s*.

    Raises NoScratch where the server refuses to make a database; CopyFailed for a full disk, a missing right, a timeout.
    """
    with contextlib.ExitStack() as stack:
        if source.family == "sqlite":
            yield _whole_file(stack.enter_context(scratch.in_memory()), source, timeout_s, on_step)
            return
        if source.family == "postgresql" and source.run(lambda connection: _may_be_template(connection, source)):
            with contextlib.suppress(NoScratch):  # somebody has connected meanwhile
                made = stack.enter_context(scratch.empty(source, is_template=True))
                yield Copy(made.database, f"{made.place}, whole")
                return
        made = stack.enter_context(scratch.empty(source, is_furnished=True))
        rows = _all_rows(made.database, source, on_step)
        notes = _filled(made.database, source, timeout_s, rows)[0]
        yield Copy(made.database, f"{made.place}, whole", notes)


@contextlib.contextmanager
def sampled(
    source: Database,
    rows: int,
    seed: int = 0,
    masks: Sequence[str] = (),
    *,
    timeout_s: float = TIMEOUT_S,
    on_step: OnStep | None = None,
) -> Iterator[Copy]:
    """Give a copy of *source* with a sample of *rows* rows a table and all that they refer to; it is dropped at the end.

    See `sample.sample` for *seed* and *masks*. Raises what it raises, and as `full`.
    """

    def choose(connection: Connection, schema: Schema) -> Sample:
        tell = teller(on_step, "choosing rows", "table")
        return sample(connection, schema, rows=rows, seed=seed, masks=masks, tell=tell)

    with scratch.empty(source, is_furnished=True) as made:
        notes, found = _filled(made.database, source, timeout_s, choose)
        taken = found.sampled if isinstance(found, Sample) else None
        yield Copy(made.database, f"{made.place}, {rows:,} rows a table", notes, taken)


def _whole_file(made: Scratch, source: Database, timeout_s: float, on_step: OnStep | None) -> Copy:
    """Copy by SQLite's backup: pages, so that everything is there."""
    tell = teller(on_step, "copying", "page")

    def progress(_status: int, left: int, total: int) -> None:
        tell(total - left, total, source.name)

    def pages(connection: Connection) -> tuple[str, ...]:
        target: Any = made.database.run(lambda copy: copy.connection.driver_connection)
        raw: Any = connection.connection
        if connection.dialect.is_async:
            raw.run_async(lambda driver: driver.backup(target))
        elif on_step is None:
            raw.driver_connection.backup(target)
        else:
            raw.driver_connection.backup(target, pages=_PAGES, progress=progress)
        attached = [
            row[1] for row in connection.exec_driver_sql("PRAGMA database_list") if row[1] not in {"main", "temp"}
        ]
        return (f"attached databases are not in the copy: {', '.join(attached)}",) if attached else ()

    return Copy(made.database, f"{made.place}, whole", read(source, pages, timeout_s))


def _may_be_template(connection: Connection, source: Database) -> bool:
    if source.is_protected:
        return False
    return bool(
        connection.execute(
            sa.text(
                "SELECT pg_database_size(oid) <= :most AND pg_has_role(datdba, 'USAGE') AND NOT EXISTS (SELECT FROM "
                "pg_stat_activity a WHERE a.datid = d.oid AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend') "
                "FROM pg_database d WHERE datname = current_database()"
            ),
            {"most": _MOST_TEMPLATE_BYTES},
        ).scalar()
    )


def _all_rows(copy: Database, source: Database, on_step: OnStep | None) -> Callable[[Connection, Schema], object]:
    def told(schema: Schema) -> Iterator[Place]:
        tell, found = teller(on_step, "copying", "table"), places(schema)
        for number, place in enumerate(found, 1):
            tell(number, len(found), place.table.key)
            yield place

    def work(connection: Connection, schema: Schema) -> None:
        if not source.is_async:
            copy.run(lambda target: _written(target, lambda: copy_rows(connection, target, told(schema))))
            return
        for place in told(schema):  # the two connections have an event loop each: neither may wait for the other
            for block in blocks(connection, place):
                copy.run(partial(_write_block, place, block))

    return work


def _write_block(place: Place, block: list[Row], target: Connection) -> None:
    _written(target, lambda: write(target, place, block))


def _filled(
    copy: Database, source: Database, timeout_s: float, rows: Callable[[Connection, Schema], Any]
) -> tuple[tuple[str, ...], Any]:
    """Build the schema, bring the rows, set the numbers, add foreign keys and triggers; return notes and what *rows* gave."""
    if source.family == "sqlite":
        return _filled_sqlite(copy, source, timeout_s, rows)

    def bring(connection: Connection) -> tuple[Schema, Any, Any]:
        schema = reflect(connection)
        functions = furnish.functions_of(connection) if source.family == "postgresql" else ()
        copy.run(lambda target: furnish.prepare(target, schema, functions))
        return schema, rows(connection, schema), numbers_of(connection)

    with saying(source):
        schema, found, numbers = read(source, bring, timeout_s)
        if isinstance(found, Sample):
            copy.run(lambda target: _written(target, lambda: _write_all(target, found)))
        notes = copy.run(lambda target: _completed(target, schema))
        copy.run(lambda target: set_numbers(target, numbers))
    return (*notes, *(found.sampled.notes if isinstance(found, Sample) else ())), found


def _filled_sqlite(
    copy: Database, source: Database, timeout_s: float, rows: Callable[[Connection, Schema], Any]
) -> tuple[tuple[str, ...], Any]:
    def bring(connection: Connection) -> tuple[Schema, tuple[str, ...], Any, Any]:
        schema = reflect(connection)
        return schema, furnish.statements_of(connection), rows(connection, schema), numbers_of(connection)

    def build(target: Connection) -> tuple[str, ...]:
        is_trigger = [statement.lstrip()[:30].upper().split()[1:2] == ["TRIGGER"] for statement in statements]
        furnish.repeat(target, [one for one, last in zip(statements, is_trigger, strict=True) if not last])
        _written(target, lambda: _write_all(target, found))
        set_numbers(target, numbers)
        furnish.repeat(target, [one for one, last in zip(statements, is_trigger, strict=True) if last])
        orphans = {str(row[0]) for row in target.exec_driver_sql("PRAGMA main.foreign_key_check")}
        return tuple(f"foreign keys of {name} do not hold in the original, either" for name in sorted(orphans))

    schema, statements, found, numbers = read(source, bring, timeout_s)
    with saying(source):
        notes = copy.run(build)
    virtual = [table.name for table in schema.tables if "virtual" in dict(table.options)]
    empty = (f"virtual tables are empty on the copy: {', '.join(virtual)}",) if virtual else ()
    return (*notes, *empty, *found.sampled.notes), found


def _write_all(target: Connection, found: Sample) -> None:
    for place, rows in found.tables:
        write(target, place, rows)


def _written(target: Connection, bring: Callable[[], object]) -> None:
    """Write rows as they are: no check of keys meanwhile, no number given, what only this server calls invalid taken."""
    if target.dialect.name in {"mysql", "mariadb"}:
        target.exec_driver_sql("SET SESSION foreign_key_checks = 0, unique_checks = 0, time_zone = '+00:00'")
        target.exec_driver_sql("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'")
    elif target.dialect.name == "postgresql":
        target.exec_driver_sql("SET LOCAL DateStyle = 'ISO, YMD'")
        target.exec_driver_sql("SET LOCAL synchronous_commit = off")
    bring()
    target.commit()


def _completed(target: Connection, schema: Schema) -> tuple[str, ...]:
    """Add what `furnish.complete` adds; where the rows break a foreign key, unchecked, which the notes say."""
    notes: tuple[str, ...] = ()
    try:
        furnish.complete(target, schema)
    except exc.IntegrityError as error:
        target.rollback()
        notes = (f"a foreign key does not hold in the original, either: {failures.words(error)}",)
        furnish.complete_unchecked(target, schema)
    if target.dialect.name == "postgresql":
        for view in schema.views:
            if view.is_materialized:
                execute(target, f"REFRESH MATERIALIZED VIEW {_name(view)}")
        tables = ", ".join(map(_name, schema.tables))
        if tables:  # of all, the server's own, too, it takes a tenth of a second longer
            execute(target, f"ANALYZE {tables}")
    target.commit()
    return (*notes, *_missing(target, schema))


def _name(one: Table | View) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in (one.schema, one.name) if part)


def _missing(target: Connection, schema: Schema) -> tuple[str, ...]:
    """What `operations` cannot write: partitions of MariaDB, system versioning and such."""
    made = {table.key: dict(table.options) for table in reflect(target).tables}
    return tuple(
        f"{table.key} is without {name} on the copy"
        for table in schema.tables
        for name, _value in table.options
        if name not in made.get(table.key, {})
    )
