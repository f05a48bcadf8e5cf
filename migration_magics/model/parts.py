"""How the parts of a table are called in a diff, and in which order they stand in a schema."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from .schema import Check, Exclusion, ForeignKey, Index, Schema, Table, Trigger, Unique, key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class DoesNotApply(ValueError):
    """A change of a diff does not fit the schema it is made to; *path* says where."""

    def __init__(self, path: tuple[str, ...], why: str) -> None:
        """Say at which *path*, and *why* it does not fit."""
        super().__init__(f"{'.'.join(part for part in path if part)}: {why}")
        self.path = path


PARTS = {
    "uniques": "uniques",
    "checks": "checks",
    "exclusions": "exclusions",
    "foreign keys": "foreign_keys",
    "indexes": "indexes",
    "triggers": "triggers",
}
"""The named parts of a table in the order of a diff: what a path calls them, and the attribute of `Table`."""

OBJECTS = ("enums", "domains", "sequences", "views")
"""What belongs to no table, in the order of a diff; both in a path and as attributes of `Schema`."""


def content(part: Any) -> str:
    """Return how a *part* without a name is called: by what it says."""
    match part:
        case ForeignKey():
            return f"({', '.join(part.columns)}) -> {part.target}({', '.join(part.target_columns)})"
        case Unique():
            return f"({', '.join(part.columns)})"
        case Index():
            return f"({', '.join(each.text for each in part.parts)})"
        case Check():
            return part.expression
        case Exclusion():
            return part.definition
    return ""


def called(part: Any) -> str:
    """Return the name of a *part*, or what stands for one.

    A name that looks numbered (" #2") has its sign doubled, so that it is never taken for the second of two.
    """
    return (part.name or content(part)).replace(" #", " ##")


def labelled(parts: Iterable[Any]) -> dict[tuple[str, int], Any]:
    """Return *parts* by what they are called and the how-manieth of that name they are, from 1."""
    found: dict[tuple[str, int], Any] = {}
    counts: dict[str, int] = {}
    for part in parts:
        name = called(part)
        counts[name] = counts.get(name, 0) + 1
        found[name, counts[name]] = part
    return found


def label(name: str, number: int) -> str:
    """Return the last word of a path for a part: its name, with " #2" for the second that is called so."""
    return name if number == 1 else f"{name} #{number}"


def part_order(part: Any) -> tuple[Any, ...]:
    """Sort parts by name, then by what they say: the fields of their class in order. Only equal parts are equal in it."""
    return (part.name, *_ORDERS[type(part)](part))


_ORDERS: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    ForeignKey: attrgetter(
        "columns", "target", "target_columns", "on_update", "on_delete", "match", "deferrable", "is_validated"
    ),
    Unique: attrgetter("columns", "deferrable", "options"),
    Check: attrgetter("expression", "is_validated"),
    Exclusion: lambda exclusion: (exclusion.definition,),
    Trigger: lambda trigger: (trigger.definition,),
    Index: lambda index: (tuple(each.text for each in index.parts), repr(index)),
}


def in_order(items: tuple[Any, ...], order: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Return *items* sorted; the same tuple where they are."""
    if len(items) < 2:
        return items
    found = tuple(sorted(items, key=order))
    return items if all(one is other for one, other in zip(items, found, strict=True)) else found


def ordered(schema: Schema) -> Schema:
    """Return the *schema* with everything in the order that `diff.apply` keeps; what is in order already is not copied."""
    tables = in_order(tuple(_table_in_order(table) for table in schema.tables), attrgetter("key"))
    objects: dict[str, Any] = {kind: in_order(getattr(schema, kind), attrgetter("key")) for kind in OBJECTS}
    return replace(schema, tables=tables, **objects)


def _table_in_order(table: Table) -> Table:
    found: dict[str, Any] = {}
    for name in (*PARTS.values(), "options"):
        items = getattr(table, name)
        if len(items) > 1:
            sorted_ = in_order(items, part_order if name != "options" else itemgetter(0))
            if sorted_ is not items:
                found[name] = sorted_
    return replace(table, **found) if found else table


def split(table_key: str) -> tuple[str, str]:
    """Return schema and name of a `schema.key`."""
    for at, character in enumerate(table_key):
        if character == ".":
            found = _bare(table_key[:at]), _bare(table_key[at + 1 :])
            if key(*found) == table_key:
                return found
    return "", _bare(table_key)


def _bare(part: str) -> str:
    is_quoted = len(part) > 2 and part[0] == part[-1] == '"' and "." in part
    return part[1:-1] if is_quoted else part
