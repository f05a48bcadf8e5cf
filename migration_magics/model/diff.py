"""What differs between two schemas, as a value that can be applied and inverted.

A diff is a list of changes that are made one after the other. Paths: ("evaluations",) is a table,
("evaluations", "columns", "runtime_ms") a part of it, and what belongs to no table has "" for one: ("", "enums", "status").
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Literal

from .draft import Draft
from .parts import OBJECTS, PARTS, DoesNotApply, label, labelled, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .schema import Column, Schema, Table

__all__ = ["Change", "DoesNotApply", "Kind", "SchemaDiff", "apply", "diff", "invert"]

Kind = Literal["add", "drop", "alter", "rename"]


@dataclass(frozen=True, slots=True)
class Change:
    """One change. *before* and *after* are values of `schema` (None where there is nothing); of a rename, the two names.

    *place* is where a column stands among its table's (from 0): where it was added, or was before it was dropped.
    """

    kind: Kind
    path: tuple[str, ...]
    before: Any = None
    after: Any = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class SchemaDiff:
    """The changes that make one schema of another, in the order in which they are made; none where they are equal."""

    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    @property
    def unordered(self) -> SchemaDiff:
        """The diff without columns that only stand in another order: what was added later stands last in a database."""
        return SchemaDiff(tuple(change for change in self.changes if change.path[1:] != ("column order",)))


def diff(before: Schema, after: Schema, renames: Sequence[Change] = ()) -> SchemaDiff:
    """Return what makes *after* of *before*: renames first, then table by table, then what belongs to no table.

    *renames* are tried in their order; what follows from one (keys and indexes that name the column) is no change of its
    own. One that does not fit the two schemas is left out, and so is a drop and an add.
    """
    if before is after:
        return SchemaDiff()
    changes, current = _renames(before, after, renames)
    for one, other in _paired(current.tables, after.tables, attrgetter("key")):
        changes.extend(_table_changes(one, other))
    for kind in OBJECTS:
        for one, other in _paired(getattr(current, kind), getattr(after, kind), attrgetter("key")):
            changes.extend(_change(("", kind, (one or other).key), one, other))  # type: ignore[union-attr]  # one of the two is there
    if current.dialect != after.dialect:
        changes.append(Change("alter", ("", "dialect"), current.dialect, after.dialect))
    return SchemaDiff(tuple(changes))


def apply(schema: Schema, diff: SchemaDiff) -> Schema:
    """Return the *schema* with the changes of a *diff* made, sharing what did not change.

    Raises DoesNotApply where a change does not fit: something is there already, is not there, or is another than *before*.
    """
    draft = Draft(schema)
    for change in diff.changes:
        draft.make(change)
    return draft.schema


def invert(diff: SchemaDiff) -> SchemaDiff:
    """Return the diff that takes back what *diff* does."""
    return SchemaDiff(tuple(_inverted(change) for change in reversed(diff.changes)))


_INVERSE: dict[Kind, Kind] = {"add": "drop", "drop": "add", "alter": "alter", "rename": "rename"}


def _inverted(change: Change) -> Change:
    path = (*change.path[:-1], change.after) if change.kind == "rename" else change.path
    return Change(_INVERSE[change.kind], path, change.after, change.before, change.place)


def _renames(before: Schema, after: Schema, renames: Sequence[Change]) -> tuple[list[Change], Schema]:
    """Return the *renames* that fit, and *before* with them made."""
    made: list[Change] = []
    current = before
    for at, rename in enumerate(renames):
        change = Change("rename", rename.path, rename.before, rename.after)
        if not _is_wanted(change, after, renames[at + 1 :]):
            continue
        try:
            renamed = apply(current, SchemaDiff((change,)))
            is_exact = apply(renamed, SchemaDiff((_inverted(change),))) == current
        except DoesNotApply:
            continue
        # Where something pointed to the new name before anything had it, taking the rename back would catch that, too.
        if is_exact:
            made.append(change)
            current = renamed
    return made, current


def _is_wanted(rename: Change, after: Schema, later: Sequence[Change]) -> bool:
    """Tell whether *after* has what is renamed by the name it has once the *later* renames are made, too."""
    if rename.path[-1:] != (rename.before,) or rename.before == rename.after:
        return False
    is_column = len(rename.path) == 3
    table_key, name = (rename.path[0], rename.after) if is_column else (rename.after, "")
    for each in later:
        if each.path == (table_key,):
            table_key = each.after
        elif is_column and each.path == (table_key, "columns", name):
            name = each.after
    table = after.table(table_key)
    if table is None or is_column:
        return table is not None and table.column(name) is not None
    return split(table_key) == (table.schema, table.name)


def _paired(
    before: tuple[Any, ...], after: tuple[Any, ...], name: Callable[[Any], str]
) -> Iterator[tuple[Any | None, Any | None]]:
    """Walk two sorted tuples side by side; None stands where one side lacks what the other has."""
    if before is after:
        return
    names, others = list(map(name, before)), list(map(name, after))
    i = j = 0
    while i < len(names) and j < len(others):
        if names[i] == others[j]:
            if before[i] is not after[j]:
                yield before[i], after[j]
            i, j = i + 1, j + 1
        elif names[i] < others[j]:
            yield before[i], None
            i += 1
        else:
            yield None, after[j]
            j += 1
    for each in before[i:]:
        yield each, None
    for each in after[j:]:
        yield None, each


def _change(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Change]:
    """Yield the change from *before* to *after*, if any; None is nothing."""
    if before == after:
        return
    kind: Kind = "add" if before is None else "drop" if after is None else "alter"
    yield Change(kind, path, before, after)


def _table_changes(before: Table | None, after: Table | None) -> Iterator[Change]:
    if before is None or after is None:
        yield from _change(((before or after).key,), before, after)  # type: ignore[union-attr]  # one of the two is there
        return
    if before == after:
        return
    path = (after.key,)
    if (before.schema, before.name) != (after.schema, after.name):
        yield Change("drop", path, before)
        yield Change("add", path, None, after)
        return
    if before.columns is not after.columns:
        yield from _column_changes(path, before.columns, after.columns)
    yield from _change((*path, "primary key"), before.primary_key, after.primary_key)
    for part, attribute in PARTS.items():
        parts, others = getattr(before, attribute), getattr(after, attribute)
        if parts != others:
            yield from _part_changes((*path, part), parts, others)
    yield from _change((*path, "comment"), before.comment or None, after.comment or None)
    for one, other in _paired(before.options, after.options, itemgetter(0)):
        name, _ = one or other  # type: ignore[misc]  # one of the two is there
        yield from _change((*path, "options", name), one and one[1], other and other[1])


def _column_changes(path: tuple[str, ...], before: tuple[Column, ...], after: tuple[Column, ...]) -> Iterator[Change]:
    """Yield drops from the last, alterations, additions from the first, and at last the order where it changed."""
    old, new = {each.name: each for each in before}, {each.name: each for each in after}
    if old.keys() != new.keys():
        for place in range(len(before) - 1, -1, -1):
            if before[place].name not in new:
                yield Change("drop", (*path, "columns", before[place].name), before[place], None, place)
    for name, column in old.items():
        other = new.get(name, column)
        if other is not column and other != column:
            yield Change("alter", (*path, "columns", name), column, other)
    arranged = [name for name in old if name in new]
    for place, column in enumerate(after):
        if column.name not in old:
            arranged.insert(place, column.name)
            yield Change("add", (*path, "columns", column.name), None, column, place)
    wanted = list(new)
    if arranged != wanted:
        yield Change("alter", (*path, "column order"), tuple(arranged), tuple(wanted))


def _part_changes(path: tuple[str, ...], before: tuple[Any, ...], after: tuple[Any, ...]) -> Iterator[Change]:
    """Yield drops from the last, alterations, additions from the first."""
    old, new = labelled(before), labelled(after)
    for name in sorted(old.keys() - new.keys(), reverse=True):
        yield Change("drop", (*path, label(*name)), old[name])
    for name in sorted(old.keys() & new.keys()):
        yield from _change((*path, label(*name)), old[name], new[name])
    for name in sorted(new.keys() - old.keys()):
        yield Change("add", (*path, label(*name)), None, new[name])
