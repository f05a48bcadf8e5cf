"""Doctor: what is wrong with a history and what mends it, also where no other command can read it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine import drafts, planner, runner, writer
from ..engine.chain import Chain
from ..engine.environment import Environment
from ..engine.reflect import reflect
from ..engine.scripts import Fixed
from ..errors import AuthoringProblem, MigrationError, ProjectProblem, RevisionNotFound, UsageProblem
from ..lab import applied as remembered
from ..model import ailments
from ..model.ailments import Ailment
from ..model.bodies import bodies
from ..model.finding import Severity
from ..model.graph import Graph
from ..model.reparented import NotPlain, reparented
from ..model.squashed import replaced_by, replaced_ids
from ..results import Diagnosed
from .drafting import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..engine.database import Database
    from ..errors import RevisionFileBroken
    from ..model.graph import Revision
    from .workspace import WorkspaceState

_LIMIT = 32
"""What Alembic's version table holds: VARCHAR(32)."""

_LENGTH = re.compile(r"\((\d+)\)")
_WORST_FIRST = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def doctor(ws: WorkspaceState, *, reparent: str | None = None, onto: str | None = None) -> Diagnosed:
    """Return what is wrong with the history. With *reparent*, let that revision build on *onto* first.

    Raises, for *reparent*: RevisionNotFound; AuthoringProblem where it is applied on a connection of this notebook, where
    *onto* stands above it, or where its file does not say plainly what it builds on.
    """
    if (reparent is None) != (onto is None):
        raise UsageProblem(
            "A revision and what it is to build on are told together.", hint="%migrate doctor --reparent REV --onto REV"
        )
    did = _reparent(ws, reparent, onto) if reparent is not None and onto is not None else ""
    return _diagnosed(ws, did)


def _diagnosed(ws: WorkspaceState, did: str) -> Diagnosed:
    revisions, broken = ws.chain.each()
    found = [*(_broken(error) for error in broken), *ailments.of_files(revisions)]
    graph = None if found else Graph(revisions)
    found += _bodies(ws, revisions)
    standing, notes = _standing(ws)
    if graph is not None:
        applied = {name: graph.ancestors(id_ for id_ in ids if id_ in graph) for name, ids in standing.items()}
        found += ailments.of_heads(graph, applied)
        for name, ids in standing.items():
            found += [
                ailments.of_unknown(revisions, id_, name, graph.nearest(id_), replaced_by(revisions, id_))
                for id_ in planner.unknown_ids(graph, ids)
            ]
            found += _edited(ws, graph, name, applied[name])
    found += _too_long(ws, revisions, standing)
    found.sort(key=lambda each: _WORST_FIRST[each.severity])
    first = next((way for each in found for way in each.remedies[:1] if each.severity is not Severity.INFO), "")
    return Diagnosed(
        tuple(found),
        len(revisions) + len(broken),
        graph.heads if graph is not None else (),
        tuple(standing),
        did,
        tuple(notes),
        first if first.startswith("%migrate") and "REV" not in first else "",
    )


def _broken(error: RevisionFileBroken) -> Ailment:
    why = "No command can read the history until every file of it can be read."
    return Ailment("broken-file", Severity.ERROR, error.message, why, (error.hint,) if error.hint else ())


def _standing(ws: WorkspaceState) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Where each connection of this project stands, by name, and a note for each that could not be read."""
    directory, found, notes = ws.project.directory, {}, []
    for name, database in ws.databases.items():
        with ws.using(name):
            if ws.project.directory != directory:
                continue
            try:
                found[name] = _heads(ws, database)
            except MigrationError as error:
                notes.append(f"Where {name} stands is not known: {error.message}")
    if not ws.databases:
        notes.append("No database is connected: only files were looked at.")
    return found, notes


def _heads(ws: WorkspaceState, database: Database) -> tuple[str, ...]:
    """Where *database* stands; a history that is no graph is no obstacle to asking it."""
    try:
        return ws.heads_of(database)
    except ProjectProblem:
        without_files = Chain(ws.project, Fixed(Graph()))
        environment = Environment(ws.project, lambda: without_files.directory)
        calls = environment.captured(ws.arguments(), database).for_database(database, ws.engine_name)
        return runner.read_heads(database, calls)


def _bodies(ws: WorkspaceState, revisions: Sequence[Revision]) -> Iterable[Ailment]:
    for revision in revisions:
        if revision.path is None or not revision.path.endswith(".py"):
            continue
        problem = ws.chain.broken(revision)
        if problem is not None:
            why = "It is in the history, and an upgrade that comes to it stops."
            ways = (problem.hint,) if problem.hint else ()
            yield Ailment("broken-file", Severity.ERROR, problem.message, why, ways, revision.id)
            continue
        yield from _judged(revision, drafts.read_text(Path(revision.path)))


def _judged(revision: Revision, text: str) -> Iterable[Ailment]:
    does, name = bodies(text), ailments.place(revision)
    edit = (f"%migrate edit {revision.id}",)
    if does.upgrade == "missing":
        why = "An upgrade that comes to it is refused."
        yield Ailment("no-upgrade", Severity.ERROR, f"{name} has no upgrade().", why, edit, revision.id)
    if does.upgrade == "nothing" and len(revision.parents) < 2:
        why = "It may never have been filled in; a revision that only marks a place is fine."
        yield Ailment("empty-upgrade", Severity.INFO, f"The upgrade of {name} does nothing.", why, edit, revision.id)
    why = "A downgrade below it is refused: the way back is a backup."
    if does.downgrade == "missing":
        yield Ailment("no-downgrade", Severity.INFO, f"{name} has no downgrade().", why, edit, revision.id)
    if does.downgrade == "raises":
        yield Ailment("no-downgrade", Severity.INFO, f"The downgrade of {name} only raises.", why, edit, revision.id)
    if does.upgrade == "something" and does.downgrade == "nothing":
        why = "A downgrade past it leaves behind what its upgrade made, and the next upgrade finds it in its way."
        yield Ailment(
            "empty-downgrade", Severity.INFO, f"The downgrade of {name} does nothing.", why, edit, revision.id
        )


def _edited(ws: WorkspaceState, graph: Graph, name: str, applied: frozenset[str]) -> Iterable[Ailment]:
    known = remembered.known(ws.databases[name].identity)
    for id_ in sorted(applied):
        is_squash = bool(replaced_ids(graph[id_].doc))  # one that kept the id of a file it replaced
        if id_ in known and not is_squash and not remembered.is_as_applied(known[id_], graph[id_].digest):
            yield Ailment(
                "edited-after-apply",
                Severity.WARNING,
                f"{ailments.place(graph[id_])} is not the file that was applied to {name} from this machine.",
                "The database has what the file said then, and new databases get what it says now.",
                (
                    f"%migrate check --on {name}",
                    f'!git log -p --follow -- "{shown(graph[id_].path)}"',
                ),
                id_,
            )


def _too_long(
    ws: WorkspaceState, revisions: Sequence[Revision], standing: Mapping[str, tuple[str, ...]]
) -> tuple[Ailment, ...]:
    """The ids that a version table cannot hold: Alembic's own, or the one that is there."""
    limit, is_enforced = _LIMIT, False
    if any(len(revision.id) > _LIMIT for revision in revisions):
        widths = [width for name in standing for width in _widths(ws, name)]
        limit = min((width for width, _ in widths), default=_LIMIT)
        is_enforced = any(is_strict for width, is_strict in widths if width == limit)
    return ailments.of_length(revisions, limit, is_enforced=is_enforced)


def _widths(ws: WorkspaceState, name: str) -> Iterable[tuple[int, bool]]:
    """How many characters the version table of the connection *name* holds, and whether its database minds."""
    with ws.using(name):
        try:
            database, key = ws.database, ws.calls(ws.database)[0].version_table
            found = None if database.is_missing else database.read(lambda opened: reflect(opened, frozenset({key})))
        except MigrationError:
            return
    column = next((each for one in found.tables for each in one.columns), None) if found is not None else None
    length = _LENGTH.search(column.type) if column is not None else None
    if length is not None:
        yield int(length[1]), database.family != "sqlite"


# -- re-parenting --------------------------------------------------------------------------------------------------


def _reparent(ws: WorkspaceState, reparent: str, onto: str) -> str:
    """Rewrite the one file; return a sentence that says what it was and is now."""
    revisions, _ = ws.chain.each()
    child = _named(revisions, reparent)
    parent = None if onto == "base" else _named(revisions, onto)
    _refuse_applied(ws, revisions, child)
    if parent is not None and parent.id in _above(revisions, child.id):
        raise AuthoringProblem(
            f"{parent.id} stands above {child.id}, so that they would build on each other.",
            hint="%migrate doctor names what can be moved",
        )
    parents = (parent.id,) if parent is not None else ()
    if child.parents == parents:
        return f"{child.id} builds on {onto} already."
    path = Path(child.path or "")
    try:
        text = reparented(drafts.decoded(path.read_bytes()), parents)
    except (NotPlain, SyntaxError, UnicodeDecodeError) as error:
        raise AuthoringProblem(
            f"{path.name} does not say plainly what it builds on.", hint=f"change down_revision in {path.name} yourself"
        ) from error
    writer.rewrite({path: text})
    was = ", ".join(child.parents) or "base"
    return f"{child.id} builds on {', '.join(parents) or 'base'} now (it was {was}): {shown(path)} was rewritten."


def _named(revisions: Sequence[Revision], text: str) -> Revision:
    """The one revision that *text* names or begins: where there is no graph, Alembic can't resolve it."""
    exact = [each for each in revisions if each.id == text or text in each.labels]
    found = exact or [each for each in revisions if each.id.startswith(text)]
    if text == "head" and not exact:
        below = {parent for each in revisions for parent in each.parents}
        found = [each for each in revisions if each.id not in below]
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} files are revision {text!r}" if found else f"There is no revision {text!r}"
    raise RevisionNotFound(f"{what}.", hint="name one by its whole id; %migrate doctor shows what is there")


def _above(revisions: Sequence[Revision], id_: str) -> frozenset[str]:
    """*id_* and everything that builds on it, though it may be no graph."""
    children: dict[str, list[str]] = {}
    for each in revisions:
        for lower in (*each.parents, *each.depends_on):
            children.setdefault(lower, []).append(each.id)
    found, todo = {id_}, [id_]
    while todo:
        for upper in children.get(todo.pop(), ()):
            if upper not in found:
                found.add(upper)
                todo.append(upper)
    return frozenset(found)


def _refuse_applied(ws: WorkspaceState, revisions: Sequence[Revision], child: Revision) -> None:
    standing, notes = _standing(ws)
    above = _above(revisions, child.id)
    for name, ids in standing.items():
        if above.intersection(ids):
            raise AuthoringProblem(
                f"{child.id} is applied on {name}: a database that has run it would not run what it builds on then.",
                hint='%migrate merge heads -m "join the branches", or downgrade first',
            )
    if notes and ws.databases:
        raise AuthoringProblem(
            f"Whether {child.id} is applied is not known everywhere. Nothing was changed.", details=tuple(notes)
        )
