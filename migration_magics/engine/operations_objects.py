"""Lines of a revision for what belongs to no table: enums, domains, sequences, views."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..model.families import family
from .operations_sql import Sql, execute, string
from .operations_tables import Tables, not_written
from .sqltypes import Verbatim

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..model import schema as model

_RESET = {
    "cache": "CACHE 1",
    "cycle": "NO CYCLE",
    "increment": "INCREMENT BY 1",
    "maxvalue": "NO MAXVALUE",
    "minvalue": "NO MINVALUE",
    "start": "START WITH 1",
}

_WRITTEN = {"schema"}
"""Kinds that are seen, and made all the same where something shall be in them."""


def altered_enum(sql: Sql, before: model.Enum, after: model.Enum) -> list[str]:
    """Return what adds values to an enum. PostgreSQL takes none away, and adds none inside a transaction that uses them."""
    lines: list[str] = []
    missing = [value for value in before.values if value not in after.values]
    kept = [value for value in after.values if value in before.values]
    if missing or kept != [value for value in before.values if value in kept]:
        said = ", ".join(missing) or "their order"
        return [not_written(f"values of the enum {after.key} that go or move: {said}")]
    for place, value in enumerate(after.values):
        if value in before.values:
            continue
        where = f" AFTER {string(after.values[place - 1])}" if place else f" BEFORE {string(after.values[1])}"
        lines.append("    " + execute(f"ALTER TYPE {sql.of(after)} ADD VALUE {string(value)}{where if kept else ''}"))
    if lines:
        lines.insert(0, "with op.get_context().autocommit_block():")
    if before.comment != after.comment:
        lines.append(comment(sql, "TYPE", after, after.comment))
    return lines


def comment(sql: Sql, kind: str, owner: model.Enum | model.View, said: str) -> str:
    """Return COMMENT ON for a type or a view."""
    return execute(f"COMMENT ON {kind} {sql.of(owner)} IS {string(said) if said else 'NULL'}")


def altered_domain(sql: Sql, before: model.Domain, after: model.Domain) -> list[str]:
    """Return what alters a domain: default, NOT NULL and checks; its type and collation stay."""
    name = f"ALTER DOMAIN {sql.of(after)}"
    if (before.type, before.collation) != (after.type, after.collation):
        return [not_written(f"type of the domain {after.key}: {before.type} -> {after.type}")]
    lines = [
        execute(f"{name} DROP CONSTRAINT {sql.name(check.name)}")
        for check in before.checks
        if check not in after.checks
    ]
    if before.default != after.default:
        lines.append(
            execute(f"{name} DROP DEFAULT" if after.default is None else f"{name} SET DEFAULT {after.default}")
        )
    if before.is_nullable != after.is_nullable:
        lines.append(execute(f"{name} {'DROP' if after.is_nullable else 'SET'} NOT NULL"))
    return lines + [execute(f"{name} ADD {sql.check(check)}") for check in after.checks if check not in before.checks]


def altered_sequence(sql: Sql, before: model.Sequence, after: model.Sequence) -> list[str]:
    """Return what alters a sequence, but for its owner."""
    if (before.type, before.options) == (after.type, after.options):
        return []
    words = [f"AS {after.type}"] if after.type and after.type != before.type else []
    created = sql.create_sequence(after).partition(f"SEQUENCE {sql.of(after)}")[2].strip()
    told = created.removeprefix(f"AS {after.type}").strip()
    gone = [_RESET[name] for name, _ in before.options if name not in dict(after.options) and name in _RESET]
    said = " ".join(filter(None, (*words, *gone, told)))
    return [execute(f"ALTER SEQUENCE {sql.of(after)} {said}")] if said else []


def mentions(text: str, names: Iterable[str]) -> bool:
    """Say whether an SQL *text* may speak of one of *names*."""
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) for name in names)


def in_order(views: Sequence[model.View]) -> tuple[model.View, ...]:
    """Return *views* so that each comes after those it speaks of."""
    left, done = list(views), []
    while left:
        names = {view.name for view in left}
        free = [view for view in left if not mentions(view.definition, names - {view.name})] or left[:1]
        done += free
        left = [view for view in left if view not in free]
    return tuple(done)


def created_view(sql: Sql, view: model.View) -> list[str]:
    """Return what creates *view* with its indexes and comment."""
    lines = [execute(sql.create_view(view))]
    lines += [execute(sql.create_index(index, sql.of(view))) for index in view.indexes]
    kind = "MATERIALIZED VIEW" if view.is_materialized else "VIEW"
    return lines + ([comment(sql, kind, view, view.comment)] if view.comment else [])


def unread(before: model.Schema, after: model.Schema) -> list[str]:
    """Return a comment for what is only seen, and on one side alone: policies, functions, composite types."""
    if before.dialect != after.dialect and before.dialect and after.dialect:
        return []
    old, new = dict.fromkeys(before.seen), dict.fromkeys(after.seen)
    made = [f"{each.kind} {each.name}" for each in new if each not in old and each.kind not in _WRITTEN]
    gone = [f"drop of {each.kind} {each.name}" for each in old if each not in new and each.kind not in _WRITTEN]
    return [not_written(what) for what in sorted((*made, *gone))]


def missing_types(tables: Tables, before: model.Schema, columns: Iterable[model.Column]) -> list[str]:
    """Return a comment for each type of *columns* that is none of PostgreSQL's own, and that nothing *before* had."""
    if tables.family != "postgresql":
        return []
    known = {column.type for table in before.tables for column in table.columns}
    new = (column for column in columns if column.type not in known and family(column.type) == "other")
    names = {column.type.removesuffix("[]") for column in new if isinstance(tables.type(column), Verbatim)}
    return [not_written(f"type {name}, which must be there") for name in sorted(names)]
