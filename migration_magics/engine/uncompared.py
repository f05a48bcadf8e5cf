"""What is in a database and what autogenerate never looks at, in sentences.

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
_CHECKS = "alembic.ext.checkconstraint_byname"
_USUAL = ("alembic.autogenerate.*",)


def not_compared(schema: Schema, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a sentence for each kind of thing in *schema* that the comparison under env.py's *options* leaves out.

    Only what is there is told, the first three by name and how many there are.
    """
    plugins = tuple(options.get("autogenerate_plugins") or _USUAL)
    found = (*_objects(schema), *_parts(schema, plugins), *_switched_off(schema, options, plugins), *_seen(schema))
    said = [_sentence(what, names) for what, names in found if names]
    filters = [name for name in ("include_object", "include_name") if options.get(name)]
    return (*said, *(f"Whatever {name} of env.py leaves out is not compared." for name in filters))


Found = tuple[str, "Sequence[str]"]


def _objects(schema: Schema) -> Iterator[Found]:
    yield "views", [view.key for view in schema.views if not view.is_materialized]
    yield "materialized views", [view.key for view in schema.views if view.is_materialized]
    yield "the values of enums", [enum.key for enum in schema.enums]
    yield "domains", [domain.key for domain in schema.domains]
    yield "sequences", [sequence.key for sequence in schema.sequences]


def _parts(schema: Schema, plugins: Sequence[str]) -> Iterator[Found]:
    tables = schema.tables
    yield "triggers", [f"{table.key}.{each.name}" for table in tables for each in table.triggers]
    checks = [f"{table.key}.{each.name or each.expression}" for table in tables for each in table.checks]
    yield ("the expressions of CHECK constraints" if is_on(_CHECKS, plugins) else "CHECK constraints"), checks
    yield "changes of primary keys", [table.key for table in tables if table.primary_key is not None]
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


def _seen(schema: Schema) -> Iterator[Found]:
    kinds: dict[str, list[str]] = defaultdict(list)
    for each in schema.seen:
        kinds[each.kind].append(each.name)
    for kind in sorted(kinds):
        yield f"objects of the kind {kind}", kinds[kind]


def is_on(plugin: str, patterns: Iterable[str]) -> bool:
    """Say whether *patterns*, as `autogenerate_plugins` has them, let *plugin* take part; "~" takes one out again."""
    is_in = any(fnmatchcase(plugin, pattern) for pattern in patterns if not pattern.startswith("~"))
    return is_in and not any(fnmatchcase(plugin, pattern[1:]) for pattern in patterns if pattern.startswith("~"))


def _sentence(what: str, names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    more = f", and {len(names) - _SHOWN} more ({len(names)} in all)" if len(names) > _SHOWN else ""
    return f"Not compared: {what}: {shown}{more}."
