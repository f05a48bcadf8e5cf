"""Prove that a squash comes to what it replaces: run both from empty on copies, and compare schema and rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..engine import planner
from ..engine.reflect import reflect
from ..engine.reflect.version_tables import version_tables, without
from ..errors import MigrationError, ReplayFailed, ReplayInterrupted
from ..model.diff import diff
from ..model.proof import Proof, Rows, differing, unsteady_columns
from . import scratch
from .replay import History, run

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from ..engine.database import Database
    from ..model.schema import Schema, Table

Stage = Callable[[str, str], None]
"""Called as each run begins: what it is about, and where."""


@dataclass(frozen=True, slots=True)
class Way:
    """A *history* and the part of it that is run: from *start* (none: base) up to *end*, and back where it *has_way_back*."""

    history: History
    start: tuple[str, ...]
    end: str
    has_way_back: bool = True


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a way gave: schema and rows at its end, the schema back at its start; *broke* says why it did not come back."""

    schema: Schema
    rows: dict[str, Rows]
    back: Schema | None = None
    broke: str = ""


def proofs(old: Way, new: Way, like: Database | None, on_stage: Stage | None = None) -> tuple[Proof, ...]:
    """Return whether *new* gives what *old* gives: on SQLite in memory, and on a scratch database like that of a server.

    The old history that does not run on SQLite proves nothing there, and the proof says why.
    """
    places: list[Database | None] = [None]
    if like is not None and like.family in {"postgresql", "mysql"}:
        places.append(like)
    return tuple(_proof(old, new, place, on_stage or (lambda *_: None)) for place in places)


def _proof(old: Way, new: Way, like: Database | None, on_stage: Stage) -> Proof:
    family, place = (like.family, like.server) if like is not None else ("sqlite", "SQLite in memory")
    is_furnished = False
    try:
        on_stage("the old revisions", place)
        try:
            before, where = _seen(old, like, is_furnished=False)
        except ReplayFailed:
            if like is None or like.family != "postgresql":
                raise
            is_furnished = True
            before, where = _seen(old, like, is_furnished=True)
    except ReplayInterrupted:
        raise
    except MigrationError as error:
        return Proof(place, family, problem=error.message)
    try:
        on_stage("the squash", place)
        after, _ = _seen(new, like, is_furnished=is_furnished)
    except ReplayInterrupted:
        raise
    except MigrationError as error:
        return Proof(where, family, failure=error.message)
    schema = diff(before.schema, after.schema)
    notes: list[str] = []
    rows = () if schema else differing(before.rows, after.rows, {})
    if rows:
        on_stage("the old revisions again", place)
        again, _ = _seen(old, like, is_furnished=is_furnished)
        unsteady = unsteady_columns(before.rows, again.rows)
        rows = differing(before.rows, after.rows, unsteady)
        notes += [_unsteady(before.schema, key, numbers) for key, numbers in unsteady.items()]
    proof = Proof(where, family, schema, rows, len(after.rows), sum(map(len, after.rows.values())), notes=tuple(notes))
    return _with_way_back(proof, before, after, has_way_back=new.has_way_back)


def _unsteady(schema: Schema, key: str, numbers: frozenset[int]) -> str:
    table = schema.table(key)
    names = [table.columns[number].name for number in sorted(numbers)] if table is not None else []
    return (
        f"{', '.join(f'{key}.{name}' for name in names)} differs from run to run of the same revisions: not compared."
    )


def _with_way_back(proof: Proof, before: _Seen, after: _Seen, *, has_way_back: bool) -> Proof:
    if not has_way_back:
        return replace(proof, downgrade="none")
    if before.back is None:
        return replace(proof, downgrade="unknown", notes=(*proof.notes, f"The old way back fails, too: {before.broke}"))
    if after.back is None:
        return replace(proof, downgrade="fails", notes=(*proof.notes, f"The way back fails: {after.broke}"))
    is_same = not diff(before.back, after.back)
    return replace(proof, downgrade="equal" if is_same else "differs")


def _seen(way: Way, like: Database | None, *, is_furnished: bool) -> tuple[_Seen, str]:
    """Run *way* up and, where there is one, back; raises ReplayFailed where the way up fails."""
    with scratch.empty(like, is_furnished=is_furnished) as copy:
        heads = _up(way, copy)
        tables = version_tables(way.history.calls(copy.database))
        schema = without(copy.database.run(reflect), tables)
        seen = _Seen(schema, copy.database.run(lambda connection: _rows(connection, schema)))
        if way.has_way_back:
            try:
                _down(way, copy, heads)
            except ReplayInterrupted:
                raise
            except MigrationError as error:
                seen = replace(seen, broke=error.message)
            else:
                seen = replace(seen, back=without(copy.database.run(reflect), tables))
        return seen, copy.place


def _up(way: Way, copy: scratch.Scratch) -> tuple[str, ...]:
    chain, database = way.history.chain, copy.database
    heads: tuple[str, ...] = ()
    for target in (*way.start, way.end):
        plan = planner.plan_upgrade(chain, target, heads, database=database.identity, connection=database.name)
        run(way.history, copy, plan)
        heads = plan.to_heads
    return heads


def _down(way: Way, copy: scratch.Scratch, heads: tuple[str, ...]) -> None:
    target, database = way.start[0] if way.start else "base", copy.database
    plan = planner.plan_downgrade(
        way.history.chain, target, heads, database=database.identity, connection=database.name
    )
    run(way.history, copy, plan)


def _rows(connection: Connection, schema: Schema) -> dict[str, Rows]:
    return {table.key: _rows_of(connection, table) for table in schema.tables}


def _rows_of(connection: Connection, table: Table) -> Rows:
    columns: list[Any] = [sa.column(sa.quoted_name(column.name, quote=True)) for column in table.columns] or [
        sa.literal(1)
    ]
    schema = sa.quoted_name(table.schema, quote=True) if table.schema else None
    source = sa.table(sa.quoted_name(table.name, quote=True), schema=schema)
    found = connection.execute(sa.select(*columns).select_from(source))
    return tuple(tuple(_text(value) for value in row) for row in found)


def _text(value: Any) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True, default=str)
    return repr(value)
