"""Look: status, current, heads, branches, history, show. Nothing here writes, and no revision is imported but by `show`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..engine import offline, planner, targets
from ..engine.sources import revision_source
from ..errors import CheckFailed, MigrationError, NotConnected, ProjectNotFound, ReplayInterrupted, UsageProblem
from ..results import Branches, Current, Heads, History, RevisionShown, Shown, Status, StatusOfAll
from .connect import offered
from .objects import touching
from .sides import drift, history_of, like_of, live
from .told import told_of
from .workspace import WorkspaceState, pending_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..errors import RevisionFileBroken
    from ..model.diff import SchemaDiff
    from ..model.graph import Graph, Revision

_REPLAYED_TO_SHOW = 500
"""How many revisions are replayed at most to show what one of them does: about a second of SQLite in memory."""

_LOOKED_INTO = 200
"""How many files a look parses at most: those that would run next, or the newest. A plan parses all that it would run."""


def status(ws: WorkspaceState, *, all: bool = False) -> Status | StatusOfAll:  # noqa: A002 - the option's name
    """Return where the database stands and the next sensible command; with *all* how every connection stands."""
    return _status_of_all(ws) if all else one_status(ws)


def _status_of_all(ws: WorkspaceState) -> StatusOfAll:
    """Return every revision of the project in use on every connection; one that cannot be read is no reason to fail."""
    project = ws.project_shown()
    if project is None:
        raise ProjectNotFound(
            "There is no Alembic project here.", hint="%migrate init, or %migrate connect --project PATH"
        )
    if not ws.databases:
        raise NotConnected("No database is connected.", hint="%migrate connect sqlite:///app.db")
    graph, directory = ws.chain.graph, ws.project.directory
    shown = tuple(ws.connection_shown(name) for name in ws.databases)
    applied: dict[str, frozenset[str] | None] = {}
    notes = []
    for one in shown:
        with ws.using(one.name):
            is_ours = ws.project.directory == directory
        applied[one.name] = (
            graph.ancestors(one.current) if one.current is not None and is_ours and one.pending is not None else None
        )
        unknown = planner.unknown_ids(graph, one.current or ()) if is_ours else ()
        notes += [f"! {one.name}: {one.problem}"] if one.problem else []
        notes += [f"{one.name} belongs to another project."] if not is_ours else []
        notes += (
            [f"! {one.name} stands at {', '.join(unknown)}, for which this project has no file."] if unknown else []
        )
    idle = [one.name for one in offered(ws)]
    notes += [f"Not connected: {', '.join(idle)}."] if idle else []
    return StatusOfAll(graph.newest_first, shown, applied, project, tuple(notes))


def one_status(ws: WorkspaceState, *, is_looking_into_files: bool = True) -> Status:
    """Return where the database in use stands and the next sensible command.

    Without *is_looking_into_files* no file is parsed, so that its problems name none that is broken.
    """
    project = ws.project_shown()
    connection = ws.connection_shown() if ws.has_connection else None
    if project is None:
        first = "%migrate init" if connection is not None else "%migrate connect sqlite:///app.db"
        return Status(connection, None, (), (), (), first, ("There is no Alembic project here.",))
    graph = ws.chain.graph
    current = connection.current if connection is not None else None
    is_known = current is not None and not planner.unknown_ids(graph, current)
    pending = graph.between(current or (), graph.heads)[::-1] if is_known else ()
    problems = _problems(graph, current, connection.problem if connection else "")
    if is_looking_into_files:
        problems += _broken_sentences(_broken(ws, pending if is_known else graph.newest_first))
    return Status(
        connection,
        project,
        tuple(graph[id_] for id_ in current or () if id_ in graph),
        tuple(graph[id_] for id_ in graph.heads),
        pending,
        _next_command(graph, current, pending, has_connection=connection is not None),
        problems,
        _drift(ws, current) if is_known else None,
    )


def _drift(ws: WorkspaceState, current: tuple[str, ...] | None) -> SchemaDiff | None:
    """What differs between the database and the history at its revision, where a replay is there already; else None."""
    if not ws.has_connection or current is None:
        return None
    history, like = history_of(ws), like_of(ws)
    try:
        if ws.timelines.kept(history, like) is None:
            return None
        at = ws.timelines.at_if_kept(history, like, current)
        return None if at is None or at.dialect != ws.database.family else drift(at.schema, live(ws))
    except MigrationError:
        return None


def current_known(graph: Graph, current: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return those of *current* that have a file."""
    return tuple(id_ for id_ in current or () if id_ in graph)


def _problems(graph: Graph, current: tuple[str, ...] | None, problem: str) -> tuple[str, ...]:
    found = [problem] if problem else []
    unknown = planner.unknown_ids(graph, current or ())
    if unknown:
        found.append(f"The database stands at {', '.join(unknown)}, for which this project has no file.")
    if len(graph.heads) > 1:
        found.append(
            f"The project has {len(graph.heads)} heads: {', '.join(graph.heads)}. "
            "Join them: %migrate merge heads -m 'merge branches'"
        )
    return tuple(found)


def _broken(ws: WorkspaceState, revisions: Sequence[Revision]) -> dict[str, RevisionFileBroken]:
    """Return what is wrong with the files of *revisions* that Python cannot parse, by id; the first 200 are looked at."""
    found = {revision.id: ws.chain.broken(revision) for revision in revisions[:_LOOKED_INTO]}
    return {id_: error for id_, error in found.items() if error is not None}


def _broken_sentences(broken: Mapping[str, RevisionFileBroken]) -> tuple[str, ...]:
    return tuple(f"The file of {id_} is broken: {error.message}." for id_, error in broken.items())


def _next_command(
    graph: Graph, current: tuple[str, ...] | None, pending: tuple[Revision, ...], *, has_connection: bool
) -> str:
    if not len(graph):
        return '%%revision -m "create the first table"'
    if not has_connection or current is None:
        return "%migrate connect" if not has_connection else "%migrate connections"
    if planner.unknown_ids(graph, current):
        return "%migrate history"
    if pending:
        return "%migrate plan"
    return '%%revision -m "what changes next"'


def current(ws: WorkspaceState, *, verbose: bool = False, check_heads: bool = False) -> Current:
    """Return the database's heads. With *check_heads*, raise CheckFailed unless they are the project's."""
    graph = ws.chain.graph
    ids = ws.heads_of(ws.database)
    unknown = planner.unknown_ids(graph, ids)
    behind = pending_count(graph, ids) or 0
    is_at_head = behind == 0 and not unknown
    if check_heads and not is_at_head:
        how_far = f"{behind} {'revision' if behind == 1 else 'revisions'} behind"
        if unknown:
            how_far = "for which this project has no file"
        raise CheckFailed(
            f"{ws.database.name} is not at the head: it stands at {', '.join(ids) or 'base'}, {how_far}.",
            hint="get the newer code, or connect to the right database"
            if unknown
            else "%migrate plan shows what is missing",
        )
    return Current(
        ids, is_at_head, behind, tuple(graph[id_] for id_ in ids if id_ in graph), unknown, ws.database.name, verbose
    )


def heads(ws: WorkspaceState, *, verbose: bool = False, resolve_dependencies: bool = False) -> Heads:
    """Return the heads; with *resolve_dependencies* only those that would stand in the version table."""
    graph = ws.chain.graph
    ids = graph.effective_heads if resolve_dependencies else graph.heads
    labels = {id_: graph.labels_of(id_) for id_ in ids}
    return Heads(tuple(graph[id_] for id_ in ids), graph.effective_heads, labels, _current_or_none(ws)[0], verbose)


def branches(ws: WorkspaceState, *, verbose: bool = False) -> Branches:
    """Return the branch points, oldest first."""
    graph = ws.chain.graph
    points = tuple((graph[id_], tuple(graph[child] for child in graph.children(id_))) for id_ in graph.branch_points)
    shown = {revision.id for point, children in points for revision in (point, *children)}
    return Branches(points, {id_: graph.labels_of(id_) for id_ in shown}, verbose)


def history(
    ws: WorkspaceState,
    *,
    range: str | None = None,  # noqa: A002 - the option's name
    verbose: bool = False,
    grep: str | None = None,
    table: str | None = None,
    from_database: bool = False,
) -> History:
    """Return the revisions of *range* (default: all), newest first, with what is applied.

    With *table* only those that touched it, or a part of one; the history is replayed for that. Raises ObjectNotFound.
    """
    graph = ws.chain.graph
    ids, problem = _current_or_none(ws)
    revisions = graph.newest_first if range is None else _in_range(ws, graph, range)
    if grep:
        wanted = grep.casefold()
        revisions = tuple(
            r for r in revisions if wanted in f"{r.id}\n{r.doc}\n{r.message}\n{r.path}\n{' '.join(r.labels)}".casefold()
        )
    missing: tuple[str, ...] = ()
    if table is not None:
        touching, missing = _touching(ws, table, is_from_database=from_database)
        revisions = tuple(revision for revision in revisions if revision.id in touching)
    is_known = ids is not None and not planner.unknown_ids(graph, ids)
    applied = graph.ancestors(ids or ()) if is_known else None
    broken = _broken(ws, [one for one in revisions if applied is None or one.id not in applied])
    notes = (*_problems(graph, ids, problem), *_broken_sentences(broken), *missing)
    return History(
        revisions,
        graph,
        graph.heads,
        ids,
        applied,
        range or "",
        ws.current_name or "",
        verbose,
        notes,
        tuple(broken),
        table or "",
    )


def _touching(ws: WorkspaceState, target: str, *, is_from_database: bool) -> tuple[frozenset[str], tuple[str, ...]]:
    with ws.one_look():
        timeline = ws.timelines.known(history_of(ws), like_of(ws), is_from_database=is_from_database)
    with told_of(timeline):
        return touching(timeline, target), timeline.notes


def _in_range(ws: WorkspaceState, graph: Graph, text: str) -> tuple[Revision, ...]:
    lower, separator, upper = text.partition(":")
    if not separator:
        raise UsageProblem(
            f"A range is START:END, not {text!r}.",
            hint=f"%migrate history -r {text}: (from it) or -r :{text} (up to it)",
        )
    bounds = [ws.heads_of(ws.database) if bound == "current" else bound for bound in (lower, upper)]
    found = set(planner.walk(ws.chain, bounds[0] or "base", bounds[1] or "heads", text))
    return tuple(revision for revision in graph.newest_first if revision.id in found)


def show(ws: WorkspaceState, *, revision: str = "head") -> Shown:
    """Return the revision (or revisions: `heads`, `current`) with its source and its SQL on the connection's dialect."""
    with ws.one_look():
        graph = ws.chain.graph
        if revision == "current":
            wanted = current_known(graph, ws.heads_of(ws.database))
        else:
            wanted = planner.resolve(ws.chain, revision, "show")
        if not wanted:
            raise targets.not_found(graph, revision)
        return with_sql(ws, in_full(ws, wanted), wanted)


def with_sql(ws: WorkspaceState, shown: Shown, wanted: tuple[str, ...]) -> Shown:
    """Return *shown* with the SQL of the revisions *wanted* on the connection's dialect, or why there is none."""
    dialect = ws.database.dialect if ws.has_connection else "sqlite"
    sql, why = _sql(ws, wanted, dialect)
    return replace(shown, dialect=dialect, sql=sql, problem=why)


def in_full(
    ws: WorkspaceState, wanted: tuple[str, ...], known: tuple[Mapping[str, SchemaDiff], tuple[str, ...]] | None = None
) -> Shown:
    """Return the revisions *wanted*, in their order, each with its source and its schema change; without SQL.

    *known* are the schema changes by id and notes on them, where the caller has them.
    """
    graph = ws.chain.graph
    ids, _problem = _current_or_none(ws)
    applied = graph.ancestors(current_known(graph, ids))
    changes, notes = known or _changes(ws)
    return Shown(tuple(_shown(graph, id_, ids, applied, changes) for id_ in wanted), notes=notes)


def _changes(ws: WorkspaceState) -> tuple[Mapping[str, SchemaDiff], tuple[str, ...]]:
    """What each revision does to the schema, by id, and what to say where that is not known.

    A short history is replayed for it; of a long one, what an earlier command has replayed is used.
    """
    history, like = history_of(ws), like_of(ws)
    try:
        timeline = ws.timelines.kept(history, like)
        if timeline is None and len(ws.chain.graph) > _REPLAYED_TO_SHOW:
            return {}, ("The schema change is not known yet: %migrate blame and %migrate diff replay the history.",)
        timeline = timeline or ws.timelines.whole(history, like)
    except ReplayInterrupted:
        raise
    except MigrationError as error:
        return {}, (f"The schema change is not known: {error.message}",)
    return {entry.revision: entry.diff for entry in timeline.entries}, timeline.notes


def _shown(
    graph: Graph,
    id_: str,
    ids: tuple[str, ...] | None,
    applied: frozenset[str],
    changes: Mapping[str, SchemaDiff],
) -> RevisionShown:
    revision = graph[id_]
    state = "" if ids is None else "current" if id_ in ids else "applied" if id_ in applied else "pending"
    return RevisionShown(
        revision,
        revision_source(revision),
        graph.children(id_),
        graph.labels_of(id_),
        id_ in graph.heads,
        state,
        revision.has_downgrade,
        changes.get(id_),
    )


def _sql(ws: WorkspaceState, ids: tuple[str, ...], dialect: str) -> tuple[str, str]:
    x = ws.arguments()
    call = ws.environment.captured(x, ws.database if ws.has_connection else None).calls[0]
    graph = ws.chain.graph
    try:
        return "\n".join(
            offline.render(ws.chain, ws.environment, call, [id_], graph.below(id_), dialect=dialect, x=x) for id_ in ids
        ), ""
    except offline.OfflineFailed as error:
        return "", str(error)


def _current_or_none(ws: WorkspaceState) -> tuple[tuple[str, ...] | None, str]:
    """Where the database stands, or None: no connection is no reason not to look at files."""
    try:
        return ws.heads_or_problem(ws.database)
    except (NotConnected, ProjectNotFound):
        return None, ""
