"""A project's revisions as they are on disk now: the graph, and Alembic's script directory over it. Kept while files are."""

from __future__ import annotations

import ast
import os
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ProjectProblem, RevisionNotFound
from .host.revision_map import script_directory
from .modules import broken, load_module
from .scripts import ScriptReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from alembic.script import ScriptDirectory

    from ..errors import RevisionFileBroken
    from ..model.graph import Graph, Revision
    from .project import Project


class Chain:
    """The revisions of one project.

    `graph` looks at the files each time (one `stat` per file) and reads only those that changed. No revision module is
    imported until it runs.
    """

    def __init__(self, project: Project, reader: ScriptReader | None = None) -> None:
        self.project = project
        self._reader = reader or ScriptReader()
        self._directory: ScriptDirectory | None = None
        self._graph: Graph | None = None
        self._modules: dict[str, tuple[str, ModuleType]] = {}
        self._sound: set[str] = set()
        self._is_held = False
        self._folders: tuple[str, ...] = ()
        self._folders_changed: tuple[int | None, ...] = ()

    @property
    def graph(self) -> Graph:
        """The graph as the files have it now. Raises the errors of `ScriptReader.read`, ProjectProblem without a folder."""
        if self._is_held and self._graph is not None:
            return self._graph
        project = self.project
        graph = self._reader.read(
            project.version_locations, recursive=project.is_recursive, sourceless=project.is_sourceless
        )
        if not len(graph) and not project.directory.is_dir():
            raise ProjectProblem(
                f"{project.directory} is not there any more.",
                hint="put the folder back, or name the project again: %migrate connect --project PATH",
            )
        if graph is not self._graph:
            self._graph, self._directory = graph, None
            locations = (str(location) for location in project.version_locations)
            folders = {os.path.dirname(each.path) for each in graph if each.path}  # noqa: PTH120 - no Path per file
            self._folders = tuple({*locations, *folders})
        self._folders_changed = _changed(self._folders)
        return graph

    def each(self) -> tuple[tuple[Revision, ...], tuple[RevisionFileBroken, ...]]:
        """Return every revision whose file can be read, and what is wrong with the others: for a history that is no graph."""
        project = self.project
        return self._reader.each(
            project.version_locations, recursive=project.is_recursive, sourceless=project.is_sourceless
        )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Look at the files once, now: one command sees one state of them, however often it asks."""
        before, self._is_held = self._is_held, False
        try:
            _ = self.graph
            self._is_held = True
            yield
        finally:
            self._is_held = before

    @property
    def kept_graph(self) -> Graph:
        """The graph as it was last read, read again where a folder changed: for completion, which must not wait.

        Looks at the folders only, not at every file; one that was rewritten in place is noticed by the next command.
        """
        if self._graph is None or _changed(self._folders) != self._folders_changed:
            return self.graph
        return self._graph

    @property
    def directory(self) -> ScriptDirectory:
        """Alembic's script directory over `graph`: every identifier Alembic accepts means the same here."""
        graph = self.graph
        if self._directory is None:
            with self.project.at_home():
                self._directory = script_directory(self.project.config, graph, self.module)
        return self._directory

    def module(self, revision: Revision) -> ModuleType:
        """Return the module of *revision*, imported anew when its file changed.

        Raises RevisionFileBroken, naming file and line.
        """
        kept = self._modules.get(revision.id)
        if kept is not None and kept[0] == revision.digest:
            return kept[1]
        if revision.path is None:
            raise RevisionNotFound(f"Revision {revision.id} has no file.")
        path = Path(revision.path)
        module = load_module(path)
        self._modules[revision.id] = (revision.digest, module)
        return module

    def has_upgrade(self, revision: Revision) -> bool:
        """Say whether *revision* has an upgrade function, importing it only where its text does not tell."""
        if revision.has_upgrade is not None:
            return revision.has_upgrade
        return callable(getattr(self.module(revision), "upgrade", None))

    def broken(self, revision: Revision) -> RevisionFileBroken | None:
        """Return the error for the file of *revision* where Python cannot parse it, else None; it is not run.

        The graph is read from headers, so that a body may be broken. A sound file is parsed once (0.1 ms per kB).
        """
        if revision.digest in self._sound or revision.path is None or not revision.path.endswith(".py"):
            return None
        path = Path(revision.path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # importing the file will say it again
                compile(path.read_bytes(), str(path), "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        except (SyntaxError, ValueError, OSError) as error:
            return broken(path, error)
        self._sound.add(revision.digest)
        return None

    def has_downgrade(self, revision: Revision) -> bool:
        """Say whether *revision* has a downgrade function, importing it only where its text does not tell."""
        if revision.has_downgrade is not None:
            return revision.has_downgrade
        return callable(getattr(self.module(revision), "downgrade", None))


def _changed(folders: tuple[str, ...]) -> tuple[int | None, ...]:
    """Return when something came into each of *folders* or went, in nanoseconds; None for one that does not exist."""
    found: list[int | None] = []
    for folder in folders:
        try:
            found.append(os.stat(folder).st_mtime_ns)  # noqa: PTH116 - a string in
        except OSError:
            found.append(None)
    return tuple(found)
