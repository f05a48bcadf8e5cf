"""PostgreSQL's catalogues -> a `Schema`: every schema but the server's own, without what belongs to an extension.

Names of the default schema (`current_schema()`) stand alone, all others with their schema, also inside definitions.
What a partition or an inheriting table has only from its parent (constraints, indexes, triggers) is listed at the parent.
"""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ...model import schema as model
from . import postgresql_keys as keys
from . import postgresql_parts as parts
from .postgresql_sql import ENTER, query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from .postgresql_parts import Rows


def read(connection: Connection, only: frozenset[str] | None = None) -> model.Schema:
    """Return the schema that *connection* sees; with *only*, nothing but the tables of these keys that exist.

    Two statements are sent, whatever there is; all comes from one snapshot. The search path is another one meanwhile, in a
    savepoint that is rolled back. Raises SQLAlchemy's errors.
    """
    version = connection.dialect.server_version_info or ()
    statement = sa.text(query(int(version[0]), is_whole=only is None))
    bound = {} if only is None else {"only": json.dumps(sorted(only))}
    with _rolled_back(connection):
        connection.exec_driver_sql(ENTER)
        rows = {name: json.loads(found) for name, found in connection.execute(statement, bound) if found is not None}
    return _schema(defaultdict(list, rows))


@contextlib.contextmanager
def _rolled_back(connection: Connection) -> Iterator[None]:
    """Whatever is set inside is as before afterwards, in a transaction and in autocommit."""
    if getattr(connection.connection.dbapi_connection, "autocommit", False):
        connection.exec_driver_sql("BEGIN READ ONLY")
        try:
            yield
        finally:
            connection.exec_driver_sql("ROLLBACK")
        return
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def _schema(rows: dict[str, Rows]) -> model.Schema:
    names = parts.Names.of(rows)
    owned = parts.Sequences.of(rows["sequences"])
    columns = parts.columns(rows, names, owned.identities)
    indexes = keys.indexes(rows, names)
    constraints = keys.Constraints.of(rows, names)
    triggers, rules, inherits = (
        parts.triggers(rows["triggers"]),
        parts.named(rows["rules"]),
        parts.parents(rows["inherits"]),
    )
    tables, views, seen = [], [], parts.seen(rows["seen"])
    for row in rows["relations"]:
        oid, space, name, kind, comment, definition = *row[:4], row[8] or "", row[14]
        if kind in "rp":
            options = parts.table_options(row, inherits[oid], rules[oid], constraints.key_options.get(oid))
            tables.append(
                model.Table(
                    name,
                    columns=columns[oid],
                    primary_key=constraints.primary_keys.get(oid),
                    foreign_keys=constraints.foreign_keys[oid],
                    uniques=constraints.uniques[oid],
                    checks=constraints.checks[oid],
                    exclusions=constraints.exclusions[oid],
                    indexes=indexes[oid],
                    triggers=triggers[oid],
                    comment=comment,
                    options=options,
                    schema=space,
                )
            )
        elif definition is not None:
            text, more = parts.view_text(definition, row[5])
            views.append(model.View(name, text, kind == "m", indexes[oid], comment, space))
            key = model.key(space, name)
            seen += [model.Seen("view option", f"{key} {option}") for option in more]
            seen += [model.Seen("trigger", f"{key}.{trigger.name}") for trigger in triggers[oid]]
            seen += [model.Seen("rule", f"{key}.{rule}") for rule, _text in rules[oid]]
    return model.Schema(
        "postgresql",
        tables=tuple(sorted(tables, key=_key)),
        views=tuple(sorted(views, key=_key)),
        enums=tuple(sorted(parts.enums(rows["enums"]), key=_key)),
        domains=tuple(sorted(parts.domains(rows, names), key=_key)),
        sequences=tuple(sorted(owned.others, key=_key)),
        seen=tuple(sorted(seen, key=lambda one: (one.kind, one.name))),
    )


def _key(one: model.Table | model.View | model.Enum | model.Domain | model.Sequence) -> str:
    return one.key
