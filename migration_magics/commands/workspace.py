"""What a notebook is connected to: databases, projects, the one in use, the settings. The only mutable object.

Nothing is opened or read before a command needs it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..engine import catalogue, configuration, runner
from ..engine.chain import Chain
from ..engine.environment import Configured, Environment
from ..engine.models.cells import ModelCells
from ..engine.project import Project, find
from ..errors import ConnectionNotFound, MigrationError, NotConnected, ProjectNotFound
from ..lab.timeline import Timelines
from ..model.names import Names
from ..results import ConnectionShown, ProjectShown
from .tried import Trials
from .turns import Turns

if TYPE_CHECKING:
    from ..engine.database import Database
    from ..lab.own_rows import OwnRows
    from ..model.graph import Graph
    from ..settings import Settings
    from .undoing import Move

Lookup = Callable[[str], "object | None"]


@dataclass(frozen=True, slots=True)
class ProjectInUse:
    """A project with what the engine keeps about it."""

    project: Project
    chain: Chain
    environment: Environment
    timelines: Timelines

    @classmethod
    def of(cls, project: Project) -> ProjectInUse:
        """Return *project* ready for use; nothing is read yet."""
        chain = Chain(project)
        return cls(project, chain, Environment(project, lambda: chain.directory), Timelines(chain))


@dataclass(slots=True)
class _Entry:
    database: Database
    in_use: ProjectInUse | None
    engine_name: str | None
    x: tuple[str, ...] = ()
    names: Names = field(default_factory=Names)
    samples: dict[str, OwnRows] = field(default_factory=dict)


class WorkspaceState:
    """The connections and projects of one notebook or script."""

    def __init__(self, *, lookup: Lookup | None = None, settings: Settings | None = None) -> None:
        self.lookup: Lookup = lookup or (lambda _name: None)
        self.settings = settings or configuration.read().settings
        self.on_step: runner.OnStep | None = None
        self.turns = Turns()
        self.tried = Trials()
        self.drawn_error: BaseException | None = None  # by a widget, which raises none
        self.model_cells = ModelCells()
        self.moves: list[Move] = []
        self.half_done: dict[str, tuple[str, str, str]] = {}  # by database: revision, direction, what is done
        self._entries: dict[str, _Entry] = {}
        self._current: str | None = None
        self._in_use: ProjectInUse | None = None
        self._in_use_name: str | None = None

    # -- connections

    @property
    def has_connection(self) -> bool:
        """A connection is in use."""
        return self._current is not None

    @property
    def current_name(self) -> str | None:
        """The name of the connection in use, or None."""
        return self._current

    @property
    def database(self) -> Database:
        """The database in use. Raises NotConnected."""
        return self._entry.database

    @property
    def engine_name(self) -> str | None:
        """Which of env.py's databases the connection stands for, where that had to be said."""
        return self._entry.engine_name if self._current else None

    @property
    def samples(self) -> dict[str, OwnRows]:
        """Rows for rehearsals of the connection in use, by table: to be changed in place. Raises NotConnected."""
        return self._entry.samples

    @property
    def databases(self) -> Mapping[str, Database]:
        """Every named database, in the order they were connected."""
        return MappingProxyType({name: entry.database for name, entry in self._entries.items()})

    @property
    def _entry(self) -> _Entry:
        if self._current is None:
            raise NotConnected(
                "No database is connected.",
                hint="%migrate connect sqlite:///app.db, or %migrate connect for the project's own URL",
            )
        return self._entries[self._current]

    def add(
        self,
        database: Database,
        in_use: ProjectInUse | None,
        engine_name: str | None = None,
        x: tuple[str, ...] = (),
    ) -> None:
        """Add *database* under its name and use it; one of the same name is closed and replaced.

        *x* is what env.py gets as `-x` in every command on it.
        """
        before = self._entries.get(database.name)
        if before is not None and before.database.engine is not database.engine:
            before.database.dispose()
        is_same = before is not None and before.database.identity == database.identity
        samples = before.samples if before is not None and is_same else {}
        self._entries[database.name] = _Entry(database, in_use, engine_name, x, samples=samples)
        self._current = database.name
        if in_use is not None:
            self._in_use = in_use

    def remove(self, name: str) -> None:
        """Close and forget the connection *name*; the last one made before it is used next. Raises ConnectionNotFound."""
        self.require(name)
        database = self._entries.pop(name).database
        if self._current == name:
            self._current = next(reversed(self._entries), None)
        database.dispose()

    def switch(self, name: str) -> None:
        """Use the connection *name*. Raises ConnectionNotFound."""
        self.require(name)
        self._current = name

    def require(self, name: str) -> None:
        """Raise ConnectionNotFound, with the nearest name, unless there is a connection *name*."""
        if name in self._entries:
            return
        if name in configuration.read().connections:
            raise ConnectionNotFound(
                f"{name} is named in pyproject.toml and not connected.", hint=f"%migrate connect {name}"
            )
        near = difflib.get_close_matches(name, self._entries, 1)
        open_ones = f"connected are: {', '.join(self._entries)}" if self._entries else "%migrate connect URL"
        known = f"did you mean {near[0]}?" if near else open_ones
        raise ConnectionNotFound(f"There is no connection {name!r}.", hint=known)

    @contextmanager
    def using(self, name: str, /) -> Iterator[None]:
        """Use the connection *name* for a while, then the one before again."""
        self.require(name)
        before, self._current = self._current, name
        outer, self._in_use_name = self._in_use_name, self._in_use_name or before
        try:
            yield
        finally:
            self._in_use_name = outer
            if self._current == name:
                self._current = before

    def close(self) -> None:
        """Close every connection."""
        for name in tuple(self._entries):
            self.remove(name)

    @property
    def protected_name(self) -> str:
        """The name of the connection in use where it is a protected one, else ""."""
        return self._current if self._current is not None and self.database.is_protected else ""

    @property
    def elsewhere_name(self) -> str:
        """The name of the connection that the command runs on where another one is in use (`--on`), else ""."""
        is_elsewhere = self._in_use_name is not None and self._in_use_name != self._current
        return (self._current or "") if is_elsewhere else ""

    # -- projects

    @property
    def in_use(self) -> ProjectInUse:
        """The project of the connection in use, or the one that is found from here. Raises ProjectNotFound."""
        entry = self._entries[self._current] if self._current else None
        if entry is not None and entry.in_use is not None:
            return entry.in_use
        if self._in_use is None:
            self._in_use = ProjectInUse.of(find())
        if entry is not None:
            entry.in_use = self._in_use
        return self._in_use

    def take_up(self, project: Project) -> ProjectInUse:
        """Use *project* for what has none yet, and return it; one that is in use already keeps what is known about it."""
        for known in (self._in_use, *(entry.in_use for entry in self._entries.values())):
            if known is not None and _is_same(known.project, project):
                self._in_use = known
                return known
        self._in_use = ProjectInUse.of(project)
        return self._in_use

    def forget_project(self) -> None:
        """Look for a project anew at the next command: one was just made."""
        self._in_use = None

    @property
    def project(self) -> Project:
        """The project in use. Raises ProjectNotFound."""
        return self.in_use.project

    @property
    def chain(self) -> Chain:
        """Its revisions. Raises ProjectNotFound."""
        return self.in_use.chain

    @property
    def environment(self) -> Environment:
        """Its env.py. Raises ProjectNotFound."""
        return self.in_use.environment

    @property
    def timelines(self) -> Timelines:
        """Its replays. Raises ProjectNotFound."""
        return self.in_use.timelines

    @contextmanager
    def one_look(self) -> Iterator[None]:
        """Let what follows see one state of the revision files, read once, however often it asks."""
        with self.chain.held():
            yield

    # -- reading

    def arguments(self, x: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return what env.py gets as `-x`: what the connection in use was made with, then a command's own *x*."""
        return (*(self._entry.x if self._current else ()), *x)

    def remember_arguments(self, x: tuple[str, ...]) -> None:
        """Let env.py get *x* as `-x` in every command on the connection in use. Raises NotConnected."""
        self._entry.x = x

    def calls(self, database: Database, x: tuple[str, ...] = ()) -> tuple[Configured, ...]:
        """Return what env.py configures for *database*, the connection in use. Raises EnvironmentFailed, Refused."""
        return self.environment.captured(self.arguments(x), database).for_database(database, self.engine_name)

    def heads_of(self, database: Database, x: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the rows of the version table of *database*; writes nothing."""
        return runner.read_heads(database, self.calls(database, x))

    def heads_or_problem(self, database: Database) -> tuple[tuple[str, ...] | None, str]:
        """Return the heads, or None and a sentence that says why they could not be read: for commands that only look."""
        try:
            return self.heads_of(database), ""
        except ProjectNotFound:
            return None, ""
        except MigrationError as error:
            return None, error.message

    # -- names, for completion and did-you-mean

    def names_of(self, database: Database) -> Names:
        """Return the names of tables and columns in *database* as `learn_names` saw them; asks no database."""
        entry = self._entries.get(database.name)
        return Names() if entry is None else entry.names

    def learn_names(self, name: str | None = None) -> None:
        """Read the names of the connection *name* (default: the one in use), which a command has just used."""
        entry = self._entries.get(name or self._current or "")
        if entry is not None:
            entry.names = catalogue.read(entry.database)

    # -- showing

    def connection_shown(self, name: str | None = None, *, is_read: bool = True) -> ConnectionShown:
        """Return the connection *name* (default: the one in use) as results show it; *is_read*: ask where it stands."""
        name = name or self._entry.database.name
        database = self._entries[name].database
        heads, problem, pending = None, "", None
        if is_read:
            with self.using(name):
                heads, problem = self.heads_or_problem(database)
                if heads is not None:
                    pending = pending_count(self.chain.graph, heads)
        return ConnectionShown(
            database.name,
            database.url,
            database.dialect,
            database.server,
            name == self._current,
            database.is_protected,
            heads,
            pending,
            problem,
        )

    def project_shown(self) -> ProjectShown | None:
        """Return the project in use as results show it, or None where there is none."""
        try:
            project, graph = self.project, self.chain.graph
        except ProjectNotFound:
            return None
        return ProjectShown(str(project.directory), project.source, len(graph), graph.heads, graph.bases)


def pending_count(graph: Graph, heads: tuple[str, ...]) -> int | None:
    """Return how many revisions an `upgrade heads` would run from *heads*; None where one of these has no file."""
    if any(id_ not in graph for id_ in heads):
        return None
    return len(graph) - len(graph.ancestors(heads))


def _is_same(one: Project, other: Project) -> bool:
    return one.config is other.config or (
        one.directory == other.directory
        and one.config.config_file_name == other.config.config_file_name
        and one.config.config_ini_section == other.config.config_ini_section
        and _is_same_attributes(one, other)
    )


def _is_same_attributes(one: Project, other: Project) -> bool:
    """Compare by identity: a value may be anything, and `==` of a data frame is no answer."""
    mine, theirs = one.config.attributes, other.config.attributes
    return mine.keys() == theirs.keys() and all(value is theirs[name] for name, value in mine.items())
