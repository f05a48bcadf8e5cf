"""Run a history on a scratch copy and note what each revision did to the schema."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..engine import planner, runner
from ..engine.host.touched import renames, touched
from ..engine.reflect import reflect
from ..errors import MigrationError, MoveFailed, MoveInterrupted, ReplayFailed
from ..model.diff import Change, diff
from ..model.timeline import Entry, Timeline

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from ..engine.captured import Configured
    from ..engine.chain import Chain
    from ..engine.database import Database
    from ..engine.environment import Environment
    from ..engine.host.recorder import StepDraft
    from ..model.plan import Plan
    from ..model.schema import Schema
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
        self.version_tables, self.schema, self.is_whole = version_tables, start, is_whole
        self.entries: list[Entry] = []

    def look(self, connection: Connection, draft: StepDraft) -> None:
        """Note what the step did; for a downgrade, what the revision had done."""
        hints = renames(draft)
        before = self.schema
        after = self._after(connection, draft, hints)
        if draft.direction == "downgrade":
            back = tuple(_turned(change) for change in reversed(hints))
            self.entries.insert(0, Entry(draft.revision, diff(after, before, back)))
        else:
            self.entries.append(Entry(draft.revision, diff(before, after, hints)))
        self.schema = after

    def _after(self, connection: Connection, draft: StepDraft, hints: tuple[Change, ...]) -> Schema:
        only = touched(draft)
        if only is not None and not only:
            return self.schema
        is_table_renamed = any(len(change.path) == 1 for change in hints)  # others point to it by its name
        if only is None or self.is_whole or is_table_renamed:
            return shared(self.schema, without(reflect(connection), self.version_tables))
        return _merged(self.schema, reflect(connection, only), only)

    def agrees(self, connection: Connection) -> bool:
        """Say whether what was noted is what *connection* sees now."""
        return self.schema == without(reflect(connection), self.version_tables)


def _turned(change: Change) -> Change:
    if len(change.path) == 1:
        return replace(change, path=(change.after,), before=change.after, after=change.before)
    return replace(change, path=(*change.path[:-1], change.after), before=change.after, after=change.before)


def replay(history: History, copy: Scratch, targets: tuple[str, ...], *, is_whole: bool = False) -> Timeline | None:
    """Return what the history does on *copy*, which is empty, from base up to each of *targets* in turn.

    None where a step changed more than its directives told: then it has to be replayed with *is_whole*.
    Raises ReplayFailed, naming the revision; EnvironmentFailed, and what planning raises.
    """
    database = copy.database
    tables = version_tables(history.calls(database))
    is_whole = is_whole or database.family != "sqlite"  # types and sequences come and go with tables there
    noted = Notes(tables, without(database.run(reflect), tables), is_whole=is_whole)
    start = noted.schema
    heads: tuple[str, ...] = ()
    for target in targets:
        plan = planner.plan_upgrade(history.chain, target, heads, database=database.identity, connection=database.name)
        run(history, copy, plan, noted)
        heads = plan.to_heads
    if not is_whole and not database.run(noted.agrees):
        return None
    return Timeline(database.family, tuple(noted.entries), start, place=copy.place)


def run(history: History, copy: Scratch, plan: Plan, noted: Notes) -> None:
    """Run *plan* on *copy* and let *noted* look after each step. Raises as `replay`."""
    options = runner.Options(x=history.x, engine_name=history.engine_name, look=noted.look)
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
    except MoveInterrupted:
        raise
    except MoveFailed as error:
        raise _failed(error, copy) from error


def _failed(error: MoveFailed, copy: Scratch) -> MigrationError:
    """Return the error for a history of which a revision does not run on *copy*."""
    steps = error.trace.steps if error.trace is not None else ()
    revision = steps[-1].revision if steps else ""
    message = steps[-1].message if steps else ""
    why = steps[-1].error or error.message if steps else error.message
    named = f"revision {revision} ({message})" if message else f"revision {revision}"
    return ReplayFailed(
        f"The history cannot be replayed from an empty database: {named} fails on {copy.place}: {why}",
        revision=revision,
        place=copy.place,
        why=why,
        hint="start from what the database is now, and walk outward from there: add --from-database",
    )


def version_tables(calls: tuple[Configured, ...]) -> frozenset[str]:
    """Return the keys under which Alembic's own tables of *calls* may stand: they are no part of anybody's schema."""
    names = set()
    for call in calls:
        table = str(call.options.get("version_table") or "alembic_version")
        schema = call.options.get("version_table_schema")
        names |= {table, f"{schema}.{table}" if schema else table}
    return frozenset(names)


def without(schema: Schema, tables: frozenset[str]) -> Schema:
    """Return *schema* without these *tables*."""
    return replace(schema, tables=tuple(table for table in schema.tables if table.key not in tables))


def shared(before: Schema, after: Schema) -> Schema:
    """Return *after*, built of the tables of *before* where they are equal: a thousand snapshots then cost little."""
    known = {table.key: table for table in before.tables}
    tables = []
    for table in after.tables:
        old = known.get(table.key)
        tables.append(old if old is not None and old == table else table)
    return replace(after, tables=tuple(tables))


def _merged(before: Schema, looked: Schema, only: frozenset[str]) -> Schema:
    names = {name.casefold() for name in only}
    kept = (table for table in before.tables if table.key.casefold() not in names)
    return replace(before, tables=tuple(sorted((*kept, *looked.tables), key=lambda table: table.key)))
