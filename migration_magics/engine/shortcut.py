"""What lets Alembic compare models with a database faster, with the same result.

While it compares, its reads are answered from a few queries. And a table in which a comparison found nothing is left out of
the next one, as long as all that Alembic looks at is the same: the table in the models and in the database, env.py, its
options and filters. Whatever cannot be told to be the same is compared.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from ..model.collecting import collection_paused
from ..model.schema import Table
from .shortcut_code import Unknowable, is_library, signed
from .shortcut_database import Tables, database_tables
from .shortcut_models import model_tables
from .shortcut_sqlalchemy import is_plain, read_at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from alembic.runtime.migration import MigrationContext

    from .host.comparing import Findings
    from .project import Project
    from .shortcut_models import Key

    Work = Callable[[tuple[str, ...], MigrationContext], tuple[()]]

_MOST_KEPT = 16
"""Comparisons that are remembered: one for each set of options, schema, settings."""

_NOT_COMPARED = frozenset(
    [
        "alembic_module_prefix",
        "as_sql",
        "config",
        "destination_rev",
        "dont_mutate",
        "downgrade_token",
        "fn",
        "on_version_apply",
        "output_buffer",
        "process_revision_directives",
        "purge",
        "render_as_batch",
        "render_item",
        "revision_context",
        "script",
        "sqlalchemy_module_prefix",
        "starting_rev",
        "tag",
        "target_metadata",
        "template_args",
        "transaction_per_migration",
        "transactional_ddl",
        "upgrade_token",
        "user_module_prefix",
    ]
)
"""Options that a comparison does not ask for. All others must be the same, also those of plugins."""


@dataclass(slots=True)
class Shortcut:
    """The tables in which nothing was found, by all that the finding depended on. In this process only."""

    _known: dict[Any, dict[Key, Any]] = field(default_factory=dict)

    def around(self, work: Work, found: Findings, project: Project) -> Work:
        """Return *work*, a comparison into *found*, that leaves out what is known to be equal."""

        def compare(heads: tuple[str, ...], context: MigrationContext) -> tuple[()]:
            connection = context.connection
            if connection is None:
                return work(heads, context)
            with collection_paused(), read_at_once(connection) as told:
                key = _conditions(context, found, project)
                database = None if key is None else database_tables(connection, told)
                if database is None:
                    return work(heads, context)
                return self._compare((key, database.facts), database, context, found, partial(work, heads, context))

        return compare

    def _compare(self, key: Any, database: Tables, context: MigrationContext, found: Findings, work: Any) -> tuple[()]:
        models = model_tables(_metadatas(context), context.dialect)
        now = {
            name: (models.get(name, ()), value)
            for name, value in database.tables.items()
            if value is not None and models.get(name, ()) is not None
        }
        known = self._known.pop(key, {})
        clean = {name for name, pair in now.items() if known.get(name) == pair}
        now |= {name: known[name] for name in clean}  # the same, and the new ones go at once
        clean -= _kept_back(clean, now)
        warned, changed = len(found.warned), _Changed(context.dialect.default_schema_name)
        with _without(context, clean, changed):
            result: tuple[()] = work()
        left = changed.names
        if left is not None and changed.was_asked:
            told = _Warned(found.warned[warned:])
            if told.is_about(now):
                self._known[key] = {
                    name: pair for name, pair in now.items() if name not in left and not told.names(name, pair)
                }
        while len(self._known) > _MOST_KEPT:
            del self._known[next(iter(self._known))]
        return result


def _conditions(context: MigrationContext, found: Findings, project: Project) -> Any:
    """Return all but tables that a comparison depends on; None where nobody can say."""
    dialect = context.dialect
    try:
        if not is_plain(context):
            return None
        options = {name: signed(value) for name, value in context.opts.items() if name not in _NOT_COMPARED}
        setups = signed(getattr(found, "setups", ()))
        types = tuple((name, _type(kind)) for name, kind in getattr(dialect, "ischema_names", {}).items())
    except Unknowable:
        return None
    return (
        project.env_py.read_bytes() if project.env_py is not None else None,
        tuple(sorted(options.items())),
        setups,
        (type(dialect), type(context.impl), dialect.server_version_info, dialect.default_schema_name),
        (context.version_table, context.version_table_schema),
        types,
    )


def _type(kind: Any) -> tuple[str, str, str]:
    """A reflected type and how it is written, which a project may change (`@compiles`)."""
    if not isinstance(kind, type):
        kind = type(kind)
    if not is_library(kind.__module__):
        raise Unknowable(kind.__name__)
    try:
        text = str(kind().compile())
    except (TypeError, exc.SQLAlchemyError):
        text = ""
    return kind.__module__, kind.__qualname__, text


def _metadatas(context: MigrationContext) -> list[Any]:
    given = context.opts.get("target_metadata")
    return [] if given is None else list(given) if isinstance(given, (list, tuple, set, frozenset)) else [given]


def _kept_back(clean: set[Key], now: Mapping[Key, Any]) -> set[Key]:
    """Return one table of each schema, to be compared in any case: SQLAlchemy takes "none of them" for "all of them"."""
    return set({schema: (schema, name) for schema, name in sorted(clean, key=str) if now[schema, name][0]}.values())


class _Changed:
    """The tables that a comparison found operations for; *names* is None where one is about no table."""

    def __init__(self, default_schema: str | None) -> None:
        self._default_schema = default_schema
        self.names: set[Key] | None = set()
        self.was_asked = False

    def look(self, directives: list[Any]) -> None:
        """Look at what was found, before env.py's own hook may change it."""
        self.was_asked = True
        for operation in directives[-1].upgrade_ops_list[-1].ops if directives else ():
            name, schema = getattr(operation, "table_name", None), getattr(operation, "schema", None)
            if name is None or self.names is None:
                self.names = None
                return
            self.names.add((schema if schema != self._default_schema else None, str(name)))


class _Warned:
    """What was warned of meanwhile: it must come again, so the tables that it may be about are compared again."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._words = set(re.findall(r"\w+", " ".join(texts)))

    def is_about(self, now: Mapping[Key, Any]) -> bool:
        """Return whether each warning names something of a table."""
        words = [_words(name, pair) for name, pair in now.items()] if self._texts else []
        return all(any(set(re.findall(r"\w+", text)) & each for each in words) for text in self._texts)

    def names(self, key: Key, pair: Any) -> bool:
        """Return whether a warning may be about the table."""
        return bool(self._words and self._words & _words(key, pair))


def _words(key: Key, pair: Any) -> set[str]:
    """The words in the names of a table, of its columns, keys and indexes, and in its text in the database."""
    model, value = pair
    named: list[Any] = [key[1]]
    if model:
        _head, columns, constraints, indexes = model[1]
        named += [each[0] for each in (*columns, *indexes)]
        named += [each[1] for each in constraints]
    named += _strings(value)
    return {word for name in named for word in re.findall(r"\w+", str(name or ""))}


def _strings(value: Any) -> list[str]:
    if isinstance(value, Table):
        parts = (value.columns, value.indexes, value.foreign_keys, value.uniques, value.checks)
        return [str(each.name) for listed in parts for each in listed]
    if isinstance(value, tuple):
        return [text for each in value for text in _strings(each)]
    return [value] if isinstance(value, str) else []


@contextmanager
def _without(context: MigrationContext, clean: set[Key], changed: _Changed) -> Iterator[None]:
    """Alembic's comparison in *context* leaves out the tables *clean*, and *changed* sees what it finds."""
    before = dict(context.opts)
    default_schema = context.dialect.default_schema_name
    include_name, include_object = before.get("include_name"), before.get("include_object")
    hook = before.get("process_revision_directives")

    def named(name: str | None, kind: str, parents: Any) -> bool:
        is_out = kind == "table" and (parents.get("schema_name"), name) in clean
        return not is_out and (include_name is None or include_name(name, kind, parents))

    def included(item: Any, name: str | None, kind: str, is_reflected: Any, other: Any) -> bool:
        is_out = kind == "table" and (item.schema if item.schema != default_schema else None, name) in clean
        return not is_out and (include_object is None or include_object(item, name, kind, is_reflected, other))

    def look(migration_context: Any, revision: Any, directives: Any) -> None:
        changed.look(directives)
        if hook:
            hook(migration_context, revision, directives)

    ours: dict[str, Any] = {"process_revision_directives": look}
    if clean:
        ours |= {"include_name": named, "include_object": included}
    context.opts.update(ours)
    try:
        yield
    finally:
        context.opts.update({name: before.get(name) for name in ours})


__all__ = ["Shortcut"]
