"""All rows of an original, brought to its copy through the client in chunks: memory stays flat."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import exc

from .sample_rows import CHUNK, Place, quoted, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Connection

    from .sample_rows import Row

_BLOCK = 5_000


def copy_rows(source: Connection, copy: Connection, places: Iterable[Place]) -> None:
    """Bring the rows of *places* from *source* to *copy*, table by table; *copy* is not committed.

    MariaDB's `INSERT ... SELECT` from one database to the other would be faster, but it locks the rows it reads, or, under
    READ COMMITTED, sees another state in each statement (manual, InnoDB locks set by SQL statements).
    """
    for place in places:
        if source.dialect.driver == "psycopg" and copy.dialect.driver == "psycopg" and not source.dialect.is_async:
            _stream(source, copy, place)
        else:
            write(copy, place, _rows(source, place))


def blocks(source: Connection, place: Place) -> Iterator[list[Row]]:
    """Return the rows of *place* in blocks of a few thousand, each to be written on a connection of its own."""
    rows = _rows(source, place)
    while block := list(islice(rows, _BLOCK)):
        yield block


def _rows(source: Connection, place: Place) -> Iterator[Row]:
    query = place.select(*(place.value(column) for column in place.columns))
    found = source.execute(query, execution_options={"stream_results": True, "yield_per": CHUNK})
    yield from (tuple(row) for row in found)


def _stream(source: Connection, copy: Connection, place: Place) -> None:
    """By PostgreSQL's COPY, as text: the copy is of the same version."""
    columns = ", ".join(quoted(column.name, place.dialect) for column in place.columns)
    only = "ONLY " if place.is_only else ""
    asked = f"COPY (SELECT {columns} FROM {only}{place.name}) TO STDOUT"  # noqa: S608 - quoted names
    given = f"COPY {place.name} ({columns}) FROM STDIN" if columns else f"COPY {place.name} FROM STDIN"
    reader, writer = source.connection.cursor(), copy.connection.cursor()
    try:
        with reader.copy(asked) as rows, writer.copy(given) as target:
            for block in rows:
                target.write(block)
    except source.dialect.loaded_dbapi.Error as error:  # past SQLAlchemy, which wraps what it sends itself
        raise exc.DBAPIError(given, None, error) from error
    finally:
        reader.close()
        writer.close()
