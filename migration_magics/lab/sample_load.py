"""Sample data of one's own: a DataFrame of pandas or polars, or a CSV file, put into a table of a copy."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

from sqlalchemy import exc

from ..engine import failures
from ..engine.reflect import reflect
from ..errors import ObjectNotFound, UsageProblem
from ..model.families import family
from .copies_numbers import advance
from .sample_rows import Place, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection

    from ..engine.database import Database
    from ..model.schema import Column, Schema, Table
    from .sample_rows import Row


class Frame(Protocol):
    """What a DataFrame has of use here: names of columns, and rows, by `itertuples` (pandas) or `iter_rows` (polars)."""

    columns: Any


def is_frame(given: object) -> TypeGuard[Frame]:
    """Say whether *given* is a DataFrame of pandas or polars, with rows."""
    # the rows first: a frame of polars that is not computed yet warns when it is asked for its columns
    return (hasattr(given, "itertuples") or hasattr(given, "iter_rows")) and hasattr(given, "columns")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded: so many *rows* into *table*, of the *columns* named; the others have their defaults."""

    table: str
    rows: int
    columns: tuple[str, ...]


def load(copy: Database, table: str, given: Frame | str | Path) -> Loaded:
    """Put the rows of *given*, a DataFrame or the path of a CSV file with a header, into *table* of *copy*: all or none.

    In a CSV file an empty cell is NULL, but "" in a text column that takes no NULL. Triggers of the table run.
    Raises ObjectNotFound for a table or column that is not there, UsageProblem for rows that do not fit.
    """

    def work(connection: Connection) -> Loaded:
        loaded = put(connection, table_of(reflect(connection), table), given)
        connection.commit()
        return loaded

    return copy.run(work)


def put(connection: Connection, table: Table, given: Frame | str | Path) -> Loaded:
    """Insert the rows of *given* into *table*, which may be rolled back. Raises as `load`."""
    columns, rows = _rows_for(table, given)
    family_ = connection.dialect.name
    try:
        count = write(connection, Place(_narrowed(table, columns), family_), rows)
        advance(connection, Place(table, family_))
    except exc.DatabaseError as error:
        raise UsageProblem(
            f"The rows do not fit into {table.key}: {failures.words(error)}. None was loaded.",
            hint=f"%migrate schema db {table.key} shows what the table takes",
        ) from error
    return Loaded(table.key, count, tuple(column.name for column in columns))


def fitting(schema: Schema, table: str, given: Frame | str | Path) -> Loaded:
    """Return what `load` would put into *table* of *schema*, as far as columns and types tell. Raises as it does."""
    found = table_of(schema, table)
    columns, rows = _rows_for(found, given)
    return Loaded(found.key, sum(1 for _row in rows), tuple(column.name for column in columns))


def _rows_for(table: Table, given: Frame | str | Path) -> tuple[tuple[Column, ...], Iterator[Row]]:
    """The columns of *table* that *given* has, and its rows with values as these take them."""
    is_file = isinstance(given, (str, Path))
    names, rows = _csv(Path(given)) if isinstance(given, (str, Path)) else _frame(given)
    columns = tuple(_column(table, name) for name in names)
    _require(table, columns)
    return columns, (_converted(number, row, columns, is_file=is_file) for number, row in enumerate(rows, 1))


def _csv(path: Path) -> tuple[tuple[str, ...], Iterator[tuple[str, ...]]]:
    if not path.is_file():
        raise UsageProblem(f"There is no file {path}.", hint="give the path of a CSV file, or a DataFrame variable")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header = tuple(next(csv.reader(file), ()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageProblem(f"{path} is no CSV file in UTF-8: {error}.") from error
    if not header:
        raise UsageProblem(f"{path} is empty: its first line should name columns.")
    return header, _csv_rows(path, len(header))


def _csv_rows(path: Path, width: int) -> Iterator[tuple[str, ...]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        next(reader)
        try:
            for row in reader:
                if not row:
                    continue  # a blank line
                if len(row) != width:
                    raise UsageProblem(
                        f"Line {reader.line_num} of {path} has {len(row)} cells, the header {width}. None was loaded."
                    )
                yield tuple(row)
        except (UnicodeDecodeError, csv.Error) as error:
            raise UsageProblem(f"{path} is no CSV file in UTF-8: {error}. None was loaded.") from error


def _frame(given: Frame) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
    if not is_frame(given):
        raise UsageProblem(
            f"A {type(given).__name__} cannot be loaded.", hint="give a DataFrame, or the path of a CSV file"
        )
    rows: Any = given
    every = rows.itertuples(index=False, name=None) if hasattr(rows, "itertuples") else rows.iter_rows()
    return tuple(str(name) for name in given.columns), iter(every)


def table_of(schema: Schema, name: str) -> Table:
    """Return the table that is called *name*, in any case where that is clear. Raises ObjectNotFound."""
    found = [table for table in schema.tables if name in {table.key, f"{table.schema}.{table.name}"}]
    found = found or [table for table in schema.tables if table.key.lower() == name.lower()]
    if len(found) != 1:
        raise ObjectNotFound(f"There is no table {name}.", hint="%migrate schema db lists the tables")
    return found[0]


def _column(table: Table, name: str) -> Column:
    column = table.column(name) or next((each for each in table.columns if each.name.lower() == name.lower()), None)
    if column is None:
        raise ObjectNotFound(
            f"{table.key} has no column {name}.", hint=f"it has {', '.join(each.name for each in table.columns)}"
        )
    if column.computed is not None:
        raise UsageProblem(f"{table.key}.{column.name} is computed: leave it out.")
    return column


def _require(table: Table, columns: Sequence[Column]) -> None:
    names = [column.name for column in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageProblem(f"The column {twice[0]} is there more than once.")
    missing = [
        column.name
        for column in table.columns
        if not (column.is_nullable or column.default is not None or column.identity or column.is_autoincrement)
        and column.computed is None
        and column.name not in names
        and not _is_rowid(table, column)
    ]
    if missing:
        raise UsageProblem(f"{table.key} needs {', '.join(missing)}: not NULL, and without a default. None was loaded.")


def _is_rowid(table: Table, column: Column) -> bool:
    is_key = table.primary_key is not None and table.primary_key.columns == (column.name,)
    return is_key and column.type.lower() == "integer"  # SQLite numbers it


def _narrowed(table: Table, columns: Sequence[Column]) -> Table:
    return replace(table, columns=tuple(columns), foreign_keys=())


def _converted(number: int, row: Row, columns: Sequence[Column], *, is_file: bool) -> Row:
    values = []
    for column, value in zip(columns, row, strict=True):
        if is_file:
            is_null = value == "" and (column.is_nullable or family(column.type) != "text")
            values.append(None if is_null else _of_text(number, column, value))
        else:
            values.append(_plain(column, value))
    return tuple(values)


def _of_text(number: int, column: Column, text: str) -> object:
    """What a cell means by its column's type."""
    kind = family(column.type)
    try:
        if kind == "integer":
            return int(text)
        if kind == "float":
            return float(text)
        if kind == "decimal":
            return Decimal(text)
        if kind == "boolean":
            return {"true": 1, "t": 1, "1": 1, "yes": 1, "false": 0, "f": 0, "0": 0, "no": 0}[text.strip().lower()]
        if kind == "date":
            date.fromisoformat(text)
    except (ValueError, KeyError, InvalidOperation) as error:
        raise UsageProblem(
            f"Row {number}, column {column.name}: {text!r} is no {column.type}. None was loaded."
        ) from error
    return text


def _plain(column: Column, value: Any) -> Any:
    """A value of pandas or numpy as one that every driver takes; NaN, NaT and NA are NULL."""
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()  # numpy's numbers
    if (
        value is None
        or type(value).__name__ in {"NaTType", "NAType"}
        or (isinstance(value, float) and math.isnan(value))
    ):
        return None
    if isinstance(value, float) and value.is_integer() and family(column.type) == "integer":
        return int(value)  # pandas makes whole numbers floats where one of them is missing
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else value
