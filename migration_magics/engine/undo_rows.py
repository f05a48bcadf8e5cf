"""Rows that a move is going to lose, kept in tables of the same database, and put back after its downgrade.

For PostgreSQL, MariaDB and MySQL. Rows are copied inside the server. Of a column that goes, its values with their key are
kept; of a table that goes or is emptied, and of one that rows are deleted from, all rows.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exc

from ..errors import Refused
from . import failures
from .ours import LEFT, UNDO
from .reflect import reflect
from .told import teller
from .undo_sql import Words, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Connection

    from ..model.schema import Schema, Table
    from .database import Database
    from .losses import CountedLoss
    from .runner import OnStep


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be kept of *table* (its key in a schema): whole rows, or *columns* that go. Both may go, too."""

    table: str
    columns: tuple[str, ...] = ()
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class KeptRows:
    """*rows* rows of *wanted* in the table *place*."""

    wanted: Wanted
    place: str
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Prospect:
    """What can be kept of what a plan loses, and sentences about what cannot."""

    wanted: tuple[Wanted, ...] = ()
    notes: tuple[str, ...] = ()


def prospect(database: Database, lost: Sequence[CountedLoss], size_mb: float) -> Prospect:
    """Return what can be kept of *lost*, at most *size_mb* megabytes of tables in all. Reads only."""
    return database.read(lambda connection: _prospect(connection, lost, size_mb)) if lost else Prospect()


def _prospect(connection: Connection, lost: Sequence[CountedLoss], size_mb: float) -> Prospect:
    schema, words = reflect(connection), words_of(connection)
    whole: set[str] = set()
    columns: dict[str, dict[str, None]] = {}
    notes: list[str] = []
    for loss in lost:
        table = None if loss.there is None else _table(schema, loss.there.schema, loss.there.table)
        if table is None:
            notes.append(f"Rows of {loss.loss.table} are not kept: it cannot be told which table that is.")
        elif loss.there is None or not loss.there.column:
            whole.add(table.key)
        elif table.primary_key is None:
            notes.append(f"Values of {table.key}.{loss.there.column} are not kept: the table has no primary key.")
        else:
            columns.setdefault(table.key, {})[loss.there.column] = None
    wanted = [Wanted(key, tuple(columns.get(key, ())), key in whole) for key in sorted({*whole, *columns})]
    sizes = {each.table: words.size_bytes(connection, _require(schema, each.table)) for each in wanted}
    if sum(sizes.values()) > size_mb * 1e6:
        notes.append(
            f"Rows are not kept: {', '.join(sizes)} {'has' if len(sizes) == 1 else 'have'} {sum(sizes.values()) / 1e6:,.0f} MB, "
            f"and undo_size_mb is {size_mb:g}."
        )
        return Prospect((), tuple(notes))
    return Prospect(tuple(wanted), tuple(notes))


def keep(database: Database, wanted: Sequence[Wanted], on_step: OnStep | None = None) -> tuple[KeptRows, ...]:
    """Copy what is *wanted* and return where it is; *on_step* is told of each table.

    Raises Refused where the server does not let it; nothing stays then.
    """
    token = secrets.token_hex(4)
    made: list[KeptRows] = []
    tell = teller(on_step, "keeping rows for undo", "table")

    def work(connection: Connection) -> None:
        schema, words = reflect(connection), words_of(connection)
        with words.as_they_are(connection):
            for number, each in enumerate(wanted):
                table = _require(schema, each.table)
                tell(number + 1, len(wanted), each.table)
                place = f"{UNDO}{token}_{number}"
                made.append(KeptRows(each, place))  # before: MariaDB may fail half-way
                rows = words.keep(connection, table, place, () if each.is_whole else each.columns)
                made[-1] = KeptRows(each, place, rows)
        connection.commit()

    try:
        database.run(work)
    except exc.DBAPIError as error:
        drop(database, made)
        raise Refused(
            f"The rows that would be lost could not be kept: {failures.words(error)}. Nothing was changed.",
            hint="%config MigrateMagics.undo_rows = False runs it without",
        ) from error
    return tuple(made)


def put_back(database: Database, kept: Sequence[KeptRows]) -> tuple[str, ...]:
    """Put the rows back where they are missing, all or none, and drop the tables that kept them; say what became of them."""

    def work(connection: Connection) -> tuple[str, ...]:
        schema, words = reflect(connection), words_of(connection)
        said: list[str] = []
        left: list[KeptRows] = []
        there = [table for each in kept if (table := schema.table(each.wanted.table)) is not None]
        with words.as_they_are(connection), words.unwatched(connection, there):
            for each in _parents_first(schema, kept):
                table, columns = schema.table(each.wanted.table), each.wanted.columns
                if table is None:
                    said.append(f"{each.wanted.table} is not back: its rows are in {each.place}.")
                    continue
                if columns:
                    count = words.put_values(connection, table, each.place, columns)
                    said.append(f"{count:,} values of {', '.join(f'{table.key}.{one}' for one in columns)} are back.")
                if each.wanted.is_whole:
                    count = words.put_rows(connection, table, each.place)
                    said.append(f"{count:,} rows of {table.key} are back.")
                    if count_left := words.left_out(connection, table, each.place):
                        left.append(each)
                        said.append(
                            f"{count_left:,} kept rows of {table.key} are not back, for their key is taken by a row that "
                            f"differs: they are in {each.place.replace(UNDO, LEFT)} until %migrate undo --forget."
                        )
        connection.commit()
        for each in left:
            there_now = words.name(each.place.replace(UNDO, LEFT))
            words.execute(connection, f"ALTER TABLE {words.name(each.place)} RENAME TO {there_now}")
        connection.commit()
        drop_on(connection, [each for each in kept if schema.table(each.wanted.table) is not None])
        return tuple(said)

    try:
        return database.run(work)
    except exc.DBAPIError as error:
        places = ", ".join(each.place for each in kept)
        return (f"The rows could not be put back ({failures.words(error)}): they are in {places}.",)


def drop(database: Database, kept: Iterable[KeptRows]) -> None:
    """Drop the tables of *kept*."""
    database.run(lambda connection: drop_on(connection, kept))


def drop_on(connection: Connection, kept: Iterable[KeptRows]) -> None:
    """Drop the tables of *kept* by *connection*, which is in no transaction."""
    words = words_of(connection)
    for each in kept:
        words.execute(connection, f"DROP TABLE IF EXISTS {words.name(each.place)}")
    connection.commit()


def forget(database: Database, but: Iterable[KeptRows] | None = None) -> int:
    """Drop every table that keeps rows for `undo`, whoever made it; return how many.

    With *but* those of these stay, and those with rows that an `undo` left out.
    """
    spared = {each.place for each in but or ()}

    def work(connection: Connection) -> int:
        found = [
            name
            for name in words_of(connection).kept(connection)
            if name not in spared and (but is None or not name.startswith(LEFT))
        ]
        drop_on(connection, [KeptRows(Wanted(""), name) for name in found])
        return len(found)

    return database.run(work)


def _table(schema: Schema, where: str, name: str) -> Table | None:
    found = [table for table in schema.tables if table.name == name and (not where or table.schema == where)]
    return next((table for table in found if not table.schema), found[0] if len(found) == 1 else None)


def _require(schema: Schema, key: str) -> Table:
    table = schema.table(key)
    assert table is not None  # noqa: S101 - read from the same schema a moment ago
    return table


def _parents_first(schema: Schema, kept: Sequence[KeptRows]) -> list[KeptRows]:
    """*kept* so that what a foreign key refers to comes first; within a cycle as they are."""
    rest, ordered = list(kept), list[KeptRows]()
    while rest:
        waiting = {each.wanted.table for each in rest}

        def is_free(each: KeptRows, waiting: set[str] = waiting) -> bool:
            table = schema.table(each.wanted.table)
            return table is None or not {fk.target for fk in table.foreign_keys} & (waiting - {each.wanted.table})

        free = [each for each in rest if is_free(each)] or rest[:1]
        ordered += free
        rest = [each for each in rest if each not in free]
    return ordered


__all__ = ["KeptRows", "Prospect", "Wanted", "Words", "drop", "forget", "keep", "prospect", "put_back"]
