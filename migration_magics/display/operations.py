"""Alembic's directives in signs and words: "+ add column evaluations.runtime_ms"."""

from __future__ import annotations

from ..model.trace import Operation, Outcome, Statement, Step
from .view import Cell, Code, Details, Line, Piece, Tone, chip, code
from .words import count, duration

# Directive -> sign and verb, thing, tone. Names as in Alembic 1.20, `alembic.operations.ops`.
_WORDS: dict[str, tuple[str, str, Tone]] = {
    "create_table": ("+ create", "table", "add"),
    "drop_table": ("- drop", "table", "drop"),
    "rename_table": ("~ rename", "table", "alter"),
    "create_table_comment": ("~ comment on", "table", "alter"),
    "drop_table_comment": ("- drop", "comment of table", "drop"),
    "add_column": ("+ add", "column", "add"),
    "drop_column": ("- drop", "column", "drop"),
    "alter_column": ("~ alter", "column", "alter"),
    "create_index": ("+ create", "index", "add"),
    "drop_index": ("- drop", "index", "drop"),
    "create_foreign_key": ("+ add", "foreign key", "add"),
    "create_unique_constraint": ("+ add", "unique constraint", "add"),
    "create_check_constraint": ("+ add", "check constraint", "add"),
    "create_primary_key": ("+ add", "primary key", "add"),
    "create_exclude_constraint": ("+ add", "exclude constraint", "add"),
    "drop_constraint": ("- drop", "constraint", "drop"),
    "batch_alter_table": ("~ batch-alter", "table", "alter"),
    "bulk_insert": ("+ insert", "rows into", "add"),
    "execute": ("* run", "SQL", ""),
    "sql": ("* run", "SQL", ""),
    "invoke": ("* run", "operation", ""),
}

OUTCOMES: dict[Outcome, tuple[str, Tone]] = {
    Outcome.APPLIED: ("applied", "add"),
    Outcome.ROLLED_BACK: ("rolled back", "alter"),
    Outcome.FAILED: ("! failed", "drop"),
    Outcome.NOT_RUN: ("not run", "dim"),
    Outcome.UNKNOWN: ("? unknown", "drop"),
}


_ODD = 10
"""How many operations beyond the limit are shown since they ended otherwise than their step."""


def named(kind: str) -> tuple[str, str, Tone]:
    """Return the sign and verb, the thing and the tone of the directive *kind*."""
    return _WORDS.get(kind, ("* run", kind.replace("_", " "), ""))


def statement_sql(statement: Statement) -> str:
    """Return a statement's SQL with its closing semicolon, and its values and repetitions as a comment."""
    sql = statement.sql.strip().rstrip(";") + ";"
    remarks = []
    if statement.count > 1:
        remarks.append(f"{statement.count:,} times")
    if statement.parameters:
        remarks.append("with " + " ".join(statement.parameters.split()))
    return sql + (f" -- {', '.join(remarks)}" if remarks else "")


def rows_of(statements: tuple[Statement, ...]) -> int | None:
    """Return the rows the driver counted in all *statements*, None where it counted nothing."""
    counted = [statement.rows for statement in statements if statement.rows is not None]
    return sum(counted) if counted else None


def operation_line(operation: Operation, of_step: Outcome = Outcome.APPLIED, *, is_child: bool = False) -> Line:
    """Return what *operation* did, with its rows and seconds, and how it ended where that is another way than its step's."""
    sign, thing, tone = named(operation.kind)
    inside = [Piece("└", tone="dim")] if is_child else []
    pieces = [*inside, Piece(sign, "strong", tone), Piece(thing)]
    if operation.target:
        pieces.append(code(operation.target))
    measured = []
    rows = rows_of(operation.statements)
    if rows is not None:
        measured.append(count(rows, "row"))
    if operation.duration_s and not is_child:
        measured.append(duration(operation.duration_s))
    if measured:
        pieces.append(Piece("· " + " · ".join(measured), tone="dim"))
    if operation.outcome is not of_step or operation.outcome in (Outcome.FAILED, Outcome.NOT_RUN):
        word, outcome_tone = OUTCOMES[operation.outcome]
        pieces.append(chip(word, outcome_tone))
    return tuple(pieces)


def operation_sql(operation: Operation, limit: int) -> tuple[Details, ...]:
    """Return the first *limit* statements of *operation*, folded away; nothing where it sent none."""
    if not operation.statements:
        return ()
    text = "\n".join(statement_sql(statement) for statement in operation.statements[:limit])
    hidden = len(operation.statements) - limit
    text += f"\n-- {hidden:,} more, see .to_frame()" if hidden > 0 else ""
    label = "SQL" if len(operation.statements) == 1 else f"SQL, {count(len(operation.statements), 'statement')}"
    return (Details(label, Code(text, "sql", is_compact=True)),)


def operations_cell(step: Step, *, is_merge: bool, limit: int) -> Cell:
    """Return what a step did: a line per operation, its SQL folded away under it, the error last.

    At most *limit* operations, and statements of each; one that ended otherwise than the step is shown in any case.
    """
    parts: list[Line | Details] = []
    odd = [operation for operation in step.operations[limit:] if operation.outcome is not step.outcome][:_ODD]
    drawn = (*step.operations[:limit], *odd)
    for operation in drawn:
        parts.append(operation_line(operation, step.outcome))
        parts += [operation_line(child, step.outcome, is_child=True) for child in operation.children]
        parts += operation_sql(operation, limit)
    if len(step.operations) > len(drawn):
        hidden = count(len(step.operations) - len(drawn), "more operation")
        parts.append((Piece(f"… {hidden}, see .to_frame()", tone="dim"),))
    if not parts and step.outcome is not Outcome.NOT_RUN:
        said = "stamped, nothing was run" if step.direction == "stamp" else "merge, nothing to run" if is_merge else ""
        parts.append((Piece(said or "no operation", tone="dim"),))
    return Cell(tuple(parts))
