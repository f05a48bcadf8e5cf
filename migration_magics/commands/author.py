"""Author: revision, merge, edit, and `%%revision` (the flow of a cell is in `cell`)."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine import drafts, planner, writer
from ..engine.drafts import Order
from ..errors import AuthoringProblem, CellInvalid, MigrationError, UsageProblem
from ..model import revision_file
from ..model.body import parse_body
from ..results import Authored
from .cell import cell
from .drafting import dialect_name, environment, long_id, shown, way_back, way_up

if TYPE_CHECKING:
    from ..model.graph import Graph, Revision
    from .workspace import WorkspaceState

__all__ = ["cell", "edit", "merge", "revision"]


def revision(
    ws: WorkspaceState,
    *,
    message: str | None = None,
    head: str | None = None,
    splice: bool = False,
    branch_label: str | None = None,
    depends_on: tuple[str, ...] = (),
    rev_id: str | None = None,
    version_path: str | None = None,
    sql: bool = False,
) -> Authored:
    """Write a new revision to be filled in: the file `alembic revision` writes.

    *sql* is Alembic's: it only means something where env.py takes part (`revision_environment`), which here never needs a
    database. Raises as `engine.drafts.compose` and `engine.writer.write`, UsageProblem for a meaningless *sql*.
    """
    if sql and not drafts.wants_environment(ws.project):
        raise UsageProblem(
            "--sql lets env.py run offline, and this project does not run it for a new revision (revision_environment is off).",
            hint="leave --sql out",
        )
    order = Order(message, head or "head", splice, branch_label, depends_on, rev_id, version_path)
    draft = drafts.compose(ws.chain, order, captured=environment(ws), dialect=dialect_name(ws))
    written = writer.write(ws.chain, draft)
    notes = (*written.notes, *long_id(written.revision))
    return Authored(
        written.revision,
        shown(draft.path),
        written.text,
        notes=notes,
        next_command=f"%migrate edit {written.revision.id}",
    )


def merge(
    ws: WorkspaceState,
    *,
    revisions: tuple[str, ...] = (),
    message: str | None = None,
    branch_label: str | None = None,
    rev_id: str | None = None,
    splice: bool = False,
) -> Authored:
    """Join *revisions* (default: all heads) by a revision that does nothing else.

    The same heads are never merged twice: run again, it finds the merge unchanged. Raises AuthoringProblem where there are
    fewer than two to join.
    """
    graph = ws.chain.graph
    ids = tuple(dict.fromkeys(planner.resolve(ws.chain, revisions or ("heads",), "merge")))
    done = _merged(graph, ids, message, is_default=revisions in {(), ("heads",)})
    if done is not None:
        note = f"{' and '.join(done.parents)} are joined already."
        return Authored(
            done,
            shown(done.path),
            drafts.read_text(Path(done.path or "")),
            is_unchanged=True,
            notes=(note,),
            next_command=way_up(ws, done),
        )
    if len(ids) < 2:
        there = (
            f"the only head is {ids[0]}"
            if ids and revisions in {(), ("heads",)}
            else "that is one revision"
            if ids
            else "the project has no revision yet"
        )
        raise AuthoringProblem(f"There is nothing to merge: {there}.", hint="%migrate heads shows the heads")
    _refuse_lineage(graph, ids)
    order = Order(message or f"merge {' and '.join(ids)}", ids, splice, branch_label, (), rev_id)
    draft = drafts.compose(ws.chain, order, captured=environment(ws), dialect=dialect_name(ws))
    written = writer.write(ws.chain, draft)
    return Authored(
        written.revision,
        shown(draft.path),
        written.text,
        notes=written.notes,
        next_command=way_up(ws, written.revision),
    )


def _merged(graph: Graph, ids: tuple[str, ...], message: str | None, *, is_default: bool) -> Revision | None:
    """Return the revision that joins exactly *ids*, or, of the default, the one head that is the merge asked for."""
    if len(ids) > 1:
        return next((graph[id_] for id_ in graph.merges if set(graph[id_].parents) == set(ids)), None)
    only = graph[ids[0]] if ids else None
    is_it = only is not None and len(only.parents) > 1 and is_default
    return (
        only if is_it and only is not None and (not message or revision_file.is_message_of(message, only.doc)) else None
    )


def _refuse_lineage(graph: Graph, ids: tuple[str, ...]) -> None:
    for id_ in ids:
        above = [other for other in ids if other != id_ and id_ in graph.ancestors((other,))]
        if above:
            raise AuthoringProblem(f"{above[0]} already contains {id_}.", hint="merge only heads: %migrate merge heads")


def edit(ws: WorkspaceState, *, revision: str) -> Authored:
    """Return the revision as a `%%revision` cell; running that cell rewrites the same file.

    Raises RevisionNotFound, RevisionFileBroken, and AuthoringProblem where the file is no cell: it defines no upgrade of
    its own.
    """
    ids = planner.resolve(ws.chain, revision, "edit")
    if len(ids) != 1 or ws.chain.graph[ids[0]].path is None:
        raise UsageProblem(
            f"{revision} is {'several revisions' if ids else 'no revision'}.", hint="%migrate history shows the ids"
        )
    old = ws.chain.graph[ids[0]]
    problem = ws.chain.broken(old)
    if problem is not None:
        raise problem
    path = Path(old.path or "")
    text = drafts.read_text(path)
    empty = ""
    with suppress(MigrationError):  # without the template all imports of the file go into the cell
        empty = drafts.compose(
            ws.chain, Order(old.message, old.parents or "base", rev_id=old.id, created=old.created_at, replaces=old)
        ).text
    code = revision_file.as_cell(text, empty.replace("\r\n", "\n"))
    try:
        parse_body(code)
    except CellInvalid as error:
        raise AuthoringProblem(
            f"{path.name} cannot become a cell: {error.message}", hint="edit the file itself", details=error.details
        ) from error
    first = f"%%revision --rev-id {old.id} -m {shlex.quote(' '.join(old.message.split()))}"
    return Authored(
        old,
        shown(path),
        text,
        cell=f"{first}\n{code}",
        downgrade=way_back(old, "written"),
        notes=_edit_notes(ws.chain.graph, old),
    )


def _edit_notes(graph: Graph, old: Revision) -> tuple[str, ...]:
    above = graph.above(old.id)
    verb = "builds" if len(above) == 1 else "build"
    return (f"{', '.join(above)} {verb} on it: it may be read, but not rewritten.",) if above else ()
