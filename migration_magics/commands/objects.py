"""An object of a schema in the user's words: a table, or a part of one, as it is called now or was once."""

from __future__ import annotations

import difflib
import shlex
from typing import TYPE_CHECKING, TypeVar

from ..errors import MigrationError, ObjectNotFound, UsageProblem
from ..model.blame import formerly, lives, table_lives
from ..model.parts import OBJECTS, split
from ..model.timeline import last_schema
from .sides import history_of, like_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model.blame import Former, Life
    from ..model.schema import Domain, Enum, Schema, Sequence, Table, View
    from ..model.timeline import Timeline
    from .sides import Side
    from .workspace import WorkspaceState

    SchemaObject = Table | View | Enum | Domain | Sequence

Thing = TypeVar("Thing")


def table_of(schema: Schema, name: str) -> Table | None:
    """Return the table *name* of *schema*, or None; see `_meant`."""
    found = schema.table(name)
    return found if found is not None else _meant(name, {table.key: table for table in schema.tables})


def object_of(schema: Schema, name: str) -> SchemaObject | None:
    """Return the table *name* of *schema*, or else the view, enum, domain or sequence that is called so; None without one."""
    table = table_of(schema, name)
    if table is not None:
        return table
    return _meant(name, {each.key: each for kind in OBJECTS for each in getattr(schema, kind)})


def _meant(name: str, every: Mapping[str, Thing]) -> Thing | None:
    """Return which of *every*, by its key, the *name* means: the very one, whatever its case, or else without its quotes.

    A command line takes quotes away, so that `"a.b"` arrives as `a.b`.
    """
    folded = name.casefold()
    likely = (
        [key for key in every if key == name],
        [key for key in every if key.casefold() == folded],
        [key for key in every if _unquoted(key) == folded],
    )
    return next((every[keys[0]] for keys in likely if keys), None)


def _unquoted(name: str) -> str:
    return name.replace('"', "").casefold()


def required_object(ws: WorkspaceState, found: Side, name: str) -> SchemaObject:
    """Return what is called *name* in *found*. Raises ObjectNotFound, with the nearest, and what became of one that was."""
    known = object_of(found.schema, name)
    if known is not None:
        return known
    near, became = nearest(ws, found.schema, name)
    hint = f"did you mean {shlex.quote(near)}?" if near else f"%migrate schema {found.label} lists them"
    raise ObjectNotFound(f"There is no table {name} in {found.label}{f': {became}' if became else ''}.", hint=hint)


def nearest(ws: WorkspaceState, schema: Schema, name: str) -> tuple[str, str]:
    """Return which object of *schema* may be meant by *name*, and what became of one that was called so; "" for neither.

    What a replay that is there already knows of renames comes first, then the same name in another schema.
    """
    keys = [each.key for kind in ("tables", *OBJECTS) for each in getattr(schema, kind)]
    timeline = _kept(ws)
    former = () if timeline is None else _ended_tables(lives(timeline), name)
    became = "; ".join(map(_ended, former))
    now = {each.life.path[0] for each in former}
    bare = split(name)[1].casefold()
    for likely in (
        [key for key in keys if key in now],
        [key for key in keys if split(key)[1].casefold() == bare],
        difflib.get_close_matches(name, keys, 1),
    ):
        if likely:
            return likely[0], became
    return "", became


def _kept(ws: WorkspaceState) -> Timeline | None:
    """A replay of the history that is there already; nothing runs."""
    try:
        return ws.timelines.kept(history_of(ws), like_of(ws))
    except MigrationError:
        return None


def spelled(path: tuple[str, ...]) -> str:
    """Return how a person calls what is at *path*: `table`, `table.part`, or the bare name of what belongs to no table."""
    return ".".join(part for part in (path if len(path) < 2 else (path[0], path[-1])) if part)


def _is_called(life: Life, target: str) -> bool:
    name = spelled(life.path)
    return name.casefold() == target.casefold() or _unquoted(name) == target.casefold()


def _formerly(every: tuple[Life, ...], target: str) -> tuple[Former, ...]:
    """What was called *target*: a table, `table.part` by the old name of either, or else a part by its bare name."""
    found = formerly(every, target)
    tables = tuple(each for each in found if len(each.life.path) == 1)
    table, dot, part = target.rpartition(".")
    if tables or not dot:
        return tables or found
    owners = {table, *(each.life.path[0] for each in formerly(every, table) if len(each.life.path) == 1)}
    parts = (each for each in formerly(every, part) if len(each.life.path) > 1)
    return tuple(each for each in parts if each.life.path[0] in owners) or found


def once(timeline: Timeline, target: str) -> str:
    """Return what became of what was called *target*, in words; "" where something is called so, or nothing ever was."""
    every = lives(timeline)
    living = [life for life in every if not life.dropped_by]
    if any(_is_called(life, target) or life.path[-1] == target for life in living):
        return ""
    return "; ".join(map(_ended, _formerly(every, target)))


def _ended_tables(every: tuple[Life, ...], name: str) -> tuple[Former, ...]:
    """The tables that were called *name*, where nothing is called so now."""
    if any(not life.dropped_by and _is_called(life, name) for life in every):
        return ()
    return tuple(each for each in _formerly(every, name) if len(each.life.path) == 1)


def _ended(former: Former) -> str:
    now = spelled(former.life.path)
    if former.is_dropped:
        return f"{former.revision} dropped it"
    if former.life.dropped_by:
        return f"{former.revision} renamed it to {now}, {former.life.dropped_by} dropped that"
    return f"{former.revision} renamed it, it is {now} now"


def lived_before(life: Life) -> str:
    """Return who made and dropped what lives now under the same name, in words; "" where it had one life only."""
    kinds = ("add", "drop")
    events = [event for event in life.events if event.change.kind in kinds]
    if life.dropped_by or not any(event.change.kind == "drop" for event in events):
        return ""
    words = {"add": "made it", "drop": "dropped it"}
    return ", ".join(f"{event.revision} {words[event.change.kind]}" for event in events)


def lives_of(timeline: Timeline, target: str) -> tuple[Life, ...]:
    """Return the lives of the parts of the table *target*, or of what `table.name` or a bare name means; also former ones.

    Raises ObjectNotFound, and UsageProblem for no name at all.
    """
    if not target.strip():
        raise UsageProblem("This needs the name of a table.", hint="%migrate schema lists the tables")
    every = lives(timeline)
    table = table_of(last_schema(timeline), target)
    if table is not None:
        return table_lives(every, table)
    named = [life for life in every if _is_called(life, target)]
    folded = target.casefold()
    named = named or [life for life in every if len(life.path) > 1 and life.path[-1].casefold() == folded]
    return tuple(named) or _former(every, timeline, target)


def touching(timeline: Timeline, target: str) -> frozenset[str]:
    """Return the ids of the revisions that touched *target*; of a table, also those that dropped a part of it.

    Raises as `lives_of`.
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
        return tuple({each.life.path: each.life for each in found}.values())
    table = table_of(last_schema(timeline), path[0])
    return table_lives(every, table) if table else tuple(life for life in every if life.path[0] == path[0])


def _never_there(every: tuple[Life, ...], target: str) -> ObjectNotFound:
    names = {spelled(life.path) for life in every}
    changes = (event.change for life in every for event in life.events)
    names |= {str(change.before) for change in changes if change.kind == "rename"}
    near = difflib.get_close_matches(target, sorted(names), 1)
    return ObjectNotFound(
        f"The history never made anything called {target}.",
        hint=f"did you mean {shlex.quote(near[0])}?" if near else "%migrate schema lists the tables",
    )
