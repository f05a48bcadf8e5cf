"""Set up: connect, connections, use, disconnect, init."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine import configuration, connecting
from ..engine.project import Config, find, from_config
from ..engine.templates import create
from ..errors import (
    ConnectionNotFound,
    EnvironmentFailed,
    MigrationError,
    NotConnected,
    ProjectNotFound,
    ProjectProblem,
    UsageProblem,
)
from ..redact import redact
from ..results import Connected, Connections, ConnectionShown, Initialised
from . import protection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..engine.database import Database
    from ..results import ProjectShown
    from .workspace import ProjectInUse, WorkspaceState


def connect(
    ws: WorkspaceState,
    *,
    source: object = None,
    name: str | None = None,
    project: object = None,
    ini_section: str | None = None,
    protected: bool = False,
    attribute: tuple[str, ...] = (),
    engine: str | None = None,
    dotenv: str | None = None,
    x: tuple[str, ...] = (),
) -> Connected:
    """Connect to a database, and to the project that goes with it.

    *source* is a URL, the name of a connection (open, or in pyproject.toml) or of a variable, or an object: engine,
    connection, session, URL, Alembic `Config`; "jupysql" is what `%sql` is connected to. Without it: the project's own URL,
    then `$DATABASE_URL`, then `%sql`. The file *dotenv*
    stands in for environment variables that are not set. env.py gets *x* in every command on this connection. Raises
    ConnectionNotFound, DriverMissing, DatabaseUnreachable, ProjectNotFound (only where a project was named).
    """
    notes = _notes(source)
    environment = {**(configuration.dotenv(Path(dotenv)) if dotenv else {}), **os.environ}
    source, said = _resolved(ws, source)
    if isinstance(source, Config):
        project, source = source, None
    in_use = _project(ws, project, ini_section, _attributes(ws, attribute))
    directory = None
    if source is None:
        source, said = _own_source(ws, in_use, engine, environment, x)
        directory = in_use.project.working_directory if in_use is not None else None
    if isinstance(source, str) and source in ws.databases and "://" not in source:
        return _open_already(ws, source, name, protected=protected, x=x)
    timeout_s = ws.settings.connect_timeout_s
    if isinstance(source, configuration.NamedConnection):
        database = connecting.database_named(
            source, name, environment, is_protected=protected, connect_timeout_s=timeout_s
        )
    else:
        database = connecting.database_from(
            source,
            name,
            ws.databases,
            reserved=configuration.read().connections,
            is_protected=protected,
            connect_timeout_s=timeout_s,
            directory=directory,
        )
    protection.require_name(ws, database, source, environment)
    database.reach()
    notes += (*_missing(database), *protection.spread(ws, database, environment), *_given(x))
    ws.add(database, in_use, engine, x)
    return _connected(ws, said, notes)


def _missing(database: Database) -> tuple[str, ...]:
    return (f"{database.file} does not exist yet; the first change creates it.",) if database.is_missing else ()


def _given(x: tuple[str, ...]) -> tuple[str, ...]:
    return (
        (f"env.py gets {' '.join(f'-x {redact(pair)}' for pair in x)} in every command on this connection.",)
        if x
        else ()
    )


def _open_already(
    ws: WorkspaceState, source: str, name: str | None, *, protected: bool, x: tuple[str, ...]
) -> Connected:
    """Use the connection *source*, which is open, and give it what was asked for in addition."""
    if name not in (None, source):
        raise UsageProblem(
            f"{source} is connected already, and a connection has one name.",
            hint=f"%migrate use {source}, or first %migrate disconnect {source}",
        )
    ws.switch(source)
    notes: tuple[str, ...] = ()
    if protected and not ws.database.is_protected:
        ws.database.is_protected = True
        notes = (f"{source} is protected now.", *protection.spread(ws, ws.database))
    if x:
        ws.remember_arguments(x)
    return _connected(ws, f"connection {source}", (*notes, *_given(x)))


def connections(ws: WorkspaceState) -> Connections:
    """Return every connection with the revision its database stands at, and those that pyproject.toml offers."""
    return Connections((*(ws.connection_shown(name) for name in ws.databases), *offered(ws)))


def offered(ws: WorkspaceState) -> tuple[ConnectionShown, ...]:
    """Return the connections that pyproject.toml names and nobody has opened; nothing is resolved or asked."""
    named = configuration.read().connections.values()
    return tuple(
        ConnectionShown(
            one.name,
            redact(one.url),
            one.url.split(":")[0].split("+")[0] if "://" in one.url else "",
            is_protected=one.protected,
            problem=one.problem,
            is_connected=False,
        )
        for one in named
        if one.name not in ws.databases
    )


def use(ws: WorkspaceState, *, name: str) -> Connected:
    """Switch to the connection *name*, which is opened where only pyproject.toml knows it. Raises ConnectionNotFound."""
    if name not in ws.databases and name in configuration.read().connections:
        return connect(ws, source=name)
    ws.switch(name)
    return _connected(ws, f"connection {name}")


def disconnect(ws: WorkspaceState, *, name: str | None = None) -> Connected:
    """Close the connection *name* (default: the one in use). Raises ConnectionNotFound, NotConnected."""
    name = name or ws.database.name
    ws.remove(name)
    shown, project, notes = _left(ws)
    return Connected(shown, "", project, notes, disconnected=name)


def _left(ws: WorkspaceState) -> tuple[ConnectionShown | None, ProjectShown | None, tuple[str, ...]]:
    """What is in use now, also where its database or project cannot be read: the other one is gone all the same."""
    if not ws.has_connection:
        return None, None, ()
    try:
        return ws.connection_shown(), ws.project_shown(), ()
    except MigrationError as error:
        return ws.connection_shown(is_read=False), None, (f"! {error.message}",)


def init(ws: WorkspaceState, *, directory: str = "migrations", template: str | None = None) -> Initialised:
    """Write a new Alembic project; the `alembic` command can use it unchanged. Raises ProjectProblem where one is already."""
    try:
        made = create(Path(directory).expanduser(), template or "generic", url=_url_for_config(ws))
    except OSError as error:
        raise ProjectProblem(
            f"No project can be written to {directory}: {error.strerror or error}.",
            hint="choose a folder that you may write to: %migrate init DIR",
        ) from error
    ws.forget_project()
    ws.take_up(made.project)
    return Initialised(directory, made.project.source, template or "generic", made.files, made.notes)


# -- the source

_SQL = "jupysql"
_OF_SQL = "the connection of %sql (JupySQL)"


def _is_of_sql(source: str, found: object) -> bool:
    return source.partition(":")[0] == _SQL and hasattr(found, "connection_sqlalchemy")


def _resolved(ws: WorkspaceState, source: object) -> tuple[object, str]:
    """The object or text that *source* means, and how that was found out. Names are exact, never guessed."""
    if not isinstance(source, str):
        return source, "" if source is None else f"the {type(source).__name__} given"
    if "://" in source:
        return source, "the URL given"
    if "@" in source:  # it may hold a password, so it is not quoted
        raise ConnectionNotFound(
            "This is no URL: it begins with no dialect.",
            hint="write dialect+driver:// before it, for example postgresql+psycopg://user@host/database",
        )
    if source in ws.databases:
        return source, f"connection {source}"
    known = configuration.read()
    if source in known.connections:
        return known.connections[
            source
        ], f"connection {source} of {known.path.name if known.path else 'pyproject.toml'}"
    found = ws.lookup(source)
    if isinstance(found, str) and "://" not in found:  # not quoted: it may hold a password
        raise UsageProblem(
            f"The variable {source} holds text that is no database URL.",
            hint=f'{source} = "sqlite:///app.db", for example',
        )
    if found is not None:
        return found, _OF_SQL if _is_of_sql(source, found) else f"variable {source}"
    near = difflib.get_close_matches(source, (*ws.databases, *known.connections), 1)
    raise ConnectionNotFound(
        f"There is no connection or variable {source!r}, and it is no URL.",
        hint=f"did you mean {near[0]}?" if near else _as_url(source),
    )


def _as_url(source: str) -> str:
    """What to type for what looks like a SQLite file."""
    path = source.removeprefix("sqlite:").removeprefix("/" if source.startswith("sqlite:/") else "")
    is_file = Path(path).suffix in {".db", ".sqlite", ".sqlite3"}
    return f"%migrate connect sqlite:///{path}" if is_file else "write a URL, for example sqlite:///app.db"


def _own_source(
    ws: WorkspaceState,
    in_use: ProjectInUse | None,
    engine_name: str | None,
    environment: Mapping[str, str],
    x: tuple[str, ...],
) -> tuple[object, str]:
    """The project's own database, `$DATABASE_URL`, what `%sql` uses; without any, what failed in env.py is the reason."""
    problem: EnvironmentFailed | None = None
    if in_use is not None:
        given = connecting.given_connection(in_use.project)
        if given is not None:
            return given, f'config.attributes["connection"] of {in_use.project.source}'
        try:
            found = connecting.engine_of_env_py(in_use.environment, engine_name, x)
        except EnvironmentFailed as error:
            found, problem = None, error
        if found is not None:
            return found, f"the project's own URL ({in_use.project.source}, by its env.py)"
        url = connecting.configured_url(in_use.project)
        if url is not None:
            return url, f"the project's own URL ({in_use.project.source})"
    if environment.get("DATABASE_URL"):
        return environment["DATABASE_URL"], "$DATABASE_URL"
    of_sql = ws.lookup(_SQL)
    if of_sql is not None and _is_of_sql(_SQL, of_sql):
        return of_sql, _OF_SQL
    if problem is not None:
        raise problem
    raise NotConnected(
        "There is no URL to connect to: none was given, the project has none, and $DATABASE_URL is not set.",
        hint="%migrate connect sqlite:///app.db",
    )


def _notes(source: object) -> tuple[str, ...]:
    if isinstance(source, str) and "://" in source and connecting.has_password(source):
        return ("The password is now written in this notebook: better a variable, or $DATABASE_URL.",)
    return ()


# -- the project


def _project(
    ws: WorkspaceState, project: object, section: str | None, attributes: dict[str, object]
) -> ProjectInUse | None:
    """The project to use: the one named, the one already in use, the one found from here, or None."""
    variable = ws.lookup(project) if isinstance(project, str) else None
    if isinstance(variable, Config):
        return ws.take_up(from_config(variable, f"variable {project}", attributes=attributes))
    if isinstance(project, Config):
        return ws.take_up(from_config(project, "the Config given", attributes=attributes))
    if isinstance(project, (str, Path)):
        return ws.take_up(find(project, section=section or "alembic", attributes=attributes))
    if project is not None:
        raise UsageProblem(f"A {type(project).__name__} is no project.", hint="give a path, or an Alembic Config")
    if not section and not attributes:
        try:
            return ws.in_use
        except ProjectNotFound:
            return None
    return ws.take_up(find(section=section or "alembic", attributes=attributes))


def _attributes(ws: WorkspaceState, pairs: tuple[str, ...]) -> dict[str, object]:
    found: dict[str, object] = {}
    for pair in pairs:
        name, separator, variable = pair.partition("=")
        if not separator or not name:
            raise UsageProblem(
                f"--attribute wants NAME=VARIABLE, not {pair!r}.", hint="--attribute settings=my_settings"
            )
        value = ws.lookup(variable)
        if value is None:
            raise ConnectionNotFound(
                f"There is no variable {variable!r}.", hint=f"define it in a cell before: {variable} = ..."
            )
        found[name] = value
    return found


def _url_for_config(ws: WorkspaceState) -> str | None:
    """The URL a new project's configuration gets: the connection's, unless it has a password."""
    return connecting.url_without_secret(ws.database) if ws.has_connection else None


def _connected(ws: WorkspaceState, source: str, notes: tuple[str, ...] = ()) -> Connected:
    return Connected(ws.connection_shown(), source, ws.project_shown(), notes)
