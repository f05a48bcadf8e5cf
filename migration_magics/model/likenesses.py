"""How well one column or table fits where another was: the parts of a score, each with its reason in plain words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .families import family
from .name_tokens import likeness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .schema import Column, Schema, Table

MOST = 0.99
"""What is only alike is never certain."""

_ARGUMENTS = re.compile(r"\(.*\)", re.DOTALL)
_RELATED = (
    frozenset({"integer", "decimal", "float"}),
    frozenset({"integer", "boolean"}),
    frozenset({"date", "datetime"}),
    frozenset({"text", "enum"}),
    frozenset({"text", "uuid"}),
    frozenset({"text", "json"}),
)


@dataclass(frozen=True, slots=True)
class Fit:
    """How well two objects fit, from 0 to 1, and why; *is_opposite* where their names exclude each other."""

    score: float
    reasons: tuple[str, ...] = ()
    is_opposite: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """A column with its table, and its place: how many columns that stay are before it, and how many others since the last."""

    table: Table
    column: Column
    stayed: int
    since: int


def seats(table: Table, names: frozenset[str], staying: frozenset[str]) -> dict[str, Seat]:
    """Return the seats of the columns *names*; places are counted among those *staying*, so that other changes do not matter."""
    found: dict[str, Seat] = {}
    stayed = since = 0
    for column in table.columns:
        if column.name in names:
            found[column.name] = Seat(table, column, stayed, since)
        stayed, since = (stayed + 1, 0) if column.name in staying else (stayed, since + 1)
    return found


def column_fit(before: Seat, after: Seat, tables: Mapping[str, str], *, is_lone: bool = False) -> Fit:
    """Return how well a column fits; *tables* are the new names of tables that foreign keys point to.

    *is_lone*: no other column of the table went or came. Where all but the name is the same, that is worth a question.
    """
    one, other = before.column, after.column
    names = (likeness(one.name, other.name, seat.table.name) for seat in (before, after))
    name = max(names, key=lambda each: (each.is_opposite, each.score))
    kind, kind_why = _type(one, other)
    same = (one.is_nullable == other.is_nullable, one.default == other.default)
    place = _place(before, after)
    roles = _roles(before, tables), _roles(after, {})
    role = _jaccard(*roles)
    score = 0.45 * name.score + 0.25 * kind + 0.05 * sum(same) + 0.10 * place + 0.10 * role
    reasons = [kind_why]
    if name.why:
        reasons.insert(0, f"name: {name.why}")
    if all(same):
        reasons.append("same nullability and default")
    if place == 1:
        reasons.append("same place in the table")
    if role == 1 and roles[0]:
        reasons.append("in the same keys and indexes")
    if is_lone and kind == place == role == 1 and all(same):
        score += 0.05
        reasons.append("no other column went or came")
    return Fit(round(min(score, MOST), 4), tuple(reasons), name.is_opposite)


def _type(one: Column, other: Column) -> tuple[float, str]:
    if bool(one.computed) != bool(other.computed):
        return 0.0, "only one of them is generated"
    spelled = one.type or "no type", other.type or "no type"
    if " ".join(one.type.lower().split()) == " ".join(other.type.lower().split()):
        return 1.0, f"same type {spelled[0]}"
    if _ARGUMENTS.sub("", one.type.lower()).split() == _ARGUMENTS.sub("", other.type.lower()).split():
        return 0.9, f"same type but for its size: {spelled[0]}, {spelled[1]}"
    families = one.family or family(one.type), other.family or family(other.type)
    if families[0] == families[1] != "other":
        return 0.8, f"both are {families[0]}: {spelled[0]}, {spelled[1]}"
    if any(set(families) <= group for group in _RELATED):
        return 0.4, f"types are related: {spelled[0]}, {spelled[1]}"
    return 0.0, f"types differ: {spelled[0]}, {spelled[1]}"


def _place(before: Seat, after: Seat) -> float:
    away = abs(before.stayed - after.stayed)
    if not away:
        return 1.0 if before.since == after.since else 0.8
    return max(0.0, 0.7 - 0.2 * away)


def _roles(seat: Seat, tables: Mapping[str, str]) -> frozenset[tuple[str, ...]]:
    """Return of which keys and indexes a column is part, told so that other columns' names do not matter."""
    table, name = seat.table, seat.column.name
    found: set[tuple[str, ...]] = set()
    if table.primary_key and name in table.primary_key.columns:
        found.add(("primary key", str(table.primary_key.columns.index(name))))
    for fk in table.foreign_keys:
        if name in fk.columns:
            found.add(("foreign key", tables.get(fk.target, fk.target) if fk.target != table.key else ""))
    for unique in table.uniques:
        if name in unique.columns:
            found.add(("unique", str(len(unique.columns))))
    for index in table.indexes:
        if any(part.text == name for part in index.parts if not part.is_expression):
            found.add(("index", str(len(index.parts)), str(index.is_unique)))
    return frozenset(found)


def _jaccard(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0


def commonness(before: Schema, after: Schema) -> Counter[str]:
    """Return in how many tables there is a column of each name: `id` and `created_at` say little of a table."""
    return Counter(column.name for schema in (before, after) for table in schema.tables for column in table.columns)


def links(schema: Schema) -> dict[str, frozenset[tuple[str, ...]]]:
    """Return the foreign keys from and to each table, by its key."""
    found: dict[str, set[tuple[str, ...]]] = {table.key: set() for table in schema.tables}
    for table in schema.tables:
        for fk in table.foreign_keys:
            is_own = fk.target == table.key
            found[table.key].add(("to", "" if is_own else fk.target, *fk.target_columns))
            if not is_own and fk.target in found:
                found[fk.target].add(("from", table.key, *fk.columns))
    return {name: frozenset(every) for name, every in found.items()}


def table_fit(
    before: Table,
    after: Table,
    common: Counter[str],
    linked: tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]],
) -> Fit:
    """Return how well a table fits: half for its columns, the rare ones most, the rest for name and foreign keys."""
    columns, shared = _columns_alike(before, after, common)
    name = likeness(before.name, after.name)
    one, other = linked
    topology = _jaccard(one, other) if one or other else columns
    score = 0.5 * columns + 0.35 * name.score + 0.15 * topology
    every = len({column.name for table in (before, after) for column in table.columns})
    reasons = [f"{shared} of {every} columns in both" if shared < every else "the same columns"]
    if name.why:
        reasons.insert(0, f"name: {name.why}")
    if topology == 1 and one:
        reasons.append("the same foreign keys")
    return Fit(round(min(score, MOST), 4), tuple(reasons), name.is_opposite)


def _columns_alike(before: Table, after: Table, common: Counter[str]) -> tuple[float, int]:
    """Return how alike the columns are, from 0 to 1, and how many names are in both.

    Of the others, those that stand across from each other and look renamed count as one, by how alike they are.
    """
    mine = {column.name: column for column in before.columns}
    theirs = {column.name: column for column in after.columns}
    both = sorted(mine.keys() & theirs.keys())
    weight = sum(1 / max(2, common[name]) for name in sorted(mine.keys() | theirs.keys()))
    alike = sum((0.5 + 0.5 * _type(mine[name], theirs[name])[0]) / max(2, common[name]) for name in both)
    gone = [column for column in before.columns if column.name not in theirs]
    come = [column for column in after.columns if column.name not in mine]
    for one, other in zip(gone, come, strict=False):
        renamed = likeness(one.name, other.name).score * _type(one, other)[0]
        if renamed >= 0.5:
            lighter = 1 / max(2, common[one.name], common[other.name])
            weight -= lighter
            alike += renamed * lighter
    return (alike / weight if weight else 0.0), len(both)
