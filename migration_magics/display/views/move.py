"""What would move a database, what moved it, and the SQL that would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.trace import Operation, Outcome, Step
from ...redact import redact
from ...results import Moved, Planned, SqlShown
from ..operations import OUTCOMES, operations_cell, rows_of
from ..view import (
    Beside,
    Block,
    Cell,
    Code,
    Column,
    Details,
    Line,
    Piece,
    Prose,
    Row,
    Table,
    Tone,
    View,
    cell,
    chip,
    code,
    plain,
)
from ..words import count, duration, listed
from .base import capped, findings_table, ids, next_step, remarks, view_of, warning_chips
from .changes import summed_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model.plan import PlannedStep
    from ...settings import Settings

_DOWNGRADE = {True: "yes", False: "! none", None: "unknown until run"}


def _arrow(before: Sequence[str], after: Sequence[str]) -> Line:
    return (*ids(before), Piece("→"), *ids(after))


@view_of.register(Planned)
def _(result: Planned, settings: Settings) -> View:
    plan = result.plan
    place = plan.connection or plan.database
    if plan.is_empty:
        line = (
            Piece(f"Nothing to run: {place} stands at"),
            *ids(plan.from_heads, "base (no revision applied)"),
            Piece("already."),
        )
        blocks: tuple[Block, ...] = (Prose(line), *findings_table(result.findings, settings), *remarks(*result.notes))
        return View(f"Plan: {plan.direction} {place}", blocks=blocks, foot=next_step(result.next_command))
    chips = warning_chips(result.findings)
    if plan.irreversible:
        chips += (chip(f"! {count(len(plan.irreversible), 'step')} cannot be undone", "drop"),)
    shown, hidden = capped(plan.steps, settings)
    table = Table(
        "Steps, in the order they would run",
        (
            Column("step", is_number=True, is_narrow=True),
            Column("revision", is_code=True, is_narrow=True),
            Column("message"),
            Column("from → to", is_code=True),
            Column("downgrade", is_narrow=True),
        ),
        tuple(_planned_row(number, step) for number, step in enumerate(shown, 1)),
        hidden,
    )
    notes = (
        plain(count(len(plan.steps), "step")),
        _arrow(plan.from_heads, plan.to_heads),
        (Piece("plan"), code(plan.fingerprint)),
        plain("nothing was run"),
    )
    return View(
        f"Plan: {plan.direction} {place} to {plan.target}",
        chips,
        notes,
        (table, *findings_table(result.findings, settings), *remarks(*result.notes)),
        next_step(result.next_command, "Run it:" if plan.can_run else "Write what is missing:"),
    )


def _planned_row(number: int, step: PlannedStep) -> Row:
    merge = (chip("merge"),) if step.is_merge else ()
    lost = step.has_downgrade is False
    return Row(
        (
            cell(f"{number:,}"),
            cell(code(step.revision)),
            cell(step.message, *merge),
            cell(code(f"{listed(step.from_heads) or 'base'} → {listed(step.to_heads) or 'base'}")),
            cell(Piece(_DOWNGRADE[step.has_downgrade], tone="drop" if lost else "")),
        )
    )


_VERBS = {"upgrade": "Upgraded", "downgrade": "Downgraded", "stamp": "Stamped"}


def _moved_title(result: Moved) -> str:
    plan, trace = result.plan, result.trace
    place = plan.connection or plan.database
    if result.headline:
        return result.headline
    if plan.is_empty and result.before == result.after:
        return f"Nothing to {plan.direction}"
    if trace.is_dry_run:
        return f"Dry run: {plan.direction} {place} to {plan.target}"
    if trace.outcome is Outcome.APPLIED:
        return f"{_VERBS[plan.direction]} {place} to {plan.target}"
    return f"{plan.direction.capitalize()} {place} to {plan.target} did not go through"


def _moved_notes(result: Moved) -> tuple[Line, ...]:
    trace = result.trace
    if result.plan.is_empty:
        return ((Piece(result.plan.connection or "the database"), Piece("stands at"), *ids(result.after)),)
    notes: list[Line] = [] if trace.is_dry_run else [_arrow(result.before, result.after)]
    notes.append(plain(count(len(trace.steps), "revision")))
    if trace.transactions:
        notes.append(plain(trace.transactions))
    if trace.environment == "native":
        notes.append(plain("by env.py's own connection"))
    if trace.environment == "none":
        notes.append(plain("without an env.py"))
    notes.append(plain(duration(trace.duration_s)))
    return tuple(notes)


def _moved_sentence(result: Moved) -> tuple[Block, ...]:
    if result.trace.is_dry_run and not result.plan.is_empty:
        line = plain("Nothing was kept: the steps ran and were rolled back. The database stands at")
        return (Prose((*line, *ids(result.after), Piece("as before."))),)
    return ()


@view_of.register(Moved)
def _(result: Moved, settings: Settings) -> View:
    trace = result.trace
    chips: tuple[Piece, ...] = ()
    if not result.plan.is_empty:
        word, tone = (
            _outcome(trace.steps[-1]) if trace.outcome is Outcome.APPLIED and trace.steps else OUTCOMES[trace.outcome]
        )
        kept_or_not = trace.is_dry_run and trace.outcome in (Outcome.APPLIED, Outcome.ROLLED_BACK)
        chips = () if kept_or_not else (chip(word, tone),)
    blocks: list[Block] = [*_moved_sentence(result)]
    if trace.steps:
        blocks.append(_steps_table(result, settings))
    blocks += _schema_change(result)
    blocks += findings_table(result.findings, settings)
    if trace.output.strip():
        summary = "What env.py and the revisions printed"
        blocks.append(Details(summary, Code(redact(trace.output)), is_open=len(trace.output.splitlines()) <= 5))
    blocks += remarks(*trace.notes, *result.notes)
    return View(
        _moved_title(result),
        (*chips, *warning_chips(result.findings)),
        _moved_notes(result),
        tuple(blocks),
        (*next_step(result.next_command, "Undo it:" if _is_way_back(result) else "Next:"), *_offer(result)),
    )


def _offer(result: Moved) -> tuple[Line, ...]:
    """The interactive command that goes on from here, where it has more to show than this result."""
    plan = result.plan
    if plan.is_empty or plan.direction == "stamp" or result.trace.outcome not in (Outcome.APPLIED, Outcome.ROLLED_BACK):
        return ()
    if result.trace.is_dry_run:
        return next_step(f"%migrate review {plan.target}", "Or with buttons:")
    if result.headline.startswith("Undid"):
        return next_step("%migrate review", "Decide anew, with buttons:")
    return next_step("%migrate explore", "Look around:") if len(plan.steps) > 1 else ()


def _schema_change(result: Moved) -> tuple[Block, ...]:
    """How much the schema changed, in a line, with the command that shows it; of a dry run nothing is left to show."""
    if result.diff is None or result.plan.direction == "stamp":
        return ()
    if not result.diff:
        return (Prose((Piece("Schema:", "strong"), Piece("no change"))),)
    said = [piece for number, line in enumerate(summed_up(result.diff)) for piece in (*_dot(number), *line)]
    ends = (", ".join(heads) or "base" for heads in (result.before, result.after))
    look = f"%migrate diff {' '.join(ends)}" if max(len(result.before), len(result.after)) <= 1 else ""
    see = (Piece("·"), code(look)) if look and not result.trace.is_dry_run else ()
    return (Prose((Piece("Schema:", "strong"), *said, *see)),)


def _dot(number: int) -> Line:
    return (Piece("·"),) if number else ()


def _is_way_back(result: Moved) -> bool:
    next_command = result.next_command
    is_downgrade = result.plan.direction == "upgrade" and next_command.startswith("%migrate downgrade")
    return is_downgrade or next_command.startswith("%migrate undo")


def _outcome(step: Step) -> tuple[str, Tone]:
    """What became of a step in words: a downgrade that was applied is an undoing."""
    word, tone = OUTCOMES[step.outcome]
    return ("undone" if step.direction == "downgrade" and step.outcome is Outcome.APPLIED else word), tone


def _steps_table(result: Moved, settings: Settings) -> Table:
    """Return the steps that ran; one that was not applied is shown whatever the limit, since it is what matters."""
    merges = {step.revision for step in result.plan.steps if step.is_merge}
    first, _ = capped(result.trace.steps, settings)
    odd = [step for step in result.trace.steps[len(first) :] if step.outcome in (Outcome.FAILED, Outcome.UNKNOWN)]
    shown = [*first, *odd[:10]]
    columns = (
        Column("revision", is_code=True, is_narrow=True),
        Column("what was run"),
        Column("rows", is_number=True, is_narrow=True),
        Column("time", is_number=True, is_narrow=True),
        Column("outcome", is_narrow=True),
    )
    limit = max(1, settings.display_limit)
    rows = tuple(_step_row(step, limit, is_merge=step.revision in merges) for step in shown)
    return Table("Steps, in the order they ran", columns, rows, len(result.trace.steps) - len(shown))


def _step_row(step: Step, limit: int, *, is_merge: bool) -> Row:
    heading: Line = (Piece(step.message, "strong"),) if step.message else ()
    cells = operations_cell(step, is_merge=is_merge, limit=limit)
    failure = (Details("Error", Code(redact(step.error)), is_open=True),) if step.error else ()
    rows = rows_of(step.statements)
    word, tone = _outcome(step)
    return Row(
        (
            cell(code(step.revision)),
            Cell((*((heading,) if heading else ()), *cells.parts, *failure)),
            cell("" if rows is None else f"{rows:,}"),
            cell(duration(step.duration_s) if _has_run(step) else ""),
            cell(Piece(word, tone=tone)),
        )
    )


def _has_run(step: Step) -> bool:
    operations: tuple[Operation, ...] = step.operations
    return bool(operations) or step.duration_s > 0


@view_of.register(SqlShown)
def _(result: SqlShown, _settings: Settings) -> View:
    names = (*result.scripts, *(name for name in result.problems if name not in result.scripts))
    scripts = tuple(
        Code(result.scripts[name], "sql", label=name) for name in result.scripts if result.scripts[name].strip()
    )
    empty = [name for name in result.scripts if not result.scripts[name].strip() and name not in result.problems]
    blocks: list[Block] = []
    if scripts:
        blocks.append(Beside(scripts))
    blocks += [
        Prose((Piece(name, "strong"), Piece("has no SQL for this range: there is nothing to run."))) for name in empty
    ]
    blocks += remarks(*(f"! {name}: {sentence}" for name, sentence in result.problems.items()))
    if not names:
        blocks.append(Prose(plain("No database was named to write SQL for.")))
    return View(
        f"SQL: {result.direction} {result.range}".rstrip(),
        notes=(plain(listed(names)), plain("nothing was run")),
        blocks=tuple(blocks),
    )
