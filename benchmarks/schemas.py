"""Schemas: reading 2,000 tables, comparing them, replaying 1,000 revisions, on SQLite and on servers that are started for it."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

import migration_magics
from migration_magics.commands.sides import history_of
from migration_magics.engine.reflect import reflect
from migration_magics.model.blame import lives
from migration_magics.model.diff import apply, diff
from migration_magics.model.encoded import decode, encode
from tests.support.databases import mariadb_server, postgresql_server

from .histories import linear, write
from .measure import Comparison, Row, compare, peak_mb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection, Engine

    from migration_magics.model.schema import Schema

TABLES = 2_000

SERVERS = {"PostgreSQL": postgresql_server, "MariaDB": mariadb_server}
LEAST = {"SQLite": 20.0, "PostgreSQL": 4.0, "MariaDB": 4.0}


def metadata(tables: int) -> sa.MetaData:
    """Return the models of *tables* tables: ten columns, two indexes and a foreign key each."""
    made = sa.MetaData()
    for number in range(tables):
        target = f"table_{number - number % 10:04}"
        sa.Table(
            f"table_{number:04}",
            made,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("parent_id", sa.ForeignKey(f"{target}.id", name=f"fk_{number}_parent")),
            sa.Column("name", sa.String(50), nullable=False),
            sa.Column("state", sa.String(20), server_default="new"),
            *(sa.Column(f"value_{each}", sa.Integer) for each in range(6)),
            sa.Index(f"ix_{number}_name", "name"),
            sa.Index(f"ix_{number}_values", "value_0", "value_1", unique=True),
        )
    return made


def reflecting(name: str, engine: Engine) -> Iterator[Comparison]:
    """Return our reading beside `MetaData.reflect`, and beside the `get_multi_*` calls that it makes."""

    def stock() -> int:
        read = sa.MetaData()
        with engine.connect() as connection:
            read.reflect(connection)
        return len(read.tables)

    def several() -> int:
        with engine.connect() as connection:
            inspector = sa.inspect(connection)
            found = inspector.get_multi_columns()
            for read in (
                inspector.get_multi_pk_constraint,
                inspector.get_multi_foreign_keys,
                inspector.get_multi_indexes,
                inspector.get_multi_unique_constraints,
                inspector.get_multi_check_constraints,
                inspector.get_multi_table_comment
                if inspector.dialect.supports_comments
                else inspector.get_multi_columns,
            ):
                read()
        return len(found)

    def ours() -> int:
        with engine.connect() as connection:
            return len(reflect(connection).tables)

    size = f"{name}, {TABLES:,} tables"
    yield Comparison("reflect: MetaData.reflect", size, stock, ours, LEAST[name], clock=time.perf_counter)
    yield Comparison("reflect: get_multi_* calls", size, several, ours, clock=time.perf_counter)


@contextlib.contextmanager
def filled(url: str) -> Iterator[Engine]:
    """Give an engine on *url* with the tables made."""
    engine = sa.create_engine(url, poolclass=sa.pool.StaticPool)
    try:
        made = metadata(TABLES)
        with engine.connect() as connection:
            for number, table in enumerate(made.sorted_tables):
                table.create(connection)
                if number % 200 == 0:
                    connection.commit()  # PostgreSQL holds a lock on each new table until then, and has room for some thousands
            connection.commit()
        yield engine
    finally:
        engine.dispose()


def limited(question: str, what: str, limit_s: float, ours: Callable[[], object]) -> Row:
    """Return the best of five beside a limit of ours, where nobody else does such a thing."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        ours()
        times.append(time.perf_counter() - began)
    return Row(question, what, limit_s, min(times), "s", 1.0)


def rows(directory: Path, revisions: int) -> Iterator[Row]:
    """Measure all of it; yields a row as soon as it is known."""
    os.environ["MIGRATION_MAGICS_CACHE"] = str(directory / "timelines")
    with filled(f"sqlite:///{directory / 'schemas.db'}") as engine:
        yield from map(compare, reflecting("SQLite", engine))
        with engine.connect() as connection:
            one, other = reflect(connection), _other(connection)
        yield limited("diff of two schemas, beside its limit", f"{TABLES:,} tables", 0.05, lambda: diff(one, other))
    for name, start in SERVERS.items():
        with start() as server, server.new_database() as url, filled(url) as engine:
            yield from map(compare, reflecting(name, engine))
    yield from _timeline(directory, revisions)
    yield Row(
        "memory of 1,000 snapshots, beside its limit",
        "200 tables",
        300.0,
        peak_mb("from benchmarks.schemas import snapshots", "kept = snapshots(200, 1_000)"),
        "MB",
        1.0,
    )


def _other(connection: Connection) -> Schema:
    """The same schema read again, sharing nothing, with some changes."""
    connection.exec_driver_sql("ALTER TABLE table_0042 ADD COLUMN more INTEGER")
    connection.exec_driver_sql("DROP INDEX ix_43_name")
    try:
        return reflect(connection)
    finally:
        connection.rollback()


def _timeline(directory: Path, size: int) -> Iterator[Row]:
    """A replay beside our own upgrade, both in memory; then from the cache, and blame."""
    project = write(linear(size), directory / f"timeline_{size}")
    name = f"linear {size:,}"

    def upgrade() -> int:
        return len(migration_magics.open("sqlite://", project=project).upgrade("head").plan.steps)

    def replay() -> int:
        for kept in (directory / "timelines").glob("*.json"):
            kept.unlink()
        ws = migration_magics.open("sqlite://", project=project)
        return len(ws.timelines.whole(history_of(ws), ws.database).entries)

    yield compare(
        Comparison("timeline beside our upgrade, in memory", name, upgrade, replay, 1 / 1.5, clock=time.perf_counter)
    )

    def from_cache() -> object:
        ws = migration_magics.open("sqlite://", project=project)
        return ws.timelines.whole(history_of(ws), ws.database)

    yield limited("timeline from the cache, beside its limit", name, 0.3, from_cache)
    ws = migration_magics.open("sqlite://", project=project)
    timeline = ws.timelines.whole(history_of(ws), ws.database)
    yield limited("blame after that, beside its limit", name, 0.05, lambda: lives(timeline))
    if decode(encode(timeline)) != timeline:
        message = "the cache does not give back what was kept"
        raise AssertionError(message)


def snapshots(tables: int, revisions: int) -> list[Schema]:
    """Return the schema after each of *revisions* that change one of *tables* tables each."""
    with sa.create_engine("sqlite://").connect() as connection:
        metadata(tables).create_all(connection)
        schema = reflect(connection)
    found = [schema]
    for number in range(revisions):
        table = schema.tables[number % tables]
        column = replace(table.columns[-1], name=f"added_{number}")
        changed = replace(table, columns=(*table.columns, column))
        after = replace(
            schema, tables=(*schema.tables[: number % tables], changed, *schema.tables[number % tables + 1 :])
        )
        schema = apply(schema, diff(schema, after))
        found.append(schema)
    return found
