"""What a workspace knows without asking a database: what completion works from. Nothing here raises or opens."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ..engine import configuration
from ..errors import MigrationError
from ..model.names import Names
from ..model.schema import Table
from ..model.timeline import last_schema
from .workspace import WorkspaceState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model.graph import Graph
    from ..model.timeline import Timeline


def _former(timeline: Timeline) -> dict[str, list[str]]:
    """Return what tables and their columns were called in the course of a *timeline*."""
    found: dict[str, list[str]] = {}
    for change in (change for entry in timeline.entries for change in entry.diff.changes):
        if change.path[0]:
            columns = found.setdefault(change.path[0], [])
            columns += [change.path[2]] if change.path[1:2] == ("columns",) else []
            columns += [column.name for column in change.after.columns] if isinstance(change.after, Table) else []
    return found


class Seen:
    """What *workspace* has seen so far; nothing where it is none of ours. *on* names a connection, None is the one in use."""

    def __init__(self, workspace: object) -> None:
        self._workspace = workspace if isinstance(workspace, WorkspaceState) else None

    def graph(self, on: str | None) -> Graph | None:
        """Return the revisions of the project that goes with *on*, or None where there is none to be read."""
        workspace = self._workspace
        if workspace is None:
            return None
        try:
            if on is None:
                return workspace.chain.kept_graph
            with workspace.using(on):
                return workspace.chain.kept_graph
        except MigrationError:
            return None  # the next command says what is wrong with the project; Tab only has nothing to offer

    def names(self, on: str | None) -> Names:
        """Return the names of tables and columns in the database of *on*, as the last command saw them."""
        workspace = self._workspace
        database = workspace.databases.get(on or workspace.current_name or "") if workspace else None
        return workspace.names_of(database) if workspace and database else Names()

    def tables(self, on: str | None, *, is_former: bool) -> Names:
        """Return the names one can look at: in the database, and in the replay that was made last.

        With *is_former* also what tables and columns were called once. Alembic's own tables are not among them.
        """
        names = self.names(on).without_version_tables()
        timeline = self._replay(on)
        if timeline is None:
            return names
        now = last_schema(timeline)
        found = {table.key: [column.name for column in table.columns] for table in now.tables}
        found |= {view.key: [] for view in now.views}
        return names.with_more(found).with_more(_former(timeline) if is_former else {})

    def _replay(self, on: str | None) -> Timeline | None:
        workspace = self._workspace
        if workspace is None:
            return None
        try:
            if on is None:
                return workspace.timelines.newest
            with workspace.using(on):
                return workspace.timelines.newest
        except MigrationError:
            return None

    def connections(self) -> Mapping[str, str]:
        """Return the connections by name, each with its server and whether it is in use, protected, or only named."""
        workspace = self._workspace
        if workspace is None:
            return MappingProxyType({})
        try:
            named = dict.fromkeys(configuration.read().connections, "not connected")
        except MigrationError:
            named = {}  # the next command says what is wrong with pyproject.toml
        return named | {
            name: ", ".join(
                [
                    database.server,
                    *(["in use"] if name == workspace.current_name else []),
                    *(["protected"] if database.is_protected else []),
                ]
            )
            for name, database in workspace.databases.items()
        }

    def dialect(self) -> str:
        """Return the module in `sqlalchemy.dialects` for the database in use, or ""."""
        workspace = self._workspace
        return workspace.database.family if workspace and workspace.has_connection else ""
