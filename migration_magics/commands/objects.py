"""An object of a schema in the user's words: a table, or a part of one, as it is called now or was once."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ..errors import MigrationError, ObjectNotFound
from ..model.blame import formerly, lives, table_lives
from ..model.timeline import last_schema
from .sides import history_of, like_of

if TYPE_CHECKING:
    from ..model.blame import Former, Life
    from ..model.schema import Schema, Table
    from ..model.timeline import Timeline
    from .sides import Side
    from .workspace import WorkspaceState


def table_of(schema: Schema, name: str) -> Table | None:
    """Return the table *name* of *schema*, whatever its case, or None."""
    return schema.table(name) or next(
        (table for table in schema.tables if table.key.casefold() == name.casefold()), None
    )


def required_table(ws: WorkspaceState, found: Side, name: str) -> Table:
    """Return the table *name* of *found*. Raises ObjectNotFound, with the nearest, and what became of one that was."""
    table = table_of(found.schema, name)
    if table is not None:
        return table
    near = difflib.get_close_matches(name, [each.key for each in found.schema.tables], 1)
    once = _once(ws, name)
    hint = f"did you mean {near[0]}?" if near else f"%migrate schema {found.label} lists them"
    raise ObjectNotFound(f"There is no table {name} in {found.label}{f': {once}' if once else ''}.", hint=hint)


def _formerly(every: tuple[Life, ...], target: str) -> tuple[Former, ...]:
    """What was called *target*: a table, a part of one by its bare name, or `table.part` by the old name of either."""
    table, dot, part = target.rpartition(".")
    found = formerly(every, target)
    if found or not dot:
        return found
    tables = {table, *(former.life.path[0] for former in formerly(every, table))}
    return tuple(former for former in formerly(every, part) if former.life.path[0] in tables)


def once(timeline: Timeline, target: str) -> str:
    """Return what became of what was called *target*, in words; "" where it was never called otherwise, or never was."""
    return "; ".join(_ended(former) for former in _formerly(lives(timeline), target))


def _once(ws: WorkspaceState, name: str) -> str:
    """What became of an object that is not there any more, as far as a replay that is there already tells."""
    try:
        timeline = ws.timelines.kept(history_of(ws), like_of(ws))
    except MigrationError:
        return ""
    if timeline is None:
        return ""
    return once(timeline, name)


def _ended(former: Former) -> str:
    if former.is_dropped:
        return f"{former.revision} dropped it"
    return f"{former.revision} renamed it, it is {'.'.join(dict.fromkeys((former.life.path[0], former.life.path[-1])))} now"


def lives_of(timeline: Timeline, target: str) -> tuple[Life, ...]:
    """Return the lives of the parts of the table *target*, or of what `table.name` or a bare name means; also former ones.

    Raises ObjectNotFound.
    """
    every = lives(timeline)
    table = table_of(last_schema(timeline), target)
    if table is not None:
        return table_lives(every, table)
    folded = target.casefold()
    named = [life for life in every if ".".join((life.path[0], life.path[-1])).casefold() == folded]
    named += [life for life in every if life.path[-1].casefold() == folded and life not in named]
    return tuple(named) or _former(every, timeline, target)


def touching(timeline: Timeline, target: str) -> frozenset[str]:
    """Return the ids of the revisions that touched *target*; of a table, also those that dropped a part of it.

    Raises ObjectNotFound.
    """
    found = lives_of(timeline, target)
    tables = {life.path[0] for life in found if len(life.path) == 1}
    parts = (life for life in lives(timeline) if life.path[0] in tables)
    return frozenset(event.revision for life in (*found, *parts) for event in life.events)


def _former(every: tuple[Life, ...], timeline: Timeline, target: str) -> tuple[Life, ...]:
    """The lives of what was called *target* once. Raises ObjectNotFound."""
    found = _formerly(every, target)
    if not found:
        raise _never_there(every, target)
    path = found[-1].life.path
    if len(path) > 1:
        return (found[-1].life,)
    table = table_of(last_schema(timeline), path[0])
    return table_lives(every, table) if table else tuple(life for life in every if life.path[0] == path[0])


def _never_there(every: tuple[Life, ...], target: str) -> ObjectNotFound:
    names = {".".join((life.path[0], life.path[-1])) if len(life.path) > 1 else life.path[0] for life in every}
    changes = (event.change for life in every for event in life.events)
    names |= {str(change.before) for change in changes if change.kind == "rename"}
    near = difflib.get_close_matches(target, sorted(names), 1)
    return ObjectNotFound(
        f"The history never made anything called {target}.",
        hint=f"did you mean {near[0]}?" if near else "%migrate schema lists the tables",
    )
