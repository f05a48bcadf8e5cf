"""Rows on their way from an original to its copy: read as what can be written again to the letter, and written.

PostgreSQL's values travel as text, which every type has; MariaDB's and SQLite's as the driver gives them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import quoted_name

from ..model.families import family

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from sqlalchemy.engine import Connection

    from ..model.schema import Column, Schema, Table

    Row = tuple[Any, ...]

CHUNK = 500
"""Rows in one statement: far below every bound on parameters, since each column of PostgreSQL is one array."""

_TEXTS = {"date", "time", "datetime"}


class Undecodable(bytes):
    """Text of SQLite that is no UTF-8."""


@dataclass(frozen=True, slots=True)
class Place:
    """A table as SQL sees it. *is_only* leaves out the rows of tables that inherit from it."""

    table: Table
    dialect: str
    is_only: bool = False

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that have values of their own: no generated ones."""
        return tuple(column for column in self.table.columns if column.computed is None)

    @property
    def read(self) -> tuple[Column, ...]:
        """The columns to read: those with values of their own, then the generated ones that foreign keys need."""
        needed = {name for fk in self.table.foreign_keys for name in fk.columns}
        return (
            *self.columns,
            *(each for each in self.table.columns if each.computed is not None and each.name in needed),
        )

    @property
    def clause(self) -> sa.TableClause:
        """The table with all its columns, whatever their names."""
        columns = [named(each.name) for each in self.table.columns]
        return sa.table(
            quoted_name(self.table.name, quote=True),
            *columns,
            schema=quoted_name(self.table.schema, quote=True) if self.table.schema else None,
        )

    @property
    def name(self) -> str:
        """The table's name in SQL."""
        return ".".join(quoted(part, self.dialect) for part in (self.table.schema, self.table.name) if part)

    def select(self, *expressions: sa.ColumnElement[Any]) -> sa.Select[Any]:
        """Return a query of *expressions*, each under a name of our own."""
        clause = self.clause
        found = sa.select(*(each.label(f"c{at}") for at, each in enumerate(expressions))).select_from(clause)
        return found.with_hint(clause, "ONLY", "postgresql") if self.is_only else found

    def value(self, column: Column) -> sa.ColumnElement[Any]:
        """Return the expression that reads *column* so that it can be written again to the letter."""
        name = named(column.name)
        if self.dialect == "postgresql":
            return sa.cast(name, sa.Text())
        if self.dialect == "sqlite":
            return name
        if family(column.type) in _TEXTS:
            return sa.cast(name, sa.CHAR())  # a driver gives no value for 0000-00-00
        if column.type.lower().startswith("float"):
            return name + sa.literal_column("0e0")  # as a float it is shown with six digits only
        return name


def named(name: str) -> sa.ColumnClause[Any]:
    """Return the column *name*, quoted whatever it is."""
    return sa.column(quoted_name(name, quote=True))


def quoted(name: str, dialect: str) -> str:
    """Return *name* as an identifier in SQL, percent signs as they are."""
    sign = '"' if dialect in {"sqlite", "postgresql"} else "`"
    return sign + name.replace(sign, sign * 2) + sign


def places(schema: Schema) -> tuple[Place, ...]:
    """Return the tables that have rows of their own: no partitions (their parent has them), no virtual tables."""
    has_heirs = any("inherits" in dict(table.options) for table in schema.tables)
    found = []
    for table in schema.tables:
        options = dict(table.options)
        if "partition of" not in options and "virtual" not in options:
            is_only = has_heirs and "partition by" not in options and schema.dialect == "postgresql"
            found.append(Place(table, schema.dialect, is_only))
    return tuple(found)


def write(connection: Connection, place: Place, rows: Iterable[Row]) -> int:
    """Insert *rows*, whose values begin with those of *place.columns*; return how many. Raises SQLAlchemy's errors."""
    count = 0
    statement, numbers = _insert(place), range(len(place.columns))
    for chunk in _chunks(rows):
        count += len(chunk)
        if not place.columns:
            for _row in chunk:
                connection.execute(statement)
        elif place.dialect == "postgresql":
            arrays = zip(*chunk, strict=True)
            connection.execute(
                statement, {f"v{at}": [*map(_text, values)] for at, values in zip(numbers, arrays, strict=False)}
            )
        else:
            plain = [row for row in chunk if not any(isinstance(value, Undecodable) for value in row)]
            if plain:
                connection.execute(statement, [{f"v{at}": row[at] for at in numbers} for row in plain])
            for row in chunk if len(plain) < len(chunk) else ():
                texts = {at for at in numbers if isinstance(row[at], Undecodable)}
                if texts:
                    connection.execute(_insert(place, texts), {f"v{at}": row[at] for at in numbers})
    return count


def _text(value: Any) -> str | None:
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "\\x" + bytes(value).hex()
    return value if value is None or isinstance(value, str) else str(value)


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _insert(place: Place, texts: Collection[int] = ()) -> sa.TextClause:
    names = [quoted(column.name, place.dialect) for column in place.columns]
    numbers = range(len(names))
    if not names:
        given = "VALUES ()" if place.dialect not in {"postgresql", "sqlite"} else "DEFAULT VALUES"
        return sa.text(_literal(f"INSERT INTO {place.name} ") + given)
    into = _literal(f"INSERT INTO {place.name} ({', '.join(names)}) ")
    if place.dialect != "postgresql":
        return sa.text(
            into + f"VALUES ({', '.join(f'CAST(:v{at} AS TEXT)' if at in texts else f':v{at}' for at in numbers)})"
        )
    casts = (_literal(f"CAST(u.c{at} AS {assignable(each.type)})") for at, each in enumerate(place.columns))
    arrays, given = ", ".join(f":v{at}" for at in numbers), ", ".join(f"c{at}" for at in numbers)
    text = f"{into}OVERRIDING SYSTEM VALUE SELECT {', '.join(casts)} FROM unnest({arrays}) AS u({given})"  # noqa: S608 - quoted names
    return sa.text(text).bindparams(*(sa.bindparam(f"v{at}", type_=postgresql.ARRAY(sa.Text)) for at in numbers))


def _literal(sql: str) -> str:
    """Colons as colons: `text()` would take what follows one for a parameter."""
    return sql.replace(":", "\\:")


def assignable(type_: str) -> str:
    """Return PostgreSQL's *type_* without its length: a cast with one cuts what is too long, an assignment refuses it.

    >>> assignable("character varying(5)"), assignable("timestamp(3) without time zone"), assignable("bit(3)")
    ('text', 'timestamp without time zone', 'bit varying')
    """
    if '"' in type_ or type_.endswith("]"):
        return type_
    bare = re.sub(r"\(\d+(?:,-?\d+)?\)", "", type_).strip()
    return {"character varying": "text", "character": "text", "bit": "bit varying"}.get(bare, bare)


def among(place: Place, columns: Sequence[str], wanted: Sequence[Row]) -> sa.TextClause:
    """Return the condition that *columns* have one of the *wanted* values, said so that an index on them is used."""
    names = [_literal(quoted(name, place.dialect)) for name in columns]
    if place.dialect == "postgresql":
        return _among_arrays(place, columns, names, wanted)
    if len(names) == 1:
        condition = f"{names[0]} IN ({', '.join(f':w{at}' for at in range(len(wanted)))})"
        return sa.text(condition).bindparams(**{f"w{at}": row[0] for at, row in enumerate(wanted)})
    each = (
        " AND ".join(f"{name} = :w{row}_{at}" for at, name in enumerate(names)) for row in range(len(wanted))
    )  # pairs in one IN take no index in SQLite, nor in MariaDB before 11.8
    given = {f"w{at}_{part}": value for at, row in enumerate(wanted) for part, value in enumerate(row)}
    return sa.text(" OR ".join(f"({one})" for one in each)).bindparams(**given)


def beyond(place: Place, column: Column, value: object) -> sa.TextClause:
    """Return the condition that *column* comes after *value*, which was read by `Place.value`."""
    given = f"CAST(:last AS {_literal(_comparable(column.type))})" if place.dialect == "postgresql" else ":last"
    bound = sa.bindparam("last", value, type_=sa.Text() if place.dialect == "postgresql" else None)
    return sa.text(f"{_literal(quoted(column.name, place.dialect))} > {given}").bindparams(bound)


def _among_arrays(place: Place, columns: Sequence[str], names: list[str], wanted: Sequence[Row]) -> sa.TextClause:
    types = [
        _comparable(column.type) for name in columns for column in (place.table.column(name),) if column is not None
    ]
    types = types or ["tid"]
    given = [
        sa.bindparam(f"w{at}", [row[at] for row in wanted], type_=postgresql.ARRAY(sa.Text))
        for at in range(len(columns))
    ]
    if len(columns) == 1:
        condition = f"{names[0]} = ANY (CAST(:w0 AS {_literal(types[0])}[]))"
    else:
        casts = ", ".join(f"CAST(w.k{at} AS {_literal(type_)})" for at, type_ in enumerate(types))
        arrays = ", ".join(f":w{at}" for at in range(len(columns)))
        ends = ", ".join(f"k{at}" for at in range(len(columns)))
        condition = f"({', '.join(names)}) IN (SELECT {casts} FROM unnest({arrays}) AS w({ends}))"  # noqa: S608 - quoted names
    return sa.text(condition).bindparams(*given)


def _comparable(type_: str) -> str:
    bare = assignable(type_)
    return "bpchar" if bare == "text" and type_.startswith("character(") else bare
