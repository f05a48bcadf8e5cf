"""What the authoring commands share: drafting a cell's file, with a derived downgrade where it has none, and wording."""

from __future__ import annotations

import difflib
import os
import re
import shlex
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine import drafts, worker, writer
from ..engine.derive import Derived, derive, dialect_of
from ..engine.drafts import Draft, Fill, Order
from ..engine.misspelt import misspelt
from ..errors import CellInvalid, MigrationError
from ..model.finding import WILL_FAIL, Confidence, Finding, Severity
from ..redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..engine.environment import Captured
    from ..model.body import Body
    from ..model.graph import Revision
    from ..results import Rehearsed
    from .workspace import WorkspaceState

_MAX_ID = 32  # what Alembic's version table holds: VARCHAR(32)


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft, where its downgrade came from, and what to say about it."""

    draft: Draft
    body: Body
    downgrade: str
    notes: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    rehearsal: Rehearsed | None = None


def environment(ws: WorkspaceState) -> Captured | None:
    """Return what env.py configures where the project wants it to take part, else None."""
    if not drafts.wants_environment(ws.project):
        return None
    return ws.environment.captured(ws.arguments(), ws.database if ws.has_connection else None)


def dialect_name(ws: WorkspaceState) -> str:
    """Return the dialect for an env.py that takes part without a database."""
    return ws.database.dialect if ws.has_connection else "sqlite"


def line_of_cell(error: MigrationError, drafted: Drafted, body: str, first_line: int) -> tuple[str, ...]:
    """Return the line of the cell for the line of its file that *error* names, in words; nothing where it names none."""
    number, line = _place_in_cell("\n".join((error.message, *error.details)), drafted.draft, body, first_line)
    return (f"Line {number} of the cell: {redact(line)}",) if number else ()


def _place_in_cell(said: str, draft: Draft, body: str, first_line: int) -> tuple[int, str]:
    """The line of the cell, and its text, for the line of *draft* that is named in *said*; (0, "") where none is."""
    named = re.search(rf"\({re.escape(Path(draft.path).name)}, line (\d+)\)", said)
    if named is None:
        return 0, ""
    ours = [line.strip() for line in draft.text.splitlines()]
    theirs = [line.strip() for line in body.splitlines()]
    at = int(named[1]) - 1
    for block in difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
        if block.a <= at < block.a + block.size and ours[at]:
            return first_line + block.b + at - block.a, ours[at]
    return 0, ""


def shown(path: Path | str | None) -> str:
    """Return *path* relative to the working directory where it lies below that."""
    text = os.path.relpath(path) if path else ""
    return str(path) if text.startswith("..") else text


def long_id(revision: Revision) -> tuple[str, ...]:
    """Return a warning where the id does not fit into Alembic's version table."""
    if len(revision.id) <= _MAX_ID:
        return ()
    return (
        f"The id has {len(revision.id)} characters, and Alembic's version table holds {_MAX_ID}: some databases will refuse it.",
    )


def draft_cell(ws: WorkspaceState, order: Order, body: Body, text: str, first_line: int) -> Drafted:
    """Draft the file; where the body has no downgrade, derive it from the draft's own upgrade and draft again.

    *text* is the body as it stands in the cell, from line *first_line* on: what is sure to fail is told with its line.
    """
    captured, dialect = environment(ws), dialect_name(ws)
    draft = drafts.compose(ws.chain, order, Fill(body), captured=captured, dialect=dialect)
    if not body.without_downgrade:
        return Drafted(draft, body, "written", (), _fails(draft.revision.id, _misspelt(ws, draft, text, first_line)))
    first = draft
    if body.form == "sql":
        derived = {"": Derived(problem="SQL cannot be reversed; write it below a line `-- downgrade`")}
    else:
        derived = _derived(ws, draft, body)
    fill = Fill(
        body,
        {suffix: each.statements for suffix, each in derived.items()},
        tuple(line for each in derived.values() for line in each.imports),
    )
    again = replace(order, rev_id=draft.revision.id, created=draft.created) if order.replaces is None else order
    draft = drafts.compose(ws.chain, again, fill, captured=captured, dialect=dialect)
    problems = tuple(
        dict.fromkeys(f"No downgrade could be derived: {each.problem}." for each in derived.values() if each.problem)
    )
    failures = _misspelt(ws, first, text, first_line) or tuple(
        dict.fromkeys(_tried(each, first, text, first_line) for each in derived.values() if each.failure)
    )
    return Drafted(draft, body, "none" if problems else "derived", problems, _fails(draft.revision.id, failures))


def _tried(derived: Derived, draft: Draft, text: str, first_line: int) -> str:
    """What the upgrade raised when its downgrade was to be derived: it will most likely do so on a database, too."""
    number, _ = _place_in_cell(derived.place, draft, text, first_line)
    where = f"line {number} of the cell" if number else "the upgrade"
    return f"tried without a database, {where} fails: {derived.failure}"


def _misspelt(ws: WorkspaceState, draft: Draft, text: str, first_line: int) -> tuple[str, ...]:
    """The names in the cell that are not there, also once env.py and the revision itself were imported."""
    if not misspelt(text, draft.text, first_line):
        return ()
    writer.proved(ws.project, draft)
    with suppress(MigrationError):  # writing a file needs no env.py; what is wrong with it is told when it is run
        ws.environment.captured(ws.arguments(), ws.database if ws.has_connection else None)
    return misspelt(text, draft.text, first_line)


def _fails(id_: str, failures: tuple[str, ...]) -> tuple[Finding, ...]:
    return tuple(
        Finding(WILL_FAIL, Severity.ERROR, Confidence.STATIC, id_, failure, "correct the cell and run it again")
        for failure in failures
    )


def _derived(ws: WorkspaceState, draft: Draft, body: Body) -> dict[str, Derived]:
    module = writer.proved(ws.project, draft)
    options: dict[str, dict[str, object]] = {}
    captured = None
    try:
        captured = ws.environment.captured(ws.arguments(), ws.database if ws.has_connection else None)
        options = {call.label: dict(call.options) for call in captured.calls}
    except MigrationError:
        pass  # writing a file needs no env.py: without its options only naming conventions are unknown
    dialect = dialect_of(ws.database if ws.has_connection else None, captured)
    first = next(iter(options.values()), {})
    return {
        suffix: _in_time(
            partial(derive, ws.project, module, f"upgrade{suffix}", dialect, options.get(suffix[1:], first)),
            ws.settings.rehearse_timeout_s,
        )
        for suffix in body.without_downgrade
    }


def _in_time(derived: Callable[[], Derived], limit_s: float) -> Derived:
    """Return what is *derived*; a refusal where the upgrade does not end in time. Raises CellInvalid where nothing ends it."""
    try:
        return worker.call(derived, limit_s=limit_s)
    except worker.OutOfTime as late:
        said = f"it did not end within {limit_s:g} s"
        if not late.has_ended:
            raise CellInvalid(
                f"The cell was run without a database to derive its downgrade: {said}, and it could not be stopped. "
                "Nothing was written.",
                hint="restart the kernel, and write a downgrade() into the cell: then it is not run for this",
            ) from late
        return Derived(problem=f"without a database {said}", failure=said)
    except worker.Interrupted as stop:
        raise KeyboardInterrupt from stop


def way_back(revision: Revision, made: str) -> str:
    """Return where the downgrade came from: *made* ("written", "derived"), or "none" where it does nothing but raise."""
    return "none" if revision.has_downgrade is False else made


def way_up(ws: WorkspaceState, revision: Revision) -> str:
    """Return the command that applies *revision*."""
    if not ws.has_connection:
        return "%migrate connect"
    return f"%migrate upgrade {'head' if ws.chain.graph.heads == (revision.id,) else revision.id}"


def first_line_of(message: str, **options: object) -> str:
    """Return the first line of a cell with *message* and *options*, by dest; what is left out or false is not named."""
    words = ["%%revision"]
    for dest, value in options.items():
        flag = f"--{dest.replace('_', '-')}"
        for each in value if isinstance(value, tuple) else (value,):
            words += [flag] if each is True else [flag, shlex.quote(str(each))] if each else []
    return " ".join((*words, "-m", shlex.quote(message)))
