"""Rows of information_schema -> columns, indexes, foreign keys, checks, triggers and partitions."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ...model.families import family
from ...model.schema import (
    Check,
    Column,
    Computed,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Trigger,
    Unique,
    key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = tuple[Any, ...]

_ON_UPDATE = re.compile(r"on update ([a-z_]+(?:\(\d*\))?)", re.IGNORECASE)

_UNQUOTED = re.compile(
    r"(?:tiny|small|medium|big)?int|integer|decimal|numeric|float|double|real|bit|year|bool|serial", re.IGNORECASE
)
"""Types whose literal default MySQL writes without quotes."""

_NOW = re.compile(r"current_timestamp(?:\(\d*\))?|now\(\)", re.IGNORECASE)


def by_table(rows: Iterable[Row], *, ordered: int) -> dict[str, list[Row]]:
    """Return *rows* by their first value, each table's sorted by its first *ordered* values."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row)
    order = itemgetter(*range(1, ordered))
    for some in found.values():
        some.sort(key=order)
    return found


class Columns:
    """Rows -> columns. Equal ones are one object: most tables of a database have an `id` and a `created_at`."""

    def __init__(self, database: str, *, has_quoted_defaults: bool) -> None:
        """Take whether defaults are SQL already: MariaDB's since 10.2.7 (mariadb.com/kb/en/information-schema-columns-table)."""
        self._database = database
        self._has_quoted_defaults = has_quoted_defaults
        self._made: dict[tuple[str, Row], Column] = {}

    def of(self, row: Row, table_collation: str) -> Column:
        """Return the column of a row of `mysql_queries.columns`."""
        known = (table_collation, row[2:])
        made = self._made.get(known)
        if made is None:
            made = self._made[known] = self._column(row, table_collation)
        return made

    def _column(self, row: Row, table_collation: str) -> Column:
        name, type_, nullable, default, extra, collation, comment, expression = row[2:]
        extra = extra or ""
        is_generated = " GENERATED" in extra.upper() and bool(expression)
        updated = _ON_UPDATE.search(extra)
        return Column(
            name=name,
            type=type_,
            family=family(type_),
            is_nullable=nullable == "YES",
            default=None if is_generated else self._default(type_, default, extra),
            computed=Computed(expression, is_stored="VIRTUAL GENERATED" not in extra.upper()) if is_generated else None,
            is_autoincrement="auto_increment" in extra.lower(),
            collation="" if collation in {None, table_collation} else collation,
            comment=comment or "",
            on_update=updated[1] if updated else "",
        )

    def _default(self, type_: str, default: str | None, extra: str) -> str | None:
        if default is None:
            return None
        if self._has_quoted_defaults:
            return None if default == "NULL" else without_database(default, self._database)
        return _mysql_default(type_, default, extra)


def _mysql_default(type_: str, default: str, extra: str) -> str:
    """Return the SQL of a default of MySQL, which gives a bare value, and says in *extra* where it is an expression.

    dev.mysql.com/doc/refman/8.4/en/information-schema-columns-table.html
    """
    if _NOW.fullmatch(default) and type_.startswith(("timestamp", "datetime")):
        return default
    if "DEFAULT_GENERATED" in extra:
        return f"({default})"
    return default if _UNQUOTED.match(type_) else literal(default)


def literal(text: str) -> str:
    """Return *text* as a literal of SQL."""
    doubled = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def quoted(name: str) -> str:
    """Return *name* as an identifier of SQL."""
    doubled = name.replace("`", "``")
    return f"`{doubled}`"


def marked(rows: Iterable[Row], mark: str) -> str:
    """Return the names of the columns whose *extra* has *mark*, or ""."""
    return ", ".join(row[2] for row in rows if row[6] and mark in row[6].upper())


def keys(rows: list[Row]) -> tuple[PrimaryKey | None, str, list[Unique], list[Index]]:
    """Return a table's primary key (and its parts, where they are not whole columns), uniques and indexes.

    A UNIQUE index and a UNIQUE constraint are one and the same there; it is an index here where a constraint could not
    say it: with prefixes, expressions or descending columns.
    """
    primary, unusual = None, ""
    uniques: list[Unique] = []
    indexes: list[Index] = []
    for name, group in groupby(rows, key=itemgetter(1)):
        some = list(group)
        parts = tuple(map(_part, some))
        is_plain = not any(part.is_expression or part.is_descending or part.options for part in parts)
        options = _options(some[0])
        if name == "PRIMARY":
            primary = PrimaryKey(tuple(part.text for part in parts))
            unusual = "" if is_plain else ", ".join(map(_spelled, parts))
        elif not some[0][3] and is_plain:
            uniques.append(Unique(tuple(part.text for part in parts), name, options=options))
        else:
            method = "" if some[0][7] == "BTREE" else some[0][7]
            indexes.append(Index(name, parts, is_unique=not some[0][3], method=method, options=_comment(some[0])))
    return primary, unusual, uniques, indexes


def _part(row: Row) -> IndexPart:
    column, prefix, order, method, expression = row[4], row[5], row[6], row[7], row[10]
    # A SPATIAL index says the 32 bytes of its rectangles.
    options = f"({prefix})" if prefix and method != "SPATIAL" else ""
    is_expression = column is None
    return IndexPart(expression if is_expression else column, is_expression, order == "D", options)


def _spelled(part: IndexPart) -> str:
    return part.text + part.options + (" DESC" if part.is_descending else "")


def _comment(row: Row) -> str:
    return " ".join(filter(None, (f"COMMENT {literal(row[8])}" if row[8] else "", row[9])))


def _options(row: Row) -> str:
    method = "" if row[7] == "BTREE" else f"USING {row[7]}"
    return " ".join(filter(None, (method, _comment(row))))


def foreign_keys(
    rows: Iterable[Row], rules: dict[tuple[str, str], tuple[str, str]], database: str
) -> Iterator[ForeignKey]:
    """Give a table's foreign keys; *rules* are the actions on update and on delete by table and name."""
    for name, group in groupby(rows, key=itemgetter(1)):
        some = list(group)
        table, schema, target = some[0][0], some[0][4], some[0][5]
        on_update, on_delete = rules.get((table, name), ("", ""))
        yield ForeignKey(
            columns=tuple(row[3] for row in some),
            target=key("" if schema == database else schema, target),
            target_columns=tuple(row[6] for row in some),
            name=name,
            on_update=on_update,
            on_delete=on_delete,
        )


def action(rule: str) -> str:
    """Return a referential action. InnoDB makes no difference between RESTRICT and NO ACTION, which is the default.

    dev.mysql.com/doc/refman/8.4/en/create-table-foreign-keys.html
    """
    return "" if rule in {"RESTRICT", "NO ACTION"} else rule


def checks(rows: Iterable[Row]) -> Iterator[Check]:
    """Give a table's checks."""
    for _table, name, expression, enforced in rows:
        yield Check(expression, name, is_validated=enforced == "YES")


def triggers(rows: Iterable[Row]) -> Iterator[Trigger]:
    """Give a table's triggers; of several at one time each but the first says which one it follows."""
    for (time, event), group in groupby(rows, key=itemgetter(1, 2)):
        before = ""
        for row in group:
            name, statement = row[4], row[5]
            yield Trigger(name, f"{time} {event} ON {quoted(row[0])} FOR EACH ROW{before} {statement}")
            before = f" FOLLOWS {quoted(name)}"


def partitioning(rows: list[Row]) -> str:
    """Return how a table is partitioned, as after `PARTITION BY`.

    Of SYSTEM_TIME only that: its history is cut by the clock.
    """
    method, expression, below, expression_below = rows[0][4:8]
    if method == "SYSTEM_TIME":
        return "SYSTEM_TIME"
    said = f"{method} ({expression or ''})"
    count = max(row[2] for row in rows)
    if below:
        said += f" SUBPARTITION BY {below} ({expression_below or ''}) SUBPARTITIONS {count}"
    firsts = [row for row in rows if row[2] == 1]
    if rows[0][8] is None:
        return f"{said} PARTITIONS {len(firsts)}"
    return f"{said} ({', '.join(_partition(row) for row in firsts)})"


def _partition(row: Row) -> str:
    values = row[8]
    if row[4].startswith("LIST"):
        values = f"VALUES IN ({values})"
    elif values == "MAXVALUE":
        values = "VALUES LESS THAN MAXVALUE"
    else:
        values = f"VALUES LESS THAN ({values})"
    comment = f" COMMENT {literal(row[9])}" if row[9] else ""
    return f"PARTITION {quoted(row[3])} {values}{comment}"


def without_database(sql: str, database: str) -> str:
    """Return *sql*, as the server spells a view or a default, without the name of the database before what is in it.

    Names stand in backticks there and texts in single quotes, whatever `sql_mode` says.
    """
    name = re.escape(quoted(database))
    pattern = re.compile(
        rf"'(?:[^'\\]|\\.|'')*'|(?<![.`]){name}\.(?=(`(?:[^`]|``)*`)([.(])?)|`(?:[^`]|``)*`", re.DOTALL
    )
    is_alias = re.search(rf"[`)] {name}(?![.`])", sql) is not None

    def kept(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        # A table may be called in the query as the database is: `shop`.`id` of `shops` `shop`.
        before = match.string[: match.start()].rstrip("( ").lower()
        return match[0] if is_alias and not match[2] and not before.endswith((" from", " join")) else ""

    return pattern.sub(kept, sql)
