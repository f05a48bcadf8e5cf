"""Set up: connections, projects, where a database stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..model.plain import plain
from .base import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model.diff import SchemaDiff
    from ..model.graph import Revision


@dataclass(frozen=True, slots=True)
class ConnectionShown:
    """A connection as results show it. *url* is redacted; *server* is "SQLite 3.40.1" or "" while nothing was asked of it.

    *current* is None where the database was not, or could not be, read; *problem* then says why. *is_connected* is False
    for one that pyproject.toml names and nobody has opened.
    """

    name: str
    url: str
    dialect: str
    server: str = ""
    is_current: bool = False
    is_protected: bool = False
    current: tuple[str, ...] | None = None
    pending: int | None = None
    problem: str = ""
    is_connected: bool = True


@dataclass(frozen=True, slots=True)
class ProjectShown:
    """A project as results show it: its script directory, where it is configured, how many revisions it has."""

    directory: str
    config: str
    revisions: int
    heads: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Connected(Result):
    """`connect`, `use`, `disconnect`: the connection in use (None after the last one is gone), and which source won.

    *disconnected* is the name of the one that `disconnect` closed.
    """

    connection: ConnectionShown | None
    source: str
    project: ProjectShown | None = None
    notes: tuple[str, ...] = ()
    disconnected: str = ""

    def records(self) -> list[dict[str, Any]]:
        return [plain(self.connection)] if self.connection else []


@dataclass(frozen=True, slots=True)
class Connections(Result):
    """`connections`: every connection of the notebook, in the order they were made, then those pyproject.toml offers."""

    is_about_one_connection: ClassVar[bool] = False
    connections: tuple[ConnectionShown, ...]

    def records(self) -> list[dict[str, Any]]:
        return [plain(connection) for connection in self.connections]


@dataclass(frozen=True, slots=True)
class Initialised(Result):
    """`init`: the project that was written. *files* are the new files, relative to the working directory where possible."""

    is_about_one_connection: ClassVar[bool] = False
    directory: str
    config: str
    template: str
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def records(self) -> list[dict[str, Any]]:
        return [{"file": file} for file in self.files]


@dataclass(frozen=True, slots=True)
class Status(Result):
    """`status`: where the database stands and the next sensible command.

    *pending* are the revisions an `upgrade heads` would run, oldest first; *problems* are sentences, worst first.
    """

    connection: ConnectionShown | None
    project: ProjectShown | None
    current: tuple[Revision, ...]
    heads: tuple[Revision, ...]
    pending: tuple[Revision, ...]
    next_command: str
    problems: tuple[str, ...] = ()
    drift: SchemaDiff | None = None
    """What was changed by hand; None where the history was not replayed yet (`check` does it)."""

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "connection": self.connection.name if self.connection else None,
                "project": self.project.directory if self.project else None,
                "current": ", ".join(revision.id for revision in self.current),
                "heads": ", ".join(revision.id for revision in self.heads),
                "pending": len(self.pending),
                "drift": None if self.drift is None else len(self.drift.changes),
                "next_command": self.next_command,
            }
        ]


@dataclass(frozen=True, slots=True)
class StatusOfAll(Result):
    """`status --all`: every revision, newest first, on every connection, in the order they were made.

    *applied* holds the applied ids by the connection's name; None where the database could not be read, or belongs to
    another project. *notes* say why.
    """

    is_about_one_connection: ClassVar[bool] = False
    revisions: tuple[Revision, ...]
    connections: tuple[ConnectionShown, ...]
    applied: Mapping[str, frozenset[str] | None]
    project: ProjectShown
    notes: tuple[str, ...] = ()

    def state(self, id_: str, name: str) -> str:
        """Return what the revision is on the connection *name*: "current", "applied", "pending" or "unknown"."""
        applied = self.applied[name]
        if applied is None:
            return "unknown"
        current = next(one.current or () for one in self.connections if one.name == name)
        return "current" if id_ in current else "applied" if id_ in applied else "pending"

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "revision": revision.id,
                "message": revision.message,
                **{one.name: self.state(revision.id, one.name) for one in self.connections},
            }
            for revision in self.revisions
        ]
