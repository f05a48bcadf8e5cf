"""A rehearsal: the verdict, each revision up, down and up again, what happened to rows, what did not come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.finding import Severity
from ...model.rowdiff import dropped, dropped_words
from ...model.trace import Outcome
from ...results import Rehearsed
from ..view import Block, Cell, Column, Folded, Line, Piece, Row, Table, View, cell, chip, code, plain
from ..words import count, duration
from .base import capped, findings_table, next_step, remarks, view_of
from .changes import changes, summed_up

if TYPE_CHECKING:
    from ...model.estimate import Estimate
    from ...model.rehearsal import Rehearsal
    from ...model.rowdiff import RowDiff
    from ...model.trace import Step
    from ...settings import Settings

_SECTIONS = 10
"""Of how many revisions and tables the details are shown; the table above has all."""


_NAMED = 3
"""How many columns that are gone are named above the rows; the table below has all."""


@view_of.register(Rehearsed)
def _(result: Rehearsed, settings: Settings) -> View:
    wrong = sum(finding.severity is Severity.ERROR for finding in result.findings)
    verdict = chip("passed", "add") if result.passed else chip(f"! {count(wrong, 'problem')}", "drop")
    blocks: list[Block] = []
    if len(result.revisions) != 1:
        blocks.append(_revisions(result, settings))
    blocks += findings_table(result.findings, settings)
    blocks += rehearsal_blocks(result, settings)
    blocks += _slowest(result)
    notes = (plain(count(len(result.revisions), "revision")), plain(f"on {result.method}"), plain(_sure(result)))
    return View(
        "Rehearsal",
        (verdict,),
        notes,
        (*blocks, *remarks(*result.notes)),
        next_step(result.next_command, "Run it for real:"),
    )


_SLOWEST = 10
_TOLD_S = 0.001
_START = (Column("revision", is_code=True, is_narrow=True), Column("operation", is_narrow=True))


def _slowest(result: Rehearsed) -> list[Block]:
    """The slowest operations on the copy, and what they would take on all rows."""
    timed = [
        (step.revision, each) for step in result.trace.steps for each in step.operations if each.duration_s >= _TOLD_S
    ]
    columns = (*_START, Column("of", is_code=True), Column("took", is_narrow=True))
    rows = tuple(
        Row((cell(code(id_)), cell(each.kind), cell(code(each.target)), cell(duration(each.duration_s))))
        for id_, each in sorted(timed, key=lambda pair: -pair[1].duration_s)[:_SLOWEST]
    )
    blocks: list[Block] = [Folded("Slowest operations on the copy", (Table("Up", columns, rows),))] if rows else []
    return [*blocks, *_estimated(result)]


def _estimated(result: Rehearsed) -> list[Block]:
    if not result.estimates:
        return []
    columns = (
        *_START,
        Column("table", is_code=True),
        Column("sample", is_narrow=True),
        Column("estimate"),
    )
    rows = tuple(
        Row(
            (
                cell(code(each.revision)),
                cell(each.operation),
                cell(code(each.table)),
                cell(f"{duration(each.measured_s)}, {count(each.sample_rows, 'row')}"),
                cell(
                    f"{duration(each.low_s)} to {duration(each.high_s)}, {count(each.total_rows, 'row')}{_changes(each)}"
                ),
            )
        )
        for each in result.estimates[:_SLOWEST]
    )
    return [Folded("How long on all rows, scaled from the sample", (Table("Estimates", columns, rows),))]


def _changes(estimate: Estimate) -> str:
    if estimate.changes is None:
        return ""
    low, high = estimate.changes
    return f", {low:,} to {high:,} of them changed" if low != high else f", {low:,} of them changed"


def _sure(result: Rehearsed) -> str:
    """How much it proves."""
    if result.own:
        return f"{result.confidence.value} on rows of your own"
    if result.sampled is None:
        return "every row tried" if result.rows else result.confidence.value
    return f"{result.confidence.value} on a sample"


def rehearsal_blocks(result: Rehearsed, settings: Settings) -> tuple[Block, ...]:
    """Return what each revision did to schema and rows, and what did not come back."""
    shown = [each for each in result.revisions if each.schema or any(each.rows) or each.leftovers][:_SECTIONS]
    if len(result.revisions) == 1:
        return tuple(block for each in shown for block in _parts(each, settings))
    return tuple(
        View(f"{each.revision}: {each.message}", blocks=tuple(_parts(each, settings)))
        for each in shown
        if _is_told(each)
    )


def _is_told(each: Rehearsal) -> bool:
    return bool(any(each.rows) or each.leftovers or each.findings)


def _parts(each: Rehearsal, settings: Settings) -> list[Block]:
    blocks: list[Block] = []
    if each.schema:
        said = " · ".join(" ".join(piece.text for piece in line) for line in summed_up(each.schema))
        blocks.append(Folded(f"Schema: {said}", changes(each.schema, settings)))
    blocks += (block for diff in [diff for diff in each.rows if diff][:_SECTIONS] for block in row_diff(diff, settings))
    if each.leftovers:
        blocks.append(View("What the downgrade did not take back", blocks=changes(each.leftovers, settings)))
    return blocks


def row_diff(diff: RowDiff, settings: Settings) -> tuple[Block, ...]:
    """Return what happened to the rows of a table: counts, the most frequent transitions, columns, samples folded away."""
    blocks = [*_transitions(diff, settings), *_columns(diff)]
    if diff.samples:
        blocks.append(Folded(f"{count(len(diff.samples), 'row')} as an example", (_samples(diff),)))
    blocks += remarks(*diff.notes)
    chips = _counts(diff) or (chip("no row changed"),)
    return (View(f"Rows of {diff.table}", chips, (plain(f"{diff.unchanged:,} unchanged"),), tuple(blocks)),)


def _counts(diff: RowDiff) -> tuple[Piece, ...]:
    """How many rows of how many, and what went with columns: a wrong WHERE shows here first."""
    found: list[Piece] = []
    if diff.inserted:
        found.append(chip(f"{diff.inserted:,} inserted", "add"))
    if diff.updated:
        found.append(chip(f"{diff.updated:,} of {diff.before:,} updated", "alter"))
    if diff.deleted:
        found.append(chip(f"{diff.deleted:,} of {diff.before:,} deleted", "drop"))
    gone = [each for each in dropped(diff) if each.changed]
    found += (chip(dropped_words(each), "drop") for each in gone[:_NAMED])
    if len(gone) > _NAMED:
        found.append(chip(f"and values of {count(len(gone) - _NAMED, 'more column')}", "drop"))
    return tuple(found)


def _transitions(diff: RowDiff, settings: Settings) -> list[Block]:
    if not diff.transitions:
        return []
    shown, hidden = capped(diff.transitions, settings)
    columns = (
        Column("column", is_code=True, is_narrow=True),
        Column("from", is_code=True),
        Column("to", is_code=True),
        Column("rows", is_number=True, is_narrow=True),
    )
    rows = tuple(
        Row((cell(code(each.column)), _value(each.before), _value(each.after), cell(f"{each.count:,}")))
        for each in shown
    )
    return [Table("The most frequent changes of a value", columns, rows, hidden)]


_PRESENCE = {"added": (Piece("new"),), "dropped": (Piece("! dropped", tone="drop"),)}


def _columns(diff: RowDiff) -> list[Block]:
    changed = [column for column in diff.columns if column.changed]
    if not changed:
        return []
    columns = (
        Column("column", is_code=True, is_narrow=True),
        Column("changed", is_number=True, is_narrow=True),
        Column("became NULL", is_number=True, is_narrow=True),
        Column("were NULL", is_number=True, is_narrow=True),
        Column("lossy", is_number=True, is_narrow=True),
    )
    rows = tuple(
        Row(
            (
                cell(
                    code(column.name),
                    *((Piece(f"was {column.was}"),) if column.was else ()),
                    *_PRESENCE.get(column.presence, ()),
                ),
                cell(f"{column.changed:,}"),
                cell(_number(column.to_null)),
                cell(_number(column.from_null)),
                cell(_number(column.lossy)),
            )
        )
        for column in changed
    )
    return [Table("Values that changed", columns, rows)]


def _samples(diff: RowDiff) -> Table:
    rows = []
    for sample in diff.samples:
        tone = {"inserted": "add", "deleted": "drop", "updated": "alter"}[sample.kind]
        key = ", ".join(f"{name}={value}" for name, value in sample.key)
        rows.append(
            Row(
                (
                    cell(Piece(sample.kind, tone=tone)),  # type: ignore[arg-type] # one of the tones
                    cell(code(key)),
                    Cell(tuple(_pair(name, value) for name, value in sample.before)),
                    Cell(tuple(_pair(name, value) for name, value in sample.after)),
                )
            )
        )
    columns = (
        Column("what", is_narrow=True),
        Column("key", is_code=True),
        Column("before", is_code=True),
        Column("after", is_code=True),
    )
    return Table("Rows", columns, tuple(rows))


def _pair(name: str, value: str | None) -> Line:
    return (code(f"{name} ="), _piece(value))


def _piece(value: str | None) -> Piece:
    return Piece("NULL", tone="dim") if value is None else code(value or "''")


def _value(value: str | None) -> Cell:
    return cell(_piece(value))


def _number(number: int) -> str:
    return f"{number:,}" if number else ""


def _revisions(result: Rehearsed, settings: Settings) -> Table:
    shown, hidden = capped(result.revisions, settings)
    columns = (
        Column("revision", is_code=True, is_narrow=True),
        Column("message"),
        Column("up", is_narrow=True),
        Column("down", is_narrow=True),
        Column("up again", is_narrow=True),
        Column("schema", is_narrow=True),
        Column("rows", is_narrow=True),
    )
    rows = tuple(
        Row(
            (
                cell(code(each.revision)),
                cell(each.message),
                _way(each.up),
                _way(each.down, has_none=any(finding.rule == "no-downgrade" for finding in each.findings)),
                _way(each.again),
                cell("! left changed" if each.leftovers else "came back" if each.down is not None else ""),
                cell(_rows(each)),
            )
        )
        for each in shown
    )
    return Table("Each revision up, down and up again", columns, rows, hidden)


def _rows(each: Rehearsal) -> str:
    """What became of the rows on the way up and down."""
    if each.lost or each.left:
        return "! lost" if each.lost else "! left over"
    return "came back" if each.down is not None and each.rows else ""


def _way(step: Step | None, *, has_none: bool = False) -> Cell:
    if step is None:
        return cell("! none" if has_none else "")
    has_run = step.outcome is Outcome.APPLIED or (step.outcome is Outcome.ROLLED_BACK and not step.error)
    if not has_run:
        return cell("! failed")
    return cell(duration(step.duration_s) if step.duration_s else "done")
