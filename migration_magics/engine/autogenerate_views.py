"""Views in autogenerate: those that models declare in `MetaData.info["views"]`, by name their SQL, a text or a Select.

A view is as declared where the database reads both queries as the same. Views that nobody declares are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.operations import ops
from alembic.util import DispatchPriority, PriorityDispatchResult

from ..model.parts import split
from .autogenerate_checks import escaped
from .autogenerate_spelling import queries_on_postgresql, queries_on_sqlite
from .reflect.sqlite_words import bare, spelled, words

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.plugins import Plugin

_POSTGRESQL = """
    SELECT pg_get_viewdef(c.oid), c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = coalesce(:schema, current_schema()) AND c.relname = :name"""
_SQLITE = "SELECT sql, substr(type, 1, 1) FROM sqlite_master WHERE name = :name"


class ViewStatement(ops.ExecuteSQLOp):
    """SQL that makes or drops a view and knows its way *back*. *is_first*: it comes before whatever changes tables."""

    def __init__(self, sql: str, back: str, *, is_first: bool = False) -> None:
        super().__init__(escaped(sql))
        self.sql, self.back, self.is_first = sql, back, is_first

    def reverse(self) -> ViewStatement:
        """Return the way back."""
        return ViewStatement(self.back, self.sql)


@dataclass(frozen=True, slots=True)
class _View:
    """A declared view: its name as it stands in SQL, its query, and the one in the database, where there is one."""

    place: str
    name: str
    query: str
    there: str | None = None

    def create(self, query: str) -> str:
        return f"CREATE VIEW {self.place} AS {query}"

    @property
    def drop(self) -> str:
        return f"DROP VIEW {self.place}"


def setup(plugin: Plugin) -> None:
    """Add the comparator to a plugin, for the databases where queries can be told to be equal."""
    for dialect in ("sqlite", "postgresql"):
        plugin.add_autogenerate_comparator(
            _compare, "autogenerate", "migration_magics_views", qualifier=dialect, priority=DispatchPriority.LAST
        )


def _compare(context: AutogenContext, upgrade: ops.UpgradeOps) -> PriorityDispatchResult:
    views = _declared(context)
    if not views or context.connection is None:
        return PriorityDispatchResult.CONTINUE
    spell = queries_on_sqlite if context.dialect.name == "sqlite" else queries_on_postgresql
    is_else = bool(upgrade.ops) or hasattr(context.inspector, "as_it_is")  # tables change, or are called otherwise
    changed: list[_View] = []
    for view in views:
        if view.there is not None and not _is_new(view, changed):
            one, other = spell(context, view.query), spell(context, view.there)
            # What cannot be read yet may need what else comes: then it is another query.
            if (one & other) or not other or not (one or is_else):
                continue
        changed.append(view)
    drops = [
        ViewStatement(view.drop, view.create(view.there), is_first=True)
        for view in reversed(changed)
        if view.there is not None
    ]
    upgrade.ops[:] = [*drops, *upgrade.ops, *(ViewStatement(view.create(view.query), view.drop) for view in changed)]
    return PriorityDispatchResult.CONTINUE


def _is_new(view: _View, changed: list[_View]) -> bool:
    """Say whether it reads a view that is replaced before it."""
    return bool({bare(word) for word in words(view.query)} & {each.name for each in changed if each.there is not None})


def _declared(context: AutogenContext) -> list[_View]:
    given: Any = context.metadata
    found: list[_View] = []
    for metadata in given if isinstance(given, (list, tuple, set, frozenset)) else [given]:
        declared = metadata.info.get("views") if metadata is not None else None
        if declared is None:
            continue
        if not isinstance(declared, Mapping):
            raise TypeError('MetaData.info["views"] has to be a mapping: the name of each view, and its SQL or Select')
        found += filter(None, (_view(context, str(name), query) for name, query in declared.items()))
    return found


def _view(context: AutogenContext, key: str, query: Any) -> _View | None:
    """The view *key*, or None where something else in the database has its name."""
    dialect = context.dialect
    assert context.connection is not None  # noqa: S101 - asked before
    schema, name = split(key)
    quote = dialect.identifier_preparer.quote
    place = ".".join(quote(part).replace("%%", "%") for part in (schema, name) if part)
    if not isinstance(query, str):
        text = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        query = text.replace("%%", "%") if getattr(dialect.identifier_preparer, "_double_percents", False) else text
    query = query.strip().rstrip(";").rstrip()
    is_sqlite = dialect.name == "sqlite"
    given = {"name": name} if is_sqlite else {"name": name, "schema": schema or dialect.default_schema_name}
    row = context.connection.execute(sa.text(_SQLITE if is_sqlite else _POSTGRESQL), given).first()
    if row is None:
        return _View(place, name, query)
    if row[1] not in {"v", b"v"}:
        return None
    there = _query(str(row[0])) if is_sqlite else str(row[0]).strip().rstrip(";")
    return None if there is None else _View(place, name, query, there)


def _query(sql: str) -> str | None:
    """Return the query of a CREATE VIEW of SQLite; None where a list of column names stands before it."""
    found = words(sql)
    start = next(at for at, word in enumerate(found) if word.upper() == "AS")
    return spelled(found[start + 1 :]) if found[start - 1] != ")" else None
