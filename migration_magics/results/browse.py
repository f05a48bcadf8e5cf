"""Look at revisions: current, heads, branches, history, show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..model.plain import plain
from .base import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model.diff import SchemaDiff
    from ..model.graph import Graph, Revision


@dataclass(frozen=True, slots=True)
class Current(Result):
    """`current`: the database's heads, as the version table has them.

    *behind* counts the revisions an `upgrade heads` would run. *unknown* are ids the project has no file for: where there
    are any, nothing is counted. *revisions* are the known ones, in the order of *ids*.
    """

    ids: tuple[str, ...]
    at_head: bool
    behind: int
    revisions: tuple[Revision, ...] = ()
    unknown: tuple[str, ...] = ()
    connection: str = ""
    verbose: bool = False
    notes: tuple[str, ...] = ()

    def records(self) -> list[dict[str, Any]]:
        messages = {revision.id: revision.message for revision in self.revisions}
        standing = {"at_head": self.at_head, "behind": self.behind}
        return [{"id": id_, "message": messages.get(id_), **standing} for id_ in self.ids]


def revision_row(revision: Revision) -> dict[str, Any]:
    """Return what every table of revisions has of one."""
    return {
        "id": revision.id,
        "parents": revision.parents,
        "depends_on": revision.depends_on,
        "labels": revision.labels,
        "message": revision.message,
        "created_at": revision.created_at,
        "path": revision.path,
    }


@dataclass(frozen=True, slots=True)
class Heads(Result):
    """`heads`: the revisions nothing builds on.

    *effective* are those that would stand in the version table: a head another branch depends on is not among them.
    """

    revisions: tuple[Revision, ...]
    effective: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    current: tuple[str, ...] | None = None
    verbose: bool = False

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                **revision_row(revision),
                "labels": self.labels.get(revision.id, ()),
                "is_effective": revision.id in self.effective,
            }
            for revision in self.revisions
        ]


@dataclass(frozen=True, slots=True)
class Branches(Result):
    """`branches`: the revisions from which several others continue, oldest first, each with those others."""

    points: tuple[tuple[Revision, tuple[Revision, ...]], ...]
    labels: Mapping[str, tuple[str, ...]]
    verbose: bool = False

    def records(self) -> list[dict[str, Any]]:
        return [
            {"id": point.id, "message": point.message, "branch": child.id, "branch_message": child.message}
            for point, children in self.points
            for child in children
        ]


@dataclass(frozen=True, slots=True)
class History(Result):
    """`history`: the revisions in range, newest first, with the graph they belong to.

    *current* and *applied* are None where no database was read, and *applied* where it stands at a revision without a
    file; *notes* says why when one should have been. *broken* are ids of pending revisions whose file Python cannot parse.
    """

    revisions: tuple[Revision, ...]
    graph: Graph
    heads: tuple[str, ...]
    current: tuple[str, ...] | None = None
    applied: frozenset[str] | None = None
    range: str = ""
    connection: str = ""
    verbose: bool = False
    notes: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    table: str = ""
    """The object that the revisions touch, where one was asked for."""

    def state(self, id_: str) -> str:
        """Return "current", "applied", "pending", or "" where that is not known."""
        if self.current is None or self.applied is None:
            return ""
        return "current" if id_ in self.current else "applied" if id_ in self.applied else "pending"

    def records(self) -> list[dict[str, Any]]:
        return [
            {**revision_row(revision), "is_head": revision.id in self.heads, "state": self.state(revision.id)}
            for revision in self.revisions
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the revisions in range as JSON-ready data; the rest of the graph is left out."""
        return {
            "revisions": plain(self.records()),
            "heads": list(self.heads),
            "current": None if self.current is None else list(self.current),
            "range": self.range,
            "connection": self.connection,
            "notes": list(self.notes),
            "broken": list(self.broken),
            "protected": self.protected,
        }


@dataclass(frozen=True, slots=True)
class RevisionShown:
    """One revision in full: *source* is its file, *children* those built on it, *state* as in `History.state`."""

    revision: Revision
    source: str
    children: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    is_head: bool = False
    state: str = ""
    has_downgrade: bool | None = None
    diff: SchemaDiff | None = None
    """What it does to the schema; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Shown(Result):
    """`show`: the revisions asked for (`heads` may be several), each with its source.

    *sql* is the upgrade's SQL on *dialect* where it can be rendered without a database; *problem* says why not.
    """

    revisions: tuple[RevisionShown, ...]
    dialect: str = ""
    sql: str = ""
    problem: str = ""
    notes: tuple[str, ...] = ()

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                **revision_row(shown.revision),
                "state": shown.state,
                "has_downgrade": shown.has_downgrade,
                "source": shown.source,
            }
            for shown in self.revisions
        ]
