"""Operations that a person leaves out of what autogenerate has found: what each is called, and which others need it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import UsageProblem
from .answers import spelled
from .change_words import what
from .schema import Column, ForeignKey, Index, PrimaryKey, Table, Unique

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .diff import Change

_SQL_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Need:
    """*operation* does not work without *needed*, both as `called`."""

    operation: str
    needed: str


def called(change: Change) -> str:
    """Return what an operation is called where one has to be named: "drop column evaluations.tmp", "add table workers"."""
    if change.path[0] == "" and change.path[1:2] == ("operations",):
        said = " ".join(str(change.after).split())
        return f"run {said if len(said) <= _SQL_LENGTH else said[: _SQL_LENGTH - 1] + '…'}"
    verb = "rename" if is_rename(change) else change.kind
    kind = "table" if len(change.path) == 1 else what(change.path[:2])
    return f"{verb} {kind} {spelled(change.path)}"


def is_rename(change: Change) -> bool:
    """It gives a table or column another name, alone or along with more."""
    is_altered = change.kind == "alter" and isinstance(change.before, Column) and isinstance(change.after, Column)
    return change.kind == "rename" or (is_altered and change.before.name != change.after.name)


def is_meant(text: str, change: Change) -> bool:
    """Tell whether *text* names the operation, in full or by its object alone ("evaluations.tmp")."""
    wanted = " ".join(text.split())
    return wanted == " ".join(called(change).split()) or wanted == spelled(change.path)


def require_known(wanted: Iterable[str], found: Sequence[Change]) -> None:
    """Raise UsageProblem for a text that names none of the operations *found*, or one that renames."""
    names = [called(change) for change in found]
    for text in wanted:
        meant = [change for change in found if is_meant(text, change)]
        if not meant:
            near = difflib.get_close_matches(text, names, 1, 0.4)
            hint = f"did you mean --without {near[0]!r}?" if near else f"there are: {'; '.join(names[:5]) or 'none'}"
            raise UsageProblem(f"Autogenerate found nothing called {text!r}. Nothing was written.", hint=hint)
        if any(map(is_rename, meant)):
            raise UsageProblem(
                f"{text} is a rename: what comes after it goes by the new name. Nothing was written.",
                hint="say that it is none by --drop, then leave the drop and the add out",
            )


def needs(found: Sequence[Change]) -> tuple[Need, ...]:
    """Return which operations do not work without which others of *found*, in their order."""
    return tuple(
        Need(called(one), called(other))
        for one in found
        for other in found
        if one is not other and (_uses(one, other) or _is_in_the_way(one, other))
    )


def require_whole(kept: Sequence[Change], left_out: Sequence[Change]) -> None:
    """Raise UsageProblem where an operation is *kept* that needs one which is *left_out*."""
    gone = {called(change) for change in left_out}
    for need in needs((*kept, *left_out)):
        if need.needed in gone and need.operation not in gone:
            raise UsageProblem(
                f"{need.operation} needs {need.needed}, which is left out. Nothing was written.",
                hint=f"leave both out (--without {need.operation!r}), or neither",
            )


def _uses(one: Change, other: Change) -> bool:
    """*one* is about something that *other* makes."""
    if other.kind != "add" or one.kind == "drop":
        return False
    if len(other.path) == 1:
        return any(key.target == other.path[0] for key in _keys(one)) and one.path != other.path
    if other.path[1] != "columns" or len(one.path) < 2:
        return False
    column = other.path[-1]
    within = one.path[0] == other.path[0] and column in _columns(one.after)
    return within or any(key.target == other.path[0] and column in key.target_columns for key in _keys(one))


def _is_in_the_way(one: Change, other: Change) -> bool:
    """*one* drops what a key that *other* drops still points to."""
    if one.kind != "drop" or other.kind != "drop":
        return False
    keys = other.before.foreign_keys if isinstance(other.before, Table) else _of(other.before)
    if len(one.path) == 1:
        return one.path != other.path[:1] and any(key.target == one.path[0] for key in keys)
    is_column = one.path[1] == "columns" and one.path[0] != other.path[0]
    return is_column and any(key.target == one.path[0] and one.path[-1] in key.target_columns for key in keys)


def _keys(change: Change) -> tuple[ForeignKey, ...]:
    return change.after.foreign_keys if isinstance(change.after, Table) else _of(change.after)


def _of(value: object) -> tuple[ForeignKey, ...]:
    return (value,) if isinstance(value, ForeignKey) else ()


def _columns(value: object) -> tuple[str, ...]:
    if isinstance(value, Index):
        return tuple(part.text for part in value.parts if not part.is_expression)
    return value.columns if isinstance(value, (Unique, PrimaryKey, ForeignKey)) else ()
