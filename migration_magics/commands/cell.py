"""The flow of a `%%revision` cell: read the body, find the revision it stands for, draft, write, move.

Running a cell again never makes a second file: its message (or `--rev-id`) names the revision it wrote before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine import drafts, planner, writer
from ..engine.drafts import Order
from ..errors import (
    AuthoringProblem,
    MigrationError,
    RehearsalFailed,
    RevisionApplied,
    RevisionBuiltOn,
    UsageProblem,
)
from ..model import revision_file
from ..model.body import parse_body
from ..model.finding import WILL_FAIL
from ..results import Authored, Moved
from . import move
from .drafting import Drafted, draft_cell, first_line_of, line_of_cell, long_id, shown, way_back, way_up
from .reapplying import reapplied, tell
from .rehearse import rehearse_draft, wanted_of

if TYPE_CHECKING:
    from ..model.expectations import Expectations
    from ..model.graph import Graph, Revision
    from .workspace import WorkspaceState


@dataclass(frozen=True, slots=True)
class _Wish:
    """How the cell was asked for."""

    again: str
    """The cell's first line without `--dry-run`."""
    dry_run: bool
    apply: bool
    reapply: bool
    force: bool
    yes: bool
    wanted: Expectations


def cell(
    ws: WorkspaceState,
    *,
    body: str,
    message: str | None = None,
    sql: bool = False,
    dry_run: bool = False,
    apply: bool = False,
    reapply: bool = False,
    force: bool = False,
    yes: bool = False,
    head: str | None = None,
    splice: bool = False,
    branch_label: str | None = None,
    depends_on: tuple[str, ...] = (),
    rev_id: str | None = None,
    version_path: str | None = None,
    expect: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
    invariant: tuple[str, ...] = (),
    filename: str = "<revision>",
    first_line: int = 1,
) -> Authored:
    """Write the revision that the cell's *body* is, or replace the one an earlier run wrote.

    Raises CellInvalid; RevisionBuiltOn and RevisionApplied where the revision may not be rewritten; the errors of
    `engine.drafts.compose` and `engine.writer.write`; with *apply* and *reapply* those of a move.
    """
    del filename  # the file that is written is what runs: tracebacks lead there
    if not message and not rev_id:
        raise UsageProblem("A revision needs a message.", hint='%%revision -m "add status"')
    dialect, wanted = ws.database.family if ws.has_connection else "", wanted_of(expect, only, invariant)
    if apply or reapply:
        _ = ws.database  # NotConnected, before anything is written
    parsed = parse_body(body, is_sql=sql, first_line=first_line, dialect=dialect)
    graph = ws.chain.graph
    old = _earlier(ws, graph, message, rev_id, head)
    order = Order(message, head or "head", splice, branch_label, depends_on, rev_id, version_path)
    if old is not None:
        order = Order(
            message or old.message,
            old.parents or "base",
            splice=True,
            branch_label=branch_label or old.labels or None,
            depends_on=depends_on or old.depends_on,
            rev_id=old.id,
            version_path=_location(ws, old),
            created=old.created_at,
            replaces=old,
        )
    again = first_line_of(
        order.message or "",
        sql=sql,
        apply=apply,
        reapply=reapply,
        force=force,
        yes=yes,
        head=head,
        splice=splice,
        branch_label=branch_label,
        depends_on=depends_on,
        rev_id=rev_id,
        version_path=version_path,
        expect=expect,
        only=only,
        invariant=invariant,
    )
    wish = _Wish(again, dry_run, apply, reapply, force, yes, wanted)
    drafted = draft_cell(ws, order, parsed, body, first_line)
    try:
        return _first_time(ws, drafted, wish) if old is None else _again(ws, graph, old, drafted, wish)
    except MigrationError as error:
        if not ws.project.config.get_hooks_list():  # a formatter moves the lines
            error.details = (*error.details, *line_of_cell(error, drafted, body, first_line))
        raise


# -- which revision ------------------------------------------------------------------------------------------------


def _earlier(
    ws: WorkspaceState, graph: Graph, message: str | None, rev_id: str | None, head: str | None
) -> Revision | None:
    """Return the revision an earlier run of the cell wrote: by id, else by message and, where one was given, by head."""
    if rev_id is not None:
        return graph.revisions.get(rev_id)
    found = [each for each in graph.newest_first if revision_file.is_message_of(message or "", each.doc)]
    if found and head is not None:
        wanted = set(planner.resolve(ws.chain, head, "revision"))
        found = [each for each in found if set(each.parents) == wanted or {each.id} == wanted]
    ends = [each for each in found if not graph.above(each.id)]
    if len(ends) > 1:
        named = tuple(f"{each.id}  builds on {', '.join(each.parents) or 'base'}" for each in ends)
        raise AuthoringProblem(
            f"{len(ends)} revisions have this message.",
            details=named,
            hint=f"say which: --rev-id {ends[0].id}; or use another message",
        )
    return next(iter(ends or found), None)


def _location(ws: WorkspaceState, old: Revision) -> str | None:
    """The version location that the file of *old* lies in."""
    return next(
        (str(each) for each in ws.project.version_locations if Path(old.path or "").is_relative_to(each.resolve())),
        None,
    )


def _applied_on(ws: WorkspaceState, graph: Graph, id_: str) -> tuple[bool, tuple[str, ...], tuple[str, ...]]:
    """Say whether *id_* is applied on the database in use, on which other connections it is, and which could not be asked."""
    here, elsewhere, silent = False, [], []
    directory = ws.project.directory
    own = ws.database.identity if ws.has_connection else None
    for name, database in ws.databases.items():
        with ws.using(name):
            heads, problem = ws.heads_or_problem(database) if ws.project.directory == directory else ((), "")
        if heads is None:
            silent.append(f"{name} could not be asked whether this revision is applied there: {problem}")
        elif id_ in graph.ancestors(head for head in heads if head in graph):
            here = here or database.identity == own
            elsewhere += [] if database.identity == own else [name]
    return here, tuple(elsewhere), tuple(silent)


# -- writing -------------------------------------------------------------------------------------------------------


def _first_time(ws: WorkspaceState, drafted: Drafted, wish: _Wish) -> Authored:
    drafted = _rehearsed(ws, drafted, wish)
    if wish.dry_run:
        return _preview(drafted, wish)
    written = writer.write(ws.chain, drafted.draft)
    moved = _upgraded(ws, written.revision, wish) if wish.apply or wish.reapply else None
    return _result(ws, drafted, written, moved)


def _rehearsed(ws: WorkspaceState, drafted: Drafted, wish: _Wish) -> Drafted:
    """Return *drafted* with its rehearsal. Raises RevisionFileBroken, and RehearsalFailed unless a failure may pass."""
    try:
        found, notes = rehearse_draft(ws, drafted.draft, wish.wanted, force=wish.force)
    except RehearsalFailed as error:  # what the text alone tells is plainer: "did you mean op.create_table?"
        error.details = (*(each.message for each in drafted.findings if each.rule == WILL_FAIL), *error.details)
        raise
    return replace(drafted, rehearsal=found, notes=(*drafted.notes, *notes))


def _again(ws: WorkspaceState, graph: Graph, old: Revision, drafted: Drafted, wish: _Wish) -> Authored:
    here, elsewhere, silent = _applied_on(ws, graph, old.id)
    above = graph.above(old.id)
    is_locked = bool(above or here or elsewhere)
    if _is_unchanged(ws, old, drafted, may_reformat=not is_locked):
        if wish.wanted and not above:
            drafted = _rehearsed(ws, drafted, wish)
        return _unchanged(ws, old, drafted, wish, is_applied=here, notes=silent)
    if above or elsewhere or (here and not wish.reapply):
        raise _refusal(ws, old, above, elsewhere)
    own = ("The downgrade that stood in the file is replaced, since the cell has none.",)
    drafted = replace(
        drafted, notes=(*drafted.notes, *(own if _has_downgrade_of_its_own(ws, old, drafted) else ()), *silent)
    )
    drafted = _rehearsed(ws, drafted, wish)
    if wish.dry_run:
        return _preview(drafted, wish)
    if here:
        return _result(ws, drafted, *reapplied(ws, old, drafted.draft, yes=wish.yes))
    written = writer.write(ws.chain, drafted.draft)
    moved = _upgraded(ws, written.revision, wish) if wish.apply or wish.reapply else None
    return _result(ws, drafted, written, moved)


def _refusal(ws: WorkspaceState, old: Revision, above: tuple[str, ...], elsewhere: tuple[str, ...]) -> MigrationError:
    """Return why *old* may not be rewritten: what stands on it, or where it is applied."""
    what = f"{old.id} ({old.message})"
    if above:
        verb = "builds" if len(above) == 1 else "build"
        return RevisionBuiltOn(
            f"{what} may not be rewritten: {', '.join(above)} {verb} on it. Nothing was changed.",
            hint=f"for a new revision use another message; to see what is there: %migrate edit {old.id}",
        )
    if elsewhere:
        where = ", ".join(elsewhere)
        return RevisionApplied(
            f"{what} is applied on {where}: rewriting it would part file and database. Nothing was changed.",
            hint=f"%migrate downgrade {_below(old)} --on {elsewhere[0]}, or another message for a new revision",
        )
    return RevisionApplied(
        f"{what} is applied on {ws.database.name}, and the cell's code is another one now. Nothing was changed.",
        hint="add --reapply to the first line: downgrade, rewrite, upgrade again",
    )


def _is_unchanged(ws: WorkspaceState, old: Revision, drafted: Drafted, *, may_reformat: bool) -> bool:
    """Say whether the file already is what the cell comes to; *may_reformat*: then other line breaks are a change, too."""
    new = drafted.draft.revision
    if (set(new.parents), set(new.labels), set(new.depends_on)) != (
        set(old.parents),
        set(old.labels),
        set(old.depends_on),
    ):
        return False
    if not revision_file.is_message_of(new.message, old.doc) or ws.chain.broken(old):
        return False
    before, after = drafts.read_text(Path(old.path or "")), drafted.draft.text.replace("\r\n", "\n")
    without = frozenset(f"downgrade{suffix}" for suffix in drafted.body.without_downgrade)
    theirs, mine = revision_file.code_of(before, without=without), revision_file.code_of(after, without=without)
    is_formatted = bool(ws.project.config.get_hooks_list())
    return theirs.is_same(mine, is_formatted=is_formatted) and (
        is_formatted or not may_reformat or theirs.lines == mine.lines
    )


def _has_downgrade_of_its_own(ws: WorkspaceState, old: Revision, drafted: Drafted) -> bool:
    """The file has a downgrade that neither the cell has nor was derived: somebody wrote it into the file."""
    if ws.chain.broken(old):
        return False
    text = drafts.read_text(Path(old.path or ""))
    wanted = {f"downgrade{suffix}" for suffix in drafted.body.without_downgrade}
    return bool(wanted & (revision_file.functions_of(text) - revision_file.derived_functions(text)))


def _unchanged(
    ws: WorkspaceState, old: Revision, drafted: Drafted, wish: _Wish, *, is_applied: bool, notes: tuple[str, ...]
) -> Authored:
    moved = None
    if (wish.apply or wish.reapply) and not is_applied and not wish.dry_run:
        moved = _upgraded(ws, old, wish)
    after = "%migrate history" if is_applied else way_up(ws, old)
    is_own = _has_downgrade_of_its_own(ws, old, drafted)
    return Authored(
        old,
        shown(old.path),
        drafts.read_text(Path(old.path or "")),
        is_unchanged=True,
        is_dry_run=wish.dry_run,
        downgrade=way_back(old, "written" if is_own else drafted.downgrade),
        rehearsal=drafted.rehearsal,
        findings=() if moved or is_applied else drafted.findings,
        moved=moved,
        notes=(*(() if is_own else drafted.notes), *notes),
        next_command=moved.next_command if moved else after,
    )


def _upgraded(ws: WorkspaceState, revision: Revision, wish: _Wish) -> Moved:
    """Upgrade to *revision*; where that fails the error says that its file is written."""
    try:
        return move.upgrade(ws, target=revision.id, yes=wish.yes)
    except MigrationError as error:
        tell(error, f"The file {shown(revision.path)} is written.", "correct the cell and run it again with --apply")
        raise


# -- results -------------------------------------------------------------------------------------------------------


def _result(ws: WorkspaceState, drafted: Drafted, written: writer.Written, moved: Moved | None) -> Authored:
    revision = written.revision
    return Authored(
        revision,
        shown(revision.path),
        written.text,
        replaced=drafted.draft.replaces is not None,
        downgrade=way_back(revision, drafted.downgrade),
        rehearsal=drafted.rehearsal,
        findings=() if moved else drafted.findings,
        moved=moved,
        notes=(*drafted.notes, *written.notes, *long_id(revision)),
        next_command=moved.next_command if moved else way_up(ws, revision),
    )


def _preview(drafted: Drafted, wish: _Wish) -> Authored:
    draft = drafted.draft
    return Authored(
        draft.revision,
        shown(draft.path),
        draft.text,
        replaced=draft.replaces is not None,
        is_dry_run=True,
        downgrade=drafted.downgrade,
        rehearsal=drafted.rehearsal,
        notes=drafted.notes,
        findings=drafted.findings,
        next_command=wish.again,
    )


def _below(revision: Revision) -> str:
    return revision.parents[0] if revision.parents else "base"
