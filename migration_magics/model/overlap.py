"""What several branches of a history touch, and whether any of it is the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .diff import Change
    from .timeline import Entry


@dataclass(frozen=True, slots=True)
class Overlap:
    """One object that more than one branch touches. *path* as in a diff's change.

    *revisions* are those that touch it, by branch, in the order of the branches; *kinds* what they do ("add", "alter").
    *is_same* tells that they do the very same to it.
    """

    path: tuple[str, ...]
    revisions: tuple[tuple[str, ...], ...]
    kinds: tuple[tuple[str, ...], ...]
    is_same: bool = False


def overlaps(branches: Mapping[str, tuple[Entry, ...]]) -> tuple[Overlap, ...]:
    """Return the objects that more than one of the *branches* (by head) touch, by path.

    Two additions to one table are no overlap; both changing one column is, and so is dropping or renaming a table
    of which the other changes a part.
    """
    touched = [_touched(entries) for entries in branches.values()]
    found = []
    for path in sorted({path for one in touched for path in one}):
        sides = [_at(one, path) for one in touched]
        if sum(bool(side) for side in sides) < 2 or not any(path in one for one in touched):
            continue
        if len(path) == 1 and not any(_is_whole(one.get(path, ())) for one in touched):
            continue
        found.append(
            Overlap(
                path,
                tuple(tuple(dict.fromkeys(id_ for id_, _ in side)) for side in sides),
                tuple(tuple(dict.fromkeys(change.kind for _, change in side)) for side in sides),
                is_same=len({tuple(change for _, change in side) for side in sides}) == 1,
            )
        )
    return tuple(found)


_Touch = tuple[str, "Change"]


def _touched(entries: tuple[Entry, ...]) -> dict[tuple[str, ...], tuple[_Touch, ...]]:
    """Every object that *entries* touch, with the revisions and what they do, in order."""
    found: dict[tuple[str, ...], list[_Touch]] = {}
    for entry in entries:
        for change in entry.diff.changes:
            for path in _paths(change):
                found.setdefault(path, []).append((entry.revision, change))
    return {path: tuple(touches) for path, touches in found.items()}


def _paths(change: Change) -> Iterator[tuple[str, ...]]:
    """The object of *change*, by both names where it is renamed; that columns stand in another order is no change."""
    if change.path[1:] == ("column order",):
        return
    yield change.path
    if change.kind == "rename":
        yield (*change.path[:-1], change.after)


def _is_whole(touches: tuple[_Touch, ...]) -> bool:
    """The table itself is made, dropped or renamed."""
    return any(len(change.path) == 1 for _, change in touches)


def _at(touched: Mapping[tuple[str, ...], tuple[_Touch, ...]], path: tuple[str, ...]) -> tuple[_Touch, ...]:
    """What touches *path*; of a table, its parts count."""
    if len(path) > 1:
        return touched.get(path, ())
    return tuple(touch for other, touches in touched.items() if other[0] == path[0] for touch in touches)
