"""After a run: what became of each step, and the error that tells a person exactly in which state the database is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import (
    BrownfieldBase,
    ConfirmationRequired,
    EnvironmentFailed,
    MigrationError,
    MoveFailed,
    MoveInterrupted,
    PlanStale,
)
from ..model.sql_effects import effects
from ..model.trace import Operation, Outcome, Step, Trace
from . import catalogue, failures, worker
from .dry_run import Escaped
from .environment import place_of
from .foreign_keys import ForeignKeysBroken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..model.graph import Graph
    from ..model.plan import Plan
    from .chain import Chain
    from .commits import Commits
    from .database import Database
    from .host.recorder import StepDraft

_READING = re.compile(r"\s*(?:SELECT|SHOW|DESCRIBE|EXPLAIN|PRAGMA)\b", re.IGNORECASE)
_MAKES_TABLE = re.compile(r"\s*CREATE\s+(?:\w+\s+)*TABLE\b", re.IGNORECASE)

_CASCADE = (
    "ON DELETE CASCADE does not run during a migration on SQLite: delete or update the child rows in the revision, too"
)


class Unfinished(Exception):
    """env.py came back without an error, and the database is not where the plan ends. *hint* says what may be done."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def unfinished(
    plans: Sequence[Plan],
    ends: Sequence[tuple[str, ...] | None],
    database: Database,
    *,
    has_begun: bool,
    commits: Commits,
) -> Unfinished | None:
    """Return the error for a run that ended quietly somewhere else than its *plans* do; None where it did not."""
    plan, after = next(
        ((plan, after) for plan, after in zip(plans, ends, strict=True) if after != plan.to_heads), (None, None)
    )
    if plan is None:
        return None
    where = f"{database.name} stands at {_heads(after)} and not at {_heads(plan.to_heads)}"
    if not has_begun:
        hint = (
            "env.py must come to context.run_migrations() for this database, as the one that %migrate init writes does"
        )
        return Unfinished(f"env.py ended without an error and without running anything: {where}", hint)
    for revision, place in commits.by_itself.items():
        said = f"Revision {revision} commits by itself{place}, which ends Alembic's transaction, so {where}"
        return Unfinished(said, "use `with op.get_context().autocommit_block():` for what has to be committed there")
    if not commits.count:
        hint = "in env.py, put `with context.begin_transaction():` around context.run_migrations(), then run it again"
        return Unfinished(
            f"env.py ended without an error and without a commit, so what ran was rolled back: {where}", hint
        )
    hint = "does env.py connect to this very database? %migrate connect without a URL uses the one it names"
    return Unfinished(f"env.py ended without an error, but {where}", hint)


def outcomes(
    plan: Plan,
    drafts: Sequence[StepDraft],
    after: tuple[str, ...] | None,
    error: BaseException | None,
    graph: Graph,
    *,
    is_dry_run: bool,
) -> list[Outcome]:
    """Return the outcome of each step that began, judged by the heads read back, never by how far the loop came."""
    if isinstance(error, Escaped):
        return [Outcome.UNKNOWN for _ in drafts]
    if is_dry_run:
        return [Outcome.ROLLED_BACK if draft.is_done else Outcome.FAILED for draft in drafts]
    if after is None:
        return [Outcome.UNKNOWN for _ in drafts]
    applied = graph.ancestors(id_ for id_ in after if id_ in graph)
    found = []
    for draft in drafts:
        is_there = (
            (draft.revision in applied) == (plan.direction != "downgrade")
            if plan.direction != "stamp"
            else error is None
        )
        if error is not None and not draft.is_done:
            found.append(Outcome.FAILED)
        else:
            found.append(Outcome.APPLIED if is_there else Outcome.ROLLED_BACK)
    return found


def explained(
    error: BaseException,
    plan: Plan,
    trace: Trace,
    *,
    before: tuple[str, ...],
    after: tuple[str, ...] | None,
    chain: Chain,
    database: Database,
) -> MigrationError:
    """Return the error that says what failed, what state the database is in, and what to type next."""
    failed = next((step for step in trace.steps if step.outcome in {Outcome.FAILED, Outcome.UNKNOWN}), None)
    details = (*state(plan, trace, before, after, database), *_statement(error, database))
    arguments: dict[str, Any] = {"details": details, "trace": trace, "before": before, "after": after}
    is_unchanged = after == before and not any(_changes(step, Outcome.APPLIED) for step in trace.steps)
    if isinstance(error, (worker.Interrupted, KeyboardInterrupt)):
        where = f" in revision {failed.revision}" if failed else ""
        return MoveInterrupted(f"Stopped by you{where}.", hint=_way_on(failed, plan, after), **arguments)
    if isinstance(error, ForeignKeysBroken):
        return MoveFailed(
            f"The run would leave broken foreign keys, so it was not committed: {error}.", hint=_CASCADE, **arguments
        )
    if isinstance(error, ConfirmationRequired):
        return _stopped(error, failed, chain, details, is_unchanged=is_unchanged)
    if isinstance(error, PlanStale) and not trace.steps:
        return error  # it was another migrator who moved the database
    if isinstance(error, MigrationError):
        if is_unchanged and not isinstance(error, (EnvironmentFailed, Escaped)):
            return error
        arguments["details"] = (*details, *error.details)
        return MoveFailed(_without_promise(error.message, is_unchanged=is_unchanged), hint=error.hint, **arguments)
    problem = failures.connection_problem(error, database.name)
    if problem is not None and is_unchanged:
        problem.details = details
        return problem
    if failed is None:
        hint = error.hint if isinstance(error, Unfinished) else _right(error) + _way_on(None, plan, after)
        return MoveFailed(_without_step(error), hint=hint, **arguments)
    near = catalogue.meant_table(database, error, made=tuple(_tables_made(trace)))
    if not near and _is_brownfield(error, plan, trace, before):
        return _brownfield(error, failed, chain, arguments)
    hint = f"did you mean the table {near}? " if near else ""
    return MoveFailed(_what(error, failed, plan, chain), hint=hint + _hint(error, failed, plan, after), **arguments)


def _without_promise(message: str, *, is_unchanged: bool) -> str:
    """*message* of an error that was made to stop a run before its first step, for a run that went further."""
    return message if is_unchanged else message.replace(" Nothing was changed.", "")


def _stopped(
    error: ConfirmationRequired, failed: Step | None, chain: Chain, details: tuple[str, ...], *, is_unchanged: bool
) -> ConfirmationRequired:
    """Return the question with the state: it was asked in the middle of a run."""
    path = chain.graph[failed.revision].path if failed is not None and failed.revision in chain.graph else None
    place = place_of(error, path) if path else ""
    if is_unchanged:
        details = (f"Stopped{place}, before it happened, and rolled back: nothing was changed.",)
        return ConfirmationRequired(error.message, planned=error.planned, hint=error.hint, details=details)
    kept = _changes(failed, Outcome.APPLIED) if failed is not None else []
    undo = f"undo by hand what is done ({_named(kept)}), then " if kept else ""
    details = (f"Stopped{place}, before it happened; what ran until then is another matter.", *details)
    return ConfirmationRequired(error.message, planned=error.planned, hint=f"{undo}{error.hint}", details=details)


def state(
    plan: Plan, trace: Trace, before: tuple[str, ...], after: tuple[str, ...] | None, database: Database
) -> tuple[str, ...]:
    """Return the lines that say in which state the database is."""
    name = database.name
    if after is None:
        return (
            f"State unknown: {name} could not be read after the failure; it stood at {_heads(before)} before.",
            "Look: %migrate current",
        )
    applied = [step.revision for step in trace.steps if step.outcome is Outcome.APPLIED]
    lines = []
    if after == before:
        lines.append(f"{name} still stands at {_heads(after)}.")
    else:
        done = "undone" if plan.direction == "downgrade" else "applied"
        lines.append(f"{name} now stands at {_heads(after)}: {', '.join(applied) or 'nothing'} {done} and committed.")
    failed = next((step for step in trace.steps if step.outcome is Outcome.FAILED), None)
    if failed is not None:
        lines.extend(_left_over(failed, database))
    rolled_back = [step for step in trace.steps if step.outcome is Outcome.ROLLED_BACK]
    in_part = [
        step for step in rolled_back if _changes(step, Outcome.APPLIED)
    ]  # an autocommit_block committed what came before
    for step in in_part:
        lines.extend(_left_over(step, database))
    whole = [step.revision for step in rolled_back if step not in in_part]
    if whole:
        lines.append(f"Rolled back: {', '.join(whole)}.")
    begun = {step.revision for step in trace.steps}
    waiting = [step.revision for step in plan.steps if step.revision not in begun]
    if waiting:
        named = ", ".join(waiting[:5]) + (f" and {len(waiting) - 5} more" if len(waiting) > 5 else "")
        lines.append(f"Not reached: {named}.")
    return tuple(lines)


def _left_over(failed: Step, database: Database) -> list[str]:
    """What the failed revision left behind: its committed operations, by name; or that nothing is left of it."""
    kept = _changes(failed, Outcome.APPLIED)
    undone = _changes(failed, Outcome.ROLLED_BACK)
    if not kept:
        return [f"Nothing of {failed.revision} is left: it was rolled back."]
    why = "its DDL commits itself" if not database.has_transactional_ddl else "they were committed before the failure"
    lines = [f"Done and kept of {failed.revision} ({why}): {_named(kept)}."]
    broken = [operation for operation in failed.operations if operation.outcome is Outcome.FAILED]
    if broken:
        lines.append(f"Not done: {_named(broken)}, and what follows it.")
    if undone:
        lines.append(f"Rolled back of {failed.revision}: {_named(undone)}.")
    return lines


def _changes(step: Step, outcome: Outcome) -> list[Operation]:
    """The operations of *step* that ended as *outcome*, without those that only read: there is nothing to undo about them."""
    return [
        operation
        for operation in step.operations
        if operation.outcome is outcome and (operation.target or _writing(operation))
    ]


def _writing(operation: Operation) -> list[str]:
    """The statements of *operation* that do more than read, each in one line."""
    return [" ".join(statement.sql.split()) for statement in operation.statements if not _READING.match(statement.sql)]


def _named(operations: Sequence[Operation]) -> str:
    return ", ".join(
        f"{operation.kind} {operation.target}" if operation.target else _sql(operation) for operation in operations
    )


def _sql(operation: Operation) -> str:
    return "; ".join(sql[:80] for sql in _writing(operation)[:3]) or operation.kind


def _heads(heads: tuple[str, ...] | None) -> str:
    return "an unknown revision" if heads is None else ", ".join(heads) or "base"


def _statement(error: BaseException, database: Database) -> tuple[str, ...]:
    sql = failures.statement_of(error, database.engine.dialect)
    return (f"Statement: {sql}",) if sql else ()


def _what(error: BaseException, failed: Step, plan: Plan, chain: Chain) -> str:
    verb = "cannot be undone" if plan.direction == "downgrade" else "failed"
    graph = chain.graph
    path = graph[failed.revision].path if failed.revision in graph else None
    place = place_of(error, path) if path else ""
    message = f" ({failed.message})" if failed.message else ""
    if isinstance(error, AssertionError) and not str(error):
        return (
            f"Revision {failed.revision}{message} uses autocommit_block(){place}, which is not possible inside the "
            "transaction that is open around it."
        )
    return f"Revision {failed.revision}{message} {verb}{place}: {failures.with_kind(error)}"


def _without_step(error: BaseException) -> str:
    """Everything ran, and then: most often a COMMIT that the database refused."""
    if isinstance(error, Unfinished):
        return f"{error}."
    refused = "The database refused: " if getattr(error, "orig", None) is not None else ""
    return f"{refused}{failures.with_kind(error)}"


def _hint(error: BaseException, failed: Step, plan: Plan, after: tuple[str, ...] | None) -> str:
    if isinstance(error, AssertionError) and not str(error):
        return (
            "run it for real instead of --dry-run, or let env.py leave the transaction to Alembic "
            "(engine.connect(), not begin())"
        )
    if failures.is_timeout(error):
        return (
            "let a statement run longer: %config MigrateMagics.statement_timeout_s = 600 "
            "(or whatever limits it on the server), then run it again"
        )
    if failures.is_denied(error):
        return _right(error) + _way_on(failed, plan, after)
    mend = f"mend {Path(_path(plan, failed)).name}"
    if _changes(failed, Outcome.APPLIED):
        return f"{mend}, {_way_on(failed, plan, after)}"
    return f"{mend}, then {_way_on(failed, plan, after)}; %migrate why shows the whole traceback"


def _right(error: BaseException) -> str:
    """What comes before the same command again, where a right is missing: without it the command fails again."""
    if not failures.is_denied(error):
        return ""
    return "let the user of this connection have the right (GRANT), or connect with one that has it; then "


def _way_on(failed: Step | None, plan: Plan, after: tuple[str, ...] | None) -> str:
    """The command that goes on; where something half done was kept, that comes first."""
    kept = _changes(failed, Outcome.APPLIED) if failed is not None else []
    undo = f"undo by hand what is done ({_named(kept)}), then " if kept else ""
    return undo + ("%migrate current" if after is None else f"%migrate {plan.direction} {plan.target}")


def _path(plan: Plan, failed: Step) -> str:
    return next((step.path for step in plan.steps if step.revision == failed.revision and step.path), failed.revision)


def _is_brownfield(error: BaseException, plan: Plan, trace: Trace, before: tuple[str, ...]) -> bool:
    """A table is missing that no revision makes: the history was begun on a database that had tables already.

    Only told of a run from base: of its very first revision, or of a later one while none before it has made a table
    (many such histories begin with an empty revision).
    """
    if plan.direction != "upgrade" or before or not failures.is_table_missing(error):
        return False
    return len(trace.steps) == 1 or not any(
        _makes_table(operation) for step in trace.steps for operation in step.operations
    )


def _makes_table(operation: Operation) -> bool:
    if operation.kind in {"create_table", "rename_table"}:
        return True
    return any(_MAKES_TABLE.match(statement.sql) for statement in operation.statements)


def _tables_made(trace: Trace) -> Iterator[str]:
    """The tables that the run made, also those that went again with it."""
    for operation in (operation for step in trace.steps for operation in step.operations):
        if operation.kind in {"create_table", "rename_table"}:
            yield operation.name if operation.kind == "rename_table" else operation.table.rpartition(".")[2]
        for statement in operation.statements:
            yield from (effect.table for effect in effects(statement.sql) if effect.how == "create_table")


def _brownfield(error: BaseException, failed: Step, chain: Chain, arguments: dict[str, Any]) -> BrownfieldBase:
    head = "head" if len(chain.graph.heads) == 1 else "heads"
    path = chain.graph[failed.revision].path
    name = Path(path or failed.revision).name
    return BrownfieldBase(
        f"Revision {failed.revision} expects tables that this database does not have and no revision before it creates: "
        f"{failures.words(error)}{place_of(error, path) if path else ''}.",
        hint=f"is the name spelt right in {name}? If the project began on a database that had tables, create them from the "
        f"models, Base.metadata.create_all(engine), then tell Alembic they are there: %migrate stamp {head}",
        **arguments,
    )
