"""Every table of a database as a value of what its reflection is made from; equal values are reflected alike."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc

from .reflect import reflect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy.engine import Connection

    from ..model.schema import Schema, Sequence, Table
    from .shortcut_models import Key

_WITHOUT_COLUMNS = re.compile(r"references\b(?!\s+(?:\"[^\"]+\"|`[^`]+`|\[[^\]]+\]|\w+)\s*\()", re.IGNORECASE)
"""A foreign key that names no columns: it means the other table's primary key."""

_SETTINGS = [
    "search_path",
    "quote_all_identifiers",
    "DateStyle",
    "TimeZone",
    "IntervalStyle",
    "bytea_output",
    "extra_float_digits",
    "lc_monetary",
    "standard_conforming_strings",
]
"""What PostgreSQL's spelling of types and expressions depends on besides them."""

_CALL = re.compile(r"(\w+)\"?\s*\(")
_STEADY = frozenset(
    [
        "and",
        "any",
        "array",
        "bit",
        "bpchar",
        "char",
        "character",
        "clock_timestamp",
        "decimal",
        "gen_random_uuid",
        "interval",
        "nextval",
        "not",
        "now",
        "numeric",
        "or",
        "time",
        "timestamp",
        "timezone",
        "uuid_generate_v4",
        "varbit",
        "varchar",
        "varying",
    ]
)
"""What may stand before a parenthesis in an expression: words, types, and functions that nobody writes anew."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables by schema and name; None stands for one that may change without its value. *facts* hold for all of them."""

    facts: Any
    tables: Mapping[Key, Any]


def database_tables(connection: Connection, told: Any) -> Tables | None:
    """Return the tables of *connection*; None where nothing can be said of them.

    *told* is what `shortcut_sqlalchemy.read_at_once` gave.
    """
    try:
        if connection.dialect.name == "sqlite":
            return None if told is None else _sqlite(told)
        if connection.dialect.name == "postgresql":
            return _postgresql(connection)
        if told is not None:
            return _mysql(connection, told)
    except exc.DBAPIError:  # Alembic reads in other ways: what fails there is told there
        return None
    return None


def _sqlite(master: Iterable[tuple[str, str, str, int, str | None]]) -> Tables:
    """The texts of a table and its indexes are all that SQLite itself knows of them (sqlite.org/schematab.html)."""
    texts: dict[str, list[Any]] = defaultdict(list)
    unknowable = set()
    for kind, name, table, page, sql in master:
        if kind not in {"table", "index"}:
            continue
        texts[table].append((name, sql))
        if kind == "table" and not page:
            unknowable.add(name)
    whole = tuple(master)
    found: dict[Key, Any] = {}
    for name, rows in texts.items():
        sql = next((text for each, text in rows if each == name), None) or ""
        beyond = whole if _WITHOUT_COLUMNS.search(sql) else ()
        found[None, name] = None if name in unknowable else (*rows, beyond)
    return Tables(None, found)


def _mysql(connection: Connection, show: Callable[[str], str]) -> Tables | None:
    """SHOW CREATE TABLE is what SQLAlchemy reads; where names of tables have no case, it corrects those of targets."""
    asked = "SELECT @@lower_case_table_names, @@sql_mode, DATABASE(), CONNECTION_ID()"
    folds, *facts, _ = connection.exec_driver_sql(asked).one()
    if folds:
        return None
    quote = connection.dialect.identifier_preparer.quote_identifier
    names = sa.inspect(connection).get_table_names()
    return Tables(tuple(facts), {(None, name): show(quote(name)) for name in names})


def _postgresql(connection: Connection) -> Tables | None:
    settings = ", ".join(f"current_setting('{name}')" for name in _SETTINGS)
    schema, *facts = connection.exec_driver_sql(f"SELECT current_schema(), {settings}").one()
    if schema != connection.dialect.default_schema_name:
        return None
    found = reflect(connection)
    owned, others = _owned(found)
    return Tables(
        (*facts, found.enums, found.domains, others),
        {
            (table.schema or None, table.name): (table, tuple(owned[table.key])) if _is_known(table) else None
            for table in found.tables
        },
    )


def _owned(schema: Schema) -> tuple[Mapping[str, list[Sequence]], tuple[Sequence, ...]]:
    """Return the sequences by each table that may own them, since owners are written `table.column`, and the others."""
    keys = {table.key for table in schema.tables}
    owned: dict[str, list[Sequence]] = defaultdict(list)
    others = []
    for sequence in schema.sequences:
        pieces = sequence.owner.split(".")
        owners = [key for at in range(1, len(pieces)) if (key := ".".join(pieces[:at])) in keys]
        for owner in owners:
            owned[owner].append(sequence)
        if not owners:
            others.append(sequence)
    return owned, tuple(others)


def _is_known(table: Table) -> bool:
    """A partition has keys and indexes of its parent; what is called can be written anew, and comparing runs or reads it."""
    if any(name in {"partition of", "inherits", "of type"} for name, _ in table.options):
        return False
    texts = [column.default for column in table.columns if column.default] + [
        check.expression for check in table.checks
    ]
    called = (name for text in texts for name in _CALL.findall(text))
    return all(name.casefold() in _STEADY for name in called)
