"""A timeline that starts from what a database is now, for a history that cannot be replayed from empty.

From the revision the database stands at it runs upward to the heads and, on another copy, downward as far as downgrades lead.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..engine import planner, runner
from ..engine.reflect import reflect
from ..engine.reflect.version_tables import version_tables, without
from ..errors import MigrationError, ReplayFailed, ReplayInterrupted
from ..model.timeline import Timeline
from . import scratch
from .replay import Notes, run, shared
from .scratch import without_name

if TYPE_CHECKING:
    from ..engine.database import Database
    from ..model.plan import Plan
    from ..model.schema import Schema
    from .replay import History
    from .scratch import Scratch


_PROMISE = " Nothing was changed."
"""What is said of a run that was not begun. Here nobody asked for one."""


def replayed(history: History, source: Database, targets: tuple[str, ...] = ("heads",)) -> Timeline:
    """Return the replay of *history* that starts from the schema of *source*, walked both ways on copies of it.

    Up to the *targets*, and down as far as downgrades lead.
    Where a downgrade is missing or fails, the timeline begins above it and its notes say so.
    Raises ReplayFailed for an upgrade that fails, ReplayInterrupted, NoScratch, DatabaseAhead.
    """
    heads = runner.read_heads(source, history.calls(source))
    planner.require_known(history.chain.graph, heads, source.name)
    tables = version_tables(history.calls(source))
    live = without(source.run(reflect), tables)
    with scratch.furnished(source) as copy:
        upward = _stamped(history, copy, heads, tables, live)
        at = heads
        for target in _not_there(history, heads, targets):
            plan = _plan(history, copy, target, at)
            run(history, copy, plan, upward)
            at = plan.to_heads
        place = f"{copy.place}, from {source.name} outward"
    with scratch.furnished(source) as copy:
        downward = _stamped(history, copy, heads, tables, live)
        notes, reached = _walk_down(history, copy, heads, downward)
    applied = tuple(sorted(history.chain.graph.ancestors(reached)))
    entries = (*downward.entries, *upward.entries)
    return Timeline(source.family, entries, downward.schema, applied, place, notes)


def _stamped(history: History, copy: Scratch, heads: tuple[str, ...], tables: frozenset[str], live: Schema) -> Notes:
    """Put the version of the original into the copy."""
    if heads:
        plan = planner.plan_stamp(
            history.chain, heads, (), database=copy.database.identity, connection=copy.database.name
        )
        run(history, copy, plan)
    return Notes(tables, shared(live, without(copy.database.run(reflect), tables)), is_whole=True)


def _not_there(history: History, heads: tuple[str, ...], targets: tuple[str, ...]) -> tuple[str, ...]:
    applied = history.chain.graph.ancestors(heads)
    return tuple(target for target in targets if target not in applied)


def _plan(history: History, copy: Scratch, target: str, heads: tuple[str, ...]) -> Plan:
    return planner.plan_upgrade(
        history.chain, target, heads, database=copy.database.identity, connection=copy.database.name
    )


def _walk_down(
    history: History, copy: Scratch, heads: tuple[str, ...], noted: Notes
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Downgrade revision by revision while that works; return what to say of where it ended, and the heads there."""
    at, graph = heads, history.chain.graph
    while at:
        plan = planner.plan_downgrade(
            history.chain, "base", at, database=copy.database.identity, connection=copy.database.name
        )
        step = replace(plan, steps=plan.steps[:1], to_heads=plan.steps[0].to_heads)
        problem = _why_not(history, copy, step, noted)
        if problem:
            first = graph[plan.steps[0].revision]
            return (f"Older than {first.id} is not known: {problem.removesuffix(_PROMISE)}",), at
        at = step.to_heads
    return (), at


def _why_not(history: History, copy: Scratch, plan: Plan, noted: Notes) -> str:
    try:
        run(history, copy, plan, noted)
    except ReplayFailed as error:
        return error.why
    except ReplayInterrupted:
        raise
    except MigrationError as error:
        return without_name(error.message)
    return ""
