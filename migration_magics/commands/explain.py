"""Look: `explain`, what the operations of a revision do, in plain words, on each database."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine import planner, targets
from ..engine.explained import heard, written
from ..engine.explained.operations import explained
from ..engine.explained.typed import NotAnOperation, check_typed, run_typed
from ..errors import MigrationError, NotConnected, ProjectNotFound, UsageProblem
from ..model.explanation import DIALECTS
from ..results import Explained, RevisionExplained
from ..rules import explained as facts
from .demonstrating import demonstration
from .sides import live, side_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..engine.project import Project
    from ..model.explanation import Demonstration
    from ..model.graph import Revision
    from ..model.schema import Schema
    from .workspace import WorkspaceState

_SPELLINGS = {"postgres": "postgresql", "mysql": "mariadb"}

_REPLAYED_TO_EXPLAIN = 500
"""How many revisions are replayed at most to know the table that an operation finds: about a second of SQLite in memory."""


def explain(
    ws: WorkspaceState,
    *,
    what: str = "head",
    dialect: tuple[str, ...] = (),
    downgrade: bool = False,
    demonstrate: bool = False,
) -> Explained:
    """Return what each operation of the revision (or revisions: `heads`) *what* does, or of the directive that *what* is.

    The SQL, locks and safer ways are told for each *dialect* (default: SQLite, PostgreSQL, MariaDB). What the file does by
    the answers of its database is named, and read in the file where it cannot be heard. With *demonstrate* the operation that
    locks most is run on a copy, between two programs. Raises RevisionNotFound, UsageProblem, and as `demonstration`.
    """
    dialects = _dialects(dialect)
    notes = ("The facts are MariaDB's: MySQL differs in which changes are instant.",) if "mysql" in dialect else ()
    if "(" in what:
        revisions: tuple[RevisionExplained, ...] = (_typed(ws, what, dialects),)
    else:
        ids = _ids(ws, what)
        if not ids:
            raise targets.not_found(ws.chain.graph, what)
        revisions = tuple(_revision(ws, ws.chain.graph[id_], dialects, is_downgrade=downgrade) for id_ in ids)
    shown = _demonstrated(ws, what, revisions, is_downgrade=downgrade) if demonstrate else None
    following = _next(ws, what, revisions)
    return Explained(revisions, dialects, downgrade, shown, notes, following)


def _ids(ws: WorkspaceState, what: str) -> tuple[str, ...]:
    """The revisions that *what* names: one, `heads`, or a range START:END, without START, in the order they run."""
    if what == "base":
        raise UsageProblem(
            "base is the state before the first revision: it does nothing.", hint="%migrate explain base:head"
        )
    if ":" in what:
        start, _separator, end = what.rpartition(":")
        lower = () if start in {"", "base"} else planner.resolve(ws.chain, start, "explain")
        plan = planner.plan_upgrade(ws.chain, end or "heads", lower, connection="", command="explain")
        if plan.is_empty:
            raise UsageProblem(f"{what} has no revision after {start or 'base'}.", hint="%migrate explain base:heads")
        return tuple(step.revision for step in plan.steps)
    return tuple(planner.resolve(ws.chain, what, "explain"))


def _demonstrated(
    ws: WorkspaceState, what: str, revisions: tuple[RevisionExplained, ...], *, is_downgrade: bool
) -> Demonstration:
    revision = revisions[0].revision
    if len(revisions) > 1:
        raise UsageProblem(f"{what} are several revisions.", hint="name one: %migrate explain REV --demonstrate")
    options = {} if revision is None else _options(ws)
    return demonstration(ws, what if revision is None else revision, options, is_downgrade=is_downgrade)


def _dialects(given: tuple[str, ...]) -> tuple[str, ...]:
    wanted = {_SPELLINGS.get(name, name) for name in given} or set(DIALECTS)
    unknown = sorted(wanted - set(DIALECTS))
    if unknown:
        raise UsageProblem(f"Nothing is known of {unknown[0]!r} here.", hint=f"--dialect {' or '.join(DIALECTS)}")
    return tuple(name for name in DIALECTS if name in wanted)


def _next(ws: WorkspaceState, what: str, revisions: tuple[RevisionExplained, ...]) -> str:
    if "(" in what or not any(one.operations for one in revisions):
        return ""
    return f"%migrate rehearse {what}" if ws.has_connection else f"%migrate show {what}"


# -- a revision


def _revision(
    ws: WorkspaceState, revision: Revision, dialects: tuple[str, ...], *, is_downgrade: bool
) -> RevisionExplained:
    function = "downgrade" if is_downgrade else "upgrade"
    broken = ws.chain.broken(revision)
    if broken is not None:
        return RevisionExplained(revision, (), (f"! {broken.message}.",))
    options = _options(ws)
    try:
        module = ws.chain.module(revision)
    except MigrationError as error:
        return _read_only(revision, function, f"! {error.message}")
    run = getattr(module, function, None)
    if run is None:
        return RevisionExplained(revision, (), (f"It has no {function}.",))
    project = ws.project
    hearings = {dialect: heard.hear(project, run, written.dialect_named(dialect), options) for dialect in dialects}
    first = next(iter(hearings.values()))
    unheard = heard.read(Path(revision.path), function, first) if first.problem and revision.path else ()
    same = {dialect: each for dialect, each in hearings.items() if each.signature == first.signature}
    told = explained(
        same, unheard, facts.explain, options=options, before=_before(ws, revision, is_downgrade=is_downgrade)
    )
    return RevisionExplained(revision, told, _notes(first, hearings, same, has_unheard=bool(unheard)))


def _read_only(revision: Revision, function: str, problem: str) -> RevisionExplained:
    """What a file says that cannot be imported here."""
    nothing = heard.Hearing((), problem=problem)
    named = heard.read(Path(revision.path), function, nothing) if revision.path else ()
    told = explained({"sqlite": nothing}, named, facts.explain, options={}, before=None)
    return RevisionExplained(revision, told, (problem,))


def _notes(
    first: heard.Hearing,
    hearings: Mapping[str, heard.Hearing],
    same: Mapping[str, heard.Hearing],
    *,
    has_unheard: bool,
) -> tuple[str, ...]:
    notes = []
    if first.problem:
        rest = " What follows is read in its file; whether it runs depends on the database." if has_unheard else ""
        notes.append(f"Heard without a database up to here: {first.problem}.{rest}")
    others = [dialect for dialect in hearings if dialect not in same]
    if others:
        notes.append(f"It takes another path on {' and '.join(others)}: %migrate explain --dialect {others[0]} tells.")
    return tuple(notes)


def _options(ws: WorkspaceState) -> Mapping[str, Any]:
    """What env.py configures, as far as it can be known: naming conventions count."""
    try:
        database = ws.database if ws.has_connection else None
        return dict(ws.environment.captured(ws.arguments(), database).calls[0].options)
    except MigrationError:
        return {}


def _before(ws: WorkspaceState, revision: Revision, *, is_downgrade: bool) -> Schema | None:
    """The schema that the revision finds, where a short replay tells it."""
    if len(ws.chain.graph) > _REPLAYED_TO_EXPLAIN:
        return None
    try:
        return side_at(ws, (revision.id,) if is_downgrade else ws.chain.graph.below(revision.id)).schema
    except MigrationError:
        return None


# -- an operation that was typed


def _typed(ws: WorkspaceState, text: str, dialects: tuple[str, ...]) -> RevisionExplained:
    try:
        check_typed(text)
    except NotAnOperation as error:
        raise _no_operation(str(error)) from None
    hearings = {
        dialect: heard.hear(_project(ws), partial(run_typed, text), written.dialect_named(dialect), {})
        for dialect in dialects
    }
    first = next(iter(hearings.values()))
    if first.problem or not first.operations:
        raise _no_operation(first.problem.removeprefix("without a database it fails: ") or text)
    told = explained(hearings, (), facts.explain, options={}, before=_now(ws))
    return RevisionExplained(None, told)


def _no_operation(why: str) -> UsageProblem:
    return UsageProblem(
        f"This is no operation: {why}",
        hint="write it as in a revision, in quotes: %migrate explain \"op.add_column('t', sa.Column('n', sa.Integer))\"",
    )


def _project(ws: WorkspaceState) -> Project | None:
    try:
        return ws.project
    except ProjectNotFound:
        return None


def _now(ws: WorkspaceState) -> Schema | None:
    """The schema of the database in use, where there is one."""
    try:
        return live(ws)
    except (NotConnected, MigrationError):
        return None
