"""The numbers that a database gives out next: read from an original, set on its copy. The original's stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import exc

from .sample_rows import named, quoted

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from .sample_rows import Place


@dataclass(frozen=True, slots=True)
class Number:
    """What one sequence stands at. *table* and *column* where it belongs to an identity column, whose name may differ."""

    name: str
    value: int
    is_used: bool = True
    table: str = ""
    column: str = ""


_POSTGRESQL = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), coalesce(d.refobjid::regclass::text, ''),
       coalesce(a.attname::text, '')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i'
       AND d.refclassid = 'pg_class'::regclass
  LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
 WHERE c.relkind = 'S' AND c.relpersistence <> 't'
       AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'SELECT') END
 ORDER BY 1"""


def numbers_of(connection: Connection) -> tuple[Number, ...]:
    """Return what the sequences that *connection* may read stand at."""
    family = connection.dialect.name
    if family == "sqlite":
        return _sqlite(connection)
    return _postgresql(connection) if family == "postgresql" else _mysql(connection)


def _postgresql(connection: Connection) -> tuple[Number, ...]:
    found = []
    for name, table, column in connection.exec_driver_sql(_POSTGRESQL).all():
        row = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {name}".replace("%", "%%")).one()  # noqa: S608 - quoted names
        found.append(Number(name, int(row[0]), bool(row[1]), table, column))
    return tuple(found)


def _mysql(connection: Connection) -> tuple[Number, ...]:
    asked = (
        "SELECT table_name, table_type, auto_increment FROM information_schema.tables WHERE table_schema = DATABASE() "
        "AND (auto_increment IS NOT NULL OR table_type = 'SEQUENCE')"
    )
    found = []
    for name, kind, value in connection.execute(sa.text(asked)).all():
        if kind == "SEQUENCE":
            shown = quoted(name, "mysql").replace("%", "%%")
            following = connection.exec_driver_sql(f"SELECT next_not_cached_value FROM {shown}").scalar()  # noqa: S608 - quoted names
            found.append(Number(str(name), int(following or 0), is_used=False, column="sequence"))
        else:
            found.append(Number(str(name), int(value)))
    return tuple(found)


def _sqlite(connection: Connection) -> tuple[Number, ...]:
    if not connection.exec_driver_sql("SELECT 1 FROM main.sqlite_master WHERE name = 'sqlite_sequence'").scalar():
        return ()
    rows = connection.exec_driver_sql("SELECT name, seq FROM main.sqlite_sequence WHERE typeof(seq) = 'integer'")
    return tuple(Number(str(name), int(value)) for name, value in rows)


def set_numbers(copy: Connection, numbers: tuple[Number, ...]) -> None:
    """Make the sequences of *copy* go on from *numbers*; those that are not there are left out."""
    family = copy.dialect.name
    for number in numbers:
        if family == "sqlite":
            copy.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": number.name})
            copy.execute(
                sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :value)"),
                {"name": number.name, "value": number.value},
            )
        elif family == "postgresql":
            which = "pg_get_serial_sequence(:table, :column)" if number.table else ":name"
            given = {"table": number.table, "column": number.column} if number.table else {"name": number.name}
            copy.execute(
                sa.text(f"SELECT setval(to_regclass({which}), :value, :used)"),
                {**given, "value": number.value, "used": number.is_used},
            )
        else:
            _set_mysql(copy, number)
    copy.commit()


def advance(copy: Connection, place: Place) -> None:
    """Make the sequences of PostgreSQL behind the columns of *place* go on after its highest numbers; others do by themselves."""
    if place.dialect != "postgresql":
        return
    for column in place.columns:
        if not (column.identity or "nextval" in (column.default or "")):
            continue
        given = {"table": place.name, "column": column.name}
        name = copy.execute(sa.text("SELECT pg_get_serial_sequence(:table, :column)"), given).scalar()
        highest = copy.execute(place.select(sa.func.max(named(column.name)))).scalar()
        if name is not None and highest is not None:
            copy.execute(
                sa.text(
                    "SELECT setval(CAST(:name AS regclass), greatest(:highest, nextval(CAST(:name AS regclass)) - 1))"
                ),
                {"name": name, "highest": int(highest)},
            )


def _set_mysql(copy: Connection, number: Number) -> None:
    name = quoted(number.name, "mysql").replace("%", "%%")
    if number.column:
        copy.exec_driver_sql(f"SELECT SETVAL({name}, {number.value}, 0)")
        return
    try:
        copy.exec_driver_sql(f"ALTER TABLE {name} AUTO_INCREMENT = {number.value}")
    except exc.DatabaseError:
        copy.rollback()  # an engine without: Aria keeps none for a second column of a key
