"""A backfill as a value: what it sets, in which order it walks a table, how large a batch is, where it stopped."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .schema import Table

FIRST_SIZE = 1_000
"""How many rows the first batch has where nobody says."""

LARGEST_SIZE = 1_000_000
LONGEST_WAIT_S = 10.0

_ASSIGNMENT = re.compile(r'\s*(?:"((?:[^"]|"")+)"|`((?:[^`]|``)+)`|([^"`=\s][^=]*?))\s*=(?!=)\s*(.+?)\s*\Z', re.DOTALL)

Key = tuple[Any, ...]
"""The values of a row's key, as the driver gives them."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one column is set to: an SQL expression."""

    column: str
    expression: str

    @property
    def text(self) -> str:
        """As it is typed: `status = 'new'`."""
        return f"{self.column} = {self.expression}"


@dataclass(frozen=True, slots=True)
class Job:
    """What a backfill does. *table* is the key of a table, *where* an SQL condition or ""."""

    table: str
    assignments: tuple[Assignment, ...]
    where: str = ""

    @property
    def id(self) -> str:
        """What the checkpoint is kept under: the same job has the same, any other one another."""
        said = [self.table, [[each.column, each.expression] for each in self.assignments], self.where]
        return hashlib.blake2b(json.dumps(said).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a backfill goes.

    A batch begins with *size* rows, at most *largest*, and changes until its locks are held for *lock_time_s*; after each
    there is a pause.
    A batch that gets no lock within *lock_wait_s* is tried again, *tries* times in all, *wait_s* and then ever longer apart.
    """

    size: int = FIRST_SIZE
    lock_time_s: float = 0.3
    pause_s: float = 0.0
    lock_wait_s: float = 5.0
    tries: int = 8
    wait_s: float = 0.25
    largest: int = LARGEST_SIZE


def assignment(text: str) -> Assignment | None:
    """Return what `COLUMN = EXPRESSION` says, or None where it is not that. A column may stand in quotes.

    >>> assignment("status = 'new'")
    Assignment(column='status', expression="'new'")
    """
    found = _ASSIGNMENT.match(text)
    if found is None:
        return None
    double, back, bare, expression = found.groups()
    column = double.replace('""', '"') if double else back.replace("``", "`") if back else bare.strip()
    return Assignment(column, expression)


def walking_key(table: Table, dialect: str) -> tuple[str, ...]:
    """Return the columns by which *table* can be walked: its primary key, or a unique key without NULLs; () without any.

    A SQLite primary key counts even where it may hold NULLs, which it does by a bug that is kept (sqlite.org/quirks.html,
    section 5): whoever walks it has to look for them.
    """
    nullable = {column.name for column in table.columns if column.is_nullable}
    primary = table.primary_key.columns if table.primary_key else ()
    if primary and (dialect == "sqlite" or not nullable.intersection(primary)):
        return primary
    names = {column.name for column in table.columns}
    found = [each.columns for each in table.uniques]
    found += [
        tuple(part.text for part in index.parts)
        for index in table.indexes
        if index.is_unique
        and not index.where
        and not index.method
        and all(not part.is_expression and not part.options for part in index.parts)
    ]
    usable = [key for key in found if key and names.issuperset(key) and not nullable.intersection(key)]
    return min(usable, key=lambda key: (len(key), key), default=())


def adapted(size: int, took_s: float, target_s: float, largest: int = LARGEST_SIZE) -> int:
    """Return the size of the next batch after one of *size* rows took *took_s*: at most twice, at least half as large."""
    factor = 2.0 if took_s <= 0 else min(2.0, max(0.5, target_s / took_s))
    return max(1, min(max(largest, size), int(size * factor)))


def wait_s(tried: int, first_s: float, chance: float) -> float:
    """Return how long to wait after *tried* failed tries, in seconds: doubling, spread by *chance* (0 to 1), bounded."""
    longest = min(LONGEST_WAIT_S, first_s * float(2 ** min(tried - 1, 32)))
    return longest * (0.5 + chance / 2)


_WRITERS: Mapping[type, tuple[str, Callable[[Any], str]]] = {
    Decimal: ("decimal", str),
    bytes: ("bytes", bytes.hex),
    uuid.UUID: ("uuid", str),
    datetime.datetime: ("datetime", datetime.datetime.isoformat),
    datetime.date: ("date", datetime.date.isoformat),
    datetime.time: ("time", datetime.time.isoformat),
    datetime.timedelta: ("seconds", lambda value: f"{value.days} {value.seconds} {value.microseconds}"),
    float: ("float", float.hex),
}
_READERS: Mapping[str, Callable[[str], Any]] = {
    "decimal": Decimal,
    "bytes": bytes.fromhex,
    "uuid": uuid.UUID,
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "seconds": lambda text: datetime.timedelta(*map(int, text.split())),
    "float": float.fromhex,
}


def written(key: Key) -> str | None:
    """Return *key* as text for a checkpoint, or None where one of its values is of a kind not known here."""
    values: list[Any] = []
    for value in key:
        if value is None or type(value) in {int, str, bool}:
            values.append(value)
            continue
        plain = bytes(value) if isinstance(value, (bytearray, memoryview)) else value
        kind = _WRITERS.get(type(plain))
        if kind is None:
            return None
        values.append({kind[0]: kind[1](plain)})
    return json.dumps(values)


def read(text: str) -> Key:
    """Return the key that `written` made *text* of. Raises ValueError where it did not."""
    values = json.loads(text)
    if not isinstance(values, list):
        raise ValueError(text)  # noqa: TRY004 - the text is at fault, not the caller
    return tuple(_value(each) for each in values)


def _value(each: Any) -> Any:
    if not isinstance(each, dict):
        return each
    ((kind, text),) = each.items()
    if kind not in _READERS:
        raise ValueError(kind)
    return _READERS[kind](text)
