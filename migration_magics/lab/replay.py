"""Run a history on a scratch copy and note what each revision did to the schema."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import exc

from ..engine import failures, planner, runner
from ..engine.host.touched import renames, touched
from ..engine.places import place_of
from ..engine.reflect import reflect
from ..engine.reflect.version_tables import version_tables, without
from ..errors import BrownfieldBase, MigrationError, MoveFailed, MoveInterrupted, ReplayFailed, ReplayInterrupted
from ..model.diff import Change, diff
from ..model.timeline import Entry, Timeline
from ..model.trace import Outcome
from .scratch import without_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from ..engine.captured import Configured
    from ..engine.chain import Chain
    from ..engine.database import Database
    from ..engine.environment import Environment
    from ..engine.host.recorder import StepDraft
    from ..model.plan import Plan
    from ..model.schema import Schema, Table
    from ..model.trace import Step
    from ..settings import Settings
    from .scratch import Scratch


@dataclass(frozen=True, slots=True)
class History:
    """A project's history as it is to be replayed: its revisions, its env.py, the arguments env.py gets.

    *engine_name* is what env.py calls the database, where it configures several.
    """

    chain: Chain
    environment: Environment
    settings: Settings
    x: tuple[str, ...] = ()
    engine_name: str | None = None
    on_step: runner.OnStep | None = None

    def calls(self, database: Database) -> tuple[Configured, ...]:
        """Return what env.py configures, for a run on *database*. Raises EnvironmentFailed, Refused."""
        return self.environment.captured(self.x, database).for_database(database, self.engine_name)


class Notes:
    """The schema as it goes through a run, and what each step did to it.

    It looks at the tables a step touched, or at everything where *is_whole*, or where a step does not tell.
    """

    def __init__(self, version_tables: frozenset[str], start: Schema, *, is_whole: bool) -> None:
        self.version_tables, self.is_whole = version_tables, is_whole
        self.entries: list[Entry] = []
        self._rest = start  # all but the tables, which change one by one
        self._tables = {table.key: table for table in start.tables}

    @property
    def schema(self) -> Schema:
        """The schema as it was last seen."""
        return replace(self._rest, tables=tuple(self._tables[name] for name in sorted(self._tables)))

    def look(self, connection: Connection, draft: StepDraft) -> None:
        """Note what the step did; for a downgrade, what the revision had done."""
        hints, only = renames(draft), touched(draft)
        is_table_renamed = any(len(change.path) == 1 for change in hints)  # others point to it by its name
        if only is None or is_table_renamed or (only and self.is_whole):
            self._note(draft, hints, *self._whole(connection))
        else:
            self._note(draft, hints, *self._touched(connection, only))

    def _note(self, draft: StepDraft, hints: tuple[Change, ...], before: Schema, after: Schema) -> None:
        if draft.direction == "downgrade":
            back = tuple(_turned(change) for change in reversed(hints))
            self.entries.insert(0, Entry(draft.revision, diff(after, before, back)))
        else:
            self.entries.append(Entry(draft.revision, diff(before, after, hints)))

    def _whole(self, connection: Connection) -> tuple[Schema, Schema]:
        before = self.schema
        after = shared(before, without(reflect(connection), self.version_tables))
        self._rest, self._tables = after, {table.key: table for table in after.tables}
        return before, after

    def _touched(self, connection: Connection, only: frozenset[str]) -> tuple[Schema, Schema]:
        """Look at the tables *only*, by their names in any case; what is compared is these tables before and after."""
        before = [self._tables.pop(name) for name in self._spellings(only)]
        after = reflect(connection, only).tables if only else ()
        self._tables.update((table.key, table) for table in after)
        return replace(self._rest, tables=_sorted(before)), replace(self._rest, tables=_sorted(after))

    def _spellings(self, only: frozenset[str]) -> list[str]:
        if only <= self._tables.keys():
            return list(only)
        names = {name.casefold() for name in only}
        return [name for name in self._tables if name.casefold() in names]

    def agrees(self, connection: Connection) -> bool:
        """Say whether what was noted is what *connection* sees now."""
        return self.schema == without(reflect(connection), self.version_tables)


def _sorted(tables: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(sorted(tables, key=lambda table: table.key))


def _turned(change: Change) -> Change:
    if len(change.path) == 1:
        return replace(change, path=(change.after,), before=change.after, after=change.before)
    return replace(change, path=(*change.path[:-1], change.after), before=change.after, after=change.before)


def replay(history: History, copy: Scratch, targets: tuple[str, ...], *, is_whole: bool = False) -> Timeline | None:
    """Return what the history does on *copy*, which is empty, from base up to each of *targets* in turn.

    None where a step changed more than its directives told: then it has to be replayed with *is_whole*.
    Raises ReplayFailed, naming the revision; ReplayInterrupted; EnvironmentFailed, and what planning raises.
    """
    database = copy.database
    tables = version_tables(history.calls(database))
    is_whole = is_whole or database.family != "sqlite"  # types and sequences come and go with tables there
    start = without(database.run(reflect), tables)
    noted = Notes(tables, start, is_whole=is_whole)
    heads: tuple[str, ...] = ()
    for target in targets:
        plan = planner.plan_upgrade(history.chain, target, heads, database=database.identity, connection=database.name)
        run(history, copy, plan, noted)
        heads = plan.to_heads
    if not is_whole and not database.run(noted.agrees):
        return None
    return Timeline(database.family, tuple(noted.entries), start, place=copy.place)


def run(history: History, copy: Scratch, plan: Plan, noted: Notes | None = None) -> None:
    """Run *plan* on *copy* and let *noted* look after each step. Raises as `replay`."""
    look = noted.look if noted is not None else None
    options = runner.Options(x=history.x, engine_name=history.engine_name, look=look)
    try:
        runner.run(
            plan,
            history.chain,
            history.environment,
            copy.database,
            settings=history.settings,
            options=options,
            on_step=history.on_step,
        )
    except MoveInterrupted as error:
        failed = _failed_step(error)
        raise interrupted(failed.revision if failed is not None else "") from error
    except MoveFailed as error:
        raise _failed(error, history, copy) from error


def interrupted(revision: str = "") -> ReplayInterrupted:
    """Return the error for a replay that the user stopped, in *revision* where it ran one."""
    where = f" in revision {revision}" if revision else ""
    return ReplayInterrupted(
        f"The replay was stopped{where}. Its copy is gone; nothing of your database was touched.",
        hint="type the command again",
    )


def _failed(error: MoveFailed, history: History, copy: Scratch) -> ReplayFailed:
    """Return the error for a history of which a revision does not run on *copy*."""
    failed, cause, graph = _failed_step(error), error.__cause__, history.chain.graph
    is_told = cause is None or isinstance(cause, MigrationError)
    why = without_name(error.message if cause is None or is_told else failures.with_kind(cause))
    revision = failed.revision if failed is not None else ""
    message = f" ({failed.message})" if failed is not None and failed.message else ""
    named = f"revision {revision}{message}" if revision else "it"
    path = graph[revision].path if revision in graph else None
    place = place_of(cause, path) if cause is not None and path is not None else ""
    start = f" from {copy.origin}" if isinstance(cause, exc.DBAPIError) else ""
    is_hinted = is_told or path is None or isinstance(error, BrownfieldBase)
    mend = f"mend {place[2:-1] or Path(path or '').name}; %migrate why shows the whole traceback"
    return ReplayFailed(
        f"The history cannot be replayed{start}: {named} fails{place} on {copy.place}: {why}",
        revision=revision,
        place=copy.place,
        why=why,
        hint=error.hint if is_hinted else mend,
    )


def _failed_step(error: MoveFailed) -> Step | None:
    steps = error.trace.steps if error.trace is not None else ()
    return next((step for step in steps if step.outcome in {Outcome.FAILED, Outcome.UNKNOWN}), None)


def shared(before: Schema, after: Schema) -> Schema:
    """Return *after*, built of the tables of *before* where they are equal: a thousand snapshots then cost little."""
    known = {table.key: table for table in before.tables}
    tables = []
    for table in after.tables:
        old = known.get(table.key)
        tables.append(old if old is not None and old == table else table)
    return replace(after, tables=tuple(tables))
