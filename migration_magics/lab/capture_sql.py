"""The SQL in which databases differ when rows are compared: names, what counts as the same value, how a value is shown.

Two values are the same where nobody could tell them apart: `a` and `A` differ under any collation. Where a type changed,
numbers are compared as numbers, points in time as such, and all else as text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..model.rowdiff import LONGEST

if TYPE_CHECKING:
    from ..model.rowpairs import ColumnPair
    from ..model.schema import Column, Table

_NUMBERS = {"integer", "decimal", "float", "boolean"}
_TIMES = {"date", "datetime"}
_CONSTANT = re.compile(r"(?:NULL|true|false|-?\d+(?:\.\d+)?|'(?:[^'\\]|'')*')(?:::[\w .,()\"\[\]]+)?\Z", re.IGNORECASE)


class Words:
    """What is the same in all dialects. *kept* and *now* are where the tables before and afterwards stand."""

    quote = '"'
    row = "mm_row"
    """What numbers the rows of the table of changes, in the order they were found."""

    def name(self, *parts: str) -> str:
        """Return the name of *parts*, quoted; empty parts are left out."""
        mark = self.quote
        return ".".join(mark + part.replace(mark, mark * 2) + mark for part in parts if part)

    def now(self, table: Table) -> str:
        """Return how the table is called in a query."""
        return self.name(table.schema, table.name)

    def same_key(self, pair: ColumnPair, before: str, now: str) -> str:
        """Return the condition under which two rows have one key."""
        left, right = self.sides(pair, before, now)
        return f"{left} = {right}"

    def differs(self, pair: ColumnPair, before: str, now: str) -> str:
        """Return the condition under which a value differs; *before* and *now* are the aliases of the two tables."""
        left, right = self.sides(pair, before, now)
        return self.is_distinct(left, right)

    def is_distinct(self, left: str, right: str) -> str:
        """Return the condition under which two expressions differ, with NULL as a value like any other."""
        return f"{left} IS DISTINCT FROM {right}"

    def sides(self, pair: ColumnPair, before: str, now: str) -> tuple[str, str]:
        """Return the two values of a *pair* as they are compared; of an added column the default stands for the old one."""
        if pair.before is None or pair.after is None:
            return self.default(pair.column), self.identity(f"{now}.{self.name(pair.name)}", pair.column)
        left, right = f"{before}.{self.name(pair.before.name)}", f"{now}.{self.name(pair.after.name)}"
        if self.is_alike(pair.before, pair.after):
            return self.identity(left, pair.before), self.identity(right, pair.after)
        return self.common(left, pair.before, pair.after), self.common(right, pair.after, pair.before)

    def is_alike(self, before: Column, after: Column) -> bool:
        """Say whether the two columns' values can be compared as they are."""
        return before.type == after.type

    def identity(self, value: str, column: Column) -> str:
        """Return an expression that is equal for two values of a *column* exactly where they are the same, and has equality."""
        raise NotImplementedError

    def common(self, value: str, column: Column, other: Column) -> str:
        """Return what a *value* of *column* is compared as with one of *other*, which is of another type."""
        raise NotImplementedError

    def default(self, column: Column) -> str:
        """Return the value that a row has got by itself in an added column: its default where that is a constant."""
        is_constant = column.default is not None and _CONSTANT.match(column.default)
        return f"({column.default})" if is_constant else "NULL"

    def text(self, value: str, column: Column) -> str:
        """Return *value* as text, whole."""
        raise NotImplementedError

    def shown(self, value: str, column: Column) -> str:
        """Return *value* as text, of a long one its head, its tail and its length."""
        text = self.text(value, column)
        joined = self.joined(
            f"substr({text}, 1, 50)", "'…'", f"{self.tail(text)}", "' ('", self.length(text), "' characters)'"
        )
        short = f"{value} IS NULL OR {self.length(text)} <= {LONGEST}"
        return f"CASE WHEN {short} THEN {text} ELSE {joined} END"

    def tail(self, text: str) -> str:
        """Return the last characters of *text*."""
        return f"right({text}, 20)"

    def length(self, text: str) -> str:
        """Return how many characters *text* has."""
        return f"char_length({text})"

    def joined(self, *parts: str) -> str:
        """Return *parts* as one text."""
        return f"concat({', '.join(parts)})"

    def grouped(self, value: str) -> str:
        """Return a compared *value* as it is grouped by."""
        return value

    def read(self, value: object) -> str | None:
        """Return the text that a `shown` value came as."""
        return None if value is None else str(value)

    def changes_type(self, column: Column) -> str:
        """Return the type in which the table of changes keeps values of *column*; "" leaves it to the database."""
        del column
        return ""


class PostgreSQL(Words):
    """Types may have no equality (json, xml, point): those are compared as text."""

    # format_type's spellings of the types that have an equality nobody could be misled by
    _COMPARABLE = re.compile(
        r"(?:smallint|integer|bigint|numeric|real|double precision|boolean|date|uuid|bytea|jsonb|time|timestamp|interval)\b"
        r"(?!.*\[\])"
    )

    def now(self, table: Table) -> str:
        """Rows of tables that inherit are theirs; those of partitions belong to the table."""
        options = dict(table.options)
        only = "" if "partition by" in options else "ONLY "
        return only + self.name(table.schema, table.name)

    def identity(self, value: str, column: Column) -> str:
        """Text byte by byte, whatever the collation."""
        return value if self._COMPARABLE.match(column.type) else f'{value}::text COLLATE "C"'

    def common(self, value: str, column: Column, other: Column) -> str:
        """See `Words.common`."""
        families = {column.family, other.family}
        if families <= _NUMBERS:
            number = f"{value}::integer" if column.family == "boolean" else value
            return f"{number}::{'double precision' if 'float' in families else 'numeric'}"
        if families <= _TIMES:
            return f"{value}::timestamptz"
        if families == {"json"}:
            return f"{value}::jsonb"
        return f'{value}::text COLLATE "C"'

    def default(self, column: Column) -> str:
        """See `Words.default`."""
        return self.identity(f"CAST({super().default(column)} AS {column.type})", column)

    def text(self, value: str, column: Column) -> str:
        """See `Words.text`."""
        del column
        return f"{value}::text"


class MySQL(Words):
    """Text is compared as bytes of utf8mb4: its collations ignore case, accents and blanks at the end."""

    quote = "`"

    _AS_THEY_ARE = _NUMBERS | _TIMES | {"time"}

    def same_key(self, pair: ColumnPair, before: str, now: str) -> str:
        """A key of one type and collation is compared by the collation it is unique under, which its index knows."""
        old, new = pair.before, pair.after
        if old is not None and new is not None and (old.type, old.collation) == (new.type, new.collation):
            return f"{before}.{self.name(old.name)} = {now}.{self.name(new.name)}"
        return super().same_key(pair, before, now)

    def is_distinct(self, left: str, right: str) -> str:
        """See `Words.is_distinct`."""
        return f"NOT ({left} <=> {right})"

    def is_alike(self, before: Column, after: Column) -> bool:
        """Numbers and times compare with their like."""
        families = {before.family, after.family}
        return families <= _NUMBERS or families <= _TIMES or super().is_alike(before, after)

    def identity(self, value: str, column: Column) -> str:
        """See `Words.identity`."""
        if column.family in self._AS_THEY_ARE:
            return value
        if column.family in {"binary", "geometry"}:
            return f"CAST({value} AS BINARY)"
        return f"CAST(CONVERT({value} USING utf8mb4) AS BINARY)"

    def common(self, value: str, column: Column, other: Column) -> str:
        """See `Words.common`."""
        del other
        return f"CAST({self.text(value, column)} AS BINARY)"

    def default(self, column: Column) -> str:
        """See `Words.default`."""
        return self.identity(super().default(column), column)

    def text(self, value: str, column: Column) -> str:
        """Binary values as hexadecimal digits."""
        if column.family in {"binary", "geometry"}:
            return f"HEX({value})"
        return f"CONVERT({value} USING utf8mb4)"

    def changes_type(self, column: Column) -> str:
        """Twice the columns of a row would be more than 65,535 bytes; LONGTEXT is kept outside (manual, Limits on Row Size)."""
        if column.family in self._AS_THEY_ARE:
            return ""
        return "LONGBLOB" if column.family in {"binary", "geometry"} else "LONGTEXT CHARACTER SET utf8mb4"


class SQLite(Words):
    """Values have types, columns only a liking for some (datatype3.html): text is read as a number where one stands beside it."""

    row = "rowid"

    def now(self, table: Table) -> str:
        """In the database itself, though a temporary table may be called so, too."""
        return self.name(table.schema or "main", table.name)

    def is_distinct(self, left: str, right: str) -> str:
        """See `Words.is_distinct`."""
        return f"{left} IS NOT {right}"

    def is_alike(self, before: Column, after: Column) -> bool:
        """As text "007" is not 7; all else compares by value."""
        return before.family == after.family or {before.family, after.family} <= _NUMBERS

    def identity(self, value: str, column: Column) -> str:
        """See `Words.identity`."""
        del column
        return f"{value} COLLATE BINARY"

    def common(self, value: str, column: Column, other: Column) -> str:
        """See `Words.common`."""
        del column, other
        return f"CAST({value} AS TEXT) COLLATE BINARY"

    def text(self, value: str, column: Column) -> str:
        """Blobs as hexadecimal digits."""
        del column
        return f"CASE typeof({value}) WHEN 'blob' THEN hex({value}) ELSE CAST({value} AS TEXT) END"

    def shown(self, value: str, column: Column) -> str:
        """As hexadecimal digits of its bytes: text may be no UTF-8, which Python's driver refuses."""
        return f"CASE WHEN {value} IS NOT NULL THEN hex(CAST(({super().shown(value, column)}) AS BLOB)) END"

    def grouped(self, value: str) -> str:
        """See `Words.grouped`."""
        return f"{value} COLLATE BINARY"

    def read(self, value: object) -> str | None:
        """See `Words.read`."""
        return None if value is None else bytes.fromhex(str(value)).decode("utf-8", "replace")

    def tail(self, text: str) -> str:
        """See `Words.tail`."""
        return f"substr({text}, -20)"

    def length(self, text: str) -> str:
        """See `Words.length`."""
        return f"length({text})"

    def joined(self, *parts: str) -> str:
        """See `Words.joined`."""
        return " || ".join(parts)


def words_of(family: str) -> Words:
    """Return the words of a database *family*. Raises KeyError for one whose rows can't be compared."""
    return {"postgresql": PostgreSQL, "mysql": MySQL, "sqlite": SQLite}[family]()
