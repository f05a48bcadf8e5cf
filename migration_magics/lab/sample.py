"""A sample of a database: so many rows of each table, and every row that they refer to."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..errors import ObjectNotFound, UsageProblem
from ..model.families import family
from ..model.masking import Mask, can_mask, limit
from ..model.sampling import Sampled, SampledTable, choose, most_forced, references, tied
from .sample_pool import Drawer, Locator, Pool, locator
from .sample_rows import CHUNK, Place, among, places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy.engine import Connection

    from ..model.schema import Schema, Table
    from .sample_rows import Row

_KEYS_AT_ONCE = 100
"""Conditions in one query where the database takes no arrays: SQLite's expressions are at most 1,000 deep."""


@dataclass(slots=True)
class Taken:
    """The rows taken from one table, by what tells them apart, in the order in which they were taken."""

    place: Place
    locator: Locator
    pool: Pool
    rows: dict[Row, Row] = field(default_factory=dict)
    parents: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """What was read: *tables* have their rows, masked; *sampled* tells what they are."""

    tables: tuple[tuple[Place, tuple[Row, ...]], ...]
    sampled: Sampled


def parse_masks(schema: Schema, masks: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return *masks*, each `TABLE.COLUMN` or `SCHEMA.TABLE.COLUMN`, as table keys and column names.

    Raises ObjectNotFound for what is not there, UsageProblem for a column whose values cannot be masked.
    """
    found = []
    for mask in masks:
        hits = [
            (table, column)
            for table in schema.tables
            for column in table.columns
            if mask in {f"{table.key}.{column.name}", f"{table.schema}.{table.name}.{column.name}"}
        ]
        if not hits:
            raise ObjectNotFound(
                f"There is no column {mask} to mask.", hint="write it as TABLE.COLUMN; %migrate schema db lists them"
            )
        table, column = hits[0]
        kind = family(column.type)
        if column.computed is not None or not (can_mask(kind) or "citext" in column.type):
            why = "it is computed from others" if column.computed is not None else f"its type is {column.type}"
            raise UsageProblem(f"{mask} cannot be masked: {why}.", hint="drop the column on the copy instead")
        found.append((table.key, column.name))
    return tuple(dict.fromkeys(found))


def _quietly(_number: int, _total: int, _name: str) -> None:
    """Tell nobody."""


def sample(
    connection: Connection,
    schema: Schema,
    *,
    rows: int,
    seed: int = 0,
    masks: Sequence[str] = (),
    tell: Callable[[int, int, str], None] = _quietly,
) -> Sample:
    """Return at most *rows* rows of each table of *schema* and all that they refer to, the same ones for the same *seed*.

    *connection* sees one snapshot. *tell* hears the number, how many there are, and the name of each table. Raises what
    `parse_masks` raises, UsageProblem for a negative number, and SQLAlchemy's errors.
    """
    if rows < 0:
        raise UsageProblem("A sample cannot have fewer than 0 rows.", hint="--rows 100")
    columns = tied(schema, parse_masks(schema, masks))
    taken: dict[str, Taken] = {}
    found = places(schema)
    for number, place in enumerate(found, 1):
        tell(number, len(found), place.table.key)
        taken[place.table.key] = _drawn(connection, place, rows, seed)
    notes = _close(connection, schema, taken)
    tables = tuple((each.place, _masked(each, schema, columns, seed)) for each in taken.values())
    told = tuple(
        SampledTable(
            key,
            len(each.rows),
            max(each.pool.total, len(each.rows)),
            each.pool.is_exact,
            each.parents,
            each.pool.how,
            most_forced(each.pool.candidates.values()),
        )
        for key, each in sorted(taken.items())
    )
    names = tuple(sorted(f"{table}.{column}" for table, column in columns))
    return Sample(tables, Sampled(told, rows, seed, names, notes))


def _drawn(connection: Connection, place: Place, rows: int, seed: int) -> Taken:
    where, drawer = locator(place), Drawer(connection, place, rows, seed)
    pool = drawer.pool()
    by_key = {candidate.key: at for at, candidate in pool.candidates.items()}
    chosen = [by_key[key] for key in choose(pool.candidates.values(), rows, seed)]
    taken = Taken(place, where, pool)
    if where.kind == "row":
        taken.rows |= {at: at[:-1] for at in chosen}
        return taken
    found: dict[Row, Row] = {}
    for start in range(0, len(chosen), _step(place)):
        part = chosen[start : start + _step(place)]
        found |= _rows(connection, taken, _located(place, where, part))
    taken.rows |= {at: found[at] for at in chosen if at in found}  # of one physical place, several partitions have rows
    return taken


def _step(place: Place) -> int:
    return CHUNK if place.dialect == "postgresql" else _KEYS_AT_ONCE


def _located(place: Place, where: Locator, wanted: Sequence[Row]) -> sa.TextClause:
    if place.dialect == "postgresql":
        return among(place, ("ctid",), [(row[1],) for row in wanted])
    return among(place, where.columns, wanted)


def _rows(connection: Connection, taken: Taken, condition: sa.TextClause) -> dict[Row, Row]:
    """Whole rows by what tells them apart."""
    place, where = taken.place, taken.locator
    values = [place.value(column) for column in place.read]
    if where.kind == "physical":
        at: list[sa.ColumnElement[Any]] = [sa.literal_column(name) for name in where.columns]
        told = [sa.cast(each, sa.Text()) for each in at] if place.dialect == "postgresql" else at
    else:
        told = [place.value(column) for name in where.columns for column in (place.table.column(name),) if column]
    found = {}
    for row in connection.execute(place.select(*told, *values).where(condition)):
        whole = tuple(row)
        found[whole[: len(told)] or (*whole, 0)] = whole[len(told) :]
    return found


def _close(connection: Connection, schema: Schema, taken: dict[str, Taken]) -> tuple[str, ...]:
    """Take every row that a taken one refers to, until there is none left; return what could not be followed."""
    asked: dict[tuple[str, tuple[str, ...]], set[Row]] = defaultdict(set)
    links = {key: references(schema, each.place.table) for key, each in taken.items()}
    notes = [
        f"{key} has a foreign key to {fk.target}, which is not there: it was not followed"
        for key, each in taken.items()
        for fk in each.place.table.foreign_keys
        if all(fk is not link[0] for link in links[key])
    ]
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # keys have indexes: take them, however few rows
    left = {key: list(each.rows.values()) for key, each in taken.items()}
    while left:
        key, fresh = left.popitem()
        for fk, target, columns in links[key]:
            home = _home(schema, taken, target)
            if home is None:
                continue
            wanted = _referred(taken[key].place, fk.columns, fresh) - asked[home.place.table.key, columns]
            asked[home.place.table.key, columns] |= wanted
            added = _add(connection, home, columns, sorted(wanted, key=repr))
            if added:
                left.setdefault(home.place.table.key, []).extend(added)
    return tuple(notes)


def _home(schema: Schema, taken: dict[str, Taken], target: Table) -> Taken | None:
    """Where the rows of *target* are: those of a partition are its parent's."""
    seen: set[str] = set()
    current: Table | None = target
    while current is not None and current.key not in taken and current.key not in seen:
        seen.add(current.key)
        parent = dict(current.options).get("partition of", "")
        current = next((each for each in schema.tables if parent and parent.startswith(each.key)), None)
    return taken.get(current.key) if current is not None else None


def _referred(place: Place, columns: Sequence[str], rows: Iterable[Row]) -> set[Row]:
    """What *rows* refer to; with a NULL in it a row refers to nothing (MATCH FULL allows only all of them to be NULL)."""
    spelled = {column.name.lower(): at for at, column in enumerate(place.read)}
    at = [spelled[name.lower()] for name in columns]
    return {values for row in rows for values in (tuple(row[each] for each in at),) if None not in values}


def _add(connection: Connection, home: Taken, columns: tuple[str, ...], wanted: Sequence[Row]) -> list[Row]:
    added: list[Row] = []
    for start in range(0, len(wanted), _step(home.place)):
        part = wanted[start : start + _step(home.place)]
        for at, row in _rows(connection, home, among(home.place, columns, part)).items():
            if at not in home.rows:
                home.rows[at] = row
                home.parents += 1
                added.append(row)
    return added


def _masked(
    taken: Taken, schema: Schema, columns: dict[tuple[str, str], tuple[tuple[str, str], ...]], seed: int
) -> tuple[Row, ...]:
    key = taken.place.table.key
    masks: dict[int, Callable[[Any], Any]] = {
        at: _mask(schema, columns[key, column.name], seed)
        for at, column in enumerate(taken.place.columns)
        if (key, column.name) in columns
    }
    if not masks:
        return tuple(taken.rows.values())
    return tuple(
        tuple(masks[at](value) if at in masks else value for at, value in enumerate(row)) for row in taken.rows.values()
    )


def _mask(schema: Schema, group: tuple[tuple[str, str], ...], seed: int) -> Mask:
    """The mask of all columns of *group*, which foreign keys tie together."""
    found = [
        column for table, name in group for each in (schema.table(table),) if each for column in (each.column(name),)
    ]
    types = [column.type for column in found if column is not None]
    limits = sorted({most for type_ in types for most in (limit(type_),) if most is not None})
    is_epoch = schema.dialect == "mysql" and any(type_.lower().startswith("timestamp") for type_ in types)
    years = (1970, 2037) if is_epoch else (1000, 9998)  # what MariaDB's types hold
    kind = "text" if "citext" in types[0] else family(types[0])
    return Mask(f"{seed}/{group[0]}", kind, tuple(limits), _labels(schema, types[0]), *years)


def _labels(schema: Schema, type_: str) -> tuple[str, ...]:
    for enum in schema.enums:
        if type_ in {enum.key, enum.name, f'"{enum.name}"'}:
            return enum.values
    if not type_.lower().startswith("enum("):
        return ()
    inside = type_[5:-1].strip()
    return tuple(part.replace("''", "'") for part in _split_labels(inside))


def _split_labels(text: str) -> list[str]:
    return re.findall(r"'((?:[^']|'')*)'", text)
