"""What is in a database and what autogenerate, or nobody, ever looks at, in words.

Source: alembic.sqlalchemy.org/en/latest/autogenerate.html, "What does Autogenerate Detect", and the comparators of 1.20.
"""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..model.schema import Schema

_SHOWN = 3
CHECKS = "alembic.ext.checkconstraint_byname"
_SPELLING = ("sqlite", "postgresql")
"""The databases that say whether two expressions are the same to them."""
_USUAL = ("alembic.autogenerate.*",)


def not_compared(schema: Schema, options: Mapping[str, Any], *, has_extras: bool = False) -> tuple[str, ...]:
    """Return for each kind of thing in *schema* that a comparison with models under env.py's *options* leaves it out.

    With *has_extras* the comparators of `autogenerate_extras` take part.

    Only what is there is told, the first three by name and how many there are: "views: v, w".
    """
    plugins = tuple(options.get("autogenerate_plugins") or _USUAL)
    found = (
        *_objects(schema, has_extras=has_extras),
        *_parts(schema, plugins, has_extras=has_extras),
        *_switched_off(schema, options, plugins),
    )
    filters = [name for name in ("include_object", "include_name") if options.get(name)]
    return (*_said(found), *(f"whatever {name} of env.py leaves out" for name in filters))


def not_read(schema: Schema, history: Schema | None) -> tuple[str, ...]:
    """Return for each kind of thing in *schema* that is seen and in no comparison, as `not_compared` does.

    Of PostgreSQL's schemas, those in which the *history* has nothing; without one, those in which nothing is at all.
    """
    known = {each.schema for each in _everything(schema if history is None else history)}
    kinds: dict[str, list[str]] = defaultdict(list)
    for each in schema.seen:
        if each.kind != "schema" or each.name not in known:
            kinds[each.kind].append(each.name)
    calling = {"schema": "schemas in which the history makes nothing"}
    return _said((calling.get(kind, f"objects of the kind {kind}"), kinds[kind]) for kind in sorted(kinds))


def _everything(schema: Schema) -> Iterator[Any]:
    for kind in ("tables", "views", "enums", "domains", "sequences"):
        yield from getattr(schema, kind)


def _said(found: Iterable[Found]) -> tuple[str, ...]:
    return tuple(_sentence(what, names) for what, names in found if names)


Found = tuple[str, "Sequence[str]"]


def _objects(schema: Schema, *, has_extras: bool) -> Iterator[Found]:
    declared = has_extras and schema.dialect in _SPELLING
    calling = 'views that no MetaData.info["views"] declares' if declared else "views"
    yield calling, [view.key for view in schema.views if not view.is_materialized]
    yield "materialized views", [view.key for view in schema.views if view.is_materialized]
    yield "the values of enums", [enum.key for enum in schema.enums if not has_extras]
    yield "domains", [domain.key for domain in schema.domains]
    yield "sequences", [sequence.key for sequence in schema.sequences]


def _parts(schema: Schema, plugins: Sequence[str], *, has_extras: bool) -> Iterator[Found]:
    tables = schema.tables
    yield "triggers", [f"{table.key}.{each.name}" for table in tables for each in table.triggers]
    if has_extras and schema.dialect in _SPELLING:
        checks = [f"{table.key}: {each.expression}" for table in tables for each in table.checks if not each.name]
        yield "CHECK constraints without a name", checks
    else:
        checks = [f"{table.key}.{each.name or each.expression}" for table in tables for each in table.checks]
        yield ("the expressions of CHECK constraints" if is_on(CHECKS, plugins) else "CHECK constraints"), checks
    yield "changes of primary keys", [table.key for table in tables if table.primary_key is not None and not has_extras]
    yield (
        "EXCLUDE constraints",
        [f"{table.key}.{each.name or each.definition}" for table in tables for each in table.exclusions],
    )
    yield (
        "the expressions of generated columns",
        [f"{table.key}.{each.name}" for table in tables for each in table.columns if each.computed is not None],
    )
    yield "options of tables", [f"{table.key}: {name}" for table in tables for name, _ in table.options]


def _switched_off(schema: Schema, options: Mapping[str, Any], plugins: Sequence[str]) -> Iterator[Found]:
    """What Alembic can compare and this env.py does not let it."""
    columns = [(f"{table.key}.{column.name}", column) for table in schema.tables for column in table.columns]
    if not options.get("compare_server_default") or not is_on("alembic.autogenerate.defaults", plugins):
        yield (
            "server defaults (compare_server_default is off)",
            [name for name, column in columns if column.default is not None],
        )
    if options.get("compare_type") is False or not is_on("alembic.autogenerate.types", plugins):
        yield "types of columns (compare_type is off)", [name for name, _ in columns]
    if not is_on("alembic.autogenerate.constraints", plugins):
        parts = [(table, (*table.indexes, *table.uniques, *table.foreign_keys)) for table in schema.tables]
        yield (
            "indexes, UNIQUE constraints and foreign keys (not among autogenerate_plugins)",
            [table.key for table, found in parts if found],
        )
    if not is_on("alembic.autogenerate.comments", plugins):
        yield "comments (not among autogenerate_plugins)", [name for name, column in columns if column.comment]
    if not options.get("include_schemas"):
        yield "tables of other schemas (include_schemas is off)", [table.key for table in schema.tables if table.schema]


def is_on(plugin: str, patterns: Iterable[str]) -> bool:
    """Say whether *patterns*, as `autogenerate_plugins` has them, let *plugin* take part; "~" takes one out again."""
    is_in = any(fnmatchcase(plugin, pattern) for pattern in patterns if not pattern.startswith("~"))
    return is_in and not any(fnmatchcase(plugin, pattern[1:]) for pattern in patterns if pattern.startswith("~"))


def _sentence(what: str, names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    more = f", and {len(names) - _SHOWN} more ({len(names)} in all)" if len(names) > _SHOWN else ""
    return f"{what}: {shown}{more}"
