"""Try: `backfill`, a data change in batches, and the revision that does the same."""

from __future__ import annotations

import difflib
import math
import shlex
from typing import TYPE_CHECKING, Any

from ..engine import backfill as engine
from ..engine import drafts, writer
from ..engine.backfill_code import revision_code
from ..engine.backfill_sql import Statements
from ..engine.drafts import Fill, Order
from ..engine.reflect import reflect
from ..errors import ConfirmationRequired, ObjectNotFound, Refused, UsageProblem
from ..model.batches import Assignment, Job, Pace, assignment, walking_key
from ..model.body import parse_body
from ..results import Authored, Backfilled
from .drafting import dialect_name, environment, shown, way_up
from .objects import table_of

if TYPE_CHECKING:
    from ..engine.database import Database
    from ..model.schema import Schema, Table
    from .workspace import WorkspaceState


def backfill(
    ws: WorkspaceState,
    *,
    table: str,
    set: tuple[str, ...],  # noqa: A002 - what the option is called
    where: str | None = None,
    batch: int | None = None,
    pause: str | float | None = None,
    lock_time: str | float | None = None,
    restart: bool = False,
    yes: bool = False,
    confirm: str | None = None,
    revision: bool = False,
    message: str | None = None,
) -> Backfilled | Authored:
    """Set columns of *table* in batches, each in its own transaction; with *revision* write the revision that does so.

    Raises:
        UsageProblem, ObjectNotFound: no such table or column, or an option that makes no sense.
        Refused: the table has no key to walk it by. ConfirmationRequired: protected, or values would be overwritten.
        As `engine.backfill.run`.
    """
    database = ws.database
    found = _table(database, table)
    job = Job(found.key, _assignments(found, set), (where or "").strip())
    key = _key(found, job, database)
    pace = _pace(batch, pause, lock_time)
    code = revision_code(job, found, key, pace.size, is_sqlite=database.family == "sqlite")
    if revision:
        return _written(
            ws, code, message or f"backfill {', '.join(each.column for each in job.assignments)} of {found.name}"
        )
    if message:
        raise UsageProblem("-m is the message of a revision.", hint="add --revision")
    statements = Statements(job, found, key, database.dialect)
    before = engine.look(database, statements, job, found, restart=restart)
    if before.has_null_key:
        raise _no_key(found, f"its key {', '.join(key)} has NULLs in it, which no order has a place for")
    _guard(
        database,
        job,
        before.overwritten,
        _typed(job, batch, pause, lock_time, restart=restart),
        yes=yes,
        confirm=confirm,
    )
    tally = engine.run(
        database, statements, job, pace, total=before.total, settings=ws.settings, restart=restart, on_batch=ws.on_step
    )
    return _result(database, job, key, tally, code)


def _table(database: Database, name: str) -> Table:
    schema: Schema = database.read(reflect)
    found = table_of(schema, name) or next((each for each in schema.tables if each.name == name), None)
    if found is not None:
        return found
    if any(view.key == name for view in schema.views):
        raise Refused(f"{name} is a view: a backfill walks a table by its key.", hint="backfill the table below it")
    near = difflib.get_close_matches(name, [each.key for each in schema.tables], 1)
    raise ObjectNotFound(
        f"There is no table {name!r} in {database.name}.",
        hint=f"did you mean {near[0]}?" if near else "%migrate schema shows what there is",
    )


def _assignments(table: Table, texts: tuple[str, ...]) -> tuple[Assignment, ...]:
    found = tuple(_assignment(table, text) for text in texts)
    names = [each.column for each in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageProblem(f"{twice} is set twice.", hint='--set once for each column: --set "a = 1" --set "b = 2"')
    return found


def _assignment(table: Table, text: str) -> Assignment:
    read = assignment(text)
    if read is None:
        raise UsageProblem(f"--set {text!r} is no assignment.", hint="--set \"status = 'new'\"")
    names = [column.name for column in table.columns]
    exact = [name for name in names if name == read.column] or [
        name for name in names if name.casefold() == read.column.casefold()
    ]
    if len(exact) != 1:
        near = difflib.get_close_matches(read.column, names, 1)
        raise ObjectNotFound(
            f"{table.key} has no column {read.column!r}.",
            hint=f"did you mean {near[0]}?" if near else f"%migrate schema db {table.key}",
        )
    column = table.column(exact[0])
    if column is not None and column.computed is not None:
        raise Refused(
            f"{table.key}.{column.name} is computed by the database and cannot be set.",
            hint="set what it is computed from",
        )
    return Assignment(exact[0], read.expression)


def _key(table: Table, job: Job, database: Database) -> tuple[str, ...]:
    key = walking_key(table, database.dialect)
    if not key:
        raise _no_key(table, "it has neither a primary key nor a unique key without NULLs")
    moved = [each.column for each in job.assignments if each.column in key]
    if moved:
        raise Refused(
            f"{moved[0]} belongs to the key {', '.join(key)} by which {table.key} is walked.",
            hint="write one UPDATE in a %%revision cell",
        )
    return key


def _no_key(table: Table, why: str) -> Refused:
    return Refused(
        f"{table.key} cannot be walked in batches: {why}. Nothing was changed.",
        hint="give it a primary key, or write one UPDATE in a %%revision cell",
    )


def _pace(batch: int | None, pause: str | float | None, lock_time: str | float | None) -> Pace:
    if batch is not None and batch < 1:
        raise UsageProblem("--batch takes at least one row.", hint="--batch 1000")
    usual = Pace()
    lock_time_s = _seconds(lock_time, "--lock-time", usual.lock_time_s)
    if lock_time_s == 0:
        raise UsageProblem("--lock-time must be more than 0 s.", hint=f"--lock-time {usual.lock_time_s:g}")
    return Pace(batch or usual.size, lock_time_s, _seconds(pause, "--pause", usual.pause_s))


def _seconds(value: str | float | None, option: str, usual: float) -> float:
    if value is None:
        return usual
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not (0 <= seconds <= 86_400):
        raise UsageProblem(f"{option} takes seconds, not {value!r}.", hint=f"{option} 0.5")
    return seconds


def _typed(job: Job, batch: int | None, pause: Any, lock_time: Any, *, restart: bool) -> str:
    words = ["%migrate backfill", shlex.quote(job.table)]
    words += [f"--set {shlex.quote(each.text)}" for each in job.assignments]
    words += [f"--where {shlex.quote(job.where)}"] if job.where else []
    options = {"--batch": batch, "--pause": pause, "--lock-time": lock_time}
    words += [f"{name} {value}" for name, value in options.items() if value is not None]
    return " ".join([*words, "--restart"] if restart else words)


def _guard(database: Database, job: Job, overwritten: int, again: str, *, yes: bool, confirm: str | None) -> None:
    columns = ", ".join(each.column for each in job.assignments)
    rows = f"{overwritten:,} {'row' if overwritten == 1 else 'rows'}"
    lost = f"Without --where it overwrites values of {columns} in {rows} of {job.table}."
    if database.is_protected and confirm != database.name:
        said = "" if confirm is None else f" {confirm!r} is not its name."
        raise ConfirmationRequired(
            f"{database.name} is protected: this would change rows of {job.table} there.{said} Nothing was changed.",
            details=(lost,) if overwritten else (),
            hint=f"{again} --confirm {database.name}",
        )
    if overwritten and not yes and not database.is_protected:
        raise ConfirmationRequired(
            f"{lost} Nothing was changed.",
            hint=f'{again} --yes, or leave them as they are: --where "{job.assignments[0].column} IS NULL"',
        )


def _result(database: Database, job: Job, key: tuple[str, ...], tally: engine.Tally, code: str) -> Backfilled:
    stood = tally.stood
    notes = []
    if tally.began.batches:
        notes.append(f"It went on where it had stopped: {tally.began.passed:,} rows were dealt with before.")
    if tally.left:
        notes.append(
            f"--where still holds for {tally.left:,} rows: the new values leave it true, or the rows came behind the position "
            "meanwhile. Running it again changes all of them, those that were done a second time."
        )
    return Backfilled(
        database.name,
        job.table,
        tuple(each.text for each in job.assignments),
        job.where,
        key,
        stood.passed,
        stood.changed,
        stood.batches,
        tally.began.passed,
        tally.retries,
        tally.left,
        tally.size,
        tally.longest_s,
        tally.duration_s,
        code,
        tuple(notes),
    )


def _written(ws: WorkspaceState, code: str, message: str) -> Authored:
    draft = drafts.compose(
        ws.chain, Order(message), Fill(parse_body(code)), captured=environment(ws), dialect=dialect_name(ws)
    )
    written = writer.write(ws.chain, draft)
    note = "Stopped half-way it starts again from the first row: only --where makes that harmless."
    return Authored(
        written.revision,
        shown(draft.path),
        written.text,
        downgrade="written",
        notes=(*written.notes, note),
        next_command=way_up(ws, written.revision),
    )
